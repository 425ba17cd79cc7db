import pytest

from pipeline.voice.spelling import spelt_syllables


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1), ("time,", 1), ("table", 2), ("the", 1), ("people.", 2), ("banana", 3), ("Portugal", 3),
        ("well-known", 2), ("I'm", 1), ("strengths", 1), ("hmm", 1), ("software", 2),
    ],
)  # fmt: skip
def test_english_words(word, count):
    assert spelt_syllables(word, "en") == count


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("joo", 1), ("niin.", 1), ("tietää", 2), ("huomenta", 3), ("työ", 1), ("ruoan", 2),
        ("asia", 3), ("lukea", 3), ("kauppa", 2), ("hyvää", 2), ("Helsingin", 3), ("myyjä", 2),
        ("asiakas", 4), ("aie", 2), ("meidän", 2), ("radio", 3),
    ],
)  # fmt: skip
def test_finnish_words(word, count):
    assert spelt_syllables(word, "fi") == count


@pytest.mark.parametrize(("word", "language"), [("2026", "en"), ("...", "en"), ("ja", "sv"), ("word", "")])
def test_where_the_spelling_does_not_tell_there_is_no_count(word, language):
    assert spelt_syllables(word, language) is None
