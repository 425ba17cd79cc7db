"""A human's row is never overwritten by a machine's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import chain, count
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import coverage
from pipeline.timeline.between import silences_follow_turns
from pipeline.timeline.given_away import SAME_MOMENT, given_away, turns_by_words
from pipeline.timeline.table import check
from pipeline.timeline.turns import TurnSettings

if TYPE_CHECKING:
    import pandas as pd

UNCHANGED = ("auto", "confirmed", "rejected")
"""Statuses of rows that say when the machine heard or saw something, and under which name."""
SEEN = ("nod", "head_shake", "smile", "gaze", "mutual_gaze", "face_visible")
"""Tiers that go with a face; all others go with a voice."""
NAMING = ("reciprocal_laughter",)
"""Tiers that name another voice in the text."""
PAIRED = ("mutual_gaze",)
"""Tiers that are two people's, who are named in the text."""
ENOUGH = 0.25
"""Share of a face's rows that must be found again under a name."""
LABELLED = ("action",)
"""Tiers in which one person's rows of different labels lie over each other and are corrected one by one."""
INSTANT = 1e-3
"""Seconds that a row counts for at least, so that one without length can be shared."""


def keep_human_rows(
    before: pd.DataFrame, after: pd.DataFrame, settings: TurnSettings | None = None
) -> pd.DataFrame:
    """Lay the rows that people touched over a newly computed timeline.

    A machine row gives way where human rows of the same tier and participant stand for at least half of its
    time, see `_stand_for`; what rested on it then rests on them. A machine row that only happens to bear a
    human row's id gets another one. Where a voice or a face has another name since, its human rows take that
    name. The evidence of human rows follows the rows it named to their new ids, found by tier, participant
    and time; what is no longer found is dropped. Silences and overlaps follow the turns of human rows.

    Parameters
    ----------
    before : DataFrame
        The timeline so far, with rows whose `status` is not ``auto``.
    after : DataFrame
        The new one, machine rows only.
    settings : TurnSettings, optional
        Limits of silences and overlaps, by default the usual ones.

    Returns
    -------
    DataFrame
        A valid timeline.
    """
    import pandas as pd

    if (before["status"] == "auto").all():
        return after
    before = _renamed(before, after)
    human = before[before["status"] != "auto"]
    given, to_others = given_away(human, after)
    rest = after[~after["id"].isin(list(given))]
    replaced = {**given, **_stand_for(human[~human["id"].isin(list(to_others))], rest)}
    cited = {name for cell in human["evidence"] for name in cell.split()}
    found_again = _stand_for(before[before["id"].isin(cited) & (before["status"] == "auto")], after)
    rest = after[~after["id"].isin(list(replaced))]
    replaced |= turns_by_words(human, rest, {**found_again, **replaced})
    machine = after[~after["id"].isin(list(replaced))]
    new_ids = {**_ids(machine, human, set(after["id"])), **replaced}

    old_ids = {name: [name] for name in human["id"]}
    for new, olds in found_again.items():
        for old in olds:
            old_ids.setdefault(old, []).extend(new_ids[new])

    human = human.assign(evidence=[_translated(cell, old_ids) for cell in human["evidence"]])
    table = pd.concat([human, _called_anew(machine, new_ids)], ignore_index=True)
    table = table.sort_values(["start", "end", "tier", "id"], ignore_index=True)
    table = silences_follow_turns(_called_anew(after, new_ids), table, settings or TurnSettings())
    return check(table)


def _called_anew(machine: pd.DataFrame, ids: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Machine rows under the ids of the rows that stand for them."""
    return machine.assign(
        id=[ids[name][0] for name in machine["id"]],
        evidence=[_translated(cell, ids) for cell in machine["evidence"]],
    )


def replace_tiers(before: pd.DataFrame, rows: pd.DataFrame, tiers: Collection[str]) -> pd.DataFrame:
    """A timeline with other machine rows in some tiers; those that people touched stay.

    Parameters
    ----------
    before : DataFrame
        The timeline so far.
    rows : DataFrame
        The new rows of these tiers; their evidence is among the rows of the other tiers.
    tiers : collection of str

    Returns
    -------
    DataFrame
        A valid timeline.
    """
    import pandas as pd

    ours = before["tier"].isin(list(tiers))
    touched = before[ours & (before["status"] != "auto")]
    machine = rows[~rows["id"].isin(list(_stand_for(touched, rows)))]
    ids = _ids(machine, touched, set(before["id"]) | set(rows["id"]))
    kept = pd.concat([touched, machine.assign(id=[ids[name][0] for name in machine["id"]])])
    table = pd.concat([before[~ours], kept], ignore_index=True)
    known = set(table["id"])
    table["evidence"] = [
        " ".join(name for name in cell.split() if name in known) for cell in table["evidence"]
    ]
    return check(table.sort_values(["start", "end", "tier", "id"], ignore_index=True))


def _renamed(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The timeline so far, with everybody called as in the next one.

    A meeting file that names voices or faces, or names them otherwise, moves every machine row to another
    name. What was heard goes with the voice, and what was seen with the face: they part where a wrong link
    between them was mended. Somebody who was only seen takes the face's name in all.
    """
    heard, seen = _heard_and_seen(before, after)
    people = before["participant"]
    names = people.map(lambda who: heard.get(who, who))
    names = names.where(~before["tier"].isin(SEEN), people.map(lambda who: seen.get(who, who)))
    texts = [
        _renamed_pair(text, seen) if tier in PAIRED else heard.get(text, text) if tier in NAMING else text
        for tier, text in zip(before["tier"], before["text"], strict=True)
    ]
    return before.assign(participant=names, text=texts)


def names_now(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """What everybody is called in the next timeline; who was heard goes by the voice, others by the face."""
    return _heard_and_seen(before, after)[0]


def _heard_and_seen(before: pd.DataFrame, after: pd.DataFrame) -> tuple[dict[str, str], dict[str, str]]:
    voices, faces = _voice_names(before, after), _face_names(before, after)
    return {**faces, **voices}, {**voices, **faces}


def _renamed_pair(text: str, names: Mapping[str, str]) -> str:
    """Two names as a machine writes them, in order; as it is where neither is called otherwise now."""
    old = text.split()
    new = [names.get(who, who) for who in old]
    return text if new == old else " ".join(sorted(new))


def _voice_names(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """What those who were heard are called in the next timeline.

    The names are paired so that their talk shares most time in all; one that shares less than half of its
    time with its partner goes on as it is.
    """
    from scipy.optimize import linear_sum_assignment

    old, new = _talk(before), _talk(after)
    names = {who: who for who in old}
    if not old or not new:
        return names
    covered = [coverage(spans) for spans in new.values()]
    shared = np.array([[sum(cover(*span) for span in spans) for cover in covered] for spans in old.values()])
    length = [sum(end - start for start, end in spans) for spans in old.values()]
    before_names, after_names = list(old), list(new)
    return names | {
        before_names[i]: after_names[j]
        for i, j in zip(*linear_sum_assignment(shared, maximize=True), strict=True)
        if shared[i, j] > length[i] / 2
    }


def _talk(table: pd.DataFrame) -> dict[str, list[tuple[float, float]]]:
    """When everybody is heard, as the machine found it: by turns, or by words where every turn was edited."""
    rows = table[table["status"].isin(UNCHANGED)]
    talk: dict[str, list[tuple[float, float]]] = {}
    for tier in ("turn", "word"):
        for who, own in rows[rows["tier"] == tier].groupby("participant"):
            talk.setdefault(str(who), list(zip(own["start"], own["end"], strict=True)))
    return talk


def _face_names(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """What those whose faces were seen are called in the next timeline.

    All may be in view and look at each other at the same time, so time in common tells nothing; but no two
    people begin and end to nod or to look away at the same moments. So each new row is taken for the old one
    that begins and ends when it does, and a face goes by the name under which most of its rows are found.
    """
    found = _found_again(before, after)
    names = {}
    for who, rows in _own(before, SEEN)["participant"].value_counts().items():
        votes = Counter({new: votes for (old, new), votes in found.items() if old == who})
        most = votes.most_common(1)
        if most and most[0][1] >= ENOUGH * rows:
            names[str(who)] = most[0][0]
    return names


def _found_again(before: pd.DataFrame, after: pd.DataFrame) -> Counter[tuple[str, str]]:
    """How many rows of each face are found again under each name, by old and new name."""
    from scipy.spatial import KDTree

    found: Counter[tuple[str, str]] = Counter()
    for tier in SEEN:
        old, new = _own(before, (tier,)), _own(after, (tier,))
        if not len(old) or not len(new):
            continue
        nearest = KDTree(_moments(old)).query(_moments(new), k=2, distance_upper_bound=SAME_MOMENT)
        owners = [*old["participant"], ""]  # the last one is nobody's: the tree gives it where it finds none
        for who, (near, far), (first, second) in zip(
            new["participant"], *map(np.asarray, nearest), strict=True
        ):
            # A row that is as near to another person's tells nothing.
            if owners[first] and (owners[first] == owners[second] or near < far):
                found[owners[first], who] += 1
    return found


def _own(table: pd.DataFrame, tiers: Sequence[str]) -> pd.DataFrame:
    """Rows of some tiers that are somebody's, as the machine found them."""
    wanted = table["tier"].isin(tiers) & (table["participant"] != "") & table["status"].isin(UNCHANGED)
    return table[wanted]


def _moments(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Where rows lie among others: by start and end, and by confidence where these are the same."""
    sure = rows["confidence"].fillna(0.0) * SAME_MOMENT
    return np.stack([rows["start"], rows["end"], sure], axis=1)


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
    places = machine.groupby(["tier", _whose(machine)]).indices
    rows = rows.sort_values(["start", "end"])
    for group, mine in rows.groupby(["tier", _whose(rows)]):
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


def _whose(rows: pd.DataFrame) -> pd.Series[str]:
    """Whose each row is: one participant's, a pair's, or nobody's; of some tiers with the label."""
    pairs = rows["text"].map(lambda text: " ".join(sorted(text.split())))
    people = rows["participant"].where(~rows["tier"].isin(PAIRED), pairs)
    return people.where(~rows["tier"].isin(LABELLED), people + " " + rows["label"])


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
