"""Sounds like breath beside a participant's speech.

Breath is noise: without a period, with its energy from 1 to 4 kHz where the open mouth resonates; a voice
has it below, a sibilant above, hum and rumble below too. It lasts longer than a consonant and is parted from
speech by a dip, which the friction at the edge of a word is not. Here all that is loud enough beside speech
is measured; what of it is breath, and in which direction, is said later (`pipeline.voice.labels`).

Durations and spectra: J. Trouvain, R. Werner, B. Moebius (2020), An acoustic analysis of inbreath noises in
read and spontaneous speech, Speech Prosody; D. Ruinskiy & Y. Lavner (2007), An effective algorithm for
automatic detection and exact demarcation of breath sounds in speech and song signals, IEEE Trans. Audio,
Speech and Language Processing 15(3), 838-850.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipeline.intervals import runs
from pipeline.voice.measures import Measure
from pipeline.voice.signals import HOP, Floats, Spans
from pipeline.voice.syllables import whole_pieces

if TYPE_CHECKING:
    import pandas as pd

FAR = 99.0
"""Seconds that stand for "the participant does not speak there at all"."""


@dataclass(frozen=True)
class BreathSettings:
    """What is measured.

    Attributes
    ----------
    audible : float
        Decibels over the noise, from 1 to 4 kHz.
    under : float
        Decibels under the speaker's usual level at most, from 1 to 4 kHz, however silent the recording is.
    dip : float
        Decibels by which the level falls between two sounds: the end of a word, and the breath after it.
    around : float
        Seconds over which the noise is taken (its 20th percentile beside speech).
    shortest, longest : float
        Seconds; Ruinskiy & Lavner take 0.1 s and more for breath, longer than a consonant beside silence.
    fill : float
        Seconds under the level that do not end a breath.
    """

    audible: float = 6.0
    under: float = 50.0
    dip: float = 3.0
    around: float = 20.0
    shortest: float = 0.1
    longest: float = 2.5
    fill: float = 0.05


def measure_breaths(signals: pd.DataFrame, speech: Spans, settings: BreathSettings) -> list[Measure]:
    """Sounds beside one participant's speech that may be breath.

    Parameters
    ----------
    signals : DataFrame
        That participant's signals, in order of time.
    speech : sequence of (start, end)
        When the participant speaks, in the time of the signals.
    settings : BreathSettings
        See there.

    Returns
    -------
    list of Measure
        Of kind ``breath``. `value` is the level in dB against the participant's usual level; details: `over`
        the noise in dB, `tilt`, `sibilance` (where known), `voicing`, seconds `after` the participant's last
        and `before` the next word (99 for none).
    """
    time, speaking, level, low, middle, high, voicing = (
        signals[name].to_numpy(float)
        for name in ("time", "speaking", "level", "low", "middle", "high", "voicing")
    )
    beside = (speaking == 0) & np.isfinite(middle)
    spoken = level[(speaking > 0) & np.isfinite(level)]
    if not beside.any() or not len(spoken):
        return []
    usual = float(np.median(spoken))
    noise = {
        name: _noise(time, values, beside, settings)
        for name, values in (("low", low), ("middle", middle), ("high", high))
    }
    starts, ends = np.sort(np.array(speech, float).reshape(-1, 2), axis=0).T
    found = []
    for first, last in whole_pieces(time, beside):
        least = np.maximum(noise["middle"][first:last] + settings.audible, usual - settings.under)
        for a, b in _sounds(middle[first:last], least, settings):
            part = slice(first + a, first + b)
            start, end = float(time[part][0]) - HOP / 2, float(time[part][-1]) + HOP / 2
            before_this, after_this = ends[ends <= start + HOP], starts[starts >= end - HOP]
            after = start - float(before_this[-1]) if len(before_this) else FAR
            before = float(after_this[0]) - end if len(after_this) else FAR
            if not settings.shortest <= end - start <= settings.longest:
                continue
            own = {
                name: _over(values[part], noise[name][part])
                for name, values in (("low", low), ("middle", middle), ("high", high))
            }
            tilt, sibilance = own["low"] - own["middle"], own["high"] - own["middle"]
            strength = voicing[part][np.isfinite(voicing[part])]
            periodic = float(np.median(strength)) if len(strength) else 0.0
            over = float(np.mean(middle[part] - noise["middle"][part]))
            details = {"over": over, "tilt": tilt, "voicing": periodic, "after": after, "before": before}
            if np.isfinite(sibilance):
                details["sibilance"] = sibilance
            value = float(np.mean(level[part])) - usual
            found.append(Measure("breath", start, end, value, 1 - 0.5 ** (over / settings.audible), details))
    return found


def _noise(time: Floats, level: Floats, beside: np.ndarray, settings: BreathSettings) -> Floats:
    """Level of the noise at each row, from the rows beside speech in the seconds around."""
    if not np.isfinite(level[beside]).any():
        return np.full(len(time), np.nan)
    block = np.floor(time / settings.around).astype(int)
    centres, floors = [], []
    for name in sorted(set(block[beside].tolist())):
        inside = beside & (block == name)
        if inside.sum() >= 20:
            centres.append(float(time[inside].mean()))
            floors.append(float(np.percentile(level[inside], 20)))
    if not centres:
        return np.full(len(time), float(np.percentile(level[beside], 20)))
    return np.interp(time, centres, floors)


def _over(level: Floats, noise: Floats) -> float:
    """Mean level in dB of what is there beside the noise; -100 where that is nothing, NaN where not known."""
    if not np.isfinite(level).any():
        return float("nan")
    beside_noise = float(np.mean(10 ** (level / 10) - 10 ** (noise / 10)))
    return float(10 * np.log10(max(beside_noise, 1e-10)))


def _sounds(level: Floats, least: Floats, settings: BreathSettings) -> list[tuple[int, int]]:
    """Runs of frames that are loud enough, joined over short holes, parted where the level dips."""
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import find_peaks

    joined: list[tuple[int, int]] = []
    for start, end in runs(level >= least):
        if joined and (start - joined[-1][1]) * HOP <= settings.fill:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    dips, _ = find_peaks(-uniform_filter1d(level, 5), prominence=settings.dip)
    parted = []
    for start, end in joined:
        edges = [start, *dips[(dips > start) & (dips < end)].tolist(), end]
        parted += list(pairwise(edges))
    return parted
