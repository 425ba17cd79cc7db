"""Atoms written in a notation: runs of text, with the places of brackets kept for the layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.exports.notation import Notation
from pipeline.exports.script import Atom, Edge, Letters, Piece, Sign


@dataclass(frozen=True)
class Run:
    """Text of one look.

    Attributes
    ----------
    text : str
    underline : bool
    opens, closes : str
        The moment of overlap whose bracket this is; empty for other text.
    """

    text: str
    underline: bool = False
    opens: str = ""
    closes: str = ""


@dataclass(frozen=True)
class Written:
    """An atom as it is written.

    Attributes
    ----------
    atom : Atom
    runs : tuple of Run
    """

    atom: Atom
    runs: tuple[Run, ...]

    @cached_property
    def width(self) -> int:
        """Number of letters."""
        return sum(len(run.text) for run in self.runs)

    @property
    def text(self) -> str:
        """As plain text."""
        return "".join(run.text for run in self.runs)


def write_atom(atom: Atom, notation: Notation, *, underline: bool) -> Written:
    """Write an atom.

    Parameters
    ----------
    atom : Atom
    notation : Notation
    underline : bool
        Whether the file can underline; otherwise the notation's signs stand for it.
    """
    if atom.kind == "word" and len(atom.pieces) == 1 and not (atom.before or atom.after):
        return Written(atom, tuple(_word(atom.pieces, notation, underline)))  # most words
    runs = [run for piece in atom.before for run in _piece(piece, notation, underline)]
    if atom.kind == "word":
        runs += _word(atom.pieces, notation, underline)
    else:
        runs.append(Run(_body(atom, notation)))
    runs += [run for piece in atom.after for run in _piece(piece, notation, underline)]
    return Written(atom, tuple(run for run in runs if run.text))


def _body(atom: Atom, notation: Notation) -> str:
    if atom.kind == "silence":
        return notation.silence(atom.seconds)
    if atom.kind == "remark":
        return notation.comment(atom.name)
    if atom.kind == "not_heard":
        return notation.sign("not_heard") or "---"
    sound = notation.sounds.get(atom.name)
    return atom.text or (sound.of(atom.seconds).strip() if sound else "")


def _word(pieces: Sequence[Piece], notation: Notation, underline: bool) -> list[Run]:
    """A word; signs of stress stand around all of it, inside its brackets at either end."""
    runs = [run for piece in pieces for run in _piece(piece, notation, underline)]
    if not any(isinstance(p, Letters) and p.stress for p in pieces):
        return runs
    span = notation.span("stress")
    return runs if underline and span.underline else [Run(span.begin), *runs, Run(span.end)]


def _piece(piece: Piece, notation: Notation, underline: bool) -> list[Run]:
    if isinstance(piece, Letters):
        return [_letters(piece, notation, underline)]
    if isinstance(piece, Sign):
        return [Run(notation.sign(piece.name) * piece.times)]
    span = notation.span(piece.name)
    text = span.begin if piece.begins else span.end
    if piece.key:
        return [Run(text, opens=piece.key) if piece.begins else Run(text, closes=piece.key)]
    return [Run(text)]


def _letters(piece: Letters, notation: Notation, underline: bool) -> Run:
    if not (piece.loud or piece.stress):
        return Run(piece.text)
    text, span = piece.text, notation.span("stress")
    if (piece.loud and notation.span("louder").capitals) or (piece.stress and span.capitals):
        text = text.upper()
    if piece.stress and span.each:
        text = "".join(letter + span.each for letter in text)
    return Run(text, underline=piece.stress and underline and span.underline)


def write_turn(
    atoms: Sequence[Atom], notation: Notation, *, latched: bool, latching: bool, underline: bool = False
) -> list[Written]:
    """Write a turn's atoms, with the signs of latching at its ends."""
    atoms = list(atoms)
    if latched and atoms:
        atoms[0] = _around(atoms[0], before=(Sign("latch"),))
    if latching and atoms:
        atoms[-1] = _around(atoms[-1], after=(Sign("latch"),))
    ends = notation.overlap_end == "where_talk_follows"
    if ends and atoms and atoms[-1].after:
        closing = [p for p in atoms[-1].after if not (isinstance(p, Edge) and p.name == "overlap")]
        atoms[-1] = Atom(**{**vars(atoms[-1]), "after": tuple(closing)})
    written = [write_atom(atom, notation, underline=underline) for atom in atoms]
    return [one for one in written if one.runs]


def _around(atom: Atom, before: tuple[Piece, ...] = (), after: tuple[Piece, ...] = ()) -> Atom:
    return Atom(**{**vars(atom), "before": (*before, *atom.before), "after": (*atom.after, *after)})
