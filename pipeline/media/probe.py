"""What a recording holds: its streams, their times, and what is wrong with it.

Every time in the program counts from the *recording's time zero*: the moment at which the earliest of its
sound and picture streams starts. A stream that starts later has a positive `start`.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import MediaError
from pipeline.media.container import (
    Timing,
    check_readable,
    clockwise,
    media_streams,
    opened,
    read_timings,
    seconds_of,
    seek,
    square_width,
)

USUAL_RATES = frozenset({8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000})
"""Sampling rates that recorders, telephones and meeting programs write."""


@dataclass(frozen=True)
class AudioStream:
    """One sound stream.

    Attributes
    ----------
    index : int
        Its place among the sound streams of the file, from 0.
    codec : str
        Name of the coding, such as ``aac``; ``unknown`` if it cannot be decoded.
    rate : int
        Samples per second.
    channels : int
    layout : str
        Such as ``mono``, ``stereo`` or ``5.1``.
    start : float
        Seconds after the recording's time zero.
    duration : float or None
        Seconds; None where the file does not say.
    language : str or None
        As the file declares it, ISO 639.
    """

    index: int
    codec: str
    rate: int
    channels: int
    layout: str
    start: float
    duration: float | None
    language: str | None


@dataclass(frozen=True)
class VideoStream:
    """One picture stream (cover art is not counted).

    Attributes
    ----------
    index : int
        Its place among the picture streams of the file, from 0.
    codec : str
        Name of the coding, such as ``h264``; ``unknown`` if it cannot be decoded.
    width, height : int
        Pixels of the picture shown upright, with square pixels: what `pipeline.media.decode.frames` yields.
    frame_rate : float or None
        Frames per second on average.
    variable : bool
        Whether the time between frames changes.
    rotation : int
        Degrees clockwise by which the stored picture is turned for showing: 0, 90, 180 or 270.
    start : float
        Seconds after the recording's time zero.
    duration : float or None
        Seconds; None where the file does not say.
    """

    index: int
    codec: str
    width: int
    height: int
    frame_rate: float | None
    variable: bool
    rotation: int
    start: float
    duration: float | None


@dataclass(frozen=True)
class Recording:
    """A media file that can be analysed.

    Attributes
    ----------
    path : Path
    container : str
        Name of the file format, such as ``mp4`` or ``matroska``.
    duration : float
        Seconds from time zero to the end of the longest stream that is really there.
    audio, video : tuple of AudioStream, tuple of VideoStream
    problems : tuple of str
        Plain sentences about what is odd; none of them stops the analysis.
    size_bytes : int
    metadata : dict of str to str
        What the file says of itself, such as ``creation_time``; keys in lower case.
    clock_zero : float
        The container's own clock at the recording's time zero, in seconds.
    """

    path: Path
    container: str
    duration: float
    audio: tuple[AudioStream, ...]
    video: tuple[VideoStream, ...]
    problems: tuple[str, ...]
    size_bytes: int
    metadata: dict[str, str] = field(default_factory=dict)
    clock_zero: float = 0.0

    @property
    def has_pictures(self) -> bool:
        """Whether its first picture stream can be decoded."""
        return bool(self.video) and self.video[0].codec != "unknown"


def probe(path: str | Path) -> Recording:
    """Look at a recording without decoding more than one picture.

    Parameters
    ----------
    path : str or Path
        Any file that FFmpeg's libraries read.

    Returns
    -------
    Recording

    Raises
    ------
    MediaError
        If the file is missing, a folder, unreadable, empty, cut off before its index, no recording at all, or
        holds neither sound nor picture.
    """
    path = Path(path)
    with opened(path) as container:
        sounds, pictures = media_streams(container)
        streams = [*sounds, *pictures]
        if not streams:
            raise MediaError(f"{path.name} holds neither sound nor picture: name the recording itself.")
        timings, promised, problems = read_timings(container, streams)
        starts = {s.index: _start(s, timings[s.index]) for s in streams}
        zero = min((start for start in starts.values() if start is not None), default=0.0)
        since = {index: 0.0 if start is None else start - zero for index, start in starts.items()}
        ends = {index: None if t.end is None else t.end - zero for index, t in timings.items()}
        audio = tuple(_audio_stream(i, s, since[s.index], ends[s.index]) for i, s in enumerate(sounds))
        video = tuple(
            _video_stream(i, s, since[s.index], ends[s.index], timings[s.index], _rotation(container, s))
            for i, s in enumerate(pictures)
        )
        duration = max((end for end in ends.values() if end is not None), default=0.0)
        problems += _length_problems(promised, duration)
        problems += _sound_problems(audio) + _picture_problems(video)
        if len(pictures) < len(container.streams.video):
            problems.append("A picture attached to the file (cover art) is left out.")
        return Recording(
            path=path,
            container=_container_name(container.format.name, path),
            duration=duration,
            audio=audio,
            video=video,
            problems=tuple(problems),
            size_bytes=path.stat().st_size,
            metadata={key.lower(): value for key, value in container.metadata.items()},
            clock_zero=zero,
        )


def clock(seconds: float) -> str:
    """A duration as ``h:mm:ss``."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def fingerprint(path: str | Path) -> str:
    """SHA-256 of a file's content, in hexadecimal; read in pieces, so that size does not matter.

    Raises
    ------
    MediaError
        If the file cannot be read.
    """
    path = Path(path)
    check_readable(path)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _start(stream: Any, timing: Timing) -> float | None:
    """When a stream starts on the container's clock.

    The demuxer's figure leaves a codec's priming out, but it is a guess for a stream that it has not met yet.
    """
    start = seconds_of(stream.start_time, stream.time_base)
    if start is None or (timing.first is not None and timing.first > start + 0.5):
        return timing.first
    return start


def _audio_stream(index: int, stream: Any, start: float, end: float | None) -> AudioStream:
    decoder = stream.codec_context
    return AudioStream(
        index=index,
        codec=decoder.codec.canonical_name if decoder else "unknown",
        rate=decoder.rate if decoder else 0,
        channels=decoder.channels if decoder else 0,
        layout=_layout(decoder) if decoder else "unknown",
        start=start,
        duration=None if end is None else end - start,
        language=None if stream.language == "und" else stream.language,
    )


def _layout(decoder: Any) -> str:
    """Name of the channels' layout; many WAV files do not declare one."""
    name = str(decoder.layout.name)
    return {"1 channels": "mono", "2 channels": "stereo"}.get(name, name)


def _video_stream(
    index: int, stream: Any, start: float, end: float | None, timing: Timing, rotation: int
) -> VideoStream:
    decoder = stream.codec_context
    width, height = (decoder.width, decoder.height) if decoder else (0, 0)
    width = square_width(width, height, stream.sample_aspect_ratio)
    if rotation in (90, 270):
        width, height = height, width
    rate, variable = _frame_rate(timing.runs, stream.average_rate)
    return VideoStream(
        index=index,
        codec=decoder.codec.canonical_name if decoder else "unknown",
        width=width,
        height=height,
        frame_rate=rate,
        variable=variable,
        rotation=rotation,
        start=start,
        duration=None if end is None else end - start,
    )


def _frame_rate(runs: list[list[float]], declared: Fraction | None) -> tuple[float | None, bool]:
    """Average frame rate, and whether it changes, judged from stretches of frame times."""
    steps = np.concatenate([np.diff(np.sort(run)) for run in runs if len(run) > 2] or [np.zeros(0)])
    steps = steps[steps > 0]
    if len(steps) < 2:
        return (float(declared) if declared else None), False
    usual = float(np.median(steps))
    uneven = float(np.mean(np.abs(steps - usual) > 0.2 * usual + 0.0015))  # some containers round to 1 ms
    measured = float(1 / np.mean(steps))
    variable = uneven > 0.02 or abs(measured * usual - 1) > 0.05
    agreed = declared is not None and abs(float(declared) / measured - 1) < 0.02
    return (float(declared) if declared and agreed else measured), variable


def _rotation(container: Any, stream: Any) -> int:
    """Degrees clockwise to turn the pictures of a stream, from its first picture."""
    import av

    seek(container, seconds_of(container.start_time, Fraction(1, av.time_base)) or 0.0)
    with suppress(av.error.FFmpegError):
        for packet in islice(container.demux(stream), 100):
            for frame in packet.decode():
                return clockwise(frame)
    return 0


def _container_name(names: str, path: Path) -> str:
    """One of the demuxer's names for the format: the one the file is called by, or else the first."""
    choices = names.split(",")
    suffix = path.suffix.lower().lstrip(".")
    return suffix if suffix in choices else choices[0]


def _length_problems(promised: float | None, duration: float) -> list[str]:
    if promised is None or duration >= promised - max(1.0, 0.01 * promised):
        return []
    return [
        f"The file was cut off: it should last {clock(promised)} but stops at {clock(duration)}; "
        "what is there can be analysed."
    ]


def _sound_problems(streams: tuple[AudioStream, ...]) -> list[str]:
    if not streams:
        return ["There is no sound, so nothing that was said can be analysed."]
    problems = []
    for stream in streams:
        name = "The sound" if len(streams) == 1 else f"Sound stream {stream.index + 1}"
        if stream.codec == "unknown":
            problems.append(
                f"{name} is coded in a way that cannot be decoded: convert it to AAC, FLAC or WAV."
            )
            continue
        if stream.start > 0.1:
            problems.append(f"{name} starts {stream.start:.1f} s late; silence stands before it.")
        if stream.rate not in USUAL_RATES:
            problems.append(f"{name} has an unusual sampling rate, {stream.rate} Hz.")
        if stream.rate < 16000:
            problems.append(
                f"{name} has only {stream.rate} samples a second, as on a telephone: words can be "
                "recognised, but breaths and voice quality less well."
            )
    return problems


def _picture_problems(streams: tuple[VideoStream, ...]) -> list[str]:
    problems = []
    for stream in streams:
        name = "The picture" if len(streams) == 1 else f"Picture stream {stream.index + 1}"
        if stream.codec == "unknown":
            problems.append(f"{name} is coded in a way that cannot be decoded: convert it to H.264.")
        if stream.start > 0.1:
            problems.append(f"{name} starts {stream.start:.1f} s late; nothing is seen before.")
        if stream.variable:
            problems.append(f"{name} has a variable frame rate; each frame's own time is used.")
    return problems
