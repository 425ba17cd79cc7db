"""Voice quality: the separate glottal pulses of creak.

In creak (vocal fry) the glottis opens so rarely that each pulse dies away before the next: very short-term
power rises and falls by several decibels around each, neighbours look alike, and within a short frame there
is no regular period. After C. T. Ishi, K.-I. Sakakibara, H. Ishiguro, N. Hagita (2008). A method for
automatic detection of vocal fry. IEEE Trans. Audio, Speech and Language Processing 16(1), 47-56.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import runs
from pipeline.media.sound import RATE, Sound
from pipeline.voice.measures import Measure
from pipeline.voice.pitch import PitchTrack
from pipeline.voice.signals import HOP, Floats, Spans, frame_count, semitones
from pipeline.voice.speaker import Voice
from pipeline.voice.syllables import whole_pieces

Array = NDArray[np.float32]
_STEP = 32
"""Samples (2 ms) between very short-term powers, which are taken over twice as much."""
_BLOCK = 30.0
"""Seconds read at a time."""


@dataclass(frozen=True)
class PulseSettings:
    """What a pulse of creak is, after Ishi et al. (2008) where nothing else is said.

    Attributes
    ----------
    rise : float
        Decibels by which very short-term power rises to a pulse and falls after it, within 10 ms.
    similarity : float
        Correlation of the sound around a pulse with that around the next.
    longest : float
        Seconds from one pulse to the next at most: fry has 20 pulses a second and more (Ishi et al. look up
        to 0.1 s, at which the bursts of two stops are alike too).
    period : float
        Seconds: where the pitch tracker finds a shorter period, of at least `regular` strength, the voice is
        regular and does not creak.
    regular : float
        See `period`.
    low, high : float
        Hertz between which pulses are looked for.
    least : int
        Pulses in a row that make creak; of noise, two in a row look alike now and then.
    """

    rise: float = 7.0
    similarity: float = 0.5
    longest: float = 0.05
    period: float = 0.015
    regular: float = 0.5
    low: float = 100.0
    high: float = 1500.0
    least: int = 3


def pulse_rate(sound: Sound, spans: Spans, pitch: PitchTrack, settings: PulseSettings) -> Floats:
    """How fast separate pulses follow each other, in Hz, shape (frames,); NaN where the voice does not creak.

    Parameters
    ----------
    sound : Sound
        The recording.
    spans : sequence of (start, end)
        Seconds in which one speaker is heard, and nobody else.
    pitch : PitchTrack
        The speaker's pitch.
    settings : PulseSettings
        See there.
    """
    from scipy.signal import butter, sosfilt

    rate = np.full(frame_count(sound.duration), np.nan)
    band = butter(2, [settings.low, settings.high], "bandpass", fs=RATE, output="sos")
    regular = (pitch.f0 > 1 / settings.period) & (pitch.strength >= settings.regular)
    for first, last in ((a, min(b, a + _BLOCK)) for start, b in spans for a in np.arange(start, b, _BLOCK)):
        samples = sosfilt(band, sound.between(first, last)).astype(np.float32)
        at = _pulses(samples, settings)
        if len(at) < settings.least:
            continue
        gaps = np.diff(at) / RATE
        middles = first + (at[:-1] + at[1:]) / 2 / RATE
        frame = np.clip((middles / HOP).astype(int), 0, len(rate) - 1)
        creaks = (gaps <= settings.longest) & (gaps > 2 * _STEP / RATE) & ~regular[frame]
        creaks[creaks] = _similarity(samples, at, np.flatnonzero(creaks)) >= settings.similarity
        for a, b in runs(creaks):
            if b - a + 1 < settings.least:
                continue
            for i in range(a, b):
                begin, end = (round((first + at[j] / RATE) / HOP) for j in (i, i + 1))
                rate[begin : max(end, begin + 1)] = 1 / gaps[i]
    rate[regular] = np.nan
    return rate


def creak(voice: Voice, fill: float = 0.05) -> list[Measure]:
    """Stretches of creak, joined over `fill` seconds; `value` is the median rate of pulses in Hz.

    Details: `below` the speaker's median pitch in semitones, where that is known.
    """
    times, rate = voice.times, voice.signals["pulse_rate"].to_numpy(float)
    creaks = np.isfinite(rate)
    for a, b in runs(~creaks):
        if a > 0 and b < len(creaks) and times[b] - times[a - 1] <= fill + HOP:
            creaks[a:b] = True
    found = []
    for a, b in whole_pieces(times, creaks):
        pulses = float(np.nanmedian(rate[a:b]))
        details = {"below": -float(semitones(pulses, voice.usual.f0))} if voice.usual else {}
        share = float(np.isfinite(rate[a:b]).mean())
        found.append(
            Measure("creak", float(times[a]) - HOP / 2, float(times[b - 1]) + HOP / 2, pulses, share, details)
        )
    return found


def _pulses(samples: Array, settings: PulseSettings) -> NDArray[np.int64]:
    """Samples at which very short-term power has a peak that stands out on both sides."""
    from scipy.signal import find_peaks

    count = len(samples) // _STEP
    if count < 3:
        return np.zeros(0, np.int64)
    energy = (samples[: count * _STEP].reshape(count, _STEP) ** 2).sum(axis=1)
    level = 10 * np.log10(energy[:-1] + energy[1:] + 1e-9)
    peaks, _ = find_peaks(level, prominence=settings.rise, wlen=11)
    return (peaks + 1) * _STEP


def _similarity(samples: Array, at: NDArray[np.int64], pairs: NDArray[np.int64]) -> Floats:
    """Largest correlation of 10 ms around a pulse with the same around the next, moved by up to 2 ms."""
    before, length, slack = 48, 160, 32
    padded = np.pad(samples, (before + slack, length + slack))
    one = at[pairs, None] + slack + np.arange(length)
    other = at[pairs + 1, None] + np.arange(length + 2 * slack)
    first = padded[one]
    moved = np.lib.stride_tricks.sliding_window_view(padded[other], length, axis=1)
    product = np.einsum("pt,plt->pl", first, moved)
    size = np.sqrt((first**2).sum(axis=1)[:, None] * np.einsum("plt,plt->pl", moved, moved)) + 1e-12
    return (product / size).max(axis=1, initial=-1.0).astype(float)
