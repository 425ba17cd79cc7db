"""Level of a recording and of its bands, every 10 ms, and where it is clipped.

Levels are those of the recording; what they mean is known only against the same speaker's other talk in the
same recording. They are not calibrated and not weighted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.media.sound import RATE, Sound
from pipeline.voice.signals import HOP, Floats, frame_count

if TYPE_CHECKING:
    import pandas as pd

BANDS = {"level": (50, 7000), "low": (50, 1000), "middle": (1000, 4000), "high": (4000, 7000)}
"""Hertz. `low` against `middle` is the spectral tilt (alpha ratio of Eyben et al. 2016, to 4 kHz so that a
telephone has it too); `high` is where sibilants have their energy and breath and voice have little."""
QUIETEST = -100.0
"""Decibels re full scale that stand for digital silence: 16 bits reach no further down."""
NO_BAND = 45.0
"""Decibels under the loud moments at which even the loudest of `high` lies where a recording has no such
band. A telephone leaves 50 dB less or more; a sibilant in a full band is 10 to 25 dB under a vowel."""
FULL_SCALE = 0.985
"""Amplitude from which a sample counts as clipped; resampling moves clipped samples a little."""
_WINDOW = 512
_HOP = round(HOP * RATE)
_CHUNK = 512


@dataclass(frozen=True)
class Levels:
    """Levels of a recording, a frame every 10 ms.

    Attributes
    ----------
    level, low, middle, high : ndarray, shape (frames,)
        Decibels re full scale in `BANDS`; all of `high` is NaN where the recording has no such band.
    clipped : ndarray, shape (frames,)
        Share of samples at full scale.
    """

    level: Floats
    low: Floats
    middle: Floats
    high: Floats
    clipped: Floats


def band_levels(sound: Sound) -> Levels:
    """Levels in bands, from frames of 32 ms (Hann window)."""
    from scipy.fft import rfft

    frames = frame_count(sound.duration)
    window = np.hanning(_WINDOW).astype(np.float32)
    scale = 2 / (_WINDOW * float((window**2).sum()))
    bins = np.arange(_WINDOW // 2 + 1) * RATE / _WINDOW
    inside = np.array([(bins >= low) & (bins < high) for low, high in BANDS.values()], np.float32).T
    power, clipped = np.zeros((frames, len(BANDS))), np.zeros(frames)
    for first in range(0, frames, _CHUNK):
        last = min(first + _CHUNK, frames)
        start = first * _HOP + (_HOP - _WINDOW) // 2
        samples = sound.between(start / RATE, (start + (last - first - 1) * _HOP + _WINDOW) / RATE)
        pieces = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]
        spectrum = rfft(pieces * window, axis=1)
        power[first:last] = (spectrum.real**2 + spectrum.imag**2) @ inside * scale
        own = samples[(_WINDOW - _HOP) // 2 :][: (last - first) * _HOP].reshape(last - first, _HOP)
        clipped[first:last] = (np.abs(own) >= FULL_SCALE).mean(axis=1)
    level, low, middle, high = 10 * np.log10(power.T + 10 ** (QUIETEST / 10))
    if frames and np.percentile(high, 99.5) < np.percentile(level, 95) - NO_BAND:
        high = np.full(frames, np.nan)
    return Levels(level, low, middle, high, clipped)


def voice_level(signals: pd.DataFrame) -> Floats:
    """Level from 50 to 4000 Hz in dB, shape (rows,): that of the voice, without sibilants."""
    low, middle = (signals[name].to_numpy(float) for name in ("low", "middle"))
    return 10 * np.log10(10 ** (low / 10) + 10 ** (middle / 10))
