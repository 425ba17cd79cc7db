"""A batch of many short meetings: throughput of two workers against one, and faults in the middle.

    python -m benchmarks.batch DATA [--meetings 40] [--seconds 12] [--faults-only]

The meetings are cuts of the sample meeting and of the real AMI clips in DATA; every tenth is the sample
with its pictures. Throughput is measured in blocks of twenty meetings, each run with one worker on one
core, with two workers on two cores, and with one worker on two cores, one after the other, so that other
work on the machine meets all three alike. Then all meetings and a corrupt file for every ten are run by two
workers; a worker is killed, then the whole command with its scheduler, then the disk fills where mounting a
small one is allowed, and each time the same command is given again.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import wave
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

SAMPLE = Path(__file__).parents[1] / "sample_media" / "sample_meeting.mp4"
RATE = 16_000
BLOCK = 20
TWO = {0, 1}
WAYS = {
    "one worker on one core": (1, {0}),
    "two workers on two cores": (2, TWO),
    "one worker on two cores": (1, TWO),
}
ONE = next(iter(WAYS))
RAPPORT = (sys.executable, "-m", "pipeline.cli")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="Folder that holds ami_clips.")
    parser.add_argument("--meetings", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--faults-only", action="store_true")
    options = parser.parse_args()
    if options.meetings < 4:
        parser.error("--meetings must be 4 or more, so that there is a quarter to stop at")
    with tempfile.TemporaryDirectory(prefix="batch-") as folder:
        made = make_meetings(options.data, Path(folder) / "recordings", options.meetings, options.seconds)
        rows = [] if options.faults_only else throughput(made, Path(folder))
        print(json.dumps(rows + faults(made, Path(folder)), indent=2))


def measure(data: Path, folder: Path) -> list[dict]:
    """Rows of the table."""
    folder = folder / "batch"
    folder.mkdir()
    made = make_meetings(data, folder / "recordings", 40, 12.0)
    return throughput(made, folder) + faults(made, folder)


# --------------------------------------------------------------------------------------- meetings


def make_meetings(data: Path, folder: Path, count: int, seconds: float) -> list[Path]:
    """Write cuts in turn of the sample and the real clips; every tenth is the sample with pictures."""
    spoken = [path for path in sorted(data.glob("ami_clips/*/audio.flac")) if words_in(path) > 5]
    if not spoken:
        sys.exit(f"There are no AMI clips with words in {data}; give the folder that holds ami_clips.")
    folder.mkdir()
    sounds = [decoded(path, folder) for path in (SAMPLE, *spoken)]
    length = int(seconds * RATE)
    made = []
    for number in range(count):
        if number % 10 == 9:
            made.append(cut_film(folder / f"m{number:02}.mp4", seconds))
            continue
        sound = sounds[number % len(sounds)]
        start = place(sound, length, number // len(sounds) if sound is sounds[0] else 0)
        path = folder / f"m{number:02}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((np.clip(sound[start : start + length], -1, 1) * 32767).astype("<i2").tobytes())
        made.append(path)
    return made


def words_in(clip: Path) -> int:
    """Lines of what was said in a real clip; in some next to nothing is."""
    return len((clip.parent / "ref.stm").read_text().splitlines())


def place(sound: np.ndarray, length: int, rank: int) -> int:
    """Where the stretch of the given rank in loudness starts; parts of the real clips are silent."""
    starts = range(0, max(1, len(sound) - length + 1), length)
    loudest = sorted(starts, key=lambda start: -float(np.square(sound[start : start + length]).sum()))
    return loudest[rank % len(loudest)]


def decoded(path: Path, folder: Path) -> np.ndarray:
    from pipeline.media.decode import TrackSpec, decode_audio
    from pipeline.media.sound import Sound

    whole = folder / "decoded.tmp"
    decode_audio(path, {TrackSpec(): whole})
    sound = Sound.open(whole)
    samples = np.array(sound.between(0, sound.duration))
    whole.unlink()
    return samples


def cut_film(path: Path, seconds: float) -> Path:
    """The beginning of the sample, its pictures as they are."""
    import av

    with av.open(str(SAMPLE)) as source, av.open(str(path), "w") as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None and packet.dts * packet.time_base < seconds:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    return path


def linked(made: list[Path], folder: Path) -> Path:
    """A folder with these recordings."""
    folder.mkdir()
    for path in made:
        (folder / path.name).hardlink_to(path)
    return folder


# ------------------------------------------------------------------------------------- throughput


@contextmanager
def batch(recordings: Path, out: Path, workers: int, cores: set[int]) -> Iterator[subprocess.Popen[str]]:
    """``rapport batch`` as a process; it does not outlive the block."""
    command = [*RAPPORT, "batch", recordings, "--out", out, "--workers", workers, "--json-lines"]
    process = subprocess.Popen(
        [*map(str, command)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def events(process: subprocess.Popen[str]) -> Iterator[dict]:
    """What it tells, until it ends."""
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def throughput(made: list[Path], folder: Path) -> list[dict]:
    """How much faster each way is than one worker on one core: whole commands, and the work alone."""
    taken = {way: Counter[str]() for way in WAYS}
    for number, first in enumerate(range(0, len(made), BLOCK)):
        block = linked(made[first : first + BLOCK], folder / f"block-{number}")
        ways = list(WAYS)
        for way in ways[number % 3 :] + ways[: number % 3]:
            spent = timed(block, folder / f"out-{number}-{ways.index(way)}", *WAYS[way])
            taken[way].update(spent)
            print(f"block {number}, {way}: {spent}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    data = f"{len(made)} meetings, cuts of the sample and of AMI, every tenth with pictures"
    rows = []
    for way in list(WAYS)[1:]:
        aim = "1.8 x or better" if way.startswith("two") else ""
        said = {"whole": f"throughput of {way} by {ONE}", "work": "the same from first begin to last end"}
        for measure, name in said.items():
            gain = taken[ONE][measure] / taken[way][measure]
            seconds = f"{taken[way][measure]:.0f} s instead of {taken[ONE][measure]:.0f}"
            rows.append({"measure": name, "value": f"{gain:.2f} x ({seconds})", "aim": aim, "data": data})
        more = taken[way]["processor"] / taken[ONE]["processor"]
        rows.append(
            {"measure": "the same, processor time", "value": f"{more:.2f} x", "aim": "", "data": data}
        )
    return rows


def timed(block: Path, out: Path, workers: int, cores: set[int]) -> dict[str, float]:
    """Seconds of a batch: the whole command, from the first begin to the last end, of processors."""
    begun, processor, times = time.monotonic(), processor_seconds(), []
    with batch(block, out, workers, cores) as process:
        times = [time.monotonic() for event in events(process) if event["event"] in ("meeting", "done")]
        if process.wait():
            raise RuntimeError(f"the batch of {block.name} ended with {process.returncode}")
    whole = time.monotonic() - begun
    spent = {"whole": whole, "work": times[-1] - times[0], "processor": processor_seconds() - processor}
    return {measure: round(seconds, 1) for measure, seconds in spent.items()}


def processor_seconds() -> float:
    """Processor time of all batches so far with their workers."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# ----------------------------------------------------------------------------------------- faults


@dataclass
class Seen:
    """What the runs of one batch told, together."""

    done: Counter[str] = field(default_factory=Counter)
    computed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, event: dict) -> None:
        """Count a meeting that is done, or a stage that was computed."""
        if event["event"] == "done":
            self.done[event["meeting"]] += 1
        if event["event"] == "stage_done" and not event["cached"]:
            self.computed[event["meeting"], event["stage"]] += 1


def faults(made: list[Path], folder: Path) -> list[dict]:
    """All meetings and corrupt files: a worker killed, the command killed, the disk full; on each time."""
    recordings, out = linked(made, folder / "all"), folder / "out-all"
    corrupt = max(1, len(made) // 10)
    for number in range(corrupt):
        (recordings / f"corrupt-{number}.wav").write_bytes(made[0].read_bytes()[:30])
    seen, codes = Seen(), []
    out.mkdir()
    with small_disk(out) as resize:
        kill_in_the_middle(recordings, out, len(made), seen)
        if resize is not None:
            resize(used_by(out) + 2**20)
            codes.append(run_on(recordings, out, seen))
            resize(2**30)
        codes.append(run_on(recordings, out, seen))
        with (out / "batch.csv").open(encoding="utf-8", newline="") as file:
            states = Counter(row["state"] for row in csv.DictReader(file))
        same, tables, chosen = same_as_single(made, out, folder)
    filled = "" if resize is not None else " (no small disk may be mounted here, so it did not fill)"
    data = f"a worker killed, the command killed, the disk filled{filled}; {corrupt} files corrupt"
    twice = sum(times > 1 for times in (*seen.computed.values(), *seen.done.values()))
    expected = [7, 3] if resize is not None else [3]
    found = {
        "meetings done": (f"{states['done']} of {len(made)}", "all"),
        "corrupt files set aside": (f"{states['failed']} of {corrupt}", "all"),
        "stages and meetings done twice": (f"{twice} of {len(seen.computed) + len(seen.done)}", "none"),
        "exit codes of the runs that were not killed": (
            " and ".join(map(str, codes)),
            " and ".join(map(str, expected)),
        ),
        "tables equal to those of single runs": (f"{same} of {tables}, {chosen} meetings", "all"),
    }
    return [
        {"measure": name, "value": value, "aim": aim, "data": data} for name, (value, aim) in found.items()
    ]


@contextmanager
def small_disk(place: Path):
    """Mount a disk of its own; gives what sets its size in bytes, or None where that is not allowed."""

    def mount(options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        return not subprocess.run(command, capture_output=True, check=False).returncode

    if not mount("size=1g"):
        yield None
        return
    try:
        yield lambda size: mount(f"remount,size={size}")
    finally:
        subprocess.run(["umount", str(place)], check=True)


def used_by(place: Path) -> int:
    """Bytes in use on the disk of a folder."""
    disk = os.statvfs(place)
    return (disk.f_blocks - disk.f_bfree) * disk.f_frsize


def kill_in_the_middle(recordings: Path, out: Path, meetings: int, seen: Seen) -> None:
    """Kill a worker when a quarter is done, and the command with its scheduler when half is."""
    with batch(recordings, out, 2, TWO) as process:
        for event in events(process):
            seen.note(event)
            if event["event"] == "done" and len(seen.done) == meetings // 4:
                workers_of(process)[0].kill()
            if event["event"] == "done" and len(seen.done) == meetings // 2:
                left = workers_of(process)
                process.kill()
                psutil.wait_procs(left, timeout=60)
                return
    raise RuntimeError(f"the batch ended with {process.returncode} before half of it was done")


def run_on(recordings: Path, out: Path, seen: Seen) -> int:
    """Give the same command again; its exit code."""
    with batch(recordings, out, 2, TWO) as process:
        for event in events(process):
            seen.note(event)
        return process.wait()


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes in which meetings are analysed."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def same_as_single(made: list[Path], out: Path, folder: Path) -> tuple[int, int, int]:
    """Tables of every fifth meeting that equal those of `rapport analyse` byte for byte, all, meetings."""
    (folder / "threads.yaml").write_text("threads: 1\n")  # as two workers on two cores have it
    single, chosen = folder / "single", made[4::5] or made[-1:]
    options = ("--out", single, "--config", folder / "threads.yaml", "--quiet")
    subprocess.run([*RAPPORT, "analyse", *map(str, (*chosen, *options))], check=True)
    tables = [path for path in single.glob("*/**/*.parquet") if ".stages" not in path.parts]
    same = sum(path.read_bytes() == (out / path.relative_to(single)).read_bytes() for path in tables)
    return same, len(tables), len(chosen)


if __name__ == "__main__":
    main()
