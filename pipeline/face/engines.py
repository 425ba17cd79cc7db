"""What an engine that finds and reads faces must offer.

Engines are registered through the entry points ``rapport.faces``, the built-in one the same way, so that
a lab adds its own without a fork. An engine does two things: it finds all faces in one picture, and it
reads one face in picture after picture. Following, telling people apart and all the rest is not its
business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""A picture, shape (height, width, 3), RGB."""
Points = NDArray[np.float32]
"""Points in a picture, shape (n, 2): x to the right and y down, in pixels."""
Progress = Callable[[float], None]
"""Called with the share of the work that is done, 0 to 1."""

ANCHORS = ("right eye, outer", "right eye, inner", "left eye, inner", "left eye, outer", "under the nose")
"""The five points by which a face is laid straight; right and left are the person's own."""

MEASURED = (
    "size",
    "pitch",
    "yaw",
    "roll",
    "smile",
    "mouth_open",
    "lip_gap",
    "eye_yaw",
    "eye_pitch",
    "blink",
    "brow_down",
    "brow_grief",
    "lip_down",
    "lip_stretch",
    "quality",
)
"""What an engine measures of a face: `pipeline.face.signals.SIGNALS` without time and place."""


@dataclass(frozen=True)
class Box:
    """An upright rectangle around a face from forehead to chin, in pixels; it may leave the picture."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> tuple[float, float]:
        """Middle, x and y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def size(self) -> float:
        """Longer side."""
        return max(self.right - self.left, self.bottom - self.top)

    @property
    def area(self) -> float:
        """Square pixels; nothing where the box is turned inside out."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        shared = Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        ).area
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0


@dataclass(frozen=True)
class Found:
    """A face that was found in a picture.

    Attributes
    ----------
    box : Box
        Where it is.
    score : float
        How certain the engine is, 0 to 1.
    """

    box: Box
    score: float


@dataclass(frozen=True)
class Reading:
    """What is read of a face in one picture.

    Attributes
    ----------
    box : Box
        Where the face is, from what was read and not from where it was looked for.
    anchors : ndarray, shape (5, 2)
        The points `ANCHORS`, in pixels of the picture.
    values : tuple of float
        `MEASURED`, in that order; sizes in pixels of the picture that was given.
    """

    box: Box
    anchors: Points
    values: tuple[float, ...]

    def __getitem__(self, name: str) -> float:
        """Return one of `MEASURED`."""
        return self.values[MEASURED.index(name)]


class FaceLens(Protocol):
    """Reads one face in picture after picture. It may remember; it serves one thread at a time."""

    def begin(self) -> None:
        """Forget the face that was read before."""
        ...

    def read(self, image: Image, box: Box, time: float) -> Reading | None:
        """Read the face that is near `box`.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width, 3)
            The whole picture.
        box : Box
            Where the face was in the picture before, or was found in this one.
        time : float
            Seconds; later than that of the picture read before.

        Returns
        -------
        Reading or None
            None where no face can be read.
        """
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class FaceReader(Protocol):
    """Finds faces, and hands out lenses that read them."""

    version: str
    """Changes whenever the same picture may give other values: library and models, part of the cache key."""

    def find(self, image: Image) -> list[Found]:
        """Find all faces in a picture, the most certain first."""
        ...

    def lens(self) -> FaceLens:
        """Make a lens."""
        ...
