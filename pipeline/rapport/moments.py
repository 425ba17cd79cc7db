"""Moments that a coach would show: the strongest, those to look at, and what a customer offered in vain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.rapport.codebook import Codebook
from pipeline.rapport.explain import tell

if TYPE_CHECKING:
    import pandas as pd

NEAR = 20.0
"""Seconds within which actions make up one moment."""
TOLD = 3
"""Actions of a moment that its story tells, the weightiest."""
SILENT = frozenset({"eye_contact", "smile", "laughter", "nod", "head_shake"})
"""Codes that add to a moment and do not make one."""


@dataclass(frozen=True)
class Moment:
    """A stretch of the meeting worth watching.

    Attributes
    ----------
    start, end : float
        Seconds.
    weight : float
        Sum of the actions' worth, by which moments are ranked.
    story : str
        What happened, in a sentence or two.
    actions : tuple of str
        Ids of the rows.
    """

    start: float
    end: float
    weight: float
    story: str
    actions: tuple[str, ...]


def strongest(
    actions: pd.DataFrame, codebook: Codebook, names: Mapping[str, str], count: int = 3
) -> list[Moment]:
    """Moments with the most rapport work, in order of time; they do not overlap."""
    return _ranked(actions[~_counter(actions, codebook)], codebook, names, count)


def to_look_at(
    actions: pd.DataFrame, codebook: Codebook, names: Mapping[str, str], count: int = 3
) -> list[Moment]:
    """Moments with the most that speaks against rapport, in order of time."""
    return _ranked(actions[_counter(actions, codebook)], codebook, names, count)


def _counter(actions: pd.DataFrame, codebook: Codebook) -> pd.Series:
    against = {name for name, code in codebook.codes.items() if code.counter}
    return actions["label"].isin(against)


def _ranked(actions: pd.DataFrame, codebook: Codebook, names: Mapping[str, str], count: int) -> list[Moment]:
    found: list[Moment] = []
    for moment in sorted(_moments(actions, codebook, names), key=lambda m: -m.weight):
        if all(moment.start >= other.end or moment.end <= other.start for other in found):
            found.append(moment)
    return sorted(found[:count], key=lambda m: m.start)


def _moments(actions: pd.DataFrame, codebook: Codebook, names: Mapping[str, str]) -> Iterator[Moment]:
    """A moment around every action that can make one: it and what begins within `NEAR` seconds after it."""
    rows = list(actions.sort_values("start").itertuples(index=False))
    for i, first in enumerate(rows):
        if first.label in SILENT or first.label not in codebook.codes:
            continue
        group = [row for row in rows[i:] if row.start <= first.start + NEAR]
        known = [row for row in group if row.label in codebook.codes]
        worth = [(worth_of(row, codebook), row) for row in known]
        told = sorted(worth, key=lambda pair: -pair[0])[:TOLD]
        weight = sum(value for value, _ in worth)
        story = " ".join(tell(row, codebook, names) for _, row in sorted(told, key=lambda p: p[1].start))
        end = max(row.end for _, row in told)
        yield Moment(first.start, max(end, first.end), weight, story, tuple(row.id for _, row in worth))


def worth_of(row: Any, codebook: Codebook) -> float:
    """What an action is worth: weight, confidence, and credit for taking up what the other began."""
    code = codebook.codes[row.label]
    credit = 1.0 if row.initiative == "responsive" or code.counter else codebook.initiated_credit
    return float(code.weight * row.confidence * credit)


def missed(actions: pd.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """What a customer offered in vain: when, what, and what came next."""
    return [
        {
            "id": row.id,
            "start": row.start,
            "end": row.end,
            "by": names.get(row.to, row.to),
            "missed_by": names.get(row.participant, row.participant),
            "offer": row.why.get("offer", ""),
            "offered": row.text,
            "then": row.why.get("then", ""),
            "confidence": row.confidence,
        }
        for row in actions[actions["label"] == "missed_opportunity"]
        .sort_values("start")
        .itertuples(index=False)
    ]
