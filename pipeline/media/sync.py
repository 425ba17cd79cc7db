"""Several recordings of one meeting: how their times relate, and whether channels carry one speaker each.

Two microphones in one room hear the same onsets, whatever their gains. So the offset is searched coarsely by
correlating onsets in a few frequency bands, then refined at several places on the sound itself by
generalised cross-correlation with phase transform (Knapp & Carter 1976, IEEE Trans. ASSP 24:320-327). The
places together also show whether one recorder's clock runs faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from pipeline.media.clock import Clock
from pipeline.media.sound import RATE, Sound

HOP = 160
"""Samples between onset values: 10 ms."""

BAND_EDGES = (150.0, 400.0, 800.0, 1500.0, 2500.0, 4000.0)
"""Limits in Hz of the bands whose onsets are compared: where speech is, and telephones still carry it."""

SURE = 0.3
"""Confidence from which an offset can be used without asking."""

LEAST_OVERLAP = 5.0
"""Seconds of common sound below which no offset is looked for."""

SHORT = 20.0
"""Seconds of overlap that are little evidence."""

PLACES = 24
"""Moments at which the offset is refined, to see the clocks' drift."""

PIECE = 8.0
"""Seconds of sound compared at each place."""

NEARBY = 0.75
"""Seconds around the coarse offset in which the fine one is looked for: room for a drifting clock."""

GREATEST_DRIFT = 600e-6
"""Seconds a second by which two recorders' clocks may differ; quartz clocks differ by less than 1e-4."""

LONG_ENOUGH = 60.0
"""Seconds between the first and the last place from which a drift can be seen."""

CELL = 16
"""Samples (1 ms) that are taken together while a line through the places is looked for."""

CLEAR = 8.0
"""Deviations by which the line of fine offsets must stand out from the other lines to be believed."""


@dataclass(frozen=True)
class Offset:
    """How one recording's time becomes another's.

    ``reference time = other time * (1 + drift_ppm / 1e6) + seconds``: a positive offset means that `other`
    was switched on later than the reference.

    Attributes
    ----------
    seconds : float
        To add to `other`'s time to get the reference's time.
    confidence : float
        0 to 1: how far the best offset stands out from the second best. Below 0.3 it is a guess.
    drift_ppm : float
        How much faster the reference's clock runs than `other`'s, in millionths; 0 where the common sound is
        too short to measure it.
    """

    seconds: float
    confidence: float
    drift_ppm: float = 0.0

    @property
    def clock(self) -> Clock:
        """How `other`'s time becomes the reference's."""
        return Clock(self.seconds, 1 + self.drift_ppm * 1e-6)

    @property
    def problem(self) -> str | None:
        """A plain sentence if the offset cannot be trusted, or if the clocks differ remarkably."""
        if self.confidence < SURE:
            return (
                "The two recordings share too little sound to be set in time: check that they are of the "
                "same meeting, or give the offset yourself."
            )
        if abs(self.drift_ppm) > 200:
            return (
                f"The recorders' clocks differ by {abs(self.drift_ppm) * 3.6e-3:.1f} s an hour; "
                "times from this file are corrected for it."
            )
        return None


def find_offset(reference: Sound, other: Sound, *, max_offset: float | None = None) -> Offset:
    """Find when a second recording of the same meeting began, from the sound that both heard.

    Parameters
    ----------
    reference, other : Sound
        At least 5 s each. Microphones, gains and noise may differ.
    max_offset : float, optional
        Greatest offset considered, in seconds either way. By default any that leaves 5 s in common.

    Returns
    -------
    Offset
        With confidence 0 where nothing can be compared (too short, or silent).
    """
    if min(reference.duration, other.duration) < LEAST_OVERLAP:
        return Offset(0.0, 0.0)
    coarse, confidence = _search(onsets(reference), onsets(other), max_offset)
    if confidence == 0.0:
        return Offset(0.0, 0.0)
    return _refine(reference, other, coarse, confidence)


def independent_channels(tracks: Sequence[Sound]) -> float:
    """How likely it is that each track carries one speaker of its own, as in a call recorded on two channels.

    Measured on frames of 50 ms. A track is active 8 dB above its own quiet level. Where speakers have tracks
    of their own, in most frames with any activity one track alone is active, or 10 dB louder than all others
    when each is compared to its own loud level; every track has such frames; and the tracks' levels do not
    rise and fall together. The result is the product of these three shares.

    Parameters
    ----------
    tracks : sequence of Sound
        Channels of one recording, from the same time zero.

    Returns
    -------
    float
        0 to 1; above 0.5, use the channels as speakers. 0 for fewer than two tracks, or if one is silent.
    """
    if len(tracks) < 2:
        return 0.0
    levels = _aligned_levels(tracks)
    if levels.shape[1] < 20:
        return 0.0
    quiet = np.percentile(levels, 10, axis=1, keepdims=True)
    loud = np.percentile(levels, 98, axis=1, keepdims=True)
    active = (levels > quiet + 8) & (levels > loud - 35)
    if not active.any(axis=1).all():
        return 0.0
    relative = np.where(active, levels - loud, -50.0)
    ranked = np.sort(relative, axis=0)
    counted = active.any(axis=0)
    owned = counted & (ranked[-1] - ranked[-2] > 10)
    owners = np.bincount(np.argmax(relative, axis=0)[owned], minlength=len(tracks)) / max(1, counted.sum())
    apart = float(owned.sum() / max(1, counted.sum()))
    balance = min(1.0, float(owners.min()) / 0.05)  # a listener who speaks 5 % of the time is a speaker
    with np.errstate(invalid="ignore"):  # a level that never changes goes together with nothing
        likeness = np.nan_to_num(np.corrcoef(relative[:, counted]))
    together = float(np.max(likeness[np.triu_indices(len(tracks), 1)]))
    return float(np.clip(apart * balance * (1 - max(0.0, together)), 0, 1))


def _aligned_levels(tracks: Sequence[Sound]) -> NDArray[np.float64]:
    """Level of each track in dB, every 50 ms, to the end of the shortest; read minute by minute."""
    size = RATE // 20
    count = min(len(track.samples) for track in tracks) // size
    levels = np.empty((len(tracks), count))
    for row, track in zip(levels, tracks, strict=True):
        for first in range(0, count, 1200):
            last = min(first + 1200, count)
            piece = track.between(first / 20, last / 20).reshape(-1, size)
            row[first:last] = 10 * np.log10(np.mean(piece**2, axis=1) + 1e-9)
    return levels


def onsets(sound: Sound) -> NDArray[np.float32]:
    """How suddenly each band becomes louder, every 10 ms; independent of the recording's level.

    Parameters
    ----------
    sound : Sound

    Returns
    -------
    ndarray of float32, shape (bands, frames)
        Rise of the logarithmic energy, less its mean; read minute by minute.
    """
    window = np.hanning(2 * HOP).astype(np.float32)
    frequencies = np.fft.rfftfreq(2 * HOP, 1 / RATE)
    edges = np.searchsorted(frequencies, BAND_EDGES)
    count = len(sound.samples) // HOP - 1
    energy = np.empty((len(BAND_EDGES) - 1, max(0, count)), np.float32)
    for first in range(0, count, 6000):
        last = min(first + 6000, count)
        piece = sound.between(first * HOP / RATE, (last + 1) * HOP / RATE)
        pieces = np.lib.stride_tricks.sliding_window_view(piece, 2 * HOP)[::HOP]
        power = np.abs(rfft(pieces * window, axis=1)) ** 2
        energy[:, first:last] = np.add.reduceat(power, edges, axis=1)[:, :-1].T
    if count < 3:
        return np.zeros((len(energy), 0), np.float32)
    # Noise hides the quietest sounds in one recording and not in the other: leave them out of both.
    floor = np.median(energy, axis=1, keepdims=True) + 1e-9
    rise = np.maximum(np.diff(np.log(energy + floor), axis=1, prepend=0.0), 0.0)
    rise[:, 0] = 0.0
    return np.asarray(rise - rise.mean(axis=1, keepdims=True), np.float32)


def _search(
    reference: NDArray[np.float32], other: NDArray[np.float32], max_offset: float | None
) -> tuple[float, float]:
    """Coarse offset in seconds and its confidence, from onsets."""
    lags, likeness = _correlate(reference, other)
    rate = RATE / HOP
    overlap = np.minimum(lags + other.shape[1], reference.shape[1]) - np.maximum(lags, 0)
    usable = overlap >= LEAST_OVERLAP * rate
    if max_offset is not None:
        usable &= np.abs(lags) <= max_offset * rate
    if not usable.any() or not np.any(likeness):
        return 0.0, 0.0
    # A chance likeness grows with the root of the overlap, and is wilder where the overlap is short.
    score = np.where(usable, likeness / np.sqrt(np.maximum(overlap, 0) + SHORT * rate), -np.inf)
    best = int(np.argmax(score))
    elsewhere = usable & (np.abs(lags - lags[best]) > rate)
    second = float(np.max(score[elsewhere], initial=0.0))
    if score[best] <= 0:
        return 0.0, 0.0
    confidence = 1 - max(second, 0.0) / float(score[best])
    return float(lags[best] / rate), float(np.clip(confidence, 0, 1))


def _correlate(
    reference: NDArray[np.float32], other: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Cross-correlation summed over bands, at every lag of `other` after `reference`'s beginning."""
    n, m = reference.shape[1], other.shape[1]
    size = next_fast_len(n + m, real=True)
    total = np.zeros(size, np.float32)
    for one, two in zip(reference, other, strict=True):
        scale = float(np.std(one) * np.std(two)) or np.inf
        total += irfft(rfft(one, size) * np.conj(rfft(two, size)), size) / np.float32(scale)
    lags = np.arange(-(m - 1), n)
    return lags, total[lags % size]


def _refine(reference: Sound, other: Sound, coarse: float, confidence: float) -> Offset:
    """Offset to a millisecond or better, and drift, from the sound itself at several places.

    Each place votes for offsets near the coarse one; the straight line through time with most votes wins, so
    that no single place, which may be silent or noisy, is trusted.
    """
    from scipy.stats import theilslopes  # takes a second to load

    first, last = max(0.0, -coarse), min(other.duration, reference.duration - coarse) - PIECE
    times = np.linspace(first, max(first, last), PLACES if last > first else 1)
    votes = np.stack([_votes(reference, other, float(time), coarse) for time in times])
    middle = float(times.mean())
    span = float(times[-1] - times[0])
    cells = votes[:, : votes.shape[1] // CELL * CELL].reshape(len(times), -1, CELL).max(axis=2)
    steps = CELL / RATE / max(span, 1.0)
    limit = min(GREATEST_DRIFT, 2 * NEARBY / max(span, 1.0)) if span >= LONG_ENOUGH else 0.0
    drifts = np.arange(-int(limit / steps), int(limit / steps) + 1) * steps
    lines = np.stack([_along(cells, drift * (times - middle) * RATE / CELL) for drift in drifts])
    which, cell = np.unravel_index(int(np.argmax(lines)), lines.shape)
    if lines[which, cell] - np.median(lines) < CLEAR * np.std(lines):
        return Offset(coarse, confidence)
    expected = cell * CELL + CELL // 2 + drifts[which] * (times - middle) * RATE
    peaks, found = _peaks_near(votes, expected)
    if not found.any():
        return Offset(coarse, confidence)
    offsets = coarse - NEARBY + peaks[found] / RATE
    moments = times[found] + PIECE / 2
    if found.sum() < 4 or moments[-1] - moments[0] < LONG_ENOUGH:
        return Offset(float(np.median(offsets)), confidence)
    slope, intercept, *_ = theilslopes(offsets, moments)
    return Offset(float(intercept), confidence, float(slope) * 1e6)


def _votes(reference: Sound, other: Sound, time: float, coarse: float) -> NDArray[np.float32]:
    """How well `other` from `time` fits the reference at each offset near the coarse one (GCC-PHAT)."""
    piece = other.between(time, time + PIECE)
    around = reference.between(time + coarse - NEARBY, time + coarse + PIECE + NEARBY)
    room = round(2 * NEARBY * RATE) + 1
    size = next_fast_len(len(around) + len(piece), real=True)
    cross = rfft(around, size) * np.conj(rfft(piece, size))
    frequencies = np.fft.rfftfreq(size, 1 / RATE)
    cross[(frequencies < BAND_EDGES[0]) | (frequencies > BAND_EDGES[-1])] = 0
    likeness = irfft(cross / (np.abs(cross) + 1e-12), size)[:room]
    spread = float(np.std(likeness))
    return np.asarray(likeness / spread if spread > 0 else np.zeros(room), np.float32)


def _along(cells: NDArray[np.float32], shifts: NDArray[np.float64]) -> NDArray[np.float32]:
    """Sum of the places' votes along a line: place i is read `shifts[i]` cells further on."""
    total = np.zeros(cells.shape[1], np.float32)
    for votes, shift in zip(cells, np.rint(shifts).astype(int), strict=True):
        if shift >= 0:
            total[: len(total) - shift] += votes[shift:]
        else:
            total[-shift:] += votes[:shift]
    return total


def _peaks_near(
    votes: NDArray[np.float32], expected: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Each place's best sample within 2 ms of where the line expects it, and whether it is a clear one."""
    peaks, found = np.zeros(len(votes)), np.zeros(len(votes), bool)
    for i, (vote, place) in enumerate(zip(votes, expected, strict=True)):
        low, high = max(0, round(place) - 2 * CELL), min(len(vote), round(place) + 2 * CELL + 1)
        if low < high:
            best = low + int(np.argmax(vote[low:high]))
            peaks[i], found[i] = best, vote[best] > 4
    return peaks, found
