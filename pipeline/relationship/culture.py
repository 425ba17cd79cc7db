"""Culture of the two and the salesperson's cultural intelligence, as people coded them; context, no evidence.

Low- and high-context communication cultures after E. T. Hall (1977), Beyond Culture. Dimensions and levels
of cultural intelligence after Earley & Ang (2003) as Koponen, Julkunen, Gabrielsson & Pullins (2021) code
them in their Table A1. Nothing here is told from the recording, and no phase is decided by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.corpus.example import CITATION, LEVELS, relationships
from pipeline.relationship.dyads import Dyad
from pipeline.relationship.phases import IN_ORDER

CONTEXTS = {"LC": "low-context", "HC": "high-context"}
COMPONENTS = {
    "low": ("motivational", "metacognitive"),
    "medium": ("motivational", "metacognitive", "behavioural"),
    "high": ("motivational", "metacognitive", "behavioural", "cognitive"),
}
"""Dimensions that are described at each level (Table A1)."""
CULTURE, LEVEL, PARTS = "culture_", "cultural_intelligence", "cultural_intelligence_components"
"""Names in the metadata of meeting.yaml; the first one is followed by a participant's id."""
ALL = COMPONENTS["high"]


@dataclass(frozen=True)
class Culture:
    """What people coded of a dyad.

    Attributes
    ----------
    contexts : dict of str to str
        ``LC`` or ``HC`` by what they are called; who is not coded is absent.
    diversity : str
        ``low`` or ``high``; empty where it cannot be told.
    intelligence : str
        The salesperson's: ``low``, ``medium`` or ``high``; empty where it was not coded.
    components : tuple of str
        Its dimensions.
    notes : tuple of str
        What is missing or contradictory.
    """

    contexts: Mapping[str, str]
    diversity: str
    intelligence: str
    components: tuple[str, ...]
    notes: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "contexts": dict(self.contexts),
            "diversity": self.diversity or None,
            "cultural_intelligence": self.intelligence or None,
            "components": list(self.components),
        }


def culture_of(dyad: Dyad) -> Culture:
    """What the meeting files of a dyad say of culture; a word in one meeting stands for all."""
    notes: list[str] = []
    contexts = {}
    for who in dyad.people:
        said = {
            one.name: str(value)
            for one in dyad.meetings
            if (value := _metadata(one.manifest).get(CULTURE + one.people[who])) is not None
        }
        if context := _agreed(said, f"{who}'s culture", tuple(CONTEXTS), notes, str.upper):
            contexts[who] = context
    notes += _strangers(dyad)
    if missing := [who for who in dyad.people if who not in contexts]:
        example = f"metadata: {CULTURE}{dyad.meetings[0].people[missing[0]]}: LC"
        notes.append(
            f"No culture is known of {' and '.join(missing)}, so that no diversity is told; say it in "
            f"meeting.yaml (`{example}`, or HC) and run rapport analyse on it again."
        )
    diversity = "" if missing else "low" if len(set(contexts.values())) == 1 else "high"
    level, parts = _intelligence(dyad, notes)
    return Culture(contexts, diversity, level, parts, tuple(notes))


def _metadata(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    return manifest["meeting"].get("metadata") or {}


def _agreed(
    said: Mapping[str, str], what: str, known: tuple[str, ...], notes: list[str], spelled: Any = str.lower
) -> str:
    """The one value that all meetings that have one agree on; empty where there is none."""
    found: dict[str, str] = {}
    for meeting, value in said.items():
        if (word := spelled(value.strip())) in known:
            found.setdefault(word, meeting)
        else:
            notes.append(f"In {meeting}, {what} is '{value}', which is none of {', '.join(known)}.")
    if len(found) > 1:
        both = ", ".join(f"{value} in {meeting}" for value, meeting in found.items())
        notes.append(f"The meetings disagree on {what} ({both}); correct one of their meeting files.")
    return next(iter(found)) if len(found) == 1 else ""


def _strangers(dyad: Dyad) -> Iterator[str]:
    """Cultures of nobody who takes part."""
    for one in dyad.meetings:
        ids = set(one.people.values())
        for name in _metadata(one.manifest):
            if name.startswith(CULTURE) and name.removeprefix(CULTURE) not in ids:
                yield f"In {one.name}, {name} is of nobody; the participants are {', '.join(sorted(ids))}."


def _intelligence(dyad: Dyad, notes: list[str]) -> tuple[str, tuple[str, ...]]:
    """Level and dimensions of the salesperson's cultural intelligence."""
    whose = f"{dyad.salesperson or 'the salesperson'}'s cultural intelligence"
    said: dict[str, dict[str, str]] = {LEVEL: {}, PARTS: {}}
    for one in dyad.meetings:
        for name, values in said.items():
            if (value := _metadata(one.manifest).get(name)) is not None:
                values[one.name] = str(value)
    level = _agreed(said[LEVEL], whose, LEVELS, notes)
    parts: tuple[str, ...] = ()
    for meeting, value in said[PARTS].items():
        words = set(filter(None, re.split(r"[\s,;+]+", value.lower().replace("behavioral", "behavioural"))))
        if unknown := sorted(words - set(ALL)):
            notes.append(
                f"In {meeting}, {unknown[0]} is no component of cultural intelligence; these are: "
                f"{', '.join(ALL)}."
            )
        parts = tuple(name for name in ALL if name in words) or parts
    fitting = next((name for name, needed in COMPONENTS.items() if set(needed) == set(parts)), "")
    if parts and level and fitting != level:
        notes.append(
            f"The components of {whose} ({', '.join(parts)}) are not those of {level} in the paper's Table "
            f"A1 ({', '.join(COMPONENTS[level])}); the level stands as it was coded."
        )
    elif parts and not level and not fitting:
        notes.append(
            f"The components of {whose} ({', '.join(parts)}) are those of no level in the paper's Table A1; "
            f"say one: `{LEVEL}: low`, medium or high."
        )
    return level or fitting, parts


def paper_found(dyad: Dyad, culture: Culture) -> list[str]:
    """What the founding paper found for such dyads, in sentences; empty where no diversity is known."""
    if not culture.diversity:
        return []
    table = relationships()
    near = table[table["cultural_diversity"] == culture.diversity]
    said = [
        f"Of {len(near)} relationships of {culture.diversity} cultural diversity {_spread(near['phase'])}."
    ]
    if culture.intelligence:
        own = near[near["cultural_intelligence"] == culture.intelligence]
        whose = f"whose salesperson's cultural intelligence was {culture.intelligence}"
        said.append(f"Of the {len(own)} {whose}, {_spread(own['phase'])}.")
    said.append(f"({CITATION}; told by nine salespeople in interviews.)")
    if culture.contexts.get(dyad.salesperson or dyad.people[0]) != "LC":
        said.append("All its salespeople were of a low-context culture, unlike here.")
    return said


def _spread(phases: Any) -> str:
    counts = phases.value_counts()
    found = [f"{counts[phase]} reached {phase}" for phase in IN_ORDER if phase in counts]
    return ", ".join(found).replace(f"reached {IN_ORDER[0]}", f"stayed in {IN_ORDER[0]}")
