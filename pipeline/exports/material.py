"""What a writer is given: the timeline, who took part, the recordings, and what made it all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import RapportError
from pipeline.manifest import language_of, names_of, read_manifest
from pipeline.timeline.table import read, tier

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Person:
    """Somebody in a timeline.

    Attributes
    ----------
    id : str
        As in the timeline's `participant`.
    name : str
        What people read: the pseudonym, or the id where there is none.
    role : str
        ``salesperson``, ``customer`` or ``other``.
    language : str
        ISO 639-1 code; empty where it is not known.
    """

    id: str
    name: str
    role: str = "other"
    language: str = ""


@dataclass(frozen=True)
class Medium:
    """A recording.

    Attributes
    ----------
    path : Path
    offset : float
        Seconds of the meeting at which it begins.
    duration : float
        Seconds.
    pictures : bool
        Whether it has any; otherwise it is sound alone.
    """

    path: Path
    offset: float = 0.0
    duration: float = 0.0
    pictures: bool = False


@dataclass(frozen=True)
class Material:
    """All that a file about a meeting can tell.

    Attributes
    ----------
    name : str
        The meeting's, which names its files.
    title : str
        For people; the name where the meeting file gives none.
    date : str
        ISO 8601, when the meeting began; empty where nobody said.
    language : str
        ISO 639-1 code; empty where it is not known.
    people : sequence of Person
        Everybody in the timeline, in order of first appearance among salesperson, customer, others.
    media : sequence of Medium
    table : DataFrame
        The timeline, rejected rows and all.
    manifest : mapping
        What made it, see `pipeline.manifest`; empty for a timeline that no run made.
    """

    name: str
    table: pd.DataFrame
    people: Sequence[Person]
    media: Sequence[Medium] = ()
    title: str = ""
    date: str = ""
    language: str = ""
    manifest: Mapping[str, Any] = field(default_factory=dict)
    worked_out: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What several formats need of this material and is worked out once, see `draft_lines`."""

    @property
    def shown(self) -> pd.DataFrame:
        """The timeline without what a person rejected."""
        return self.table[self.table["status"] != "rejected"]

    @property
    def names(self) -> dict[str, str]:
        """What everybody is called, by id."""
        return {person.id: person.name for person in self.people}

    @property
    def end(self) -> float:
        """Second at which the last recording or the last row ends."""
        ends = [medium.offset + medium.duration for medium in self.media]
        return float(max([*ends, *self.table["end"]], default=0.0))

    def person(self, name: str) -> Person | None:
        """Who is meant by an id or a name in a file, as people type it.

        An exact id comes before somebody else's name, and both before what differs in capitals, and a code.
        """
        asked = name.strip()
        small, codes = asked.casefold(), self.codes()
        ways: tuple[Callable[[Person], bool], ...] = (
            lambda person: person.id == name,
            lambda person: person.id == asked,
            lambda person: person.name == asked,
            lambda person: small in (person.id.casefold(), person.name.casefold()),
            lambda person: codes[person.id] == asked.upper(),
        )
        return next((person for way in ways for person in self.people if asked and way(person)), None)

    def codes(self, length: int = 3) -> dict[str, str]:
        """A code of a few capitals or digits for everybody, by id; no two the same."""
        codes: dict[str, str] = {}
        for person in self.people:
            letters = re.sub(r"[^A-Z0-9]", "", person.name.upper()) or re.sub(
                r"[^A-Z0-9]", "", person.id.upper()
            )
            base = (letters + "XXX")[:length] if letters else f"P{len(codes) + 1:02d}"[:length]
            code, number = base, 2
            while code in codes.values():
                code, number = base[: length - len(str(number))] + str(number), number + 1
            codes[person.id] = code
        return codes


ROLES = ("salesperson", "customer", "other")


def media_of(manifest: Mapping[str, Any]) -> tuple[Medium, ...]:
    """The recordings of an analysed meeting."""
    return tuple(
        Medium(Path(file["path"]), file["offset"], file["duration"], file["pictures"])
        for file in manifest["files"]
    )


def material_of(folder: Path, table: pd.DataFrame | None = None) -> Material:
    """Gather what is known of an analysed meeting.

    Parameters
    ----------
    folder : Path
        The meeting's.
    table : DataFrame, optional
        Its timeline, where that has been read already.

    Raises
    ------
    RapportError
        Where the folder holds no analysed meeting.
    """
    manifest = read_manifest(folder)
    table = read(folder / "timeline.parquet") if table is None else table
    try:
        meeting = manifest["meeting"]
        given = {who["id"]: who for who in meeting["participants"]}
        media = media_of(manifest)
        names = names_of(manifest, table)
    except KeyError as error:
        raise RapportError(
            f"{folder / 'manifest.json'} was written by another version; analyse the meeting again."
        ) from error
    language = language_of(manifest)
    first = tier(table, "turn").groupby("participant")["start"].min()
    people = [
        Person(
            id=who,
            name=name,
            role=given.get(who, {}).get("role", "other"),
            language=given.get(who, {}).get("language") or language,
        )
        for who, name in names.items()
    ]
    people.sort(key=lambda p: (ROLES.index(p.role), first.get(p.id, float("inf")), p.id))
    return Material(
        name=str(meeting["name"]),
        title=meeting.get("title") or str(meeting["name"]),
        date=str(meeting.get("start") or ""),
        language=language,
        people=tuple(people),
        media=media,
        table=table,
        manifest=manifest,
    )
