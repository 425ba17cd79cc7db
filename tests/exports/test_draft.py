"""The draft as a whole: bodies in the talk, below it or nowhere; what stands over and under it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipeline.exports.bodies import symbols_of
from pipeline.exports.draft import DraftLine, draft_lines
from pipeline.exports.formats import Options
from pipeline.exports.header import header, legend
from pipeline.exports.jefferson import write_jefferson
from pipeline.exports.material import Material
from pipeline.exports.notation import load_notation
from pipeline.timeline.table import timeline
from tests.exports.made import conversations, material
from tests.exports.test_layout import talk

TURNS = (("A", 0.0, "we could meet on monday"), ("B", 2.5, "yes monday is fine"))


def told(embodied: str, notation: str = "jefferson", **nod: object) -> list[tuple[str, str]]:
    row = {"id": "n1", "tier": "nod", "participant": "B", "start": 0.4, "end": 1.6, **nod}
    made = material(timeline([*talk(*TURNS).to_dict("records"), row]))
    return [(line.speaker, line.text) for line in draft_lines(made, Options(notation, embodied))]


def test_conduct_is_told_in_the_talk_below_it_or_not_at_all() -> None:
    first, second = ("A", "we could meet on monday"), ("B", "yes monday is fine")
    assert told("none") == [first, second]
    assert told("inline") == [first, ("B", "((nods))"), second]
    assert told("below", "mondada") == [
        ("A", "we +could meet on +monday"),
        ("b", "   +nods----------+"),
        second,
    ]


def test_what_has_no_room_and_what_goes_on_keep_their_columns() -> None:
    assert told("below", "mondada", end=0.6)[:2] == [
        ("A", "we +co+uld meet on monday"),
        ("b", "   +--+nods"),
    ]
    assert told("below", "mondada", end=3.4) == [
        ("A", "we +could meet on monday"),
        ("b", "   +nods-->"),
        ("B", "yes monday +is fine"),
        ("b", "        -->+"),
    ]


@st.composite
def watched(draw: st.DrawFn) -> pd.DataFrame:
    """Talk, and what bodies do meanwhile."""
    rows = draw(conversations("ABC")).to_dict("records")
    people = sorted({row["participant"] for row in rows} - {""})
    for i in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, 900)) / 100
        row = {"id": f"nod-{i}", "tier": draw(st.sampled_from(["nod", "smile"]))}
        end = start + draw(st.sampled_from([0.02, 0.3, 2.0]))
        rows.append({**row, "participant": draw(st.sampled_from(people)), "start": start, "end": end})
    return timeline(rows)


def below(lines: Sequence[DraftLine]) -> dict[int, list[DraftLine]]:
    found: dict[int, list[DraftLine]] = {}
    last = -1
    for i, line in enumerate(lines):
        last = i if line.number else last
        if not line.number:
            found.setdefault(last, []).append(line)
    return found


@settings(max_examples=30, deadline=None, phases=[Phase.reuse, Phase.generate])
@given(watched())
def test_symbols_below_stand_under_those_in_the_talk(table: pd.DataFrame) -> None:
    made = material(table)
    lines = draft_lines(made, Options("mondada"))
    symbols = symbols_of(made, load_notation("mondada"))
    under = below(lines)
    for i, line in enumerate(lines):
        for who, symbol in symbols.items():
            above = {at for at, letter in enumerate(line.text) if letter == symbol}
            told = [one.text for one in under.get(i, ()) if one.participant == who]
            seen = {at for text in told for at, letter in enumerate(text) if letter == symbol}
            assert not line.number or above == seen, (line.text, told)


def test_the_legend_counts_what_is_written(made: Material) -> None:
    text = write_jefferson(made, Options()).decode()
    counts = {mark.sign: count for mark, count in legend(made, load_notation("jefferson"))}
    talk, _, _ = text.partition("Marks and how many")
    assert counts["((nods))"] == talk.count("((")
    assert counts["(--)"] == talk.count("(--)")
    assert counts["(h)"] == talk.count("(h)")


@pytest.fixture
def made() -> Material:
    rows = talk(*TURNS).to_dict("records")
    rows += [
        {"id": "n1", "tier": "nod", "participant": "B", "start": 0.4, "end": 1.6},
        {
            "id": "g1",
            "tier": "gaze",
            "participant": "B",
            "start": 0.4,
            "end": 1.6,
            "label": "towards_partner",
        },
        {"id": "l1", "tier": "laughter", "participant": "A", "start": 0.4, "end": 0.8, "label": "in_speech"},
        {"id": "t9", "tier": "turn", "participant": "A", "start": 6.0, "end": 7.0, "label": "no_words"},
    ]
    return material(timeline(rows))


def test_the_header_says_whether_a_person_has_worked_on_it(made: Material) -> None:
    assert dict(header(made, load_notation("jefferson")))["State"].endswith("not yet corrected by an analyst")
    table = made.table.assign(status="edited", coder="Eva")
    state = dict(header(material(table), load_notation("jefferson")))["State"]
    assert state == f"a draft; {len(table)} rows of the timeline corrected or confirmed by Eva"


def test_a_draft_is_made_once_for_all_formats(made: Material) -> None:
    first = draft_lines(made, Options())
    assert draft_lines(made, Options(crlf=True))[0] is first[0]
    assert draft_lines(made, Options(), underline=True)[0] is not first[0]
