"""What a transcriber and a diariser must offer; `pipeline.engines` finds the configured one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pipeline.media.sound import Sound

if TYPE_CHECKING:
    from pipeline.speech.segmentation import Segmentation

Samples = NDArray[np.float32]
Progress = Callable[[float], None]
"""Called with the share of the work that is done, 0 to 1."""


@dataclass(frozen=True)
class Word:
    """One recognised word.

    Attributes
    ----------
    text : str
        As the engine wrote it, punctuation included, no surrounding blanks.
    start, end : float
        Seconds from the start of the samples that were transcribed.
    confidence : float
        Probability that the engine gives to the word, 0 to 1.
    """

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True)
class Passage:
    """The words of one stretch of sound that the engine decoded in one go.

    Attributes
    ----------
    words : tuple of Word
        In order of time.
    language : str
        ISO 639-1 code.
    language_confidence : float
        Probability of `language`, 0 to 1; 1 where the engine knows only one.
    mean_log_probability : float
        Mean log-probability of the decoded tokens.
    compression_ratio : float
        Characters of text by characters after compression: high where the decoder loops.
    states : ndarray, shape (frames, dimensions), optional
        What the encoder made of the sound, for measures that read it too; of the whole passage, in order.
    """

    words: tuple[Word, ...]
    language: str
    language_confidence: float
    mean_log_probability: float
    compression_ratio: float
    states: NDArray[np.floating] | None = field(default=None, compare=False)


def join_pieces(pieces: Iterable[Word]) -> tuple[Word, ...]:
    """Words from a recogniser's pieces: one that does not begin with a blank belongs to the word before.

    The confidence of a word is that of its least probable piece.
    """
    words: list[Word] = []
    for piece in pieces:
        if not piece.text.strip():
            continue
        if words and not piece.text[0].isspace():
            before = words.pop()
            text, confidence = before.text + piece.text.rstrip(), min(before.confidence, piece.confidence)
            words.append(Word(text, before.start, piece.end, confidence))
        else:
            words.append(replace(piece, text=piece.text.strip()))
    return tuple(words)


class Transcriber(Protocol):
    """Turns at most 30 seconds of speech into words with times."""

    version: str
    """Changes whenever the same sound may give other words: library and model, part of the cache key."""

    parallel: int
    """How many passages may be transcribed at once, each in a thread of its own."""

    languages: tuple[str, ...] | None
    """ISO 639-1 codes the model knows; None: many, detected."""

    def transcribe(self, samples: Samples, *, language: str | None, prompt: str | None) -> Passage:
        """Transcribe mono samples (n,) at 16 kHz, at most 30 s."""
        ...


@runtime_checkable
class Encoding(Protocol):
    """A transcriber that also gives the states of its encoder, with each passage and by themselves."""

    encoder: str | None
    """Registered name of its model; None where it is not one of the registry."""

    def encode(self, samples: Samples) -> NDArray[np.float32]:
        """States of the encoder for mono samples (n,) at 16 kHz, at most 30 s, one per 20 ms."""
        ...


@dataclass(frozen=True)
class Activity:
    """Who speaks when, frame by frame.

    Attributes
    ----------
    probability : ndarray, shape (frames, speakers)
        How probable it is that each speaker is heard in the frame, 0 to 1.
    active : ndarray of bool, shape (frames, speakers)
        The decision; several speakers may be active at once.
    step : float
        Seconds between frames.
    start : float
        Second at which frame 0 begins.
    warnings : tuple of str
        What the user should know (the given number of speakers is not what is heard, say).
    """

    probability: NDArray[np.float32]
    active: NDArray[np.bool_]
    step: float
    start: float = 0.0
    warnings: tuple[str, ...] = field(default=())

    def times(self) -> NDArray[np.floating]:
        """Second in the middle of each frame."""
        return self.start + (np.arange(len(self.probability)) + 0.5) * self.step


class Diariser(Protocol):
    """Tells who speaks when in a mixed recording."""

    version: str

    def diarise(
        self, sound: Sound, segmentation: Segmentation, *, speakers: int | None, progress: Progress
    ) -> Activity:
        """Diarise a recording of any length.

        `segmentation` is the speech activity that the run has measured already; an engine with its own
        segmentation may leave it aside.
        """
        ...
