"""Effect sizes with intervals, for few observations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Z = 1.959964
"""Standard deviations within which 95 % of a normal distribution lie."""
EDGE = 1e-9
"""How near to no overlap is none."""
DRAWS = 2000
SEED = 1


def cliffs_delta(a: Floats, b: Floats) -> float:
    """How much more often a value of `a` is greater than one of `b` than smaller, -1 to 1.

    Cliff (1993), Dominance statistics, Psychological Bulletin 114(3), 494-509.
    """
    ordered = np.sort(b)
    below = np.searchsorted(ordered, a, "left").sum()
    above = (len(b) - np.searchsorted(ordered, a, "right")).sum()
    return float((below - above) / (len(a) * len(b)))


def hedges_g(a: Floats, b: Floats) -> float:
    """Difference of means in pooled standard deviations, corrected for small numbers; NaN without spread.

    Hedges (1981), Distribution theory for Glass's estimator of effect size, Journal of Educational Statistics
    6(2), 107-128.
    """
    free = len(a) + len(b) - 2
    if free < 1 or min(len(a), len(b)) < 2 or (np.ptp(a) == 0 and np.ptp(b) == 0):
        return math.nan  # the variance of a constant may be anything near 0
    pooled = math.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / free)
    return float((a.mean() - b.mean()) / pooled * (1 - 3 / (4 * free - 1))) if pooled > 0 else math.nan


def spearman(x: Floats, y: Floats) -> float:
    """Rank correlation; NaN where one of them does not vary."""
    from scipy.stats import rankdata

    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return math.nan
    return float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])


def cliffs_interval(a: Floats, b: Floats) -> tuple[float, float]:
    """95 % interval of Cliff's delta, asymmetric towards 0, also where the groups do not overlap.

    A bootstrap is far too sure of few observations, and sure of a point where there is no overlap. This is
    method 5 of Newcombe (2006), Confidence intervals for an effect size measure based on the Mann-Whitney
    statistic, Part 2, Statistics in Medicine 25(4), 559-573, of theta = (delta + 1) / 2.
    """
    from scipy.optimize import brentq

    m, n, found = len(a), len(b), (cliffs_delta(a, b) + 1) / 2

    def beyond(theta: float) -> float:
        spread = 1 + ((m + n) / 2 - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return float((found - theta) ** 2 - Z**2 * theta * (1 - theta) * spread / (m * n))

    low = brentq(beyond, 0, min(found, 1 - EDGE)) if found > EDGE else 0.0
    high = brentq(beyond, max(found, EDGE), 1) if found < 1 - EDGE else 1.0
    return 2 * float(low) - 1, 2 * float(high) - 1


def interval(
    effect: Callable[[Floats, Floats], float], a: Floats, b: Floats, *, paired: bool = False
) -> tuple[float, float]:
    """95 % percentile bootstrap interval of an effect, the same at every run; NaN where it is undefined.

    Groups are drawn each by itself, pairs together.
    """
    rng, drawn = np.random.default_rng(SEED), []
    for _ in range(DRAWS):
        i = rng.integers(len(a), size=len(a))
        j = i if paired else rng.integers(len(b), size=len(b))
        drawn.append(effect(a[i], b[j]))
    known = np.array([value for value in drawn if not math.isnan(value)])
    if len(known) < 0.95 * DRAWS:
        return math.nan, math.nan
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Make q values of p values.

    A q is the share of false findings that is accepted with everything of that q and below. NaN stays NaN and
    is not counted. Benjamini & Hochberg (1995), Controlling the false discovery rate, Journal of the Royal
    Statistical Society B 57(1), 289-300.
    """
    known = sorted((value, i) for i, value in enumerate(p) if not math.isnan(value))
    found, least = [math.nan] * len(p), 1.0
    for rank, (value, i) in reversed(list(enumerate(known, start=1))):
        least = min(least, value * len(known) / rank)
        found[i] = least
    return found
