"""DOTE's JSON: lines with times, speaker and text."""

from __future__ import annotations

import json
import re

import pandas as pd
from hypothesis import given, settings

from pipeline.exports.dote import as_lines, write_dote
from pipeline.exports.draft import DraftLine
from pipeline.exports.formats import Options
from pipeline.exports.material import Material, Person
from pipeline.timeline.table import timeline
from tests.exports.made import material, timelines

PLAIN = Options(marks=False)
TIME = re.compile(r"\d\d+:[0-5]\d:[0-5]\d\.\d{3}")


def lines(meeting: Material) -> list[dict[str, str]]:
    content = json.loads(write_dote(meeting, PLAIN))
    assert list(content) == ["lines"]
    return content["lines"]


def test_the_drafts_lines_keep_marks_speakers_and_silences() -> None:
    draft = [
        DraftLine(1, "S", "Sam", "so how [was it?]", 3661.0, 3662.5, "turn-1"),
        DraftLine(2, "S", "", "   [I mean] the >trip<", 3662.5, 3663.0004, "turn-1"),
        DraftLine(3, "", "", "(0.5)", 3663.0, 3663.5),
    ]
    assert as_lines(draft) == [
        {"startTime": a, "endTime": b, "speakerDesignation": who, "text": text}
        for a, b, who, text in [
            ("01:01:01.000", "01:01:02.500", "Sam", "so how [was it?]"),
            ("01:01:02.500", "01:01:03.000", "", "   [I mean] the >trip<"),
            ("01:01:03.000", "01:01:03.500", "", "(0.5)"),
        ]
    ]


def test_plain_words_are_one_line_a_turn_with_gaps_between() -> None:
    rows = [
        {"id": "turn-1", "tier": "turn", "participant": "S", "start": 0.5, "end": 2, "text": "Hi\n there."},
        {"id": "gap-1", "tier": "gap", "start": 2, "end": 2.52},
        {"id": "turn-2", "tier": "turn", "participant": "C", "start": 2.52, "end": 3, "label": "no_words"},
        {"id": "turn-3", "tier": "turn", "participant": "C", "start": 4, "end": 5, "status": "rejected"},
    ]
    meeting = material(timeline(rows), Person("S", "Sam"), Person("C", "Änne"))
    assert [(line["speakerDesignation"], line["text"]) for line in lines(meeting)] == [
        ("Sam", "Hi there."),
        ("", "(0.5)"),
        ("Änne", "---"),
    ]
    assert "Änne".encode() in write_dote(meeting, PLAIN)


def test_the_draft_with_its_marks_is_what_dote_gets_by_default() -> None:
    turn = {"id": "turn-1", "tier": "turn", "participant": "S", "start": 0.5, "end": 2, "text": "Hi there."}
    pause = {"id": "gap-1", "tier": "gap", "start": 2, "end": 3, "label": "between"}
    other = {**turn, "id": "turn-2", "participant": "C", "start": 3, "end": 4, "text": "Hello."}
    meeting = material(timeline([turn, pause, other]), Person("S", "Sam"), Person("C", "Anna"))
    marked = json.loads(write_dote(meeting, Options()))["lines"]
    assert [line["speakerDesignation"] for line in marked] == ["Sam", "", "Anna"]
    assert marked[1]["text"] == "(1.0)"


@settings(deadline=None, max_examples=60)
@given(table=timelines())
def test_any_timeline_has_a_line_for_every_turn_and_gap(table: pd.DataFrame) -> None:
    shown = table[(table["status"] != "rejected") & table["tier"].isin(["turn", "gap"])]
    found = lines(material(table))
    assert len(found) == len(shown)
    for line in found:
        assert TIME.fullmatch(line["startTime"])
        assert TIME.fullmatch(line["endTime"])
        assert line["startTime"] <= line["endTime"]
    assert [line["startTime"] for line in found] == sorted(line["startTime"] for line in found)
