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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipeline.errors import MediaError, RapportError, StorageError
from pipeline.media.container import decoded, media_streams, opened
from pipeline.media.pictures import frames
from pipeline.media.probe import Recording, probe
from pipeline.review.playable import MP4, PIXELS, WEBM, Held, Packing, held
from pipeline.store import Store

HEIGHT, RATE = 720, 30
"""Pixels and pictures a second of encoded pictures at most."""
KEY_FRAMES = 2
"""Seconds between pictures to which a browser can jump at once."""
TICKS = 90_000
"""Parts of a second in which times of encoded pictures are told."""
SOUND_RATE = 48_000
RESERVE = 300 << 20
"""Bytes that stay free on the disk, so that corrections can always be saved."""
ENCODED = 200_000
"""Bytes that a second of encoded recording takes at most, by and large."""

Packets = Iterator[tuple[float, Any]]
"""Packets of a stream for the copy, each with the second it belongs to."""


def make_copy(source: Path, out: Path, progress: Callable[[float], None], *, anew: bool = False) -> Path:
    """Make a copy that every browser plays, in constant memory. Time zero is the recording's time zero.

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
        The copy, an MP4 or WebM file.

    Raises
    ------
    MediaError
        Where the recording cannot be read.
    """
    import av

    recording, found = probe(source), held(source)
    if not anew:
        with suppress(av.error.FFmpegError):  # such as times that run back: what is encoded has none
            return _packed(recording, found, out, progress)
    return _packed(recording, None, out, progress)


def _packed(recording: Recording, found: Held | None, out: Path, progress: Callable[[float], None]) -> Path:
    """Write the copy; where `found` is None, nothing stays as it is."""
    import av

    packing = WEBM if found and WEBM.holds(found) and recording.has_pictures else MP4
    suffix = packing.suffixes[0] if recording.has_pictures else ".m4a"
    target = out / f"copy{suffix}"
    form = "webm" if packing is WEBM else "mp4"
    with ExitStack() as stack:
        container = stack.enter_context(opened(recording.path))
        copy = stack.enter_context(av.open(str(target), "w", format=form))
        streams = _streams(recording, found, packing, container, copy)
        if not streams:
            raise MediaError(f"{recording.path.name} holds nothing that can be decoded; convert it to MP4.")
        for second, packet in heapq.merge(*streams, key=lambda timed: timed[0]):
            copy.mux(packet)
            progress(min(max(second, 0.0) / max(recording.duration, 1e-3), 1.0))
    return target


def _streams(
    recording: Recording, found: Held | None, packing: Packing, container: Any, copy: Any
) -> list[Packets]:
    """The copy's streams: the first one with pictures, and all sound as one."""
    sounds, pictures = media_streams(container)
    stay = found is not None and found.format != "avi"  # which does not tell the times of pictures
    streams: list[Packets] = []
    if recording.has_pictures:
        as_it_is = stay and found and found.pictures in packing.pictures and found.pixels in PIXELS
        streams.append(
            _as_it_is(recording, pictures[0], copy) if as_it_is else _encoded_pictures(recording, copy)
        )
    usable = [sound for sound in sounds if sound.codec_context]
    if usable:
        as_it_is = stay and found and len(usable) == 1 and set(found.sounds) <= set(packing.sound)
        streams.append(_as_it_is(recording, usable[0], copy) if as_it_is else _encoded_sound(recording, copy))
    return streams


def _as_it_is(recording: Recording, stream: Any, copy: Any) -> Packets:
    target = copy.add_stream_from_template(stream)

    def packets() -> Packets:
        with opened(recording.path) as container:
            zero = round(recording.clock_zero / stream.time_base)
            for packet in container.demux(container.streams[stream.index]):
                if packet.dts is None or packet.pts is None:  # the empty one at the end
                    continue
                packet.dts, packet.pts = packet.dts - zero, packet.pts - zero
                packet.stream = target
                yield float(packet.dts * stream.time_base), packet

    return packets()


def _encoded_pictures(recording: Recording, copy: Any) -> Packets:
    import av

    picture = recording.video[0]
    shrink = min(1.0, HEIGHT / max(picture.height, 1))
    width, height = (max(2, int(side * shrink) // 2 * 2) for side in (picture.width, picture.height))
    rate = max(1, min(RATE, round(picture.frame_rate or RATE)))
    target = copy.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "25"})
    target.width, target.height, target.pix_fmt = width, height, "yuv420p"
    target.codec_context.time_base = Fraction(1, TICKS)
    target.codec_context.gop_size = KEY_FRAMES * rate

    def packets() -> Packets:
        second = 0.0
        for second, image in frames(recording.path, rate=RATE, width=round(picture.width * shrink)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame = frame.reformat(width, height, "yuv420p")
            frame.pts, frame.time_base = round(second * TICKS), Fraction(1, TICKS)
            yield from ((second, packet) for packet in target.encode(frame))
        yield from ((second, packet) for packet in target.encode(None))

    return packets()


def _encoded_sound(recording: Recording, copy: Any) -> Packets:
    """All sound streams as one; where a stream has none, silence."""
    target = copy.add_stream("aac", rate=SOUND_RATE, layout="stereo")
    target.bit_rate = 128_000

    def encoded(sink: Any) -> Packets:
        import av

        with suppress(av.error.BlockingIOError, av.error.EOFError):  # until no more is ready
            while mixed := sink.pull():
                yield from ((float(mixed.time), packet) for packet in target.encode(mixed))

    def packets() -> Packets:
        with opened(recording.path) as container:
            streams = [stream for stream in media_streams(container)[0] if stream.codec_context]
            graph, sources, sink = _mixer(streams)
            for index, frame in decoded(container, streams, lambda _: None):
                if frame.pts is not None:
                    frame.pts -= round(recording.clock_zero / frame.time_base)
                sources[index].push(frame)
                yield from encoded(sink)
            for source in sources.values():
                source.push(None)
            yield from encoded(sink)
            yield from ((recording.duration, packet) for packet in target.encode(None))
            del graph  # which holds them all

    return packets()


def _mixer(streams: list[Any]) -> tuple[Any, dict[int, Any], Any]:
    """A filter graph: each stream from second zero on with silence in its holes, then all together."""
    import av

    graph = av.filter.Graph()
    sources: dict[int, Any] = {}
    mix = graph.add("amix", f"inputs={len(streams)}:duration=longest:normalize=0")
    for place, stream in enumerate(streams):
        sources[stream.index] = graph.add_abuffer(template=stream)
        whole = graph.add("aresample", f"{SOUND_RATE}:async=1:first_pts=0")
        sources[stream.index].link_to(whole)
        whole.link_to(mix, 0, place)
    form = graph.add("aformat", f"sample_fmts=fltp:sample_rates={SOUND_RATE}:channel_layouts=stereo")
    sink = graph.add("abuffersink")
    mix.link_to(form)
    form.link_to(sink)
    graph.configure()
    return graph, sources, sink


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
