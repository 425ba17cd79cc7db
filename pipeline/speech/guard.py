"""Words that the recogniser may have made up are marked, neither kept in silence nor dropped.

Recognisers loop, and write text over silence, laughter and music. A mark says why a word is doubted:

``no_speech``
    nobody is heard speaking where the word is;
``repetition``
    the same words come more often in a row than people say them;
``rate``
    more words a second than people can speak;
``unlikely``
    the recogniser itself gives the passage a low probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.speech.engines import Word
from pipeline.speech.segmentation import Segmentation, frame_at


@dataclass(frozen=True)
class GuardSettings:
    """Limits.

    Attributes
    ----------
    speech : float
        Highest probability of speech over a word under which nobody is speaking.
    repeats : int
        Repetitions of one word in a row that people do not say ("no no no no" they do).
    phrase_repeats : int
        The same for phrases of two words and more.
    rate : float
        Words a second, over `rate_window` words.
    rate_window : int
        Words over which the rate is taken.
    log_probability : float
        Mean log-probability of a passage under which its words are unlikely (Whisper's own limit).
    """

    speech: float = 0.3
    repeats: int = 6
    phrase_repeats: int = 4
    rate: float = 9.0
    rate_window: int = 6
    log_probability: float = -1.0


def doubts(
    words: Sequence[Word],
    log_probabilities: Sequence[float],
    segmentation: Segmentation,
    settings: GuardSettings,
) -> list[str]:
    """For each word why it is doubted, or an empty string.

    Parameters
    ----------
    words : sequence of Word
        In order, with times in the recording.
    log_probabilities : sequence of float
        For each word, the mean log-probability of its passage.
    segmentation : Segmentation
        Speech activity of the recording.
    settings : GuardSettings
        See there.
    """
    marks = np.full(len(words), "", dtype=object)
    marks[np.array(log_probabilities) < settings.log_probability] = "unlikely"
    marks[_too_fast(words, settings)] = "rate"
    marks[_repeated([_plain(word.text) for word in words], settings)] = "repetition"
    marks[_without_speech(words, segmentation, settings)] = "no_speech"
    return marks.tolist()


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _without_speech(
    words: Sequence[Word], segmentation: Segmentation, settings: GuardSettings
) -> NDArray[np.bool_]:
    def heard(word: Word) -> float:
        first = min(max(0, frame_at(word.start)), len(segmentation.speech) - 1)
        return float(segmentation.speech[first : max(first, frame_at(word.end)) + 1].max())

    return np.array([heard(word) < settings.speech for word in words], bool)


def _repeated(texts: Sequence[str], settings: GuardSettings) -> NDArray[np.bool_]:
    """Words inside a phrase of one to eight words that is repeated too often."""
    found = np.zeros(len(texts), bool)
    for length in range(1, 9):
        least = settings.repeats if length == 1 else settings.phrase_repeats
        run = 0
        for i in range(length, len(texts)):
            run = run + 1 if texts[i] == texts[i - length] else 0
            if run >= length * (least - 1):
                found[i - run - length + 1 : i + 1] = True
    return found


def _too_fast(words: Sequence[Word], settings: GuardSettings) -> NDArray[np.bool_]:
    found = np.zeros(len(words), bool)
    width = settings.rate_window
    for i in range(len(words) - width + 1):
        if words[i + width - 1].end - words[i].start < width / settings.rate:
            found[i : i + width] = True
    return found
