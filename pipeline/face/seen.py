"""What was seen in one recording: signals, tracks, when faces were looked for, and what went wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.face.engines import Image
from pipeline.face.identity import is_still

if TYPE_CHECKING:
    import pandas as pd

BLACK, FLAT = 16.0, 4.0
"""Mean grey (black is 16 in video levels) and variation below which there is nothing in a picture."""
SMALL = 24.0
"""Pixels from brow to chin below which expressions cannot be read."""
PROFILE = 50.0
"""Degrees beyond which one eye is hidden behind the nose."""
SLOW = 8.0
"""Pictures a second below which a nod, up to 4 a second, cannot be told from noise (Nyquist)."""
HARDLY = 0.05
"""Share of all readings below which nothing is said of a face."""
MOST = 0.5
"""Share from which something is true most of the time."""


@dataclass(frozen=True)
class Seen:
    """What was seen of faces in one recording.

    Attributes
    ----------
    signals : DataFrame
        See `pipeline.face.signals`; `time` is that of the recording.
    tracks : tuple of TrackSeen
        The faces that were followed, in the order in which they came.
    looks : DataFrame
        A row per picture that was analysed: `time` (seconds), `looked` (whether faces were looked for in the
        whole picture; those known are read in every picture), `found` (how many, -1 where not looked for),
        `read` (how many were read), `light` (mean grey, 0 to 255), `detail` (its variation), `lit` (whether
        the light changed suddenly). Where there is a row and no signals, nobody was visible.
    problems : tuple of str
        What could not be read and why, a sentence each.
    """

    signals: pd.DataFrame
    tracks: tuple[TrackSeen, ...]
    looks: pd.DataFrame
    problems: tuple[str, ...]

    def save(self, folder: Path) -> None:
        """Write to a folder, which is made if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        self.signals.to_parquet(folder / "signals.parquet")
        self.looks.to_parquet(folder / "looks.parquet")
        arrays: dict[str, NDArray[Any]] = {f"face_{track.track}": track.thumbnail for track in self.tracks}
        arrays |= {f"identity_{track.track}": track.identity for track in self.tracks}
        np.savez(folder / "tracks.npz", **arrays)  # type: ignore[arg-type]
        numbers = [{name: getattr(track, name) for name in NUMBERS} for track in self.tracks]
        text = json.dumps({"tracks": numbers, "problems": self.problems}, indent=1)
        (folder / "seen.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Seen:
        """Read what `save` wrote."""
        import pandas as pd

        notes = json.loads((folder / "seen.json").read_text("utf-8"))
        with np.load(folder / "tracks.npz") as arrays:
            tracks = tuple(
                TrackSeen(
                    **numbers,
                    thumbnail=arrays[f"face_{numbers['track']}"],
                    identity=arrays[f"identity_{numbers['track']}"],
                )
                for numbers in notes["tracks"]
            )
        signals, looks = (pd.read_parquet(folder / f"{name}.parquet") for name in ("signals", "looks"))
        return cls(signals, tracks, looks, tuple(notes["problems"]))


@dataclass(frozen=True)
class TrackSeen:
    """A face that was followed without a break.

    Attributes
    ----------
    camera, track : int
        As in the signals.
    first, last : float
        Seconds at which it was read first and last.
    frames : int
        Pictures in which it was read.
    size : float
        Median of its size, in pixels of the recording.
    thumbnail : ndarray of uint8, shape (n, n, 3)
        RGB, where it is seen best; at most 160 pixels.
    identity : ndarray, shape (d,)
        Mean of the identity embeddings; empty where there is none.
    """

    camera: int
    track: int
    first: float
    last: float
    frames: int
    size: float
    thumbnail: Image
    identity: NDArray[np.float32]


NUMBERS = ("camera", "track", "first", "last", "frames", "size")


def find_problems(signals: pd.DataFrame, looks: pd.DataFrame) -> tuple[str, ...]:
    """Say in a sentence each what could not be read and why.

    Parameters
    ----------
    signals, looks : DataFrame
        As in `Seen`.
    """
    if looks.empty:
        return ("The video has no picture that can be decoded, so no face was read.",)
    problems = []
    black = float(((looks["light"] < BLACK) | (looks["detail"] < FLAT)).mean())
    if black > MOST:
        problems.append(f"The video is black or blank in {black:.0%} of its pictures.")
    step = float(np.median(np.diff(looks["time"]))) if len(looks) > 1 else 0.0
    if step > 1 / SLOW:
        problems.append(
            f"The video has only {1 / step:.0f} pictures a second: quick nods and shakes cannot be told."
        )
    lit = looks["time"][looks["lit"]]
    if len(lit):
        times = ", ".join(f"{time:.1f}" for time in lit[:3]) + (" and later" if len(lit) > 3 else "")
        problems.append(f"The light changes suddenly at {times} s; what faces did there is less certain.")
    found = looks[looks["looked"]]["found"]
    if signals.empty:
        many = float((found > 0).mean()) if len(found) else 0.0
        problems.append(
            "Faces were found but are turned away or too small to be read."
            if many > 0.1
            else "No face was found in the video."
        )
        return tuple(problems)
    problems += _face_problems(signals)
    read = looks[looks["looked"]]["read"]
    unread = float((found > read).mean())
    if unread > MOST:
        problems.append(
            f"In {unread:.0%} of the looks a face was found but not read: in profile, half hidden or tiny."
        )
    return tuple(problems)


def _face_problems(signals: pd.DataFrame) -> list[str]:
    """Say what is wrong with single faces, told apart by where they are."""
    problems, tiny = [], []
    for (_, track), rows in signals.groupby(["camera", "track"]):
        if len(rows) < HARDLY * len(signals):
            continue  # a face that hardly appears is no trouble
        where = f"The face {_place(float(rows['x'].median()), float(rows['y'].median()))} (track {track})"
        size = float(rows["size"].median())
        if size < SMALL:
            tiny.append(f"{size:.0f}")
        aside = float((rows["yaw"].abs() > PROFILE).mean())
        if aside > MOST:
            problems.append(f"{where} is in profile {aside:.0%} of the time, so its signals are uncertain.")
        if is_still(rows):
            problems.append(f"{where} never moves by itself and is taken for a still picture.")
    if tiny:
        who = "A face is" if len(tiny) == 1 else f"{len(tiny)} faces are"
        sizes = ", ".join(sorted(set(tiny), key=int))
        problems.append(f"{who} only {sizes} pixels high, too small for expressions to be read.")
    return problems


def _place(x: float, y: float) -> str:
    """Say where in the picture something is."""
    across = "left" if x < 1 / 3 else "right" if x > 2 / 3 else "in the middle"
    down = "at the top" if y < 1 / 3 else "at the bottom" if y > 2 / 3 else ""
    return (
        f"{down} {across}".strip() if down else (across if across == "in the middle" else f"on the {across}")
    )
