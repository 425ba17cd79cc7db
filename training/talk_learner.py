"""Learning to code talk: logistic regressions on the features of `pipeline.rapport.talk`, in two passes.

The second pass learns from what the first says of conversations that it did not learn from. All folds are by
conversation, all is seeded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from talk_corpora import Talk

from pipeline.rapport.talk.features import features, read
from pipeline.rapport.talk.model import surroundings

Array = NDArray[np.float32]
PENALTY, SECOND_PENALTY = 8.0, 30.0
"""Weight of half the squared weights against the summed loss, in the first and the second pass."""
ROWS, CONVERSATIONS = 4, 3
"""Units and conversations in which a feature must occur."""


@dataclass
class Read:
    """A conversation as the learner sees it: `found` features of n units, `targets` (n, K) of 1, 0 or NaN."""

    corpus: str
    name: str
    speakers: list[str]
    found: list[list[str]]
    targets: Array


def prepare(corpus: str, talk: Talk, targets: Array, strip: bool = False) -> Read:
    """Features of a conversation; with `strip` all punctuation is taken out first, as some recognisers do."""
    units = talk.units
    if strip:
        units = units.assign(text=[re.sub(r"[.,?!;:]", " ", text) for text in units["text"]])
    found = [sorted(one) for one in features(read(units))]
    return Read(corpus, talk.name, list(units["participant"].astype(str)), found, targets)


def vocabulary(talks: Sequence[Read]) -> dict[str, int]:
    """Features that are common enough; if there are several corpora, only those that two of them have."""
    rows: Counter[str] = Counter()
    conversations: Counter[str] = Counter()
    corpora: dict[str, set[str]] = {}
    for talk in talks:
        own: Counter[str] = Counter()
        for names in talk.found:
            own.update(names)
        rows.update(own)
        conversations.update(own.keys())
        corpora.setdefault(talk.corpus, set()).update(own.keys())
    spread = Counter(name for names in corpora.values() for name in names)
    needed = min(2, len(corpora))
    kept = (
        name
        for name, count in rows.items()
        if count >= ROWS and conversations[name] >= CONVERSATIONS and spread[name] >= needed
    )
    return {name: k for k, name in enumerate(sorted(kept))}


def matrix(talks: Sequence[Read], places: dict[str, int]) -> sparse.csr_matrix:
    """Units by features, ones and zeros."""
    indices, starts = [], [0]
    for talk in talks:
        for names in talk.found:
            indices += [places[name] for name in names if name in places]
            starts.append(len(indices))
    ones = np.ones(len(indices), np.float32)
    return sparse.csr_matrix((ones, indices, starts), shape=(len(starts) - 1, len(places)))


def regress(
    inputs: sparse.csr_matrix | Array, truth: Array, penalty: float, prior: Array | None = None
) -> tuple[Array, Array]:
    """Weights (D, K) and biases (K,) of a logistic regression of each column on the rows that are known.

    What is penalised is the distance of the weights from `prior`, shape (D, K), by default from 0.
    """
    weights = np.zeros((inputs.shape[1], truth.shape[1]), np.float32) if prior is None else prior.copy()
    biases = np.full(truth.shape[1], -8, np.float32)
    for k in range(truth.shape[1]):
        known = ~np.isnan(truth[:, k])
        if np.nansum(truth[:, k]) >= 5:
            weights[:, k], biases[k] = _one(inputs[known], truth[known, k], penalty, weights[:, k])
    return weights, biases


def _one(
    inputs: sparse.csr_matrix | Array, truth: Array, penalty: float, prior: Array
) -> tuple[Array, float]:
    signs = np.where(truth > 0.5, 1, -1).astype(np.float32)
    transposed = inputs.T.tocsr() if sparse.issparse(inputs) else inputs.T

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = parameters[:-1].astype(np.float32)
        margin = signs * (inputs @ weights + np.float32(parameters[-1]))
        slope = -signs / (1 + np.exp(np.clip(margin, -30, 30)))
        gradient = np.append(transposed @ slope + penalty * (weights - prior), slope.sum(dtype=np.float64))
        return float(
            np.logaddexp(0, -margin).sum(dtype=np.float64) + penalty * ((weights - prior) ** 2).sum() / 2
        ), gradient.astype(float)

    start = np.append(
        prior, 0.0 if prior.any() else np.log((truth.sum() + 1) / (len(truth) - truth.sum() + 1))
    )
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 60, "ftol": 1e-6}).x
    return best[:-1].astype(np.float32), float(best[-1])


def folds_of(talks: Sequence[Read], count: int = 5, seed: int = 0) -> NDArray[np.int_]:
    """Fold of each conversation; the conversations of a corpus are spread evenly."""
    rng = np.random.default_rng(seed)
    folds = np.zeros(len(talks), int)
    corpora = np.array([talk.corpus for talk in talks])
    for corpus in sorted(set(corpora)):
        own = rng.permutation(np.flatnonzero(corpora == corpus))
        folds[own] = np.arange(len(own)) % count
    return folds


@dataclass
class Learnt:
    """Both passes, as `pipeline.rapport.talk.model` applies them."""

    places: dict[str, int]
    first: Array
    first_bias: Array
    second: Array
    second_bias: Array

    def alone(self, talks: Sequence[Read]) -> list[Array]:
        """Log odds of the first pass for each conversation."""
        return _split(matrix(talks, self.places) @ self.first + self.first_bias, talks)

    def logits(self, talks: Sequence[Read]) -> list[Array]:
        """Log odds after the second pass."""
        pairs = zip(self.alone(talks), talks, strict=True)
        return [surroundings(one, talk.speakers) @ self.second + self.second_bias for one, talk in pairs]


def _split(rows: Array, talks: Sequence[Read]) -> list[Array]:
    return np.split(rows, np.cumsum([len(talk.found) for talk in talks])[:-1])


def _first(talks: Sequence[Read], penalty: float) -> tuple[dict[str, int], Array, Array]:
    places = vocabulary(talks)
    return places, *regress(matrix(talks, places), np.concatenate([t.targets for t in talks]), penalty)


def learn(
    talks: Sequence[Read], count: int = 5, penalty: float = PENALTY, passes: int = 2
) -> tuple[Learnt, list[Array]]:
    """Both passes, or the first only, and the log odds of conversations by what learnt nothing from them."""
    folds = folds_of(talks, count)
    alone: list[Array] = [np.empty(0, np.float32)] * len(talks)
    for fold in range(count):
        inside = [talk for talk, own in zip(talks, folds, strict=True) if own != fold]
        outside = np.flatnonzero(folds == fold)
        places, weights, biases = _first(inside, penalty)
        rows = matrix([talks[i] for i in outside], places) @ weights + biases
        for i, part in zip(outside, _split(rows, [talks[i] for i in outside]), strict=True):
            alone[i] = part
    seen = [surroundings(one, talk.speakers) for one, talk in zip(alone, talks, strict=True)]
    truth = [talk.targets for talk in talks]
    if passes == 1:
        kinds = truth[0].shape[1]
        as_it_is = np.eye(seen[0].shape[1], kinds, dtype=np.float32), np.zeros(kinds, np.float32)
        return Learnt(*_first(talks, penalty), *as_it_is), alone
    unseen: list[Array] = [np.empty(0, np.float32)] * len(talks)
    for fold in range(count):
        inside = np.flatnonzero(folds != fold)
        weights, biases = _second(seen, truth, inside)
        for i in np.flatnonzero(folds == fold):
            unseen[i] = seen[i] @ weights + biases
    return Learnt(*_first(talks, penalty), *_second(seen, truth, np.arange(len(talks)))), unseen


def _second(seen: Sequence[Array], truth: Sequence[Array], which: NDArray[np.int_]) -> tuple[Array, Array]:
    """The second pass starts from the first one's log odds as they are and learns what to change."""
    inputs, known = np.concatenate([seen[i] for i in which]), np.concatenate([truth[i] for i in which])
    prior = np.eye(inputs.shape[1], known.shape[1], dtype=np.float32)
    return regress(inputs, known, SECOND_PENALTY, prior)


def best_threshold(chances: NDArray, truth: NDArray) -> float:
    """The probability above which F1 is best."""
    order = np.argsort(-chances)
    hits = np.cumsum(truth[order])
    scores = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    best = int(np.argmax(scores))
    after = chances[order[best + 1]] if best + 1 < len(order) else chances[order[best]]
    return float((chances[order[best]] + after) / 2)


def f1(counts: NDArray) -> float:
    """F1 of counts of found, missed and false."""
    found, missed, false = counts
    return float(2 * found / max(1, 2 * found + missed + false))


def counted(chances: NDArray, truth: NDArray, threshold: float) -> NDArray[np.int_]:
    """Found, missed and false of one conversation; units of which nothing is known do not count."""
    known = ~np.isnan(truth)
    said, real = chances[known] >= threshold, truth[known] > 0.5
    return np.array([(said & real).sum(), (~said & real).sum(), (said & ~real).sum()])
