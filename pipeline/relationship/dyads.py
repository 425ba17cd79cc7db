"""Which meetings are a dyad's, in which order, and who the two are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.corpus.gather import dyad_of
from pipeline.errors import RapportError, SettingsError
from pipeline.manifest import people_of, read_manifest, roles_of

LISTED = 20
"""Dyads that an error names."""


@dataclass(frozen=True)
class Met:
    """One analysed meeting of a dyad.

    Attributes
    ----------
    folder : Path
    start : str
        ISO 8601; empty where no date is known.
    manifest : mapping
    people : dict of str to str
        Participant's id by what they are called.
    """

    folder: Path
    start: str
    manifest: Mapping[str, Any]
    people: Mapping[str, str]

    @property
    def name(self) -> str:
        """The meeting's."""
        return self.folder.name

    @property
    def date(self) -> str:
        """The day, or nothing."""
        return self.start[:10]


@dataclass(frozen=True)
class Dyad:
    """Two people and their meetings.

    Attributes
    ----------
    name : str
        As meeting.yaml or the user calls it.
    people : tuple of str
        What the two are called; the salesperson first.
    roles : dict of str to str
        By what they are called.
    meetings : tuple of Met
        In order of date, or of name where dates are missing.
    notes : tuple of str
        What must be said of all that.
    """

    name: str
    people: tuple[str, str]
    roles: Mapping[str, str]
    meetings: tuple[Met, ...]
    notes: tuple[str, ...]

    @property
    def salesperson(self) -> str:
        """What the one salesperson is called; empty where there is none, or two."""
        sellers = [who for who in self.people if self.roles[who] == "salesperson"]
        return sellers[0] if len(sellers) == 1 else ""


def folders_of(dyad: str, out: Path) -> list[Path]:
    """The analysed meetings of a dyad among the outputs.

    Raises
    ------
    SettingsError
        Where there is none; it lists the dyads that there are.
    """
    known = dict(_labelled(out.glob("*/manifest.json")))
    if found := sorted(folder for folder, label in known.items() if label == dyad):
        return found
    if not known:
        raise SettingsError(f"There is no analysed meeting in {out}; run rapport analyse first.")
    counts = Counter(known.values()).most_common()
    there = ", ".join(f"{label} ({count})" for label, count in counts[:LISTED])
    more = f" and {len(counts) - LISTED} more" if len(counts) > LISTED else ""
    raise SettingsError(f"There is no dyad {dyad} in {out}; there are, with their meetings: {there}{more}.")


def _labelled(manifests: Iterable[Path]) -> Iterable[tuple[Path, str]]:
    """Folders of meetings with their dyads; a manifest that cannot be read is nobody's."""
    for path in manifests:
        try:
            yield path.parent, dyad_of(path.parent.name, read_manifest(path.parent))[0]
        except (RapportError, KeyError, TypeError, AttributeError):
            continue


def dyad(name: str, folders: Sequence[Path]) -> Dyad:
    """The dyad whose meetings are given.

    Parameters
    ----------
    name : str
        What to call it; empty: as its meetings do.
    folders : sequence of Path
        Analysed meetings.

    Raises
    ------
    SettingsError
        Where they are not meetings of the same two people, who are known by name.
    """
    folders = list(dict.fromkeys(folder.resolve() for folder in folders))
    met = [_met(folder) for folder in folders]
    meetings, order = in_order(met)
    roles = _roles(meetings)
    people = _two(meetings, roles)
    labels = [dyad_of(one.name, one.manifest) for one in meetings]
    notes = list(order)
    if len(meetings) == 1:
        notes.append("Only one meeting of this dyad is there, so that nothing can be said of its course yet.")
    if name and {source for _, source in labels} == {"participants"}:
        notes.append(
            "Which meetings belong together was told from what people are called; `metadata: dyad:` in "
            "meeting.yaml says it for sure."
        )
    for one in meetings:
        if others := [who for who in one.people if who not in people]:
            notes.append(f"{one.name} has others, too, who are left out here: {', '.join(others)}.")
    same = labels[0][0] if len({label for label, _ in labels}) == 1 else " + ".join(people)
    return Dyad(name or same, people, {who: roles[who] for who in people}, tuple(meetings), tuple(notes))


def _met(folder: Path) -> Met:
    manifest = read_manifest(folder)
    try:
        people = {name: who for who, name in people_of(manifest).items()}
        return Met(folder, str(manifest["meeting"].get("start") or ""), manifest, people)
    except (KeyError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"{folder / 'manifest.json'} was written by another version; analyse the meeting again."
        ) from error


def in_order(meetings: Sequence[Met]) -> tuple[list[Met], tuple[str, ...]]:
    """Meetings by date, or by name where any date is missing, and what must be said of that."""
    times = [_moment(one.start) for one in meetings]
    undated = [one.name for one, time in zip(meetings, times, strict=True) if time is None]
    if not undated:
        known = [time for time in times if time is not None]
        if any(time.tzinfo is None for time in known):  # a clock without a zone can only be read as it is
            known = [time.replace(tzinfo=None) for time in known]
        ranked = zip(known, (_natural(one.name) for one in meetings), range(len(meetings)), strict=True)
        return [meetings[i] for *_, i in sorted(ranked)], ()
    ordered = sorted(meetings, key=lambda one: _natural(one.name))
    if len(meetings) < 2:
        return ordered, ()
    which = "any meeting" if len(undated) == len(meetings) else ", ".join(undated)
    why = f"No date is known of {which} (`start` in meeting.yaml), so that meetings are in order of name."
    return ordered, (why,)


def _moment(start: str) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub("Z$", "+00:00", start))
    except ValueError:
        return None


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """A key by which meeting-2 comes before meeting-10."""
    parts = [part for part in re.split(r"([0-9]+)", name) if part]
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part.casefold()) for part in parts]


def _roles(meetings: Sequence[Met]) -> dict[str, str]:
    """Everybody's role, as the first meeting says that gives them one."""
    roles: dict[str, str] = {}
    for one in meetings:
        given = roles_of(one.manifest)
        for name, who in one.people.items():
            if roles.get(name, "other") == "other":
                roles[name] = given[who]
    return roles


def _two(meetings: Sequence[Met], roles: Mapping[str, str]) -> tuple[str, str]:
    """The two who are in every meeting."""
    for one in meetings:
        if len(one.people) < 2:
            raise SettingsError(
                f"It is not known who takes part in {one.name}; name the two as participants in its "
                "meeting.yaml, with `voice:` or files of their own, and run rapport analyse on it again."
            )
    common = list(meetings[0].people)
    for one in meetings:
        common = [who for who in common if who in one.people]
        if len(common) < 2:
            there, here = (" and ".join(met.people) for met in (meetings[0], one))
            raise SettingsError(
                f"These are meetings of different people: {meetings[0].name} is of {there}, {one.name} of "
                f"{here}; give each two their own `metadata: dyad:`, or the same people the same pseudonyms."
            )
    main = [who for role in ("salesperson", "customer") for who in common if roles[who] == role]
    two = common if len(common) == 2 else main
    if len(two) != 2:
        raise SettingsError(
            f"{', '.join(common)} are in every one of these meetings, and a dyad is two; say in meeting.yaml "
            "who is the salesperson and who the customer."
        )
    first, second = sorted(two, key=lambda who: (roles[who] != "salesperson", roles[who] != "customer"))
    return first, second
