"""Decoding: all the wanted sound of a recording becomes aligned 16 kHz tracks on disk, in one pass.

Sample 0 of every track is the recording's time zero (see `pipeline.media.probe`): a stream that starts late
is preceded by silence, sound that was lost on the way is replaced by silence, sound that comes twice is cut.
So a moment has the same time in every track and in the pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from pipeline.errors import MediaError, StorageError
from pipeline.media.container import decoded, opened
from pipeline.media.pictures import frames
from pipeline.media.probe import Recording, clock, probe
from pipeline.media.sound import RATE, Sound
from pipeline.media.track import FULL_SCALE, TrackFile

__all__ = ["DecodedTrack", "TrackSpec", "decode_audio", "frames"]

JITTER = 0.03
"""Seconds by which a packet's timestamp may be off before it counts as a gap or an overlap."""

STEADY = 0.01
"""Seconds by which timestamps may differ from the count of samples for longer than `PATIENCE`."""

PATIENCE = 1.0
"""Seconds after which a steady difference is a drift or a small loss, not jitter."""

JUMP = 2.0
"""Seconds by which timestamps run back, or past the end, when the clock is wrong and not the sound."""


@dataclass(frozen=True)
class TrackSpec:
    """Which sound to decode into one track.

    Attributes
    ----------
    stream : int or None
        Index among the sound streams; None averages all of them (or means the first, if a channel is named).
    channel : int or None
        Index of a channel; None averages all channels.
    """

    stream: int | None = None
    channel: int | None = None


@dataclass(frozen=True)
class DecodedTrack:
    """What came out for one track.

    Attributes
    ----------
    duration : float
        Seconds from time zero to the track's end.
    start : float
        Seconds from time zero to the first decoded sample; silence stands before.
    samples : int
        Samples written, at 16 kHz.
    clipped_share : float
        Share of samples at full scale, 0 to 1, measured at 16 kHz before rounding to 16 bits.
    peak_db : float
        Greatest level in dB relative to full scale, which lossy codings may exceed; -96 for silence.
    problems : tuple of str
        Plain sentences.
    """

    duration: float
    start: float
    samples: int
    clipped_share: float
    peak_db: float
    problems: tuple[str, ...]


def decode_audio(
    path: str | Path,
    tracks: Mapping[TrackSpec, Path],
    *,
    progress: Callable[[float], None] | None = None,
) -> dict[TrackSpec, DecodedTrack]:
    """Decode all the wanted sound of a recording in one pass, in constant memory.

    Parameters
    ----------
    path : str or Path
        The recording.
    tracks : mapping of TrackSpec to Path
        Where to write each track: mono, 16 kHz, 16 bit WAV with a header of 44 bytes. A file appears under
        its name only when it is whole.
    progress : callable, optional
        Called with the share done, 0 to 1, about a hundred times.

    Returns
    -------
    dict of TrackSpec to DecodedTrack

    Raises
    ------
    MediaError
        If the recording cannot be read, has no sound, or lacks a wanted stream or channel.
    StorageError
        If a track cannot be written.
    """
    recording = probe(path)
    outputs = {spec: Path(out) for spec, out in tracks.items()}
    if not outputs:
        return {}
    with TemporaryDirectory(prefix=".mix-", dir=_folder(outputs)) as scratch:
        plan: list[tuple[int, int | None, Path]] = []
        sources: dict[TrackSpec, list[int]] = {}  # the places in the plan that make each track
        for spec, out in outputs.items():
            numbers = _streams_of(spec, recording)
            paths = [out] if len(numbers) == 1 else [Path(scratch) / f"{n}.wav" for n in numbers]
            sources[spec] = [len(plan) + n for n in range(len(numbers))]
            plan += [(number, spec.channel, part) for number, part in zip(numbers, paths, strict=True)]
        parts = _decode_streams(recording, plan, progress)
        return {
            spec: parts[places[0]]
            if len(places) == 1
            else _mix([plan[place][2] for place in places], [parts[place] for place in places], outputs[spec])
            for spec, places in sources.items()
        }


def _folder(outputs: Mapping[TrackSpec, Path]) -> Path:
    folder = next(iter(outputs.values())).parent
    if not folder.is_dir():
        raise StorageError(
            f"There is no folder {folder} to write the sound to: create it, or choose another."
        )
    return folder


def _streams_of(spec: TrackSpec, recording: Recording) -> list[int]:
    """Indices of the sound streams that a track is made of."""
    name = recording.path.name
    if not recording.audio:
        raise MediaError(f"{name} has no sound: give the recording of the sound as well, or another file.")
    usable = [stream.index for stream in recording.audio if stream.codec != "unknown"]
    if not usable:
        raise MediaError(
            f"The sound of {name} is coded in a way that cannot be decoded: convert it to AAC or WAV."
        )
    any_stream = usable if spec.channel is None else usable[:1]
    numbers = any_stream if spec.stream is None else [spec.stream]
    for number in numbers:
        if number not in usable:
            raise MediaError(f"{name} has no sound stream {number + 1} that can be decoded: choose another.")
        channels = recording.audio[number].channels
        if spec.channel is not None and spec.channel >= channels:
            raise MediaError(
                f"{name} has no channel {spec.channel + 1}: sound stream {number + 1} has {channels}."
            )
    return numbers


def _decode_streams(
    recording: Recording, plan: list[tuple[int, int | None, Path]], progress: Callable[[float], None] | None
) -> list[DecodedTrack]:
    """Decode (stream, channel) pairs to their files, all in one pass."""
    with ExitStack() as unfinished, opened(recording.path) as container:
        files = []
        aligned: dict[int, _AlignedStream] = {}
        for number, channel, path in plan:
            files.append(TrackFile(path))
            unfinished.callback(files[-1].discard)
            source = aligned.setdefault(number, _AlignedStream(recording.clock_zero, recording.duration))
            source.targets.append((channel, files[-1]))
        streams = {container.streams.audio[number].index: number for number in aligned}

        def count_damage(index: int) -> None:
            aligned[streams[index]].damaged += 1

        shown = 0.0
        wanted = [container.streams.audio[number] for number in aligned]
        for index, frame in decoded(container, wanted, count_damage):
            reached = aligned[streams[index]].add(frame) / max(recording.duration, 1e-3)
            if progress and min(reached, 1.0) >= shown + 0.01:
                shown = min(reached, 1.0)
                progress(shown)
        for source in aligned.values():
            source.finish()
        if all(source.start is None for source in aligned.values()):
            raise MediaError(f"No sound in {recording.path.name} could be decoded: check that it plays.")
        for file in files:
            file.finish()
        if progress:
            progress(1.0)
        return [
            _decoded_track(file, aligned[number], recording.duration)
            for (number, _, _), file in zip(plan, files, strict=True)
        ]


class _AlignedStream:
    """Resamples one stream and writes each of its sounds where its timestamps say.

    Within a stretch of unbroken sound samples are counted, because timestamps may jitter; a stretch ends
    where the timestamps say that sound is missing or comes twice.
    """

    def __init__(self, zero: float, end: float) -> None:
        self.targets: list[tuple[int | None, TrackFile]] = []
        self.start: float | None = None
        self.damaged = 0
        self.lost = 0.0
        self.jumped = False
        self._zero = zero
        self._end = end
        self._resampler: Any = None
        self._waiting: Any = None
        self._source: tuple[Any, ...] = ()
        self._expected: float | None = None
        self._unsteady_since: float | None = None
        self._placed = 0
        self._surplus = 0

    def add(self, frame: Any) -> float:
        """Take the next decoded frame; return the time that is reached, in seconds."""
        time = self._time_of(frame)
        source = (frame.format.name, frame.layout.name, frame.sample_rate)
        if source != self._source or not self._follows(time):
            self._begin(time, source)
        self._expected = (
            time if self._expected is None else self._expected
        ) + frame.samples / frame.sample_rate
        frame.pts = None  # the place is known; the resampler must not see jitter
        self._waiting.write(frame)
        if self._waiting.samples >= frame.sample_rate:  # by the second: each piece has a cost of its own
            self._place(self._resampler.resample(self._waiting.read()))
        return self._expected

    def finish(self) -> None:
        """Write what is still waiting."""
        self._end_stretch()

    def _time_of(self, frame: Any) -> float:
        """Seconds from time zero to a frame's first sample; a clock that jumps is set right."""
        if frame.pts is None:
            return self._expected or 0.0
        time = float(frame.time) - self._zero
        if self._expected is not None and (time < self._expected - JUMP or time > self._end + JUMP):
            self._zero += time - self._expected
            self.jumped = True
            return self._expected
        return time

    def _follows(self, time: float) -> bool:
        """Whether a frame at `time` continues the sound before it."""
        if self._expected is None:
            return False
        off = abs(time - self._expected)
        if off <= STEADY:
            self._unsteady_since = None
            return True
        if self._unsteady_since is None:
            self._unsteady_since = time
        return off <= JITTER and time - self._unsteady_since < PATIENCE

    def _begin(self, time: float, source: tuple[Any, ...]) -> None:
        """Start a stretch of sound at `time`."""
        import av

        self._end_stretch()
        if self._expected is not None:
            self.lost += max(0.0, time - self._expected)
        self._resampler = av.AudioResampler(format="fltp", rate=RATE)
        self._waiting = av.AudioFifo()
        self._source = source
        self._expected, self._unsteady_since = time, None
        self.start = max(0.0, time) if self.start is None else self.start
        place = round(time * RATE)
        self._surplus = max(0, self._placed - place)
        if place > self._placed:
            for _, file in self.targets:
                file.write_silence(place - self._placed)
            self._placed = place

    def _end_stretch(self) -> None:
        """Place what waits and what the resampler still holds, but not the silence that it adds."""
        if self._expected is None:
            return
        end = round(self._expected * RATE)
        if rest := self._waiting.read():
            self._place(self._resampler.resample(rest), until=end)
        self._place(self._resampler.resample(None), until=end)

    def _place(self, resampled: list[Any], until: int | None = None) -> None:
        """Write resampled sound, less the surplus at the beginning, up to sample `until` of the track."""
        for frame in resampled:
            sound = frame.to_ndarray()[:, self._surplus :]
            self._surplus -= min(self._surplus, frame.samples)
            if until is not None:
                sound = sound[:, : max(0, until - self._placed)]
            full = np.abs(sound) >= FULL_SCALE
            for channel, file in self.targets:
                if channel is None:
                    file.write(sound.mean(axis=0), int(full.any(axis=0).sum()))
                else:
                    chosen = min(channel, len(sound) - 1)
                    file.write(sound[chosen], int(full[chosen].sum()))
            self._placed += sound.shape[1]


def _decoded_track(file: TrackFile, source: _AlignedStream, end: float) -> DecodedTrack:
    duration = file.samples / RATE
    problems = []
    if source.damaged:
        problems.append(f"{source.damaged} damaged packets of sound could not be decoded and were skipped.")
    if source.lost > JITTER:
        problems.append(f"{source.lost:.1f} s of sound were lost on the way; silence stands in their place.")
    if source.jumped:
        problems.append("The clock of the sound jumps; the sound is taken as unbroken there.")
    if duration < end - 1:
        problems.append(f"The sound stops at {clock(duration)}, before the recording's end at {clock(end)}.")
    return DecodedTrack(
        duration=duration,
        start=source.start or 0.0,
        samples=file.samples,
        clipped_share=file.clipped_share,
        peak_db=file.peak_db,
        problems=(*problems, *_level_problems(file)),
    )


def _level_problems(file: TrackFile) -> list[str]:
    if file.peak_db < -80:
        return ["The track is silent throughout: was the microphone off?"]
    if file.clipped_share > 0.001:
        return [f"{file.clipped_share:.1%} of the sound is clipped: it was recorded too loud."]
    return []


def _mix(paths: list[Path], parts: list[DecodedTrack], out: Path) -> DecodedTrack:
    """Average several tracks, minute by minute, into one."""
    sounds = [Sound.open(path) for path in paths]
    file = TrackFile(out)
    try:
        longest = max(sound.duration for sound in sounds)
        for minute in np.arange(0, longest, 60.0):
            end = min(longest, minute + 60)
            file.write(np.mean([sound.between(minute, end) for sound in sounds], axis=0, dtype=np.float32))
        file.finish()
    finally:
        file.discard()
    return DecodedTrack(
        duration=file.samples / RATE,
        start=min(part.start for part in parts),
        samples=file.samples,
        clipped_share=max(part.clipped_share for part in parts),
        peak_db=file.peak_db,
        problems=tuple(dict.fromkeys(problem for part in parts for problem in part.problems)),
    )
