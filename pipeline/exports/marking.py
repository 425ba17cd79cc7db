"""Marks on words: which rows of a timeline become which signs, and where in a turn they stand."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.exports.notation import Notation
from pipeline.exports.script import (
    NOT_HEARD,
    Atom,
    Edge,
    Index,
    Letters,
    Piece,
    Sign,
    in_order,
    plain_words,
)

NEAR = 0.7
"""Seconds from a turn within which a breath of its speaker belongs to it."""
AUDIBLE = 0.15
"""Seconds of talk without a recognised word from which it is worth a sign."""
VOWELS = frozenset("aeiouyäöåüéèêáàâíìîóòôúùûæøœаеёиоуыэюяіїєαεηιουω")
LABELLED_SPANS = ("pace", "loudness")
"""Tiers whose label names the span; others are spans of their own name."""
SPAN_TIERS = ("pace", "loudness", "smile_voice", "voice_quality", "creak")
MOST_STRETCH = 5

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Overlapped:
    """A stretch of a turn in overlap with another.

    Attributes
    ----------
    start, end : float
        Seconds.
    opens, closes : str
        Names of the moments at which it begins and ends, the same in the turns that share them.
    """

    start: float
    end: float
    opens: str
    closes: str


def atoms_of(
    turn: Row, words: Sequence[Row], index: Index, notation: Notation, names: frozenset[str]
) -> list[Atom]:
    """A turn's words, silences and breaths, in order of time, the words without any mark yet.

    Parameters
    ----------
    turn : mapping
        Its row.
    words : sequence of mapping
        What it says, see `pipeline.exports.script.words_of`.
    index : Index
    notation : Notation
    names : frozenset of str
        Words with a capital wherever they stand.
    """
    texts = plain_words(words, names, keep=notation.capitals == "as_heard")
    atoms = []
    for row, text in zip(words, texts, strict=True):
        span = {"start": row["start"], "end": row["end"], "row": row["id"]}
        if row["label"] == NOT_HEARD:
            atoms.append(Atom("not_heard", **span))
        elif text:
            atoms.append(Atom("word", pieces=(Letters(text),), **span))
    if not atoms:
        atoms = [Atom("not_heard", turn["start"], turn["end"])]
    who, start, end = turn["participant"], turn["start"], turn["end"]
    pauses = list(index.during("pause", who, start, end))
    atoms += [Atom("silence", pause["start"], pause["end"], row=pause["id"]) for pause in pauses]
    atoms += _unheard(turn, words, pauses)
    return list(in_order(atoms))


def _unheard(turn: Row, words: Sequence[Row], pauses: Sequence[Row]) -> list[Atom]:
    """Stretches of talk between silences in which no word was recognised."""
    if not words or not pauses:
        return []
    edges = [
        turn["start"],
        *(edge for pause in pauses for edge in (pause["start"], pause["end"])),
        turn["end"],
    ]
    stretches = zip(edges[::2], edges[1::2], strict=True)
    return [
        Atom("not_heard", start, end)
        for start, end in stretches
        if end - start >= AUDIBLE and not any(w["start"] < end and w["end"] > start for w in words)
    ]


def with_sounds(atoms: list[Atom], sounds: Iterable[Row]) -> list[Atom]:
    """A turn's atoms with breaths and laughter between them."""
    made = [
        Atom("sound", row["start"], row["end"], name=row["tier"], text=row["text"], row=row["id"])
        for row in sounds
    ]
    return list(in_order([*atoms, *made]))


def with_remarks(atoms: list[Atom], rows: Iterable[tuple[Row, str]]) -> list[Atom]:
    """A turn's atoms with remarks such as ``((nods))`` before the word that is under way when they begin."""
    found = list(atoms)
    for row, text in rows:
        place = next((i for i, atom in enumerate(found) if atom.end > row["start"]), len(found))
        at = found[place].start if place < len(found) else row["start"]
        found.insert(place, Atom("remark", at, at, name=text, row=row["id"]))
    return found


def _word_places(atoms: Sequence[Atom]) -> list[int]:
    return [i for i, atom in enumerate(atoms) if atom.kind in ("word", "not_heard")]


def covered(atoms: Sequence[Atom], start: float, end: float) -> list[int]:
    """Places of the words whose middle lies in a stretch; if none does, of the word with most of it."""
    places = _word_places(atoms)
    inside = [i for i in places if start <= (atoms[i].start + atoms[i].end) / 2 <= end]
    if inside:
        return inside

    def shared(i: int) -> float:
        return min(atoms[i].end, end) - max(atoms[i].start, start)

    best = max(places, key=shared, default=None)
    return [best] if best is not None and shared(best) > 0 else []


def mark(
    atoms: list[Atom], turn: Row, index: Index, notation: Notation, confidence: Mapping[str, Row]
) -> list[Atom]:
    """Put on a turn's words what the timeline tells of how they were said.

    Parameters
    ----------
    atoms : list of Atom
    turn : mapping
        The turn's row.
    index : Index
    notation : Notation
        Says how uncertain a word must be, and how long a stretch sign stands for.
    confidence : mapping of str to mapping
        Rows of words by id.
    """
    who, start, end = turn["participant"], turn["start"], turn["end"]
    atoms = list(atoms)

    def rows(tier: str) -> list[dict[str, Any]]:
        return list(index.during(tier, who, start, end))

    for row in rows("stress"):
        _letters(atoms, row, stress=True)
    if notation.span("louder").capitals:
        for row in rows("loudness"):
            if row["label"] == "louder":
                _letters(atoms, row, loud=True)
    for row in rows("stretch"):
        _stretch(atoms, row, notation.stretch_seconds)
    for row in rows("laughter"):
        if row["label"] == "in_speech":
            for i in covered(atoms, row["start"], row["end"]):
                _after_vowel(atoms, i, Sign("laugh_in_word"))
    for row in rows("pitch_step"):
        for i in covered(atoms, row["start"], row["end"])[:1]:
            atoms[i] = replace(atoms[i], before=(*atoms[i].before, Sign(row["label"])))
    for tier in ("cut_off", "glottal_stop"):
        for row in rows(tier):
            for i in covered(atoms, row["start"], row["end"])[-1:]:
                atoms[i] = _cut(atoms[i], tier)
    _spans_and_intonation(atoms, turn, index, notation, confidence)
    return atoms


def _letters(atoms: list[Atom], row: Row, *, stress: bool = False, loud: bool = False) -> None:
    for i in covered(atoms, row["start"], row["end"]):
        pieces = (
            replace(p, stress=p.stress or stress, loud=p.loud or loud) if isinstance(p, Letters) else p
            for p in atoms[i].pieces
        )
        atoms[i] = replace(atoms[i], pieces=tuple(pieces))


def _stretch(atoms: list[Atom], row: Row, each: float) -> None:
    """A sign for every `each` seconds that the word is longer than expected."""
    from json import loads

    expected = loads(row["details"] or "{}").get("expected")
    longer = (row["value"] - 1) * expected if expected and row["value"] == row["value"] else each
    times = min(max(round(longer / each), 1), MOST_STRETCH)
    for i in covered(atoms, row["start"], row["end"])[:1]:
        _after_vowel(atoms, i, Sign("stretch", times))


def _after_vowel(atoms: list[Atom], i: int, sign: Sign) -> None:
    """Put a sign into a word, after its first vowels."""
    pieces: list[Piece] = []
    done = atoms[i].kind != "word"
    for piece in atoms[i].pieces:
        if isinstance(piece, Letters) and not done:
            at = _end_of_vowels(piece.text)
            parts = (replace(piece, text=piece.text[:at]), sign, replace(piece, text=piece.text[at:]))
            pieces += [p for p in parts if not isinstance(p, Letters) or p.text]
            done = True
        else:
            pieces.append(piece)
    atoms[i] = replace(atoms[i], pieces=tuple(pieces))


def _end_of_vowels(text: str) -> int:
    start = next((i for i, letter in enumerate(text) if letter.lower() in VOWELS), len(text))
    end = start
    while end < len(text) and text[end].lower() in VOWELS:
        end += 1
    return end


def _cut(atom: Atom, name: str) -> Atom:
    """A word with the sign of a cut; a hyphen that stands for it already goes."""
    pieces = [
        replace(p, text=p.text.rstrip("-<")) if isinstance(p, Letters) and p.text.rstrip("-<") else p
        for p in atom.pieces
    ]
    return replace(atom, pieces=tuple(pieces), after=(*atom.after, Sign(name)))


def _spans_and_intonation(
    atoms: list[Atom], turn: Row, index: Index, notation: Notation, confidence: Mapping[str, Row]
) -> None:
    """Open and close spans, and write how units end; what ends earlier is written nearer to the word."""
    who, start, end = turn["participant"], turn["start"], turn["end"]
    spans: list[tuple[int, int, float, str]] = []
    for tier in SPAN_TIERS:
        for row in index.during(tier, who, start, end):
            name = row["label"] if tier in LABELLED_SPANS else tier
            places = covered(atoms, row["start"], row["end"])
            if places and name in notation.spans and not notation.span(name).capitals:
                spans.append((places[0], places[-1], row["end"], name))
    spans += _uncertain(atoms, notation, confidence)
    for first, _, _, name in sorted(spans, key=lambda s: (s[1] - s[0], s[2])):
        atoms[first] = replace(atoms[first], before=(Edge(name, True), *atoms[first].before))
    ends: dict[int, list[tuple[float, int, Piece]]] = {}
    for first, last, until, name in spans:
        ends.setdefault(last, []).append((until, last - first, Edge(name, False)))
    for row in index.during("intonation", who, start, end):
        places = covered(atoms, row["start"], row["end"])
        if places and not any(isinstance(p, Sign) for _, _, p in ends.get(places[-1], ())):
            ends.setdefault(places[-1], []).append((row["end"], -1, Sign(row["label"])))
    for i, pieces in ends.items():
        told = tuple(piece for _, _, piece in sorted(pieces, key=lambda end: end[:2]))
        atoms[i] = replace(atoms[i], after=(*atoms[i].after, *told))


def _uncertain(
    atoms: Sequence[Atom], notation: Notation, rows: Mapping[str, Row]
) -> list[tuple[int, int, float, str]]:
    """Runs of words that the recogniser was not sure of; nothing else stands between them."""
    runs: list[tuple[int, int, float, str]] = []
    for i, atom in enumerate(atoms):
        row = rows.get(atom.row)
        unsure = row is not None and (bool(row["label"]) or row["confidence"] < notation.uncertain_below)
        if atom.kind != "word" or not unsure or (row and row["status"] != "auto"):
            continue
        if runs and runs[-1][1] == i - 1:
            runs[-1] = (runs[-1][0], i, atom.end, "uncertain")
        else:
            runs.append((i, i, atom.end, "uncertain"))
    return runs


def bracket(atoms: list[Atom], stretches: Sequence[Overlapped]) -> list[Atom]:
    """Put brackets where a turn is in overlap, inside a word where that is the moment.

    Letters are taken to be equally long within a word.
    """
    moments: list[tuple[float, int, int, Edge]] = []
    for one in stretches:
        begins, ends = _place(atoms, one.start, begins=True), _place(atoms, one.end, begins=False)
        # a stretch in which nothing of this turn is heard has no brackets
        if begins < ends or (begins[0] == ends[0] >= 0 and atoms[begins[0]].kind != "word"):
            moments.append((one.start, *begins, Edge("overlap", True, one.opens)))
            moments.append((one.end, *ends, Edge("overlap", False, one.closes)))
    atoms = list(atoms)
    closing: dict[int, list[Edge]] = {}
    for _, i, at, edge in sorted(moments, key=lambda m: (m[0], m[3].begins), reverse=True):
        atom = atoms[i]
        if edge.begins and (atom.kind != "word" or at == 0):
            atoms[i] = replace(atom, before=(edge, *atom.before))
        elif not edge.begins and (atom.kind != "word" or at == atom.size):
            closing.setdefault(i, []).append(edge)
        else:
            atoms[i] = replace(atom, pieces=_split(atom.pieces, at, edge))
    for i, edges in closing.items():
        atoms[i] = replace(atoms[i], after=(*atoms[i].after, *reversed(edges)))
    return atoms


def _place(atoms: Sequence[Atom], time: float, *, begins: bool) -> tuple[int, int]:
    """Where an overlap begins or ends: in which atom, and after how many of its letters; (-1, 0) for nowhere.

    At the edge of a word it begins before the next and ends after the last.
    """
    heard = [i for i, atom in enumerate(atoms) if atom.kind in ("word", "not_heard", "sound")]
    if not heard:
        return -1, 0
    ends = [atoms[i].end for i in heard]
    place = min(bisect_left(ends, time + (1e-6 if begins else -1e-6)), len(heard) - 1)
    atom = atoms[heard[place]]
    share = (time - atom.start) / max(atom.seconds, 1e-6)
    at = round(min(max(share, 0.0), 1.0) * atom.size)
    if begins and at >= atom.size > 0 and place + 1 < len(heard):
        return heard[place + 1], 0
    if not begins and ((at == 0 and atom.size > 0) or share <= 0) and place > 0:
        return heard[place - 1], atoms[heard[place - 1]].size
    return heard[place], at


def _split(pieces: Sequence[Piece], at: int, edge: Edge) -> tuple[Piece, ...]:
    """Pieces of a word with an edge after `at` letters."""
    split: list[Piece] = []
    left, placed = at, False
    for piece in pieces:
        if isinstance(piece, Letters) and not placed and left <= len(piece.text):
            head, tail = replace(piece, text=piece.text[:left]), replace(piece, text=piece.text[left:])
            split += [p for p in (head, edge, tail) if not isinstance(p, Letters) or p.text]
            placed = True
            continue
        if isinstance(piece, Letters):
            left -= len(piece.text)
        split.append(piece)
    return tuple(split if placed else [*split, edge])
