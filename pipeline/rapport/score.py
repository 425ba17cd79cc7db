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

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.rapport.codebook import Codebook

if TYPE_CHECKING:
    import pandas as pd

DRAWS = 400
"""Draws of which actions are real, for the interval."""
INTERVAL = (5, 95)
"""Percentiles of the draws that are given."""
LEAST_MINUTES = 1.0
"""Shorter stretches are rated as if they lasted so long: one smile in ten seconds is not six a minute."""
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


@dataclass(frozen=True)
class Exposure:
    """What rates are measured against.

    Attributes
    ----------
    start, end : float
        Seconds of the stretch that is scored.
    talk : mapping of str to list of (start, end)
        Floors of each participant.
    measured : collection of str
        ``words``, ``face``, ``voice``: what was measured in this meeting.
    """

    start: float
    end: float
    talk: Mapping[str, Sequence[tuple[float, float]]]
    measured: Collection[str]

    @property
    def minutes(self) -> float:
        """Length in minutes, at least `LEAST_MINUTES`."""
        return max((self.end - self.start) / 60, LEAST_MINUTES)

    def heard_by(self, who: str) -> float:
        """Seconds of others' talk that somebody could listen to."""
        return sum(
            max(0.0, min(b, self.end) - max(a, self.start))
            for other, spans in self.talk.items()
            if other != who
            for a, b in spans
        )

    def within(self, start: float, end: float) -> Exposure:
        """The same for a part of the meeting."""
        return Exposure(max(start, self.start), min(end, self.end), self.talk, self.measured)


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
    early = exposure.within(exposure.start, exposure.start + 60 * codebook.opening.minutes)
    own = actions[actions["participant"].isin(who)]
    if len(who) == 2:
        own = own[own["to"].isin([*who, ""])]
    steps, whole = _steps(own, exposure, codebook, who)
    _, opening = _steps(own, early, codebook, who)
    share = codebook.opening.weight
    total = (1 - share) * whole + share * opening
    low, high = _interval(total)
    return Score(who, float(total[0]), float(low), float(high), float(whole[0]), float(opening[0]), steps)


def _interval(values: NDArray[np.floating]) -> tuple[float, float]:
    """Percentiles of the draws, wide enough to hold the expectation, which is the first value."""
    low, high = np.percentile(values[1:], INTERVAL)
    return min(float(low), float(values[0])), max(float(high), float(values[0]))


def _steps(
    actions: pd.DataFrame,
    exposure: Exposure,
    codebook: Codebook,
    who: tuple[str, ...],
    draws: int = DRAWS,
) -> tuple[dict[str, StepScore], NDArray[np.floating]]:
    """Scores of the steps, and the weighted mean: of the expectation first, then of every draw."""
    inside = _inside(actions, exposure, codebook)
    rates = _rates(inside, exposure, codebook, who, draws)
    found = {
        str(name): (float(own["confidence"].sum()), tuple(own["id"]))
        for name, own in inside.groupby("label")[["confidence", "id"]]
    }
    steps, means, weights = {}, [], []
    for name, step in codebook.steps.items():
        codes = [(c, code) for c, code in codebook.codes.items() if name in code.steps]
        could = [(c, code) for c, code in codes if set(code.needs) <= set(exposure.measured)]
        wanted = sum(code.weight for _, code in codes if not code.counter and "person" not in code.needs)
        there = sum(code.weight for _, code in could if not code.counter)
        support, against = np.zeros(draws + 1), np.zeros(draws + 1)
        for c, code in could:
            if code.counter:
                against += code.weight * rates[c] / code.reference
            else:
                support += code.weight * rates[c] / code.reference
        values = 100 * (1 - np.exp(-support)) * np.exp(-against)
        if there == 0:
            values = np.full(draws + 1, np.nan)
        else:
            means.append(step.weight * values)
            weights.append(step.weight)
        low, high = _interval(values)
        parts = tuple(_parts(found, rates, could, values[0], support[0], against[0]))
        share = there / wanted if wanted else 0.0
        steps[name] = StepScore(float(values[0]), float(low), float(high), min(share, 1.0), parts)
    nothing = np.full(draws + 1, np.nan)
    return steps, np.sum(means, axis=0) / sum(weights) if means else nothing


def _inside(actions: pd.DataFrame, exposure: Exposure, codebook: Codebook) -> pd.DataFrame:
    """Actions of a stretch: those that begin in it; of those whose time counts, the part that lies in it."""
    lasting = [name for name, code in codebook.codes.items() if code.per != "minute"]
    start, end = actions["start"], actions["end"]
    begins = (start >= exposure.start) & (start < exposure.end)
    lasts = actions["label"].isin(lasting)
    found = actions[np.where(lasts, (start < exposure.end) & (end > exposure.start), begins)]
    shared = found["end"].clip(upper=exposure.end) - found["start"].clip(lower=exposure.start)
    share = (shared / (found["end"] - found["start"]).clip(lower=1e-3)).clip(0, 1)
    counted = found["label"].isin(lasting)
    return found.assign(seconds=found["seconds"].where(~counted, found["seconds"] * share))


def _rates(
    actions: pd.DataFrame, exposure: Exposure, codebook: Codebook, who: tuple[str, ...], draws: int
) -> dict[str, NDArray[np.floating]]:
    """Rate of every code: expected first, then as it would be if each action were real or not by chance."""
    rng = np.random.default_rng(0)
    trust = actions["confidence"].to_numpy(float)
    real = np.vstack([trust, rng.random((draws, len(trust))) < trust]).T.astype(float)
    credit = np.where(actions["initiative"] == "responsive", 1.0, codebook.initiated_credit)
    seconds = actions["seconds"].to_numpy(float)
    base = {
        "minute": exposure.minutes * len(who),
        "meeting": 60 * exposure.minutes * len(who),
        "others_talk": max(sum(exposure.heard_by(one) for one in who), 1.0),
    }
    rates = {}
    for name, code in codebook.codes.items():
        mine = (actions["label"] == name).to_numpy()
        worth = np.ones(mine.sum()) if code.counter else credit[mine]
        if code.per != "minute":
            worth = worth * seconds[mine]
        amount = (worth[:, None] * real[mine]).sum(axis=0) / base[code.per]
        rates[name] = amount if code.per == "minute" else np.minimum(amount, 1.0)
    return rates


def _parts(
    found: Mapping[str, tuple[float, tuple[str, ...]]],
    rates: Mapping[str, NDArray[np.floating]],
    codes: Sequence[tuple[str, Any]],
    value: float,
    support: float,
    against: float,
) -> Iterator[Part]:
    """What each code gives to a step, or takes from it; their points add up to the step's score."""
    before = 100 * (1 - np.exp(-support))
    for name, code in codes:
        if name not in found:
            continue
        rate = float(rates[name][0])
        earned = code.weight * rate / code.reference
        if code.counter:
            points = -(before - value) * earned / against if against else 0.0
        else:
            points = before * earned / support if support else 0.0
        expected, ids = found[name]
        yield Part(name, expected, rate, -earned if code.counter else earned, float(points), ids)


def trend(
    actions: pd.DataFrame, exposure: Exposure, codebook: Codebook, who: tuple[str, ...]
) -> list[tuple[float, float, float]]:
    """The steps' mean in windows over the meeting: start, end, score."""
    last = max(exposure.end - WINDOW, exposure.start)
    starts = np.unique([*np.arange(exposure.start, last, WINDOW_STEP), last])
    own = actions[actions["participant"].isin(who)]
    found = []
    for start in starts:
        part = exposure.within(float(start), float(start) + WINDOW)
        found.append((part.start, part.end, float(_steps(own, part, codebook, who, draws=1)[1][0])))
    return found


def slope(windows: Sequence[tuple[float, float, float]]) -> float:
    """Points that the score rises in ten minutes, by least squares; NaN for fewer than three windows."""
    known = [(start, value) for start, _, value in windows if value == value]
    if len(known) < 3:
        return float("nan")
    times, values = np.array(known).T
    return float(np.polyfit(times / 600, values, 1)[0])


def read_actions(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the tier ``action`` that nobody rejected, with what their details say in columns of their own.

    What a person confirmed, edited or added is sure.
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
    rows.loc[rows["status"] != "auto", "confidence"] = 1.0
    rows["confidence"] = rows["confidence"].fillna(0.5)
    return rows.reset_index(drop=True)
