"""How long a speaker's words last, against what their spelling and place let expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.voice.baseline import standing
from pipeline.voice.signals import Floats

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class WordLengths:
    """Of each word; NaN where not known.

    Attributes
    ----------
    expected : ndarray, shape (words,)
        Seconds.
    ratio : ndarray, shape (words,)
        Seconds that it lasts, over those expected.
    spreads : ndarray, shape (words,)
        By how many of the speaker's spreads the logarithm of the ratio lies off its median.
    """

    expected: Floats
    ratio: Floats
    spreads: Floats


def word_lengths(words: pd.DataFrame, seconds: Floats, final: np.ndarray, few: int) -> WordLengths:
    """Compare each word's length with the same speaker's other words.

    The median length of words grows with their letters; a line through the medians gives the expected length.
    Words at the end of a unit are longer, whatever the language (Fletcher 2010), so they are compared with
    each other.

    Parameters
    ----------
    words : DataFrame
        One speaker's, with `text`.
    seconds : ndarray, shape (words,)
        How long the voice sounds in each; NaN where not known.
    final : ndarray of bool, shape (words,)
        Which end a unit.
    few : int
        Words of known length that must be there, final ones and others each, for anything to be expected.
    """
    length = np.maximum(seconds, 0.01)
    letters = np.array([max(1, sum(sign.isalnum() for sign in text)) for text in words["text"]])
    expected = np.full(len(length), np.nan)
    for place in (final & np.isfinite(length), ~final & np.isfinite(length)):
        if place.sum() >= few:
            expected[place] = _expected(letters[place], length[place])
    ratio = length / expected
    spreads = np.full(len(length), np.nan)
    for place in (final, ~final):
        spreads[place] = standing(np.log(ratio[place]), few)
    return WordLengths(expected, ratio, spreads)


def _expected(letters: np.ndarray, length: Floats) -> Floats:
    """Seconds expected of words with so many letters: a line through the medians, weighed by their number."""
    counts, where = np.unique(letters, return_inverse=True)
    medians = np.array([np.median(length[where == i]) for i in range(len(counts))])
    if len(counts) == 1:
        return np.full(len(length), medians[0])
    weight = np.sqrt(np.bincount(where))
    slope, base = np.polyfit(counts, medians, 1, w=weight)
    if slope <= 0:  # too few words to see that longer ones last longer
        return np.full(len(length), float(np.median(length)))
    return np.maximum(base + slope * letters, 0.25 * float(np.median(length)))
