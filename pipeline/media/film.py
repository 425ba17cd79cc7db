"""A small film of a recording that every browser plays, sharp or blurred beyond recognition.

H.264 and AAC in MP4, with the index in front and without anything that the recording says of itself: no
device, no place, no date. Time zero is the recording's time zero and no picture's time changes.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import MediaError
from pipeline.media.decode import TrackSpec, decode_audio
from pipeline.media.pictures import frames
from pipeline.media.probe import Recording, probe
from pipeline.media.sound import RATE, Sound
from pipeline.store import replacing, storage_errors

HEIGHT, PICTURES = 360, 20.0
"""Pixels and pictures a second at most, unless said otherwise."""
BLURRED = 180
"""Pixels at most of a blurred picture, which has no more to show."""
CELLS = 2.5
"""Cells of a blurred picture from brow to chin of its largest face.

People know faces that they are familiar with in as few as seven by ten cells (Sinha et al. 2006, Proc. IEEE
94(11)), ear to ear and hair to chin, so about six from brow to chin: this is well below.
"""
TICKS = 90_000
"""Parts of a second in which times of pictures are told."""
KEY_FRAMES = 2.0
"""Seconds between pictures to which a player can jump at once."""
BIT_RATE = 64_000
"""Bits a second of the sound."""

Packets = Iterator[tuple[float, Any]]
"""Packets of a stream, each with the second it belongs to."""


@dataclass(frozen=True)
class Film:
    """What was written.

    Attributes
    ----------
    width, height : int
        Pixels; zero for sound alone.
    duration : float
        Seconds.
    size_bytes : int
    """

    width: int
    height: int
    duration: float
    size_bytes: int


def write_film(
    source: Path,
    out: Path,
    *,
    height: int = HEIGHT,
    rate: float = PICTURES,
    blur: float | None = None,
    pictures: bool = True,
    sound: bool = True,
    crf: int = 27,
    progress: Callable[[float], None] | None = None,
) -> Film:
    """Write a small MP4 of a recording, in constant memory; whole or not at all.

    Parameters
    ----------
    source : Path
        The recording.
    out : Path
        The film, ``.mp4``, or ``.m4a`` of sound alone. While it is made, its folder also holds the
        recording's sound, 2 MB a minute.
    height : int
        Pixels at most; the width follows.
    rate : float
        Pictures a second at most.
    blur : float, optional
        Height of the largest face from brow to chin, in heights of the picture. With it the whole picture is
        reduced to so few cells that a face spans `CELLS` of them, and drawn softly at full size: what is not
        in the cells is not in the film, so that nothing can sharpen it again. Movement stays visible.
    pictures, sound : bool
        What to take over; all sound streams become one, mono. What the recording lacks is left out.
    crf : int
        Quality of the pictures as x264 counts it; less is better and larger.
    progress : callable, optional
        Told the share that is done, 0 to 1, often.

    Raises
    ------
    MediaError
        If the recording cannot be read, or has nothing of what is wanted.
    StorageError
        If the film cannot be written.
    """
    import av

    recording = probe(source)
    height = height if blur is None else min(height, BLURRED)
    seen = pictures and recording.has_pictures
    heard = sound and any(stream.codec != "unknown" for stream in recording.audio)
    if not (seen or heard):
        what = "pictures" if pictures and not sound else "sound" if sound and not pictures else "media"
        raise MediaError(f"{recording.path.name} holds no {what} that can be decoded; leave it out.")
    options = {"movflags": "+faststart", "fflags": "+bitexact"}  # which keeps even the encoder from signing
    with (
        storage_errors(out.parent),
        replacing(out) as new,
        TemporaryDirectory(prefix=".sound-", dir=out.parent) as scratch,
        av.open(str(new), "w", format="mp4", options=options) as film,
    ):
        streams: list[Packets] = []
        if seen:
            streams.append(_pictures(recording, film, height, rate, blur, crf))
        if heard:
            streams.append(_sound(recording, film, Path(scratch) / "sound.wav"))
        for second, packet in heapq.merge(*streams, key=lambda timed: timed[0]):
            film.mux(packet)
            if progress:
                progress(min(max(second, 0.0) / max(recording.duration, 1e-3), 1.0))
    width, height = _size(recording, height) if seen else (0, 0)
    return Film(width, height, recording.duration, out.stat().st_size)


def _size(recording: Recording, height: int) -> tuple[int, int]:
    """Width and height of the film: even, as the encoder wants them, and never larger than the recording."""
    picture = recording.video[0]
    shrink = min(1.0, height / max(picture.height, 1))
    return max(2, round(picture.width * shrink) // 2 * 2), max(2, round(picture.height * shrink) // 2 * 2)


def _pictures(
    recording: Recording, film: Any, height: int, rate: float, blur: float | None, crf: int
) -> Packets:
    """Encode the first picture stream, whose times stay."""
    width, height = _size(recording, height)
    options = {"preset": "superfast", "crf": str(crf)}
    stream = film.add_stream("libx264", rate=max(1, round(rate)), options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = Fraction(1, TICKS)
    usual = max(1.0, min(rate, recording.video[0].frame_rate or rate))
    stream.codec_context.gop_size = max(1, round(KEY_FRAMES * usual))

    def packets() -> Packets:
        import av
        from av.video.reformatter import VideoReformatter

        time, colours = 0.0, VideoReformatter()
        for time, picture in frames(recording.path, rate=rate, width=width):
            image = picture if blur is None else blurred(picture, blur)
            frame = colours.reformat(av.VideoFrame.from_ndarray(image, "rgb24"), width, height, "yuv420p")
            frame.pts, frame.time_base = round(time * TICKS), Fraction(1, TICKS)
            yield from ((time, packet) for packet in stream.encode(frame))
        yield from ((time, packet) for packet in stream.encode(None))

    return packets()


def blurred(picture: NDArray[np.uint8], face: float) -> NDArray[np.uint8]:
    """A picture of which only a few cells are left, drawn softly at its size.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    face : float
        Height of the largest face, in heights of the picture.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        Each cell is the mean of its pixels; between the cells' middles it runs smoothly.
    """
    import cv2

    height, width = picture.shape[:2]
    down = max(1, min(round(CELLS / max(face, 1e-3)), height))
    across = max(1, min(round(down * width / height), width))
    cells = cv2.resize(picture, (across, down), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _sound(recording: Recording, film: Any, track: Path) -> Packets:
    """Encode all sound as one, aligned with time zero and without holes, as the analysis hears it."""
    stream = film.add_stream("aac", rate=RATE, layout="mono")
    stream.bit_rate = BIT_RATE

    def packets() -> Packets:
        import av

        decode_audio(recording.path, {TrackSpec(): track})
        sound = Sound.open(track)
        for first in range(0, len(sound.samples), RATE):
            piece = sound.between(first / RATE, min((first + RATE) / RATE, sound.duration))
            frame = av.AudioFrame.from_ndarray(piece[None], format="fltp", layout="mono")
            frame.rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
            yield from ((first / RATE, packet) for packet in stream.encode(frame))
        yield from ((sound.duration, packet) for packet in stream.encode(None))

    return packets()
