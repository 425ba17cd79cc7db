"""A human's row is never overwritten by a machine's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.timeline.table import check

if TYPE_CHECKING:
    import pandas as pd


def keep_human_rows(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Lay the rows that people touched over a newly computed timeline.

    A new machine row gives way where a human row of the same tier and participant shares more than half of
    the shorter one's time. A new row that only happens to bear a human row's id gets another one.

    Parameters
    ----------
    before : DataFrame
        The timeline so far, with rows whose `status` is not ``auto``.
    after : DataFrame
        The new one, machine rows only.

    Returns
    -------
    DataFrame
        A valid timeline.
    """
    import pandas as pd

    human = before[before["status"] != "auto"]
    if human.empty:
        return after
    gives_way = after.apply(lambda row: _covered(row, human), axis=1)
    machine = after[~gives_way]
    taken = set(human["id"])
    renamed = {name: f"{name}-new" for name in machine["id"] if name in taken}
    machine = machine.assign(id=machine["id"].replace(renamed))
    machine["evidence"] = [_translated(cell, renamed) for cell in machine["evidence"]]
    table = pd.concat([human, machine], ignore_index=True)
    known = set(table["id"])
    table["evidence"] = [" ".join(n for n in cell.split() if n in known) for cell in table["evidence"]]
    return check(table.sort_values(["start", "end", "tier", "id"], ignore_index=True))


def _covered(row: pd.Series, human: pd.DataFrame) -> bool:
    """Whether a human has spoken about what a machine row says."""
    same = human[(human["tier"] == row["tier"]) & (human["participant"] == row["participant"])]
    common = same["end"].clip(upper=row["end"]) - same["start"].clip(lower=row["start"])
    shorter = (same["end"] - same["start"]).clip(upper=row["end"] - row["start"])
    return bool(((common > 0.5 * shorter) | ((common == 0) & (shorter == 0))).any())


def _translated(evidence: str, renamed: dict[str, str]) -> str:
    return " ".join(renamed.get(name, name) for name in evidence.split())
