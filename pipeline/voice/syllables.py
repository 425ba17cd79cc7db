"""Syllable nuclei: where the voice swells.

After N. H. de Jong & T. Wempe (2009). Praat script to detect syllable nuclei and measure speech rate
automatically. Behavior Research Methods 41, 385-390: peaks of intensity that are loud enough, stand at least
2 dB above the dips around them, and are voiced. Intensity is the mean of two bands in decibels (subbands as
in D. Wang & S. Narayanan 2007, IEEE Trans. Audio, Speech and Language Processing 15(8)): a nasal or a
lateral between two vowels hardly lowers the sound as a whole, but much of what lies above 1 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipeline.intervals import runs
from pipeline.voice.signals import HOP, Floats

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("time", "level", "f0", "voiced")
_SMOOTH = 7
"""Frames over which intensity is smoothed: 64 ms, as Praat's intensity of a floor of 50 Hz."""


@dataclass(frozen=True)
class SyllableSettings:
    """What counts as a nucleus.

    Attributes
    ----------
    dip : float
        Decibels that intensity falls between two nuclei (de Jong & Wempe: 2 dB in clean speech).
    under : float
        Decibels under the speaker's loud moments (99th percentile) within which a nucleus lies.
    near : float
        Seconds around the peak in which the voice must sound; the pitch is the median over these.
    """

    dip: float = 2.0
    under: float = 25.0
    near: float = 0.03


def syllable_nuclei(signals: pd.DataFrame, settings: SyllableSettings) -> pd.DataFrame:
    """Nuclei of one participant's syllables.

    Parameters
    ----------
    signals : DataFrame
        That participant's rows, in order of time.
    settings : SyllableSettings
        See there.

    Returns
    -------
    DataFrame
        Columns `time` (seconds), `level` (dB), `f0` (Hz) of each nucleus and `voiced`, the share of the
        frames around it in which the voice sounds, in order. None where the participant whispers or is not
        alone.
    """
    import pandas as pd
    from scipy.signal import find_peaks

    time, f0 = (signals[name].to_numpy(float) for name in ("time", "f0"))
    level = sonority(signals)
    heard = (signals["speaking"].to_numpy(float) > 0) & np.isfinite(level)
    if not heard.any():
        return pd.DataFrame(columns=list(COLUMNS), dtype=float)
    least = float(np.percentile(level[heard], 99)) - settings.under
    near, found = round(settings.near / HOP), []
    for first, last in whole_pieces(time, heard):
        piece = _smooth(level[first:last])
        bounded = np.concatenate([[-np.inf], piece, [-np.inf]])  # silence lies on either side
        peaks, _ = find_peaks(bounded, height=least, prominence=settings.dip)
        for peak in (first + peaks - 1).tolist():
            around = f0[max(first, peak - near) : min(last, peak + near + 1)]
            voiced = around[np.isfinite(around)]
            if len(voiced):
                share = len(voiced) / len(around)
                found.append((time[peak], level[peak], float(np.median(voiced)), share))
    return pd.DataFrame(found, columns=list(COLUMNS), dtype=float)


def sonority(signals: pd.DataFrame) -> Floats:
    """Mean of the levels under and over 1 kHz, to 4 kHz, in dB, shape (rows,)."""
    low, middle = (signals[name].to_numpy(float) for name in ("low", "middle"))
    return (low + middle) / 2


def whole_pieces(time: Floats, kept: np.ndarray) -> list[tuple[int, int]]:
    """First row and the one after the last of each piece of kept rows without a hole in time."""
    pieces = []
    for first, last in runs(kept):
        holes = first + 1 + np.flatnonzero(np.diff(time[first:last]) > 1.5 * HOP)
        edges = [first, *holes.tolist(), last]
        pieces += list(pairwise(edges))
    return pieces


def _smooth(level: Floats) -> Floats:
    """Intensity smoothed on the power scale, as Praat does."""
    window = np.hanning(_SMOOTH + 2)[1:-1]
    padded = np.pad(10 ** (level / 10), _SMOOTH // 2, mode="edge")
    return 10 * np.log10(np.convolve(padded, window / window.sum(), "valid"))
