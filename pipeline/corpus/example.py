"""Example data: the 18 relationships of Table 4 in Koponen, Julkunen, Gabrielsson & Pullins (2021).

J. Koponen, S. Julkunen, M. Gabrielsson and E. B. Pullins, An intercultural, interpersonal relationship
development framework, International Marketing Review, 1189 ff., CC BY 4.0. The paper gives a salesperson's
cultural intelligence once, for both of their relationships.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

CITATION = (
    "Koponen, Julkunen, Gabrielsson & Pullins (2021), An intercultural, interpersonal relationship "
    "development framework, International Marketing Review, Table 4"
)
PHASES = ("trial", "enmeshment", "renegotiation")
LEVELS = ("low", "medium", "high")
_T, _E, _R = PHASES

_TABLE = (
    ("A", "Swedish", _T, "Russian", _T, "low"),
    ("B", "Swedish", _T, "Russian", _T, "low"),
    ("C", "Estonian", _E, "Russian", _T, "low"),
    ("D", "German", _T, "Korean", _T, "low"),
    ("E", "Danish", _E, "Spanish", _E, "medium"),
    ("F", "German", _E, "Italian", _R, "high"),
    ("G", "Swedish", _T, "Chinese", _E, "medium"),
    ("H", "Swedish", _E, "Indian", _R, "high"),
    ("I", "Swedish", _E, "Israeli", _R, "high"),
)
"""Salesperson; customer and phase in low cultural diversity; the same in high; cultural intelligence."""


def relationships() -> pd.DataFrame:
    """The 18 relationships: who meets whom, cultural diversity, phase, the salesperson's intelligence."""
    import pandas as pd

    rows = []
    for who, near, near_phase, far, far_phase, level in _TABLE:
        for diversity, customer, phase in (("low", near, near_phase), ("high", far, far_phase)):
            rows.append((who, customer, diversity, phase, level))
    names = ["salesperson", "customer", "cultural_diversity", "phase", "cultural_intelligence"]
    return pd.DataFrame(rows, columns=names)


def crossed(table: pd.DataFrame, row: str, column: str, order: Iterable[str] = PHASES) -> pd.DataFrame:
    """How many there are of each value of `row` with each of `column`, also where there is none."""
    import pandas as pd

    counts = pd.crosstab(table[row], table[column])
    rows = [level for level in LEVELS if level in counts.index] or list(counts.index)
    return counts.reindex(index=rows, columns=list(order), fill_value=0)
