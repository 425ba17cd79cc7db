"""The score of a meeting: what its actions earn for each step of the model, with the events behind it all.

It describes rapport work and predicts nothing. `docs/score.md` has the formula with a worked calculation:

    support = sum over codes of  weight * rate / reference
    step    = 100 * (1 - exp(-support)) * exp(-counter-evidence)

A rate is the expected number of actions a minute, the sum of their confidences, or if the codebook says
so the share of time that they take; what is initiated counts `initiated_credit` of what is responsive.
A step is bounded, grows with every supporting action and shrinks with every one that speaks against it;
in a step different actions can stand in for each other, because there is more than one way to build
rapport. The total is the steps' weighted mean, to a part of `opening.weight` of the opening minutes
alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from pipeline.rapport.codebook import Code, Codebook
from pipeline.rapport.exposure import Exposure
from pipeline.rapport.ledger import Floats, Ledger, Mask, Worths

if TYPE_CHECKING:
    import pandas as pd

DRAWS = 400
"""Draws of which actions are real, for the interval."""
INTERVAL = (5, 95)
"""Percentiles of the draws that are given."""
TEXTS = ("id", "participant", "label", "status", "initiative", "to")
"""Columns by which actions are chosen."""
WINDOW, WINDOW_STEP = 300.0, 60.0
"""Seconds of a window of the trend, and from one to the next."""


@dataclass(frozen=True)
class Part:
    """What one code gives to one step.

    Attributes
    ----------
    code : str
    expected : float
        Sum of the confidences of its actions.
    rate : float
        In the unit of the codebook's reference, credit for initiative included.
    support : float
        ``weight * rate / reference``; negative for counter-evidence.
    points : float
        Its share of the step's score; for counter-evidence the points that it takes away.
    actions : tuple of str
        Ids of the rows.
    """

    code: str
    expected: float
    rate: float
    support: float
    points: float
    actions: tuple[str, ...]


@dataclass(frozen=True)
class StepScore:
    """Score of one step, 0 to 100; NaN where nothing that it could rest on was measured.

    Attributes
    ----------
    score : float
    low, high : float
        Interval that follows from the confidences of the actions.
    measured : float
        Share of the step's weights that could be measured in this meeting.
    parts : tuple of Part
    """

    score: float
    low: float
    high: float
    measured: float
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Score:
    """Scores of one participant, or of two together.

    Attributes
    ----------
    who : tuple of str
        One participant, or the two of a dyad.
    total, low, high : float
        0 to 100, and the interval that follows from the actions' confidences.
    whole, opening : float
        The steps' mean over the meeting, and over its opening minutes.
    steps : dict of str to StepScore
    """

    who: tuple[str, ...]
    total: float
    low: float
    high: float
    whole: float
    opening: float
    steps: dict[str, StepScore] = field(default_factory=dict)


def score_all(actions: pd.DataFrame, exposure: Exposure, codebook: Codebook) -> list[Score]:
    """Scores of every participant, then of every two.

    Parameters
    ----------
    actions : DataFrame
        Rows of the tier ``action`` with the columns `initiative`, `to` and `seconds` (see `read_actions`).
    exposure : Exposure
    codebook : Codebook
    """
    people = sorted(set(exposure.talk) | (set(actions["participant"]) - {""}))
    groups: list[tuple[str, ...]] = [(who,) for who in people]
    groups += list(combinations(people, 2)) if len(people) > 1 else []
    return [score(actions, exposure, codebook, who) for who in groups]


def score(actions: pd.DataFrame, exposure: Exposure, codebook: Codebook, who: tuple[str, ...]) -> Score:
    """Score of one participant, or of two together, whose actions towards each other count by half."""
    ledger, worths = _ledger(actions, codebook, who), Worths(codebook)
    opens = exposure.first_talk
    early = exposure.within(opens, opens + 60 * codebook.opening.minutes)
    steps, whole = _steps(ledger, exposure, codebook, worths, who)
    _, opening = _steps(ledger, early, codebook, worths, who)
    share = codebook.opening.weight
    total = (1 - share) * whole + share * opening
    low, high = _interval(total)
    return Score(who, float(total[0]), float(low), float(high), float(whole[0]), float(opening[0]), steps)


def _ledger(actions: pd.DataFrame, codebook: Codebook, who: tuple[str, ...]) -> Ledger:
    if len(who) == 2:
        actions = actions[actions["to"].isin([*who, ""])]
    return Ledger.of(actions, who, codebook)


def _interval(values: Floats) -> tuple[float, float]:
    """Percentiles of the draws, wide enough to hold the expectation, which is the first value."""
    low, high = np.percentile(values[1:], INTERVAL)
    return min(float(low), float(values[0])), max(float(high), float(values[0]))


def _steps(
    ledger: Ledger, exposure: Exposure, codebook: Codebook, worths: Worths, who: tuple[str, ...]
) -> tuple[dict[str, StepScore], Floats]:
    """Scores of the steps, and the weighted mean: of the expectation first, then of every draw."""
    knows = _knows(exposure, codebook, who)
    inside, earned = _inside(ledger, exposure, codebook, worths, who, knows)
    real, known = inside.draws(DRAWS), _known(ledger, knows)
    steps, means, weights = {}, [], []
    for name, step in codebook.steps.items():
        measured = _measured_share(codebook, known, worths.serves[name], worths)
        counted, rates = _rated(inside, earned, real, worths.serves[name], worths)
        support, against = _sums(rates, worths)
        values = _values(support, against) if measured else np.full(DRAWS + 1, np.nan)
        if measured:
            means.append(step.weight * values)
            weights.append(step.weight)
        low, high = _interval(values)
        parts = tuple(
            _parts(inside.where(counted), rates[:, 0], float(support[0]), float(against[0]), worths)
        )
        steps[name] = StepScore(float(values[0]), low, high, measured, parts)
    nothing = np.full(DRAWS + 1, np.nan)
    return steps, np.sum(means, axis=0) / sum(weights) if means else nothing


def _mean(
    ledger: Ledger, exposure: Exposure, codebook: Codebook, worths: Worths, who: tuple[str, ...]
) -> float:
    """The steps' weighted mean as it is expected, which is all that a trend needs."""
    knows = _knows(exposure, codebook, who)
    inside, earned = _inside(ledger, exposure, codebook, worths, who, knows)
    known, total, weight = _known(ledger, knows), 0.0, 0.0
    for name, step in codebook.steps.items():
        if _measured_share(codebook, known, worths.serves[name], worths):
            _, rates = _rated(inside, earned, inside.trust[:, None], worths.serves[name], worths)
            total += step.weight * float(_values(*_sums(rates, worths))[0])
            weight += step.weight
    return total / weight if weight else math.nan


def _values(support: Floats, against: Floats) -> Floats:
    """The formula of a step."""
    return np.asarray(100 * (1 - np.exp(-support)) * np.exp(-against))


def _knows(exposure: Exposure, codebook: Codebook, who: tuple[str, ...]) -> Mask:
    """Of whom what each code needs was measured, shape (people, codes)."""
    return np.array([[exposure.knows(one, code) for code in codebook.codes.values()] for one in who], bool)


def _known(ledger: Ledger, knows: Mask) -> Floats:
    """Of which share of the people each code is known: what it needs was measured, or people coded it."""
    known = knows.copy()
    known[ledger.who[ledger.human], ledger.code[ledger.human]] = True
    return np.asarray(known.mean(axis=0))


def _measured_share(codebook: Codebook, known: Floats, serves: Mask, worths: Worths) -> float:
    """Share of a step's weights that is known; what only people code is asked for only where they did."""
    codes = list(codebook.codes.values())
    asked = np.array(["person" not in code.needs for code in codes], bool) | (known > 0)
    weight = np.array([code.weight for code in codes]) * (serves & ~worths.counter & asked)
    return round(float(weight @ known / weight.sum()), 9) if weight.sum() else 0.0


def _inside(
    ledger: Ledger,
    exposure: Exposure,
    codebook: Codebook,
    worths: Worths,
    who: tuple[str, ...],
    knows: Mask,
) -> tuple[Ledger, Floats]:
    """Actions that count in a stretch, and by how much each, if it is real, raises the rate of its code.

    What people coded counts, and what rests on something that was measured of that person.
    """
    inside = ledger.within(exposure, worths.lasts)
    inside = inside.where(inside.human | knows[inside.who, inside.code])
    base = np.array(
        [_base(exposure, code, who, knows[:, i]) for i, code in enumerate(codebook.codes.values())]
    )
    amount = np.where(worths.lasts[inside.code], inside.lasting, 1.0)
    return inside, inside.credit * amount / base[inside.code]


def _base(exposure: Exposure, code: Code, who: tuple[str, ...], knows: Mask) -> float:
    """What a code's rate is measured against: of all of whom it is known, or of all if it is of none."""
    those = [one for one, known in zip(who, knows, strict=True) if known] or who
    total = sum(exposure.amount(one, code) for one in those)
    return total if code.per == "minute" else max(total, 1.0)


def _rated(inside: Ledger, earned: Floats, real: Floats, serves: Mask, worths: Worths) -> tuple[Mask, Floats]:
    """Which actions count for a step, and the rate of every code, shape (codes, columns of `real`)."""
    counted = inside.once(worths.weight[inside.code] * earned * inside.trust, serves, worths)
    rates = np.zeros((len(worths.names), real.shape[1]))
    np.add.at(rates, inside.code[counted], earned[counted, None] * real[counted])
    return counted, np.where(worths.lasts[:, None], np.minimum(rates, 1.0), rates)


def _sums(rates: Floats, worths: Worths) -> tuple[Floats, Floats]:
    """What supports a step, and what speaks against it."""
    return (worths.weight * ~worths.counter) @ rates, (worths.weight * worths.counter) @ rates


def _parts(actions: Ledger, rates: Floats, support: float, against: float, worths: Worths) -> Iterator[Part]:
    """What each code gives to a step, or takes from it; their points add up to the step's score."""
    before, value = 100 * (1 - math.exp(-support)), float(_values(np.array(support), np.array(against)))
    for i in np.unique(actions.code):
        own, rate = actions.code == i, float(rates[i])
        earned = float(worths.weight[i]) * rate
        if worths.counter[i]:
            points = -(before - value) * earned / against if against else 0.0
            earned = -earned
        else:
            points = before * earned / support if support else 0.0
        expected, ids = float(actions.trust[own].sum()), tuple(actions.ids[own])
        yield Part(worths.names[i], expected, rate, earned, points, ids)


def trend(
    actions: pd.DataFrame, exposure: Exposure, codebook: Codebook, who: tuple[str, ...]
) -> list[tuple[float, float, float]]:
    """The steps' mean in windows from the first talk to the end: start, end, score."""
    ledger, worths = _ledger(actions, codebook, who), Worths(codebook)
    first = exposure.first_talk
    last = max(exposure.end - WINDOW, first)
    starts = np.unique([*np.arange(first, last, WINDOW_STEP), last])
    parts = [exposure.within(float(start), float(start) + WINDOW) for start in starts]
    return [(part.start, part.end, _mean(ledger, part, codebook, worths, who)) for part in parts]


def slope(windows: Sequence[tuple[float, float, float]]) -> float:
    """Points that the score rises in ten minutes, by least squares; NaN for fewer than three windows."""
    known = [(start, value) for start, _, value in windows if value == value]
    if len(known) < 3:
        return float("nan")
    times, values = np.array(known).T
    return float(np.polyfit(times / 600, values, 1)[0])


def read_actions(table: pd.DataFrame, renamed: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Rows of the tier ``action`` that nobody rejected, with what their details say in columns of their own.

    What a person confirmed, edited or added is sure.

    Parameters
    ----------
    table : DataFrame
        The timeline.
    renamed : mapping of str to str, optional
        The name that a code has now, by a name that it had before (`Codebook.renamed`).
    """
    import json

    rows = table[(table["tier"] == "action") & (table["status"] != "rejected")].copy()
    details = [json.loads(cell) if cell else {} for cell in rows["details"]]
    rows["initiative"] = [d.get("initiative", "responsive") for d in details]
    rows["to"] = [str(d.get("to", "")) for d in details]
    length = rows["end"] - rows["start"]
    given = [d.get("seconds") for d in details]
    rows["seconds"] = [
        float(s) if isinstance(s, (int, float)) else float(long)
        for s, long in zip(given, length, strict=True)
    ]
    rows["why"] = details
    rows["label"] = [(renamed or {}).get(label, label) for label in rows["label"]]
    rows.loc[rows["status"] != "auto", "confidence"] = 1.0
    rows["confidence"] = rows["confidence"].fillna(0.5)
    rows = rows.astype(dict.fromkeys(TEXTS, object))  # which are looked up many times faster than strings
    return rows.reset_index(drop=True)
