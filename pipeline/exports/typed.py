"""Text in a notation read as atoms: the way back from what `pipeline.exports.signs` writes, or people type.

What a notation does not know stays part of the word, so that nothing that was typed is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pipeline.exports.notation import AFTER, Notation, Sound, load_notation
from pipeline.exports.script import Atom, Edge, Letters, Piece, Sign
from pipeline.timeline.wording import MARKED

BRACKETS = ("overlap", "uncertain")
"""Spans whose end looks unlike all other signs, so that one too many is seen."""
_SECOND_TO_FIRST = str.maketrans("⌊⌋", "⌈⌉")
_NUMBERED = re.compile(r"(?<=[⌈⌉])\d")
UNDERLINED, PLAIN_AGAIN = "\ue000", "\ue001"
"""Private signs that stand for the beginning and the end of underlining in text that was read."""


class UnbalancedError(ValueError):
    """A span that is closed but not open, or opened and not closed; the message says which."""


class Parser:
    """Reads a turn's text, in pieces if wanted, and remembers which spans are open.

    Parameters
    ----------
    notation : Notation
    strict : bool
        Whether spans that do not match are an `UnbalancedError`; otherwise they are read as they stand.
    """

    def __init__(self, notation: Notation, *, strict: bool = True) -> None:
        self.notation = notation
        self.strict = strict
        self.open: list[str] = []
        grammar = _grammar(notation.model_dump_json())
        self._wholes, self._edges, self._closing = grammar.wholes, grammar.edges, grammar.closing

    def read(self, text: str) -> list[Atom]:
        """Atoms of a text; times are all zero, silences last as long as is written."""
        atoms: list[Atom] = []
        flat: list[Piece] = []
        body: Atom | None = None
        at = 0

        def close() -> None:
            nonlocal body
            if flat or body:
                atoms.append(_atom(flat, body))
            flat.clear()
            body = None

        while at < len(text):
            if text[at].isspace():
                close()
                at += 1
                continue
            begins = not any(isinstance(p, Letters) for p in flat) and body is None
            found = self._whole(text, at, begins)
            if found is not None:
                whole, at = found
                if body is not None or any(isinstance(p, Letters) for p in flat):
                    close()
                body = whole
                continue
            piece, size = self._piece(text, at, flat)
            if isinstance(piece, Letters) and body is not None:
                close()
            if piece is not None:
                _append(flat, piece)
            at += size
        close()
        return atoms

    def finish(self) -> None:
        """Say that the turn is over.

        Raises
        ------
        UnbalancedError
            Where a span is still open.
        """
        left = [name for name in self.open if name != "stress"]
        if left and self.strict:
            span = self.notation.span(left[-1])
            raise UnbalancedError(f"“{span.begin.strip()}” ({_told(left[-1])}) is opened and not closed")

    def _whole(self, text: str, at: int, begins: bool) -> tuple[Atom, int] | None:
        """A silence, sound, remark or what was not heard, if one begins here; and where it ends."""
        for kind, name, pattern in self._wholes:
            if kind == "sound" and not begins:
                continue
            match = pattern.match(text, at)
            if not match or match.end() == at:
                continue
            if kind == "silence":
                number = match.group(1) if pattern.groups else None
                seconds = float(number.replace(",", ".")) if number else 0.0
                return Atom("silence", 0.0, seconds, text=match.group()), match.end()
            if kind == "remark":
                return Atom("remark", 0.0, 0.0, name=match.group(1).strip()), match.end()
            if kind == "not_heard":
                return Atom("not_heard", 0.0, 0.0), match.end()
            return Atom("sound", 0.0, 0.0, name=name, text=match.group().strip()), match.end()
        return None

    def _piece(self, text: str, at: int, flat: Sequence[Piece]) -> tuple[Piece | None, int]:
        """The piece that begins here, and how many letters it takes."""
        if text[at] in (UNDERLINED, PLAIN_AGAIN):
            self._stress(text[at] == UNDERLINED)
            return None, 1
        laugh = self.notation.sign("laugh_in_word")
        if laugh and text.startswith(laugh, at):  # before brackets, with which it may begin
            return Sign("laugh_in_word"), len(laugh)
        in_word = any(isinstance(p, Letters) for p in flat)
        return self._edge(text, at, in_word) or self._sign(text, at, in_word) or self._letter(text, at)

    def _sign(self, text: str, at: int, in_word: bool) -> tuple[Piece, int] | None:
        """The sign that stands here."""
        sign = self.notation.sign
        stretch, latch = sign("stretch"), sign("latch")
        if stretch and in_word and text.startswith(stretch, at):
            times = 1
            while text.startswith(stretch, at + times * len(stretch)):
                times += 1
            return Sign("stretch", times), times * len(stretch)
        for name in ("up", "down"):
            if sign(name) and text.startswith(sign(name), at):
                return Sign(name), len(sign(name))
        if latch and text.startswith(latch, at) and at in (0, len(text.rstrip()) - len(latch)):
            return Sign("latch"), len(latch)
        for name in AFTER:
            size = len(sign(name))
            if in_word and size and text.startswith(sign(name), at) and self._ends(text, at + size):
                return Sign(name), size
        return None

    def _letter(self, text: str, at: int) -> tuple[Piece, int]:
        each = self.notation.span("stress").each
        marked = bool(each) and text.startswith(each, at + 1)
        return Letters(text[at], stress=marked or "stress" in self.open), 1 + len(each) * marked

    def _ends(self, text: str, at: int) -> bool:
        """Whether a word is over here: only signs of an end, closing spans and a blank follow."""
        rest = text[at:].split(maxsplit=1)[0] if at < len(text) and not text[at].isspace() else ""
        for sign in self._closing:
            rest = rest.replace(sign, "")
        return rest.strip(UNDERLINED + PLAIN_AGAIN) == ""

    def _edge(self, text: str, at: int, in_word: bool) -> tuple[Piece | None, int] | None:
        """The edge of a span that stands here: the end of one that is open, or else the beginning of one."""
        for name, _, end in self._edges:
            if name in self.open and end and text.startswith(end.strip(), at):
                self._close(name)
                return _edge_piece(name, begins=False), len(end.strip())
        glottal = self.notation.sign("glottal_stop")
        for name, begin, _ in self._edges:
            if not text.startswith(begin, at):
                continue
            if in_word and glottal == begin and self._ends(text, at + len(begin)):
                continue  # sitte<
            self.open.append(name)
            return _edge_piece(name, begins=True), len(begin)
        if self.strict:
            for name, _, end in self._edges:
                if name in BRACKETS and text.startswith(end, at):
                    raise UnbalancedError(f"“{end}” ({_told(name)}) is closed and was not opened")
        return None

    def _close(self, name: str) -> None:
        """Close the span of a name that was opened last."""
        place = len(self.open) - 1 - self.open[::-1].index(name)
        del self.open[place]

    def _stress(self, begins: bool) -> None:
        if begins:
            self.open.append("stress")
        elif "stress" in self.open:
            self.open.remove("stress")


def _append(flat: list[Piece], piece: Piece) -> None:
    """Add a piece; letters of one look are one piece."""
    last = flat[-1] if flat else None
    if isinstance(piece, Letters) and isinstance(last, Letters) and last.stress == piece.stress:
        flat[-1] = replace(last, text=last.text + piece.text)
    else:
        flat.append(piece)


def _edge_piece(name: str, *, begins: bool) -> Piece | None:
    """The edge of a span; stress is a look of the letters and has none."""
    return None if name == "stress" else Edge(name, begins, "typed" if name == "overlap" else "")


def _told(name: str) -> str:
    return name.replace("_", " ")


def _atom(flat: Sequence[Piece], body: Atom | None) -> Atom:
    """An atom of its pieces in order: what stands before, in and after the word."""
    if body is not None:
        opens = [p for p in flat if not (isinstance(p, Edge) and not p.begins)]
        closes = [p for p in flat if isinstance(p, Edge) and not p.begins]
        return replace(body, before=tuple(opens), after=tuple(closes))
    places = [i for i, piece in enumerate(flat) if isinstance(piece, Letters)]
    if not places:
        return Atom("mark", 0.0, 0.0, before=tuple(flat))
    first, last = places[0], places[-1]
    while last + 1 < len(flat) and _of_the_word(flat[last + 1]):
        last += 1
    word = _voiced(flat[first : last + 1])
    return Atom("word", 0.0, 0.0, word, before=tuple(flat[:first]), after=tuple(flat[last + 1 :]))


def _of_the_word(piece: Piece) -> bool:
    """Whether a sign belongs to the sound before it."""
    return isinstance(piece, Sign) and piece.name in ("stretch", "laugh_in_word")


def _voiced(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """A word's pieces; one all in capitals, of two letters or more, is loud."""
    text = "".join(piece.text for piece in pieces if isinstance(piece, Letters))
    if sum(letter.isalpha() for letter in text) < 2 or not text.isupper():
        return tuple(pieces)
    return tuple(replace(p, loud=True) if isinstance(p, Letters) else p for p in pieces)


@dataclass(frozen=True)
class _Grammar:
    """How text in a notation is read.

    Attributes
    ----------
    wholes : tuple of (str, str, Pattern)
        Kind, name and pattern of what is no word.
    edges : tuple of (str, str, str)
        Name, beginning and end of spans; of two that begin alike the longer comes first.
    closing : tuple of str
        What may stand after a word, the longer first.
    """

    wholes: tuple[tuple[str, str, re.Pattern[str]], ...]
    edges: tuple[tuple[str, str, str], ...]
    closing: tuple[str, ...]


@lru_cache(maxsize=16)
def _grammar(notation_as_json: str) -> _Grammar:
    """The grammar of a notation, which is worked out once; by its JSON, for a notation has no hash."""
    notation = Notation.model_validate_json(notation_as_json)
    spans = [(n, s.begin, s.end) for n, s in notation.spans.items() if s.begin and n != "comment"]
    closing = {end for _, _, end in spans if end}
    closing |= {notation.sign(name) for name in (*AFTER, "latch") if notation.sign(name)}
    return _Grammar(
        wholes=_wholes(notation),
        edges=tuple(sorted(spans, key=lambda span: -len(span[1]))),
        closing=tuple(sorted(closing, key=len, reverse=True)),
    )


def _wholes(notation: Notation) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    found: list[tuple[str, str, re.Pattern[str]]] = []
    remark = notation.span("comment")
    if remark.begin:
        found.append(("remark", "", re.compile(f"{re.escape(remark.begin)}(.*?){re.escape(remark.end)}")))
    before, _, after = notation.silences.timed.partition("{")
    after = after.partition("}")[2]
    number = rf"{re.escape(before)}(\d+(?:[.,]\d+)?){re.escape(after)}"
    found.append(("silence", "", re.compile(number)))
    found.append(("silence", "", re.compile(re.escape(notation.silences.micro))))
    if sign := notation.sign("not_heard"):
        begin, middle, end = sign[: len(sign) // 2], sign[len(sign) // 2], sign[len(sign) // 2 + 1 :]
        longer = f"{re.escape(begin)}{re.escape(middle)}+{re.escape(end)}"  # as long as the overlap
        found.append(("not_heard", "", re.compile(rf"{longer}(?!\w)")))
    found += [("sound", name, _sound_pattern(sound)) for name, sound in notation.sounds.items()]
    return tuple(found)


def _sound_pattern(sound: Sound) -> re.Pattern[str]:
    """A sound between blanks; in Jefferson's notation ``.mth`` and the like are breath as well."""
    unit = re.escape(sound.repeat.strip())
    blank = " ?" if sound.repeat.endswith(" ") else ""
    smack = "(?:mt)?" if sound.before == "." else ""
    least = "{%d,}" % (1 if sound.before or sound.after else sound.least)  # noqa: UP031
    repeat = f"(?:{unit}{blank}){least}" if unit else ""
    return re.compile(rf"{re.escape(sound.before)}{smack}{repeat}{re.escape(sound.after)}(?=$|\W)")


def typed_atoms(
    turn: Mapping[str, Any], load: Callable[[str], Notation] = load_notation
) -> list[Atom] | None:
    """A turn's atoms from the text with marks that a person typed; None where there is none.

    Times are spread evenly over the turn; `load` reads the notation in which it was typed.
    """
    details = json.loads(turn["details"]) if turn["details"] else {}
    if MARKED not in details:
        return None
    notation = load(details.get("notation", "jefferson"))
    text = details[MARKED]
    if notation.span("overlap").begin == "⌈":
        text = one_kind_of_brackets(text)
    return spread(Parser(notation, strict=False).read(text), turn["start"], turn["end"])


def one_kind_of_brackets(text: str) -> str:
    """Text of CHAT with the brackets of who came in as those of who was first, and without their numbers."""
    return _NUMBERED.sub("", text.translate(_SECOND_TO_FIRST))


def spread(atoms: Sequence[Atom], start: float, end: float) -> list[Atom]:
    """Atoms over a stretch of time, words by their letters; silences keep their length if there is room."""
    silent = sum(atom.seconds for atom in atoms if atom.kind == "silence")
    letters = sum(max(atom.size, 1) for atom in atoms if atom.kind != "silence")
    squeeze = 1.0 if silent <= 0.9 * (end - start) else 0.9 * (end - start) / silent
    each = max(end - start - silent * squeeze, 0.0) / max(letters, 1)
    placed, at = [], start
    for atom in atoms:
        length = atom.seconds * squeeze if atom.kind == "silence" else each * max(atom.size, 1)
        placed.append(replace(atom, start=at, end=at + length))
        at += length
    return placed


def plain(atoms: Sequence[Atom]) -> str:
    """The words of atoms alone."""
    return " ".join(word_text(atom) for atom in atoms if atom.kind == "word")


def word_text(atom: Atom) -> str:
    """Letters of a word, without marks; loud ones in small letters."""
    text = "".join(piece.text for piece in atom.pieces if isinstance(piece, Letters))
    loud = any(isinstance(piece, Letters) and piece.loud for piece in atom.pieces)
    return text.lower() if loud else text
