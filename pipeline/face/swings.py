"""Rows of swings: where something turns to and fro, quickly, evenly and far enough."""

from __future__ import annotations

import math
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


def find_chains(band: Floats, smooth: Floats, noise: float, settings: HeadGestureSettings) -> list[Chain]:
    """Rows of swings that are quick, even and large enough.

    Parameters
    ----------
    band, smooth : ndarray, shape (samples,)
        The angle in the band of gestures, and with nothing but the fast noise taken away. The first says
        where it turns, the second how far: a filter answers a single movement with swings that were never
        there.
    noise : float
        Standard deviation of the noise in the band, in degrees; NaN if not known.
    settings : HeadGestureSettings
        See there.
    """
    limit = settings.least if np.isnan(noise) else max(settings.least, settings.over_noise * noise)
    points = turning_points(band, limit / 2)
    need = math.ceil(2 * settings.cycles)
    sizes, seconds, good = [], [], []
    for here, there in pairwise(points):
        swing = band[there] - band[here]
        sizes.append(float(np.sign(swing) * (smooth[there] - smooth[here])))
        seconds.append((there - here) / RATE)
        quick = settings.quickest <= seconds[-1] <= settings.slowest
        good.append(quick and sizes[-1] > _REAL * abs(swing))

    def counts(sizes: list[float], seconds: list[float]) -> bool:
        even = min(sizes) >= settings.even * max(sizes) and max(seconds) <= settings.rhythm * min(seconds)
        return even and float(np.mean(sizes)) >= limit

    found = []
    for first, last in runs(np.array(good, bool)):
        at = first
        while at + need <= last:
            starts = range(at, last - need + 1)
            core = next((i for i in starts if counts(sizes[i : i + need], seconds[i : i + need])), None)
            if core is None:
                break
            left, right = core, core + need
            least = max(settings.trail * float(np.mean(sizes[left:right])), 0.75 * limit)
            while (more := _reach(sizes[at:left][::-1], least)) > 0:
                left -= more
            while (more := _reach(sizes[right:last], least)) > 0:
                right += more
            ends = (points[core], points[core + need])
            found.append(Chain(points[left : right + 1], sizes[left:right], ends))
            at = right
    return found


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
