"""Pictures of a recording, one at a time, upright, with their exact times."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import MediaError
from pipeline.media.container import clockwise, decoded, media_streams, opened, square_width
from pipeline.media.probe import Recording, probe


def frames(
    path: str | Path,
    *,
    rate: float = 15.0,
    stream: int = 0,
    start: float | None = None,
    end: float | None = None,
    width: int | None = None,
    threads: int = 0,
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Pictures of a recording in the order and at the times at which they are shown.

    Parameters
    ----------
    path : str or Path
        The recording.
    rate : float
        Frames per second wanted. Frames are dropped by their times, never repeated, so that a recording
        with a variable frame rate is seen evenly.
    stream : int
        Index among the picture streams.
    start, end : float, optional
        Seconds from time zero; frames with ``start <= time < end``.
    width : int, optional
        Width of the pictures in pixels; the height follows. By default as recorded.
    threads : int
        Threads that decode, 0 for as many as there are cores. The fewer, the less work in all.

    Yields
    ------
    time : float
        Seconds from the recording's time zero, from the presentation timestamp.
    image : ndarray of uint8, shape (height, width, 3)
        RGB, turned upright, with square pixels.

    Raises
    ------
    MediaError
        If the recording cannot be read or lacks the stream.
    """
    recording = probe(path)
    if stream >= len(recording.video) or recording.video[stream].codec == "unknown":
        raise MediaError(f"{recording.path.name} has no picture stream {stream + 1} that can be decoded.")
    from av.video.reformatter import VideoReformatter

    seen, colours, shelf = -1, VideoReformatter(), Shelf()
    for time, frame, aspect in _pictures(recording, stream, start or 0.0, threads):
        if end is not None and time >= end:
            return
        slot = int(np.floor(time * rate + 0.1))  # forgives times rounded to milliseconds
        if slot > seen and time >= (start or 0.0):
            seen = slot
            yield time, _upright(frame, aspect, width, colours, shelf)


def _pictures(
    recording: Recording, stream: int, start: float, threads: int
) -> Iterator[tuple[float, Any, Any]]:
    """Pictures with their times and their pixels' shape, from the last key frame before `start`."""
    import av

    with opened(recording.path) as container:
        source = media_streams(container)[1][stream]
        source.thread_type, source.thread_count = "AUTO", threads
        if start > 0:
            try:
                container.seek(int((recording.clock_zero + start) / source.time_base), stream=source)
            except av.error.FFmpegError:  # no index: read on from the beginning
                container.seek(0, any_frame=True)
        step = 1 / (recording.video[stream].frame_rate or 25.0)
        time = -step
        for _, frame in decoded(container, [source], lambda _: None):
            time = time + step if frame.pts is None else float(frame.time) - recording.clock_zero
            yield time, frame, source.sample_aspect_ratio


class Shelf:
    """Room for pictures, used again once nobody holds the picture, or a part of it, that was in it.

    New room for every picture takes time, and leaves holes in the heap: 7 MB more for every minute of video.
    """

    def __init__(self) -> None:
        self._free: list[bytearray] = []

    def take(self, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """Return an array that holds anything."""
        room = self._free.pop() if self._free else bytearray()
        if len(room) != prod(shape):
            room = bytearray(prod(shape))
        picture = np.ndarray(shape, np.uint8, room)
        # parts of a picture refer to it, so that it goes when they are gone as well
        finalize(picture, self._free.append, room).atexit = False
        return picture


def _upright(frame: Any, aspect: Any, width: int | None, colours: Any, shelf: Shelf) -> NDArray[np.uint8]:
    """RGB pixels of a decoded picture, turned upright, `width` pixels wide."""
    turn = clockwise(frame)
    across, down = square_width(frame.width, frame.height, aspect), frame.height
    if width is not None:
        shrink = width / (down if turn in (90, 270) else across)
        across, down = max(1, round(across * shrink)), max(1, round(down * shrink))
    # a frame's own `reformat` sets everything up anew for each picture
    pixels = np.rot90(colours.reformat(frame, across, down, "rgb24").to_ndarray(), -turn // 90)
    image = shelf.take(pixels.shape)
    image[...] = pixels
    return image
