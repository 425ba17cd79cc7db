"""How probable it is that a unit of talk does each of the things that words alone can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.rapport.talk.features import Unit, features, read
from pipeline.rapport.talk.model import load
from pipeline.rapport.talk.rules import RULES

CODES = (
    "minimal_response",
    "assessment",
    "agreement",
    "disagreement",
    "formulation",
    "open_question",
    "closed_question",
    "polar_question",
    "self_disclosure",
    "small_talk",
    "compliment",
    "empathy",
    "humour",
    "proposal",
)
"""Codes of `code_talk`, in the order of its columns."""


def code_talk(units: pd.DataFrame) -> pd.DataFrame:
    """Code the units of a conversation.

    Parameters
    ----------
    units
        One row per turn unit, sorted by start: `participant`, `start` and `end` in seconds (NaN where
        unknown), `text`. Other columns are not looked at.

    Returns
    -------
    DataFrame
        With the index of `units` and a column for each of `CODES`: the probability that the unit is of that
        code, 0 to 1. A unit may be of several. Units without words are of none. Talk is taken for English: as
        far as they are not English words, in the unit or in the whole talk, the probabilities go to 0.

    Notes
    -----
    Linear models in two passes: words, place in the turn, the others' talk before and after, times; then what
    the first pass says of the neighbours. `self_disclosure` and `compliment` are rules. The model card,
    `docs/model_cards/talk.md`, tells how good they are.
    """
    said = read(units)
    trusted = trust(said)
    table = pd.DataFrame(0.0, index=units.index, columns=list(CODES))
    model = load()
    logits = model.logits(features(said), [unit.participant for unit in said])
    chances = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    for k, code in enumerate(model.codes):
        if code in CODES:
            table[code] = chances[:, k] * trusted
    for code, (rule, _) in RULES.items():
        table[code] = rule(said) * trusted
    return table


def thresholds() -> Mapping[str, float]:
    """Operating point of each code: the probability from which a unit counts as one.

    Those of learnt codes were chosen by F1 on unheard conversations of the training corpora.
    """
    points = {**load().thresholds, **{code: point for code, (_, point) in RULES.items()}}
    return MappingProxyType({code: points[code] for code in CODES})


def trust(units: Sequence[Unit]) -> NDArray[np.float64]:
    """How far each unit can be taken for English talk, 0 to 1, shape (n,).

    By the share of words that the model knows, in the unit and in the whole conversation.
    """
    known = np.array([sum(word in load().words for word in unit.words) for unit in units], float)
    words = np.array([len(unit.words) for unit in units], float)
    whole = known.sum() / max(1.0, words.sum())
    own = known / np.maximum(1, words)
    return np.clip((own - 0.2) / 0.3, 0, 1) * np.clip((whole - 0.4) / 0.3, 0, 1)
