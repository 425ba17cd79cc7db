import pytest

from pipeline.timeline.table import timeline
from pipeline.timeline.transcript import clock, plain_transcript
from pipeline.timeline.turns import TurnSettings, turn_rows


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00.0"), (59.94, "0:59.9"), (59.96, "1:00.0"), (3599.97, "1:00:00.0"), (7325.5, "2:02:05.5")],
)
def test_clock(seconds, shown):
    assert clock(seconds) == shown


def said(who: str, start: float, text: str, label: str = "", status: str = "auto") -> dict:
    row = {"participant": who, "start": start, "end": start + 0.4, "text": text, "label": label}
    return {**row, "status": status, "confidence": 0.5, "source": "test"}


def transcript(heard: dict, words: list[dict], names: dict[str, str] | None = None) -> list[str]:
    return plain_transcript(timeline(turn_rows(heard, words, TurnSettings())), names or {}).splitlines()


def test_turns_silences_doubts_and_speech_without_words():
    words = [said("A", 0.0, "so,"), said("A", 0.5, "thank", "no_speech"), said("A", 1.0, "you", "rate")]
    heard = {"A": [(0, 2)], "B": [(2.4, 3), (62, 63)], "C": [(3.6, 4)]}
    lines = transcript(heard, [*words, said("B", 2.4, "yes")], {"A": "Ada", "B": "Bo"})
    assert [line.split() for line in lines] == [
        ["0:00.0", "Ada:", "so,", "{thank", "you}"],
        ["0:02.4", "Bo:", "yes"],
        ["(0.6)"],
        ["0:03.6", "C:", "---"],
        ["(58.0)"],
        ["1:02.0", "Bo:", "---"],
    ]
    assert lines[0].index("so,") == lines[1].index("yes")


def test_a_word_that_a_person_rejected_is_not_shown():
    lines = transcript({"A": [(0, 2)]}, [said("A", 0.0, "right"), said("A", 1.0, "wrong", status="rejected")])
    assert "right" in lines[0]
    assert "wrong" not in lines[0]


@pytest.mark.parametrize(
    ("status", "shown"), [("confirmed", "helo"), ("edited", "hello"), ("added", "hello")]
)
def test_a_turn_that_a_person_typed_reads_as_typed(status, shown):
    table = timeline(turn_rows({"A": [(0, 2)]}, [said("A", 0.0, "helo")], TurnSettings()))
    table.loc[table["tier"] == "turn", ["text", "status"]] = "hello", status
    assert plain_transcript(table, {}).split() == ["0:00.0", "A:", shown]


def test_an_empty_meeting():
    assert "".join(transcript({}, [])) == ""
