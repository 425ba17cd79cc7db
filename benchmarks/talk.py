"""Coding of talk: within corpora that people coded, against reference points, and across corpora."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.rapport.talk import code_talk, thresholds

sys.path.append(str(Path(__file__).parents[1] / "training"))
from talk_corpora import READERS, Talk, targets
from talk_learner import best_threshold, counted, f1, folds_of, learn, prepare

Counts = NDArray[np.int_]
PENALTY = 8.0

REFERENCES = (
    ("swda", "b", "backchannel", 0.86),
    ("swda", "ba", "appreciation", 0.77),
    ("swda", "aa", "agree or accept", 0.50),
    ("swda", "qo", "open question", 0.70),
    ("annomi", "reflection", "formulation (reflection)", 0.69),
    ("annomi", "open", "open question", 0.69),
    ("casino", "small-talk", "small talk", 0.77),
    ("casino", "showing-empathy", "empathy", 0.49),
    ("persuasion", "praise-user", "compliment", 0.43),
    ("persuasion", "personal-related-inquiry", "personal inquiry", 0.41),
    ("persuasion", "personal-story", "personal story", 0.20),
)
"""Corpus, label, name and F1 of word n-grams, previous turn, logistic regression, on other splits."""
CONTEXT = {
    "swda": ("sd", "sv", "bk", "qy", "qw", "ny"),
    "annomi": ("closed", "client"),
    "casino": ("self-need", "promote-coordination", "elicit-pref"),
    "persuasion": ("credibility-appeal", "self-modeling", "greeting", "acknowledgement", "emotion-appeal"),
}
"""Further labels of a corpus that are learnt with those above, since they tell of their neighbours."""
CROSS = {
    "swda": (
        "minimal_response",
        "assessment",
        "agreement",
        "disagreement",
        "formulation",
        "open_question",
        "closed_question",
        "polar_question",
    ),
    "annomi": ("formulation", "open_question"),
    "esconv": ("empathy", "formulation", "self_disclosure"),
    "persuasion": ("small_talk", "compliment", "self_disclosure"),
}
LEAVE_OUT = ("minimal_response", "assessment", "agreement", "proposal", "question")


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    return [*in_corpus(data), *across(data), *left_out(data)]


def in_corpus(data: Path) -> Iterator[dict]:
    """Learnt and measured within one corpus, on conversations apart; thresholds from those learnt from."""
    for corpus in ("annomi", "casino", "persuasion", "swda"):
        talks = READERS[corpus](data)
        tasks = [(label, name, aim) for own, label, name, aim in REFERENCES if own == corpus]
        labels = [*(label for label, _, _ in tasks), *CONTEXT[corpus]]
        talks = talks[:250] if corpus == "swda" else talks
        folds = 1 if corpus == "swda" else 5
        counts = _folded(corpus, talks, labels, folds)
        plain = _folded(corpus, talks, labels[: len(tasks)], folds, plain=True)
        how = "tested on 50 conversations of 250" if corpus == "swda" else "5 folds by conversation"
        for k, (_, name, reference) in enumerate(tasks):
            words = f1(np.sum(plain[k], axis=0))
            text = f"{corpus}, {how}, learnt within; reference {reference:.2f}; words alone, here {words:.2f}"
            yield _row(f"{name}, F1", counts[k], text, f"{reference + 0.05:.2f} or better")


def _folded(
    corpus: str, talks: Sequence[Talk], labels: Sequence[str], folds: int, plain: bool = False
) -> list[list[Counts]]:
    """Counts of each conversation for each label, from models that learnt nothing from it.

    `plain` is the reference method on the same folds: n-grams of the unit, words of the previous, one pass.
    """
    read = [prepare(corpus, talk, _own(corpus, talk, labels)) for talk in talks]
    if plain:
        read = [replace(one, found=[list(filter(_is_word, found)) for found in one.found]) for one in read]
    fold = folds_of(read, seed=1)
    counts: list[list[Counts]] = [[] for _ in labels]
    for test in range(folds):
        inside = [one for one, own in zip(read, fold, strict=True) if own != test]
        outside = [one for one, own in zip(read, fold, strict=True) if own == test]
        learnt, unseen = learn(inside, penalty=PENALTY, passes=1 if plain else 2)
        said, truth = np.concatenate(unseen), np.concatenate([one.targets for one in inside])
        for k in range(len(labels)):
            known = ~np.isnan(truth[:, k])
            limit = best_threshold(said[known, k], truth[known, k])
            pairs = zip(learnt.logits(outside), outside, strict=True)
            counts[k] += [counted(logits[:, k], one.targets[:, k], limit) for logits, one in pairs]
    return counts


def _is_word(feature: str) -> bool:
    """Whether a feature is an n-gram of the unit or a word of the other's last unit."""
    return feature.startswith(('"', 'after "'))


def _own(corpus: str, talk: Talk, labels: Sequence[str]) -> NDArray[np.float32]:
    """A corpus's own labels as targets, NaN for units that nobody labels in it."""
    rows = np.array([[float(label in names) for label in labels] for names in talk.labels], np.float32)
    nobody = {"casino": "unlabelled"}.get(corpus, "")
    for row, names in zip(rows, talk.labels, strict=True):
        if nobody in names:
            row[:] = np.nan
        elif corpus == "annomi" and "client" in names:
            row[[label != "client" for label in labels]] = np.nan
    return rows


def across(data: Path) -> list[dict]:
    """The shipped weights and thresholds as they stand, on corpora that they did not learn from."""
    rows = []
    for corpus, codes in CROSS.items():
        talks = READERS[corpus](data)
        talks = talks[500:900] if corpus == "swda" else talks
        for marks in (True, False):
            said = [_coded(talk, marks) for talk in talks]
            for code in codes:
                rule = code in ("self_disclosure", "compliment")
                if not marks and not (code.endswith("question") or code == "formulation"):
                    continue
                half = _unseen(talks) if rule else range(len(talks))
                counts = [
                    counted(
                        said[i][code].to_numpy(),
                        targets(corpus, talks[i].labels, [code])[:, 0],
                        thresholds()[code],
                    )
                    for i in half
                ]
                text = f"{corpus}, {len(counts)} conversations" + (
                    ", rules, not looked at before" if rule else ""
                )
                text += "" if marks else ", punctuation taken out"
                rows.append(_row(f"{code} across corpora, F1", counts, text))
    return rows


def _unseen(talks: Sequence[Talk]) -> list[int]:
    """Conversations not looked at for the rules: neither every second as read nor as ordered by name."""
    named = sorted(range(len(talks)), key=lambda i: talks[i].name)
    return [i for i in range(1, len(talks), 2) if named.index(i) % 2]


def _coded(talk: Talk, marks: bool) -> pd.DataFrame:
    """Probabilities of a conversation's units; a turn of several sentences has the highest of them."""
    rows, owner = [], []
    for i, unit in enumerate(talk.units.itertuples()):
        parts = [part for part in re.split(r"(?<=[.?!])\s+", unit.text) if re.search(r"\w", part)] or [
            unit.text
        ]
        for part in parts:
            text = part if marks else re.sub(r"[.,?!;:]", " ", part)
            rows.append((unit.participant, unit.start, unit.end, text))
            owner.append(i)
    said = code_talk(pd.DataFrame(rows, columns=["participant", "start", "end", "text"]))
    return said.groupby(np.array(owner)).max()


def left_out(data: Path) -> Iterator[dict]:
    """Learnt from one of the shipped corpora, measured on another; CaSiNo's codes are in no other."""
    read = {
        corpus: [
            prepare(corpus, one, targets(corpus, one.labels, LEAVE_OUT)) for one in READERS[corpus](data)[::2]
        ]
        for corpus in ("ami", "mrda")
    }
    for source, aim in (("ami", "mrda"), ("mrda", "ami")):
        learnt, unseen = learn(read[source], penalty=PENALTY)
        said, truth = np.concatenate(unseen), np.concatenate([one.targets for one in read[source]])
        logits = learnt.logits(read[aim])
        for k, code in enumerate(LEAVE_OUT):
            known = ~np.isnan(truth[:, k])
            limit = best_threshold(said[known, k], truth[known, k])
            own = [
                counted(a[:, k], b.targets[:, k], limit) for a, b in zip(unseen, read[source], strict=True)
            ]
            other = [counted(a[:, k], b.targets[:, k], limit) for a, b in zip(logits, read[aim], strict=True)]
            yield _row(f"{code}, F1", other, f"learnt from {source} only, measured on {aim}")
            yield _row(f"{code}, F1", own, f"learnt from and measured on {source}, 5 folds")


def _row(measure: str, counts: Sequence[Counts], data: str, aim: str = "") -> dict:
    """F1 with its interval, precision, recall and counts."""
    found, missed, false = np.sum(counts, axis=0)
    low, high = interval(np.array(counts))
    value = f"{f1(np.sum(counts, axis=0)):.2f} ({low:.2f} to {high:.2f})"
    detail = f"precision {found / max(1, found + false):.2f}, recall {found / max(1, found + missed):.2f}"
    text = f"{data}; {found + missed} units are, {found} found; {detail}"
    return {"measure": measure, "value": value, "aim": aim, "data": text}


def interval(counts: Counts, times: int = 1000) -> tuple[float, float]:
    """95 % of the F1 of conversations drawn again with replacement; `counts` has shape (conversations, 3)."""
    rng = np.random.default_rng(0)
    drawn = counts[rng.integers(0, len(counts), (times, len(counts)))].sum(axis=1)
    scores = 2 * drawn[:, 0] / np.maximum(1, 2 * drawn[:, 0] + drawn[:, 1] + drawn[:, 2])
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(low), float(high)
