"""Lines of a draft: nothing is lost, brackets stand under each other, lines are as long as they may be."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import pandas as pd
from hypothesis import Phase, given, settings

from pipeline.exports.compose import compose
from pipeline.exports.draft import DraftLine, draft_lines
from pipeline.exports.formats import Options
from pipeline.exports.notation import load_notation
from pipeline.exports.script import Edge
from pipeline.timeline.table import timeline
from tests.exports.made import conversations, material, overlaps_of

MANY = settings(max_examples=30, deadline=None, phases=[Phase.reuse, Phase.generate])  # to shrink takes long
WIDTH = load_notation("jefferson").width


def words_of(text: str) -> list[str]:
    """Words of a line without silences, brackets and what was not heard."""
    return re.sub(r"[\[\]]", "", re.sub(r"\(\S*?\)", "", text)).split()


def by_participant(table: pd.DataFrame, lines: Sequence[DraftLine]) -> dict[str, list[str]]:
    said: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if line.participant:
            said[line.participant] += words_of(line.text)
    return dict(said)


@MANY
@given(conversations())
def test_every_word_stands_once_and_in_order(table: pd.DataFrame) -> None:
    lines = draft_lines(material(table), Options())
    words = table[table["tier"] == "word"].sort_values("id")
    given_ = {str(who): list(rows["text"]) for who, rows in words.groupby("participant")}
    assert by_participant(table, lines) == given_
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))


@MANY
@given(conversations())
def test_brackets_of_a_turn_are_balanced(table: pd.DataFrame) -> None:
    turns: dict[str, str] = defaultdict(str)
    for line in draft_lines(material(table), Options()):
        turns[line.turn] += line.text
    for text in turns.values():
        depth = 0
        for letter in text:
            depth += {"[": 1, "]": -1}.get(letter, 0)
            assert depth in (0, 1, 2, 3, 4), text
        assert depth == 0, text


def columns(lines: Sequence[DraftLine]) -> dict[tuple[str, bool], set[int]]:
    """Columns of the brackets of every moment, those that open and those that close."""
    found: dict[tuple[str, bool], set[int]] = defaultdict(set)
    for line in lines:
        at = 0
        for run in line.runs:
            if run.opens or run.closes:
                found[run.opens or run.closes, bool(run.opens)].add(at)
            at += len(run.text)
    return found


def crowded(table: pd.DataFrame) -> set[str]:
    """Moments with a bracket in a word in which there is another one."""
    moments: set[str] = set()
    for turn in compose(material(table), load_notation("jefferson"), conduct=False):
        for atom in turn.atoms:
            pieces = (*atom.before, *atom.pieces, *atom.after)
            keys = [piece.key for piece in pieces if isinstance(piece, Edge) and piece.key]
            moments |= set(keys) if len(keys) > 1 else set()
    return moments


def contradictory(lines: Sequence[DraftLine]) -> set[str]:
    """Moments of which one line has another first, another line, perhaps by way of a third, itself."""
    after: dict[tuple[str, bool], set[tuple[str, bool]]] = defaultdict(set)
    for line in lines:
        row = [(run.opens or run.closes, bool(run.opens)) for run in line.runs if run.opens or run.closes]
        for i, one in enumerate(row):
            after[one] |= set(row[i + 1 :]) - {one}

    def reached(start: tuple[str, bool]) -> set[tuple[str, bool]]:
        found, to_see = set(), [start]
        while to_see:
            to_see += (new := after[to_see.pop()] - found)
            found |= new
        return found

    return {one[0] for one in list(after) if one in reached(one)}


@MANY
@given(conversations())
def test_brackets_of_a_moment_are_in_one_column(table: pd.DataFrame) -> None:
    lines = draft_lines(material(table), Options())
    limit = crowded(table) | contradictory(lines)
    for (moment, _), places in columns(lines).items():
        assert len(places) == 1 or moment in limit, "\n".join(line.text for line in lines)


@MANY
@given(conversations())
def test_no_line_without_overlap_is_longer_than_the_width_unless_one_word_is(table: pd.DataFrame) -> None:
    for line in draft_lines(material(table), Options()):
        if not set("[]") & set(line.text):
            assert len(line.text) <= WIDTH or " " not in line.text.strip(), line.text


def talk(*turns: tuple[str, float, str]) -> pd.DataFrame:
    """Turns of words that last 0.4 s each: who, when, and what."""
    rows, made = [], []
    for number, (who, at, text) in enumerate(turns):
        words = []
        for i, word in enumerate(text.split()):
            row = {"id": f"w{number}-{i}", "tier": "word", "participant": who, "start": at + 0.4 * i}
            words.append({**row, "end": at + 0.4 * (i + 1), "text": word, "confidence": 0.9})
        turn = {"id": f"t{number}", "tier": "turn", "participant": who, "start": at, "end": words[-1]["end"]}
        made.append({**turn, "text": text, "evidence": " ".join(word["id"] for word in words)})
        rows += words
    return timeline([*rows, *made, *overlaps_of(made)])


def texts(table: pd.DataFrame) -> list[str]:
    return [f"{line.speaker or '':2}{line.text}" for line in draft_lines(material(table), Options())]


def test_three_who_talk_at_once_stand_under_each_other() -> None:
    table = talk(
        ("A", 0.0, "we could meet on monday"), ("B", 0.8, "meet on tuesday"), ("C", 1.2, "on friday then")
    )
    assert texts(table) == [
        "A we could [meet [on monday  ]]",
        "B          [meet [on tuesday ]]",
        "C                [on friday  ] then",
    ]


def test_a_bracket_inside_a_word_is_at_the_letter_by_time() -> None:
    table = talk(("A", 0.0, "abcdefgh"), ("B", 0.2, "ja ja ja"))
    assert texts(table) == ["A abcd[efgh]", "B     [j]a ja ja"]


def test_brackets_at_the_edge_of_a_word_are_in_columns_though_not_in_order_of_time() -> None:
    """D begins before C ends, by less than a letter, and stands after it in what B says."""
    assert texts(talk(("B", 0.0, "ab cd ef"), ("C", 0.01, "sooooo"), ("D", 0.39, "no"))) == [
        "B [ab    ] [cd] ef",
        "C [sooooo]",
        "D          [no]",
    ]


def test_silences_between_turns_and_latches() -> None:
    turns = talk(("A", 0.0, "so"), ("B", 0.4, "yes"), ("A", 2.0, "well")).to_dict("records")
    gap = {"id": "gap-1", "tier": "gap", "start": 0.8, "end": 2.0, "value": 1.2, "label": "between"}
    latch = {
        "id": "latch-1",
        "tier": "latch",
        "participant": "B",
        "start": 0.4,
        "end": 0.4,
        "evidence": "t0 t1",
    }
    lines = draft_lines(material(timeline([*turns, gap, latch])), Options())
    assert [(line.speaker, line.text) for line in lines] == [
        ("A", "so="), ("B", "=yes"), ("", "(1.2)"), ("A", "well"),
    ]  # fmt: skip


def test_a_nod_in_the_gap_before_own_talk_is_told_with_it_and_never_parts_brackets() -> None:
    rows = talk(("A", 0.0, "we could meet"), ("B", 0.8, "yes"), ("A", 3.0, "good")).to_dict("records")
    nods = [
        {"id": f"nod-{i}", "tier": "nod", "participant": who, "start": at, "end": at + 0.5}
        for i, (who, at) in enumerate((("B", 0.3), ("A", 2.6)))
    ]
    assert texts(timeline([*rows, *nods])) == [
        "A we could [meet]",
        "B          [yes ]",
        "B ((nods))",
        "A ((nods)) good",
    ]
