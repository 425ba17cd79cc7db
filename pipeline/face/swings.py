"""Rows of swings: where something turns to and fro, quickly, evenly and far enough."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipeline.face.movement import Floats, turning_points
from pipeline.intervals import runs

if TYPE_CHECKING:
    from pipeline.face.head_gestures import HeadGestureSettings

RATE = 30.0
"""Samples per second of the grid."""
_SLOPE = 0.15
"""Share of a swing's top speed from which on the head counts as moving."""
_REAL = 0.4
"""Share of a filtered swing that must be there in the unfiltered signal; a steady turn takes some away."""


@dataclass(frozen=True)
class Chain:
    """Swings in a row.

    Attributes
    ----------
    points : list of int
        Samples at which the angle turns.
    sizes : list of float
        Degrees of the swings between them.
    core : (int, int)
        Samples between which the swings are large and even.
    """

    points: list[int]
    sizes: list[float]
    core: tuple[int, int]

    @property
    def size(self) -> float:
        """Degrees peak to peak, mean over the swings."""
        return float(np.mean(self.sizes))

    @property
    def rate(self) -> float:
        """Cycles per second; of the first and last swing often only half is there, so the inner ones tell."""
        inner = self.points[1:-1] if len(self.points) > 3 else self.points
        return (len(inner) - 1) / 2 / ((inner[-1] - inner[0]) / RATE)


def find_chains(band: Floats, smooth: Floats, least: float, settings: HeadGestureSettings) -> list[Chain]:
    """Rows of swings that are quick, even and large enough.

    Parameters
    ----------
    band, smooth : ndarray, shape (samples,)
        The angle in the band of gestures, and with nothing but the fast noise taken away. The first says
        where it turns, the second how far: a filter answers a single movement with swings that were never
        there.
    least : float
        Degrees of a swing from which it counts.
    settings : HeadGestureSettings
        See there.
    """
    points = turning_points(band, least / 2)
    need = math.ceil(2 * settings.cycles)
    moves = [_moving(band, here, there) for here, there in pairwise(points)]
    sizes, seconds, good = [], [], []
    for here, there in moves:
        swing = band[there] - band[here]
        sizes.append(float(np.sign(swing) * (smooth[there] - smooth[here])))
        seconds.append((there - here) / RATE)
        quick = settings.quickest <= seconds[-1] <= settings.slowest
        good.append(quick and sizes[-1] > _REAL * abs(swing))

    def counts(sizes: list[float], seconds: list[float]) -> bool:
        even = min(sizes) >= settings.even * max(sizes) and max(seconds) <= settings.rhythm * min(seconds)
        return even and float(np.mean(sizes)) >= least

    found = []
    for first, last in _in_a_row(moves, good, settings.slowest):
        at = first
        while at + need <= last:
            starts = range(at, last - need + 1)
            core = next((i for i in starts if counts(sizes[i : i + need], seconds[i : i + need])), None)
            if core is None:
                break
            left, right = core, core + need
            trail = max(settings.trail * float(np.mean(sizes[left:right])), 0.75 * least)
            while (more := _reach(sizes[at:left][::-1], trail)) > 0:
                left -= more
            while (more := _reach(sizes[right:last], trail)) > 0:
                right += more
            ends = (moves[core][0], moves[core + need - 1][1])
            turns = [moves[left][0], *points[left + 1 : right], moves[right - 1][1]]
            chain = Chain(turns, sizes[left:right], ends)
            if 2 * settings.slowest * chain.rate >= 1:
                found.append(chain)
            at = right
    return found


def _in_a_row(moves: list[tuple[int, int]], good: list[bool], rest: float) -> Iterator[tuple[int, int]]:
    """Runs of good swings without seconds of rest between them, first and one past the last."""
    for first, last in runs(np.array(good, bool)):
        rests = [i for i in range(first + 1, last) if moves[i][0] - moves[i - 1][1] > rest * RATE]
        yield from pairwise([first, *rests, last])


def _moving(band: Floats, here: int, there: int) -> tuple[int, int]:
    """Samples between which a swing moves: one out of stillness, or into it, is not slow for that."""
    along = (band[here : there + 1] - band[here]) / (band[there] - band[here])
    middle = int(np.argmax(along >= 0.5))
    still = np.diff(along) <= 0
    before, after = np.flatnonzero(still[:middle]), np.flatnonzero(still[middle:])
    begin = here + int(before[-1]) + 1 if len(before) else here
    end = here + middle + int(after[0]) if len(after) else there
    return begin, end


def _reach(sizes: list[float], least: float) -> int:
    """How many of the next swings go on with a gesture; up to one cycle of smaller ones does not end it."""
    return next((i + 1 for i, size in enumerate(sizes[:3]) if size >= least), 0)


def dominance(axis: Floats, others: Floats, core: tuple[int, int]) -> float:
    """How much larger the movement about one axis is than about the liveliest other one."""
    inside = slice(core[0], core[1] + 1)
    rest = max(float(np.std(other[inside])) for other in others)
    return float(np.std(axis[inside])) / max(rest, 1e-3)


def edges(smooth: Floats, points: list[int]) -> tuple[int, int]:
    """Samples at which the first swing of a chain begins and the last one ends.

    The turning points of a filtered signal lie in the stillness before and after; the head moves from where
    it is faster than a share of the swing's top speed.
    """
    speed = np.gradient(smooth)

    def walk(here: int, there: int) -> int:
        """From the swing's fastest moment back to the edge at `here`."""
        step = 1 if there > here else -1
        along = speed[here : there + step : step] if there + step >= 0 else speed[here::step]
        along = along * np.sign(along.sum())
        fastest = int(along.argmax())
        slow = np.flatnonzero(along[:fastest] < _SLOPE * along[fastest])
        return here + step * (int(slow[-1]) + 1 if len(slow) else 0)

    return walk(points[0], points[1]), walk(points[-1], points[-2])
