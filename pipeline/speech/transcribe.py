"""Words of a recording: speech packed into passages, recognised, brought back to time, and guarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import LanguageError
from pipeline.media.sound import Sound
from pipeline.speech.engines import Progress, Transcriber, Word
from pipeline.speech.guard import GuardSettings, doubts
from pipeline.speech.passages import pack
from pipeline.speech.segmentation import Segmentation, speech_regions

FOREIGN_LOG_PROBABILITY, FOREIGN_CONFIDENCE = -0.6, 0.58
"""Means over a recording's words under which a model that knows one language has heard another.

Chosen on synthetic speech in six languages; see ``benchmarks`` for what they do on others.
"""
ENOUGH_WORDS = 20
"""Words from which the language can be judged."""


@dataclass(frozen=True)
class Transcript:
    """What was said, not yet by whom.

    Attributes
    ----------
    words : tuple of Word
        In order, times in seconds of the recording.
    doubts : tuple of str
        For each word why it may be made up, or an empty string (see `pipeline.speech.guard`).
    language : str
        ISO 639-1 code; empty where there are no words.
    """

    words: tuple[Word, ...]
    doubts: tuple[str, ...]
    language: str


def transcribe(
    sound: Sound,
    segmentation: Segmentation,
    engine: Transcriber,
    *,
    language: str | None,
    prompt: str | None,
    guard: GuardSettings,
    progress: Progress,
) -> Transcript:
    """Transcribe a recording, passage by passage.

    Parameters
    ----------
    sound : Sound
        The recording.
    segmentation : Segmentation
        Where somebody speaks; only that is recognised.
    engine : Transcriber
        The recogniser.
    language : str or None
        ISO 639-1 code, None to detect it.
    prompt : str or None
        Text that shows the recogniser the wanted style, fillers for instance.
    guard : GuardSettings
        When words are doubted.
    progress : callable
        Called with the share done.

    Raises
    ------
    LanguageError
        Where the recording is in a language that the engine does not know.
    """
    check_language(engine, language)
    regions = speech_regions(segmentation.speech, onset=0.5, offset=0.35)
    packed = pack(regions, sound.duration)
    words: list[Word] = []
    probabilities: list[float] = []
    languages: dict[str, float] = {}
    for i, passage in enumerate(packed):
        heard = engine.transcribe(passage.samples(sound), language=language, prompt=prompt)
        words += passage.in_recording(heard.words)
        probabilities += [heard.mean_log_probability] * len(heard.words)
        languages[heard.language] = languages.get(heard.language, 0) + len(heard.words)
        progress((i + 1) / len(packed))
    if engine.languages is not None and language is None:
        _refuse_foreign(words, probabilities, engine.languages)
    marks = doubts(words, probabilities, segmentation, guard)
    spoken = max(languages, key=lambda code: languages[code]) if words else ""
    return Transcript(tuple(words), tuple(marks), spoken)


def check_language(engine: Transcriber, language: str | None) -> None:
    """Raise LanguageError if a given language is one that the engine does not know."""
    if language is not None and engine.languages is not None and language not in engine.languages:
        raise LanguageError(
            f"The configured speech model knows only {', '.join(engine.languages)}, not '{language}'; "
            "choose a multilingual model in the configuration (see configs/research.yaml)."
        )


def _refuse_foreign(words: Sequence[Word], probabilities: Sequence[float], languages: Sequence[str]) -> None:
    """Raise LanguageError where a model that knows few languages finds nothing probable.

    Such a model cannot name another language, but what it writes then is improbable to itself.
    """
    if len(words) < ENOUGH_WORDS:
        return
    confidence = float(np.mean([word.confidence for word in words]))
    if float(np.mean(probabilities)) < FOREIGN_LOG_PROBABILITY and confidence < FOREIGN_CONFIDENCE:
        raise LanguageError(
            f"The recording does not sound like {' or '.join(languages)}, the only language that the "
            "configured speech model knows; choose a multilingual model (see configs/research.yaml), or give "
            f"`language: {languages[0]}` in meeting.yaml if it is in that language after all."
        )
