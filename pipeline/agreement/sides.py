"""The two codings that are compared: analysed meetings, timelines, or files of other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.agreement.events import Event
from pipeline.errors import RapportError, SettingsError
from pipeline.exports.formats import FORMATS
from pipeline.exports.material import Material, Person, material_of
from pipeline.timeline.table import read, timeline

if TYPE_CHECKING:
    import pandas as pd

TIMELINES = (".parquet", ".csv")
LENGTHS_APART = 2.0
"""Seconds by which two recordings of one meeting may differ in length."""
WORDS = "word"


@dataclass(frozen=True)
class Side:
    """One coding of a meeting.

    Attributes
    ----------
    name : str
        As it was given.
    table : DataFrame
        The timeline without what was rejected.
    duration : float or None
        Seconds of the meeting, where that is known.
    names : dict of str to str
        What participants are called, where that is known.
    holds : frozenset of str or None
        Tiers that the file would hold; None where it would hold all.
    """

    name: str
    table: pd.DataFrame
    duration: float | None = None
    names: dict[str, str] = field(default_factory=dict)
    holds: frozenset[str] | None = None

    @property
    def last(self) -> float:
        """Second at which the last row ends."""
        return float(self.table["end"].max()) if len(self.table) else 0.0

    @property
    def participants(self) -> set[str]:
        """Who has any row."""
        return set(self.table["participant"]) - {""}

    def events(self, start: float, end: float) -> dict[str, list[Event]]:
        """What lies between two moments, by tier; what reaches beyond them is cut there."""
        found: dict[str, list[Event]] = {}
        table = self.table[(self.table["start"] <= end) & (self.table["end"] >= start)]
        columns = ("tier", "participant", "start", "end", "label", "text")
        for tier, who, begin, until, label, text in zip(*(table[c].tolist() for c in columns), strict=True):
            # What only touches the stretch is outside of it, unless it has no length.
            if begin < until and (until <= start or begin >= end):
                continue
            found.setdefault(tier, []).append(Event(who, max(begin, start), min(until, end), label, text))
        return found


def read_sides(a: Path, b: Path, out: Path, meeting: Path | None = None) -> tuple[Side, Side]:
    """Read two codings of one meeting.

    Parameters
    ----------
    a, b : Path
        Each the folder or name of an analysed meeting, a timeline file, or a file that can be imported.
    out : Path
        Folder of the results, in which names are looked up.
    meeting : Path, optional
        The analysed meeting that both are of; says who is who where neither is one.

    Raises
    ------
    RapportError
        Where one cannot be read, or they are not of the same meeting.
    """
    known = material_of(_folder(meeting, out)) if meeting else None
    materials = [_material(path, out) for path in (a, b)]
    known = known or next((one for one in materials if one), None)
    sides = [
        _side(path, own) if own else _imported(path, known)
        for path, own in zip((a, b), materials, strict=True)
    ]
    _check_same_meeting(*sides)
    return sides[0], sides[1]


def _folder(path: Path, out: Path) -> Path:
    return path if (path / "manifest.json").is_file() else out / path


def _material(path: Path, out: Path) -> Material | None:
    """What is known of an analysed meeting or a timeline; None for a file of another program.

    Raises
    ------
    SettingsError
        Where there is no such thing.
    """
    if path.is_file():
        if path.suffix.lower() not in TIMELINES:
            return None
        table = read(path)
        people = tuple(Person(who, who) for who in sorted(set(table["participant"]) - {""}))
        return Material(name=path.stem, people=people, table=table)
    folder = _folder(path, out)
    if not (folder / "manifest.json").is_file():
        raise SettingsError(
            f"There is neither a file {path} nor an analysed meeting of that name in {out}; "
            "give a file, or the folder or name of an analysed meeting."
        )
    return material_of(folder)


def _side(path: Path, material: Material) -> Side:
    duration = material.end if material.media else None
    return Side(str(path), material.shown, duration, material.names)


def _imported(path: Path, material: Material | None) -> Side:
    """What a file of another program says, read as an import would."""
    readable = [one for one in FORMATS if one.has_rows]
    form = next((one for one in readable if one.suffix.lower() == path.suffix.lower()), None)
    if form is None:
        endings = ", ".join(sorted({*TIMELINES, *(one.suffix for one in readable)}))
        raise SettingsError(f"{path} is not of a kind that can be compared; there are {endings}.")
    if material is None:
        raise SettingsError(
            "Files of other programs do not say who is who; name the analysed meeting that both are of "
            "with --meeting."
        )
    read_back = form.read(path, material)
    kept = ("tier", "participant", "start", "end", "label", "text")
    table = timeline(
        {**{name: row[name] for name in kept if name in row}, "id": f"read-{i:06d}"}
        for i, row in enumerate(read_back.rows, start=1)
    )
    holds = frozenset({tier for tier, _ in read_back.tiers} | set(table["tier"]))
    return Side(str(path), table, None, material.names, holds)


def _check_same_meeting(a: Side, b: Side) -> None:
    for side in (a, b):
        if side.table.empty:
            raise RapportError(f"{side.name} holds no row that could be compared; give one with annotations.")
    if a.participants and b.participants and not a.participants & b.participants:
        raise RapportError(
            f"A ({_listed(a.participants)}) and B ({_listed(b.participants)}) have no participant in common; "
            "give two codings of the same meeting, with the same names for people."
        )
    ends = [max(side.duration or 0.0, side.last) for side in (a, b)]
    for longer, shorter in ((0, 1), (1, 0)):
        known = (a, b)[shorter].duration
        too_long = known is not None and ends[longer] > ends[shorter] + LENGTHS_APART
        if too_long:
            raise RapportError(
                f"A lasts {ends[0]:.0f} s and B {ends[1]:.0f} s; give two codings of the same meeting."
            )


def _listed(names: Sequence[str] | set[str]) -> str:
    return ", ".join(sorted(names))
