from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import fftconvolve, lfilter

from pipeline.media.sound import RATE, Sound
from pipeline.media.sync import SURE, Offset, find_offset, independent_channels


@cache
def talk(seed: int, seconds: float) -> NDArray[np.float64]:
    """Something like speech: syllables of coloured noise and buzz, with pauses."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE)
    sound = np.zeros(count)
    place = 0
    while place < count:
        length = int(rng.uniform(0.05, 0.4) * RATE)
        source = rng.standard_normal(length) + 4 * (np.arange(length) % int(rng.uniform(60, 160)) == 0)
        angle = 2 * np.pi * rng.uniform(300, 3000) / RATE
        syllable = lfilter([1], [1, -1.8 * np.cos(angle), 0.81], source) * np.hanning(length) ** 0.3
        syllable = syllable[: count - place] * rng.uniform(0.2, 1.0)
        sound[place : place + len(syllable)] += syllable
        place += length + int(rng.exponential(0.15) * RATE)
    return 0.1 * sound / np.std(sound)


def microphone(
    sound: NDArray[np.float64], seed: int, *, gain: float = 1.0, noise: float = 0.01, echo: float = 0.03
) -> Sound:
    """What a microphone with its own place, gain and noise hears."""
    rng = np.random.default_rng(seed)
    room = echo * rng.standard_normal(3000) * np.exp(-np.arange(3000) / 700)
    room[0] = 1.0
    heard = fftconvolve(sound, room)[: len(sound)] + noise * rng.standard_normal(len(sound))
    return Sound(np.clip(gain * heard * 32768, -32768, 32767).astype(np.int16))


@settings(max_examples=10, deadline=None)
@given(
    late=st.floats(-40, 40),
    gain=st.sampled_from([0.03, 0.3, 3.0]),
    noise=st.sampled_from([0.001, 0.03, 0.1]),
)
def test_any_offset_is_found_to_a_millisecond(late, gain, noise):
    whole = talk(1, 100.0)
    first, second = round(max(0, -late) * RATE), round(max(0, late) * RATE)
    reference = microphone(whole[first:], 2, noise=noise)
    other = microphone(whole[second : second + 60 * RATE], 3, gain=gain, noise=noise)
    offset = find_offset(reference, other)
    assert offset.seconds == pytest.approx((second - first) / RATE, abs=0.001)
    assert offset.confidence > SURE
    assert offset.problem is None


def test_a_short_second_recording_minutes_into_the_first():
    whole = talk(4, 400.0)
    other = microphone(whole[310 * RATE : 330 * RATE], 5, gain=0.2)
    assert find_offset(microphone(whole, 6), other).seconds == pytest.approx(310.0, abs=0.001)


@pytest.mark.parametrize("ppm", [-80, 40, 300])
def test_a_faster_clock_is_measured(ppm):
    whole = talk(7, 240.0)
    drift = 1 + ppm * 1e-6
    times = 12.3456 + drift * np.arange(round(200 * RATE)) / RATE
    other = microphone(np.interp(times * RATE, np.arange(len(whole)), whole), 8, gain=0.5)
    offset = find_offset(microphone(whole, 9), other)
    assert offset.drift_ppm == pytest.approx(ppm, abs=2)
    assert offset.seconds == pytest.approx(12.3456, abs=0.001)
    assert offset.clock.meeting(150.0) == pytest.approx(12.3456 + 150 * drift, abs=0.001)
    assert (offset.problem is not None) == (ppm == 300)


def test_different_meetings_are_not_matched():
    offset = find_offset(microphone(talk(10, 90.0), 1), microphone(talk(11, 90.0), 2))
    assert offset.confidence < SURE
    assert "share too little sound" in (offset.problem or "")


@pytest.mark.parametrize("seconds", [0.0, 2.0, 30.0])
def test_nothing_to_compare(seconds):
    silence = Sound(np.zeros(round(seconds * RATE), np.int16))
    assert find_offset(silence, silence) == Offset(0.0, 0.0)


def test_a_greatest_offset_is_kept_to():
    whole = talk(1, 100.0)
    offset = find_offset(microphone(whole, 1), microphone(whole[30 * RATE :], 2), max_offset=10.0)
    assert abs(offset.seconds) < 11
    assert offset.confidence < SURE


def test_an_offset_goes_back_to_where_it_came_from():
    whole = talk(1, 100.0)
    one, two = microphone(whole, 1), microphone(whole[17 * RATE :], 2)
    assert find_offset(one, two).seconds == pytest.approx(-find_offset(two, one).seconds, abs=0.001)


def two_speakers() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two people who take turns, one of whom speaks a fifth of the time."""
    turn = (np.arange(60 * RATE) // (3 * RATE)) % 5 == 0
    return talk(20, 60.0) * turn, talk(21, 60.0) * ~turn


@pytest.mark.parametrize("leak", [0.0, 0.01, 0.1])
@pytest.mark.parametrize("gain", [0.05, 1.0])
def test_a_call_on_two_channels_has_independent_channels(leak, gain):
    one, two = two_speakers()
    tracks = [
        microphone(one + leak * two, 1, noise=1e-3, echo=0.0),
        microphone(two + leak * one, 2, noise=1e-3, gain=gain, echo=0.0),
    ]
    assert independent_channels(tracks) > 0.6


def test_a_stereo_microphone_does_not():
    one, two = two_speakers()
    rooms = [microphone(one + two, seed) for seed in (1, 2)]
    panned = [microphone(one + 0.6 * two, 1), microphone(two + 0.6 * one, 2)]
    assert independent_channels(rooms) < 0.1
    assert independent_channels(panned) < 0.2
    assert independent_channels([rooms[0], rooms[0]]) == 0.0


def test_a_silent_channel_is_no_speaker():
    one, _ = two_speakers()
    assert independent_channels([microphone(one, 1), Sound(np.zeros(len(one), np.int16))]) == 0.0
    assert independent_channels([microphone(one, 1), microphone(0 * one, 2)]) == 0.0
    assert independent_channels([microphone(one, 1)]) == 0.0
