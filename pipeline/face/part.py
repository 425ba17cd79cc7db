"""One face in one stretch of pictures: reading it, and taking its portrait where it is seen best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.face.engines import Image, Points, Reading
from pipeline.face.follow import Track, stays

PORTRAIT = 160
"""Pixels of a thumbnail."""
OPEN = 0.1
"""Distance of the lips, in distances of the eyes, at which the mouth is plainly open."""


class Identifier(Protocol):
    """Turns a face into numbers that tell who it is; see `pipeline.face.identity.Embedder`."""

    def embed(self, image: Image, anchors: Points) -> NDArray[np.float32]:
        """Identity of a face, shape (d,)."""
        ...


@dataclass
class Part:
    """What was read of one face in one stretch.

    Attributes
    ----------
    readings : list of Reading or None
        One for each picture.
    worth : float
        How well the face was seen at best, see `portrait_worth`.
    identity : ndarray, shape (d,), optional
        Of the picture in which it was seen best.
    likeness : float
        How good the best portrait is, see `portrait_likeness`.
    portrait : Image, optional
        That portrait, where it is better than what there was.
    """

    readings: list[Reading | None]
    worth: float = -1.0
    identity: NDArray[np.float32] | None = None
    likeness: float = -1.0
    portrait: Image | None = None


def read_face(
    track: Track,
    fresh: bool,
    pictures: list[tuple[float, Image]],
    likeness: float,
    identifier: Identifier | None,
) -> Part:
    """Read one face in the pictures of a stretch, and take its portrait where it is seen best.

    Parameters
    ----------
    track : Track
        The face; not changed here.
    fresh : bool
        Whether the lens read another face before.
    pictures : list of (time, image)
        In order of time.
    likeness : float
        Likeness of the best portrait so far.
    identifier : Identifier, optional
        Given where an identity is wanted.
    """
    if fresh:
        track.lens.begin()
    part = Part([])
    box, best, likest = track.box, (-1.0, -1), (-1.0, -1)
    for time, image in pictures:
        reading: Reading | None = track.lens.read(image, box, time)
        if reading is not None and not stays(box, reading.box):
            reading = None  # it drifted off the face, or on to another one
        if reading is not None:
            box = reading.box
            best = max(best, (portrait_worth(reading), -len(part.readings)))
            likest = max(likest, (portrait_likeness(reading), -len(part.readings)))
        part.readings.append(reading)
    part.worth, part.likeness = best[0], likest[0]
    seen: list[Any] = part.readings
    if identifier is not None and best[0] >= 0:
        part.identity = identifier.embed(pictures[-best[1]][1], seen[-best[1]].anchors)
    if likest[0] > likeness:
        part.portrait = take_portrait(pictures[-likest[1]][1], seen[-likest[1]])
    return part


def portrait_worth(reading: Reading) -> float:
    """How well a person can be told by a picture: large, seen from the front, eyes open; 0 to 1."""
    return reading["quality"] * min(1.0, reading["size"] / PORTRAIT) ** 0.5 * (1 - reading["blink"])


def portrait_likeness(reading: Reading) -> float:
    """How good a picture of a person it is: well seen, and with the mouth closed, not in a word; 0 to 1."""
    closed = (1 - min(1.0, reading["lip_gap"] / OPEN)) * (1 - reading["mouth_open"])
    return portrait_worth(reading) * (0.1 + 0.9 * closed)


def take_portrait(image: Image, reading: Reading) -> Image:
    """Cut a face out of a picture with some room around it."""
    import cv2

    (x, y), half = reading.box.centre, 0.75 * reading.box.size
    height, width = image.shape[:2]
    left, right = (int(np.clip(edge, 0, width)) for edge in (x - half, x + half + 1))
    top, bottom = (int(np.clip(edge, 0, height)) for edge in (y - half, y + half + 1))
    face = image[top:bottom, left:right]
    if not face.size:
        return np.zeros((1, 1, 3), np.uint8)
    shrink = min(1.0, PORTRAIT / max(face.shape[:2]))
    across, down = (max(1, round(side * shrink)) for side in (face.shape[1], face.shape[0]))
    small: Image = cv2.resize(face, (across, down), interpolation=cv2.INTER_AREA)
    return small
