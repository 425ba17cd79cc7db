import numpy as np
import pytest

from pipeline.voice.words import word_lengths
from tests.voice.meetings import words_of


def steady(count: int = 30) -> list[tuple[float, float, str]]:
    """Words of 2 to 7 letters, each 0.1 s and 0.04 s a letter, give or take 5 ms."""
    rng = np.random.default_rng(2)
    rows = []
    for i in range(count):
        letters = 2 + i % 6
        rows.append((float(i), i + 0.1 + 0.04 * letters + rng.uniform(-0.005, 0.005), "abcdefgh"[:letters]))
    return rows


def lasting(rows: list[tuple[float, float, str]]) -> np.ndarray:
    return np.array([end - start for start, end, _ in rows])


def test_a_stretched_word_stands_out_of_its_like():
    rows = steady()
    rows[10] = (10.0, 10.0 + 2 * (0.1 + 0.04 * 6), rows[10][2])
    lengths = word_lengths(words_of(*rows), lasting(rows), np.zeros(30, bool), 10)
    assert lengths.ratio[10] == pytest.approx(2, rel=0.05)
    assert lengths.expected[10] == pytest.approx(0.34, rel=0.05)
    assert lengths.spreads.argmax() == 10


def test_final_words_are_compared_with_final_words():
    rows, final = steady(40), np.arange(40) % 2 == 0
    rows = [(s, s + 1.5 * (e - s) if last else e, w) for (s, e, w), last in zip(rows, final, strict=True)]
    lengths = word_lengths(words_of(*rows), lasting(rows), final, 10)
    assert np.abs(lengths.ratio - 1).max() < 0.1


def test_few_words_expect_nothing():
    lengths = word_lengths(words_of(*steady(5)), lasting(steady(5)), np.zeros(5, bool), 10)
    assert np.isnan(lengths.ratio).all()
    assert len(word_lengths(words_of(), np.zeros(0), np.zeros(0, bool), 10).ratio) == 0
