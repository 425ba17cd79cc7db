"""Coefficients against published examples and independent libraries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.agreement.coefficients import (
    Units,
    cohen_kappa,
    expected_disagreement,
    krippendorff_alpha,
    modified_kappa,
    observed_disagreement,
    unitizing_alpha,
)

tables = st.integers(2, 5).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 30), min_size=n, max_size=n), min_size=n, max_size=n)
)


def values_of(table):
    """The two coders' values that make a table."""
    pairs = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def test_cohens_own_example():
    # Cohen 1960, table 2: 200 cases, agreement .70, by chance .41.
    assert cohen_kappa([[88, 10, 2], [14, 40, 6], [18, 10, 12]]) == pytest.approx(0.492, abs=0.0005)


@settings(deadline=None)
@given(tables)
def test_cohens_kappa_is_scikits(table):
    metrics = pytest.importorskip("sklearn.metrics")
    a, b = values_of(table)
    ours = float(cohen_kappa(table))
    if len({*a, *b}) < 2:
        assert np.isnan(ours)
    else:
        assert ours == pytest.approx(metrics.cohen_kappa_score(a, b), abs=1e-9)


def test_krippendorffs_two_observers():
    # Krippendorff 2011, B: nominal data, two observers, no missing data; alpha = .692.
    meg, owen = "aabbdcccedda", "babbbccceddd"
    names = sorted({*meg, *owen})
    table = np.zeros((len(names), len(names)))
    for one, other in zip(meg, owen, strict=True):
        table[names.index(one), names.index(other)] += 1
    assert krippendorff_alpha(table + table.T) == pytest.approx(0.692, abs=0.0005)


def test_krippendorffs_four_observers_with_missing_data():
    # Krippendorff 2011, C: the published matrix of coincidences of 40 values; alpha = .743.
    third = 1 / 3
    coincidences = [
        [7, 4 * third, third, third, 0],
        [4 * third, 10, 4 * third, third, 0],
        [third, 4 * third, 8, third, 0],
        [third, third, third, 4, 0],
        [0, 0, 0, 0, 3],
    ]
    assert krippendorff_alpha(coincidences) == pytest.approx(0.743, abs=0.0005)


@settings(deadline=None)
@given(tables)
def test_alpha_is_the_krippendorff_packages(table):
    krippendorff = pytest.importorskip("krippendorff")
    a, b = values_of(table)
    matrix = np.array(table)
    ours = float(krippendorff_alpha(matrix + matrix.T))
    if len({*a, *b}) < 2:
        assert np.isnan(ours)
    else:
        theirs = krippendorff.alpha(reliability_data=[a, b], level_of_measurement="nominal")
        assert ours == pytest.approx(theirs, abs=1e-9)


def iterated_kappa(table, rounds):
    """The modified kappa as EasyDIAg and ELAN get it: by iterative proportional fitting."""
    counts = np.array(table, float)
    counts[:-1, :-1] *= 2
    fitted = np.ones_like(counts)
    fitted[-1, -1] = 0
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(rounds):
            fitted = np.nan_to_num(fitted * (counts.sum(1) / fitted.sum(1))[:, None])
            fitted = np.nan_to_num(fitted * (counts.sum(0) / fitted.sum(0))[None])
    observed, expected = np.trace(counts) / counts.sum(), np.trace(fitted) / counts.sum()
    return (observed - expected) / (1 - expected)


@settings(deadline=None)
@given(tables)
def test_the_closed_form_is_where_proportional_fitting_ends(table):
    found = np.array(table) + 1
    found[-1, -1] = 0
    if len(found) < 3:
        assert np.isnan(modified_kappa(found))  # one label: there is nothing to call it otherwise
    else:
        assert modified_kappa(found) == pytest.approx(iterated_kappa(found, 500), abs=1e-6)


def test_modified_kappa_by_hand():
    # 10 pairs, 8 alike; A alone one of each label, B alone two of the first: 24 events.
    # Rows: 12 + 1, 8 + 1 (22 in all); columns: 12 + 2, 8 (22 in all).
    found = [[5, 1, 1], [1, 3, 1], [2, 0, 0]]
    expected = 20 / 24 * (13 * 14 + 9 * 8) / (22 * 22)
    assert modified_kappa(found) == pytest.approx((16 / 24 - expected) / (1 - expected))


def test_undefined_is_not_a_number():
    for coefficient in (cohen_kappa, krippendorff_alpha):
        assert np.isnan(coefficient([[7, 0], [0, 0]]))
        assert np.isnan(coefficient(np.zeros((2, 2))))
    assert np.isnan(modified_kappa(np.zeros((3, 3))))
    assert np.isnan(unitizing_alpha([], 100))


def published_units():
    """Krippendorff 2004, p. 254: two observers, categories c and k, a continuum of 300 from 150."""

    def units(*spans):
        return [(begin - 150, begin - 150 + length) for begin, length in spans]

    c = Units(units((225, 70), (370, 30)), units((220, 80), (355, 20), (400, 20)))
    k = Units(units((180, 60), (300, 50)), units((180, 60), (300, 50)))
    return c, k


def test_krippendorffs_unitizing_example():
    c, k = published_units()
    assert observed_disagreement(c, 300) == pytest.approx(0.0144, abs=0.00005)
    assert expected_disagreement(c, 300) == pytest.approx(0.0532, abs=0.00005)
    assert unitizing_alpha([c], 300) == pytest.approx(0.7286, abs=0.00005)
    assert observed_disagreement(k, 300) == 0
    assert expected_disagreement(k, 300) == pytest.approx(0.0490, abs=0.00005)
    assert unitizing_alpha([k], 300) == 1
    assert unitizing_alpha([c, k], 300) == pytest.approx(0.8591, abs=0.0005)  # published from rounded parts


def spans(draw):
    edges = sorted(draw(st.sets(st.integers(0, 60), max_size=12)))
    return list(zip(edges[::2], edges[1::2], strict=False))


@settings(deadline=None)
@given(st.data())
def test_expected_disagreement_is_the_published_sum(data):
    a, b = (data.draw(st.composite(spans)()) for _ in range(2))
    lengths = [end - begin for begin, end in (*a, *b)]
    gaps = []
    for side in (a, b):
        edges = [0, *(edge for span in side for edge in span), 60]
        gaps += [end - begin for begin, end in zip(edges[::2], edges[1::2], strict=True)]
    on_units = sum((len(lengths) - 1) * n * (n - 1) * (2 * n - 1) / 3 for n in lengths)
    in_gaps = sum(n**2 * (gap - n + 1) for n in lengths for gap in gaps if gap >= n)
    pairs = 120 * 119 - sum(n * (n - 1) for n in lengths)
    assert expected_disagreement(Units(a, b), 60) == pytest.approx(2 / 60 * (on_units + in_gaps) / pairs)


@settings(deadline=None)
@given(st.data())
def test_unitizing_alpha_takes_the_coders_in_either_order(data):
    a, b = (data.draw(st.composite(spans)()) for _ in range(2))
    one, other = unitizing_alpha([Units(a, b)], 60), unitizing_alpha([Units(b, a)], 60)
    assert one == pytest.approx(other, nan_ok=True)
    if a:
        assert unitizing_alpha([Units(a, a)], 60) == pytest.approx(1)
