"""Train the coder of talk: which words, in which place, are which action.

    python training/talk.py --data FOLDER [--out FILE]

`--data` is the folder of recordings with references; of it only the conversations of `talk_corpora.SHIPPED`
are learnt from (AMI and ICSI/MRDA dialogue acts, CaSiNo: all CC BY 4.0). Thresholds are chosen where F1 is
best on conversations of these that the model did not learn from, in five folds. One conversation in two is
learnt without punctuation, since recognisers differ in it. All is seeded.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
from talk_corpora import AUX, READERS, SHIPPED, Talk, targets
from talk_learner import Learnt, Read, best_threshold, counted, f1, learn, matrix, prepare, regress

from pipeline.rapport.talk import lexicon

LEARNT = (
    "minimal_response",
    "assessment",
    "agreement",
    "disagreement",
    "formulation",
    "open_question",
    "closed_question",
    "polar_question",
    "small_talk",
    "empathy",
    "humour",
    "proposal",
)
KEPT = 25_000
"""Features that are kept in the shipped weights: those that say most over all the units."""
PENALTY = 6.0
"""Chosen from 2, 6 and 15 by the log loss of unheard conversations of the shipped corpora."""


def gather(data: Path, seed: int, corpora: Sequence[str] = SHIPPED) -> list[Read]:
    """Conversations of some corpora with their targets; half of them without punctuation."""
    rng = np.random.default_rng(seed)
    return [
        prepare(corpus, talk, targets(corpus, talk.labels, (*LEARNT, *AUX)), strip=rng.random() < 0.5)
        for corpus in corpora
        for talk in READERS[corpus](data)
    ]


def pruned(learnt: Learnt, talks: Sequence[Read], kept: int) -> Learnt:
    """The same with the features that say most, learnt anew without the others."""
    used = np.sqrt(np.asarray(matrix(talks, learnt.places).sum(axis=0))).ravel()
    weight = np.abs(learnt.first).max(axis=1) * used
    names = np.array(list(learnt.places))[np.sort(np.argsort(-weight, kind="stable")[:kept])]
    places = {str(name): k for k, name in enumerate(names)}
    first, bias = regress(matrix(talks, places), np.concatenate([t.targets for t in talks]), PENALTY)
    return Learnt(places, first, bias, learnt.second, learnt.second_bias)


def known_words(talks: Sequence[Talk], least: int = 3) -> list[str]:
    """Words that were heard a few times."""
    counts = Counter(
        word
        for talk in talks
        for text in talk.units["text"]
        for sentence in lexicon.sentences(text)
        for word in sentence
    )
    return sorted(word for word, count in counts.items() if count >= least)


def operating_points(unseen: Sequence[NDArray], talks: Sequence[Read]) -> dict[str, float]:
    """The threshold of each code with the best F1, printed with what it finds."""
    chances = 1 / (1 + np.exp(-np.concatenate(unseen)))
    truth = np.concatenate([talk.targets for talk in talks])
    points = {}
    for k, code in enumerate((*LEARNT, *AUX)):
        known = ~np.isnan(truth[:, k])
        points[code] = best_threshold(chances[known, k], truth[known, k])
        found = counted(chances[:, k], truth[:, k], points[code])
        mean = chances[known, k][chances[known, k] >= points[code]].mean()
        print(f"{code}: F1 {f1(found):.3f}, {found.tolist()}, mean probability {mean:.2f} where "
              f"{found[0] / max(1, found[0] + found[2]):.2f} are right", flush=True)  # fmt: skip
    return points


def save(learnt: Learnt, points: dict[str, float], words: Sequence[str], path: Path) -> None:
    """Write the weights, those of the first pass in a byte each."""
    scale = np.abs(learnt.first).max(axis=0) / 127 + 1e-12
    np.savez_compressed(
        path,
        names=np.frombuffer("\n".join(learnt.places).encode(), np.uint8),
        words=np.frombuffer("\n".join(words).encode(), np.uint8),
        codes=np.array((*LEARNT, *AUX)),
        thresholds=np.array([points[code] for code in (*LEARNT, *AUX)], np.float32),
        first=np.round(learnt.first / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        first_bias=learnt.first_bias,
        second=learnt.second.astype(np.float16),
        second_bias=learnt.second_bias,
    )


def main() -> None:
    """Train and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of recordings with references")
    parser.add_argument("--seed", type=int, default=7)
    default = Path(__file__).parents[1] / "pipeline" / "rapport" / "talk" / "weights" / "talk.npz"
    parser.add_argument("--out", type=Path, default=default)
    options = parser.parse_args()

    talks = gather(options.data, options.seed)
    print(f"{len(talks)} conversations, {sum(len(t.found) for t in talks)} units", flush=True)
    learnt, unseen = learn(talks, penalty=PENALTY)
    points = operating_points(unseen, talks)
    small = pruned(learnt, talks, KEPT)
    words = known_words([talk for corpus in SHIPPED for talk in READERS[corpus](options.data)])
    save(small, points, words, options.out)
    print(
        f"{options.out}: {len(small.places)} of {len(learnt.places)} features, "
        f"{options.out.stat().st_size} bytes"
    )


if __name__ == "__main__":
    main()
