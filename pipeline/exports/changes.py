"""What a corrected file changes: rows of the timeline compared with rows that were read.

Both sides go through the same format: what is compared is the file as we would write it now, read back, with
the file that came back. What a format rounds or cannot hold is then the same on both sides.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.errors import RapportError
from pipeline.exports.reading import Reading
from pipeline.timeline.table import records

if TYPE_CHECKING:
    import pandas as pd

SAME = 1e-4
"""Seconds, or units of a value, that tables lose on the way through a spreadsheet."""
FAR = 2.0
"""Seconds by which a row that says the same may have been moved."""
ENOUGH = 0.5
"""Share of time in common from which a row that says something else is the same row, corrected."""
TIMES = ("start", "end")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One row that is to change.

    Attributes
    ----------
    kind : str
        ``changed``, ``added``, ``removed`` or ``confirmed``.
    tier : str
    row : str
        Id of the row; empty for one that is added.
    before : mapping
        The row as it is; empty for one that is added.
    after : mapping
        What it is to be: for a change only what differs, for an added row all of it.
    name : str
        By which other added rows refer to this one in their evidence; empty if none does.
    """

    kind: str
    tier: str
    row: str = ""
    before: Row = field(default_factory=dict)
    after: Row = field(default_factory=dict)
    name: str = ""

    @property
    def told(self) -> str:
        """In which line of a summary it counts."""
        if self.kind in ("added", "removed", "confirmed"):
            return f"{_plural(self.tier)} {self.kind}"
        if "participant" in self.after:
            return "speakers changed"
        if "text" in self.after and self.tier in ("word", "turn"):
            return "words changed" if self.tier == "word" else "turns changed"
        if set(self.after) <= {*TIMES, "value"}:
            return "times moved"
        return f"{_plural(self.tier)} changed"

    @property
    def at(self) -> float:
        """Second at which the row begins."""
        return float(self.before.get("start", self.after.get("start", 0.0)))


def _plural(tier: str) -> str:
    name = tier.replace("_", " ")
    return f"{name}es" if name.endswith(("s", "ch", "sh")) else f"{name}s"


def row_changes(table: pd.DataFrame, ours: Reading, theirs: Reading) -> list[Change]:
    """Compare what was read of a file with what it would say now.

    Parameters
    ----------
    table : DataFrame
        The timeline.
    ours : Reading
        The timeline, written in the file's format and read back.
    theirs : Reading
        The file.

    Returns
    -------
    list of Change
        In order of time.
    """
    base = list(_with_ids(table, ours))
    columns = [name for name in theirs.columns if name in ours.columns]
    pairs, left, new = _paired(base, list(theirs.rows), columns)
    current = {row["id"]: row for row in records(table)}
    changes = []
    for old, now in pairs:
        row = current[old["id"]]
        after = _difference(old, now, columns)
        if now.get("status") == "rejected" != row["status"]:
            changes.append(Change("removed", row["tier"], row["id"], row))
        elif after:
            changes.append(Change("changed", row["tier"], row["id"], row, after))
        elif now.get("status") == "confirmed" and row["status"] == "auto":
            changes.append(Change("confirmed", row["tier"], row["id"], row))
    for old in left:
        row = current[old["id"]]
        if (old["tier"], old["participant"]) in theirs.tiers and row["status"] != "rejected":
            changes.append(Change("removed", row["tier"], row["id"], row))
    kept = ("tier", "participant", *TIMES, *columns)
    for now in new:
        if now.get("status") != "rejected":
            after = {name: now[name] for name in kept if name in now}
            changes.append(Change("added", now["tier"], after=after))
    return sorted(changes, key=lambda change: (change.at, change.tier, change.row))


def _with_ids(table: pd.DataFrame, ours: Reading) -> Iterator[dict[str, Any]]:
    """Our own rows as the file would have them, each with the id of the row that it was.

    Where the format holds no ids, rows of a tier and participant keep their order, as rounding keeps it.
    """
    if all(row.get("id") for row in ours.rows):
        yield from (dict(row) for row in ours.rows)
        return
    wanted: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in records(table[table["status"] != "rejected"]):
        wanted[row["tier"], row["participant"]].append(row)
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for read in ours.rows:
        found[read["tier"], read["participant"]].append(read)
    for key, rows in found.items():
        rows, known = sorted(rows, key=_place), sorted(wanted[key], key=_place)
        if len(rows) != len(known):
            raise RapportError(
                f"The tier {key[0]} cannot be compared; export the meeting anew and correct that."
            )
        yield from ({**row, "id": old["id"]} for row, old in zip(rows, known, strict=True))


def _place(row: Row) -> tuple[float, float, str]:
    return round(row["start"], 3), round(row["end"], 3), f"{row.get('label', '')} {row.get('text', '')}"


def _difference(old: Row, now: Row, columns: Iterable[str]) -> dict[str, Any]:
    """What of a row is another now."""
    differs = {}
    for name in ("participant", *TIMES, *columns):
        if name in now and not _alike(old.get(name), now[name], name):
            differs[name] = now[name]
    return differs


def _alike(old: Any, now: Any, column: str) -> bool:
    if column == "details":
        return _object(old) == _object(now)
    if isinstance(old, float) and isinstance(now, float):
        return abs(old - now) <= SAME * max(1.0, abs(old) * 1e-4) or (old != old and now != now)
    return bool(old == now)


def _object(details: Any) -> Any:
    return (json.loads(details) if details else {}) if isinstance(details, str) else details


Pairs = list[tuple[Row, Row]]


def _paired(
    base: list[dict[str, Any]], read: list[Row], columns: Sequence[str]
) -> tuple[Pairs, list[Row], list[Row]]:
    """Rows that are the same, rows that are gone and rows that are new.

    By id; then what is all the same; then what is nearest in time and in what it says.
    """
    by_id = {row["id"]: row for row in base}
    pairs: Pairs = []
    rest: list[Row] = []
    for now in read:
        old = by_id.pop(now.get("id", ""), None)
        if old is None:
            rest.append(now)
        elif old["tier"] != now["tier"]:  # moved to another tier: one is gone, one is new
            by_id[old["id"]] = old
            rest.append(now)
        else:
            pairs.append((old, now))
    same: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for old in by_id.values():
        same[_key(old, columns)].append(old)
    others = []
    for now in rest:
        alike = same.get(_key(now, columns))
        if alike:
            pairs.append((alike.pop(), now))
        else:
            others.append(now)
    left = [old for olds in same.values() for old in olds]
    near = _nearest(left, others)
    paired_old = {id(old) for old, _ in near}
    paired_new = {id(now) for _, now in near}
    return (
        pairs + near,
        [old for old in left if id(old) not in paired_old],
        [now for now in others if id(now) not in paired_new],
    )


def _key(row: Row, columns: Sequence[str]) -> tuple[Any, ...]:
    told = (str(row.get(name)) for name in columns if name in ("label", "text"))
    return (row["tier"], row["participant"], round(row["start"], 6), round(row["end"], 6), *told)


def _nearest(left: Sequence[Row], new: Sequence[Row]) -> Pairs:
    """Pair what is left with what is new in the same tier: the best pairs first."""
    from bisect import bisect_left

    by_tier: dict[str, list[Row]] = defaultdict(list)
    for old in sorted(left, key=lambda row: row["start"]):
        by_tier[old["tier"]].append(old)
    starts = {tier: [row["start"] for row in rows] for tier, rows in by_tier.items()}
    longest = {tier: max(row["end"] - row["start"] for row in rows) for tier, rows in by_tier.items()}
    scored: list[tuple[float, int, int, Row, Row]] = []
    for number, now in enumerate(new):
        rows = by_tier.get(now["tier"], [])
        if not rows:
            continue
        at = bisect_left(starts[now["tier"]], now["start"] - FAR - longest[now["tier"]])
        for old in rows[at:]:
            if old["start"] > now["end"] + FAR:
                break
            score = _likeness(old, now)
            if score > 0:
                scored.append((-score, number, len(scored), old, now))
    pairs: Pairs = []
    used: set[int] = set()
    for _, _, _, old, now in sorted(scored, key=lambda item: item[:3]):
        if id(old) not in used and id(now) not in used:
            used |= {id(old), id(now)}
            pairs.append((old, now))
    return pairs


def _likeness(old: Row, now: Row) -> float:
    """How likely it is that a row became another; 0 if it did not."""
    shared = min(old["end"], now["end"]) - max(old["start"], now["start"])
    together = max(old["end"], now["end"]) - min(old["start"], now["start"])
    common = max(shared, 0.0) / together if together > 0 else 1.0
    says = all(old.get(name, "") == now.get(name, "") for name in ("label", "text"))
    own = old["participant"] == now["participant"]
    near = says and (common > 0 or abs(old["start"] - now["start"]) <= FAR)
    if own:
        return common + 1.0 * says + 0.5 if near or common >= ENOUGH else 0.0
    return common + 0.4 * says if common >= ENOUGH else 0.0
