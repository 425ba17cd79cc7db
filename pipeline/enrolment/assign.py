"""Whose voice is whose, where most people may be unknown: open-set identification, one person one voice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 0.45
"""Cosine similarity from which on a voice may be somebody's. On voices of development, the nearest of two
people were 0.38 alike, and one person's halves at least 0.48 from 10 s on, also by telephone."""
MARGIN = 0.10
"""How much nearer a voice must be to a person than to the next one."""


@dataclass(frozen=True)
class Match:
    """What was decided of one voice.

    Attributes
    ----------
    person : int or None
        Who it is; None where it is nobody known for sure.
    nearest : int or None
        Whom it is most like; None where nobody is known.
    similarity : float
        To the nearest, -1 to 1; NaN where nobody is known.
    next : float
        To the next person after that; -1 where there is none.
    why : str
        Why it is nobody: ``far``, ``close`` to a second person as well, or ``taken`` by a voice that is
        nearer or by somebody named already. Empty where it is somebody.
    """

    person: int | None
    nearest: int | None
    similarity: float
    next: float
    why: str


def assign(
    similarity: NDArray[np.floating],
    taken: Collection[int] = (),
    *,
    threshold: float = THRESHOLD,
    margin: float = MARGIN,
) -> list[Match]:
    """Decide who each voice is.

    A voice may only be the person that it is most like: from `threshold` on, and `margin` ahead of everybody
    else, also of those who are taken, as one person is sometimes heard as two voices. Of several voices that
    are most like one person the nearest gets the name. So this is the assignment of the greatest sum, and no
    voice gets a name because another one was given its first choice.

    Parameters
    ----------
    similarity : ndarray, shape (voices, people)
        Cosine similarity.
    taken : collection of int
        People who are in the meeting already under another voice.
    threshold, margin : float

    Returns
    -------
    list of Match
        One for each voice.
    """
    if similarity.shape[1] == 0:
        return [Match(None, None, float("nan"), -1.0, "far")] * len(similarity)
    nearest = similarity.argmax(axis=1)
    best = similarity.max(axis=1)
    ordered = np.sort(np.pad(similarity, ((0, 0), (1, 0)), constant_values=-1.0), axis=1)
    winner = {
        person: max(np.flatnonzero(nearest == person), key=lambda voice: best[voice])
        for person in set(nearest.tolist())
    }
    found = []
    for voice, (person, value, second) in enumerate(zip(nearest.tolist(), best, ordered[:, -2], strict=True)):
        if value < threshold:
            why = "far"
        elif value - second < margin:
            why = "close"
        elif person in taken or winner[person] != voice:
            why = "taken"
        else:
            why = ""
        found.append(Match(None if why else person, person, float(value), float(second), why))
    return found
