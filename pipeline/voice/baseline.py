"""What is usual for a speaker in this meeting: against it everything else is said.

Medians and robust spreads (half the distance from the 16th to the 84th percentile, one standard deviation of
a normal distribution): a shout or an octave error does not move them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.voice.loudness import voice_level
from pipeline.voice.signals import HOP, semitones

if TYPE_CHECKING:
    import pandas as pd

LEAST = 5.0
"""Seconds of voice from which a speaker's usual pitch and level are known. Less is one or two turns, of which
none could stand out."""


@dataclass(frozen=True)
class Baseline:
    """What is usual for a speaker.

    Attributes
    ----------
    f0 : float
        Median pitch in Hz.
    f0_spread : float
        Spread of pitch in semitones.
    f0_low, f0_high : float
        5th and 95th percentile of pitch, in semitones from the median.
    level : float
        Median level of voice in dB, from 50 to 4000 Hz.
    level_spread : float
        Its spread in dB.
    voiced : float
        Seconds of voice that this rests on.
    """

    f0: float
    f0_spread: float
    f0_low: float
    f0_high: float
    level: float
    level_spread: float
    voiced: float


def speaker_baseline(signals: pd.DataFrame, least: float = LEAST) -> Baseline | None:
    """What is usual for the participant with these signals; None with less than `least` seconds of voice."""
    f0, level = signals["f0"].to_numpy(float), voice_level(signals)
    voiced = np.isfinite(f0) & np.isfinite(level)
    seconds = float(voiced.sum()) * HOP
    if seconds < least:
        return None
    middle = float(np.median(f0[voiced]))
    tones = semitones(f0[voiced], middle)
    low, high = np.percentile(tones, [5, 95])
    return Baseline(
        f0=middle,
        f0_spread=spread(tones),
        f0_low=float(low),
        f0_high=float(high),
        level=float(np.median(level[voiced])),
        level_spread=spread(level[voiced]),
        voiced=seconds,
    )


def spread(values: Any) -> float:
    """Half the distance from the 16th to the 84th percentile; NaN of nothing."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan")
    low, high = np.percentile(values, [16, 84])
    return float(high - low) / 2


def standing(values: Any, least: int) -> np.ndarray:
    """How many spreads each value lies from the median; NaN where fewer than `least` values are known."""
    values = np.asarray(values, float)
    known = values[np.isfinite(values)]
    width = spread(known)
    if len(known) < least or not width > 0:
        return np.full(len(values), np.nan)
    return (values - np.median(known)) / width
