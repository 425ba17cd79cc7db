"""Coefficients of agreement that take chance into account, from tables of who said what.

Kappas and alpha take any number of tables at once, so that a bootstrap is one call. What is undefined is NaN.

References
----------
Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and Psychological Measurement 20,
37-46.
Holle, H. & Rein, R. (2015). EasyDIAg: A tool for easy determination of interrater agreement. Behavior
Research Methods 47, 837-847.
Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability. University of Pennsylvania.
Krippendorff, K. (1995). On the reliability of unitizing continuous data. Sociological Methodology 25, 47-76.
Krippendorff, K. (2004). Content analysis, 2nd ed., 251-256. Sage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
CERTAIN = 1e-9
"""Chance agreement that is nearer to 1 than this leaves nothing to agree on."""


def cohen_kappa(table: ArrayLike) -> Floats:
    """Cohen's kappa (1960).

    Parameters
    ----------
    table : array_like, shape (..., categories, categories)
        How much the first coder put in the row's category and the second in the column's; counts or seconds.

    Returns
    -------
    ndarray, shape (...)
        NaN where both used one category alone.
    """
    counts = np.asarray(table, float)
    whole = counts.sum((-2, -1))
    expected = (counts.sum(-1) * counts.sum(-2)).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _beyond_chance(_diagonal(counts) / whole, expected / whole**2)


def modified_kappa(table: ArrayLike) -> Floats:
    """Kappa of events of which some were found by one coder alone (Holle & Rein 2015; `kappa_ipf` in ELAN).

    Linked events count twice, once for each coder's, and the cell of what neither found is empty by design.
    Chance agreement is the diagonal of the table that is fitted to the margins with this cell left out.
    EasyDIAg and ELAN fit by iteration; with a single empty cell the fit has a closed form.

    Parameters
    ----------
    table : array_like, shape (..., labels + 1, labels + 1)
        Numbers of events, each linked pair counted once; the last row and column are "not found".

    Returns
    -------
    ndarray, shape (...)
        NaN where fewer than two labels occur.
    """
    counts = np.array(table, float)
    counts[..., :-1, :-1] *= 2
    rows, columns = counts.sum(-1)[..., :-1], counts.sum(-2)[..., :-1]
    whole = counts.sum((-2, -1))
    linked = counts[..., :-1, :-1].sum((-2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = (rows * columns).sum(-1) / (rows.sum(-1) * columns.sum(-1))
        kappa = _beyond_chance(_diagonal(counts) / whole, linked / whole * alike)
    return np.where((rows + columns > 0).sum(-1) < 2, np.nan, kappa)


def krippendorff_alpha(coincidences: ArrayLike) -> Floats:
    """Krippendorff's alpha for nominal data (2011).

    Parameters
    ----------
    coincidences : array_like, shape (..., categories, categories)
        Pairs of values of the same unit, each in both orders; for two coders their table and its transpose.

    Returns
    -------
    ndarray, shape (...)
        NaN where one category alone occurs.
    """
    pairs = np.asarray(coincidences, float)
    totals = pairs.sum(-1)
    whole = totals.sum(-1)
    observed = whole - _diagonal(pairs)
    expected = whole**2 - (totals**2).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha: Floats = 1 - (whole - 1) * observed / np.where(expected > 0, expected, np.nan)
    return alpha


def _diagonal(tables: Floats) -> Floats:
    return np.trace(tables, axis1=-2, axis2=-1)


def _beyond_chance(observed: Floats, expected: Floats) -> Floats:
    left = np.where(expected > 1 - CERTAIN, np.nan, 1 - expected)
    return (observed - expected) / left


@dataclass(frozen=True)
class Units:
    """What two coders marked as one category on a continuum.

    Attributes
    ----------
    a, b : sequence of (int, int)
        Begin and end of each unit in ticks; in order, and no two of one coder overlapping.
    """

    a: Sequence[tuple[int, int]]
    b: Sequence[tuple[int, int]]


def unitizing_alpha(categories: Sequence[Units], length: int) -> float:
    """Krippendorff's alpha for unitizing, of two coders (1995; 2004).

    Tells how well two coders place units on a continuum: disagreement is the squared distance between the
    edges of units that overlap, and the squared length of units that overlap none of the other's.

    Parameters
    ----------
    categories : sequence of Units
        One for each category.
    length : int
        Ticks of the continuum.

    Returns
    -------
    float
        NaN where nobody marked anything.
    """
    observed = sum(observed_disagreement(units, length) for units in categories)
    expected = sum(expected_disagreement(units, length) for units in categories)
    return 1 - observed / expected if expected > 0 else float("nan")


def observed_disagreement(units: Units, length: int) -> float:
    """Mean squared difference between what both coders marked, as a share of the squared continuum."""
    a, b = _spans(units.a), _spans(units.b)
    # Units of one coder do not overlap, so those that overlap one of the other's are neighbours.
    first = np.searchsorted(b[:, 1], a[:, 0], side="right")
    last = np.searchsorted(b[:, 0], a[:, 1], side="left")
    number = np.maximum(last - first, 0)
    mine = np.repeat(np.arange(len(a)), number)
    theirs = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number) + first[mine]
    apart = float(((a[mine] - b[theirs]) ** 2).sum())
    for spans, met in ((a, mine), (b, theirs)):
        alone = np.ones(len(spans), bool)
        alone[met] = False
        apart += float(((spans[alone, 1] - spans[alone, 0]) ** 2).sum())
    return apart / float(length) ** 2


def expected_disagreement(units: Units, length: int) -> float:
    """The same if the units and gaps of both coders lay anywhere on the continuum."""
    a, b = _spans(units.a), _spans(units.b)
    lengths = np.concatenate([a[:, 1] - a[:, 0], b[:, 1] - b[:, 0]])
    gaps = np.sort(np.concatenate([_gaps(a, length), _gaps(b, length)]))
    longer_sums = np.concatenate([np.cumsum(gaps[::-1])[::-1], [0.0]])
    first = np.searchsorted(gaps, lengths, side="left")
    number = len(gaps) - first
    in_gaps = lengths**2 * (longer_sums[first] - number * (lengths - 1))
    on_units = (len(lengths) - 1) / 3 * (2 * lengths**3 - 3 * lengths**2 + lengths)
    whole = 2.0 * length
    pairs = whole * (whole - 1) - float((lengths * (lengths - 1)).sum())
    return 2 / length * float((on_units + in_gaps).sum()) / pairs if pairs > 0 else 0.0


def _spans(units: Sequence[tuple[int, int]]) -> Floats:
    return np.array(units, float).reshape(-1, 2)


def _gaps(spans: Floats, length: int) -> Floats:
    """Lengths of what lies between the units, before the first and after the last."""
    edges = np.concatenate([[0.0], spans.ravel(), [float(length)]])
    between = edges[1::2] - edges[::2]
    return between[between > 0]
