"""Movement in sampled signals: an even grid with its gaps left open, band-pass, turning points.

Times of pictures are uneven (variable frame rates, pictures left out, faces lost), filters want an even grid.
Between pictures that are close together the signal is drawn as a cubic spline: straight lines would take a
quarter off a movement of 3 Hz seen at 10 pictures a second. Over longer gaps nothing is drawn at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import runs

Floats = NDArray[np.float64]
GAP = 0.25
"""Seconds without a picture over which a signal is still drawn, half a cycle of a common nod."""
STEPS = 2.5
"""The same as a multiple of the usual step between pictures: one picture may be lost at any frame rate."""


@dataclass(frozen=True)
class Stretch:
    """A piece of signals without a gap, on an even grid.

    Attributes
    ----------
    start : float
        Seconds at the first sample.
    rate : float
        Samples per second.
    values : ndarray, shape (signals, samples)
        Never NaN.
    """

    start: float
    rate: float
    values: Floats

    @property
    def times(self) -> Floats:
        """Seconds of every sample, shape (samples,)."""
        return self.start + np.arange(self.values.shape[1]) / self.rate


def frame_rate(times: Floats) -> float:
    """Pictures per second, from the median step between pictures; 0 where there are fewer than two."""
    steps = np.diff(np.unique(times[np.isfinite(times)]))
    return float(1 / np.median(steps)) if len(steps) else 0.0


def longest_gap(times: Floats) -> float:
    """Seconds without a picture from which a gap is left open."""
    usual = frame_rate(times)
    return max(GAP, STEPS / usual) if usual else GAP


def stretches(times: Floats, values: Floats, rate: float, gap: float | None = None) -> list[Stretch]:
    """Cut signals where they are missing for long, and put the pieces on an even grid.

    Parameters
    ----------
    times : ndarray, shape (pictures,)
        Seconds, in order; of several pictures with the same time the first counts.
    values : ndarray, shape (signals, pictures)
        Pictures with a NaN in any of the signals count as missing.
    rate : float
        Samples per second of the grid.
    gap : float, optional
        Seconds without a picture from which on a piece ends; `longest_gap` unless given.

    Returns
    -------
    list of Stretch
        In order of time. The grid of each begins at its first picture, so that the result does not depend on
        where zero is. Pieces of a single picture are left out.
    """
    from scipy.interpolate import CubicSpline

    gap = longest_gap(times) if gap is None else gap
    there = np.isfinite(times) & np.isfinite(values).all(axis=0)
    times, values = times[there], values[:, there]
    times, first = np.unique(times, return_index=True)
    values = values[:, first]
    pieces = np.split(np.arange(len(times)), np.flatnonzero(np.diff(times) > gap + 1e-9) + 1)
    found = []
    for piece in pieces:
        if len(piece) < 2:
            continue
        start, end = times[piece[0]], times[piece[-1]]
        grid = start + np.arange(int((end - start) * rate + 1e-6) + 1) / rate
        drawn = CubicSpline(times[piece], values[:, piece], axis=1)(np.minimum(grid, end))
        found.append(Stretch(float(start), rate, drawn))
    return found


def on_grid(times: Floats, values: Floats, rate: float, gap: float | None = None) -> tuple[Floats, Floats]:
    """Signals on one even grid, NaN in the gaps.

    Parameters
    ----------
    times, values, rate, gap
        As `stretches`.

    Returns
    -------
    grid : ndarray, shape (samples,)
        Seconds, from the first picture on.
    drawn : ndarray, shape (signals, samples)
        Joined by straight lines, which never leave the range of the pictures: this is for signals with
        limits, such as a smile from 0 to 1.
    """
    gap = longest_gap(times) if gap is None else gap
    there = np.isfinite(times) & np.isfinite(values).all(axis=0)
    if not there.any():
        return np.empty(0), np.empty((len(values), 0))
    seen = times[there]
    grid = seen[0] + np.arange(int((seen[-1] - seen[0]) * rate + 1e-6) + 1) / rate
    drawn = np.array([np.interp(grid, seen, value[there]) for value in values])
    after = np.searchsorted(seen, grid, side="left").clip(1, max(1, len(seen) - 1))
    if len(seen) > 1:
        wide = seen[after] - seen[after - 1] > gap + 1e-9
        inside = (grid > seen[after - 1] + 1e-9) & (grid < seen[after] - 1e-9)
        drawn[:, wide & inside] = np.nan
    return grid, drawn


def band_pass(values: Floats, rate: float, low: float, high: float, order: int = 3) -> Floats:
    """Keep what moves between two frequencies (Butterworth, forth and back: no delay).

    Parameters
    ----------
    values : ndarray, shape (..., samples)
        Without NaN.
    rate : float
        Samples per second.
    low, high : float
        Hertz; at either, half of the movement is left. `low` 0 only takes the fast part away.

    Returns
    -------
    ndarray, shape (..., samples)
    """
    from scipy.signal import butter, sosfiltfilt

    samples = values.shape[-1]
    if samples < 4:
        return np.zeros_like(values) if low else values.copy()
    high = min(high, 0.45 * rate)
    kind: Literal["bandpass", "lowpass"] = "bandpass" if low else "lowpass"
    edges = [low, high] if low else high
    sections = butter(order, edges, kind, fs=rate, output="sos")
    filtered: Floats = sosfiltfilt(sections, values, axis=-1, padlen=min(samples - 1, round(3 * rate)))
    return filtered


def turning_points(values: Floats, least: float) -> list[int]:
    """Where a signal turns by at least `least`; what is smaller than that is not a turn.

    Parameters
    ----------
    values : ndarray, shape (samples,)
        Without NaN.
    least : float
        In the signal's unit, peak to peak.

    Returns
    -------
    list of int
        Indices at which highest and lowest values alternate, neighbours at least `least` apart; empty where
        the signal never moves that far.
    """
    steps = np.sign(np.diff(values))
    moving = np.flatnonzero(steps)
    if not len(moving):
        return []
    turns = moving[1:][steps[moving[1:]] != steps[moving[:-1]]]
    found: list[int] = []
    low = high = 0  # until the first large movement it is open whether the first point is a peak or a trough
    for index in [*turns.tolist(), len(values) - 1]:
        value = values[index]
        if not found:
            low = index if value < values[low] else low
            high = index if value > values[high] else high
            if values[high] - values[low] >= least:
                found = [low, high] if low < high else [high, low]
        elif (values[found[-1]] - values[found[-2]]) * (value - values[found[-1]]) > 0:
            found[-1] = index
        elif abs(value - values[found[-1]]) >= least:
            found.append(index)
    return found


def noise_level(values: Floats) -> float:
    """Standard deviation of the noise of single pictures, from how unevenly neighbours follow each other.

    Parameters
    ----------
    values : ndarray, shape (pictures,)
        At the pictures' own rate. NaN are left out.

    Returns
    -------
    float
        In the signal's unit; NaN where there are fewer than 9 pictures. White noise of deviation 1 makes
        sixth differences of deviation sqrt(924); of a shake of 3 Hz at 15 pictures a second they leave a
        tenth, where second differences leave half. The median keeps movement, which is rare, out of it.
    """
    values = values[np.isfinite(values)]
    if len(values) < 9:
        return float("nan")
    return float(np.median(np.abs(np.diff(values, 6))) / 0.6745 / np.sqrt(924))


def restlessness(bands: Sequence[Floats], rate: float) -> float:
    """How much a signal moves while nothing happens: its deviation in the quietest quarter of the seconds.

    Parameters
    ----------
    bands : sequence of ndarray, shape (samples,)
        Pieces of the signal in the band that matters.
    rate : float
        Samples per second.

    Returns
    -------
    float
        Root mean square, in the signal's unit; 0 where no piece lasts a second.
    """
    second = round(rate)
    kernel = np.ones(second) / second
    power = [np.convolve(band**2, kernel, "valid") for band in bands if len(band) >= second]
    return float(np.percentile(np.concatenate(power), 25) ** 0.5) if power else 0.0


def median_smooth(values: Floats, width: int) -> Floats:
    """Running median over an odd number of samples; NaN stay NaN and do not spread."""
    from scipy.ndimage import median_filter

    smooth = values.copy()
    for first, last in runs(np.isfinite(values)):
        smooth[first:last] = median_filter(values[first:last], size=width | 1, mode="nearest")
    return smooth


def settle(states: NDArray[np.int64], shortest: int) -> NDArray[np.int64]:
    """Give runs of a state that are too short to the longer neighbour, the shortest runs first.

    Parameters
    ----------
    states : ndarray, shape (samples,)
        A number for each state.
    shortest : int
        Samples that a run must last.

    Returns
    -------
    ndarray, shape (samples,)
        No run is shorter than `shortest`, unless it is the only one. Settling again changes nothing.
    """
    edges = np.flatnonzero(np.diff(states)) + 1
    lengths = np.diff(np.concatenate([[0], edges, [len(states)]])).tolist()
    labels = states[np.concatenate([[0], edges])].tolist() if len(states) else []
    done: list[_Run] = []
    open_runs: list[_Run] = []  # from one run that is long enough to the next: they alone decide about these
    for run in zip(labels, lengths, strict=False):
        open_runs.append(run)
        if run[1] >= shortest:
            open_runs = _settled(open_runs, shortest)
            done += open_runs[:-1]
            open_runs = open_runs[-1:]
    done += _settled(open_runs, shortest)
    return np.repeat(np.array([label for label, _ in done], np.int64), [length for _, length in done])


_Run = tuple[int, int]
"""A state and for how many samples it lasts."""


def _settled(pending: list[_Run], shortest: int) -> list[_Run]:
    """The same for a few runs."""
    while len(pending) > 1 and min(length for _, length in pending) < shortest:
        # Of equally short runs, one between two of the same state goes first: it is the surest flicker.
        worst = min(range(len(pending)), key=lambda i: (pending[i][1], not _flickers(pending, i), i))
        sides = [pending[i] for i in (worst - 1, worst + 1) if 0 <= i < len(pending)]
        pending[worst] = (max(sides, key=lambda run: run[1])[0], pending[worst][1])
        joined = pending[:1]
        for label, length in pending[1:]:
            if label == joined[-1][0]:
                joined[-1] = (label, joined[-1][1] + length)
            else:
                joined.append((label, length))
        pending = joined
    return pending


def _flickers(pending: list[_Run], index: int) -> bool:
    return 0 < index < len(pending) - 1 and pending[index - 1][0] == pending[index + 1][0]
