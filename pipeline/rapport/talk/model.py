"""The learnt part: a linear model of a unit's features, and a second one that sees its neighbours' codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from pipeline.rapport.talk.features import REACH

Array = NDArray[np.float32]
STEPS = (-2, -1, 1, 2)
"""Neighbours that the second pass sees, by their distance in units."""


@dataclass(frozen=True)
class Model:
    """Weights of both passes.

    With V features and K codes: `first` (V, K), `first_bias` (K,), `second` (D, K) for the D inputs of
    `surroundings`, `second_bias` (K,). `words` are the words that it knows, `thresholds` the operating points
    of `codes`.
    """

    codes: tuple[str, ...]
    places: dict[str, int]
    first: Array
    first_bias: Array
    second: Array
    second_bias: Array
    words: frozenset[str]
    thresholds: dict[str, float]

    def logits(self, found: Iterable[set[str]], speakers: Sequence[str]) -> Array:
        """Log odds of every code for the features of a conversation's units, shape (n, K)."""
        # in order, because sets have none and sums of rounded numbers depend on it
        rows = [sorted(self.places[name] for name in names if name in self.places) for names in found]
        alone = np.array([self.first[row].sum(axis=0, dtype=np.float32) for row in rows], np.float32)
        alone = alone.reshape(-1, len(self.first_bias)) + self.first_bias
        return surroundings(alone, speakers) @ self.second + self.second_bias


def surroundings(alone: Array, speakers: Sequence[str]) -> Array:
    """What the second pass sees, shape (n, 11 K + 4), of the first one's log odds, shape (n, K).

    The unit's own log odds, the probabilities of the two units before and after (those of the same and of
    another speaker in different columns), and those of the nearest unit of another speaker on either side.
    """
    n, k = alone.shape
    who = np.array(speakers, dtype=object)
    odds = np.clip(alone, -8, 8)
    chances = (1 / (1 + np.exp(-odds))).astype(np.float32)
    parts = [odds]
    for step in STEPS:
        near, same, inside = _shifted(chances, who, step)
        parts += [near * (same & inside)[:, None], near * (~same & inside)[:, None]]
    for step in (-1, 1):
        parts.append(_nearest_other(chances, who, step))
    _, same_before, inside_before = _shifted(chances, who, -1)
    _, same_after, inside_after = _shifted(chances, who, 1)
    flags = np.stack([same_before, inside_before, same_after, inside_after], axis=1).astype(np.float32)
    return np.concatenate([*parts, flags], axis=1).astype(np.float32).reshape(n, 11 * k + 4)


def _shifted(
    values: Array, who: NDArray[np.object_], step: int
) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Values of the unit `step` away, whether it is of the same speaker, and whether there is one."""
    places = np.arange(len(who)) + step
    inside = (places >= 0) & (places < len(who))
    places = np.clip(places, 0, max(0, len(who) - 1))
    return values[places], np.asarray(who[places] == who, bool), inside


def _nearest_other(values: Array, who: NDArray[np.object_], step: int) -> Array:
    """Values of the nearest unit of another speaker in one direction, zero where there is none."""
    result = np.zeros_like(values)
    open_ = np.ones(len(who), bool)
    for distance in range(1, REACH + 1):
        near, same, inside = _shifted(values, who, step * distance)
        taken = open_ & inside & ~same
        result[taken] = near[taken]
        open_ &= ~taken
    return result


@cache
def load() -> Model:
    """The weights that come with the package."""
    with (resources.files(__package__) / "weights" / "talk.npz").open("rb") as file, np.load(file) as stored:
        names = bytes(stored["names"]).decode("utf-8").split("\n")
        codes = tuple(map(str, stored["codes"]))
        thresholds = dict(zip(codes, map(float, stored["thresholds"]), strict=True))
        return Model(
            codes=codes,
            places={name: k for k, name in enumerate(names)},
            first=stored["first"].astype(np.float32) * stored["scale"].astype(np.float32),
            first_bias=stored["first_bias"],
            second=stored["second"].astype(np.float32),
            second_bias=stored["second_bias"],
            words=frozenset(bytes(stored["words"]).decode("utf-8").split("\n")),
            thresholds=thresholds,
        )
