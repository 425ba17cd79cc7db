"""Compare meetings of different groups or outcomes, and against ratings; a dyad is one observation.

Several meetings of one dyad are not independent, so each variable is averaged over them first.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from pipeline.corpus.describe import counted, differences, variables
from pipeline.corpus.effects import (
    benjamini_hochberg,
    cliffs_delta,
    cliffs_interval,
    hedges_g,
    interval,
    spearman,
)
from pipeline.corpus.tables import load
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

Effect = Literal["cliff", "hedges"]
LEAST = 5
"""Dyads of a group below which there is neither interval nor test."""
LEAST_PAIRS = 10
"""The same of a correlation."""
OF_MEETINGS = ("outcome", "next_step", "rating", "language", "version", "configuration", "codebook")


@dataclass(frozen=True)
class Comparison:
    """What was compared.

    Attributes
    ----------
    by : str
    effect : str
        ``cliff``, ``hedges`` or ``spearman``.
    dyads, meetings : int
        That have a value of `by`.
    tests : int
        How many comparisons were tested; the q values are over these.
    notes : tuple of str
        What must be said with the figures.
    results : DataFrame
        `variable`, `role`, `a`, `b` (the groups), `n_a`, `n_b`, `median_a`, `median_b`, `effect`, `low`,
        `high`, `p`, `q`. Of a correlation `a` is empty, and `n_a` is the number of dyads.
    """

    by: str
    effect: str
    dyads: int
    meetings: int
    tests: int
    notes: tuple[str, ...]
    results: pd.DataFrame


def compare(corpus: Path, by: str, chosen: Collection[str] = (), effect: Effect = "cliff") -> Comparison:
    """Compare the dyads of a corpus.

    Parameters
    ----------
    corpus : Path
    by : str
        A column of the meetings, such as ``outcome``, or a field of their metadata. Numbers are correlated
        with (Spearman), unless there are only two; everything else makes groups, of which every two are
        compared.
    chosen : collection of str
        Measures and scores (``score_total``); all of them if none.
    effect : {"cliff", "hedges"}

    Raises
    ------
    SettingsError
        Where the column or a measure does not exist, or nothing can be compared.
    """
    import pandas.api.types as types

    meetings, long = load(corpus, "meetings"), variables(corpus)
    if unknown := sorted(set(chosen) - set(long["variable"])):
        known = ", ".join(sorted(set(long["variable"])))
        raise SettingsError(f"There is no measure {', '.join(unknown)}; there are: {known}.")
    long = long[long["variable"].isin(chosen)] if chosen else long
    column = _column(corpus, meetings, by)
    given = meetings.assign(by=column).dropna(subset=["by"])
    if given["by"].nunique() < 2:
        raise SettingsError(f"Nothing can be compared by {by}: fewer than two meetings differ in it.")
    notes = [*_about_dyads(given), *differences(given)]
    numeric = types.is_numeric_dtype(given["by"]) and (by == "rating" or given["by"].nunique() > 2)
    if numeric and effect != "cliff":
        raise SettingsError(
            f"{by} is a number, with which measures are correlated (Spearman), so that --effect has no use; "
            "leave it out, or write groups as words."
        )
    if numeric:
        dyads = given.groupby("dyad")["by"].mean()
    else:
        if types.is_numeric_dtype(given["by"]):  # two numbers are codes of two groups
            given = given.assign(by=[f"{value:g}" for value in given["by"]])
        mixed = given.groupby("dyad")["by"].nunique()
        mixed = mixed[mixed > 1]
        if len(mixed):
            notes.append(f"Left out for meetings in more than one group: {counted(len(mixed), 'dyad')}.")
        given = given[~given["dyad"].isin(mixed.index)]
        dyads = given.groupby("dyad")["by"].first()
        if dyads.nunique() < 2:
            raise SettingsError(
                f"Nothing can be compared by {by}: there are not two groups of dyads without those "
                f"{counted(len(mixed), 'dyad')} that have meetings in more than one."
            )
    observed = _observed(long, given)
    results = _correlated(observed, dyads) if numeric else _contrasted(observed, dyads, effect)
    tested = results["p"].notna()
    results["q"] = benjamini_hochberg(results["p"].tolist())
    notes += _about_numbers(results, int(tested.sum()), numeric)
    name = "spearman" if numeric else effect
    return Comparison(by, name, len(dyads), len(given), int(tested.sum()), tuple(notes), results)


def _column(corpus: Path, meetings: pd.DataFrame, by: str) -> pd.Series:
    """What the meetings are compared by; missing where it is not given."""
    if by in OF_MEETINGS:
        return meetings[by].replace("", None) if by != "rating" else meetings[by]
    metadata = load(corpus, "metadata")
    rows = metadata[metadata["name"] == by].set_index("meeting")
    if rows.empty:
        known = ", ".join([*OF_MEETINGS, *sorted(set(metadata["name"]))])
        raise SettingsError(f"No meeting has {by}; meetings can be compared by: {known}.")
    column: pd.Series = rows["value"] if rows["number"].isna().any() else rows["number"]
    return meetings["meeting"].map(column)


def _observed(long: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """The mean of each variable and role over each dyad's meetings."""
    known = long.merge(given[["meeting", "dyad"]], on="meeting").dropna(subset=["value"])
    within = known.groupby(["variable", "role", "dyad", "meeting"], as_index=False)["value"].mean()
    means = within.groupby(["variable", "role", "dyad"], as_index=False)["value"].mean()
    return means.assign(value=[float(f"{value:.9g}") for value in means["value"]])  # sums differ in the last


def _contrasted(observed: pd.DataFrame, dyads: pd.Series, effect: Effect) -> pd.DataFrame:
    size = cliffs_delta if effect == "cliff" else hedges_g
    found = []
    for (variable, role), rows in observed.groupby(["variable", "role"]):
        groups = rows["dyad"].map(dyads)
        values = {name: rows["value"][groups == name].to_numpy(float) for name in sorted(set(dyads))}
        for one, other in combinations(values, 2):
            a, b = values[one], values[other]
            if not len(a) and not len(b):
                continue
            both = len(a) > 0 and len(b) > 0
            value = size(a, b) if both else math.nan
            row = _row(str(variable), str(role), one, other, a, b, value)
            varied = both and not math.isnan(value) and np.ptp(np.concatenate([a, b])) > 0
            if min(len(a), len(b)) >= LEAST and varied:
                row["low"], row["high"] = cliffs_interval(a, b) if effect == "cliff" else interval(size, a, b)
                row["p"] = _tested(a, b, effect)
            found.append(row)
    return _frame(found)


def _tested(a: np.ndarray, b: np.ndarray, effect: Effect) -> float:
    """The p of the test that goes with an effect size."""
    from scipy.stats import mannwhitneyu, ttest_ind

    if effect == "cliff":
        return float(mannwhitneyu(a, b).pvalue)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # one of the groups may not vary
        return float(ttest_ind(a, b, equal_var=False).pvalue)


def _correlated(observed: pd.DataFrame, dyads: pd.Series) -> pd.DataFrame:
    from scipy.stats import spearmanr

    found = []
    for (variable, role), rows in observed.groupby(["variable", "role"]):
        x, y = rows["value"].to_numpy(float), rows["dyad"].map(dyads).to_numpy(float)
        rho = spearman(x, y)
        row = _row(str(variable), str(role), "", "", x, np.empty(0), rho)
        if len(x) >= LEAST_PAIRS and not math.isnan(rho):
            row["low"], row["high"] = interval(spearman, x, y, paired=True)
            row["p"] = float(spearmanr(x, y).pvalue)
        found.append(row)
    return _frame(found)


def _row(
    variable: str, role: str, one: str, other: str, a: np.ndarray, b: np.ndarray, effect: float
) -> dict[str, str | float]:
    middle = [float(np.median(values)) if len(values) else math.nan for values in (a, b)]
    return {
        **{"variable": variable, "role": role, "a": one, "b": other, "n_a": len(a), "n_b": len(b)},
        **{"median_a": middle[0], "median_b": middle[1], "effect": effect},
        **dict.fromkeys(("low", "high", "p"), math.nan),
    }


def _frame(rows: list[dict[str, str | float]]) -> pd.DataFrame:
    import pandas as pd

    names = ("variable", "role", "a", "b", "n_a", "n_b", "median_a", "median_b", "effect", "low", "high", "p")
    return pd.DataFrame(rows, columns=list(names))


def _about_dyads(given: pd.DataFrame) -> list[str]:
    """Which meetings count as one, where nobody said that they do."""
    told = given[given["dyad_from"] == "participants"]
    several = told.groupby("dyad")["meeting"].count()
    several = several[several > 1]
    if several.empty:
        return []
    return [
        f"{int(several.sum())} meetings count as {counted(len(several), 'dyad')}, because the same people "
        "are named in them. If these are others, give each `metadata: dyad:` in meeting.yaml."
    ]


def _about_numbers(results: pd.DataFrame, tests: int, numeric: bool) -> list[str]:
    least = f"{LEAST_PAIRS} dyads" if numeric else f"{LEAST} dyads in each group"
    found = []
    if few := int(results["p"].isna().sum()):
        found.append(
            f"No interval and no test for {counted(few, 'comparison')}: fewer than {least}, or no variation."
        )
    if tests:
        found.append(
            f"Tested: {counted(tests, 'comparison')}. One in twenty would have p < 0.05 by chance alone, so "
            "read q (Benjamini-Hochberg). Groups were not drawn by lot: a difference is no cause."
        )
    return found
