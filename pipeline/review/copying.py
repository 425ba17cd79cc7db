"""A copy of a recording that every browser plays: streams as they are where they may be, else encoded anew.

``python -m pipeline.review.copying RECORDING FOLDER NUMBER KEY [anew]`` makes one at the lowest priority and
says on each line how much is done. It ends when nobody listens any more.
"""

from __future__ import annotations

import heapq
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import RapportError, StorageError
from pipeline.media.container import media_streams, opened
from pipeline.media.film import write_film
from pipeline.media.probe import Recording, probe
from pipeline.review.playable import MP4, PIXELS, WEBM, held
from pipeline.store import Store

HEIGHT, RATE, QUALITY = 720, 30, 25
"""Of encoded pictures: pixels and pictures a second at most, and x264's constant rate factor."""
RESERVE = 300 << 20
"""Bytes that stay free on the disk, so that corrections can always be saved."""
ENCODED = 200_000
"""Bytes that a second of encoded recording takes at most, by and large."""

LONGEST_WAIT = 32
"""Packets without a time of decoding that a stream may begin with; H.264 and H.265 reorder 16 pictures."""

Progress = Callable[[float], None]
"""Told the share that is done, 0 to 1, often."""


class _UntimedError(Exception):
    """A stream does not tell the times that a copy of its packets needs."""


@dataclass(frozen=True)
class Part:
    """The first stream of a kind, ``audio`` or ``video``, to be taken over as it is.

    Attributes
    ----------
    zero : float
        The container's own clock at second 0 of the copy.
    """

    path: Path
    kind: str
    zero: float = 0.0

    def stream(self, container: Any) -> Any:
        """The stream in its open container."""
        return media_streams(container)[self.kind == "video"][0]


def make_copy(source: Path, out: Path, progress: Progress, *, anew: bool = False) -> Path:
    """Make a copy that every browser plays, in constant memory. Time zero is the recording's time zero.

    What may stay is not encoded: pictures and sound that only stand in the wrong kind of file, or pictures
    whose sound alone is wrong, or in several tracks.

    Parameters
    ----------
    source : Path
        The recording.
    out : Path
        Folder for the copy.
    progress : callable
        Told the share that is done, 0 to 1, often.
    anew : bool
        Whether to encode what could stay as it is.

    Returns
    -------
    Path
        The copy.

    Raises
    ------
    MediaError
        Where the recording cannot be read.
    StorageError
        Where the copy cannot be written.
    """
    import av

    recording, found = probe(source), held(source)
    if not anew and found.format != "avi":  # which does not tell the times of pictures
        with suppress(av.error.FFmpegError, _UntimedError):  # what cannot be taken over is encoded
            if (WEBM if found.pictures else MP4).holds(found) and len(found.sounds) == 1:
                return _taken_over(recording, WEBM.suffixes[0] if found.pictures else ".m4a", out, progress)
            if found.pictures in MP4.pictures and found.pixels in PIXELS:
                return _taken_over(recording, ".mp4", out, progress)
    target = out / ("copy.mp4" if recording.has_pictures else "copy.m4a")
    write_film(source, target, height=HEIGHT, rate=RATE, crf=QUALITY, progress=progress)
    return target


def _taken_over(recording: Recording, suffix: str, out: Path, progress: Progress) -> Path:
    """A copy with the streams as they are; sound that may not stay, or is in several tracks, is encoded."""
    found = held(recording.path)
    packing = WEBM if suffix in WEBM.suffixes else MP4
    parts = [Part(recording.path, "video", recording.clock_zero)] * bool(found.pictures)
    done = 0.0
    if len(found.sounds) == 1 and found.sounds[0] in packing.sound:
        parts.append(Part(recording.path, "audio", recording.clock_zero))
    elif any(sound.codec != "unknown" for sound in recording.audio):
        done = 0.5
        encoded = out / "sound.m4a"
        write_film(recording.path, encoded, pictures=False, progress=lambda share: progress(share * done))
        parts.append(Part(encoded, "audio"))
    target = out / f"copy{suffix}"
    _write(parts, target, lambda second: progress(done + (1 - done) * min(second / recording.duration, 1.0)))
    return target


def _write(parts: Sequence[Part], target: Path, reached: Progress) -> None:
    """Write streams as they are into a new file; `reached` is told the second."""
    import av

    with ExitStack() as stack:
        copy = stack.enter_context(
            av.open(str(target), "w", format="webm" if target.suffix == ".webm" else "mp4")
        )
        streams = [_packets(stack.enter_context(opened(part.path)), part, copy) for part in parts]
        for second, packet in heapq.merge(*streams, key=lambda timed: timed[0]):
            copy.mux(packet)
            reached(max(second, 0.0))


def _packets(container: Any, part: Part, copy: Any) -> Iterator[tuple[float, Any]]:
    """Packets of a stream for the copy, each with the second it belongs to."""
    stream = part.stream(container)
    target = copy.add_stream_from_template(stream)
    zero = round(part.zero / stream.time_base)

    def packets() -> Iterator[tuple[float, Any]]:
        last = None
        for packet, decoded in _timed(container.demux(stream), stream):
            dts = decoded - zero
            dts = dts if last is None else max(dts, last + 1)  # some recorders' times stand or run back
            packet.pts = max(packet.pts - zero, dts)
            packet.dts = last = dts
            packet.stream = target
            yield float(dts * stream.time_base), packet

    return packets()


def _timed(packets: Iterable[Any], stream: Any) -> Iterator[tuple[Any, int]]:
    """Packets, each with when it is decoded.

    Matroska tells when packets are shown, not when they are decoded. FFmpeg finds that out but for the first
    ones, as many as pictures are shown in another order than decoded: there it is counted back.

    Raises
    ------
    _UntimedError
        Where that cannot be told.
    """
    waiting: list[Any] = []
    last: Any = None
    for packet in packets:
        if packet.size == 0:  # the one at the end
            continue
        if packet.pts is None or len(waiting) > LONGEST_WAIT:
            raise _UntimedError
        if packet.dts is None and last is None:
            waiting.append(packet)
            continue
        decoded = packet.dts if packet.dts is not None else last + 1
        yield from _counted_back(waiting, decoded, stream)
        waiting.clear()
        yield packet, decoded
        last = decoded
    if waiting:
        if len({packet.pts for packet in waiting}) < len(waiting):
            raise _UntimedError
        yield from _counted_back(waiting, min(packet.pts for packet in waiting) + 1, stream)


def _counted_back(packets: Sequence[Any], end: int, stream: Any) -> Iterator[tuple[Any, int]]:
    """Packets that are decoded one after the other before `end`, each before it is shown."""
    rate = getattr(stream, "average_rate", None)
    step = max(round(1 / (rate * stream.time_base)), 1) if rate else 1
    late = [packet.pts + (len(packets) - i) * step for i, packet in enumerate(packets)]
    end = min([end, *late])
    for i, packet in enumerate(packets):
        yield packet, end - (len(packets) - i) * step


# ------------------------------------------------------------------------------------- a process of its own


def main(source: str, root: str, number: str, key: str, anew: str = "") -> int:
    """Make a copy and keep it; say on each line of the output how it goes."""
    if hasattr(os, "nice"):
        os.nice(19)
    path, folder = Path(source), Path(root)
    try:
        _require_room(path, folder.parent, probe(path), bool(anew))
        store = Store(folder)
        said = 0.0

        def tell(share: float) -> None:
            nonlocal said
            if time.monotonic() > said + 0.5:
                said = time.monotonic()
                print(json.dumps({"share": share}), flush=True)  # fails once nobody listens
                _require_room(path, folder)

        store.make(number, key, lambda out: _and_nothing_else(make_copy(path, out, tell, anew=bool(anew))))
    except RapportError as error:
        print(json.dumps({"fault": str(error)}), flush=True)
        return 1
    except Exception as error:
        sentence = (
            f"No copy of {path.name} for the browser could be made ({error}); convert it to MP4 yourself."
        )
        print(json.dumps({"fault": sentence}), flush=True)
        return 1
    return 0


def _and_nothing_else(copy: Path) -> None:
    """Remove what an attempt before the one that made this copy left."""
    for other in copy.parent.iterdir():
        if other != copy:
            other.unlink()


def _require_room(path: Path, folder: Path, recording: Recording | None = None, anew: bool = False) -> None:
    """Raise a `StorageError` unless the copy fits on the disk, beside what corrections need."""
    needed = RESERVE
    if recording:
        needed += (
            path.stat().st_size if not anew else min(path.stat().st_size, round(recording.duration * ENCODED))
        )
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"The disk has too little room for a copy of {path.name} that the browser can play; "
            f"free {max((needed - free) / 1e9, 0.1):.1f} GB and reload the page."
        )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
