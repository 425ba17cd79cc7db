from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.rapport.codebook import load_codebook
from pipeline.rapport.exposure import Exposure
from pipeline.rapport.score import read_actions, score, score_all, slope, trend
from pipeline.timeline.table import numbered, timeline

BOOK = load_codebook()
EVERYTHING = frozenset({"words", "face", "others_face", "voice"})
CODES = sorted(BOOK.codes)


def acts(*rows: tuple[str, str, float, str], **more: float) -> pd.DataFrame:
    """Actions given as code, initiative, confidence and participant, ten seconds apart."""
    made = [
        {
            "participant": who,
            "start": 10.0 * i,
            "end": 10.0 * i + 2,
            "label": code,
            "confidence": confidence,
            "details": {"initiative": initiative, "to": "C" if who == "S" else "S", **more},
        }
        for i, (code, initiative, confidence, who) in enumerate(rows)
    ]
    return read_actions(timeline(numbered(made, "action")))


def exposure(seconds: float = 600.0, measured: frozenset[str] = EVERYTHING) -> Exposure:
    talk = {"S": [(0.0, seconds / 2)], "C": [(seconds / 2, seconds)]}
    return Exposure(0.0, seconds, talk, dict.fromkeys("SC", measured))


def test_the_worked_calculation_of_the_documentation():
    found = acts(
        ("formulation", "responsive", 0.9, "S"),
        ("formulation", "responsive", 0.4, "S"),
        ("open_question", "responsive", 0.8, "S"),
        ("open_question", "initiated", 0.8, "S"),
        ("topic_shift", "initiated", 0.7, "S"),
    )
    step = score(found, exposure(), BOOK, ("S",)).steps["common_ground"]
    assert step.score == pytest.approx(50.0, abs=0.1)
    by_code = {part.code: part for part in step.parts}
    assert by_code["formulation"].support == pytest.approx(0.65)
    assert by_code["open_question"].support == pytest.approx(0.24)
    assert by_code["topic_shift"].support == pytest.approx(-0.1633, abs=1e-3)
    assert sum(part.points for part in step.parts) == pytest.approx(step.score)
    assert len(by_code["formulation"].actions) == 2
    assert step.low < step.score < step.high


actions_drawn = st.lists(
    st.tuples(
        st.sampled_from(CODES),
        st.sampled_from(["responsive", "initiated"]),
        st.floats(0, 1),
        st.sampled_from(["S", "C"]),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(actions_drawn, st.sampled_from(CODES), st.floats(0.1, 1))
def test_scores_are_bounded_and_every_action_moves_them_the_right_way(rows, code, confidence):
    before = score(acts(*rows, seconds=1.0), exposure(), BOOK, ("S",))
    after = score(acts(*rows, (code, "responsive", confidence, "S"), seconds=1.0), exposure(), BOOK, ("S",))
    for one in (before, after):
        values = [one.total, one.low, one.high, *(step.score for step in one.steps.values())]
        assert all(0 <= value <= 100 for value in values)
        for step in one.steps.values():
            assert sum(part.points for part in step.parts) == pytest.approx(step.score, abs=1e-6)
    if BOOK.codes[code].counter:
        assert after.total <= before.total + 1e-9
    else:
        assert after.total >= before.total - 1e-9


def test_what_is_initiated_earns_less_than_what_is_responsive():
    answered = score(acts(("compliment", "responsive", 0.9, "S")), exposure(), BOOK, ("S",))
    offered = score(acts(("compliment", "initiated", 0.9, "S")), exposure(), BOOK, ("S",))
    assert answered.total > offered.total > 0


def test_early_rapport_counts_more_than_late():
    rows = [("second_story", "responsive", 0.9, "S")] * 3
    early = acts(*rows)
    late = early.assign(start=early["start"] + 3000, end=early["end"] + 3000)
    long = exposure(3600.0)
    assert score(early, long, BOOK, ("S",)).total > score(late, long, BOOK, ("S",)).total


def test_what_was_not_measured_is_not_scored():
    found = acts(("formulation", "responsive", 0.9, "S"))
    blind = score(found, exposure(measured=frozenset({"face"})), BOOK, ("S",))
    assert math.isnan(blind.steps["common_ground"].score)
    assert blind.steps["common_ground"].measured == 0
    talk_only = score(found, exposure(measured=frozenset({"words"})), BOOK, ("S",))
    assert 0 < talk_only.steps["maintaining"].measured < 1
    nothing = score(found, exposure(measured=frozenset()), BOOK, ("S",))
    assert math.isnan(nothing.total)


def test_rejected_actions_do_not_count_and_confirmed_ones_are_sure():
    rows = [
        {
            "participant": "S",
            "start": 0.0,
            "end": 1.0,
            "label": "compliment",
            "confidence": 0.4,
            "status": status,
            "details": {"initiative": "responsive", "to": "C"},
        }
        for status in ("rejected", "confirmed")
    ]
    found = read_actions(timeline(numbered(rows, "action")))
    assert found["confidence"].tolist() == [1.0]


def test_every_participant_and_every_two_are_scored():
    found = acts(("formulation", "responsive", 0.9, "S"), ("small_talk", "initiated", 0.9, "C"))
    scores = score_all(found, exposure(), BOOK)
    assert [one.who for one in scores] == [("C",), ("S",), ("C", "S")]
    by_who = {one.who: one.total for one in scores}
    assert by_who["C",] < by_who["C", "S"] < by_who["S",] or by_who["S",] < by_who["C", "S"] < by_who["C",]


def test_the_trend_follows_the_meeting():
    rows = [("formulation", "responsive", 0.9, "S")] * 30
    found = acts(*rows)
    found = found.assign(start=1200 + found["start"] * 4, end=1202 + found["start"] * 4)
    windows = trend(found, exposure(2400.0), BOOK, ("S",))
    assert windows[0][2] == 0 < windows[-1][2]
    assert slope(windows) > 0
    assert math.isnan(slope(windows[:2]))


def test_small_talk_counts_where_it_lasts():
    found = acts(("small_talk", "responsive", 1.0, "S"), seconds=480.0).assign(start=30.0, end=510.0)
    windows = trend(found, exposure(1200.0), BOOK, ("S",))
    scores = {start: value for start, _, value in windows}
    assert scores[0.0] > 0
    assert scores[180.0] >= scores[0.0]
    assert scores[540.0] == 0
    early = score(found.assign(start=290.0, end=770.0), exposure(1200.0), BOOK, ("S",))
    whole = score(found.assign(start=0.0, end=300.0, seconds=300.0), exposure(1200.0), BOOK, ("S",))
    assert early.opening < whole.opening


def test_an_empty_meeting_scores_nothing_without_an_error():
    assert score(acts(), exposure(0.0), BOOK, ("S",)).total == 0
