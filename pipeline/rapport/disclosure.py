"""Social disclosure of each participant: how long, on how many topics, how deep (Social penetration in IMT).

Depths follow the founding study of relationships: superficial, more intimate, most intimate. Shown are quotes
with times; the phase that they suggest is a suggestion, and a researcher decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.rapport.language import DEPTHS
from pipeline.rapport.responding import SURE
from pipeline.rapport.scene import Scene, Unit

PHASES = {"": "", "superficial": "trial", "more_intimate": "enmeshment", "most_intimate": "renegotiation"}
"""Phase of a relationship in which disclosure of a depth is usual."""
OTHER = "unnamed"
"""Topic of a disclosure that the lexicon has no topic for."""


@dataclass(frozen=True)
class Disclosure:
    """What one participant told of themselves.

    Attributes
    ----------
    participant : str
    seconds : float
        Duration.
    topics : tuple of str
        Breadth, in the order of being touched; one that the lexicon does not know is none.
    depth : str
        The deepest level; empty where nothing was disclosed.
    quotes : tuple of dict
        `start`, `end`, `text`, `topics`, `depth`, `confidence`, `turn` of each unit, in order.
    """

    participant: str
    seconds: float
    topics: tuple[str, ...]
    depth: str
    quotes: tuple[Mapping[str, Any], ...]

    @property
    def suggests(self) -> str:
        """The phase in which such a depth is usual."""
        return PHASES[self.depth]


def disclosures(scene: Scene) -> list[Disclosure]:
    """What everybody told of themselves, by the units that disclose something.

    A unit discloses where the talk coder takes it for self-disclosure, or where it speaks of a topic of the
    lexicon in the first person.
    """
    return [_of(who, [unit for unit in scene.units if unit.participant == who]) for who in scene.people]


def _of(who: str, units: list[Unit]) -> Disclosure:
    telling = [unit for unit in units if _depth(unit)]
    quotes = tuple(
        {
            "start": unit.start,
            "end": unit.end,
            "text": unit.text,
            "topics": _topics(unit),
            "depth": _depth(unit),
            "confidence": round(max(unit.probability("self_disclosure"), SURE) * unit.confidence, 3),
            "turn": unit.turn,
        }
        for unit in telling
    )
    topics = dict.fromkeys(topic for unit in telling for topic in _topics(unit) if topic != OTHER)
    deepest = max((DEPTHS.index(str(quote["depth"])) for quote in quotes), default=None)
    return Disclosure(
        who,
        sum(unit.end - unit.start for unit in telling),
        tuple(topics),
        DEPTHS[deepest] if deepest is not None else "",
        quotes,
    )


def _topics(unit: Unit) -> list[str]:
    return list(unit.cue.get("topics", ())) or [OTHER]


def _depth(unit: Unit) -> str:
    """How deep a unit goes; empty where it discloses nothing."""
    depth = str(unit.cue.get("depth") or "")
    if depth:
        return depth
    return DEPTHS[1] if unit.probability("self_disclosure") >= SURE else ""
