"""When somebody speaks and nobody else does, by the timeline with its human corrections."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import runs
from pipeline.timeline.table import tier
from pipeline.timeline.turns import NO_WORDS

if TYPE_CHECKING:
    import pandas as pd

Span = tuple[float, float]
STEP = 0.01
"""Seconds of the grid on which spans are laid over each other."""
HAIR = 1e-6
"""Of a step, by which a time that should lie on the grid may be beside it."""
SHORTEST = 0.4
"""Seconds: a shorter stretch between two others is hardly more than its edges."""


def alone(table: pd.DataFrame, who: str) -> list[Span]:
    """Stretches in which one participant speaks alone.

    The participant's turns with words, without their pauses, without the turns of others, overlaps and
    anybody's laughter. Rows that a person rejected do not count; those that a person made or moved do.

    Parameters
    ----------
    table : DataFrame
        A timeline.
    who : str
        Id of the participant.

    Returns
    -------
    list of (start, end)
        Seconds of the meeting, in order, none shorter than `SHORTEST`.
    """
    turns, pauses = tier(table, "turn"), tier(table, "pause", who)
    mine = turns["participant"] == who
    own = turns[mine & (turns["label"] != NO_WORDS)]
    if own.empty:
        return []
    speaks = np.zeros(math.ceil(float(own["end"].max()) / STEP) + 1, bool)
    _mark(speaks, own, True)
    for other in (pauses, turns[~mine], tier(table, "overlap"), tier(table, "laughter")):
        _mark(speaks, other, False)
    spans = ((first * STEP, last * STEP) for first, last in runs(speaks))
    return [(start, end) for start, end in spans if end - start >= SHORTEST - STEP / 2]


def _mark(grid: NDArray[np.bool_], rows: pd.DataFrame, value: bool) -> None:
    """Set the steps of a grid that lie in rows; a removed step is removed if any of it does."""
    for start, end in zip(rows["start"], rows["end"], strict=True):
        if value:
            grid[math.ceil(start / STEP - HAIR) : math.floor(end / STEP + HAIR)] = True
        else:
            grid[math.floor(start / STEP + HAIR) : math.ceil(end / STEP - HAIR)] = False
