"""What people corrected of the codings stays so when a meeting is coded again.

A row that a person touched takes the place of the machine's row with the same code, as
`pipeline.timeline.human` sees to. Here is what that cannot see: that a person gave a row another code, and
that a code has another name now.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.rapport.actions import TIER

if TYPE_CHECKING:
    import pandas as pd

SAME_PLACE = 0.5
"""Share of the longer of two rows that they have in common if one was made from the other."""


def corrected(table: pd.DataFrame, found: pd.DataFrame, renamed: Mapping[str, str]) -> set[str]:
    """Ids of the actions found anew in whose place a person put another code, or the same by its old name.

    Parameters
    ----------
    table : DataFrame
        The timeline so far.
    found : DataFrame
        The actions that the machine finds now.
    renamed : mapping of str to str
        The name that a code has now, by a name that it had before.
    """
    rows = table[table["tier"] == TIER]
    human = rows[rows["status"] != "auto"]
    gone: set[str] = set()
    for row in human.itertuples(index=False):
        here = [one for one in _at(row, found) if one.id not in gone]
        if row.label in renamed:
            gone |= {one.id for one in here if one.label == renamed[row.label]}
        if row.status != "edited" or any(one.label == row.label for one in here):
            continue  # as the machine has it, or moved only
        if past := _past(row, here, _at(row, rows[rows["id"] != row.id])):
            gone.add(past)
    return gone


def _past(row: Any, here: list[Any], beside: list[Any]) -> str:
    """Id of what a row was before a person gave it another code; empty if it is not found again.

    Of every code as many as stand beside the row are not its past; of the rest it is what is most like it.
    """
    standing = Counter(one.label for one in beside)
    past = []
    for one in sorted(here, key=lambda one: _likeness(row, one)):
        if standing[one.label]:
            standing[one.label] -= 1
        elif one.label != row.label:
            past.append(one.id)
    return past[-1] if past else ""


def _at(row: Any, rows: pd.DataFrame) -> list[Any]:
    """Rows of the same person in the same place as a row."""
    near = rows[
        (rows["participant"] == row.participant) & (rows["start"] <= row.end) & (rows["end"] >= row.start)
    ]
    return [one for one in near.itertuples(index=False) if _common(row, one) >= SAME_PLACE]


def _common(one: Any, other: Any) -> float:
    """Share of the longer of two rows that they have in common."""
    longer = max(one.end - one.start, other.end - other.start)
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared / longer if longer else 1.0


def _likeness(row: Any, one: Any) -> tuple[bool, float, bool]:
    """How much a row looks like what a person's row was made from: what was found, evidence, id."""
    told = json.loads(row.details or "{}") == json.loads(one.details or "{}")
    mine, theirs = set(row.evidence.split()), set(one.evidence.split())
    return told, len(mine & theirs) / max(len(mine | theirs), 1), row.id == one.id
