"""Words and turns say the same, whichever of them a person corrects."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.timeline.rows import changed, rows_of, with_rows
from pipeline.timeline.table import check, timeline
from pipeline.timeline.wording import turns_follow_words, words_follow_turns


def talk(*turns: tuple[str, float, str]) -> pd.DataFrame:
    """Turns of participant, start and text; every word lasts 0.4 s, with 0.1 s after it."""
    rows = []
    number = 0
    for place, (who, start, text) in enumerate(turns, start=1):
        ids = []
        for i, word in enumerate(text.split()):
            number += 1
            ids.append(f"word-{number:04d}")
            times = {"start": start + i / 2, "end": start + i / 2 + 0.4}
            rows.append({"id": ids[-1], "tier": "word", "participant": who, "text": word, **times})
        end = start + len(ids) / 2 - 0.1 if ids else start + 1
        turn = {"id": f"turn-{place:04d}", "tier": "turn", "participant": who, "text": text, "start": start}
        rows.append({**turn, "end": end, "evidence": " ".join(ids), "label": "" if ids else "no_words"})
    return timeline(rows)


def row(table: pd.DataFrame, name: str) -> dict:
    return rows_of(table, [name])[name]


def put(table: pd.DataFrame, name: str, **fields: object) -> pd.DataFrame:
    human = {"status": "edited", "coder": "Eva"}
    return with_rows(table, [{**row(table, name), **human, **fields}])


def typed(table: pd.DataFrame, name: str, text: str) -> pd.DataFrame:
    after = words_follow_turns(table, put(table, name, text=text), [name])
    return check(turns_follow_words(table, after))


def reworded(table: pd.DataFrame, name: str, **fields: object) -> pd.DataFrame:
    return check(turns_follow_words(table, put(table, name, **fields)))


def words(table: pd.DataFrame, turn: str) -> list[dict]:
    """A turn's words that were not rejected, in order of time."""
    found = rows_of(table, row(table, turn)["evidence"].split()).values()
    return sorted((w for w in found if w["status"] != "rejected"), key=lambda w: (w["start"], w["end"]))


def texts(table: pd.DataFrame, turn: str) -> str:
    return " ".join(word["text"] for word in words(table, turn))


TWO = talk(("S", 0.0, "how was your holiday"), ("C", 3.0, "it was lovely"))


class TestTurnsFollowWords:
    def test_a_corrected_word_is_in_its_turn(self):
        after = reworded(TWO, "word-0003", text="the")
        turn = row(after, "turn-0001")
        assert turn["text"] == "how was the holiday"
        assert (turn["status"], turn["coder"]) == ("edited", "Eva")

    def test_only_what_changed_becomes_a_humans(self):
        after = reworded(TWO, "word-0003", text="the")
        assert changed(TWO, after) == {"word-0003", "turn-0001"}

    def test_a_confirmed_word_leaves_its_turn_alone(self):
        assert changed(TWO, reworded(TWO, "word-0003", status="confirmed")) == {"word-0003"}

    def test_a_rejected_word_leaves_the_turn(self):
        turn = row(reworded(TWO, "word-0001", status="rejected"), "turn-0001")
        assert turn["text"] == "was your holiday"

    def test_without_any_word_left_a_turn_is_one_without_words(self):
        one = talk(("S", 0.0, "mm"))
        turn = row(reworded(one, "word-0001", status="rejected"), "turn-0001")
        assert (turn["text"], turn["label"], turn["status"]) == ("", "no_words", "edited")

    def test_a_typed_turn_keeps_its_text(self):
        typed_turn = put(TWO, "turn-0001", text="how is it going")
        after = reworded(typed_turn, "word-0003", text="the")
        assert row(after, "turn-0001")["text"] == "how is it going"

    def test_a_turn_typed_with_marks_keeps_its_text(self):
        marked = put(TWO, "turn-0001", details='{"marked": "how was your holiday?"}')
        assert row(reworded(marked, "word-0003", text="the"), "turn-0001")["text"] == "how was your holiday"

    def test_a_turn_whose_words_followed_it_follows_them_again(self):
        after = reworded(typed(TWO, "turn-0001", "how was the holiday"), "word-0004", text="party")
        assert row(after, "turn-0001")["text"] == "how was the party"

    def test_a_word_of_another_goes_to_their_turn_nearby(self):
        close = talk(("S", 0.0, "how was your holiday oh"), ("C", 2.5, "it was lovely"))
        after = reworded(close, "word-0005", participant="C")
        assert row(after, "turn-0001")["text"] == "how was your holiday"
        mine = row(after, "turn-0002")
        assert (mine["text"], mine["start"]) == ("oh it was lovely", 2.0)

    def test_a_word_of_another_far_from_their_talk_gets_a_turn(self):
        after = reworded(TWO, "word-0002", participant="C")
        new = after[(after["tier"] == "turn") & (after["status"] == "added")]
        assert list(new["text"]) == ["was"]
        assert list(new["participant"]) == ["C"]
        assert (list(new["start"]), list(new["end"])) == ([0.5], [0.9])
        assert row(after, "turn-0001")["text"] == "how your holiday"

    def test_a_turn_whose_words_all_went_is_rejected(self):
        one = talk(("S", 0.0, "mm"), ("C", 0.2, "yes it was"))
        after = reworded(one, "word-0001", participant="C")
        assert row(after, "turn-0001")["status"] == "rejected"
        assert row(after, "turn-0002")["text"] == "mm yes it was"

    def test_a_word_that_is_taken_away_is_no_longer_said(self):
        after = turns_follow_words(TWO, with_rows(TWO, [], ["word-0001"]))
        assert row(check(after), "turn-0001")["text"] == "was your holiday"

    def test_a_turn_covers_its_words(self):
        after = reworded(TWO, "word-0004", end=2.4)
        assert row(after, "turn-0001")["end"] == 2.4

    def test_the_sound_of_laughter_is_no_text(self):
        laughing = put(TWO, "word-0004", label="laughter", status="auto", coder="")
        assert row(reworded(laughing, "word-0003", text="the"), "turn-0001")["text"] == "how was the"


class TestWordsFollowTurns:
    def test_a_changed_word_keeps_id_and_times(self):
        after = typed(TWO, "turn-0001", "how was the holiday")
        word = row(after, "word-0003")
        assert (word["text"], word["start"], word["end"], word["status"]) == ("the", 1.0, 1.4, "edited")
        assert changed(TWO, after) == {"word-0003", "turn-0001"}

    def test_capitals_and_commas_are_the_same_word(self):
        after = typed(TWO, "turn-0001", "How was, your holiday?")
        assert [word["id"] for word in words(after, "turn-0001")] == [f"word-000{i}" for i in range(1, 5)]

    def test_a_new_word_takes_the_silence_between_its_neighbours(self):
        wide = put(TWO, "word-0003", start=1.2, end=1.4, status="auto", coder="")
        after = typed(wide, "turn-0001", "how was then your holiday")
        new = words(after, "turn-0001")[2]
        assert (new["text"], new["status"], new["source"], new["coder"]) == ("then", "added", "human", "Eva")
        assert (new["start"], new["end"]) == (pytest.approx(0.9), pytest.approx(1.2))
        assert row(after, "word-0002")["end"] == 0.9

    def test_where_there_is_no_silence_a_new_word_shares_the_time_of_the_one_before(self):
        tight = put(TWO, "word-0002", end=1.0, status="auto", coder="")
        after = typed(tight, "turn-0001", "how was then your holiday")
        assert texts(after, "turn-0001") == "how was then your holiday"
        was, then = words(after, "turn-0001")[1:3]
        assert (was["id"], was["start"], then["end"]) == ("word-0002", 0.5, pytest.approx(1.0))
        assert was["end"] == then["start"]
        assert row(after, "word-0003")["status"] == "auto"

    def test_before_the_first_word_of_the_one_after(self):
        after = typed(TWO, "turn-0001", "so how was your holiday")
        so, how = words(after, "turn-0001")[:2]
        assert (so["start"], how["id"], how["end"]) == (0.0, "word-0001", pytest.approx(0.4))
        assert so["end"] == how["start"]

    def test_fewer_words_share_the_time_and_the_rest_is_rejected(self):
        after = typed(TWO, "turn-0001", "how wonderful")
        kept = words(after, "turn-0001")
        assert [word["id"] for word in kept] == ["word-0001", "word-0002"]
        assert (kept[1]["start"], kept[1]["end"]) == (0.5, pytest.approx(1.9))
        assert row(after, "word-0004")["status"] == "rejected"

    def test_an_emptied_turn_says_nothing(self):
        after = typed(TWO, "turn-0001", "")
        assert words(after, "turn-0001") == []

    def test_words_typed_where_none_were_heard_fill_the_turn(self):
        after = typed(talk(("S", 2.0, "")), "turn-0001", "well yes")
        first, last = words(after, "turn-0001")
        assert (first["start"], last["end"]) == (2.0, 3.0)
        assert first["end"] == last["start"]

    def test_words_go_with_their_turn_to_another(self):
        before = TWO
        after = words_follow_turns(before, put(before, "turn-0001", participant="C"), ["turn-0001"])
        after = turns_follow_words(before, after)
        assert {word["participant"] for word in words(after, "turn-0001")} == {"C"}
        assert changed(before, after) == {"turn-0001", *(f"word-000{i}" for i in range(1, 5))}

    def test_a_rejected_turn_takes_its_words_along_and_brings_them_back(self):
        gone = words_follow_turns(TWO, put(TWO, "turn-0001", status="rejected"), ["turn-0001"])
        assert words(gone, "turn-0001") == []
        back = words_follow_turns(gone, put(gone, "turn-0001", status="confirmed"), ["turn-0001"])
        assert texts(back, "turn-0001") == "how was your holiday"

    def test_a_doubted_word_that_was_typed_is_no_longer_doubted(self):
        doubted = put(TWO, "word-0003", label="no_speech", status="auto", coder="")
        assert row(typed(doubted, "turn-0001", "how was the holiday"), "word-0003")["label"] == ""


letters = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=4)
sentences = st.lists(st.one_of(st.sampled_from(["a", "b", "A,", "c"]), letters), max_size=8).map(" ".join)


@settings(deadline=None, max_examples=60)
@given(sentences, sentences)
def test_whatever_is_typed_is_what_the_words_say(old: str, new: str):
    before = talk(("S", 1.0, old), ("C", 6.0, "yes"))
    after = typed(before, "turn-0001", new)
    assert texts(after, "turn-0001").split() == new.split()
    assert row(after, "turn-0001")["text"] == new
    assert set(before["id"]) <= set(after["id"])
    untouched = set(before["id"]) - changed(before, after)
    assert {"turn-0002"} <= untouched
    human = after[after["id"].isin(changed(before, after))]
    assert set(human["status"]) <= {"edited", "added", "rejected"}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 7), st.sampled_from(["x", "yes no", "", None])), max_size=5))
def test_turns_say_what_their_words_say_after_any_corrections(corrections: list[tuple[int, str | None]]):
    table = TWO
    for number, text in corrections:
        fields = {"status": "rejected"} if text is None else {"text": text}
        table = reworded(table, f"word-{number:04d}", **fields)
    for name in ("turn-0001", "turn-0002"):
        assert row(table, name)["text"].split() == texts(table, name).split()
