"""A picture of everybody who was seen, with the participant each was linked to: a wrong link shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE, TEXT, MARGIN, COLUMNS = 160, 78, 12, 5
"""Pixels of a face, of the text under it and between them, and faces in a row."""
INK, FAINT, PAPER = (32, 32, 36), (128, 128, 134), (250, 250, 248)


@dataclass(frozen=True)
class Face:
    """Somebody, or something, whose face was seen.

    Attributes
    ----------
    number : int
        From 1, as in ``face:`` of the meeting file.
    participant : str
        Whose face it is; empty where it is no participant's.
    name : str
        What the participant is called.
    confidence : float
        How sure the link between face and voice is; NaN where there is no voice.
    seconds, share : float
        How long it was seen, and what share of the recording that is.
    cameras : tuple of str
        Names of the files that show it.
    reason : str
        Why it is no participant's, or why its voice is not known; may be empty.
    thumbnail : ndarray of uint8, shape (height, width, 3)
        RGB; no square where the face was at the picture's edge.
    """

    number: int
    participant: str
    name: str
    confidence: float
    seconds: float
    share: float
    cameras: tuple[str, ...]
    reason: str
    thumbnail: NDArray[np.uint8]

    def summary(self) -> dict[str, Any]:
        """What a researcher must be able to state of it."""
        confidence = None if math.isnan(self.confidence) else round(self.confidence, 4)
        kept = ("number", "participant", "seconds", "share", "cameras", "reason")
        return {name: getattr(self, name) for name in kept} | {"confidence": confidence}

    def lines(self) -> tuple[str, ...]:
        """What is written under the face."""
        if not self.participant:
            return (f"{self.number}  nobody", self.reason)
        seen = f"seen {self.share:.0%} of the time"
        sure = f"{self.confidence:.0%}" if self.confidence < 0.995 else "over 99%"
        voice = self.reason or f"voice: {sure} sure"
        return (f"{self.number}  {self.name}", seen, voice)


def draw_faces(faces: Sequence[Face]) -> Image:
    """Draw all faces in rows, each with its number, name, and how sure the link to the voice is."""
    from PIL import Image, ImageDraw, ImageFont, ImageOps

    columns = min(COLUMNS, max(1, len(faces)))
    rows = -(-max(1, len(faces)) // columns)
    width, height = SIDE + MARGIN, SIDE + TEXT + MARGIN
    sheet = Image.new("RGB", (columns * width + MARGIN, rows * height + MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    large, small = ImageFont.load_default(16), ImageFont.load_default(12)
    for i, face in enumerate(faces):
        left, top = MARGIN + i % columns * width, MARGIN + i // columns * height
        portrait = ImageOps.pad(Image.fromarray(face.thumbnail), (SIDE, SIDE), color=PAPER)
        sheet.paste(portrait, (left, top))
        first, *rest = face.lines()
        draw.text((left, top + SIDE + 4), _cut(first, SIDE, large), INK, large)
        below = [line for text in rest for line in _broken(text, SIDE, small)]
        for k, line in enumerate(below[:3]):
            draw.text((left, top + SIDE + 26 + 16 * k), line, FAINT, small)
    return sheet


def _cut(text: str, width: int, font: object) -> str:
    """Text without its end where it is wider than `width` pixels."""

    def fits(shown: str) -> bool:
        return bool(font.getlength(shown) <= width)  # type: ignore[attr-defined]

    if fits(text):
        return text
    return next(short for n in range(len(text), -1, -1) if fits(short := f"{text[:n]}...") or not n)


def _broken(text: str, width: int, font: object) -> list[str]:
    """Text in lines that are no wider than `width` pixels."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:  # type: ignore[attr-defined]
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
