"""Tiers in other programs' files: what their annotations say, whose they are, and what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from pipeline.exports.lanes import ORDER, SPOKEN, lane_name, parse_cell, parse_lane
from pipeline.exports.material import Material
from pipeline.exports.reading import Reading, fault

NOTHING = "∅"
"""What stands for a word, turn or comment without text."""


def shown(tier: str, text: str) -> str:
    r"""What an annotation says in a file, which is never nothing.

    In Praat an interval without text is no annotation, and in other programs nobody sees what it is. So a
    pause says ``pause``; a text that looks the same gets a ``\`` before it.

    Parameters
    ----------
    tier : str
        Its tier.
    text : str
        The row's one text, see `pipeline.exports.lanes.cell`.
    """
    nothing = _nothing(tier)
    return ("\\" + text if text.lstrip("\\") == nothing else text) if text else nothing


def meant(tier: str, text: str) -> str:
    """The row's one text of what an annotation says: the inverse of `shown`."""
    nothing = _nothing(tier)
    return "" if text == nothing else text[1:] if text.lstrip("\\") == nothing else text


def _nothing(tier: str) -> str:
    return NOTHING if tier in SPOKEN else tier


def called(material: Material) -> dict[str, str]:
    """What everybody is called in tiers, by id: their name where it leads back to them, else the id."""
    return {
        person.id: person.name
        if person_called(material, person.name) == person.id
        and parse_lane(lane_name("tier", person.name)) == ("tier", person.name)
        else person.id
        for person in material.people
    }


def person_called(material: Material, name: str) -> str | None:
    """Id of whoever a file calls so."""
    person = material.person(name)
    return person.id if person else None


def interpolated(times: Sequence[float | None]) -> list[float | None]:
    """Times with missing ones spread evenly between their neighbours; None where there is no neighbour."""
    filled = list(times)
    known = [i for i, time in enumerate(times) if time is not None]
    for left, right in pairwise(known):
        first, last = times[left], times[right]
        assert first is not None and last is not None
        for i in range(left + 1, right):
            filled[i] = first + (last - first) * (i - left) / (right - left)
    return filled


class Gathering:
    """Rows that are read from a file, one after the other.

    Parameters
    ----------
    path : Path
        The file, for faults.
    material : Material
        Who is who.
    """

    def __init__(self, path: Path, material: Material) -> None:
        self.path = path
        self.material = material
        self.rows: list[dict[str, Any]] = []
        self.tiers: set[tuple[str, str]] = set()
        self._known = {*ORDER, *material.table["tier"]}

    def lane(self, name: str, line: int, hint: str = "") -> tuple[str, str]:
        """Tier and participant of a tier in the file.

        A tier that is named as our lanes are is taken for one. Any other keeps its name; it is of whoever
        `hint`, a name that the file has beside it, means.

        Raises
        ------
        FileFaultError
            Where a lane names somebody who is not in the meeting.
        """
        tier, who = parse_lane(name)
        participant = person_called(self.material, who)
        if who and participant is None and tier in self._known:
            self.stranger(who, line, f"in the tier {name!r}")
        if participant is None:
            participant = person_called(self.material, hint) or ""
            if tier not in self._known:
                tier = name
        self.tiers.add((tier, participant))
        return tier, participant

    def of(self, tier: str, name: str, line: int) -> tuple[str, str]:
        """Tier and participant where the file tells them apart; the participant must be known if named.

        Raises
        ------
        FileFaultError
            Where it names somebody who is not in the meeting.
        """
        participant = person_called(self.material, name) if name else ""
        if participant is None:
            self.stranger(name, line, f"in the tier {tier!r}")
        self.tiers.add((tier, participant))
        return tier, participant

    def stranger(self, name: str, line: int, where: str) -> NoReturn:
        """Say that nobody is called so.

        Raises
        ------
        FileFaultError
            Always.
        """
        people = ", ".join(
            person.id if person.id == person.name else f"{person.id} ({person.name})"
            for person in self.material.people
        )
        what = f"there is no participant {name!r} in this meeting ({where})"
        fault(self.path, line, f"{what}; name one of {people}" if people else what)

    def add(
        self, lane: tuple[str, str], start: float, end: float, text: str, line: int, row: str = ""
    ) -> None:
        """Take in an annotation.

        Parameters
        ----------
        lane : (str, str)
            Tier and participant.
        start, end : float
            Seconds.
        text : str
            What the annotation says.
        line : int
            On which it stands.
        row : str
            Id of the row in the timeline, where the file has it.

        Raises
        ------
        FileFaultError
            Where it ends before it starts, or lies before the meeting.
        """
        tier, participant = lane
        if not (math.isfinite(start) and math.isfinite(end)) or start < 0:
            fault(
                self.path, line, f"{text!r} is at {start:g} s to {end:g} s; times must be numbers from 0 on"
            )
        if end < start:
            what = f"{text!r} ends at {end:g} s, before it starts at {start:g} s"
            fault(self.path, line, f"{what}; correct its times")
        found = {"tier": tier, "participant": participant, "start": start, "end": end}
        self.rows.append({**found, **parse_cell(tier, meant(tier, text)), **({"id": row} if row else {})})

    def reading(self) -> Reading:
        """All that was read."""
        return Reading(rows=tuple(self.rows), tiers=frozenset(self.tiers))
