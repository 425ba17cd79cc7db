"""The generator of the seven meetings; how well the score tells them apart is measured in `benchmarks/`."""

from __future__ import annotations

import importlib
import sys

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from pipeline.rapport.codebook import load_codebook
from pipeline.rapport.score import read_actions
from pipeline.timeline.table import check, tier
from tests.conftest import ROOT

sys.path.append(str(ROOT / "benchmarks"))
seven = importlib.import_module("seven_meetings")

BOOK = load_codebook()
PERFECT = seven.Detector(missed=0.0, false=0.0)


@pytest.fixture(scope="module")
def meetings() -> dict[int, list[pd.DataFrame]]:
    """Two draws of each, without the errors of a coder."""
    return {number: [seven.draw(number, seed, PERFECT) for seed in range(2)] for number in seven.PROFILES}


def count(table: pd.DataFrame, code: str, who: str = "SC") -> int:
    actions = tier(table, "action")
    return int(((actions["label"] == code) & actions["participant"].isin(list(who))).sum())


def talk_of(table: pd.DataFrame, who: str) -> float:
    turns = tier(table, "turn")
    seconds = turns["end"] - turns["start"]
    return float(seconds[turns["participant"] == who].sum() / seconds.sum())


def test_the_table_of_words_names_codes_of_the_codebook_and_every_meeting():
    named = {
        (number, code)
        for number in seven.PROFILES
        for who in "SC"
        for phase in ("opening", "rest")
        for code in seven.ladder(number, who, phase)
    }
    assert {code for _, code in named} <= set(BOOK.codes)
    assert {(number, "small_talk") for number in range(1, 8)} <= named
    assert set(seven.USUAL) <= set(BOOK.codes)


def test_every_draw_is_a_timeline_that_the_score_can_read(meetings):
    for table, _ in meetings.values():
        actions, turns = read_actions(check(table)), tier(table, "turn")
        assert set(actions["label"]) <= set(BOOK.codes)
        assert set(actions["to"]) == {"S", "C"} and (actions["to"] != actions["participant"]).all()
        assert actions["confidence"].between(*seven.CONFIDENCE).all()
        assert 35 < turns["end"].max() / 60 < 115
        assert (turns["start"].to_numpy()[1:] >= turns["end"].to_numpy()[:-1]).all()


def test_a_seed_gives_the_same_meeting_again_and_another_seed_another():
    assert_frame_equal(seven.draw(7, 0), seven.draw(7, 0))
    assert not seven.draw(7, 0).equals(seven.draw(7, 1))


def test_a_coder_who_errs_misses_actions_and_finds_false_ones(meetings):
    missing = seven.draw(1, 0, seven.Detector(missed=0.5, false=0.0))
    adding = seven.draw(1, 0, seven.Detector(missed=0.0, false=0.5))
    happened = len(tier(meetings[1][0], "action"))
    assert 0.4 * happened < len(tier(missing, "action")) < 0.6 * happened
    assert len(tier(adding, "action")) > 1.1 * happened
    assert count(meetings[1][0], "small_talk") == 0 < count(adding, "small_talk")


def test_the_profiles_are_those_of_the_paper(meetings):
    for first in meetings[1]:
        assert count(first, "monologue", "S") > 0 == count(first, "monologue", "C")
        assert talk_of(first, "C") < 0.3
    for number in (3, 5):
        assert not any(count(table, "monologue") for table in meetings[number])
    for number in (1, 7):
        assert not any(count(table, "small_talk") for table in meetings[number])
    for number in (2, 3):
        assert all(count(table, "small_talk") >= 2 for table in meetings[number])
    assert all(talk_of(table, "S") < 0.5 for table in meetings[5])
    asked = [sum(count(table, "open_question", "S") for table in meetings[n]) for n in (1, 4, 5, 6)]
    assert max(asked[:2]) < min(asked[2:])


def test_pairs_are_counted_between_every_two_draws():
    totals = {1: (10, 40), 4: (20, 30), 2: (50, 25)}
    table = pd.DataFrame([{"meeting": n, "total": float(t)} for n, both in totals.items() for t in both])
    assert seven.pairs_won(table) == 6 / 8
    assert seven.pairs_won(table, (2,), (1,)) == 3 / 4


def test_a_draw_is_scored_for_the_salesperson_and_the_two_together(meetings):
    found = seven.scored(meetings[5][0], BOOK)
    assert {side: score.who for side, score in found.items()} == seven.SIDES
    assert all(0 < score.total < 100 for score in found.values())
