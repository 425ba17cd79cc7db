import pandas as pd
import pytest

from pipeline.timeline.human import keep_human_rows
from pipeline.timeline.table import tier, timeline
from pipeline.timeline.transcript import plain_transcript
from pipeline.timeline.turns import TurnSettings, turn_rows


def analysed(*said: tuple[str, float, float, str]) -> pd.DataFrame:
    """The timeline of some words (participant, start, end, text), as the pipeline makes it."""
    words = [
        {"participant": who, "start": a, "end": b, "text": text, "confidence": 0.5, "source": "test"}
        for who, a, b, text in said
    ]
    people = dict.fromkeys(who for who, *_ in said)
    heard = {name: [(a, b) for who, a, b, _ in said if who == name] for name in people}
    return timeline(turn_rows(heard, words, TurnSettings()))


def corrected(table: pd.DataFrame, name: str, **fields: object) -> pd.DataFrame:
    """The table after a person has changed one row."""
    fields = {"status": "edited", "coder": "MK", **fields}
    for column, value in fields.items():
        table.loc[table["id"] == name, column] = value
    return table


SAID = [("A", 1.0, 1.4, "helo"), ("A", 1.5, 2.0, "there"), ("B", 2.5, 3.0, "hi")]


def test_without_human_rows_the_new_timeline_stands():
    new = analysed(*SAID[:2])
    pd.testing.assert_frame_equal(keep_human_rows(analysed(*SAID), new), new)


@pytest.mark.parametrize("status", ["confirmed", "edited", "rejected", "added"])
def test_a_human_row_stays_as_it_is_and_the_machines_gives_way(status):
    before = corrected(analysed(*SAID), "word-0001", text="hello", status=status)
    kept = keep_human_rows(before, analysed(("A", 1.05, 1.45, "yellow"), *SAID[1:]))
    human = before[before["id"] == "word-0001"].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept[kept["id"] == "word-0001"].reset_index(drop=True), human)
    assert "yellow" not in set(kept.loc[kept["tier"] == "word", "text"])
    assert set(tier(kept, "word")["text"]) >= {"there", "hi"}


def test_keeping_twice_changes_nothing():
    before, after = corrected(analysed(*SAID), "word-0002", text="their"), analysed(*SAID)
    once = keep_human_rows(before, after)
    pd.testing.assert_frame_equal(keep_human_rows(once, after), once)


def test_other_participants_and_tiers_are_untouched():
    before = corrected(analysed(*SAID), "turn-0001", text="hello there")
    after = analysed(*SAID, ("B", 1.1, 1.3, "mm"))
    kept = keep_human_rows(before, after)
    assert set(tier(kept, "word")["text"]) == {"helo", "there", "hi", "mm"}
    assert set(tier(kept, "turn", "A")["text"]) == {"hello there"}


def test_human_rows_outlive_a_run_that_finds_nothing():
    # BUG: `apply` over an empty table gives a table, by which the rows cannot be chosen.
    before = corrected(analysed(*SAID), "word-0001")
    assert list(keep_human_rows(before, timeline([]))["id"]) == ["word-0001"]


def test_a_corrected_word_stays_in_its_turn_when_numbers_shift():
    # BUG: the turn's evidence names the machine's word, which gave way, and not the human's.
    before = corrected(analysed(*SAID), "word-0001", text="hello")
    kept = keep_human_rows(before, analysed(("A", 0.5, 0.9, "um"), *SAID))
    assert "um hello there" in plain_transcript(kept, {})


def test_evidence_of_a_human_row_never_turns_to_other_rows():
    # BUG: a human turn's word ids are looked up among the new words, which are numbered anew.
    before = corrected(analysed(*SAID), "turn-0001", text="hello there")
    kept = keep_human_rows(before, analysed(("A", 0.5, 0.9, "um"), *SAID))
    texts = dict(zip(kept["id"], kept["text"], strict=True))
    turn = kept[kept["status"] == "edited"].iloc[0]
    assert {texts[name] for name in turn["evidence"].split()} <= {"helo", "there"}


def test_ids_stay_unique_over_many_runs_and_corrections():
    # BUG: a machine row that must give up its id takes "...-new" even where a human row has that id already.
    table = corrected(analysed(*SAID), "word-0001")
    for moment in (10.0, 20.0, 30.0):
        table = keep_human_rows(table, analysed(("A", moment, moment + 0.4, "new")))
        new = table[(table["tier"] == "word") & (table["start"] == moment)]["id"].item()
        table = corrected(table, new)
    assert table["id"].is_unique
    assert set(table.loc[table["status"] == "edited", "start"]) == {1.0, 10.0, 20.0, 30.0}
