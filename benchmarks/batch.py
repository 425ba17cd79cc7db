"""A batch of many short meetings: throughput of two workers against one, and faults in the middle.

    python -m benchmarks.batch DATA [--meetings 40] [--seconds 12] [--faults-only]

The meetings are cuts of the sample meeting and of the real AMI clips in DATA; every tenth is the sample
with its pictures. Throughput is measured in blocks of twenty meetings, each run with one worker on one
core, with two workers on two cores, and with one worker on two cores, one after the other, so that other
work on the machine meets all three alike. Then all meetings and a corrupt file for every ten are run by two
workers; a worker is killed in the middle, later the whole command with its scheduler, and the same command
is given again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil

SAMPLE = Path(__file__).parents[1] / "sample_media" / "sample_meeting.mp4"
RATE = 16_000
BLOCK = 20
WAYS = {
    "one worker, one core": (1, {0}),
    "two workers, two cores": (2, {0, 1}),
    "one worker, two cores": (1, {0, 1}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="Folder that holds ami_clips.")
    parser.add_argument("--meetings", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--faults-only", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="batch-"))
    made = make_meetings(options.data, folder / "recordings", options.meetings, options.seconds)
    report: dict[str, object] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "meetings": len(made),
        "minutes": round(options.seconds * len(made) / 60, 1),
        "load before": [round(load, 1) for load in os.getloadavg()],
    }
    if not options.faults_only:
        report["throughput"] = throughput(made, folder)
    report["faults"] = faults(made, folder)
    report["load after"] = [round(load, 1) for load in os.getloadavg()]
    print(json.dumps(report, indent=2))
    shutil.rmtree(folder)


def make_meetings(data: Path, folder: Path, count: int, seconds: float) -> list[Path]:
    """Write cuts in turn of the sample and the real clips; every tenth is the sample with pictures."""
    folder.mkdir()
    spoken = [path for path in sorted(data.glob("ami_clips/*/audio.flac")) if words_in(path) > 5]
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


def start(recordings: Path, out: Path, workers: int, cores: set[int]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pipeline.cli", "batch", str(recordings), "--out", str(out)]
    return subprocess.Popen(
        [*command, "--workers", str(workers), "--json-lines"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )


def events(process: subprocess.Popen[str]) -> Iterator[dict]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def throughput(made: list[Path], folder: Path) -> dict[str, object]:
    """Seconds of each way for each block, of all and from the first meeting's begin to the last's end."""
    taken: dict[str, dict[str, list[float]]] = {
        measure: {way: [] for way in WAYS} for measure in ("seconds", "seconds of work", "processor seconds")
    }
    for number, first in enumerate(range(0, len(made), BLOCK)):
        block = folder / f"block-{number}"
        block.mkdir()
        for path in made[first : first + BLOCK]:
            (block / path.name).hardlink_to(path)
        ways = list(WAYS.items())
        for way, (count, cores) in ways[number % 3 :] + ways[: number % 3]:
            begun, processor, times = time.monotonic(), processor_seconds(), []
            process = start(block, folder / f"out-{number}-{count}-{len(cores)}", count, cores)
            for event in events(process):
                if event["event"] in ("meeting", "done"):
                    times.append(time.monotonic())
            assert process.wait() == 0, f"{way} ended with {process.returncode}"
            taken["seconds"][way].append(round(time.monotonic() - begun, 1))
            taken["seconds of work"][way].append(round(times[-1] - times[0], 1))
            taken["processor seconds"][way].append(round(processor_seconds() - processor, 1))
            print(f"block {number}, {way}: {taken['seconds'][way][-1]} s", file=sys.stderr)
    base = "one worker, one core"
    gains = {
        f"{measure}, of one worker on one core by": {
            way: round(sum(values[base]) / sum(values[way]), 2) for way in WAYS
        }
        for measure, values in taken.items()
    }
    return {**taken, **gains}


def processor_seconds() -> float:
    """Processor time of all batches so far with their workers."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def faults(made: list[Path], folder: Path) -> dict[str, object]:
    """All meetings and corrupt files, a worker killed, the command killed, the command again."""
    recordings, out = folder / "all", folder / "out-all"
    recordings.mkdir()
    for path in made:
        (recordings / path.name).hardlink_to(path)
    for number in range(len(made) // 10):
        (recordings / f"corrupt-{number}.wav").write_bytes(made[0].read_bytes()[:30])
    computed: Counter[tuple[str, str]] = Counter()
    done = Counter[str]()
    process = start(recordings, out, 2, {0, 1})
    for event in events(process):
        count(event, computed, done)
        if event["event"] == "done" and done.total() == len(made) // 4:
            workers(process)[0].kill()
        if event["event"] == "done" and done.total() == len(made) // 2:
            process.kill()
    process.wait()
    again = start(recordings, out, 2, {0, 1})
    for event in events(again):
        count(event, computed, done)
    return {
        "exit code of the second run": again.wait(),
        "meetings done": len(done),
        "done twice": sum(times > 1 for times in done.values()),
        "stages computed": len(computed),
        "stages computed twice": sorted(" ".join(key) for key, times in computed.items() if times > 1),
        "set aside": len([1 for line in (out / "batch.csv").read_text().splitlines() if ",failed," in line]),
        "equal to single runs": same_as_single(made, out, folder),
    }


def count(event: dict, computed: Counter[tuple[str, str]], done: Counter[str]) -> None:
    if event["event"] == "stage_done" and not event["cached"]:
        computed[event["meeting"], event["stage"]] += 1
    if event["event"] == "done":
        done[event["meeting"]] += 1


def workers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    children = psutil.Process(process.pid).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def same_as_single(made: list[Path], out: Path, folder: Path) -> str:
    """How many tables of every fifth meeting are the same, byte for byte, as of `rapport analyse`."""
    (folder / "threads.yaml").write_text("threads: 1\n")
    chosen = made[4::5]
    command = [
        sys.executable,
        "-m",
        "pipeline.cli",
        "analyse",
        *map(str, chosen),
        "--out",
        str(folder / "single"),
    ]
    subprocess.run([*command, "--config", str(folder / "threads.yaml"), "--quiet"], check=True)
    tables = [path for path in (folder / "single").glob("*/**/*.parquet") if ".stages" not in path.parts]
    same = sum(
        path.read_bytes() == (out / path.relative_to(folder / "single")).read_bytes() for path in tables
    )
    return f"{same} of {len(tables)} tables of {len(chosen)} meetings"


if __name__ == "__main__":
    main()
