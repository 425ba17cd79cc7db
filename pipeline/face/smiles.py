"""Smiles, against the person's own face at rest.

Some faces rest with the corners of the mouth up, some people smile through half of a meeting: rest is what a
face goes back to, a low percentile of what it does. Talking draws the corners apart as well ("ee"), but for
a moment only: what is not held is no smile. Crying, bared teeth and pain draw the corners up as well, but
with them come brows drawn down (AU4) or up at their inner ends (AU1), corners drawn down (AU15) or drawn
aside (AU20). Where these together are as strong as the smile, it is none.

Sources: a smile of enjoyment is AU12, with or without AU6, without the actions of another emotion (Ekman,
Davidson & Friesen 1990); grief is AU1 + 4 + 15, fear has AU1 + 2 + 4 + 20 (Ekman, Friesen & Hager 2002, FACS
Investigator's Guide). Independent signs are joined by a noisy or (Pearl 1988). Smiles that are felt last half
a second to four seconds (Ekman & Friesen 1982); a threshold of 0.3 on the mean of both corners parts smiling
from other faces with F1 .94 on 4,000 photographs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.face.movement import Floats, median_smooth, on_grid
from pipeline.intervals import coverage, runs

if TYPE_CHECKING:
    import pandas as pd

RATE = 30.0
"""Samples per second of the grid."""
_TOP = 0.95
"""Share of the greatest intensity from which on a smile is at its apex."""

_USUAL_REST = 0.05
"""Resting value of the signal; on rendered faces .04 to .13, on real ones mostly under .05."""
_FEW_SECONDS = 5.0
"""Seconds after which the person's own rest counts as much as the usual one."""

CONTRARY = ("brow_down", "brow_grief", "lip_down", "lip_stretch")
"""Signals of what a face does in pain, grief and fear, and not in a smile."""

Spans = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class SmileSettings:
    """What counts as a smile.

    Attributes
    ----------
    rest : float
        Percentile of the smile signal that is taken as the face at rest; right as long as the person does not
        smile for more than about four fifths of the time.
    highest_rest : float
        Rest is not believed to be above this.
    onset, offset : float
        Rise over rest that makes a smile, and the rise above which it begins and below which it is over. Both
        are shares of the way from rest to a full smile.
    shortest : float
        Seconds that the smile lasts at least.
    bridge : float
        Seconds for which a smile may fall under `offset` (a word with round lips) and is still the same one.
    hold : float
        Seconds for which the corners must stay up while the person speaks: four syllables with spread lips in
        a row, at four or five a second, are rare.
    speech : float
        How much higher the onset lies while the person speaks, over what the person's lips do in most of the
        own speech, as a share of the way to a full smile.
    against : float
        How strong, as a share of the smile, the signs of pain, grief and fear (`CONTRARY`) may be together
        while the corners are up. 1: the stronger of the two says what it is.
    quality : float
        Pictures trusted less than this are left out.
    """

    rest: float = 15.0
    highest_rest: float = 0.35
    onset: float = 0.25
    offset: float = 0.1
    shortest: float = 0.5
    bridge: float = 0.3
    hold: float = 0.9
    speech: float = 0.05
    against: float = 1.0
    quality: float = 0.2


@dataclass(frozen=True)
class Smile:
    """A smile.

    Attributes
    ----------
    start, apex, end : float
        Seconds: where the corners begin to rise, where they are up for the first time, where they are back.
    intensity : float
        0 (rest) to 1 (full) at the apex.
    confidence : float
        0 to 1. It orders events; it is not a probability.
    speech : float
        Share of the time in which the person speaks.
    contrary : float
        0 to 1: how strongly the face does, at the same time, what belongs to pain, grief or fear.
    """

    start: float
    apex: float
    end: float
    intensity: float
    confidence: float
    speech: float = 0.0
    contrary: float = 0.0

    @property
    def during_speech(self) -> bool:
        """Whether the person speaks for most of it: a smile in the voice too, perhaps."""
        return self.speech > 0.5


def resting_smile(smile: Floats, settings: SmileSettings) -> float:
    """The smile signal of a face at rest, 0 to 1; 0 where nothing was measured."""
    return min(_resting(smile, settings), settings.highest_rest)


def _resting(signal: Floats, settings: SmileSettings) -> float:
    known = signal[np.isfinite(signal)]
    return float(np.percentile(known, settings.rest)) if len(known) else 0.0


def _rise(signal: Floats, own: float) -> Floats:
    """How far a signal is over the person's own rest, as a share of what is possible.

    Where the person was seen only for seconds, rest is drawn towards what faces in general rest at.
    """
    seconds = float(np.isfinite(signal).sum()) / RATE
    rest = (own * seconds + _USUAL_REST * _FEW_SECONDS) / (seconds + _FEW_SECONDS)
    risen: Floats = np.clip((signal - rest) / (1 - rest), 0, 1)
    return risen


def find_smiles(signals: pd.DataFrame, settings: SmileSettings, *, speaking: Spans = ()) -> list[Smile]:
    """Smiles of one face.

    Parameters
    ----------
    signals : DataFrame
        Rows of one track with the columns of `pipeline.face.signals.SIGNALS`, in order of time.
    settings : SmileSettings
        See there.
    speaking : sequence of (start, end)
        When the person speaks.

    Returns
    -------
    list of Smile
        In order, without overlap.
    """
    values = signals[["smile", "mouth_open", *CONTRARY, "quality"]].to_numpy(float).T.copy()
    values[:, values[-1] < settings.quality] = np.nan
    grid, (smile, mouth, *others, quality) = on_grid(signals["time"].to_numpy(float), values, RATE)
    if not len(grid):
        return []
    rise = _rise(smile, resting_smile(smile, settings))
    contrary = 1 - np.prod([1 - _rise(other, _resting(other, settings)) for other in others], axis=0)
    talks = _mask(grid, speaking)
    held = _held(rise, talks, settings)
    talk = coverage(speaking)
    found = []
    for first, last in _stretches(held, talks, settings):
        start, end = float(grid[first]), float(grid[last - 1])
        if end - start < settings.shortest:
            continue
        inside = slice(first, last)
        top = float(held[inside].max())
        up = held[inside] >= top / 2
        against = float(np.nanmedian(contrary[inside][up]))
        if against >= settings.against * top:
            continue
        apex = first + int(np.flatnonzero(held[inside] >= _TOP * top)[0])
        spoken = talk(start, end) / (end - start)
        trust = _confidence(rise[inside], mouth[inside], top, end - start, spoken, settings)
        trust *= float(np.nanmean(quality[inside])) ** 0.5 * (1 - 0.5 * min(1.0, against / top))
        found.append(Smile(start, float(grid[apex]), end, top, float(np.clip(trust, 0, 1)), spoken, against))
    return found


def _mask(grid: Floats, spans: Spans) -> NDArray[np.bool_]:
    mask = np.zeros(len(grid), bool)
    for start, end in spans:
        mask[np.searchsorted(grid, start) : np.searchsorted(grid, end)] = True
    return mask


def _held(rise: Floats, talks: NDArray[np.bool_], settings: SmileSettings) -> Floats:
    """The rise as far as it is held: noise taken away, and while speaking what lasts less than `hold`.

    An opening (lowest value around, then highest of those) takes away what is narrower than its width and
    leaves the edges of what is wider where they are.
    """
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    smooth = median_smooth(rise, round(0.2 * RATE))
    held = smooth.copy()
    wide = round(settings.hold * RATE) | 1
    for first, last in runs(np.isfinite(smooth)):
        piece = smooth[first:last]
        opened = maximum_filter1d(minimum_filter1d(piece, wide, mode="nearest"), wide, mode="nearest")
        held[first:last] = np.where(talks[first:last], np.minimum(piece, opened), piece)
    return held


def _stretches(held: Floats, talks: NDArray[np.bool_], settings: SmileSettings) -> list[tuple[int, int]]:
    """Samples between which a smile is on the face: over `offset`, and somewhere over `onset`."""
    known = np.isfinite(held)
    level = np.where(known, held, 0.0)
    over = level > settings.offset
    own = min(float(np.median(level[talks & known])), settings.onset) if (talks & known).any() else 0.0
    for first, last in runs(~over):
        inside = first > 0 and last < len(level)
        if inside and (last - first) / RATE <= settings.bridge and known[first:last].all():
            over[first:last] = True
    high = level > settings.onset + (settings.speech + own) * talks
    least = round(0.1 * RATE)
    return [(first, last) for first, last in runs(over) if high[first:last].sum() >= least]


def _confidence(
    rise: Floats, mouth: Floats, top: float, seconds: float, spoken: float, settings: SmileSettings
) -> float:
    """What speaks for a smile: its height, its length, and not coming and going with the open mouth."""
    height = 1 - np.exp(-top / settings.onset)
    length = 1 - np.exp(-seconds / settings.shortest)
    along = 0.0
    if spoken > 0 and len(rise) > 3 and np.std(rise) > 1e-6 and np.std(mouth) > 1e-6:
        along = max(0.0, float(np.corrcoef(rise, mouth)[0, 1])) * min(1.0, spoken)
    return float((height * length) ** 0.5 * (1 - 0.5 * along))
