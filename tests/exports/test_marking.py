"""Every mark of the field is written where the timeline has its row, in every notation that has the sign."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.exports.draft import draft_lines
from pipeline.exports.formats import Options
from pipeline.exports.notation import load_notation
from pipeline.exports.signs import write_atom
from pipeline.exports.typed import Parser
from pipeline.timeline.table import timeline
from tests.exports.made import material

TEXT = "and then we talked"
NOTATIONS = ("jefferson", "gat2", "mondada")


def draft(notation: str, *rows: dict[str, Any], text: str = TEXT, confidence: float = 0.9) -> str:
    """The first line of a turn of words of 1 s each, with further rows."""
    words = [
        {"id": f"w{i}", "tier": "word", "participant": "A", "start": float(i), "end": i + 1.0, "text": word}
        | {"confidence": confidence}
        for i, word in enumerate(text.split())
    ]
    turn = {
        "id": "t",
        "tier": "turn",
        "participant": "A",
        "start": 0.0,
        "end": words[-1]["end"],
        "text": text,
    }
    turn["evidence"] = " ".join(word["id"] for word in words)
    more = [{"id": f"e{i}", "participant": "A", **row} for i, row in enumerate(rows)]
    return draft_lines(material(timeline([*words, turn, *more])), Options(notation=notation))[0].text


def row(tier: str, start: float, end: float, label: str = "", **more: Any) -> dict[str, Any]:
    return {"tier": tier, "start": start, "end": end, "label": label, **more}


STRETCHED = row("stretch", 3, 4, value=1.4, details=json.dumps({"expected": 1.0}))
MARKS: dict[str, tuple[dict[str, Any], str, str]] = {
    "falling": (row("intonation", 3.5, 4, "falling"), "and then we talked.", "and then we talked."),
    "level": (row("intonation", 3.5, 4, "level"), "and then we talked,", "and then we talked-"),
    "rising": (row("intonation", 1.5, 2, "rising"), "and then? we talked", "and then? we talked"),
    "up": (row("pitch_step", 2, 3, "up"), "and then ↑we talked", "and then ↑we talked"),
    "down": (row("pitch_step", 2, 3, "down"), "and then ↓we talked", "and then ↓we talked"),
    "stress": (row("stress", 1, 2), "and _then_ we talked", "and THEN we talked"),
    "stretch": (STRETCHED, "and then we ta::::lked", "and then we ta::lked"),
    "pause": (row("pause", 1.0, 1.5), "and (0.5) then we talked", "and (0.50) then we talked"),
    "micropause": (row("pause", 1.0, 1.1), "and (.) then we talked", "and (.) then we talked"),
    "faster": (row("pace", 1, 3, "faster"), "and >then we< talked", "and <<all> then we> talked"),
    "slower": (row("pace", 1, 3, "slower"), "and <then we> talked", "and <<len> then we> talked"),
    "glottal stop": (row("glottal_stop", 1, 2), "and then< we talked", "and thenʔ we talked"),
    "cut off": (row("cut_off", 1, 2), "and then- we talked", "and thenʔ we talked"),
    "quieter": (row("loudness", 1, 3, "quieter"), "and °then we° talked", "and <<p> then we> talked"),
    "louder": (row("loudness", 1, 3, "louder"), "and THEN WE talked", "and <<f> then we> talked"),
    "creak": (row("creak", 1, 2), "and #then# we talked", "and <<creaky> then> we talked"),
    "voice": (row("voice_quality", 1, 2), "and @then@ we talked", "and <<@> then> we talked"),
    "smile": (row("smile_voice", 1, 2), "and £then£ we talked", "and <<:-)> then> we talked"),
    "laugh in word": (row("laughter", 2, 3, "in_speech"), "and then we(h) talked", "and then we(h) talked"),
    "laughter": (row("laughter", 4, 4.0), "and then we talked heh heh", "and then we talked ((laughs))"),
    "out-breath": (row("breath_out", 4, 4.3), "and then we talked hhh", "and then we talked h°"),
    "in-breath": (row("breath_in", -0.0, 0.0), ".hh and then we talked", "°h and then we talked"),
    "nod": (row("nod", 1.2, 2), "and ((nods)) then we talked", "and ((nods)) then we talked"),
    "comment": (
        row("comment", 1.2, 2, text="coughs"),
        "and ((coughs)) then we talked",
        "and ((coughs)) then we talked",
    ),
}  # fmt: skip
VOICE_IS_A_SYMBOL = ("creak", "voice", "smile")


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_stands_where_its_row_is(mark: str) -> None:
    given, jefferson, gat2 = MARKS[mark]
    assert draft("jefferson", given) == jefferson
    assert draft("gat2", given) == gat2
    if mark != "nod":
        assert draft("mondada", given) == (TEXT if mark in VOICE_IS_A_SYMBOL else jefferson)


@pytest.mark.parametrize(
    ("notation", "unsure", "unheard"),
    [("jefferson", "(joo)", "(--)"), ("mondada", "(joo)", "(--)"), ("gat2", "(joo)", "(xxx)")],
)
def test_uncertain_hearing_and_what_was_not_heard(notation: str, unsure: str, unheard: str) -> None:
    assert draft(notation, text="joo", confidence=0.1) == unsure
    turn = {"id": "t", "tier": "turn", "participant": "A", "start": 0.0, "end": 1.0, "label": "no_words"}
    assert draft_lines(material(timeline([turn])), Options(notation=notation))[0].text == unheard


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("mark", MARKS)
def test_what_is_written_is_read_as_it_stands(notation: str, mark: str) -> None:
    written = draft(notation, MARKS[mark][0], row("intonation", 0.5, 1, "rising"), row("stress", 3, 4))
    known = load_notation(notation)
    if notation == "mondada" and mark == "nod":
        return  # its symbols are not talk, see `bodies.symbols_of`
    again = [write_atom(atom, known, underline=False).text for atom in Parser(known).read(written)]
    assert " ".join(again) == written
