import signal
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.media.sound import RATE, Sound
from pipeline.speech.engines import Word
from pipeline.speech.passages import JOIN, LONGEST, PackedPassage, pack

many = settings(max_examples=100, deadline=None)


@contextmanager
def no_endless_loop():
    """Fail where the code inside takes longer than anything sensible could."""

    def stop(*_):
        raise AssertionError("endless")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def packed(regions, duration) -> list[PackedPassage]:
    with no_endless_loop():
        return pack(regions, duration)


@st.composite
def regions(draw) -> tuple[list[tuple[float, float]], float]:
    """Speech of any density, from single words to minutes without a breath."""
    at, found = draw(st.floats(0, 3)), []
    for _ in range(draw(st.integers(0, 30))):
        end = at + draw(st.one_of(st.floats(0.02, 5), st.floats(20, 28), st.floats(10, 70)))
        found.append((at, end))
        at = end + draw(st.one_of(st.just(JOIN), st.floats(0.02, JOIN), st.floats(0.02, 30)))
    return found, (found[-1][1] if found else 0.0) + draw(st.floats(0, 2))


@many
@given(regions())
def test_passages_are_short_enough_cover_all_speech_and_keep_its_order(case):
    speech, duration = case
    passages = packed(speech, duration)
    assert all(0 < passage.duration <= LONGEST + 1e-6 for passage in passages)
    pieces = [piece for passage in passages for piece in passage.pieces]
    assert all(0 <= start < end <= duration for start, end in pieces)
    assert all(before[1] <= after[0] for before, after in pairwise(pieces))
    for start, end in speech:
        covered = sum(max(0.0, min(end, b) - max(start, a)) for a, b in pieces)
        assert covered == pytest.approx(end - start, abs=1e-6)


def test_long_speech_beside_a_second_of_silence_is_packed():
    """A cut lies in the middle of a silence of up to `JOIN`, which makes a part half a second longer."""
    passages = packed([(0.25, 27.65), (28.65, 50.0)], 60.0)
    assert max(passage.duration for passage in passages) <= LONGEST


def test_an_hour_without_a_longer_silence_is_packed():
    rng = np.random.default_rng(1)
    ends = np.cumsum(rng.uniform(1.0, 5.0, 1100))
    speech = [(a, b - 0.3 * rng.random()) for a, b in pairwise(ends.tolist())]
    assert len(packed(speech, ends[-1])) < ends[-1] / LONGEST * 2


def test_speech_is_cut_in_its_longest_silences():
    speech = [(0.0, 12.0), (12.2, 16.0), (16.9, 24.0), (24.1, 40.0)]
    (first, *_) = packed(speech, 40.0)
    assert first.pieces[0] == pytest.approx((0.0, 16.45))


@st.composite
def passages(draw) -> PackedPassage:
    at, pieces = draw(st.floats(0, 1e4)), []
    for _ in range(draw(st.integers(1, 6))):
        end = at + draw(st.floats(0.1, 4))
        pieces.append((at, end))
        at = end + draw(st.floats(0.0, 100))
    return PackedPassage(tuple(pieces))


@many
@given(passages(), st.data())
def test_times_come_back_exactly(passage, data):
    said, true, before = [], [], 0.0
    for low, high in passage.pieces:
        length = high - low
        edges = sorted(data.draw(st.tuples(st.floats(0, length), st.floats(0, length))))
        if 1e-9 < sum(edges) / 2 < length - 1e-9:  # on the joint it belongs to either, as rounding has it
            said.append(Word("x", before + edges[0], before + edges[1], 0.5))
            true.append((low + edges[0], low + edges[1]))
        before += length
    found = [(word.start, word.end) for word in passage.in_recording(said)]
    assert np.array(found) == pytest.approx(np.array(true), abs=1e-7)


@many
@given(passages(), st.lists(st.floats(-1, 40), min_size=2, max_size=12))
def test_words_across_pieces_stay_in_order_and_in_one_piece(passage, edges):
    words = [Word(str(i), a, b, 0.5) for i, (a, b) in enumerate(pairwise(sorted(edges)))]
    found = passage.in_recording(words)
    assert [word.text for word in found] == [word.text for word in words]
    assert all(word.start <= word.end for word in found)
    assert all(a.start <= b.start and a.end <= b.end for a, b in pairwise(found))
    for word in found:
        assert any(low <= word.start and word.end <= high for low, high in passage.pieces)


def test_the_sound_is_that_of_the_pieces():
    sound = Sound(np.arange(4 * RATE, dtype=np.int16))
    heard = PackedPassage(((0.5, 1.0), (3.0, 3.25))).samples(sound)
    wanted = np.concatenate([sound.between(0.5, 1.0), sound.between(3.0, 3.25)])
    np.testing.assert_array_equal(heard, wanted)
    assert len(heard) == 0.75 * RATE
