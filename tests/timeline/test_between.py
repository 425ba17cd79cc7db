"""Silences and overlaps after somebody corrected who speaks when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.timeline.between import silences_follow_turns
from pipeline.timeline.human import keep_human_rows
from pipeline.timeline.rows import changed, rows_of, touched, with_rows
from pipeline.timeline.table import check, timeline
from pipeline.timeline.turns import BETWEEN, TurnSettings, turn_rows

LIMITS = TurnSettings()
TALK = {"S": [(0.0, 2.0), (2.5, 4.0), (9.0, 12.0)], "C": [(5.0, 7.0), (11.5, 13.0)]}


def meeting(talk: Mapping[str, Sequence[tuple[float, float]]]) -> pd.DataFrame:
    return timeline(turn_rows(talk, [], LIMITS))


def corrected(table: pd.DataFrame, name: str, **fields: Any) -> pd.DataFrame:
    row = {**touched(rows_of(table, [name])[name], "AK"), **fields}
    return check(silences_follow_turns(table, with_rows(table, [row]), LIMITS))


def between(table: pd.DataFrame) -> list[tuple[str, str, str, float, float]]:
    rows = table[table["tier"].isin(BETWEEN)]
    columns = ["tier", "label", "participant", "start", "end"]
    return [tuple(row) for row in rows[columns].round(3).itertuples(index=False, name=None)]


def test_a_speaker_corrected_and_corrected_back_leaves_all_as_it_was():
    table = meeting(TALK)
    for name in ("turn-0001", "turn-0002", "turn-0003", "turn-0004"):
        there = corrected(table, name, participant="X")
        back = corrected(there, name, participant=rows_of(table, [name])[name]["participant"])
        assert changed(table, back) == {name}, "it says only that a person saw it"


def test_the_talk_as_it_was_found():
    assert between(meeting(TALK)) == [
        ("pause", "", "S", 2.0, 2.5),
        ("gap", "between", "", 4.0, 5.0),
        ("gap", "between", "", 7.0, 9.0),
        ("overlap", "at_transition", "C", 11.5, 12.0),
    ]


def test_a_comment_on_a_silence_that_is_no_more_goes_over_to_the_turn_beside_it():
    table = meeting(TALK)
    rows = table[table["tier"] == "gap"]
    gap = rows.iloc[1]
    note = {"tier": "comment", "text": "long", "status": "added", "coder": "AK", "start": 7.0, "end": 9.0}
    noted = with_rows(table, [{**rows_of(table, [gap["id"]])[gap["id"]], **note, "id": "comment-1",
                               "evidence": gap["id"], "label": ""}])  # fmt: skip
    shorter = corrected(noted, "turn-0002", end=7.5)
    assert rows_of(shorter, ["comment-1"])["comment-1"]["evidence"] == gap["id"], "the silence is still there"
    ended = corrected(corrected(noted, "turn-0003", status="rejected"), "turn-0004", status="rejected")
    assert gap["id"] not in set(ended["id"])
    assert rows_of(ended, ["comment-1"])["comment-1"]["evidence"] == "turn-0002"


def test_a_turn_given_to_the_other_makes_lapses_of_gaps():
    table = meeting(TALK)
    after = corrected(table, "turn-0002", participant="S")
    assert between(after)[1:3] == [("gap", "lapse", "", 4.0, 5.0), ("gap", "lapse", "", 7.0, 9.0)]
    assert set(after["id"]) == set(table["id"]), "the silences are the same ones"
    assert set(after[after["tier"].isin(BETWEEN)]["status"]) == {"auto"}


def test_a_pause_goes_with_its_turn():
    after = corrected(meeting(TALK), "turn-0001", participant="C")
    assert between(after)[0] == ("pause", "", "C", 2.0, 2.5)


def test_an_overlap_is_nobodys_once_both_turns_are_one_persons():
    assert not (corrected(meeting(TALK), "turn-0004", participant="S")["tier"] == "overlap").any()


def test_a_turn_that_ends_earlier_leaves_a_longer_gap():
    assert ("gap", "between", "", 6.5, 9.0) in between(corrected(meeting(TALK), "turn-0002", end=6.5))


def test_a_turn_drawn_over_another_makes_an_overlap():
    found = between(corrected(meeting(TALK), "turn-0002", start=3.5))
    assert ("overlap", "at_transition", "C", 3.5, 4.0) in found
    assert ("gap", "between", "", 4.0, 5.0) not in found


def test_without_a_turn_its_two_gaps_are_one():
    after = corrected(meeting(TALK), "turn-0002", status="rejected")
    assert ("gap", "lapse", "", 4.0, 9.0) in between(after)
    assert len(after[after["tier"] == "gap"]) == 1


def test_what_a_person_said_of_a_silence_stays():
    table = meeting(TALK)
    gap = rows_of(table, ["gap-0001"])["gap-0001"]
    table = with_rows(table, [{**gap, "status": "rejected", "coder": "AK"}])
    after = corrected(table, "turn-0002", participant="S")
    assert rows_of(after, ["gap-0001"])["gap-0001"]["status"] == "rejected"
    assert between(after)[1:3] == [("gap", "between", "", 4.0, 5.0), ("gap", "lapse", "", 7.0, 9.0)]


def test_other_words_change_no_silence():
    table = meeting(TALK)
    assert changed(table, corrected(table, "turn-0002", text="hello")) == {"turn-0002"}


def test_a_corrected_speaker_holds_through_another_analysis():
    table = meeting(TALK)
    mended = corrected(table, "turn-0002", participant="S")
    again = keep_human_rows(mended, meeting(TALK))
    assert between(again) == between(mended)
    assert list(again[again["tier"] == "turn"]["participant"]) == ["S", "S", "S", "C"]


many = settings(max_examples=60, deadline=None)
times = st.lists(st.integers(1, 40), min_size=6, max_size=24)


@st.composite
def talks(draw: st.DrawFn) -> dict[str, list[tuple[float, float]]]:
    """Two or three people's stretches, a tenth of a second the unit."""
    people = draw(st.sampled_from([("S", "C"), ("S", "C", "D")]))
    talk: dict[str, list[tuple[float, float]]] = {}
    for who in people:
        at, spans = 0, []
        steps = draw(times)
        for rest, length in zip((step + 1 for step in steps[::2]), steps[1::2], strict=False):
            spans.append(((at + rest) / 10, (at + rest + length) / 10))
            at += rest + length
        talk[who] = spans
    return talk


@many
@given(talks(), st.data())
def test_no_silence_holds_talk(talk: dict[str, list[tuple[float, float]]], data: st.DataObject):
    """Wherever a turn is moved, no gap lasts into it, and no row rests on a rejected turn."""
    table = meeting(talk)
    turns = table[table["tier"] == "turn"]
    name = data.draw(st.sampled_from(sorted(turns["id"])))
    start = data.draw(st.integers(0, 300)) / 10
    end = start + data.draw(st.integers(1, 60)) / 10
    status = data.draw(st.sampled_from(["edited", "rejected"]))
    after = corrected(table, name, start=start, end=end, status=status)
    for gap in after[after["tier"] == "gap"].itertuples():
        inside = gap.start > start and gap.end < end
        assert status == "rejected" or inside or gap.end < start + 0.01 or gap.start > end - 0.01
    if status == "rejected":
        assert not after[after["tier"].isin(BETWEEN)]["evidence"].str.contains(name, regex=False).any()
    assert after["id"].is_unique


@pytest.mark.parametrize("who", ["S", "C"])
def test_a_turn_split_in_two_has_no_silence_at_the_cut(who: str):
    table = meeting({who: [(0.0, 4.0)]})
    first = {**touched(rows_of(table, ["turn-0001"])["turn-0001"], "AK"), "end": 2.0}
    second = {**first, "id": "turn-added-0001", "start": 2.0, "end": 4.0, "status": "added"}
    after = silences_follow_turns(table, with_rows(table, [first, second]), LIMITS)
    assert between(after) == []
