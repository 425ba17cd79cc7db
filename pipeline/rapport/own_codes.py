"""Codes that a lab adds to its codebook: patterns in words, after another action or during another event."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.rapport.actions import Action, of_units, takes_up
from pipeline.rapport.codebook import Find
from pipeline.rapport.scene import Scene, Unit

CONFIDENCE = 0.7
"""Of a pattern that matches: the words were said, whether they meant it a person must see."""


def find_own_codes(scene: Scene, found: list[Action]) -> Iterator[Action]:
    """Actions of the codes that say themselves how they are found."""
    for name, code in scene.codebook.codes.items():
        if code.find is None:
            continue
        patterns = [re.compile(pattern, re.IGNORECASE) for pattern in code.find.words]
        for unit in scene.units:
            if not any(pattern.search(unit.text) for pattern in patterns):
                continue
            before = _before(found, unit, code.find)
            during = _during(scene, unit, code.find)
            if before is None or during is None:
                continue
            yield of_units(
                scene,
                name,
                [unit],
                confidence=CONFIDENCE,
                initiative="responsive" if before else takes_up(scene, unit),
                evidence=(*before, *during),
            )


def _before(found: list[Action], unit: Unit, find: Find) -> tuple[str, ...] | None:
    """Evidence of the action that must have come before; None where it did not."""
    if not find.after:
        return ()
    for action in found:
        late = unit.start - action.end
        if action.code == find.after and action.participant != unit.participant and 0 <= late <= find.within:
            return action.evidence
    return None


def _during(scene: Scene, unit: Unit, find: Find) -> tuple[str, ...] | None:
    """Ids of the rows that must go on meanwhile; None where there are none."""
    if not find.during:
        return ()
    rows = [r.id for r in scene.rows(find.during) if r.start < unit.end and r.end > unit.start]
    return tuple(rows) or None
