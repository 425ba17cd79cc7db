import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.speech.attribute import (
    SECONDS_PER_LETTER,
    SHORTEST_WORD,
    AttributeSettings,
    attribute,
    snap_words,
    stretches,
)
from pipeline.speech.engines import Activity, Word

STEP = 270 / 16000
LIMITS = AttributeSettings()


def activity(turns: list[tuple[int, float, float]], seconds: float, *, blur: float = 0.05) -> Activity:
    """What a good diariser says of turns (speaker, start, end): sure inside, unsure for `blur` at edges."""
    times = (np.arange(int(seconds / STEP)) + 0.5) * STEP
    speakers = 1 + max(who for who, *_ in turns)
    probability = np.full((len(times), speakers), 0.03)
    for who, start, end in turns:
        rise = np.clip(0.5 + np.minimum(times - start, end - times) / (2 * blur), 0, 1)
        probability[:, who] = np.maximum(probability[:, who], 0.95 * rise)
    return Activity(probability.astype(np.float32), probability >= 0.5, STEP)


def largest_overlap(words: list[Word], found: Activity) -> list[int]:
    """The usual way: the speaker whose label shares most time with the word."""
    centres = (np.arange(len(found.active)) + 0.5) * STEP
    shares = [found.active[(centres >= word.start) & (centres < word.end)].sum(axis=0) for word in words]
    return [int(share.argmax()) for share in shares]


def conversation(gap: float, error: float) -> tuple[list[Word], list[int], list[tuple[int, float, float]]]:
    """Twelve turns of four words; the words on either side of a change are `error` late or early by turns."""
    words, speakers, turns, at = [], [], [], 0.5
    for turn in range(12):
        begin = at
        for i in range(4):
            length = 0.25 if i in (0, 3) else 0.35
            late = error if i == 3 and turn % 2 == 0 else 0.0
            early = error if i == 0 and turn % 2 == 0 and turn else 0.0
            text = "word." if i == 3 else "word"
            words.append(Word(text, at + late - early, at + length + late - early, 0.9))
            speakers.append(turn % 2)
            at += length
        turns.append((turn % 2, begin, at))
        at += gap
    return words, speakers, turns


@pytest.mark.parametrize("error", [0.14, 0.15])
@pytest.mark.parametrize("gap", [0.0, 0.05, 0.2])
def test_words_at_a_change_of_speaker_keep_theirs_though_their_times_are_off(gap, error):
    """Errors of the recogniser's times are not silences in which a change would be cheap."""
    words, speakers, turns = conversation(gap, error)
    found = activity(turns, 30.0)
    speech = [(a, b) for _, a, b in turns] if gap >= 0.13 else [(turns[0][1], turns[-1][2])]
    chosen, confidence = attribute(words, snap_words(words, speech), found, speech, LIMITS)
    wrong_before = sum(a != b for a, b in zip(largest_overlap(words, found), speakers, strict=True))
    assert chosen.tolist() == speakers
    assert wrong_before >= (6 if gap == 0 else 0)
    assert ((confidence > 0) & (confidence <= 1)).all()


def test_true_times_are_no_worse_than_the_usual_way():
    words, speakers, turns = conversation(0.1, 0.0)
    found = activity(turns, 30.0)
    assert largest_overlap(words, found) == speakers
    speech = [(turns[0][1], turns[-1][2])]
    assert attribute(words, [(w.start, w.end) for w in words], found, speech, LIMITS)[0].tolist() == speakers


@pytest.mark.parametrize("error", [-0.1, -0.05, 0.0, 0.05, 0.1])
def test_a_minimal_response_inside_anothers_turn_stays_with_the_listener(error):
    turns = [(0, 0.5, 2.0), (1, 2.05, 2.35), (0, 2.4, 4.0)]
    words = [Word("so", 0.5, 1.0, 0.9), Word("then", 1.0, 2.0, 0.9)]
    words += [Word("mm", 2.05 + error, 2.35 + error, 0.9)]
    words += [Word("we", 2.4, 3.0, 0.9), Word("left", 3.0, 4.0, 0.9)]
    chosen, _ = attribute(words, snap_words(words, [(0.5, 4.0)]), activity(turns, 5.0), [(0.5, 4.0)], LIMITS)
    assert largest_overlap(words, activity(turns, 5.0)) == [0, 0, 1, 0, 0]
    assert chosen.tolist() == [0, 0, 1, 0, 0]


def test_no_words():
    chosen, confidence = attribute([], [], activity([(0, 0.5, 1), (1, 1, 2)], 3.0), [], LIMITS)
    assert len(chosen) == len(confidence) == 0


def test_words_beyond_the_activity_find_a_speaker():
    words = [Word("late", 9.0, 9.5, 0.9), Word("point", 9.5, 9.5, 0.9)]
    times = [(9.0, 9.5), (9.5, 9.5)]
    chosen, _ = attribute(words, times, activity([(0, 0.5, 1), (1, 1, 3)], 3.0), [(0.5, 3.0)], LIMITS)
    assert chosen.tolist() == [1, 1]


@st.composite
def speech(draw) -> list[tuple[float, float]]:
    at, found = 0.0, []
    for _ in range(draw(st.integers(0, 6))):
        start = at + draw(st.floats(0.05, 2))
        at = start + draw(st.floats(0.05, 2))
        found.append((start, at))
    return found


@hypothesis_settings(max_examples=200, deadline=None)
@given(speech(), st.floats(0, 12), st.floats(0, 3))
def test_snapping_shortens_words_and_never_moves_them_into_silence(found, start, length):
    word = Word("x", start, start + length, 0.9)
    ((a, b),) = snap_words([word], found)
    if b - a > SECONDS_PER_LETTER + 1e-9:  # else it may have been given a length
        assert word.start <= a <= b <= word.end
    if any(low < word.end and word.start < high for low, high in found):
        assert any(low <= a and b <= high for low, high in found)
    elif length >= SHORTEST_WORD:
        assert (a, b) == (word.start, word.end)


def test_a_word_without_length_takes_the_free_sound_beside_it():
    words = [Word("sea.", 8.0, 9.0, 0.9), Word("Portugal,", 9.74, 9.74, 0.9), Word("we", 10.1, 10.2, 0.9)]
    _, (start, end), _ = snap_words(words, [(7.0, 8.9), (9.24, 9.8), (10.05, 13.4)])
    assert 9.24 <= start < 9.5 and 9.74 <= end <= 9.8


def test_edges_of_speech_are_acoustic_where_nobody_else_is_heard():
    sound = [(0.93, 2.1), (2.6, 4.0)]
    found = activity([(0, 1.0, 2.0), (0, 2.7, 3.2), (1, 3.2, 4.1)], 5.0, blur=0.001)
    first, second = stretches(found, sound, [], np.zeros(0, int), LIMITS)
    assert first[0] == (0.93, 2.1)
    assert first[1][0] == 2.6
    assert first[1][1] == pytest.approx(3.2, abs=STEP)  # the other is heard, so the voices decide
    assert second == [(pytest.approx(3.2, abs=STEP), 4.0)]


def test_a_speaker_is_heard_where_their_words_are():
    found = activity([(0, 0.5, 2.0), (1, 2.5, 3.0)], 4.0)
    times = [(0.6, 1.0), (2.1, 2.4)]
    _, second = stretches(found, [(0.5, 3.0)], times, np.array([0, 1]), LIMITS)
    assert second[0][0] == 2.1
    assert len(second) == 1  # the little inactivity between is bridged
