"""Following faces from picture to picture. Nothing here looks at pictures larger than a thumbnail.

Faces are looked for every second or so and after every cut; between these looks each face is read in
every picture where it was in the picture before. What is read must stay on the face, and two followed
faces must not become one: where they do, both end, and the next look begins new tracks, which
`pipeline.face.identity` joins again by who they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.face.engines import Box, Found, Image, Reading

CELLS = 4
"""Rows and columns of cells in which cuts are sought, so that a change of one tile in a grid is noticed."""
CELL_PIXELS = 16
"""Pixels of a cell's side in the thumbnail."""
UNLIKE = 0.3
"""Correlation below which a cell shows something else than before: moving people keep theirs far above it."""
CHANGED = 12.0
"""Mean difference in grey (of 255) that a cell must show as well, so that noise on a blank wall is no cut."""
NOISE = 6.0
"""Grey by which a blank cell may vary without meaning anything."""
LIGHT = 25.0
"""Change of mean grey within one picture that is reported as a sudden change of light."""

NEAR = 0.3
"""Overlap from which a face that was found is the one that was followed: common in tracking by detection
(Bochinski and others, "High-speed tracking-by-detection", 2017, use 0.3 to 0.5)."""
ONE_FACE = 0.5
"""Overlap from which two followed faces are taken for one: faces side by side never overlap so far."""
JUMP = 0.5
"""Share of its size by which a face may move between two pictures: a head that turns as fast as it can moves
by less than a tenth of that at 15 pictures a second."""
RESIZE = 1.6
"""Factor by which a face's size may change between two pictures."""
MISSES = 2
"""Looks in a row that may miss a face that is still read, as with a profile or a hand before the mouth."""


def thumbnail(image: Image) -> NDArray[np.float32]:
    """Shrink a picture to grey cells.

    Returns
    -------
    ndarray, shape (CELLS * CELL_PIXELS, CELLS * CELL_PIXELS)
        Grey, 0 to 255; the sides are shrunk independently.
    """
    import cv2

    side = CELLS * CELL_PIXELS
    # one row and column of a few is enough for a thumbnail, and much faster than all of them
    steps = [max(1, length // (3 * side)) for length in image.shape[:2]]
    rows, columns = (length // step for length, step in zip(image.shape[:2], steps, strict=True))
    whole = image[: rows * steps[0], : columns * steps[1]]
    few = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_NEAREST)
    small = cv2.resize(few, (side, side), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32).mean(axis=2)


def changes(before: NDArray[np.float32], now: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Find the cells in which another picture begins. A change of light alone is none.

    Parameters
    ----------
    before, now : ndarray
        Thumbnails of two pictures in a row.

    Returns
    -------
    ndarray of bool, shape (CELLS, CELLS)
    """
    a, b = _cells(before), _cells(now)
    difference = np.abs(a - b).mean(axis=2)
    a, b = a - a.mean(axis=2, keepdims=True), b - b.mean(axis=2, keepdims=True)
    power = np.sqrt(((a**2).mean(axis=2) + NOISE**2) * ((b**2).mean(axis=2) + NOISE**2))
    # blank before and blank now is alike, whatever the noise: hence NOISE in the numerator too
    likeness = ((a * b).mean(axis=2) + NOISE**2) / power
    found: NDArray[np.bool_] = (likeness < UNLIKE) & (difference > CHANGED)
    return found


def _cells(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut a thumbnail into cells, shape (CELLS, CELLS, pixels)."""
    parts = picture.reshape(CELLS, CELL_PIXELS, CELLS, CELL_PIXELS)
    return parts.swapaxes(1, 2).reshape(CELLS, CELLS, -1)


def cut_through(box: Box, changed: NDArray[np.bool_], width: int, height: int) -> bool:
    """Whether the picture changed where a face is: in the cell of its middle."""
    x, y = box.centre
    column = int(np.clip(x / max(width, 1) * CELLS, 0, CELLS - 1))
    row = int(np.clip(y / max(height, 1) * CELLS, 0, CELLS - 1))
    return bool(changed[row, column])


def stays(before: Box, now: Box) -> bool:
    """Whether what was read is still the face of the picture before, and not something near it."""
    size = max(before.size, 1e-6)
    moved = max(abs(a - b) for a, b in zip(before.centre, now.centre, strict=True))
    return moved <= JUMP * size and 1 / RESIZE <= now.size / size <= RESIZE


@dataclass
class Track:
    """A face that is being followed.

    Attributes
    ----------
    number : int
        Its name among the tracks of the recording.
    box : Box
        Where it was seen last.
    time : float
        When it was seen last, in seconds.
    score : float
        How certain the engine was when it was last found.
    lens : Any
        The lens that reads it.
    missed : int
        Looks in a row that did not find it.
    suspect : bool
        Whether the picture changed where it was, so that it may be somebody else from now on.
    """

    number: int
    box: Box
    time: float
    score: float
    lens: Any = None
    missed: int = 0
    suspect: bool = False


@dataclass
class Follower:
    """The faces that are being followed, from look to look.

    Attributes
    ----------
    patience : float
        Seconds for which a face may be out of sight and still go on with its track.
    """

    patience: float = 2.0
    tracks: list[Track] = field(default_factory=list)
    count: int = 0

    def look(self, found: Sequence[Found], time: float) -> tuple[list[Track], list[Track]]:
        """Bring the tracks together with the faces that were found in a picture.

        Parameters
        ----------
        found : sequence of Found
            All faces in the picture.
        time : float
            When it was taken.

        Returns
        -------
        begun, ended : list of Track
            New tracks, and those that are over.
        """
        pairs = match([track.box for track in self.tracks], [face.box for face in found])
        kept: list[Track] = []
        ended: list[Track] = []
        for number, track in enumerate(self.tracks):
            if number in pairs:
                face = found[pairs[number]]
                track.score, track.missed = face.score, 0
                if track.time < time:  # not read in the picture before: begin where it was found
                    track.box = face.box
                kept.append(track)
                continue
            track.missed += 1
            gone = time - track.time > self.patience or track.missed > MISSES
            (ended if gone else kept).append(track)
        taken = set(pairs.values())
        begun = []
        for number, face in enumerate(found):
            if number not in taken and not any(face.box.overlap(track.box) > NEAR for track in kept):
                begun.append(Track(self.count, face.box, time, face.score))
                self.count += 1
        self.tracks = kept + begun
        return begun, ended

    def renumber(self, track: Track) -> None:
        """Make a track a new one from now on: it follows somebody else."""
        track.number = self.count
        self.count += 1

    def end(self, numbers: set[int]) -> list[Track]:
        """Stop following some tracks, and return them."""
        ended = [track for track in self.tracks if track.number in numbers]
        self.tracks = [track for track in self.tracks if track.number not in numbers]
        return ended


def match(known: Sequence[Box], found: Sequence[Box]) -> dict[int, int]:
    """Pair boxes so that they overlap most, none by less than `NEAR`.

    Returns
    -------
    dict of int to int
        Index in `known` to index in `found`.
    """
    from scipy.optimize import linear_sum_assignment

    if not known or not found:
        return {}
    overlaps = np.array([[a.overlap(b) for b in found] for a in known])
    overlaps[overlaps < NEAR] = 0
    rows, columns = linear_sum_assignment(-overlaps)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {row: column for row, column in pairs if overlaps[row, column] > 0}


def collisions(readings: dict[int, Sequence[Reading | None]]) -> dict[int, int]:
    """Find tracks that came to read one and the same face.

    Parameters
    ----------
    readings : dict of int to sequence
        For each track what was read in each picture of one stretch, all of the same length.

    Returns
    -------
    dict of int to int
        For each track that met another: the first picture in which it did.
    """
    met: dict[int, int] = {}
    tracks = sorted(readings)
    for place, one in enumerate(tracks):
        for other in tracks[place + 1 :]:
            for moment, (a, b) in enumerate(zip(readings[one], readings[other], strict=True)):
                if a is not None and b is not None and a.box.overlap(b.box) > ONE_FACE:
                    for track in (one, other):
                        met[track] = min(moment, met.get(track, moment))
                    break
    return met
