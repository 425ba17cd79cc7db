from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyannote.core import Annotation, Segment, Timeline

from pipeline.timeline.table import timeline
from pipeline.timeline.turns import TurnSettings, turn_rows

LIMITS = TurnSettings()
TIERS = {"turn", "word", "pause", "gap", "latch", "overlap"}
Spans = list[tuple[float, float]]


@st.composite
def talks(draw) -> dict[str, Spans]:
    """Stretches of one to four people on a grid of 10 ms, so that edges often coincide."""
    talk: dict[str, Spans] = {}
    for who in "ABCD"[: draw(st.integers(1, 4))]:
        at, spans = draw(st.integers(0, 300)), []
        for _ in range(draw(st.integers(1, 6))):
            end = at + draw(st.integers(1, 250))
            spans.append((at / 100, end / 100))
            at = end + draw(st.one_of(st.integers(1, 30), st.integers(1, 600)))
        talk[who] = spans
    return talk


def words_of(talk: dict[str, Spans]) -> list[dict]:
    """One word in the middle of each stretch."""
    return [
        {"participant": who, "start": s, "end": e, "text": f"{who}{i}", "confidence": 0.5, "source": "test"}
        for who, spans in talk.items()
        for i, (s, e) in enumerate(spans)
    ]


def rows_of(talk: dict[str, Spans], **limits) -> dict[str, list[dict]]:
    rows = turn_rows(talk, words_of(talk), TurnSettings(**limits))
    assert {row["tier"] for row in rows} <= TIERS
    return {tier: [row for row in rows if row["tier"] == tier] for tier in TIERS}


def speech_of(talk: dict[str, Spans]) -> Timeline:
    return Timeline(Segment(*span) for spans in talk.values() for span in spans).support()


def close(one: Timeline, other: Timeline) -> bool:
    pairs = list(zip(one, other, strict=False))
    return len(one) == len(other) and all(
        a.start == pytest.approx(b.start) and a.end == pytest.approx(b.end) for a, b in pairs
    )


many = settings(max_examples=60, deadline=None)


@many
@given(talks())
def test_every_stretch_lies_in_exactly_one_turn_and_turns_of_one_person_are_apart(talk):
    turns = rows_of(talk)["turn"]
    for who, spans in talk.items():
        own = [(turn["start"], turn["end"]) for turn in turns if turn["participant"] == who]
        for start, end in spans:
            assert sum(a <= start and end <= b for a, b in own) == 1
        assert all(before[1] < after[0] for before, after in pairwise(own))
        assert {edge for turn in own for edge in turn} <= {edge for span in spans for edge in span}


@many
@given(talks())
def test_every_joint_silence_is_reported_once_and_nothing_else_is(talk):
    rows = rows_of(talk)
    silent = [row for row in rows["pause"] + rows["gap"] + rows["latch"] if row["value"] >= 0]
    silences = [(row["start"], row["end"]) for row in silent]
    assert all(row["value"] == row["end"] - row["start"] for row in silent)
    speech = speech_of(talk)
    assert all(start <= end for start, end in silences)
    assert all(before[1] <= after[0] for before, after in pairwise(sorted(silences)))
    assert not speech.crop(Timeline(Segment(*silence) for silence in silences))
    found = {(round(a, 2), round(b, 2)) for a, b in silences}
    for gap in speech.gaps():
        if gap.duration >= max(LIMITS.pause, LIMITS.latch) + 1e-9:
            assert (round(gap.start, 2), round(gap.end, 2)) in found
    assert all(row["value"] >= LIMITS.pause for row in rows["pause"])
    assert all(abs(row["value"]) < LIMITS.latch for row in rows["latch"])


@many
@given(talks())
def test_overlaps_are_those_of_pyannote(talk):
    annotation = Annotation()
    for who, spans in talk.items():
        for i, span in enumerate(spans):
            annotation[Segment(*span), f"{who}{i}"] = who
    overlaps = rows_of(talk, overlap=0.0, latch=0.0)["overlap"]
    ours = Timeline(Segment(row["start"], row["end"]) for row in overlaps).support()
    assert close(ours, annotation.get_overlap().support())


@many
@given(talks(), st.permutations("ABCD"))
def test_names_and_their_order_change_nothing(talk, other):
    spans = [span for own in talk.values() for span in own]
    assume(len(set(spans)) == len(spans))  # two who begin and end together have no order
    names = dict(zip("ABCD", other, strict=True))
    renamed = {names[who]: talk[who] for who in sorted(talk, key=names.__getitem__)}
    back = {new: old for old, new in names.items()}

    def content(rows, translate):
        return {
            (
                row["tier"],
                translate.get(row.get("participant", ""), ""),
                row["start"],
                row["end"],
                row.get("label"),
            )
            for tier in rows.values()
            for row in tier
        }

    assert content(rows_of(renamed), back) == content(rows_of(talk), {who: who for who in "ABCD"})


@many
@given(talks())
def test_ids_count_in_time_and_every_word_is_said_in_one_turn(talk):
    rows = rows_of(talk)
    timeline(row for tier in rows.values() for row in tier)  # is valid: ids unique, evidence exists
    for tier, found in rows.items():
        assert [row["id"] for row in found] == [f"{tier}-{i:04d}" for i in range(1, len(found) + 1)]
        assert all(before["start"] <= after["start"] for before, after in pairwise(found))
    said = [name for turn in rows["turn"] for name in turn["evidence"].split()]
    assert sorted(said) == sorted(row["id"] for row in rows["word"])
    words = {row["id"]: row for row in rows["word"]}
    for turn in rows["turn"]:
        own = [words[name] for name in turn["evidence"].split()]
        assert {word["participant"] for word in own} == {turn["participant"]}
        assert turn["text"] == " ".join(word["text"] for word in own)
        assert all(turn["start"] <= w["start"] and w["end"] <= turn["end"] for w in own)


def spans_of(rows: list[dict]) -> list[tuple]:
    return [(row.get("participant", ""), row["start"], row["end"], row.get("label", "")) for row in rows]


def test_a_minimal_response_inside_a_turn_does_not_split_it():
    rows = rows_of({"A": [(0, 2), (2.5, 4)], "B": [(1.2, 1.5)]})
    assert spans_of(rows["turn"]) == [("A", 0, 4, ""), ("B", 1.2, 1.5, "")]
    assert spans_of(rows["pause"]) == [("A", 2, 2.5, "")]
    assert spans_of(rows["overlap"]) == [("B", 1.2, 1.5, "inside")]
    assert rows["gap"] == rows["latch"] == []


def test_talk_begun_in_a_silence_ends_the_turn():
    rows = rows_of({"A": [(0, 2), (3, 4)], "B": [(2.25, 2.75)]})
    assert spans_of(rows["turn"]) == [("A", 0, 2, ""), ("B", 2.25, 2.75, ""), ("A", 3, 4, "")]
    assert spans_of(rows["gap"]) == [("", 2, 2.25, "between"), ("", 2.75, 3, "between")]
    assert rows["gap"][0]["evidence"] == "turn-0001 turn-0002"


@pytest.mark.parametrize(("end", "turns"), [(2.6, 2), (2.8, 3)])
def test_talk_begun_in_overlap_ends_the_turn_once_it_goes_on(end, turns):
    rows = rows_of({"A": [(0, 2), (3, 4)], "B": [(1.8, end)]})
    assert len(rows["turn"]) == turns
    (silence,) = rows["pause"] if turns == 2 else rows["gap"]
    assert (silence["start"], silence["end"]) == (end, 3)


def test_the_same_speaker_after_a_long_silence_begins_a_new_turn():
    rows = rows_of({"A": [(0, 1), (3.9, 5), (8, 9)]})
    assert spans_of(rows["turn"]) == [("A", 0, 5, ""), ("A", 8, 9, "")]
    assert spans_of(rows["gap"]) == [("", 5, 8, "lapse")]
    assert spans_of(rows["pause"]) == [("A", 1, 3.9, "")]


def test_a_change_without_silence_is_a_latch():
    rows = rows_of({"A": [(0, 1)], "B": [(1.05, 2)], "C": [(2, 3)]})
    assert spans_of(rows["latch"]) == [("B", 1, 1.05, ""), ("C", 2, 2, "")]
    assert rows["gap"] == rows["overlap"] == []


def test_a_brief_overlap_at_a_change_is_a_latch_but_inside_a_turn_it_is_not():
    rows = rows_of({"A": [(0, 2)], "B": [(1.94, 4)]})
    assert spans_of(rows["latch"]) == [("B", 1.94, 2, "")]
    assert rows["latch"][0]["value"] == pytest.approx(-0.06)
    assert rows["overlap"] == []
    assert spans_of(rows_of({"A": [(0, 2)], "B": [(1.0, 1.06)]})["overlap"]) == [("B", 1.0, 1.06, "inside")]


def test_overlap_at_a_change_of_speaker_is_the_second_ones():
    rows = rows_of({"A": [(0, 2)], "B": [(1.5, 4)]})
    assert spans_of(rows["overlap"]) == [("B", 1.5, 2, "at_transition")]
    assert rows["overlap"][0]["evidence"] == "turn-0001 turn-0002"


def test_speech_without_words_is_still_a_turn():
    rows = turn_rows({"A": [(0, 1)]}, [], LIMITS)
    assert [(row["label"], row["text"]) for row in rows] == [("no_words", "")]


def test_a_word_outside_all_turns_goes_to_its_speakers_nearest():
    word = {"participant": "A", "start": 2.2, "end": 2.4, "text": "so", "confidence": 1.0, "source": "test"}
    rows = turn_rows({"A": [(0, 2), (9, 10)], "B": [(2.1, 3)]}, [word], LIMITS)
    assert [(r["start"], r["text"]) for r in rows if r["tier"] == "turn"] == [(0, "so"), (2.1, ""), (9, "")]


def test_a_stretch_given_in_touching_pieces_is_one():
    whole = rows_of({"A": [(0, 1.1), (1.9, 3)], "B": [(0.5, 1.5)]})
    pieces = rows_of({"A": [(0, 1.1), (1.9, 3)], "B": [(0.5, 1.2), (1.2, 1.5)]})
    assert spans_of(pieces["turn"]) == spans_of(whole["turn"])


def test_nobody_speaks():
    assert turn_rows({}, [], LIMITS) == []
