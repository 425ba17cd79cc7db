"""Codes that a lab adds to its codebook: patterns in words, after another action or during another event."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.rapport.actions import Action, answering, of_units, taken_up
from pipeline.rapport.codebook import Find
from pipeline.rapport.scene import Scene, Unit

CONFIDENCE = 0.7
"""Of a pattern that matches: the words were said, whether they meant it a person must see."""


def find_own_codes(scene: Scene, found: Iterable[Action]) -> Iterator[Action]:
    """Actions of the codes that say themselves how they are found.

    They are sought in order of time, so that one may come after another, in whatever order the codebook
    has them.
    """
    known = list(found)
    own = [
        (name, code.find, _patterns(code.find)) for name, code in scene.codebook.codes.items() if code.find
    ]
    for unit in scene.units:
        for name, find, patterns in own:
            if any(pattern.search(unit.text) for pattern in patterns):
                for action in _found(scene, known, unit, name, find):
                    known.append(action)
                    yield action


def _patterns(find: Find) -> list[re.Pattern[str]]:
    return [re.compile(pattern, re.IGNORECASE) for pattern in find.words]


def _found(scene: Scene, known: list[Action], unit: Unit, name: str, find: Find) -> Iterator[Action]:
    """The action of a unit whose words fit, if what must come before or go on meanwhile does."""
    before = _before(known, unit, find)
    during = _during(scene, unit, find)
    if (find.after and before is None) or (find.during and not during):
        return
    of: dict[str, Any] = answering(taken_up(scene, unit))
    if before is not None:
        of = {"initiative": "responsive", "evidence": before.evidence, "to": before.participant}
    of["evidence"] = (*of.get("evidence", ()), *during)
    yield of_units(scene, name, [unit], confidence=CONFIDENCE, **of)


def _before(known: list[Action], unit: Unit, find: Find) -> Action | None:
    """The last action that must have come before; None where it did not."""
    if not find.after:
        return None
    fitting = (
        action
        for action in reversed(known)
        if action.code == find.after
        and action.participant != unit.participant
        and 0 <= unit.start - action.end <= find.within
    )
    return max(fitting, key=lambda action: action.end, default=None)


def _during(scene: Scene, unit: Unit, find: Find) -> tuple[str, ...]:
    """Ids of the rows that go on meanwhile."""
    if not find.during:
        return ()
    return tuple(r.id for r in scene.rows(find.during) if r.start < unit.end and r.end > unit.start)
