"""Surrogate baselines of synchrony: what partners share that people who never met do not.

A measure of real partners says little alone: two people who both smile a lot seem to answer each other. It is
set against the same measure of pairs put together from different meetings (Bernieri & Rosenthal 1991; Moulder
et al. 2018, Determining synchrony between behavioral time series, Psychological Methods 23(4), 757-773).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.describe import counted
from pipeline.corpus.effects import SEED
from pipeline.corpus.tables import load, parts

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

ANSWERED = 4.0
"""Seconds in which a smile is answered, as the codebook has it."""
DRAWS, MANY, FEWER = 1000, 200, 200
"""Shuffles; of more than so many dyads, so many only."""
LEAST = 5
"""Dyads below which there is no baseline."""


@dataclass(frozen=True)
class Baseline:
    """A measure of real partners against partners shuffled across meetings.

    Attributes
    ----------
    measure : str
    dyads : int
    real : float
        Mean over dyads.
    shuffled, low, high : float
        Mean and central 95 % of the same mean with shuffled partners.
    p : float
        Share of shuffles at least as synchronous as the real partners, (k + 1) / (draws + 1).
    why : str
        Why there is no baseline.
    """

    measure: str
    dyads: int
    real: float = math.nan
    shuffled: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan
    why: str = ""


@dataclass(frozen=True)
class Side:
    """One of two partners in one meeting: smiles' onsets and seconds, and words a second (NaN if unknown)."""

    onsets: Floats
    seconds: float
    rate: float


@dataclass(frozen=True)
class Pair:
    """Two partners of a meeting."""

    dyad: str
    language: str
    a: Side
    b: Side


def baselines(corpus: Path) -> list[Baseline]:
    """Smiles answered, and likeness of speech rate, of real and of shuffled partners.

    Pairs are the salesperson and the customer, where a meeting has one of each.
    """
    pairs = _pairs(corpus)
    smiling = [p for p in pairs if len(p.a.onsets) and len(p.b.onsets)]
    talking = [p for p in pairs if not math.isnan(p.a.rate + p.b.rate)]
    spoken = [p.language for p in talking]
    main = max(sorted(set(spoken)), key=spoken.count) if spoken else ""
    return [
        against_strangers("share of smiles answered within 4 s", smiling, answered),
        against_strangers(
            f"likeness of speech rate ({main or 'unknown'})",
            [p for p in talking if p.language == main],  # words a second differ between languages
            alike,
        ),
    ]


def answered(a: Side, b: Side) -> float:
    """Share of both people's smiles after whose onset the other begins to smile within `ANSWERED` seconds.

    Only the time that both meetings last counts; NaN without smiles.
    """
    end = min(a.seconds, b.seconds)
    one, other = a.onsets[a.onsets <= end], b.onsets[b.onsets <= end]
    if not len(one) + len(other):
        return math.nan
    return float((_followed(one, other) + _followed(other, one)) / (len(one) + len(other)))


def _followed(first: Floats, second: Floats) -> int:
    after = np.searchsorted(second, first, "right")
    until = np.searchsorted(second, first + ANSWERED, "right")
    return int((until > after).sum())


def alike(a: Side, b: Side) -> float:
    """Likeness of two speech rates: minus the absolute logarithm of their ratio, 0 where they match."""
    return -abs(math.log(a.rate / b.rate))


def against_strangers(measure: str, pairs: list[Pair], synchrony: Callable[[Side, Side], float]) -> Baseline:
    """Mean of a measure over real dyads, against the mean with the partners shuffled among the dyads.

    Everybody's partner is somebody else's in a shuffle, and every partner is used once; so partners who are
    alike or unlike everybody count no more than in the real dyads.
    """
    dyads = sorted({pair.dyad for pair in pairs})
    if len(dyads) < LEAST:
        return Baseline(
            measure, len(dyads), why=f"{counted(len(dyads), 'dyad')}: too few, {LEAST} are needed"
        )
    rng, of = np.random.default_rng(SEED), np.array([dyads.index(pair.dyad) for pair in pairs])
    own = [np.flatnonzero(of == dyad) for dyad in range(len(dyads))]
    real = np.array([synchrony(pair.a, pair.b) for pair in pairs])

    @cache
    def between(i: int, j: int) -> float:
        return synchrony(pairs[i].a, pairs[j].b)

    draws = DRAWS if len(dyads) <= MANY else FEWER
    means = np.zeros(draws)
    for k in range(draws):
        others = _shuffled(len(dyads), rng)
        values = [between(i, int(rng.choice(own[others[dyad]]))) for i, dyad in enumerate(of)]
        means[k] = _over_dyads(np.array(values), of)
    value = _over_dyads(real, of)
    low, high = np.percentile(means, [2.5, 97.5])
    p = float((1 + (means >= value - 1e-12).sum()) / (1 + draws))
    return Baseline(measure, len(dyads), value, float(means.mean()), float(low), float(high), p)


def _shuffled(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Another's place for every place, each of them once."""
    while True:  # a third of all orders is one
        order = rng.permutation(count)
        if (order != np.arange(count)).all():
            return order


def _over_dyads(values: Floats, of: NDArray[np.int64]) -> float:
    """Mean of the dyads' means."""
    known = ~np.isnan(values)
    count = np.bincount(of[known], minlength=of.max() + 1)
    total = np.bincount(of[known], values[known], minlength=of.max() + 1)
    return float((total[count > 0] / count[count > 0]).mean()) if known.any() else math.nan


def _pairs(corpus: Path) -> list[Pair]:
    meetings = load(corpus, "meetings").set_index("meeting")
    people, measures = load(corpus, "people"), load(corpus, "measures")
    rates = measures[measures["measure"] == "speech_rate_words_per_second"]
    rate = {(row.meeting, row.who): row.value for row in rates.itertuples()}
    sides = {name: _two(rows) for name, rows in people.groupby("meeting")}
    found = []
    for meeting, part in parts(corpus, "rows", "smile"):
        if (two := sides.get(meeting)) is None:
            continue
        rows = part.to_pandas()
        rows = rows[rows["status"] != "rejected"]
        seconds = float(meetings.at[meeting, "duration_s"])
        a, b = (
            Side(
                np.sort(rows["start"][rows["participant"] == who].to_numpy(float)),
                seconds,
                float(rate.get((meeting, who), math.nan)),
            )
            for who in two
        )
        found.append(Pair(str(meetings.at[meeting, "dyad"]), str(meetings.at[meeting, "language"]), a, b))
    return found


def _two(people: pd.DataFrame) -> tuple[str, str] | None:
    """The salesperson and the customer of a meeting, where there is one of each."""
    those = [people["who"][people["role"] == role].tolist() for role in ("salesperson", "customer")]
    return (those[0][0], those[1][0]) if [len(one) for one in those] == [1, 1] else None
