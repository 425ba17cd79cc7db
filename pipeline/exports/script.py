"""From a timeline to what a transcript says, before any sign is chosen: turns of words, sounds and marks.

A *script* is a list of turns, each a list of *atoms* that blanks separate: a word with what is marked on it,
a silence, a breath, a remark. `pipeline.exports.marking` puts the marks on, `pipeline.exports.signs` writes
them in a notation, `pipeline.exports.layout` lays them out in lines.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from pipeline.exports.lanes import rows_of
from pipeline.timeline.rows import HUMAN
from pipeline.timeline.wording import said_in

if TYPE_CHECKING:
    import pandas as pd

NEEDED = (
    *("id", "tier", "participant", "start", "end", "label", "text", "value", "details", "confidence"),
    *("evidence", "status"),
)
"""Columns of a timeline that a script is made of."""
NOT_HEARD = "not_heard"
"""Label of a word row that stands for talk that could not be understood."""
_EDGES = re.compile(r"^[\s\"'“”‘’«»(\[{¿¡.,;:!?…-]+(?=\w)|[\s\"“”«»)\]}.,;:!?…-]+$")
_SENTENCE_END = re.compile(r"[.?!…]+[\"'”’»)]*$")
_I = re.compile(r"I(['’]\w+)?$")


@dataclass(frozen=True)
class Letters:
    """Letters of a word; `stress` and `loud` say how they are said."""

    text: str
    stress: bool = False
    loud: bool = False


@dataclass(frozen=True)
class Sign:
    """A sign of a notation, by its name; `times` for one that is repeated."""

    name: str
    times: int = 1


@dataclass(frozen=True)
class Edge:
    """The beginning or the end of a span, by its name; `key` joins edges that are one moment of overlap."""

    name: str
    begins: bool
    key: str = ""


Piece = Letters | Sign | Edge


@dataclass(frozen=True)
class Atom:
    """What stands between blanks.

    Attributes
    ----------
    kind : str
        ``word``, ``silence``, ``sound``, ``remark`` or ``not_heard``.
    start, end : float
        Seconds.
    pieces : tuple of Piece
        In order; the body of what is no word is between `before` and `after`.
    name : str
        Of a sound: ``breath_in``, ``breath_out``, ``laughter``. Of a remark: its text.
    text : str
        What a person typed for a sound.
    row : str
        Id of the row.
    """

    kind: str
    start: float
    end: float
    pieces: tuple[Piece, ...] = ()
    name: str = ""
    text: str = ""
    row: str = ""
    before: tuple[Piece, ...] = ()
    after: tuple[Piece, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end - self.start

    @property
    def size(self) -> int:
        """Number of letters."""
        return sum(len(piece.text) for piece in self.pieces if isinstance(piece, Letters))


@dataclass(frozen=True)
class Turn:
    """A turn, or a sound or movement that stands alone.

    Attributes
    ----------
    participant : str
        Empty for a silence, or for what is nobody's.
    start, end : float
        Seconds.
    atoms : tuple of Atom
    row : str
        Id of the row of the timeline.
    latched, latching : bool
        Whether it follows, or is followed, without any silence.
    """

    participant: str
    start: float
    end: float
    atoms: tuple[Atom, ...]
    row: str = ""
    latched: bool = False
    latching: bool = False


@dataclass
class Index:
    """A timeline's shown rows by tier and by tier and participant, in order of time."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    own: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    starts: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    ends: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """The last end so far, which only grows, so that it can be searched."""

    @classmethod
    def of(cls, table: pd.DataFrame) -> Index:
        """The index of a timeline; rejected rows are left out."""
        index = cls()
        shown = table[table["status"] != "rejected"].sort_values(["start", "end"])
        for row in rows_of(shown, NEEDED):
            index.rows.setdefault(row["tier"], []).append(row)
            index.own.setdefault((row["tier"], row["participant"]), []).append(row)
        for key, rows in index.own.items():
            index.starts[key] = [row["start"] for row in rows]
            index.ends[key] = list(accumulate((row["end"] for row in rows), max))
        return index

    def holding(self, tier: str, who: str, start: float, end: float) -> dict[str, Any] | None:
        """The first row of a tier and participant that begins by `start` and lasts up to `end` or longer."""
        key = (tier, who)
        place = bisect_left(self.ends.get(key, []), end)
        rows = self.own.get(key, [])
        return rows[place] if place < len(rows) and rows[place]["start"] <= start else None

    def during(self, tier: str, who: str, start: float, end: float) -> Iterator[dict[str, Any]]:
        """Rows of a tier and participant that share time with a stretch, or lie in it without length."""
        key = (tier, who)
        if key not in self.own:
            return
        first = bisect_left(self.ends[key], start)
        last = bisect_left(self.starts[key], end)
        for row in self.own[key][first:last]:
            if row["end"] > start or row["start"] == row["end"] >= start:
                yield row


def words_of(turn: Mapping[str, Any], words: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """A turn's words: its word rows, or where a person typed other words, these over the turn's time.

    Parameters
    ----------
    turn : mapping
        Its row.
    words : mapping of str to dict
        Rows of words by id, without the rejected ones.
    """
    rows = said_in(turn, words)
    typed = turn["status"] in HUMAN or not rows
    if not typed or " ".join(row["text"] for row in rows).split() == turn["text"].split():
        return rows
    texts = turn["text"].split()
    length = (turn["end"] - turn["start"]) / max(len(texts), 1)
    return [
        {
            "id": "", "text": text, "label": "", "confidence": float("nan"), "status": "added",
            "start": turn["start"] + i * length, "end": turn["start"] + (i + 1) * length,
        }
        for i, text in enumerate(texts)
    ]  # fmt: skip


def plain_words(rows: Sequence[Mapping[str, Any]], names: frozenset[str], *, keep: bool) -> list[str]:
    """What a transcript of sound writes for words: without a recogniser's punctuation and capitals.

    Parameters
    ----------
    rows : sequence of mapping
        A turn's words. Those that a person typed stay as they are.
    names : frozenset of str
        Words with a capital wherever they stand, see `names_in`.
    keep : bool
        Whether capitals stay.
    """
    texts, begins = [], True
    for row in rows:
        text = row["text"]
        if row["status"] not in ("edited", "added"):
            bare = _EDGES.sub("", text)
            acronym = len(bare) > 1 and bare.isupper()
            if not keep and begins and not acronym and not _I.match(bare) and bare not in names:
                bare = bare[:1].lower() + bare[1:]
            begins = bool(_SENTENCE_END.search(text))
            text = bare
        texts.append(text)
    return texts


def names_in(turns: Iterable[Sequence[Mapping[str, Any]]]) -> frozenset[str]:
    """Words that the recogniser writes with a capital inside sentences, and never with a small letter."""
    capital: set[str] = set()
    small: set[str] = set()
    for words in turns:
        begins = True
        for row in words:
            bare = _EDGES.sub("", row["text"])
            if not begins:
                (capital if bare[:1].isupper() else small).add(bare)
            begins = bool(_SENTENCE_END.search(row["text"]))
    return frozenset(name for name in capital if name.lower() not in small)


def in_order(atoms: Iterable[Atom]) -> tuple[Atom, ...]:
    """Atoms in order of time; a sound or remark at the same moment as a word stands before it."""
    return tuple(sorted(atoms, key=lambda a: (a.start, a.kind == "word", a.end)))


def with_pieces(atom: Atom, before: Sequence[Piece] = (), after: Sequence[Piece] = ()) -> Atom:
    """An atom with more pieces outside of those that it has."""
    return replace(atom, before=(*before, *atom.before), after=(*atom.after, *after))
