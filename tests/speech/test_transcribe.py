from collections.abc import Callable

import numpy as np
import pytest

from pipeline.errors import LanguageError
from pipeline.media.sound import RATE, Sound
from pipeline.speech.engines import Passage, Samples, Word
from pipeline.speech.guard import GuardSettings
from pipeline.speech.segmentation import FIRST_EDGE, FRAME_SECONDS, Segmentation
from pipeline.speech.transcribe import Transcript, transcribe


class ScriptedTranscriber:
    """A fake for injecting faults: says what a script says of the samples it is given."""

    version = "scripted"
    parallel = 1

    def __init__(
        self, script: Callable[[Samples], Passage], languages: tuple[str, ...] | None = ("en",)
    ) -> None:
        self.script, self.languages = script, languages
        self.given: list[tuple[float, str | None, str | None]] = []

    def transcribe(self, samples: Samples, *, language: str | None, prompt: str | None) -> Passage:
        self.given.append((len(samples) / RATE, language, prompt))
        return self.script(samples)


def passage(words: list[Word], *, language: str = "en", probability: float = -0.2) -> Passage:
    return Passage(tuple(words), language, 0.9, probability, 1.2)


def clicks(samples: Samples) -> Passage:
    """A word of 20 ms at each click."""
    at = np.flatnonzero(samples > 0.5) / RATE
    return passage([Word(f"tick{round(RATE * t)}", t - 0.01, t + 0.01, 0.9) for t in at])


def says(text: str, *, confidence: float = 0.9, **fields) -> Callable[[Samples], Passage]:
    words = [Word(word, 0.5 + 0.3 * i, 0.7 + 0.3 * i, confidence) for i, word in enumerate(text.split())]
    return lambda _: passage(words, **fields)


def network(spans: list[tuple[float, float]], seconds: float) -> Segmentation:
    times = FIRST_EDGE + (np.arange(int(seconds / FRAME_SECONDS)) + 0.5) * FRAME_SECONDS
    speech = np.zeros(len(times), np.float32)
    for start, end in spans:
        speech[(times >= start) & (times < end)] = 0.95
    none = np.zeros_like(speech)
    return Segmentation(np.zeros((0, 589, 3), np.uint8), speech, none, none)


def run(
    engine: ScriptedTranscriber,
    spans: list[tuple[float, float]],
    *,
    at: tuple[float, ...] = (),
    seconds: float = 100.0,
    language: str | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Transcript:
    samples = np.zeros(round(seconds * RATE), np.int16)
    for time in at:
        samples[round(time * RATE)] = 32000
    return transcribe(
        Sound(samples),
        network(spans, seconds),
        engine,
        language=language,
        prompt="Um, right.",
        guard=GuardSettings(),
        progress=progress,
    )


def test_words_return_to_the_time_of_the_recording():
    spans = [(0.5, 2.0), (30.0, 33.0), (34.5, 36.0), (40.0, 65.0), (66.5, 90.0)]
    at = (0.6, 1.9, 30.5, 32.7, 35.0, 41.0, 64.5, 67.0, 89.5)
    engine, shares = ScriptedTranscriber(clicks), []
    found = run(engine, spans, at=at, progress=shares.append)
    assert [(word.start + word.end) / 2 for word in found.words] == pytest.approx(at, abs=0.001)
    assert found.doubts == ("",) * len(at)
    assert found.language == "en"
    assert all(length <= 30 for length, *_ in engine.given)
    assert {given[1:] for given in engine.given} == {(None, "Um, right.")}
    assert sum(length for length, *_ in engine.given) < 60  # silences are not recognised
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_where_nobody_speaks_nothing_is_asked():
    engine = ScriptedTranscriber(says("Thank you for watching."))
    found = run(engine, [])
    assert (found.words, found.doubts, found.language) == ((), (), "")
    assert engine.given == []


def test_loops_and_improbable_passages_are_marked_not_dropped():
    found = run(ScriptedTranscriber(says("well " + "okay " * 8)), [(1.0, 6.0)])
    assert [word.text for word in found.words] == ["well", *["okay"] * 8]
    assert found.doubts == ("", *["repetition"] * 8)
    found = run(ScriptedTranscriber(says("one two", probability=-1.5)), [(1.0, 6.0)])
    assert found.doubts == ("unlikely",) * 2


STRANGE = {"confidence": 0.4, "probability": -0.9}
SPEECH = [(1.0, 16.0)]
WORDS = " ".join(f"word{i}" for i in range(40))


def test_a_foreign_language_is_refused_in_a_sentence():
    with pytest.raises(LanguageError, match="does not sound like en") as caught:
        run(ScriptedTranscriber(says(WORDS, **STRANGE)), SPEECH)
    assert "language: en" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_foreign_language_is_noticed_before_the_whole_recording_is_transcribed():
    engine = ScriptedTranscriber(says(WORDS, **STRANGE))
    with pytest.raises(LanguageError):
        run(engine, [(30.0 * i, 30.0 * i + 20) for i in range(40)], seconds=1200.0)
    assert len(engine.given) == 6


@pytest.mark.parametrize(
    ("text", "fields", "language"),
    [
        (WORDS, STRANGE, "en"),  # the user knows better
        (WORDS, {"confidence": 0.4, "probability": -0.3}, None),
        (WORDS, {"confidence": 0.8, "probability": -0.9}, None),
        ("too few to judge", STRANGE, None),
    ],
)
def test_a_language_is_refused_only_for_good_reason(text, fields, language):
    engine = ScriptedTranscriber(says(text, **fields))
    assert len(run(engine, SPEECH, language=language).words) == len(text.split())
    assert engine.given[0][1] == language


def test_a_given_language_that_the_model_does_not_know_is_refused_before_any_work():
    engine = ScriptedTranscriber(says(WORDS))
    with pytest.raises(LanguageError, match="knows only en, not 'de'"):
        run(engine, SPEECH, language="de")
    assert engine.given == []


def test_a_model_of_many_languages_tells_the_one_that_most_words_are_in():
    answers = iter([("de", "ja"), ("fr", "oui oui oui"), ("de", "nein nein nein")])

    def script(samples: Samples) -> Passage:
        language, text = next(answers)
        return says(text, language=language, **STRANGE)(samples)

    found = run(ScriptedTranscriber(script, None), [(0.0, 25.0), (30.0, 55.0), (60.0, 85.0)])
    assert found.language == "de"
    assert len(found.words) == 7
