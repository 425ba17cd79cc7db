"""A human's row is never overwritten by a machine's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, count
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import coverage
from pipeline.timeline.table import check

if TYPE_CHECKING:
    import pandas as pd

GROUP = ["tier", "participant"]
INSTANT = 1e-3
"""Seconds that a row counts for at least, so that one without length can be shared."""


def keep_human_rows(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Lay the rows that people touched over a newly computed timeline.

    A machine row gives way where human rows of the same tier and participant stand for at least half of its
    time, see `_stand_for`; what rested on it then rests on them. A machine row that only happens to bear a
    human row's id gets another one. Where a voice has another name since, its human rows take that name. The
    evidence of human rows follows the rows it named to their new ids, found by tier, participant and time;
    what is no longer found is dropped.

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

    if (before["status"] == "auto").all():
        return after
    before = before.assign(participant=before["participant"].replace(_new_names(before, after)))
    human = before[before["status"] != "auto"]
    replaced = _stand_for(human, after)
    machine = after[~after["id"].isin(list(replaced))]
    new_ids = {**_ids(machine, human, set(after["id"])), **replaced}

    cited = {name for cell in human["evidence"] for name in cell.split()}
    old_ids = {name: [name] for name in human["id"]}
    for new, olds in _stand_for(
        before[before["id"].isin(cited) & (before["status"] == "auto")], after
    ).items():
        for old in olds:
            old_ids.setdefault(old, []).extend(new_ids[new])

    human = human.assign(evidence=[_translated(cell, old_ids) for cell in human["evidence"]])
    machine = machine.assign(
        id=[new_ids[name][0] for name in machine["id"]],
        evidence=[_translated(cell, new_ids) for cell in machine["evidence"]],
    )
    table = pd.concat([human, machine], ignore_index=True)
    return check(table.sort_values(["start", "end", "tier", "id"], ignore_index=True))


def _new_names(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """What the participants of a timeline are called in the next one.

    A meeting file that names the voices, or names them otherwise, moves every machine row to another name.
    The names are paired so that their machine turns share most time in all; one that shares less than half of
    its time with its partner goes on as it is.
    """
    from scipy.optimize import linear_sum_assignment

    old, new = (
        {
            str(who): list(zip(own["start"], own["end"], strict=True))
            for who, own in table[(table["tier"] == "turn") & (table["status"] == "auto")].groupby(
                "participant"
            )
        }
        for table in (before, after)
    )
    if not old or not new:
        return {}
    covered = [coverage(spans) for spans in new.values()]
    shared = np.array([[sum(cover(*span) for span in spans) for cover in covered] for spans in old.values()])
    length = [sum(end - start for start, end in spans) for spans in old.values()]
    before_names, after_names = list(old), list(new)
    return {
        before_names[i]: after_names[j]
        for i, j in zip(*linear_sum_assignment(shared, maximize=True), strict=True)
        if shared[i, j] > length[i] / 2
    }


def _stand_for(rows: pd.DataFrame, machine: pd.DataFrame) -> dict[str, list[str]]:
    """Find the rows that stand for machine rows of the same tier and participant.

    A row stands for a machine row if they share at least half of the shorter one's time, and if all that do
    so share at least half of the machine row's. So a correction replaces what it was made from, three parts
    replace the whole that they were cut out of, but a short turn leaves the long one around it alone.

    Returns
    -------
    dict of str to list of str
        Ids of the rows, in order of time, by the id of the machine row.
    """
    found: dict[str, list[str]] = {}
    places = machine.groupby(GROUP).indices
    for group, mine in rows.sort_values(["start", "end"]).groupby(GROUP):
        if group not in places:
            continue
        theirs = machine.iloc[places[group]].sort_values("start")
        starts, ends = theirs["start"].to_numpy(), _ends(theirs)
        latest = np.maximum.accumulate(ends)  # sorted, as a search needs it, even if rows overlap
        shared = np.zeros(len(theirs))
        names: list[list[str]] = [[] for _ in shared]
        for name, start, end in zip(mine["id"], mine["start"], _ends(mine), strict=True):
            near = slice(np.searchsorted(latest, start), np.searchsorted(starts, end))
            common = np.minimum(ends[near], end) - np.maximum(starts[near], start)
            shorter = np.minimum(ends[near] - starts[near], end - start)
            for i in np.flatnonzero(common >= shorter / 2):
                shared[near.start + i] += common[i]
                names[near.start + i].append(name)
        enough = shared >= (ends - starts) / 2
        found |= {row: names[i] for i, row in enumerate(theirs["id"]) if enough[i]}
    return found


def _ends(rows: pd.DataFrame) -> NDArray[np.float64]:
    return np.maximum(rows["end"].to_numpy(), rows["start"].to_numpy() + INSTANT)


def _ids(machine: pd.DataFrame, human: pd.DataFrame, taken: set[str]) -> dict[str, list[str]]:
    """The id under which each machine row goes on: its own if no human row has it."""
    reserved = set(human["id"])
    taken = taken | reserved
    ids = {}
    for name in machine["id"]:
        new = name
        if name in reserved:
            free = chain([f"{name}-new"], (f"{name}-new-{i}" for i in count(2)))
            new = next(other for other in free if other not in taken)
            taken.add(new)
        ids[name] = [new]
    return ids


def _translated(evidence: str, ids: Mapping[str, Sequence[str]]) -> str:
    return " ".join(dict.fromkeys(new for name in evidence.split() for new in ids.get(name, ())))
