"""Effect sizes against their definitions and against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.corpus.effects import (
    benjamini_hochberg,
    cliffs_delta,
    cliffs_interval,
    hedges_g,
    interval,
    spearman,
)

numbers = st.integers(-20, 20)
values = st.lists(st.integers(-20, 20).map(float), min_size=3, max_size=15).map(np.array)


@given(values, values)
def test_cliffs_delta_counts_pairs_and_is_what_mann_whitney_says(a, b):
    pairs = [np.sign(x - y) for x in a for y in b]
    assert cliffs_delta(a, b) == pytest.approx(np.mean(pairs))
    u = stats.mannwhitneyu(a, b).statistic
    assert cliffs_delta(a, b) == pytest.approx(2 * u / (len(a) * len(b)) - 1)


def test_hedges_g_of_a_worked_example():
    a, b = np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0])  # means 4 and 2, both with variance 1
    assert hedges_g(a, b) == pytest.approx(2.0 * (1 - 3 / 15))
    assert math.isnan(hedges_g(np.ones(3), np.ones(3)))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=20))
def test_spearman_is_scipys(pairs):
    x, y = np.array(pairs, float).T
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert math.isnan(spearman(x, y))
    else:
        assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_q_values_are_scipys_and_leave_out_what_was_not_tested(p):
    q = benjamini_hochberg([math.nan, *p])
    assert math.isnan(q[0])
    assert q[1:] == pytest.approx(stats.false_discovery_control(p))


def test_intervals_are_near_scipys_and_the_same_every_time():
    rng = np.random.default_rng(4)
    a, b = rng.normal(1, 1, 30), rng.normal(0, 1, 25)
    low, high = interval(cliffs_delta, a, b)
    assert (low, high) == interval(cliffs_delta, a, b)
    judge = stats.bootstrap(
        (a, b), cliffs_delta, vectorized=False, method="percentile", n_resamples=2000, rng=9
    ).confidence_interval
    assert (low, high) == pytest.approx(tuple(judge), abs=0.05)
    assert low < cliffs_delta(a, b) < high


def test_intervals_of_a_few_that_do_not_overlap_are_no_points():
    a, b = np.arange(6.0), np.arange(10.0, 16)
    low, high = cliffs_interval(a, b)
    assert low == -1 and -0.75 < high < -0.3
    assert cliffs_interval(b, a) == pytest.approx((-high, -low))


@given(st.lists(numbers, min_size=2, max_size=12), st.lists(numbers, min_size=2, max_size=12))
def test_intervals_of_cliffs_delta_hold_it(one, other):
    a, b = np.array(one, float), np.array(other, float)
    low, high = cliffs_interval(a, b)
    assert -1 <= low <= cliffs_delta(a, b) <= high <= 1


def test_intervals_of_cliffs_delta_hold_the_truth_as_often_as_they_say():
    rng, held = np.random.default_rng(6), 0
    for _ in range(200):
        a, b = rng.normal(1.5, 1, 6), rng.normal(0, 1, 6)
        low, high = cliffs_interval(a, b)
        held += low <= 2 * stats.norm.cdf(1.5 / math.sqrt(2)) - 1 <= high
    assert held >= 182


def test_a_constant_has_no_hedges_g_whatever_its_sums_leave():
    a = np.full(20, 90.36144578313254)
    assert math.isnan(hedges_g(a, a[:18]))


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng, held = np.random.default_rng(5), 0
    for _ in range(20):
        x = rng.normal(size=40)
        y = x + rng.normal(size=40)  # Spearman of 0.690 for a correlation of 0.707
        low, high = interval(spearman, x, y, paired=True)
        held += low <= 6 / math.pi * math.asin(math.sqrt(0.5) / 2) <= high
    assert held >= 17
