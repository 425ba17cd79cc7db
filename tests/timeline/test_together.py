import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.timeline.table import timeline
from pipeline.timeline.together import ANSWERED, reciprocal_laughter_rows, smile_voice_rows


def laugh(who: str, start: float, end: float) -> dict:
    return {
        "tier": "laughter",
        "participant": who,
        "start": start,
        "end": end,
        "confidence": 0.9,
        "id": f"{who}{start}",
    }


def test_laughter_that_is_answered_says_who_invited_and_how_fast():
    rows = [laugh("A", 1, 3), laugh("B", 1.4, 3.5), laugh("B", 20, 21), laugh("A", 21.6, 22)]
    first, second = reciprocal_laughter_rows(rows)
    assert (first["participant"], first["text"], first["value"]) == ("B", "A", pytest.approx(0.4))
    assert (first["start"], first["end"]) == (1, 3.5)
    assert (second["participant"], second["text"], second["value"]) == ("A", "B", pytest.approx(1.6))
    timeline([*rows, first, second])


def test_laughter_long_after_is_no_answer_and_nobody_answers_themselves():
    assert not reciprocal_laughter_rows([laugh("A", 1, 2), laugh("B", 3.1, 4)])
    assert not reciprocal_laughter_rows([laugh("A", 1, 2), laugh("A", 2.5, 4)])
    assert not reciprocal_laughter_rows([laugh("", 1, 2), laugh("A", 1.5, 4)])


def test_the_third_who_joins_is_invited_by_the_first():
    found = reciprocal_laughter_rows([laugh("A", 1, 3), laugh("B", 2, 3), laugh("C", 2.5, 4)])
    assert [(row["text"], row["participant"]) for row in found] == [("A", "B"), ("A", "C")]


laughs = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(0, 300), st.integers(1, 30)),
    max_size=12,
    unique_by=lambda x: x[:2],
).map(lambda found: [laugh(who, start / 10, (start + length) / 10) for who, start, length in found])


@given(laughs)
def test_every_answer_follows_an_invitation_of_somebody_else(rows):
    by_id = {row["id"]: row for row in rows}
    for answer in reciprocal_laughter_rows(rows):
        invitation, joined = (by_id[name] for name in answer["evidence"].split())
        assert invitation["participant"] == answer["text"] != answer["participant"] == joined["participant"]
        assert 0 <= answer["value"] == joined["start"] - invitation["start"]
        assert joined["start"] <= invitation["end"] + ANSWERED


def test_words_in_a_smile_are_said_through_it():
    smile = {
        "tier": "smile",
        "participant": "A",
        "start": 1,
        "end": 3,
        "value": 0.8,
        "confidence": 0.9,
        "id": "s",
    }

    def word(who: str, start: float, end: float, text: str) -> dict:
        return {
            "tier": "word",
            "participant": who,
            "start": start,
            "end": end,
            "text": text,
            "id": f"{who}-{text}",
        }

    rows = [
        smile,
        word("A", 0.2, 0.8, "well"),
        word("A", 0.9, 1.3, "that"),
        word("A", 1.4, 2.0, "is"),
        word("A", 3.2, 3.6, "good"),
        word("B", 2.0, 2.6, "yes"),
    ]
    (found,) = smile_voice_rows(rows)
    assert (found["text"], found["start"], found["end"]) == ("that is", 0.9, 2.0)
    assert found["evidence"] == "s A-that A-is" and found["value"] == 0.8
    assert not smile_voice_rows([smile, word("A", 1.0, 1.2, "I")])  # too short to be heard as one
