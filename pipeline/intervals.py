"""Runs of a mask, and how much of a stretch of time is covered by intervals.

Interval algebra comes from pyannote.core; its `crop` to one segment walks the whole timeline, which a meeting
of two hours with thousands of turns cannot afford.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray


def coverage(spans: Iterable[tuple[float, float]]) -> Callable[[float, float], float]:
    """A function that tells how many seconds between two moments are covered by any of the spans.

    Parameters
    ----------
    spans : iterable of (start, end)
        In any order; they may overlap.

    Returns
    -------
    callable
        ``covered(start, end)`` in seconds.
    """
    from pyannote.core import Segment, Timeline

    joined = Timeline(Segment(*span) for span in spans if span[1] > span[0]).support()
    edges = np.array([edge for span in joined for edge in (span.start, span.end)] or [0.0])
    lengths = [length for span in joined for length in (span.duration, 0.0)]
    until = np.concatenate([[0.0], np.cumsum(lengths[:-1])])

    def covered(start: float, end: float) -> float:
        return float(np.interp(end, edges, until) - np.interp(start, edges, until))

    return covered


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First index of each run of True, and the one after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
