"""Curves under the timeline: measured signals and the sound's outline, thinned to what a screen can show."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.media.clock import Clock
from pipeline.media.decode import TrackSpec, decode_audio
from pipeline.media.sound import RATE, Sound
from pipeline.stages import Kept, track_file
from pipeline.store import Store, replacing, storage_errors

STEP = 0.01
"""Seconds of each kept peak of the sound."""
BLOCK = 60.0
"""Seconds that are read at a time."""
MOST = 20_000
"""Points at most of one curve."""


@dataclass(frozen=True)
class Source:
    """Where a signal lies: file and column, and its unit."""

    file: str
    column: str
    unit: str


SIGNALS: dict[str, Source] = {
    "pitch": Source("voice.parquet", "f0", "Hz"),
    "loudness": Source("voice.parquet", "level", "dB"),
    "pitch_head": Source("face.parquet", "pitch", "degrees"),
    "yaw_head": Source("face.parquet", "yaw", "degrees"),
    "smile": Source("face.parquet", "smile", "0 to 1"),
}


def signals(
    folder: Path, names: Sequence[str], start: float, end: float, points: int
) -> list[dict[str, Any]]:
    """Measured signals of everybody between two seconds.

    Parameters
    ----------
    folder : Path
        An analysed meeting.
    names : sequence of str
        Among `SIGNALS`; what was not measured is left out.
    start, end : float
        Seconds.
    points : int
        At most so many points each. Of more, the lowest and the highest of every stretch are kept, in order,
        so that no peak is lost.
    """
    found = []
    for name in names:
        source = SIGNALS[name]
        path = folder / "signals" / source.file
        if path.is_file():
            for who, times, values in _measured(path, source.column, start, end):
                t, v = thinned(times, values, points)
                found.append(
                    {
                        "name": name,
                        "participant": who,
                        "unit": source.unit,
                        "t": [round(float(x), 3) for x in t],
                        "v": [None if x != x else float(f"{x:.4g}") for x in v],
                    }
                )
    return found


def _measured(
    path: Path, column: str, start: float, end: float
) -> Iterator[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
    """Times and values of each participant; of several cameras the one that saw them longest."""
    import pyarrow.parquet as pq

    wanted = ["participant", "time", column]
    camera = "camera" in pq.read_schema(path).names
    filters = [("time", ">=", start), ("time", "<=", end)]
    table = pq.read_table(path, columns=[*wanted, *["camera"] * camera], filters=filters).to_pandas()
    for who, rows in table.groupby("participant"):
        if camera and len(rows):
            rows = rows[rows["camera"] == rows["camera"].mode().iloc[0]]
        rows = rows.sort_values("time")
        yield str(who), rows["time"].to_numpy(float), rows[column].to_numpy(float)


def thinned(
    times: NDArray[np.float64], values: NDArray[np.float64], points: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """At most so many points of a curve; of every stretch the lowest and highest, in order of time.

    A stretch in which nothing was measured is one point without a value.
    """
    if len(times) <= max(points, 2):
        return times, values
    edges = np.linspace(0, len(times), max(points // 2, 1) + 1).astype(int)
    kept: list[int] = []
    for first, last in pairwise(edges):
        piece = values[first:last]
        if np.isnan(piece).all():
            kept.append(int(first))
        else:
            kept += sorted({int(first + np.nanargmin(piece)), int(first + np.nanargmax(piece))})
    chosen = np.array(kept)
    return times[chosen], values[chosen]


def waveform(folder: Path, manifest: Mapping[str, Any], points: int, number: int = 0) -> dict[str, Any]:
    """Peaks of the sound of one recording, in the meeting's time.

    The peaks of every `STEP` are kept among the signals, under a name that tells the sound they are of.

    Parameters
    ----------
    folder : Path
        An analysed meeting.
    manifest : mapping
        Its manifest.
    points : int
        At most so many peaks.
    number : int
        Which recording, from 1. With 0 all of them together: right where everybody has a microphone of their
        own, but several cameras in one room hear everything several times.

    Returns
    -------
    dict
        ``t0`` and ``dt`` in seconds, ``peaks`` from 0 to 1.
    """
    wanted = [number - 1] if number else range(len(manifest["files"]))
    files = [file for i, file in enumerate(manifest["files"]) if i in wanted and file["sound"]]
    content = [[file["sha256"], file["offset"], file["clock_rate"]] for file in files]
    key = hashlib.sha256(repr(content).encode()).hexdigest()[:12]
    path = folder / "signals" / f"waveform-{key}.npy"
    if not path.is_file():
        _keep(path, _peaks(folder, manifest, files))
    peaks = np.load(path, mmap_mode="r")
    if not len(peaks):
        return {"t0": 0.0, "dt": STEP, "peaks": []}
    each = -(-len(peaks) // points)
    edges = np.arange(0, len(peaks), each)
    thin = np.maximum.reduceat(peaks, edges) / 255
    return {"t0": 0.0, "dt": each * STEP, "peaks": [round(float(x), 3) for x in thin]}


def _keep(path: Path, peaks: NDArray[np.uint8]) -> None:
    with storage_errors(path.parent):
        path.parent.mkdir(exist_ok=True)
        with replacing(path) as new, new.open("wb") as file:
            np.save(file, peaks)


def _peaks(
    folder: Path, manifest: Mapping[str, Any], files: Sequence[Mapping[str, Any]]
) -> NDArray[np.uint8]:
    ends = [file["offset"] + file["duration"] for file in files]
    whole = np.zeros(int(max(ends, default=0.0) / STEP) + 1, np.uint8)
    keys = [stage["key"] for stage in manifest["stages"] if stage["stage"] == "decode"]
    heard = [file["path"] for file in manifest["files"] if file["sound"]]
    decoded = dict(zip(heard, keys, strict=False))
    with TemporaryDirectory(prefix="rapport-") as scratch:
        for number, file in enumerate(files):
            tracks = _tracks(folder, decoded.get(file["path"], ""))
            for track in tracks or _decoded(Path(file["path"]), Path(scratch) / f"{number}.wav"):
                _add_peaks(whole, Sound.open(track), Clock(file["offset"], file["clock_rate"]))
    return whole


def _tracks(folder: Path, key: str) -> list[Path]:
    """The sound as the analysis decoded it, in one or each part of it; none where that was cleared away."""
    stage = Store(folder / ".stages").find("decode", key) if key else None
    if stage is None:
        return []
    mix = track_file(Kept(stage, ""), TrackSpec())
    return [mix] if mix.is_file() else sorted(stage.glob("*.wav"))


def _decoded(recording: Path, out: Path) -> list[Path]:
    if not recording.is_file():
        return []
    decode_audio(recording, {TrackSpec(): out})
    return [out]


def _add_peaks(whole: NDArray[np.uint8], sound: Sound, clock: Clock) -> None:
    """Lay the peaks of a track over those of the others, a minute at a time."""
    width = round(STEP * RATE)
    for start in np.arange(0.0, sound.duration, BLOCK):
        samples = np.abs(sound.between(start, min(start + BLOCK, sound.duration)))
        samples = np.pad(samples, (0, -len(samples) % width))
        peaks = np.minimum(np.ceil(samples.reshape(-1, width).max(axis=1) * 255), 255).astype(np.uint8)
        times = clock.meeting(start) + np.arange(len(peaks)) * STEP * clock.rate
        places = np.round(times / STEP).astype(int)
        inside = (places >= 0) & (places < len(whole))
        np.maximum.at(whole, places[inside], peaks[inside])
