"""One rapport action, and how it becomes a row of the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.rapport.scene import Floor, Scene, Unit
from pipeline.timeline.table import numbered

Initiative = Literal["responsive", "initiated"]
TIER = "action"
RECENT = 30.0
"""Seconds for which words that come back take up what the other said."""
LONGEST_QUOTE = 300
"""Characters of a quotation."""


@dataclass(frozen=True)
class Action:
    """Something that somebody did for, or against, rapport.

    Attributes
    ----------
    code : str
        Of the codebook.
    participant, to : str
        Who did it, and to whom.
    start, end : float
        Seconds.
    confidence : float
        0 to 1.
    evidence : tuple of str
        Ids of the rows that it rests on.
    initiative : str
        Whether it takes up what the other began.
    text : str
        What was said, if anything.
    why : mapping
        What was found, for the explanation: measures, and quotations of the other.
    """

    code: str
    participant: str
    to: str
    start: float
    end: float
    confidence: float
    evidence: tuple[str, ...]
    initiative: Initiative
    text: str = ""
    why: Mapping[str, Any] = field(default_factory=dict)


def action_rows(actions: Iterable[Action], source: str) -> list[dict[str, Any]]:
    """Rows of the tier ``action``, in order of time."""
    ordered = sorted(actions, key=lambda a: (a.start, a.end, a.code, a.participant))
    rows = (
        {
            "participant": action.participant,
            "start": action.start,
            "end": max(action.end, action.start),
            "label": action.code,
            "text": action.text,
            "confidence": min(max(action.confidence, 0.0), 1.0),
            "evidence": " ".join(dict.fromkeys(action.evidence)),
            "details": {"initiative": action.initiative, "to": action.to, **action.why},
            "source": source,
        }
        for action in ordered
    )
    return numbered(rows, TIER)


def of_units(
    scene: Scene,
    code: str,
    units: Sequence[Unit],
    *,
    confidence: float,
    initiative: Initiative,
    to: str = "",
    evidence: Iterable[str] = (),
    **why: Any,
) -> Action:
    """An action that is done by saying these units; it is no surer than the words are."""
    first = units[0]
    return Action(
        code,
        first.participant,
        to or partner(scene, first),
        first.start,
        max(unit.end for unit in units),
        confidence * sum(unit.confidence for unit in units) / len(units),
        (*evidence, *(name for unit in units for name in unit.evidence)),
        initiative,
        quote(units),
        why,
    )


def quote(units: Iterable[Unit]) -> str:
    """What some units say, cut to a length that can be read."""
    text = " ".join(unit.text for unit in units)
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 2].rsplit(" ", 1)[0] + " …"


def ending(units: Iterable[Unit]) -> str:
    """The end of what some units say, which an answer follows, cut to a length that can be read."""
    text = " ".join(unit.text for unit in units)
    return text if len(text) <= LONGEST_QUOTE else "… " + text[2 - LONGEST_QUOTE :].split(" ", 1)[-1]


def partner(scene: Scene, unit: Unit) -> str:
    """Whom a unit is said to: the only other one, else whoever spoke before, else whoever speaks next."""
    if only := only_other(scene, unit.participant):
        return only
    before = before_unit(scene, unit)
    if before is not None:
        return before.participant
    later = (f.participant for f in scene.floors if f.start > unit.start)
    return next((who for who in later if who != unit.participant), "")


def only_other(scene: Scene, who: str) -> str:
    """The only other participant; empty where there are several."""
    others = [one for one in scene.people if one != who]
    return others[0] if len(others) == 1 else ""


def before_unit(scene: Scene, unit: Unit) -> Floor | None:
    """The last floor of somebody else that began before a unit."""
    return scene.floor_before(unit.start, unit.participant)


def taken_up(scene: Scene, unit: Unit, shared: float = 1) -> tuple[Unit, ...]:
    """What a unit takes up of the other's last floor, by words that come back; nothing if it does not."""
    before = before_unit(scene, unit)
    if before is None or unit.cue.get("new_topic") or unit.start - before.end > RECENT:
        return ()
    if len(before.content & unit.content) < shared:
        return ()
    same = tuple(one for one in before.units if one.content & unit.content)
    return same or tuple(before.units[-1:])


def answering(of: Sequence[Unit]) -> dict[str, Any]:
    """What an action says of the units that it answers: it is responsive to them, and rests on them, too."""
    if not of:
        return {"initiative": "initiated"}
    evidence = tuple(dict.fromkeys(unit.turn for unit in of))
    return {"initiative": "responsive", "evidence": evidence, "of": ending(of)}
