"""The same words earn once in a step, however many codes they were given."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence


def best_apart(spans: Sequence[tuple[float, float]], worth: Sequence[float]) -> list[int]:
    """Which of some intervals to keep so that no two overlap and their worth is highest.

    One more interval never lowers that sum, so that a score of it is monotone; taking the best of every pair
    that overlaps would not be. (Weighted interval scheduling: J. Kleinberg & É. Tardos 2005, Algorithm
    Design, section 6.1.)

    Parameters
    ----------
    spans : sequence of (start, end)
    worth : sequence of float
        Not negative.

    Returns
    -------
    list of int
        Indices in `spans`, in order.
    """
    order = sorted(range(len(spans)), key=lambda i: spans[i][1])
    ends = [spans[i][1] for i in order]
    before = [bisect_right(ends, spans[i][0], 0, k) for k, i in enumerate(order)]
    best = [0.0]
    for k, i in enumerate(order):
        best.append(max(best[k], best[before[k]] + worth[i]))
    kept, k = [], len(order)
    while k:
        i = order[k - 1]
        if best[before[k - 1]] + worth[i] >= best[k - 1]:
            kept.append(i)
            k = before[k - 1]
        else:
            k -= 1
    return sorted(kept)
