"""Silences and overlaps follow the turns: where a person corrects who speaks when, they are found anew.

A pause or a gap is a stretch in which nobody is heard, whoever the turns around it belong to. So each turn's
stretches are what is left of it without the silences that lie wholly inside, and from them silences and
overlaps are found as in the first place. Only what comes out otherwise than before the correction is touched.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from pipeline.timeline.rows import Row, with_rows
from pipeline.timeline.table import COLUMNS, records
from pipeline.timeline.turns import BETWEEN, Turn, TurnSettings, silences_and_overlaps

if TYPE_CHECKING:
    import pandas as pd

AROUND = 3
"""Turns before and after the corrected ones that are looked at."""
SAME = 1e-3
"""Seconds by which two silences or overlaps share time that are taken for the same."""
PLACE = ("participant", "start", "end")
Found = dict[str, Any]


def silences_follow_turns(before: pd.DataFrame, after: pd.DataFrame, settings: TurnSettings) -> pd.DataFrame:
    """Find silences and overlaps anew around turns that were corrected.

    Parameters
    ----------
    before, after : DataFrame
        A timeline before and after turns were moved, given to somebody else, added, rejected or taken away.
    settings : TurnSettings
        Limits in seconds.

    Returns
    -------
    DataFrame
        `after` with other machine rows of the tiers `BETWEEN`; what a person touched stays. A comment on a
        silence that is gone is now one on the turn that lies there or beside it.
    """
    old, new = _turns(before), _turns(after)
    moved = _moved(old, new)
    if not moved:
        return after
    silent, near = _silences(before), _near(old, moved) | _near(new, moved)
    was, now = (
        silences_and_overlaps(_with_stretches([row for row in rows if row["id"] in near], silent), settings)
        for rows in (old, new)
    )
    there = records(after[after["tier"].isin(BETWEEN)])
    machine = [row for row in there if row["status"] == "auto"]
    gone = _without(was, now)
    leaving = [
        row for row in machine if any(_is(row, other) for other in gone) or _untrue(row, new, moved, now)
    ]
    fresh = {_key(row) for row in _without(now, was)}
    come = [row for row in now if _key(row) in fresh or any(_alike(row, other) for other in leaving)]
    left = {row["id"] for row in leaving}
    laid = _laid_over(after, leaving, come, [row for row in there if row["id"] not in left])
    return _comments_stay(after, laid, new)


def _turns(table: pd.DataFrame) -> list[Row]:
    """Turns that stand, in order of start."""
    turns = table[(table["tier"] == "turn") & (table["status"] != "rejected")]
    return sorted(records(turns), key=lambda row: (row["start"], row["end"], row["participant"]))


def _moved(old: Sequence[Row], new: Sequence[Row]) -> list[tuple[float, float]]:
    """Where turns are no longer what they were, as spans in seconds."""
    was, now = ({row["id"]: tuple(row[name] for name in PLACE) for row in rows} for rows in (old, new))
    other = {name for name in {*was, *now} if was.get(name) != now.get(name)}
    return [(row["start"], row["end"]) for row in (*old, *new) if row["id"] in other]


def _near(turns: Sequence[Row], spans: Sequence[tuple[float, float]]) -> set[str]:
    """Ids of the turns around some spans: all that may have a silence or an overlap with what is there."""
    starts = [row["start"] for row in turns]
    wanted: set[int] = set()
    for start, end in spans:
        first, last = bisect_left(starts, start), bisect_right(starts, end)
        wanted |= set(range(max(first - AROUND, 0), min(last + AROUND, len(turns))))
        wanted |= {i for i in range(first) if turns[i]["end"] > start}
    return {turns[i]["id"] for i in wanted}


def _silences(table: pd.DataFrame) -> list[tuple[float, float]]:
    """When nobody is heard, in order."""
    silent = table["tier"].isin(("pause", "gap", "latch")) & (table["status"] != "rejected")
    rows = table.loc[silent & ~(table["value"] < 0) & (table["end"] > table["start"]), ["start", "end"]]
    return sorted(rows.itertuples(index=False, name=None))


def _with_stretches(turns: Sequence[Row], silent: Sequence[tuple[float, float]]) -> list[Turn]:
    """Turns with the stretches in which their speakers are heard."""
    starts = [start for start, _ in silent]
    found = []
    for row in turns:
        stretches, at = [], row["start"]
        for start, end in silent[bisect_right(starts, row["start"]) : bisect_left(starts, row["end"])]:
            if at < start and end < row["end"]:
                stretches.append((at, start))
                at = end
        found.append(Turn(row["participant"], [*stretches, (at, row["end"])], row["id"]))
    return found


def _without(rows: Sequence[Found], others: Sequence[Found]) -> list[Found]:
    """Rows that are not among others."""
    known = {_key(row) for row in others}
    return [row for row in rows if _key(row) not in known]


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name, "") for name in ("tier", "participant", "label", "evidence", "start", "end"))


def _untrue(
    row: Row, turns: Sequence[Row], moved: Sequence[tuple[float, float]], now: Sequence[Found]
) -> bool:
    """Whether a row rests on a turn that no longer stands, or is a silence where a turn has come to be."""
    standing = {turn["id"] for turn in turns}
    if any(name not in standing for name in row["evidence"].split()):
        return True
    touched = any(start < row["end"] - SAME and end > row["start"] + SAME for start, end in moved)
    return touched and _silent(row) and not any(_alike(row, one) and _placed(row, one) for one in now)


def _placed(row: Row, found: Found) -> bool:
    """Whether a row is of the tier and at the place of what was found."""
    near = all(abs(row[edge] - found[edge]) < SAME for edge in ("start", "end"))
    return near and row["tier"] == found["tier"]


def _laid_over(
    table: pd.DataFrame, leaving: Sequence[Row], come: Sequence[Found], staying: Sequence[Row]
) -> pd.DataFrame:
    """A timeline without the rows that are `leaving`, and with those that `come` where none is `staying`.

    A row that comes where one goes takes its id, so that what people said of it stays with it.
    """
    left, taken = {row["id"]: row for row in leaving}, set(table["id"].tolist())
    new = []
    for row in come:
        if any(_is(other, row) or (other["status"] != "auto" and _alike(row, other)) for other in staying):
            continue
        name = next((name for name, one in left.items() if _alike(one, row)), "") or _free(row["tier"], taken)
        left.pop(name, None)
        taken.add(name)
        new.append({**_BLANK, **row, "id": name})
    made = {row["id"] for row in new}
    return with_rows(table, new, {row["id"] for row in leaving} - made)


def _comments_stay(before: pd.DataFrame, after: pd.DataFrame, turns: Sequence[Row]) -> pd.DataFrame:
    """Put comments whose row is gone to the turn that covers most of it, or is next to it, and has none."""
    comments = after[(after["tier"] == "comment") & (after["status"] != "rejected")]
    cited = before.loc[before["evidence"] != "", "id"]
    lost = records(comments[(comments["evidence"] == "") & comments["id"].isin(cited)])
    taken = set(comments["evidence"])
    for comment in lost:
        shared = {turn["id"]: _shared(turn, comment) for turn in turns if turn["id"] not in taken}
        name = max(shared, key=shared.__getitem__, default="")
        if name and shared[name] >= -SAME:
            comment["evidence"] = name
            taken.add(name)
    return with_rows(after, lost)


def _shared(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Seconds that two rows have in common; below 0 the seconds between them."""
    return float(min(one["end"], other["end"]) - max(one["start"], other["start"]))


_BLANK: Row = {
    **dict.fromkeys(COLUMNS, ""),
    **dict.fromkeys(("value", "confidence"), float("nan")),
    "status": "auto",
}


def _is(row: Row, found: Found) -> bool:
    """Whether a row of a timeline is what was found, of the same turns or of these and their parts.

    Of silences there is but one at a time, whatever turns it is told to lie between.
    """
    of_these = set(found["evidence"].split()) <= set(row["evidence"].split())
    return _alike(row, found) and (of_these or _silent(row))


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rows are about the same moment, both silence or both talk of two."""
    shared = _shared(one, other)
    short = min(one["end"] - one["start"], other["end"] - other["start"]) <= SAME
    return _silent(one) == _silent(other) and (shared > SAME or (short and shared >= -SAME))


def _silent(row: Mapping[str, Any]) -> bool:
    """Whether nobody is heard; a latch is either, by which side of nothing it lies on."""
    return row["tier"] != "overlap" and not row["value"] < 0


def _free(tier: str, taken: Collection[str]) -> str:
    return next(name for i in count(1) if (name := f"{tier}-{i:04d}") not in taken)
