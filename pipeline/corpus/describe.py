"""What is in a corpus: how many, and each measure and score with its spread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.corpus.tables import load

if TYPE_CHECKING:
    import pandas as pd

SAME = {"version": "versions", "configuration": "configurations", "codebook": "codebooks"}
"""Columns of the meetings that must not differ if figures are to be compared."""


@dataclass(frozen=True)
class Description:
    """A corpus in figures.

    Attributes
    ----------
    meetings, dyads, people : int
        People by their names within their dyad: the same name elsewhere is somebody else.
    hours : float
    languages : dict of str to int
        Meetings by language.
    differ : tuple of str
        Sentences on what was not made alike.
    values : DataFrame
        One row a variable and role: `variable`, `role`, `n`, `missing`, `mean`, `sd`, `median`, `q1`, `q3`.
    """

    meetings: int
    dyads: int
    people: int
    hours: float
    languages: dict[str, int]
    differ: tuple[str, ...]
    values: pd.DataFrame


def variables(corpus: Path) -> pd.DataFrame:
    """All scores and measures in one long table: `meeting`, `who`, `role`, `variable`, `value`."""
    import pandas as pd

    scores = load(corpus, "scores").rename(columns={"score": "variable"})
    measures = load(corpus, "measures").rename(columns={"measure": "variable"})
    scores["variable"] = "score_" + scores["variable"]
    columns = ["meeting", "who", "role", "variable", "value"]
    return pd.concat([scores[columns], measures[columns]], ignore_index=True)


def describe(corpus: Path) -> Description:
    """Describe a corpus; the unit of the figures is a participant, or a dyad, in one meeting."""
    meetings, people = load(corpus, "meetings"), load(corpus, "people")
    known = people.merge(meetings[["meeting", "dyad"]], on="meeting")
    languages = meetings["language"].replace("", "unknown").value_counts()
    return Description(
        meetings=len(meetings),
        dyads=meetings["dyad"].nunique(),
        people=len(known[["dyad", "name"]].drop_duplicates()),
        hours=float(meetings["duration_s"].sum() / 3600),
        languages={str(name): int(count) for name, count in languages.items()},
        differ=differences(meetings),
        values=spread(variables(corpus)),
    )


def counted(number: int, thing: str) -> str:
    """How many of something, as people write it."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def differences(meetings: pd.DataFrame) -> tuple[str, ...]:
    """What meetings were not made alike, a sentence each."""
    found = []
    for column, called in SAME.items():
        counts = meetings[column].replace("", "unknown").value_counts()
        if len(counts) > 1:
            those = ", ".join(f"{name} ({count})" for name, count in counts.items())
            found.append(
                f"The meetings have {len(counts)} {called}: {those}. "
                "Figures may differ for that alone; analyse or code them alike before comparing."
            )
    return tuple(found)


def spread(values: pd.DataFrame) -> pd.DataFrame:
    """Number, missing, mean, standard deviation (n - 1) and quartiles of every variable by role."""
    groups = values.groupby(["variable", "role"], sort=True)["value"]
    figures = groups.agg(
        n="count",
        missing=lambda column: int(column.isna().sum()),
        mean="mean",
        sd="std",
        median="median",
        q1=lambda column: column.quantile(0.25),
        q3=lambda column: column.quantile(0.75),
    )
    return figures.reset_index()
