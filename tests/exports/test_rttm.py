"""RTTM is read by pyannote.database: who speaks when."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from pyannote.core import Segment, Timeline

from pipeline.exports.formats import Options
from pipeline.exports.material import Material, Person
from pipeline.exports.rttm import write_rttm
from pipeline.timeline.table import timeline
from tests.exports.made import material, timelines

load_rttm = pytest.importorskip("pyannote.database.util", reason="pyannote.database judges RTTM").load_rttm


def row(tier: str, who: str, start: float, end: float, number: int = 1, **more: str) -> dict:
    return {"id": f"{tier}-{number}", "tier": tier, "participant": who, "start": start, "end": end, **more}


def read(meeting: Material, folder: Path):
    path = folder / "meeting.rttm"
    path.write_bytes(write_rttm(meeting, Options()))
    return load_rttm(path)


def test_turns_without_their_pauses_are_the_stretches(tmp_path: Path) -> None:
    rows = [
        row("turn", "S", 1.0, 5.0),
        row("pause", "S", 2.0, 2.5),
        row("pause", "C", 3.0, 3.5, 2),
        row("turn", "C", 4.0, 6.0, 2),
        row("turn", "C", 7.0, 8.0, 3, status="rejected"),
        row("turn", "C", 9.0, 9.0004, 4),
    ]
    meeting = material(timeline(rows), Person("S", "Sam"), Person("C", "Anna"), name="my meeting")
    assert write_rttm(meeting, Options()).decode().splitlines() == [
        "SPEAKER my_meeting 1 1.000 1.000 <NA> <NA> S <NA> <NA>",
        "SPEAKER my_meeting 1 2.500 2.500 <NA> <NA> S <NA> <NA>",
        "SPEAKER my_meeting 1 4.000 2.000 <NA> <NA> C <NA> <NA>",
    ]
    speech = read(meeting, tmp_path)["my_meeting"]
    assert speech.label_timeline("S") == Timeline([Segment(1, 2), Segment(2.5, 5)])
    assert speech.label_timeline("C") == Timeline([Segment(4, 6)])


def test_what_touches_still_touches_after_rounding() -> None:
    edges = [0.1234, 1.00049, 2.00051, 3.3333]
    rows = [row("turn", "S", start, end, i) for i, (start, end) in enumerate(pairwise(edges))]
    times = [
        line.split()[3:5] for line in write_rttm(material(timeline(rows)), Options()).decode().splitlines()
    ]
    for (start, length), (following, _) in pairwise(times):
        assert round(float(start) + float(length), 3) == float(following)


def test_names_with_blanks_and_quotation_marks_stay_one_field_and_apart(tmp_path: Path) -> None:
    rows = [row("turn", who, i, i + 1, i) for i, who in enumerate(["a b", 'a"b', "a_b"])]
    speech = read(material(timeline(rows), name=' "x ; y" '), tmp_path)
    (annotation,) = speech.values()
    assert len(annotation.labels()) == 3


def test_a_meeting_without_speech_makes_an_empty_file() -> None:
    assert write_rttm(material(timeline([])), Options()) == b""


@settings(deadline=None, max_examples=60)
@given(table=timelines())
def test_any_timeline_says_the_same_speech(
    table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    meeting = material(table)
    path = tmp_path_factory.mktemp("rttm")
    if not write_rttm(meeting, Options()):
        return
    found = read(meeting, path)["meeting"]
    shown = table[table["status"] != "rejected"]

    def seconds(who: str, tier: str) -> Timeline:
        own = shown[(shown["tier"] == tier) & (shown["participant"] == who)]
        spans = [(round(s, 3), round(e, 3)) for s, e in zip(own["start"], own["end"], strict=True)]
        return Timeline(Segment(*span) for span in spans if span[1] > span[0]).support()

    for who in set(shown["participant"]) - {""}:
        pauses = seconds(who, "pause")
        expected = sum(
            span.duration - sum((span & pause).duration for pause in pauses if span & pause)
            for span in seconds(who, "turn")
        )
        assert found.label_timeline(who).support().duration() == pytest.approx(expected, abs=0.01)
