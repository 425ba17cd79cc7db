"""Words of a recording: speech packed into passages, recognised, brought back to time, and guarded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import LanguageError
from pipeline.media.sound import Sound
from pipeline.speech.engines import Passage, Progress, Transcriber, Word
from pipeline.speech.guard import GuardSettings, doubts
from pipeline.speech.passages import PackedPassage, Span, pack, pack_apart
from pipeline.speech.segmentation import Segmentation, speech_regions

FOREIGN_LOG_PROBABILITY, FOREIGN_CONFIDENCE = -0.6, 0.58
"""Means over a recording's words under which a model that knows one language has heard another.

Chosen on synthetic speech in six languages; see ``benchmarks`` for what they do on others.
"""
ENOUGH_WORDS = 20
"""Words from which the language can be judged."""
SAMPLED = 6
"""Passages, spread over the recording, that are heard first so that another language is soon noticed."""


Overhear = Callable[[PackedPassage, NDArray[np.floating]], None]
"""Told of each passage and the encoder's states of it."""


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
    speech_seconds : float
        How long somebody speaks.
    """

    words: tuple[Word, ...]
    doubts: tuple[str, ...]
    language: str
    speech_seconds: float

    def with_words(self, words: Sequence[Word]) -> Transcript:
        """The transcript with more words put in at their times."""
        pairs = [*zip(self.words, self.doubts, strict=True), *((word, "") for word in words)]
        ordered = sorted(pairs, key=lambda pair: (pair[0].start + pair[0].end) / 2)
        together, marks = tuple(word for word, _ in ordered), tuple(mark for _, mark in ordered)
        return replace(self, words=together, doubts=marks)

    @property
    def problem(self) -> str | None:
        """A sentence where the words cannot be all that was said, or may not have been said."""
        if self.speech_seconds > 5 and len(self.words) < 0.3 * self.speech_seconds:
            return (
                f"Only {len(self.words)} words were recognised in {self.speech_seconds:.0f} s of speech; it "
                "may be another language than the speech model knows, or too noisy for a model of this size."
            )
        doubted = sum(mark != "" for mark in self.doubts)
        if doubted:
            return f"{doubted} of {len(self.words)} words may be made up by the recogniser; they are marked."
        return None


def transcribe(
    sound: Sound,
    segmentation: Segmentation,
    engine: Transcriber,
    *,
    language: str | None,
    prompt: str | None,
    guard: GuardSettings,
    progress: Progress,
    overhear: Overhear | None = None,
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
    overhear : callable, optional
        Called from several threads with each passage and the encoder's states of it, where the engine gives
        them, so that what else they tell need not be computed again.

    Raises
    ------
    LanguageError
        Where the recording is in a language that the engine does not know.
    """
    check_language(engine, language)
    regions = _regions(segmentation)
    packed = passages(segmentation, sound.duration)
    heard: list[tuple[PackedPassage, Passage]] = []
    words: list[Word] = []
    marks: list[str] = []
    for some in _sample_first(packed):
        share = Share(progress, len(heard) / len(packed), len(some) / len(packed))
        heard += _recognise(sound, some, engine, language, prompt, share, overhear)
        heard.sort(key=lambda pair: pair[0].pieces)
        words = [word for passage, found in heard for word in passage.in_recording(found.words)]
        probabilities = [found.mean_log_probability for _, found in heard for _ in found.words]
        marks = doubts(words, probabilities, segmentation, guard)
        if engine.languages is not None and language is None:
            trust = [0.0 if mark else word.confidence for word, mark in zip(words, marks, strict=True)]
            _refuse_foreign(trust, probabilities, engine.languages)
    languages = Counter(found.language for _, found in heard for _ in found.words)
    spoken = max(languages, key=lambda code: languages[code], default="")
    seconds = sum(end - start for start, end in regions)
    return Transcript(tuple(words), tuple(marks), spoken, seconds)


def passages(segmentation: Segmentation, duration: float) -> list[PackedPassage]:
    """What is recognised of a recording: all its speech, in passages."""
    return pack(_regions(segmentation), duration)


def _regions(segmentation: Segmentation) -> list[Span]:
    return speech_regions(segmentation.speech, onset=0.5, offset=0.35)


def _sample_first(passages: Sequence[PackedPassage]) -> list[list[PackedPassage]]:
    """A few passages that are spread over all of them, and the others, each in order."""
    if len(passages) <= SAMPLED:
        return [list(passages)] if passages else []
    sampled = set(np.linspace(0, len(passages) - 1, SAMPLED).round().astype(int).tolist())
    return [[p for i, p in enumerate(passages) if (i in sampled) == first] for first in (True, False)]


@dataclass(frozen=True)
class Share:
    """Progress of a part of the work, told as progress of the whole."""

    progress: Progress
    before: float
    part: float

    def __call__(self, share: float) -> None:
        """Tell the share of the part that is done."""
        self.progress(self.before + share * self.part)


def _recognise(
    sound: Sound,
    passages: Sequence[PackedPassage],
    engine: Transcriber,
    language: str | None,
    prompt: str | None,
    progress: Progress,
    overhear: Overhear | None = None,
) -> Iterator[tuple[PackedPassage, Passage]]:
    """Each passage with what the engine hears in it, in order, as many at once as the engine allows."""

    def hear(passage: PackedPassage) -> Passage:
        found = engine.transcribe(passage.samples(sound), language=language, prompt=prompt)
        if overhear is not None and found.states is not None:
            overhear(passage, found.states)
        return replace(found, states=None)  # half an hour of states would fill 150 MB

    with ThreadPoolExecutor(engine.parallel) as pool:
        for i, (passage, heard) in enumerate(zip(passages, pool.map(hear, passages), strict=True)):
            progress((i + 1) / len(passages))
            yield passage, heard


SURE_ANSWER = 0.4
"""Confidence from which a word found in a short stretch of speech is believed."""


def recover(
    sound: Sound, regions: Sequence[Span], engine: Transcriber, *, language: str | None, progress: Progress
) -> list[Word]:
    """Listen again, one by one, to short stretches of speech in which no word was recognised.

    A recogniser that writes sentences leaves out a "mm" between them. Only what it is sure of when it hears
    the stretch by itself is taken.

    Parameters
    ----------
    sound : Sound
        The recording.
    regions : sequence of (start, end)
        Stretches of speech without words, in seconds.
    engine, language, progress
        As in `transcribe`.
    """
    words: list[Word] = []
    packed = pack_apart(regions, sound.duration)
    for passage, heard in _recognise(sound, packed, engine, language, None, progress):
        words += [w for w in passage.in_recording(heard.words) if w.confidence >= SURE_ANSWER]
    return [w for w in words if any(a - 0.1 <= (w.start + w.end) / 2 <= b + 0.1 for a, b in regions)]


def check_language(engine: Transcriber, language: str | None) -> None:
    """Raise LanguageError if a given language is one that the engine does not know."""
    if language is not None and engine.languages is not None and language not in engine.languages:
        raise LanguageError(
            f"The configured speech model knows only {', '.join(engine.languages)}, not '{language}'; "
            "choose a multilingual model in the configuration (see configs/research.yaml)."
        )


def _refuse_foreign(trust: Sequence[float], probabilities: Sequence[float], languages: Sequence[str]) -> None:
    """Raise LanguageError where a model that knows few languages finds nothing probable.

    Such a model cannot name another language, but what it writes then is improbable to itself. `trust` is the
    confidence of each word, 0 where it is doubted.
    """
    if len(trust) < ENOUGH_WORDS:
        return
    if np.mean(probabilities) < FOREIGN_LOG_PROBABILITY and np.mean(trust) < FOREIGN_CONFIDENCE:
        raise LanguageError(
            f"The recording does not sound like {' or '.join(languages)}, the only language that the "
            "configured speech model knows; choose a multilingual model (see configs/research.yaml), or give "
            f"`language: {languages[0]}` in meeting.yaml if it is in that language after all."
        )
