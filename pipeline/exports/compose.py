"""A timeline as a script: turns with all their marks, silences, and what stands alone, in order of time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from pipeline.exports.marking import (
    NEAR,
    Overlapped,
    Row,
    atoms_of,
    bracket,
    mark,
    with_remarks,
    with_sounds,
)
from pipeline.exports.material import Material
from pipeline.exports.notation import Notation, load_notation
from pipeline.exports.script import Atom, Index, Turn, names_in, words_of
from pipeline.exports.typed import typed_atoms

SOUNDS = ("breath_in", "breath_out", "laughter")
IN_SPEECH = "in_speech"
REACH = {"breath_in": (NEAR, 0.0), "breath_out": (0.0, NEAR)}
"""Seconds before and after a turn within which a sound belongs to it; others lie in it."""


def compose(material: Material, notation: Notation, *, conduct: bool) -> list[Turn]:
    """What a transcript of a meeting says, in order of time.

    Parameters
    ----------
    material : Material
    notation : Notation
    conduct : bool
        Whether bodily conduct is told in remarks.

    Notes
    -----
    Several formats write the same script: it stays with the material, and is made once.
    """
    key = (compose, notation.model_dump_json(), conduct)
    if key not in material.worked_out:
        material.worked_out[key] = tuple(_composed(material, notation, conduct))
    return list(material.worked_out[key])


def _composed(material: Material, notation: Notation, conduct: bool) -> list[Turn]:
    index = Index.of(material.table)
    words = {row["id"]: row for row in index.rows.get("word", ())}
    turns = index.rows.get("turn", [])
    said = {turn["id"]: words_of(turn, words) for turn in turns}
    names = names_in(said.values())
    overlaps = _overlaps(index, turns)
    latched = _latched(index)
    claimed = _claimed(index, conduct, notation)
    load = cache(load_notation)  # each once
    script = []
    for turn in turns:
        typed = typed_atoms(turn, load)
        if typed is not None:
            atoms = typed
        else:
            atoms = atoms_of(turn, said[turn["id"]], index, notation, names)
            sounds, remarks = claimed.get(turn["id"], ([], []))
            atoms = with_sounds(atoms, sounds)
            atoms = mark(atoms, turn, index, notation, words)
            atoms = bracket(atoms, overlaps.get(turn["id"], []))
            atoms = with_remarks(atoms, remarks)
        before, after = (turn["id"] in side for side in latched)
        script.append(
            Turn(turn["participant"], turn["start"], turn["end"], tuple(atoms), turn["id"], after, before)
        )
    sounds, remarks = claimed.get("", ([], []))
    script += [
        _alone(
            row, Atom("sound", row["start"], row["end"], name=row["tier"], text=row["text"], row=row["id"])
        )
        for row in sounds
    ]
    script += [
        _alone(row, Atom("remark", row["start"], row["end"], name=text, row=row["id"]))
        for row, text in remarks
    ]
    script += [
        _alone({**gap, "participant": ""}, Atom("silence", gap["start"], gap["end"], row=gap["id"]))
        for gap in index.rows.get("gap", ())
    ]
    return sorted(script, key=lambda turn: (turn.start, turn.end, turn.row))


def _alone(row: Row, atom: Atom) -> Turn:
    return Turn(row["participant"], row["start"], row["end"], (atom,), row["id"])


def _overlaps(index: Index, turns: Sequence[Row]) -> dict[str, list[Overlapped]]:
    """Stretches in overlap of every turn, by its id.

    Where more than two talk, stretches of a turn that begin at the same moment are one, up to the last end.
    """
    known = {turn["id"]: turn for turn in turns}
    found: dict[str, dict[str, Overlapped]] = {}
    for row in index.rows.get("overlap", ()):
        opens, closes = f"{row['start']:.4f}", f"{row['end']:.4f}"
        one = Overlapped(row["start"], row["end"], opens, closes)
        for name in row["evidence"].split():
            if name in known:
                same = found.setdefault(name, {})
                same[opens] = max(same.get(opens, one), one, key=lambda o: o.end)
    return {name: list(stretches.values()) for name, stretches in found.items()}


def _latched(index: Index) -> tuple[set[str], set[str]]:
    """Ids of the turns that are followed, and of those that follow, without any silence."""
    pairs = [row["evidence"].split() for row in index.rows.get("latch", ())]
    pairs = [pair for pair in pairs if len(pair) == 2]
    return {first for first, _ in pairs}, {second for _, second in pairs}


Claims = dict[str, tuple[list[Row], list[tuple[Row, str]]]]


def _claimed(index: Index, conduct: bool, notation: Notation) -> Claims:
    """Sounds and conduct by the turn that they belong to; under no name those that stand alone."""
    claims: Claims = {}
    for tier in SOUNDS:
        for row in index.rows.get(tier, ()):
            if row["label"] != IN_SPEECH:
                before, after = REACH.get(tier, (0.0, 0.0))
                home = _home(index, row["participant"], row["start"] + before, row["end"] - after)
                claims.setdefault(home, ([], []))[0].append(row)
    floor = _Floor.of(index.rows.get("turn", ()))
    told = {tier for name in notation.conduct for tier in [name.split("/")[0]]} if conduct else set()
    heard = _heard_smiles(index) if "smile_voice" in notation.spans else set()
    for tier in sorted({*told, "comment"}):
        for row in index.rows.get(tier, ()):
            if row["id"] not in heard and (text := remark_of(row, notation)):
                home = _home(index, row["participant"], row["start"], row["start"])
                claims.setdefault(home or floor.next(row), ([], []))[1].append((row, text))
    return claims


def _heard_smiles(index: Index) -> set[str]:
    """Ids of the smiles through which something is said: these are marked in the words."""
    return {name for row in index.rows.get("smile_voice", ()) for name in row["evidence"].split()}


def remark_of(row: Row, notation: Notation) -> str:
    """What is told of a row of bodily conduct, or of a comment; empty if nothing is."""
    if row["tier"] == "comment":
        return str(row["text"])
    return notation.conduct.get(f"{row['tier']}/{row['label']}", notation.conduct.get(row["tier"], ""))


def _home(index: Index, who: str, start: float, end: float) -> str:
    """Id of somebody's turn that begins by `start` and lasts up to `end` or longer; empty if none does."""
    turn = index.holding("turn", who, start, end)
    return str(turn["id"]) if turn else ""


@dataclass(frozen=True)
class _Floor:
    """Who talks when: turns in order, when they begin, and up to when there is talk until then."""

    turns: Sequence[Row]
    starts: Sequence[float]
    until: Sequence[float]

    @classmethod
    def of(cls, turns: Sequence[Row]) -> _Floor:
        starts = [turn["start"] for turn in turns]
        return cls(turns, starts, list(accumulate((turn["end"] for turn in turns), max)))

    def next(self, row: Row) -> str:
        """Id of the turn to which its speaker's conduct leads, for nobody talks between; else empty."""
        place = bisect_left(self.starts, row["start"])
        if place == len(self.turns) or (place and self.until[place - 1] > row["start"]):
            return ""
        turn = self.turns[place]
        near = turn["participant"] == row["participant"] and turn["start"] <= row["end"] + NEAR
        return str(turn["id"]) if near else ""
