"""A researcher's decision on a meeting's phase: one human row, which keeps the decisions before it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.relationship.phases import IN_ORDER
from pipeline.timeline.rows import Row, added_row, touched, with_rows
from pipeline.timeline.table import records, tier

if TYPE_CHECKING:
    import pandas as pd

TIER = "phase"
"""Of decisions. Only people's rows are in it, as no machine decides."""


@dataclass(frozen=True)
class Decision:
    """What a researcher decided.

    Attributes
    ----------
    phase, coder, note : str
    at : str
        ISO 8601; empty for a decision that was made elsewhere, on the review page say.
    row : str
        Id of its row.
    earlier : tuple of dict
        `phase`, `coder`, `note`, `at` of the decisions that it took the place of, the first one first.
    """

    phase: str
    coder: str
    note: str
    at: str
    row: str
    earlier: tuple[dict[str, Any], ...] = ()

    def data(self) -> dict[str, Any]:
        """As plain data."""
        return {**vars(self), "earlier": list(self.earlier)}


def decision_of(table: pd.DataFrame) -> tuple[Decision | None, tuple[str, ...]]:
    """The decision that stands in a timeline, and what must be said of it."""
    row, notes = _standing(table)
    if row is None:
        return None, notes
    if row["label"] not in IN_ORDER:
        known = ", ".join(IN_ORDER)
        odd = f"{row['id']} says '{row['label']}', which is no phase; it must be one of: {known}."
        return None, (*notes, odd)
    details = _details(row)
    earlier = tuple(dict(one) for one in details.get("earlier", ()))
    known_at = str(details.get("at", ""))
    return Decision(row["label"], row["coder"], row["text"], known_at, row["id"], earlier), notes


def _standing(table: pd.DataFrame) -> tuple[Row | None, tuple[str, ...]]:
    rows = records(tier(table, TIER))
    if len(rows) < 2:
        return (rows[0] if rows else None), ()
    last = max(rows, key=lambda row: str(_details(row).get("at", "")))
    coders = ", ".join(row["coder"] or "nobody named" for row in rows)
    why = f"There are {len(rows)} rows of phases, by {coders}; the latest one, {last['id']}, counts."
    return last, (why,)


def _details(row: Row) -> dict[str, Any]:
    return json.loads(row["details"]) if row["details"] else {}


def decided(
    table: pd.DataFrame, phase: str, coder: str, note: str, *, shown: Sequence[str], suggested: str, at: str
) -> pd.DataFrame:
    """A timeline with a decision on its phase.

    A decision that stands already is changed and kept in the new one's details.

    Parameters
    ----------
    table : DataFrame
        A timeline.
    phase : str
        One of `pipeline.relationship.phases.IN_ORDER`.
    coder, note : str
    shown : sequence of str
        Ids of the rows that the coder was shown as evidence.
    suggested : str
        The phase that was suggested; empty for none.
    at : str
        ISO 8601.
    """
    row, _ = _standing(table)
    others = table[table["tier"] != TIER]
    details: dict[str, Any] = {"at": at, "suggested": suggested}
    fields = {
        "label": phase,
        "text": note,
        "start": 0.0,
        # To the last row and not to the last file's end: rates of actions go by it.
        "end": float(others["end"].max()) if len(others) else 0.0,
        "evidence": " ".join(shown),
    }
    if row is None:
        new = added_row(set(table["id"]), tier=TIER, coder=coder, **fields)
    else:
        before = _details(row)
        past = {"phase": row["label"], "coder": row["coder"], "note": row["text"], "at": before.get("at", "")}
        details["earlier"] = [*before.get("earlier", ()), past]
        new = touched(row, coder, **fields)
    return with_rows(table, [{**new, "details": json.dumps(details, ensure_ascii=False)}])
