"""Fundamental frequency by autocorrelation, as Boersma (1993) describes it and Praat does it.

In each frame the autocorrelation of the windowed sound, divided by that of the window, has peaks at the
period and its multiples. They are candidates; among them, and "no voice", the cheapest path is found through
time: a low candidate costs a little (else half the pitch is as good), and so does a jump or a change between
voice and none. Frames that cannot be voiced part the path into short pieces, which are solved side by side.

Octave errors are also kept out by looking only where the speaker's voice lies: a first, coarse pass over a
wide range gives the quartiles of the speaker's pitch, the second pass a range from these (De Looze & Hirst
2008; Hirst 2011: floor 0.75 times the first quartile; ceiling for lively speech 2.5 times the third).

P. Boersma (1993). Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio
of a sampled sound. IFA Proceedings 17, 97-110.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import runs
from pipeline.media.sound import RATE, Sound
from pipeline.voice.paths import Lattice, best_path
from pipeline.voice.signals import HOP, Floats, Spans, frame_count, frames_in

Array = NDArray[np.float32]
_BATCH = 3000
"""Frames solved together."""
_CHUNK = 256
"""Frames transformed together: they fit the processor's cache."""
_HOP = round(HOP * RATE)


@dataclass(frozen=True)
class PitchSettings:
    """How the fundamental is found. All values are Praat's own defaults unless said otherwise.

    Attributes
    ----------
    floor, ceiling : float
        Hertz between which the first pass looks.
    lowest, highest : float
        Hertz within which the second pass stays: voices from bass to child.
    periods : float
        Periods of the floor that the window is long.
    silence : float
        Share of the loudest moment under which a frame is the less likely voiced.
    voicing : float
        Strength of the period from which a frame is likely voiced.
    octave : float
        Cost of a candidate per octave under the ceiling.
    jump : float
        Cost of a jump between frames 10 ms apart, per octave.
    onset : float
        Cost of a change between voiced and unvoiced, likewise.
    candidates : int
        Most periods looked at in a frame; Praat looks at 14, of which those beyond the first few never win.
    below, above : float
        The second pass looks from `below` times the first quartile of the first to `above` times its third.
    least : float
        Seconds of voice that the first pass must find for the range to be the speaker's own.
    island, sure : float
        Not Praat's: stretches of voice shorter than `island` seconds, less than any vowel, count only if
        their mean strength is at least `sure`.
    speed : float
        Nor this: semitones per second that a voice can move, of which a weaker stretch may do half its steps
        faster. Speakers as fast as they can reach about 60 (Xu & Sun 2002).
    """

    floor: float = 75.0
    ceiling: float = 600.0
    lowest: float = 50.0
    highest: float = 700.0
    periods: float = 3.0
    silence: float = 0.03
    voicing: float = 0.45
    octave: float = 0.01
    jump: float = 0.35
    onset: float = 0.14
    candidates: int = 6
    below: float = 0.75
    above: float = 2.5
    least: float = 1.0
    island: float = 0.06
    sure: float = 0.75
    speed: float = 60.0


@dataclass(frozen=True)
class PitchTrack:
    """Pitch of a recording, frame by frame.

    Attributes
    ----------
    f0 : ndarray, shape (frames,)
        Hertz; NaN where there is no voice or none was looked for.
    strength : ndarray, shape (frames,)
        Normalised autocorrelation at the period, or at the best one where there is no voice; NaN where none
        was looked for.
    floor, ceiling : float
        Hertz between which the voice was looked for.
    """

    f0: Floats
    strength: Floats
    floor: float
    ceiling: float


class PitchTracker(Protocol):
    """Anything that finds pitch between two limits: `track_pitch`, or Praat."""

    def __call__(
        self, sound: Sound, spans: Spans, settings: PitchSettings, *, floor: float, ceiling: float
    ) -> PitchTrack:
        """See `track_pitch`."""
        ...


class PitchEngine(PitchTracker, Protocol):
    """One that the configuration names."""

    version: str
    """Changes whenever the same sound may give other pitch: part of the cache key."""


class EmbeddedPitch:
    """The built-in engine."""

    version = "boersma-1"

    def __call__(
        self, sound: Sound, spans: Spans, settings: PitchSettings, *, floor: float, ceiling: float
    ) -> PitchTrack:
        """See `track_pitch`."""
        return track_pitch(sound, spans, settings, floor=floor, ceiling=ceiling)


def speaker_pitch(
    sound: Sound,
    spans: Spans,
    settings: PitchSettings,
    *,
    near: Spans | None = None,
    tracker: PitchTracker | None = None,
) -> PitchTrack:
    """Pitch of one speaker, looked for in the speaker's own range (two passes), without chance islands.

    Parameters
    ----------
    sound : Sound
        The recording.
    spans : sequence of (start, end)
        Seconds in which this speaker is heard, and nobody else.
    settings : PitchSettings
        See there. With less than `settings.least` seconds of voice the wide range stays.
    near : sequence of (start, end), optional
        Seconds in which to look in the second pass; `spans` unless given.
    tracker : PitchTracker, optional
        What looks in the second pass; `track_pitch` unless given.
    """
    floor, ceiling = own_range(sound, spans, settings)
    look = tracker or track_pitch
    track = look(sound, spans if near is None else near, settings, floor=floor, ceiling=ceiling)
    return replace(track, f0=without_islands(track, settings))


def without_islands(track: PitchTrack, settings: PitchSettings) -> Floats:
    """The pitch without stretches that no voice makes.

    Short, weak ones: a burst or friction finds a period by chance, an octave off. And restless ones: a
    whisper has a resonance, about which the noise in it moves. A stretch ends where there is no voice and
    where pitch leaps by half an octave from one frame to the next.
    """
    f0 = track.f0.copy()
    leaps = np.zeros(len(f0), bool)
    leaps[1:] = np.abs(np.diff(np.log2(f0))) > 0.5
    for start, end in runs(np.isfinite(f0)):
        edges = [start, *(start + np.flatnonzero(leaps[start:end])).tolist(), end]
        for first, last in pairwise(edges):
            weak = np.mean(track.strength[first:last]) < settings.sure
            short = (last - first) * HOP < settings.island
            steps = 12 * np.abs(np.diff(np.log2(track.f0[first:last])))
            restless = len(steps) > 0 and np.median(steps) > settings.speed * HOP
            if weak and (short or restless):
                f0[first:last] = np.nan
    return f0


def own_range(sound: Sound, spans: Spans, settings: PitchSettings) -> tuple[float, float]:
    """Floor and ceiling of one speaker's pitch in Hz, by a first pass over every third frame."""
    first = track_pitch(sound, spans, settings, floor=settings.floor, ceiling=settings.ceiling, every=3)
    voiced = first.f0[np.isfinite(first.f0)]
    if not len(voiced):  # perhaps a bass lower than the floor
        return settings.lowest, settings.highest
    if len(voiced) * 3 * HOP < settings.least:
        return settings.floor, settings.ceiling
    low, high = np.percentile(voiced, [25, 75])
    return max(settings.lowest, settings.below * low), min(settings.highest, settings.above * high)


def track_pitch(
    sound: Sound, spans: Spans, settings: PitchSettings, *, floor: float, ceiling: float, every: int = 1
) -> PitchTrack:
    """Pitch within the spans, between a floor and a ceiling.

    Parameters
    ----------
    sound : Sound
        The recording; read in pieces.
    spans : sequence of (start, end)
        Seconds in which to look. No path goes from one span to the next.
    settings : PitchSettings
        See there.
    floor, ceiling : float
        Hertz.
    every : int
        Look at every n-th frame only; the others are NaN.

    Returns
    -------
    PitchTrack
        With a frame for every 10 ms of the recording.
    """
    frames = frame_count(sound.duration)
    f0, strength = np.full((2, frames), np.nan)
    wanted = frames_in(spans, frames)
    loudest = _loudest(sound, wanted)
    window = _Window.of(floor, ceiling, settings)
    cost = every * HOP / 0.01
    for index, pieces in _batches(wanted, every):
        parts = [
            _candidates(sound, index[at : at + _CHUNK], window, settings, loudest)
            for at in range(0, len(index), _CHUNK)
        ]
        frequency, strengths, unvoiced = (np.concatenate(part) for part in zip(*parts, strict=True))
        lattice = Lattice(
            np.log2(np.maximum(frequency, 1e-3)).astype(np.float32),
            np.where(
                frequency > 0, strengths - settings.octave * np.log2(ceiling / np.maximum(frequency, 1)), -9
            ),
            unvoiced,
        )
        chosen = best_path(lattice, pieces, jump=settings.jump / cost, onset=settings.onset / cost)
        row, voiced = np.arange(len(index)), chosen >= 0
        f0[index] = np.where(voiced, frequency[row, chosen], np.nan)
        strength[index] = np.where(voiced, strengths[row, chosen], np.maximum(strengths.max(axis=1), 0))
    return PitchTrack(f0, strength, floor, ceiling)


def harmonics_to_noise(strength: Floats) -> Floats:
    """Decibels of periodic over other sound, from the autocorrelation at the period (Boersma 1993)."""
    kept = np.clip(strength, 1e-6, 1 - 1e-6)
    return 10 * np.log10(kept / (1 - kept))


def _batches(wanted: NDArray[np.bool_], every: int) -> Iterator[tuple[NDArray[np.int64], list[int]]]:
    """Frames to look at, some thousands at a time, and how many of them are in each uninterrupted piece."""
    index: list[NDArray[np.int64]] = []
    held = 0
    for start, end in runs(wanted):
        for first in range(start, end, _BATCH * every):
            index.append(np.arange(first, min(end, first + _BATCH * every), every))
            held += len(index[-1])
            if held >= _BATCH:
                yield np.concatenate(index), [len(piece) for piece in index]
                index, held = [], 0
    if index:
        yield np.concatenate(index), [len(piece) for piece in index]


@dataclass(frozen=True)
class _Window:
    """Hanning window of some periods of the floor, and what follows from it."""

    shape: Array
    size: int
    shortest: int
    longest: int
    own: Array
    """Normalised autocorrelation of the window, by which that of the sound is divided."""

    @classmethod
    def of(cls, floor: float, ceiling: float, settings: PitchSettings) -> _Window:
        from scipy.fft import irfft, next_fast_len, rfft

        length = round(settings.periods * RATE / floor)
        longest = min(int(RATE / floor) + 2, length - 2)
        size = next_fast_len(length + longest + 2, real=True)
        shape = np.hanning(length + 2)[1:-1].astype(np.float32)
        own = irfft(np.abs(rfft(shape.astype(float), size)) ** 2, size)[: longest + 2]
        return cls(shape, size, max(2, int(RATE / ceiling) - 1), longest, (own / own[0]).astype(np.float32))


def _loudest(sound: Sound, wanted: NDArray[np.bool_]) -> float:
    """The largest amplitude within the wanted frames, single bangs left out (99.9th percentile of frames)."""
    peaks = []
    for start, end in runs(wanted):
        for first in range(start, end, _BATCH):
            last = min(end, first + _BATCH)
            piece = np.abs(sound.between(first * HOP, last * HOP))
            peaks.append(piece.reshape(last - first, _HOP).max(axis=1))
    return float(np.percentile(np.concatenate(peaks), 99.9)) if peaks else 0.0


def _candidates(
    sound: Sound, index: NDArray[np.int64], window: _Window, settings: PitchSettings, loudest: float
) -> tuple[Array, Array, Array]:
    """Frequencies and strengths of the candidates, shape (frames, candidates), and the strength of no voice.

    A candidate that is not there has frequency 0 and strength 0.
    """
    from scipy.fft import irfft, rfft

    length = len(window.shape)
    start = index[0] * _HOP + _HOP // 2 - length // 2
    samples = sound.between(start / RATE, (start + (index[-1] - index[0]) * _HOP + length) / RATE)
    views = np.lib.stride_tricks.sliding_window_view(samples, length)
    frames = views[(index - index[0]) * _HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    half = max(1, length // 6)  # one period of the floor around the middle, as in Praat
    local = np.abs(frames[:, length // 2 - half : length // 2 + half]).max(axis=1)
    spectrum = rfft(frames * window.shape, window.size, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    correlation = irfft(power, window.size, axis=1)[:, : window.longest + 2]
    energy = correlation[:, :1]
    correlation = correlation / (np.maximum(energy, 1e-12) * window.own)
    correlation[energy[:, 0] < 1e-9] = 0

    middle = correlation[:, window.shortest : -1]
    before, after = correlation[:, window.shortest - 1 : -2], correlation[:, window.shortest + 1 :]
    peaks = (middle > before) & (middle >= after) & (middle > 0.5 * settings.voicing - settings.onset)
    rows, at = np.nonzero(peaks)
    a, b, c = before[rows, at], middle[rows, at], after[rows, at]
    shift = 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9)  # top of the parabola through three points
    height = b - 0.25 * (a - c) * shift
    height = np.where(height > 1, 1 / np.maximum(height, 1e-6), height)
    frequency = (RATE / (window.shortest + at + shift)).astype(np.float32)
    kept, strength = _strongest(rows, frequency, height.astype(np.float32), len(index), settings)

    quiet = np.zeros(len(index), np.float32)
    if loudest > 0:
        quiet = np.maximum(0, 2 - local / loudest / (settings.silence / (1 + settings.voicing)))
    return kept, strength, (settings.voicing + quiet).astype(np.float32)


def _strongest(
    rows: NDArray[np.int64], frequency: Array, strength: Array, frames: int, settings: PitchSettings
) -> tuple[Array, Array]:
    """The strongest candidates of each frame, as arrays (frames, candidates)."""
    score = strength + settings.octave * np.log2(frequency)
    order = np.lexsort((-score, rows))
    rows, frequency, strength = rows[order], frequency[order], strength[order]
    count = np.bincount(rows, minlength=frames)
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    kept = rank < settings.candidates
    both = np.zeros((2, frames, settings.candidates), np.float32)
    both[0, rows[kept], rank[kept]] = frequency[kept]
    both[1, rows[kept], rank[kept]] = strength[kept]
    return both[0], both[1]
