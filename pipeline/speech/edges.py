"""Acoustic edges of speech: where sound really begins and ends, to about 10 ms.

Pauses in a Jefferson transcript are heard, so they are timed on the sound itself. The segmentation network
knows that something is speech but blurs its edges and bridges short pauses; a recogniser stretches words over
silence. Here the level in the speech band, against the noise and the speech around, decides between the two.
This is the one source of edges for words, pauses, gaps and latches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import runs
from pipeline.media.sound import RATE, Sound
from pipeline.speech.segmentation import Segmentation, speech_regions

HOP = 0.01
"""Seconds between level frames."""
NOISE_STEP = 10.0
"""Decibels between the noise before and after a moment from which the noise is taken to have changed."""
_BLOCK = 60.0
"""Seconds read at a time."""

Span = tuple[float, float]


@dataclass(frozen=True)
class EdgeSettings:
    """How edges are found.

    Attributes
    ----------
    onset, offset : float
        Probability of speech (segmentation) above which a region begins and below which it ends.
    reach : float
        Seconds by which an acoustic edge may lie outside or inside the region's own edge.
    share : float
        Threshold between the level of noise (0) and of speech (1) around, on the decibel scale.
    above_noise : float
        Decibels that the threshold lies over the noise at least.
    below_speech : float
        Decibels that it lies under the level of speech at most: breath and voices far away are no speech of
        the meeting, however quiet the room.
    peak : float
        Decibels above the threshold that a stretch of speech must reach somewhere, or half way to the level
        of speech where that is less.
    silence : float
        Seconds from which a quiet stretch inside speech is a silence rather than a stop consonant.
    shortest : float
        Seconds that a stretch of speech must last.
    around : float
        Seconds over which the levels of noise and speech are taken.
    """

    onset: float = 0.5
    offset: float = 0.35
    reach: float = 0.25
    share: float = 0.3
    above_noise: float = 6.0
    below_speech: float = 26.0
    peak: float = 6.0
    silence: float = 0.13
    shortest: float = 0.05
    around: float = 20.0


def speech_level(sound: Sound) -> NDArray[np.float32]:
    """Level in decibels every 10 ms in the band of speech, 100 to 7000 Hz, shape (frames,).

    Frames are 20 ms long (Hann window) and centred on the middle of their 10 ms.
    """
    from scipy.signal import butter, sosfilt

    band = butter(2, [100, 7000], "bandpass", fs=RATE, output="sos")
    hop = round(HOP * RATE)
    window = np.hanning(2 * hop).astype(np.float32)
    frames = int(np.ceil(sound.duration / HOP))
    level = np.empty(frames, np.float32)
    block, lead = round(_BLOCK / HOP), 0.1
    for first in range(0, frames, block):
        last = min(first + block, frames)
        start = first * HOP - HOP / 2
        samples = sosfilt(band, sound.between(start - lead, last * HOP + HOP / 2))
        samples = samples[round(lead * RATE) :].astype(np.float32)
        pieces = np.lib.stride_tricks.sliding_window_view(samples, 2 * hop)[::hop][: last - first]
        power = (pieces**2) @ window / window.sum()
        level[first : first + len(power)] = 10 * np.log10(power + 1e-10)
        level[first + len(power) : last] = -100
    return level


def find_speech(sound: Sound, segmentation: Segmentation, settings: EdgeSettings) -> list[Span]:
    """Stretches in which anybody speaks, with acoustic edges, in seconds.

    Parameters
    ----------
    sound : Sound
        The recording.
    segmentation : Segmentation
        What the network says about it.
    settings : EdgeSettings
        See there.

    Returns
    -------
    list of (start, end)
        In order, at least `settings.silence` apart.
    """
    regions = speech_regions(segmentation.speech, onset=settings.onset, offset=settings.offset)
    if not regions:
        return []
    level = speech_level(sound)
    inside = _mask(regions, len(level), 0.0)
    near = _mask(regions, len(level), settings.reach)
    threshold, speech = _threshold(level, inside, settings)
    loud = _keep(near & (level > threshold), inside, settings)
    clear = level >= threshold + np.minimum(settings.peak, (speech - threshold) / 2)
    return [(start * HOP, end * HOP) for start, end in runs(loud) if clear[start:end].any()]


def _mask(spans: list[Span], frames: int, margin: float) -> NDArray[np.bool_]:
    """Frames within `margin` seconds of the spans."""
    mask = np.zeros(frames, bool)
    for start, end in spans:
        mask[max(0, round((start - margin) / HOP)) : round((end + margin) / HOP)] = True
    return mask


def _threshold(
    level: NDArray[np.float32], inside: NDArray[np.bool_], settings: EdgeSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Level that parts speech from silence and level of speech, by frame, from the seconds around each."""
    frames, width = len(level), round(settings.around / HOP)
    centres = np.arange(0, frames, max(1, width // 4))
    low, high = np.empty((2, len(centres)))
    for i, centre in enumerate(centres):
        first, last = max(0, centre - width // 2), centre + width // 2 + 1
        piece, speaks = level[first:last], inside[first:last]
        low[i] = np.percentile(piece, 5)
        sides = [np.percentile(part, 5) for part in (level[first : centre + 1], level[centre:last])]
        if abs(sides[0] - sides[1]) > NOISE_STEP:  # the quiet side must not decide for the noisy one
            low[i] = max(sides)
        high[i] = np.percentile(piece[speaks], 75) if speaks.any() else np.nan
    known = ~np.isnan(high)
    high = np.interp(centres, centres[known], high[known])
    parting = low + np.maximum(settings.above_noise, settings.share * (high - low))
    parting = np.maximum(parting, high - settings.below_speech)
    parting = np.minimum(parting, high - 3)  # noisy sound: still below speech itself
    parting, high = (np.interp(np.arange(frames), centres, values) for values in (parting, high))
    return parting, high


def _keep(loud: NDArray[np.bool_], inside: NDArray[np.bool_], settings: EdgeSettings) -> NDArray[np.bool_]:
    """Drop sound outside regions of speech that does not go on from inside, fill short silences inside them.

    A breath after the last word lies near the region, but is parted from it by a dip.
    """
    kept = loud.copy()
    for start, end in runs(loud & ~inside):
        if not (loud & inside)[[max(0, start - 1), min(end, len(loud) - 1)]].any():
            kept[start:end] = False
    for start, end in runs(~kept):
        if (end - start) * HOP < settings.silence and inside[start:end].all():
            kept[start:end] = start > 0 and end < len(loud)
    for start, end in runs(kept):
        if (end - start) * HOP < settings.shortest or not inside[start:end].any():
            kept[start:end] = False
    return kept
