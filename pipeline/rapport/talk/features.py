"""What a unit of talk looks like in its place: features as strings, all of them present or absent.

A feature that rests on something unknown (times, punctuation) is absent: nothing is invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd

from pipeline.rapport.talk import lexicon

REACH = 6
"""Units back or forth in which somebody else's talk is looked for."""
RECENT = 3
"""Units of another speaker whose words may be taken up."""


@dataclass(frozen=True)
class Unit:
    """One unit, read.

    `start` and `end` in seconds, NaN where unknown; `mark` is the last of its punctuation, or nothing;
    `asks` says that a question mark is in it.
    """

    participant: str
    start: float
    end: float
    sentences: tuple[tuple[str, ...], ...]
    mark: str
    asks: bool

    @property
    def words(self) -> list[str]:
        """All its words."""
        return [word for sentence in self.sentences for word in sentence]

    @property
    def brief(self) -> str | None:
        """The whole of a unit of up to four words, else nothing."""
        words = self.words
        return " ".join(words) if len(words) <= 4 else None


def read(units: pd.DataFrame) -> list[Unit]:
    """Units of a table with `participant`, `start`, `end` (s) and `text`, in its order."""
    columns = (units[name] for name in ("participant", "start", "end", "text"))
    return [
        _read(str(who), float(start), float(end), "" if pd.isna(text) else str(text))
        for who, start, end, text in zip(*columns, strict=True)
    ]


def _read(who: str, start: float, end: float, text: str) -> Unit:
    bare = text.rstrip(" \"')")
    mark = bare[-1] if bare and bare[-1] in ".,?!" else ""
    parts = tuple(tuple(sentence) for sentence in lexicon.sentences(text))
    return Unit(who, start, end, parts, mark, "?" in text)


def features(units: Sequence[Unit]) -> Iterator[set[str]]:
    """Features of each unit of a conversation, in order."""
    for i, unit in enumerate(units):
        before, after = _other(units, i, -1), _other(units, i, 1)
        found = set(_words(unit))
        found.update(_place(units, i))
        found.update(_before(unit, before, units[i - 1] if i else None))
        found.update(_after(unit, after, units[i + 1] if i + 1 < len(units) else None))
        found.update(_taken_up(unit, _recent(units, i)))
        found.update(_times(unit, before))
        yield found


def size(count: int) -> str:
    """A number of words, roughly."""
    return (
        str(count)
        if count < 5
        else "5-7"
        if count < 8
        else "8-12"
        if count < 13
        else "13-20"
        if count < 21
        else "21+"
    )


def form(unit: Unit) -> str:
    """Whether a unit looks like a question, and of which form: by its words first, then its mark."""
    for sentence in reversed(unit.sentences):
        head = [word for word in sentence[:3] if word not in lexicon.LISTENING and word not in ("and", "but")]
        if head and head[0] in lexicon.WH and len(sentence) > 1:
            return "wh"
        if len(head) > 1 and head[0] in lexicon.AUXILIARIES and head[1] in lexicon.SUBJECTS:
            return "inverted"
    return "asked" if unit.asks else "told"


def _other(units: Sequence[Unit], i: int, step: int) -> Unit | None:
    """The nearest unit of another speaker before or after."""
    for j in range(i + step, i + step * (REACH + 1), step):
        if 0 <= j < len(units) and units[j].participant != units[i].participant and units[j].sentences:
            return units[j]
    return None


def _recent(units: Sequence[Unit], i: int) -> list[str]:
    """Words of the last units of others."""
    before = (units[j] for j in range(i - 1, max(-1, i - 1 - 2 * REACH), -1))
    others = (unit for unit in before if unit.participant != units[i].participant)
    return [word for unit in islice(others, RECENT) for word in unit.words]


def _words(unit: Unit) -> Iterator[str]:
    """What is said: n-grams within sentences, classes of words, question form, length."""
    words = unit.words
    for sentence in unit.sentences:
        padded = ["|", *sentence, "|"]
        for n in (1, 2, 3):
            yield from (f'"{" ".join(padded[k : k + n])}"' for k in range(len(padded) - n + 1))
    if unit.brief is not None:
        yield f"= {unit.brief}"
    yield f"size {size(len(words))}"
    yield f"form {form(unit)} {size(len(words))}"
    yield f"form {form(unit)}"
    if unit.mark:
        yield f"mark {unit.mark}"
        yield f"mark {'?' if unit.asks else '.'} {form(unit)}"
    heads = {sentence[0] for sentence in unit.sentences}
    for name, members in lexicon.CLASSES.items():
        count = lexicon.count(words, members)
        if count:
            yield f"has {name}"
            yield f"has {name} {size(len(words))}"
        if count > 1:
            yield f"has {name} twice"
        if heads & members:
            yield f"starts {name}"
    text = " ".join(words)
    for name, pattern in lexicon.PHRASES.items():
        if pattern.search(text):
            yield f"phrase {name}"
            yield f"phrase {name} {size(len(words))}"
    if any(map(lexicon.is_past, words)):
        yield "past"
        if lexicon.count(words, lexicon.FIRST):
            yield f"i past {size(len(words))}"


def _place(units: Sequence[Unit], i: int) -> Iterator[str]:
    """Who speaks around: place in the turn, and whether the unit stands inside another's talk."""
    me = units[i].participant
    before = "edge" if i == 0 else "same" if units[i - 1].participant == me else "other"
    after = "edge" if i + 1 == len(units) else "same" if units[i + 1].participant == me else "other"
    run = 0
    while run < 3 and i - run - 1 >= 0 and units[i - run - 1].participant == me:
        run += 1
    inside = before == after == "other" and units[i - 1].participant == units[i + 1].participant
    place = "inside" if inside else f"{before} {after}"
    yield f"place {place}"
    yield f"place {place} {size(len(units[i].words))}"
    yield f"run {run}"
    if units[i].brief is not None:
        yield f"= {units[i].brief} @ {place}"


def _before(unit: Unit, other: Unit | None, previous: Unit | None) -> Iterator[str]:
    """What the other said last, and what the same speaker has just said."""
    if other is not None:
        words = other.words
        yield f"after form {form(other)}"
        yield f"after size {size(len(words))}"
        yield f"after head {' '.join(words[:2])}"
        yield from (f'after "{word}"' for word in set(words[-15:]))
        if unit.brief is not None:
            yield f"= {unit.brief} after {form(other)}"
            yield f"= {unit.brief} after {size(len(words))}"
        if other.brief is not None:
            yield f"after = {other.brief}"
        for name in ("good", "bad", "feel", "you", "i"):
            if lexicon.count(words, lexicon.CLASSES[name]):
                yield f"after has {name}"
    if previous is not None and previous.participant == unit.participant and previous.sentences:
        yield f"went on head {previous.words[0]}"
        yield f"went on form {form(previous)}"
        if previous.brief is not None:
            yield f"went on = {previous.brief}"


def _after(unit: Unit, other: Unit | None, following: Unit | None) -> Iterator[str]:
    """What the other says next, and how the same speaker goes on."""
    if other is not None:
        yield f"then head {other.words[0]}"
        yield f"then size {size(len(other.words))}"
        if other.brief is not None:
            yield f"then = {other.brief}"
    if following is not None and following.participant == unit.participant and following.sentences:
        yield f"goes on head {following.words[0]}"
        yield f"goes on size {size(len(following.words))}"


def _taken_up(unit: Unit, heard: Sequence[str]) -> Iterator[str]:
    """Words of the other's last units that return, and persons that are turned round (my, your)."""
    mine = {word for word in unit.words if word not in lexicon.FUNCTION}
    theirs = {word for word in heard if word not in lexicon.FUNCTION}
    if mine and theirs:
        stems = {word[:5] for word in theirs}
        share = sum(word[:5] in stems for word in mine) / len(mine)
        level = "none" if share == 0 else "some" if share < 0.34 else "half" if share < 0.67 else "most"
        yield f"taken up {level}"
        yield f"taken up {level} {form(unit)} {size(len(unit.words))}"
    turned = lexicon.count(heard, lexicon.FIRST) and lexicon.count(unit.words, lexicon.SECOND)
    if turned and not lexicon.count(unit.words, lexicon.FIRST):
        yield f"turned {form(unit)}"
        if mine & theirs:
            yield "turned taken up"
    if unit.words and " ".join(unit.words) in " ".join(heard):
        yield f"said again {size(len(unit.words))}"


def _times(unit: Unit, other: Unit | None) -> Iterator[str]:
    """Length, and the gap or overlap to the other's last unit, where times are known."""
    length = unit.end - unit.start
    if np.isfinite(length) and length >= 0:
        level = int(np.searchsorted([0.3, 0.6, 1, 2, 4], length))
        yield f"lasts {level}"
        if unit.brief is not None:
            yield f"lasts {level} = {unit.brief}"
    if other is not None and np.isfinite(unit.start - other.end):
        level = int(np.searchsorted([-1, -0.2, 0.2, 0.7, 2, 5], unit.start - other.end))
        yield f"gap {level}"
        yield f"gap {level} {size(len(unit.words))}"
