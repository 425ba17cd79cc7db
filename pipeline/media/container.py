"""Opening a media file: why it cannot be opened, what its packets say of time, how its pictures stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipeline.errors import MediaError

SAMPLE_SECONDS = 5.0
"""How much of the beginning, the middle and the end is read to check what the header says."""

NOT_RECORDINGS = frozenset({"tty", "image2", "ico"})
"""Demuxers that would show a text or a still image as if it were a film."""

BROKEN_INDEX = "The file's index is broken, so jumping to a moment in it may be slow."

UNTIMED_CONTAINERS = frozenset({"mp3", "aac", "ac3", "eac3", "amr"})
"""Containers without a duration of their own: the demuxer's figure is a guess from the bit rate."""


@dataclass
class Timing:
    """When the packets of one stream are shown, on the container's clock, in seconds."""

    first: float | None = None
    end: float | None = None
    runs: list[list[float]] = field(default_factory=list)

    def add(self, time: float, length: float) -> None:
        """Note a packet shown at `time` for `length`."""
        self.first = time if self.first is None else min(self.first, time)
        self.end = time + length if self.end is None else max(self.end, time + length)
        if len(self.runs[-1]) < 300:  # enough to judge the frame rate, and memory stays small
            self.runs[-1].append(time)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a recording with PyAV, or raise a `MediaError` that says what to do.

    Only local files are followed: a play list that names a web address opens nothing.
    """
    import av

    check_readable(path)
    try:
        container = av.open(
            str(path.resolve()), metadata_errors="replace", options={"protocol_whitelist": "file"}
        )
    except av.error.FFmpegError as error:
        raise MediaError(_why_unreadable(path)) from error
    with container:
        if container.format.name in NOT_RECORDINGS or container.format.name.endswith("_pipe"):
            raise MediaError(_why_unreadable(path))
        yield container


def media_streams(container: Any) -> tuple[list[Any], list[Any]]:
    """Sound streams and picture streams of an open container, without cover art."""
    pictures = [s for s in container.streams.video if not _is_cover(s)]
    return list(container.streams.audio), pictures


def check_readable(path: Path) -> None:
    """Raise a `MediaError` unless the path is a file that can be read and holds something."""
    try:
        if path.is_dir():
            raise MediaError(f"{path} is a folder without meeting.yaml: name one recording inside it.")
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError as error:
        raise MediaError(f"There is no file {path}: check its name and its folder.") from error
    except PermissionError as error:
        raise MediaError(
            f"You may not read {path}: change its permissions, or copy it to your own folder."
        ) from error
    except OSError as error:
        raise MediaError(
            f"{path} cannot be read ({error.strerror}): copy it to this computer's disk."
        ) from error
    if empty:
        raise MediaError(f"{path.name} is empty (0 bytes): copy or download it again.")


def square_width(width: int, height: int, aspect: Any) -> int:
    """Width of a picture once its pixels are square (`aspect`: width to height of a stored pixel)."""
    return round(width * float(aspect)) if aspect and 0.2 < float(aspect) < 5 else width


def clockwise(frame: Any) -> int:
    """Degrees clockwise by which a decoded picture must be turned to stand upright: 0, 90, 180 or 270."""
    return int(round(-frame.rotation / 90) * 90 % 360)


def _is_cover(stream: Any) -> bool:
    import av

    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def read_timings(container: Any, streams: list[Any]) -> tuple[dict[int, Timing], float | None, list[str]]:
    """Packet times of every stream, the duration that the header promises, and problems met on the way."""
    timings = {stream.index: Timing() for stream in streams}
    promised = seconds_of(container.duration, Fraction(1, 1_000_000))
    if container.format.name in UNTIMED_CONTAINERS:
        _read_packets(container, timings)
        return timings, None, []
    if promised is None:
        _read_packets(container, timings)
        return timings, None, ["The file does not say how long it is; its length was found by reading it."]
    problems: list[str] = []
    if container.format.name == "avi" and not all(_indexed(stream, promised) for stream in streams):
        problems.append(BROKEN_INDEX)
    begin = seconds_of(container.start_time, Fraction(1, 1_000_000)) or 0.0
    _read_packets(container, timings, SAMPLE_SECONDS)
    late = any(timing.first is None for timing in timings.values())
    for place, length in ((promised / 2, SAMPLE_SECONDS), (promised - SAMPLE_SECONDS, None)):
        if place <= SAMPLE_SECONDS and length:
            continue
        if not seek(container, begin + max(place, 0)):
            problems.append(BROKEN_INDEX)
            break
        _read_packets(container, timings, length)
    reached = max((t.end for t in timings.values() if t.end is not None), default=begin)
    if reached - begin < promised - 1 or late:  # not found where the header says: look everywhere
        seek(container, begin)
        _read_packets(container, timings)
    if container.format.name == "wav":
        promised *= _missing_part(Path(container.name))
    return timings, promised, problems


def _indexed(stream: Any, duration: float) -> bool:
    """Whether an AVI's index reaches at least half way; without one it grows as the file is read."""
    entries = getattr(stream, "index_entries", None)  # not in older versions of PyAV
    if entries is None or duration < 2 * SAMPLE_SECONDS:
        return True
    return len(entries) > 0 and float(entries[-1].timestamp * stream.time_base) > duration / 2


def seek(container: Any, time: float) -> bool:
    """Go to a moment on the container's clock, in seconds; False if the file does not allow it."""
    import av

    try:
        container.seek(round(time * av.time_base))
    except av.error.FFmpegError:
        return False
    return True


def _read_packets(container: Any, timings: dict[int, Timing], seconds: float | None = None) -> None:
    """Note the packets' times from here on, for `seconds` or to the end."""
    import av

    first: float | None = None
    for timing in timings.values():
        timing.runs.append([])
    streams = [stream for stream in container.streams if stream.index in timings]
    with suppress(av.error.FFmpegError, IndexError):  # unreadable: the end is where the packets end
        for packet in container.demux(*streams):
            if packet.pts is None:
                continue
            time = float(packet.pts * packet.time_base)
            timings[packet.stream_index].add(time, float((packet.duration or 0) * packet.time_base))
            first = time if first is None else first
            if seconds is not None and time > first + seconds:
                return


def seconds_of(count: int | None, unit: Fraction) -> float | None:
    """Seconds in a count of time units; None stays None."""
    return None if count is None else float(count * unit)


def _why_unreadable(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    if head[4:8] == b"ftyp" and not _has_box(path, b"moov"):
        return (
            f"{path.name} was cut off before its index (the 'moov' part) was written, so nothing in it "
            "can be found: copy it again from the device that recorded it, or mend it with a repair tool "
            "such as untrunc."
        )
    if not any(byte < 32 and byte not in b"\t\n\f\r\x1b" for byte in head):
        return f"{path.name} holds text, not a recording: check that it is the right file."
    return (
        f"{path.name} is not a recording that can be read: "
        "check that it plays, or convert it to MP4, MKV or WAV."
    )


def _missing_part(path: Path) -> float:
    """How many times longer a WAV file says it is than it is; its demuxer believes the disk instead."""
    with path.open("rb") as file:
        says = int.from_bytes(file.read(8)[4:], "little") + 8
    unknown = says >= 2**32 - 1  # written to a pipe, or longer than the header can say
    return 1.0 if unknown else max(1.0, says / path.stat().st_size)


def _has_box(path: Path, wanted: bytes) -> bool:
    """Whether an MP4 file has a top-level box of this kind."""
    size = path.stat().st_size
    with path.open("rb") as file:
        place = 0
        while place + 8 <= size:
            file.seek(place)
            header = file.read(16)
            length = int.from_bytes(header[:4], "big")
            if header[4:8] == wanted:
                return True
            if length == 1:  # the real length follows in 64 bits
                length = int.from_bytes(header[8:16], "big")
            if length < 8:
                return False
            place += length
    return False


def decoded(
    container: Any, streams: list[Any], on_damage: Callable[[int], None]
) -> Iterator[tuple[int, Any]]:
    """Frames of several streams in the file's order, to the end of what can be read.

    Parameters
    ----------
    container : av.container.InputContainer
    streams : list of av.stream.Stream
        The other streams are not read at all, where the format allows it.
    on_damage : callable
        Called with the stream's index for each packet that cannot be decoded, and is skipped.

    Yields
    ------
    index : int
        Of the stream, in the container.
    frame : av.frame.Frame
    """
    import av

    wanted = {stream.index for stream in streams}
    for stream in container.streams:
        if stream.index not in wanted and hasattr(stream, "discard"):
            stream.discard = av.stream.Discard.all
    for packet in _packets(container, streams):
        try:
            for frame in packet.decode():
                yield packet.stream_index, frame
        except av.error.EOFError:  # a stream that is flushed twice
            continue
        except av.error.FFmpegError:
            on_damage(packet.stream_index)


def _packets(container: Any, streams: list[Any]) -> Iterator[Any]:
    """Packets to the end of the file, the empty ones that flush the decoders last; read errors are passed."""
    import av

    errors = 0
    while True:
        try:
            for packet in container.demux(*streams):
                errors = 0
                yield packet
            return
        except IndexError:  # PyAV's demuxer, at the end of a file in which a new stream appeared
            return
        except av.error.FFmpegError:
            errors += 1
            if errors > 100:  # nothing more comes
                return
