"""Rows of a timeline as plain mappings, and a timeline with some of its rows replaced."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.timeline.table import COLUMNS, records

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
"""A row by column."""
ORDER = ["start", "end", "tier", "id"]
HUMAN = ("edited", "added")
"""Statuses of rows that say what a person typed or drew."""


def rows_of(table: pd.DataFrame, ids: Collection[str]) -> dict[str, Row]:
    """Rows of a timeline by id; ids that it does not have are left out."""
    rows = records(table[table["id"].isin(list(ids))])
    return {row["id"]: row for row in rows}


def with_rows(
    table: pd.DataFrame, rows: Iterable[Mapping[str, Any]], gone: Iterable[str] = ()
) -> pd.DataFrame:
    """A timeline in which rows take the place of those with their ids, or come to them.

    Parameters
    ----------
    table : DataFrame
        A timeline.
    rows : iterable of mapping
        Whole rows.
    gone : iterable of str
        Ids of rows to leave out. What rested on them no longer names them.

    Returns
    -------
    DataFrame
        In a timeline's order.
    """
    import pandas as pd

    rows, gone = list(rows), set(gone)
    if not rows and not gone:
        return table
    kept = table[~table["id"].isin([*(row["id"] for row in rows), *gone])]
    new = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict(table.dtypes))
    whole = pd.concat([kept, new], ignore_index=True) if rows else kept
    whole = whole.sort_values(ORDER, ignore_index=True)
    return _without(whole, gone - {row["id"] for row in rows})


def _without(table: pd.DataFrame, gone: Collection[str]) -> pd.DataFrame:
    """A timeline in whose evidence some ids no longer stand."""
    if not gone:
        return table
    cells = [
        " ".join(name for name in cell.split() if name not in gone)
        if any(name in cell for name in gone)
        else cell
        for cell in table["evidence"]
    ]
    return table.assign(evidence=cells)


def changed(before: pd.DataFrame, after: pd.DataFrame) -> set[str]:
    """Ids of the rows that are not the same in two timelines, those that only one of them has among them."""
    old, new = before.set_index("id"), after.set_index("id")
    common = old.index.intersection(new.index)
    ids = set(old.index.symmetric_difference(new.index))
    old, new = old.loc[common], new.loc[common]
    for column in old.columns:
        mine, theirs = old[column].to_numpy(), new[column].to_numpy()
        other = mine != theirs
        if mine.dtype.kind == "f":
            other &= (mine == mine) | (theirs == theirs)  # two that were not measured are the same
        ids |= set(common[other])
    return ids


def same(
    one: Mapping[str, Any] | None, other: Mapping[str, Any] | None, *, but: Collection[str] = ()
) -> bool:
    """Whether two rows say the same; None is a row that is not there."""
    if one is None or other is None:
        return one is other
    return all(_equal(one[name], other[name]) for name in COLUMNS if name not in but)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    return bool(one == other)


def new_id(tier: str, taken: Collection[str], number: int = 1) -> str:
    """An id for a row that a person adds, such as ``nod-added-0001``; it is not among those `taken`.

    Numbers are tried from `number` on, for somebody who adds many. A tier of several words is one in the id.
    """
    word = "-".join(tier.split()) or "row"
    while (name := f"{word}-added-{number:04d}") in taken:
        number += 1
    return name


def added_row(taken: Collection[str], **fields: Any) -> Row:
    """A row that a person adds; `fields` name its tier, its coder and what else it holds."""
    blank: Row = dict.fromkeys(COLUMNS, "")
    unknown = {"value": float("nan"), "confidence": float("nan")}
    named = {"id": new_id(fields["tier"], taken), "source": "human", "status": "added"}
    return {**blank, **unknown, **named, **fields}


def touched(row: Mapping[str, Any], coder: str, **fields: Any) -> Row:
    """A row that a person changed; one that a person added stays an added one."""
    status = "added" if row["status"] == "added" else "edited"
    return {**row, "status": status, "coder": coder, **fields}
