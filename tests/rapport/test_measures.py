"""Whether partners talk at each other's rate."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.rapport.codebook import load_codebook
from pipeline.rapport.coding import set_scene
from pipeline.rapport.measures import measure
from pipeline.rapport.score import read_actions
from tests.rapport.made import made

RATIO, FOLLOWS = "speech_rate_ratio_to_others", "correlation_of_speech_rate_with_turn_before"


def measured(turns):
    """Measures of a meeting of turns given as who, words and words a second."""
    lines, at = [], 0.0
    for who, words, rate in turns:
        lines.append((who, at, at + words / rate, "word " * words))
        at += words / rate + 0.2
    table = made(lines)
    scene, _ = set_scene(table, {}, "", load_codebook())
    return measure(scene, read_actions(table), {})


def test_the_ratio_is_that_of_all_talk_of_either():
    found = measured([("S", 10, 2.0), ("C", 30, 3.0), ("S", 20, 2.0)])
    assert found["S"]["speech_rate_words_per_second"] == pytest.approx(2.0)
    assert found["S"][RATIO] == pytest.approx(2 / 3)
    assert found["C"][RATIO] == pytest.approx(3 / 2)


def test_who_follows_the_others_rate_is_told_from_who_does_not():
    rng = np.random.default_rng(1)
    rates = rng.uniform(2, 5, 60)
    turns = [turn for rate in rates for turn in (("C", 12, rate), ("S", 12, 0.5 * rate + 1.5))]
    found = measured(turns)
    assert found["S"][FOLLOWS] == pytest.approx(1.0)
    assert abs(found["C"][FOLLOWS]) < 0.4  # whose rates are drawn by lot


def test_a_few_turns_or_listening_tell_no_rate():
    few = measured([("S", 10, 2.0), ("C", 10, 3.0)] * 3)
    assert few["S"][FOLLOWS] is None
    assert few["S"][RATIO] is not None
    assert measured([("S", 10, 2.0), ("C", 1, 3.0)])["C"][RATIO] is None


def test_a_rate_that_never_changes_follows_nothing():
    assert measured([("S", 10, 2.0), ("C", 10, 2.0)] * 12)["S"][FOLLOWS] is None
