"""A coded meeting's raw material: turn units with what their words tell, and the floors that they make up.

A *unit* is a piece of a turn that could stand alone: a sentence, or talk between two silences. A *floor* is
what one participant says until another says more than a minimal response: several turns, if the others only
say "mm" in between (Sacks, Schegloff & Jefferson 1974; Yngve 1970 for the back channel).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.rapport.codebook import Code, Codebook
from pipeline.timeline.turns import LAUGHTER

if TYPE_CHECKING:
    import pandas as pd

SENTENCE_END = re.compile(r"[.?!…。？！]+[\"')\]]*$")
SENTENCES = re.compile(r"\S.*?(?:[.?!…。？！]+(?=\s|$)|$)", re.DOTALL)
OWN_CAPITAL = re.compile(r"I\b|I'")
"""Words that have a capital wherever they stand."""
BREATH = 0.3
"""Seconds of silence before a word with a capital that end a unit."""
SILENCE = 1.0
"""Seconds of silence inside a turn that end a unit, as in `pipeline.voice.units`."""
FACE = ("face_visible", "gaze", "nod", "head_shake", "smile")
"""Tiers of which somebody whose face was read has rows."""
SHORT = 4
"""Words that a minimal response has at most."""
OWN_TURN = 2.0
"""Seconds after a listener's token within which more talk of the same person makes it the start of a turn."""


@dataclass(frozen=True)
class Unit:
    """A turn unit.

    Attributes
    ----------
    number : int
        Its place in the meeting.
    participant : str
    start, end : float
        Seconds.
    text : str
    turn : str
        Id of the turn that it is part of.
    evidence : tuple of str
        Ids of the turn and of the unit's words.
    confidence : float
        Mean confidence of its words, 1 where they have none (typed in by a person).
    said : mapping of str to float
        How probable each code is by words alone; a code that nothing is known of is absent.
    cue : mapping of str to object
        What the language's lexicon tells (see `pipeline.rapport.language.cues`).
    """

    number: int
    participant: str
    start: float
    end: float
    text: str
    turn: str
    evidence: tuple[str, ...]
    confidence: float
    said: Mapping[str, float] = field(default_factory=dict)
    cue: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of words."""
        return len(self.text.split())

    @property
    def content(self) -> frozenset[str]:
        """Content words, normalised."""
        return frozenset(self.cue.get("content", ()))

    def probability(self, code: str) -> float:
        """How probable a code is by words alone, 0 where nothing is known of it."""
        return self.said.get(code, 0.0)


@dataclass
class Floor:
    """What one participant says until another says more than a minimal response.

    Attributes
    ----------
    participant : str
    units : list of Unit
        In order; never empty.
    responses : list of Unit
        Minimal responses of others meanwhile.
    """

    participant: str
    units: list[Unit]
    responses: list[Unit] = field(default_factory=list)

    @cached_property
    def start(self) -> float:
        """Second at which it begins."""
        return self.units[0].start

    @cached_property
    def end(self) -> float:
        """Second at which it ends."""
        return max(unit.end for unit in self.units)

    @property
    def size(self) -> int:
        """Number of words."""
        return sum(unit.size for unit in self.units)

    @property
    def clauses(self) -> int:
        """Rough number of clauses."""
        return sum(max(1, int(unit.cue.get("clauses", 1))) for unit in self.units)

    @cached_property
    def content(self) -> frozenset[str]:
        """Content words, normalised."""
        return frozenset().union(*(unit.content for unit in self.units))

    @property
    def turns(self) -> tuple[str, ...]:
        """Ids of its turns, in order."""
        return tuple(dict.fromkeys(unit.turn for unit in self.units))

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(unit.text for unit in self.units)

    def most(self, code: str) -> float:
        """The highest probability of a code among its units."""
        return max(unit.probability(code) for unit in self.units)

    def any(self, cue: str) -> bool:
        """Whether any unit has a cue."""
        return any(bool(unit.cue.get(cue)) for unit in self.units)


@dataclass(frozen=True)
class Scene:
    """A meeting as the finders of actions see it.

    Attributes
    ----------
    table : DataFrame
        The timeline, without rows that a person rejected.
    roles : mapping of str to str
        Role of each participant: ``salesperson``, ``customer`` or ``other``.
    units : tuple of Unit
        All of them, in order of start.
    floors : tuple of Floor
        In order of start.
    codebook : Codebook
    told : bool
        Whether anything is known of what the words tell.
    signs : frozenset of str
        Which signs the language's lexicon can tell, such as the past tense.
    """

    table: pd.DataFrame
    roles: Mapping[str, str]
    units: tuple[Unit, ...]
    floors: tuple[Floor, ...]
    codebook: Codebook
    told: bool
    signs: frozenset[str] = frozenset()

    def code(self, name: str) -> Code:
        """A code of the codebook; finders of codes that a lab left out are not asked."""
        return self.codebook.codes[name]

    def has(self, name: str) -> bool:
        """Whether a code is in the codebook, and found as the product finds it."""
        return name in self.codebook.codes and self.codebook.codes[name].find is None

    def sees(self, who: str) -> bool:
        """Whether somebody's face was read."""
        return any(self.rows(tier, who) for tier in FACE)

    def hears(self, who: str) -> bool:
        """Whether somebody says anything."""
        return bool(self.rows("turn", who))

    @cached_property
    def people(self) -> tuple[str, ...]:
        """Everybody who says something or is seen."""
        return tuple(sorted(set(self.table["participant"]) - {""}))

    @cached_property
    def first_talk(self) -> float:
        """Second at which somebody first says something, from which the opening counts."""
        return self.units[0].start if self.units else 0.0

    @cached_property
    def duration(self) -> float:
        """Seconds from the start to the last event."""
        return float(self.table["end"].max()) if len(self.table) else 0.0

    def is_customer(self, who: str) -> bool:
        """Whether somebody buys; where no role is known, anybody may."""
        return self.roles.get(who) == "customer" or "customer" not in self.roles.values()

    def is_salesperson(self, who: str) -> bool:
        """Whether somebody is known to sell."""
        return self.roles.get(who) == "salesperson"

    def rows(self, tier: str, who: str | None = None) -> list[Any]:
        """Rows of a tier, in order, as named tuples."""
        rows = self._tiers.get(tier, [])
        return rows if who is None else [row for row in rows if row.participant == who]

    @cached_property
    def _tiers(self) -> dict[str, list[Any]]:
        return {str(name): list(rows.itertuples(index=False)) for name, rows in self.table.groupby("tier")}

    @cached_property
    def exchanges(self) -> tuple[tuple[Floor, Floor], ...]:
        """Every floor with the one before it, where another had that."""
        pairs = zip(self.floors, self.floors[1:], strict=False)
        return tuple((a, b) for a, b in pairs if a.participant != b.participant)

    def floor_before(self, time: float, other_than: str) -> Floor | None:
        """The last floor that began before a moment, of anybody but one."""
        near = self.floors[: bisect_left(self._starts, time)]
        return next((floor for floor in reversed(near) if floor.participant != other_than), None)

    def floor_at(self, time: float, other_than: str = "") -> Floor | None:
        """The floor that goes on at a moment, of anybody but one."""
        near = self.floors[: bisect_right(self._starts, time)]
        for floor in reversed(near[-8:]):
            if floor.end >= time and floor.participant != other_than:
                return floor
        return None

    @cached_property
    def _starts(self) -> list[float]:
        return [floor.start for floor in self.floors]

    def units_between(self, start: float, end: float) -> Iterator[Unit]:
        """Units that begin between two moments."""
        first = bisect_left(self._unit_starts, start)
        for unit in self.units[first:]:
            if unit.start >= end:
                break
            yield unit

    @cached_property
    def _unit_starts(self) -> list[float]:
        return [unit.start for unit in self.units]


def split_units(table: pd.DataFrame) -> list[Unit]:
    """Turn units of a timeline, in order of start.

    Where turns have words, a unit ends with a sentence or before `SILENCE` seconds of silence. Where they
    have only text, as in a typed transcript, sentences are units, and times are in proportion to letters.
    """
    words = {row.id: row for row in table[table["tier"] == "word"].itertuples(index=False)}
    found: list[Unit] = []
    for turn in table[(table["tier"] == "turn") & (table["participant"] != "")].itertuples(index=False):
        own = [words[name] for name in turn.evidence.split() if name in words]
        own = [word for word in own if word.label != LAUGHTER]
        found += _of_words(turn, own) if own else _of_text(turn)
    found.sort(key=lambda unit: (unit.start, unit.end, unit.participant))
    return [_numbered(unit, number) for number, unit in enumerate(found)]


def _numbered(unit: Unit, number: int) -> Unit:
    return Unit(**{**vars(unit), "number": number})


def _of_words(turn: Any, words: Sequence[Any]) -> Iterator[Unit]:
    group: list[Any] = []
    for i, word in enumerate(words):
        group.append(word)
        last = i + 1 == len(words)
        if last or SENTENCE_END.search(word.text) or _parted(word, words[i + 1]):
            trust = [1.0 if w.confidence != w.confidence else w.confidence for w in group]
            yield Unit(
                0,
                turn.participant,
                float(group[0].start),
                float(group[-1].end),
                " ".join(w.text for w in group),
                turn.id,
                (turn.id, *(w.id for w in group)),
                sum(trust) / len(trust),
            )
            group = []


def _parted(word: Any, after: Any) -> bool:
    """Whether silence ends a unit, alone or with the capital by which recognisers begin a sentence."""
    silence = after.start - word.end
    capital = after.text[:1].isupper() and not OWN_CAPITAL.match(after.text)
    return bool(silence >= SILENCE or (capital and silence >= BREATH))


def _of_text(turn: Any) -> Iterator[Unit]:
    pieces = [piece.strip() for piece in SENTENCES.findall(turn.text) if piece.strip()]
    letters, done = sum(len(piece) for piece in pieces), 0
    trust = 1.0 if turn.confidence != turn.confidence else float(turn.confidence)
    for piece in pieces:
        start, end = (
            turn.start + (turn.end - turn.start) * share / letters for share in (done, done + len(piece))
        )
        done += len(piece)
        yield Unit(0, turn.participant, float(start), float(end), piece, turn.id, (turn.id,), trust)


def find_floors(units: Sequence[Unit], *, probability: float) -> list[Floor]:
    """Floors, in order of start, each with the minimal responses to it.

    Parameters
    ----------
    units : sequence of Unit
        In order of start.
    probability : float
        From which a short unit may be a minimal response.
    """
    floors: list[Floor] = []
    for i, unit in enumerate(units):
        if floors and _only_listens(units, i, floors[-1], probability):
            floors[-1].responses.append(unit)
        elif floors and floors[-1].participant == unit.participant:
            floors[-1].units.append(unit)
        else:
            floors.append(Floor(unit.participant, [unit]))
    return floors


def _only_listens(units: Sequence[Unit], i: int, floor: Floor, probability: float) -> bool:
    """Whether a unit is a minimal response to a floor and not the start of a turn."""
    unit = units[i]
    token = unit.size <= SHORT and unit.probability("minimal_response") >= probability
    if floor.participant == unit.participant or not token:
        return False
    for later in units[i + 1 :]:
        if later.start - unit.end > OWN_TURN:
            return True
        if later.participant == unit.participant:
            return later.size <= SHORT and later.probability("minimal_response") >= probability
        if later.participant == floor.participant:
            return True
    return True
