"""What a person gave to another participant, found again in a newly computed timeline."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

SAME_MOMENT = 0.1
"""Seconds by which a row that is found again may have moved: a picture or two."""
MOST = 0.5
"""Share of a turn's words that more than these make it the turn that is meant."""


def given_away(human: pd.DataFrame, machine: pd.DataFrame) -> tuple[dict[str, list[str]], set[str]]:
    """Find the machine rows that a person gave to another participant.

    A row that is another's now begins and ends where it did, whatever the new owner says at that moment. A
    turn that was cut or moved as well is another's if most of its words are.

    Parameters
    ----------
    human : DataFrame
        Rows that people touched, with participants as they are called in `machine`.
    machine : DataFrame
        A newly computed timeline.

    Returns
    -------
    found : dict of str to list of str
        Ids of the human rows that stand for a machine row, by its id.
    given : set of str
        Ids of all human rows that were another's.
    """
    moved = human[(human["status"] == "edited") & (human["participant"] != "")]
    found: dict[str, list[str]] = {}
    for _, mine in moved.groupby(["tier", "participant"]):
        for name, twin in _twins(mine, machine).items():
            found.setdefault(twin, []).append(name)
    given = {name for names in found.values() for name in names}
    turns = human[human["tier"] == "turn"]
    others = [_most(cell.split(), given) for cell in turns["evidence"]]
    return found, given | set(turns["id"][others])


def turns_by_words(
    human: pd.DataFrame, machine: pd.DataFrame, words: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Find the human turns that have most words of a machine turn between them.

    Parameters
    ----------
    human : DataFrame
        Rows that people touched.
    machine : DataFrame
        A newly computed timeline.
    words : mapping of str to sequence of str
        What the words in `machine` are in the evidence of `human`.

    Returns
    -------
    dict of str to list of str
        Ids of the human turns, in order of time, by the id of the machine turn.
    """
    by_word: dict[str, list[str]] = {}
    turns = human[human["tier"] == "turn"].sort_values(["start", "end"])
    for name, cell in zip(turns["id"], turns["evidence"], strict=True):
        for word in cell.split():
            by_word.setdefault(word, []).append(name)
    found = {}
    theirs = machine[machine["tier"] == "turn"]
    for name, cell in zip(theirs["id"], theirs["evidence"], strict=True):
        there = {word: [turn for old in words.get(word, ()) for turn in by_word.get(old, ())]
                 for word in cell.split()}  # fmt: skip
        if _most(list(there), {word for word, turns in there.items() if turns}):
            found[name] = list(dict.fromkeys(turn for turns in there.values() for turn in turns))
    return found


def _most(words: Sequence[str], among: Collection[str]) -> bool:
    """Whether most of some words are among others."""
    return sum(word in among for word in words) > MOST * len(words)


def _twins(mine: pd.DataFrame, machine: pd.DataFrame) -> dict[str, str]:
    """Others' machine rows by the id of a row at their moment, if its participant has none like it there."""
    from scipy.spatial import KDTree

    tier, who = mine[["tier", "participant"]].iloc[0]
    rows = machine[(machine["tier"] == tier) & (machine["participant"] != "")]
    own, others = (rows[(rows["participant"] == who) == its] for its in (True, False))
    if not len(others):
        return {}
    at = mine[["start", "end"]].to_numpy()
    near, place = map(np.asarray, KDTree(others[["start", "end"]].to_numpy()).query(at))
    there = near < SAME_MOMENT
    if len(own):
        far, its = map(np.asarray, KDTree(own[["start", "end"]].to_numpy()).query(at))
        said, other_said, own_said = (rows["text"].to_numpy() for rows in (mine, others, own))
        theirs = (said == other_said[place]) & (said != own_said[its])
        there &= (far >= SAME_MOMENT) | theirs
    names = others["id"].tolist()
    return {name: names[place[i]] for i, name in enumerate(mine["id"]) if there[i]}
