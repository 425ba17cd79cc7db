"""Every kind of edit, as a pure function of the timeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.review.edits import EditError, apply
from pipeline.timeline.rows import changed, rows_of
from pipeline.timeline.table import check, read
from pipeline.timeline.turns import TurnSettings
from tests.review.made import change, make_meeting


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = make_meeting(tmp_path_factory.mktemp("made") / "outputs" / "meeting")
    return read(folder / "timeline.parquet")


def edited(table: pd.DataFrame, *edits: dict[str, Any]) -> pd.DataFrame:
    return check(apply(table, edits, "Eva", {"S", "C"}, TurnSettings()).table)


def row(table: pd.DataFrame, name: str) -> dict[str, Any]:
    return rows_of(table, [name])[name]


def added(table: pd.DataFrame, tier: str) -> list[dict[str, Any]]:
    chosen = table[(table["tier"] == tier) & (table["status"] == "added")]
    return chosen.sort_values("start").to_dict("records")


class TestChange:
    def test_a_moved_nod_is_a_humans_and_nothing_else_changes(self, table: pd.DataFrame):
        after = edited(table, change("nod-0001", start=0.6, end=1.5))
        nod = row(after, "nod-0001")
        assert (nod["start"], nod["end"], nod["status"], nod["coder"]) == (0.6, 1.5, "edited", "Eva")
        assert changed(table, after) == {"nod-0001"}

    def test_how_long_a_silence_lasts_follows_its_ends(self, table: pd.DataFrame):
        assert row(edited(table, change("gap-0001", end=2.5)), "gap-0001")["value"] == pytest.approx(0.6)

    def test_a_turn_goes_to_another_with_words_and_voice(self, table: pd.DataFrame):
        after = edited(table, change("turn-0001", participant="C"))
        for name in ("turn-0001", "word-0001", "word-0004", "intonation-0001"):
            assert row(after, name)["participant"] == "C"
        assert row(after, "nod-0001")["participant"] == "C"
        assert changed(table, after) == {
            "turn-0001",
            "intonation-0001",
            "gap-0001",  # two turns of one person now
            *(f"word-000{i}" for i in range(1, 5)),
        }

    def test_a_typed_turn_is_in_its_words(self, table: pd.DataFrame):
        after = edited(table, change("turn-0003", text="That sounds really great."))
        ids = row(after, "turn-0003")["evidence"].split()
        assert [row(after, name)["text"] for name in ids] == ["That", "sounds", "really", "great."]

    def test_typing_anew_forgets_the_marks_that_were_typed(self, table: pd.DataFrame):
        marked = table.copy()
        marked.loc[marked["id"] == "turn-0003", "details"] = '{"marked": "that sounds ↑great", "x": 1}'
        assert (
            row(edited(marked, change("turn-0003", text="that was great")), "turn-0003")["details"]
            == '{"x": 1}'
        )

    def test_words_typed_where_none_were_heard(self, table: pd.DataFrame):
        empty = edited(table, change("turn-0003", text=""))
        assert row(empty, "turn-0003")["label"] == "no_words"
        assert row(edited(empty, change("turn-0003", text="well")), "turn-0003")["label"] == ""


class TestJudging:
    def test_confirmed(self, table: pd.DataFrame):
        after = edited(table, {"do": "confirm", "id": "nod-0001"})
        assert (row(after, "nod-0001")["status"], row(after, "nod-0001")["coder"]) == ("confirmed", "Eva")

    def test_what_was_corrected_stays_so_when_it_is_confirmed(self, table: pd.DataFrame):
        after = edited(table, change("nod-0001", label="single"), {"do": "confirm", "id": "nod-0001"})
        assert row(after, "nod-0001")["status"] == "edited"

    def test_a_rejected_turn_is_not_said(self, table: pd.DataFrame):
        after = edited(table, {"do": "reject", "id": "turn-0003"})
        assert {row(after, f"word-00{i}")["status"] for i in (10, 11, 12)} == {"rejected"}

    def test_a_rejected_turn_that_is_confirmed_is_said_again(self, table: pd.DataFrame):
        gone = edited(table, {"do": "reject", "id": "turn-0003"})
        after = edited(gone, {"do": "confirm", "id": "turn-0003"})
        assert {row(after, f"word-00{i}")["status"] for i in (10, 11, 12)} == {"confirmed"}


class TestAdd:
    def test_a_nod(self, table: pd.DataFrame):
        fields = {"tier": "nod", "participant": "S", "start": 1.0, "end": 1.5, "label": "single"}
        (nod,) = added(edited(table, {"do": "add", "row": fields}), "nod")
        assert {name: nod[name] for name in fields} == fields
        assert (nod["source"], nod["coder"]) == ("human", "Eva")
        assert nod["confidence"] != nod["confidence"]  # it was not measured

    def test_a_turn_has_its_words(self, table: pd.DataFrame):
        fields = {"tier": "turn", "participant": "C", "start": 8.6, "end": 9.6, "text": "yes indeed"}
        after = edited(table, {"do": "add", "row": fields})
        (turn,) = added(after, "turn")
        assert [word["text"] for word in added(after, "word")] == ["yes", "indeed"]
        assert turn["evidence"].split() == [word["id"] for word in added(after, "word")]

    def test_a_word_comes_to_the_turn_around_it(self, table: pd.DataFrame):
        fields = {"tier": "word", "participant": "S", "start": 1.42, "end": 1.48, "text": "last"}
        after = edited(table, {"do": "add", "row": fields})
        assert row(after, "turn-0001")["text"] == "how was your last holiday"


class TestSplitAndMerge:
    def test_a_turn_is_split_between_its_words(self, table: pd.DataFrame):
        after = edited(table, {"do": "split", "id": "turn-0002", "at": 3.45})
        first, (second,) = row(after, "turn-0002"), added(after, "turn")
        assert (first["text"], second["text"]) == ("oh", "it was lovely thanks")
        assert (first["start"], first["end"], second["start"], second["end"]) == (3.0, 3.45, 3.45, 5.4)
        assert second["evidence"] == "word-0006 word-0007 word-0008 word-0009"

    def test_a_turn_is_split_before_a_word(self, table: pd.DataFrame):
        after = edited(table, {"do": "split", "id": "turn-0002", "at": 3.1, "word": 2})
        (second,) = added(after, "turn")
        assert (row(after, "turn-0002")["text"], second["text"]) == ("oh it", "was lovely thanks")

    def test_a_split_word_makes_two(self, table: pd.DataFrame):
        after = edited(table, {"do": "split", "id": "word-0004", "at": 1.7})
        assert row(after, "turn-0001")["text"] == "how was your holi day"

    def test_two_parts_are_merged_again(self, table: pd.DataFrame):
        cut = edited(table, {"do": "split", "id": "turn-0002", "at": 3.45})
        second = added(cut, "turn")[0]["id"]
        after = edited(cut, {"do": "merge", "ids": [second, "turn-0002"]})
        turn = row(after, "turn-0002")
        assert (turn["text"], turn["start"], turn["end"]) == ("oh it was lovely thanks", 3.0, 5.4)
        assert turn["evidence"] == row(table, "turn-0002")["evidence"]
        assert row(after, second)["status"] == "rejected"
        assert {row(after, name)["status"] for name in turn["evidence"].split()} == {"auto"}

    def test_merged_words_are_one(self, table: pd.DataFrame):
        after = edited(table, {"do": "merge", "ids": ["word-0001", "word-0002"]})
        assert row(after, "turn-0001")["text"] == "how was your holiday"
        assert (row(after, "word-0001")["text"], row(after, "word-0001")["end"]) == ("how was", 0.9)

    def test_a_split_silence_knows_how_long_it_lasts(self, table: pd.DataFrame):
        after = edited(table, {"do": "split", "id": "gap-0001", "at": 2.4})
        values = [row(after, "gap-0001")["value"], added(after, "gap")[0]["value"]]
        assert values == [pytest.approx(0.5), pytest.approx(0.6)]


class TestComment:
    def test_it_is_a_row_that_names_its_row(self, table: pd.DataFrame):
        after = edited(table, {"do": "comment", "id": "nod-0001", "text": "or a shrug?"})
        (comment,) = added(after, "comment")
        assert (comment["text"], comment["evidence"], comment["start"]) == ("or a shrug?", "nod-0001", 0.5)
        assert changed(table, after) == {comment["id"]}

    def test_it_is_changed_and_taken_back(self, table: pd.DataFrame):
        first = edited(table, {"do": "comment", "id": "nod-0001", "text": "or a shrug?"})
        second = edited(first, {"do": "comment", "id": "nod-0001", "text": "a nod"})
        assert [one["text"] for one in added(second, "comment")] == ["a nod"]
        assert added(edited(second, {"do": "comment", "id": "nod-0001", "text": " "}), "comment") == []


REFUSED = [
    {"do": "change", "id": "nod-0009", "set": {"label": "single"}},
    {"do": "change", "id": "nod-0001", "set": {}},
    {"do": "change", "id": "nod-0001", "set": {"id": "other"}},
    {"do": "change", "id": "nod-0001", "set": {"status": "auto"}},
    {"do": "change", "id": "nod-0001", "set": {"start": -1}},
    {"do": "change", "id": "nod-0001", "set": {"start": 9}},
    {"do": "change", "id": "nod-0001", "set": {"start": "1"}},
    {"do": "change", "id": "nod-0001", "set": {"end": 1e300}},
    {"do": "change", "id": "nod-0001", "set": {"start": True}},
    {"do": "change", "id": "nod-0001", "set": {"participant": "nobody"}},
    {"do": "change", "id": "nod-0001", "set": {"participant": ["S"]}},
    {"do": "change", "id": "nod-0001", "set": {"text": "half a letter \ud800"}},
    {"do": "change", "id": "nod-0001", "set": {"text": "x" * 30_000}},
    {"do": "change", "id": ["nod-0001"], "set": {"label": "single"}},
    {"do": "add", "row": {"tier": "two words", "participant": "S", "start": 0, "end": 1}},
    {"do": "add", "row": {"tier": "nod", "participant": "S", "start": 0}},
    {"do": "add", "row": {"tier": "nod", "start": 0, "end": 1, "source": "me"}},
    {"do": "split", "id": "nod-0001", "at": 0.5},
    {"do": "split", "id": "turn-0001", "at": 1.0, "word": -1},
    {"do": "merge", "ids": ["nod-0001", "nod-0002"]},
    {"do": "merge", "ids": ["nod-0001", "nod-0001"]},
    {"do": "merge", "ids": "nod"},
    {"do": "rename", "participant": "X", "name": "Xena"},
    {"do": "rename", "participant": "S", "name": " "},
    {"do": "rename", "participant": ["S"], "name": "Sue"},
    {"do": "delete", "id": "nod-0001"},
    {"do": ["change"], "id": "nod-0001"},
    "change",
]


@pytest.mark.parametrize("edit", REFUSED, ids=str)
def test_what_cannot_be_meant_is_refused_in_a_sentence(table: pd.DataFrame, edit: Any):
    with pytest.raises(EditError, match=r"\.$"):
        apply(table, [edit], "Eva", {"S", "C"}, TurnSettings())


def test_one_refused_edit_leaves_all_undone(page, folder: Path):
    edits = [change("nod-0001", label="single"), change("nod-0009", label="single")]
    answer = page.post("/api/meetings/meeting/edits", json={"coder": "Eva", "base": 0, "edits": edits})
    assert answer.status_code == 422
    assert row(read(folder / "timeline.parquet"), "nod-0001")["label"] == "repeated"
