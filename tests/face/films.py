"""Small films with a known truth, made of pictures of the sample meeting's two drawn people."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.media.pictures import frames

Image = NDArray[np.uint8]
SAM, ANNA = 0, 1
TILE = 320, 180


def people(start: float, end: float, rate: float = 10.0) -> list[tuple[Image, Image]]:
    """Sam's and Anna's tiles of the sample meeting, as recorded (640 x 360)."""
    from tests.conftest import SAMPLE

    pictures = frames(SAMPLE, rate=rate, start=start, end=end)
    return [(image[:, :640].copy(), image[:, 640:].copy()) for _, image in pictures]


def small(image: Image, width: int = TILE[0], height: int = TILE[1]) -> Image:
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def beside(left: Image, right: Image) -> Image:
    return np.hstack([left, right])


def room(width: int, height: int) -> Image:
    """A wall that is lighter on one side, with nobody before it."""
    ramp = np.linspace(90, 170, width)[None, :, None]
    return np.broadcast_to(ramp, (height, width, 3)).astype(np.uint8).copy()


def paste(onto: Image, piece: Image, x: int, y: int) -> Image:
    """Copy of a picture with another one laid on it, as far as it reaches."""
    done = onto.copy()
    height, width = onto.shape[:2]
    left, top, right, bottom = (
        max(0, x),
        max(0, y),
        min(width, x + piece.shape[1]),
        min(height, y + piece.shape[0]),
    )
    if right > left and bottom > top:
        done[top:bottom, left:right] = piece[top - y : bottom - y, left - x : right - x]
    return done


def write_film(path: Path, pictures: Iterable[Image], rate: int = 10, rotation: int = 0) -> Path:
    """Write pictures as H.264."""
    with av.open(str(path), "w") as out:
        stream = None
        for number, picture in enumerate(pictures):
            if stream is None:
                stream = out.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "20"})
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
                if rotation:
                    stream.set_display_rotation(rotation)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(stream.encode(frame))
        if stream is not None:
            out.mux(stream.encode(None))
    return path
