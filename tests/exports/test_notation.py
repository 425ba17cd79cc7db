"""Notations: the product's own, a lab's own, and what was typed in one comes back as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.exports.notation import SIGNS, load_notation, notation_names
from pipeline.exports.script import Atom, Edge, Letters, Sign
from pipeline.exports.signs import write_turn
from pipeline.exports.typed import Parser, UnbalancedError
from pipeline.settings import configs_folder

NOTATIONS = notation_names()
SPOKEN_SPANS = (
    "faster",
    "slower",
    "quieter",
    "creak",
    "smile_voice",
    "voice_quality",
    "uncertain",
    "overlap",
)


@st.composite
def turns(draw: st.DrawFn, name: str) -> list[Atom]:
    """Words with signs and spans, silences and remarks between them."""
    notation = load_notation(name)
    spans = [span for span in SPOKEN_SPANS if notation.span(span).begin]
    atoms: list[Atom] = []
    open_: list[str] = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["word", "word", "word", "silence", "remark", "not_heard"]))
        if kind != "word":
            seconds = draw(st.sampled_from([0.1, 0.5, 2.0]))
            atoms.append(Atom(kind, 0.0, seconds, name="coughs" if kind == "remark" else ""))
            continue
        text = draw(st.text("bdknaeiouäöå", min_size=2, max_size=7))
        before: list[Edge | Sign] = []
        after: list[Edge | Sign] = []
        if spans and not open_ and draw(st.booleans()):
            open_.append(draw(st.sampled_from(spans)))
            before.append(Edge(open_[0], True))
        if draw(st.booleans()) and (step := draw(st.sampled_from(["up", "down"]))):
            before.append(Sign(step))
        if draw(st.booleans()):
            after.append(
                Sign(draw(st.sampled_from([s for s in ("falling", "level", "rising") if s in SIGNS])))
            )
        if open_ and draw(st.booleans()):
            after.append(Edge(open_.pop(), False))
        stress = draw(st.booleans())
        atoms.append(
            Atom("word", 0.0, 0.0, (Letters(text, stress=stress),), before=tuple(before), after=tuple(after))
        )
    if open_:
        atoms.append(Atom("word", 0.0, 0.0, (Letters("ja"),), after=(Edge(open_.pop(), False),)))
    return atoms


def text_of(name: str, atoms: list[Atom]) -> str:
    written = write_turn(atoms, load_notation(name), latched=False, latching=False)
    return " ".join(one.text for one in written)


@pytest.mark.parametrize("name", NOTATIONS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_was_written_is_written_the_same_after_it_was_read(name: str, data: st.DataObject) -> None:
    text = text_of(name, data.draw(turns(name)))
    assert text_of(name, Parser(load_notation(name), strict=False).read(text)) == text


@pytest.mark.parametrize(("text", "sign"), [("so [yes", "“[”"), ("so yes]", "“]”"), ("so (yes", "“(”")])
def test_brackets_without_a_partner_are_told(text: str, sign: str) -> None:
    parser = Parser(load_notation("jefferson"))
    with pytest.raises(UnbalancedError, match=f"\\{sign[1]}"):
        parser.read(text)
        parser.finish()


def test_a_lab_changes_a_copy_and_is_told_what_is_wrong(tmp_path: Path) -> None:
    own = tmp_path / "ours.yaml"
    text = (configs_folder() / "notation" / "jefferson.yaml").read_text(encoding="utf-8")
    own.write_text(
        text.replace('creak: {begin: "#", end: "#"}', 'creak: {begin: "*", end: "*"}'), encoding="utf-8"
    )
    assert load_notation(str(own)).span("creak").begin == "*"
    own.write_text(text.replace("  creak:", "  squeak:"), encoding="utf-8")
    with pytest.raises(SettingsError, match="no span squeak"):
        load_notation(str(own))
    own.write_text(text.replace("({:.1f})", "(long)"), encoding="utf-8")
    with pytest.raises(SettingsError, match="place for the number"):
        load_notation(str(own))
    with pytest.raises(SettingsError, match="There is no notation jeffersen; there are chat, gat2"):
        load_notation("jeffersen")
