"""A draft as tokens to compare: what we would write, with its rows, and what somebody typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.exports.compose import compose
from pipeline.exports.docx import TypedLine
from pipeline.exports.layout import Line, break_lines
from pipeline.exports.material import Material
from pipeline.exports.notation import Notation
from pipeline.exports.reading import fault
from pipeline.exports.script import Atom, Edge, Letters, Sign
from pipeline.exports.typed import (
    PLAIN_AGAIN,
    UNDERLINED,
    Parser,
    UnbalancedError,
    one_kind_of_brackets,
    word_text,
)


@dataclass
class Token:
    """A word, silence, sound or remark of a draft.

    Attributes
    ----------
    kind : str
        As of an `Atom`; ``gap`` for a silence on a line of its own.
    text : str
        Letters of a word without marks, or what is told.
    speaker : str
        Id of whoever says or does it; empty for a gap.
    features : frozenset of str
        What is marked on a word: names of spans and signs.
    seconds : float
        Of a silence, as it is written.
    row, turn : str
        Ids of its rows, for what we would write.
    start, end : float
        Seconds, for what we would write.
    begins : bool
        Whether its line, for what was typed, begins with it and names the speaker.
    """

    kind: str
    text: str
    speaker: str
    features: frozenset[str] = frozenset()
    seconds: float = 0.0
    row: str = ""
    turn: str = ""
    start: float = 0.0
    end: float = 0.0
    begins: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """By which tokens of both sides are found to be the same."""
        silent = self.kind in ("silence", "gap")
        return ("silence" if silent else self.kind, "" if silent else self.text.casefold())


class _Reader:
    """Turns atoms of one speaker into tokens, and remembers what is open from line to line."""

    def __init__(self, notation: Notation, speaker: str, *, strict: bool) -> None:
        self.parser = Parser(notation, strict=strict)
        self.speaker = speaker
        self.open: list[str] = []

    def read(self, text: str) -> list[Token]:
        tokens: list[Token] = []
        for atom in self.parser.read(text):
            features = self._features(atom)
            if atom.kind == "mark":
                continue
            said = word_text(atom) if atom.kind == "word" else atom.name
            tokens.append(Token(atom.kind, said, self.speaker, features, atom.seconds))
        return tokens

    def _features(self, atom: Atom) -> frozenset[str]:
        """What is marked on an atom: spans that are open anywhere in it, and its signs."""
        found = set(self.open)
        for piece in (*atom.before, *atom.pieces, *atom.after):
            if isinstance(piece, Edge):
                if piece.begins:
                    self.open.append(piece.name)
                    found.add(piece.name)
                elif piece.name in self.open:
                    self.open.remove(piece.name)
            elif isinstance(piece, Sign) and piece.name != "latch":
                found.add(piece.name)
            elif isinstance(piece, Letters):
                found |= {"stress"} if piece.stress else set()
                found |= {"louder"} if piece.loud else set()
        return frozenset(found)


def written_tokens(material: Material, notation: Notation, *, underline: bool) -> list[list[Token]]:
    """What we would write, line by line."""
    script = compose(material, notation, conduct=notation.embodied == "inline")
    readers: dict[str, _Reader] = {}
    found = []
    for line in break_lines(script, notation, underline=underline):
        reader = readers.setdefault(line.turn.row, _Reader(notation, line.turn.participant, strict=False))
        found.append(_line_tokens(line, reader))
    return found


def _line_tokens(line: Line, reader: _Reader) -> list[Token]:
    tokens = []
    for written in line.atoms:
        text = "".join(
            f"{UNDERLINED}{run.text}{PLAIN_AGAIN}" if run.underline else run.text for run in written.runs
        )
        for token in reader.read(text):
            if token.kind == "silence" and not line.turn.participant:
                token.kind = "gap"
            token.row, token.turn = written.atom.row, line.turn.row
            token.start, token.end = written.atom.start, written.atom.end
            tokens.append(token)
    return tokens


def typed_tokens(
    lines: Iterable[TypedLine], material: Material, notation: Notation, path: Path
) -> list[list[Token]]:
    """What somebody typed, line by line.

    Raises
    ------
    FileFaultError
        Where a speaker is not known, or a bracket has no partner; it names the line.
    """
    readers: dict[str, _Reader] = {}
    opened: dict[str, int] = {}
    found: list[list[Token]] = []
    speaker = ""
    for line in lines:
        text = one_kind_of_brackets(line.text)
        alone = not line.speaker and _is_silence(text, notation)
        if line.speaker:
            speaker = _speaker(line, material, notation, path)
        elif not speaker and not alone:
            fault(path, line.place, "nobody is named who says this; write the speaker before it")
        who = "" if alone else speaker
        reader = readers.setdefault(who, _Reader(notation, who, strict=True))
        was_open = bool(reader.parser.open)
        try:
            tokens = reader.read(text)
        except UnbalancedError as error:
            fault(path, line.place, f"{error}; mend the line")
        if reader.parser.open and not was_open:
            opened[who] = line.place
        for token in tokens:
            token.kind = "gap" if alone else token.kind
            token.begins = bool(line.speaker) and token is tokens[0]
        found.append(tokens)
    if notation.overlap_end == "always":
        for who, reader in readers.items():
            try:
                reader.parser.finish()
            except UnbalancedError as error:
                fault(path, opened.get(who), f"{error}; close it, or take it out")
    return found


def _is_silence(text: str, notation: Notation) -> bool:
    atoms = Parser(notation, strict=False).read(text)
    return bool(atoms) and all(atom.kind == "silence" for atom in atoms)


def _speaker(line: TypedLine, material: Material, notation: Notation, path: Path) -> str:
    person = material.person(line.speaker)
    if person is None:  # names are cut to the speaker's column
        cut = [p for p in material.people if p.name[: notation.speaker_width].strip() == line.speaker]
        person = cut[0] if len(cut) == 1 else None
    if person is None:
        known = ", ".join(p.name for p in material.people)
        fault(path, line.place, f"{line.speaker} is not among the people of the meeting, who are {known}")
    return person.id
