import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.face.movement import (
    band_pass,
    frame_rate,
    longest_gap,
    median_smooth,
    noise_level,
    on_grid,
    settle,
    stretches,
    turning_points,
)


def wave(times: np.ndarray, hz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * times)


def test_frame_rate_is_the_usual_one_in_spite_of_lost_pictures():
    times = np.delete(np.arange(0, 10, 0.04), [5, 6, 80, 81, 82])
    assert frame_rate(times) == pytest.approx(25)
    assert frame_rate(np.array([1.0])) == 0
    assert frame_rate(np.array([])) == 0


@pytest.mark.parametrize("rate", [10, 15, 25, 30])
@pytest.mark.parametrize("hz", [1.0, 2.0, 3.0])
def test_the_grid_keeps_a_movements_size_at_any_frame_rate(rate, hz):
    rng = np.random.default_rng(1)
    times = np.sort((np.arange(20 * rate) + rng.uniform(-0.2, 0.2, 20 * rate)) / rate)
    (piece,) = stretches(times, wave(times, hz)[None], 30)
    inner = slice(30, -30)
    assert np.abs(piece.values[0] - wave(piece.times, hz))[inner].max() < (0.25 if hz * 3.4 > rate else 0.12)


def test_long_gaps_stay_open_and_short_ones_are_drawn():
    times = np.concatenate([np.arange(0, 2, 0.1), np.arange(2.1, 4, 0.1), np.arange(6, 8, 0.1)])
    pieces = stretches(times, wave(times, 1)[None], 30)
    assert [(round(p.times[0], 1), round(p.times[-1], 1)) for p in pieces] == [(0.0, 3.9), (6.0, 7.9)]
    grid, drawn = on_grid(times, wave(times, 1)[None], 30)
    hole = (grid > 3.91) & (grid < 5.99)
    assert np.isnan(drawn[0][hole]).all() and np.isfinite(drawn[0][~hole]).all()


def test_a_gap_counts_against_the_usual_step():
    assert longest_gap(np.arange(0, 10, 0.2)) == pytest.approx(0.5)
    assert longest_gap(np.arange(0, 10, 0.04)) == pytest.approx(0.25)


def test_nothing_comes_of_nothing():
    empty = np.empty(0)
    assert stretches(empty, np.empty((2, 0)), 30) == []
    assert stretches(np.array([1.0]), np.array([[2.0]]), 30) == []
    assert on_grid(empty, np.empty((2, 0)), 30)[1].shape == (2, 0)
    assert stretches(np.arange(5.0), np.full((1, 5), np.nan), 30) == []
    assert on_grid(np.array([1.0]), np.array([[2.0]]), 30)[1].tolist() == [[2.0]]


def test_pictures_with_the_same_time_do_no_harm():
    times = np.repeat(np.arange(0, 3, 0.1), 2)
    (piece,) = stretches(times, wave(times, 1)[None], 30)
    assert np.isfinite(piece.values).all()


@pytest.mark.parametrize(("hz", "kept"), [(0.1, 0.0), (1.0, 0.95), (2.0, 1.0), (3.0, 0.85), (8.0, 0.0)])
def test_the_band_holds_gestures_and_nothing_else(hz, kept):
    times = np.arange(0, 30, 1 / 30)
    passed = band_pass(wave(times, hz), 30, 0.6, 4.0)[150:-150]
    assert np.abs(passed).max() == pytest.approx(kept, abs=0.06)


def test_turning_points_alternate_and_are_far_enough_apart():
    values = np.random.default_rng(0).normal(0, 1, 2000).cumsum()
    points = turning_points(values, 5.0)
    moves = np.diff(values[points])
    assert (np.abs(moves) >= 5).all()
    assert (np.sign(moves[1:]) != np.sign(moves[:-1])).all()
    assert turning_points(np.zeros(50), 1.0) == []
    assert turning_points(np.empty(0), 1.0) == []


def test_turning_points_of_a_sine():
    times = np.arange(0, 3, 0.01)
    points = turning_points(wave(times, 1), 1.0)
    assert times[points[1:-1]] == pytest.approx([0.25, 0.75, 1.25, 1.75, 2.25], abs=0.011)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0.5, 4))
def test_turning_points_do_not_care_for_sign_or_offset(seed, least):
    values = np.random.default_rng(seed).normal(0, 1, 300)
    points = turning_points(values, least)
    assert turning_points(-values, least) == points
    assert turning_points(values + 1000.0, least) == points


@pytest.mark.parametrize("rate", [10, 30])
def test_noise_is_measured_beside_movement(rate):
    rng = np.random.default_rng(3)
    times = np.arange(0, 60, 1 / rate)
    values = rng.normal(0, 0.7, len(times)) + 3 * wave(times, 0.2)
    values[: 3 * rate] += 6 * wave(times[: 3 * rate], 2)
    assert noise_level(values) == pytest.approx(0.7, rel=0.2)
    assert np.isnan(noise_level(values[:3]))


def test_the_median_leaves_gaps_and_does_not_spread_them():
    values = np.array([0, 0, 9, 0, 0, np.nan, 5, 5, 5])
    assert np.array_equal(median_smooth(values, 3), [0, 0, 0, 0, 0, np.nan, 5, 5, 5], equal_nan=True)


STATES = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 12)), max_size=40)


@settings(max_examples=200, deadline=None)
@given(STATES, st.integers(1, 10))
def test_settled_states_last_and_stay_settled(runs, shortest):
    states = np.repeat([s for s, _ in runs], [n for _, n in runs]).astype(np.int64)
    settled = settle(states, shortest)
    assert len(settled) == len(states)
    assert np.array_equal(settle(settled, shortest), settled)
    lengths = np.diff(np.concatenate([[0], np.flatnonzero(np.diff(settled)) + 1, [len(settled)]]))
    assert len(lengths) == 1 or lengths.min() >= shortest
    assert set(settled.tolist()) <= set(states.tolist())


def test_a_flicker_is_given_back():
    states = np.array([0] * 10 + [1] * 2 + [0] * 10 + [2] * 8)
    assert settle(states, 5).tolist() == [0] * 22 + [2] * 8
