"""A figure with what it rests on: how many events, and how much it would change with other minutes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.agreement.events import Floats

FEW = 10
"""Events below which a coefficient would say more about chance than about coders."""
BLOCK = 60.0
"""Seconds of a block; what is said or done within a minute depends on each other."""
FEWEST_BLOCKS = 20
DRAWS = 1000
SEED = 1
DEFINED = 0.95
"""Share of draws in which a figure must be defined for its interval to mean anything."""


@dataclass(frozen=True)
class Figure:
    """A figure of agreement.

    Attributes
    ----------
    value : float or None
        None where it is undefined.
    low, high : float or None
        95 % interval of a bootstrap over stretches of the meeting; None where there is none.
    events : int
        How many events it rests on.
    why : str
        Why there is no value or no interval.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    events: int = 0
    why: str = ""


class Draws:
    """Blocks of the meeting drawn with replacement, the same for every figure.

    Parameters
    ----------
    start, end : float
        Seconds of what is compared. Blocks last a minute, less in what is shorter than twenty minutes.
    """

    def __init__(self, start: float, end: float) -> None:
        self.blocks = max(FEWEST_BLOCKS, int(np.ceil((end - start) / BLOCK)))
        self.edges: Floats = np.linspace(start, end, self.blocks + 1)
        self._edges: list[float] = self.edges.tolist()
        rng = np.random.default_rng(SEED)
        self.weights = rng.multinomial(self.blocks, [1 / self.blocks] * self.blocks, DRAWS).astype(float)

    def block(self, second: float) -> int:
        """Number of the block that holds a moment."""
        return min(max(bisect_right(self._edges, second) - 1, 0), self.blocks - 1)

    def figure(
        self,
        counts: Floats,
        coefficient: Callable[[Floats], Floats],
        events: int,
        *,
        few: int = FEW,
        undefined: str = "one category",
    ) -> Figure:
        """A figure with its interval.

        Parameters
        ----------
        counts : ndarray, shape (blocks, ...)
            What is counted in each block; their sum is the meeting's.
        coefficient : callable
            Makes figures of counts, shape (draws, ...), NaN where undefined.
        events : int
            How many events it rests on.
        few : int
            Events below which there is no value.
        undefined : str
            What it means that the coefficient is NaN.
        """
        if events < max(few, 1):
            return Figure(events=events, why=too_few(events))
        value = float(coefficient(counts.sum(0)[None])[0])
        if np.isnan(value):
            return Figure(events=events, why=undefined)
        if events < FEW:
            return Figure(value, events=events, why=f"no interval, {too_few(events)}")
        drawn = coefficient(np.tensordot(self.weights, counts, 1))
        drawn = drawn[~np.isnan(drawn)]
        if len(drawn) < DEFINED * DRAWS:
            return Figure(value, events=events, why="no interval, they come together in few places")
        low, high = np.percentile(drawn, [2.5, 97.5])
        return Figure(value, float(low), float(high), events)


def too_few(events: int) -> str:
    """Why a figure is missing."""
    return f"{events} event{'' if events == 1 else 's'}: too few"


def dice(counts: Floats) -> Floats:
    """F1, which is Dice's: twice what both have by what each has; shape (..., 3) of both, A, B."""
    each = counts[..., 1] + counts[..., 2]
    shares: Floats = 2 * counts[..., 0] / np.where(each > 0, each, np.nan)
    return shares
