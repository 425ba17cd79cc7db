from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from pipeline.media.sound import RATE, Sound
from pipeline.speech.edges import EdgeSettings, find_speech
from pipeline.speech.segmentation import FIRST_EDGE, FRAME_SECONDS, Segmentation

LIMITS = EdgeSettings()
Spans = list[tuple[float, float]]


def recording(spans: Spans, seconds: float, noise: np.ndarray | float, *, loud: float = 0.1) -> Sound:
    """Bursts of noise in the band of speech at known times, over a floor of noise (rms, may change)."""
    rng = np.random.default_rng(7)
    count = round(seconds * RATE)
    band = butter(4, [200, 4000], "bandpass", fs=RATE, output="sos")
    burst = sosfilt(band, rng.standard_normal(count))
    inside = np.zeros(count, bool)
    for start, end in spans:
        inside[round(start * RATE) : round(end * RATE)] = True
    sound = loud * burst / burst.std() * inside + noise * rng.standard_normal(count)
    return Sound(np.clip(sound * 32768, -32768, 32767).astype(np.int16))


def network(spans: Spans, seconds: float, *, blur: float = 0.08, bridge: float = 0.4) -> Segmentation:
    """Probabilities as the network gives them: edges off and blurred, short pauses bridged."""
    times = FIRST_EDGE + (np.arange(int(seconds / FRAME_SECONDS)) + 0.5) * FRAME_SECONDS
    joined = [list(spans[0])] if spans else []
    for start, end in spans[1:]:
        if start - joined[-1][1] < bridge:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    speech = np.zeros(len(times))
    for i, (start, end) in enumerate(joined):
        shift = 0.05 * (-1) ** i
        rise = np.clip(0.5 + np.minimum(times - start - shift, end - shift - times) / (2 * blur), 0, 1)
        speech = np.maximum(speech, 0.98 * rise)
    none = np.zeros(len(times), np.float32)
    return Segmentation(np.zeros((0, 589, 3), np.uint8), speech.astype(np.float32), none, none)


def found(spans: Spans, seconds: float, noise: np.ndarray | float) -> Spans:
    return find_speech(recording(spans, seconds, noise), network(spans, seconds), LIMITS)


def utterances(seconds: float) -> Spans:
    """Bursts of 0.3 to 1.5 s with silences of 0.2 to 1.2 s."""
    rng = np.random.default_rng(3)
    at, spans = 0.6, []
    while at < seconds - 2.5:
        end = at + rng.uniform(0.3, 1.5)
        spans.append((at, end))
        at = end + rng.uniform(0.2, 1.2)
    return spans


def assert_near(ours: Spans, true: Spans, tolerance: float = 0.02) -> None:
    assert len(ours) == len(true)
    assert np.abs(np.array(ours) - np.array(true)).max() <= tolerance


@pytest.mark.parametrize("ratio", [10, 15, 20, 30, 40])
def test_edges_are_found_to_20_ms_over_noise(ratio):
    true = utterances(30.0)
    assert_near(found(true, 30.0, 0.1 * 10 ** (-ratio / 20)), true)


def test_edges_are_found_in_digital_silence():
    true = utterances(20.0)
    assert_near(found(true, 20.0, 0.0), true)


def test_edges_are_found_where_one_block_of_reading_meets_the_next():
    true = [(1.0, 59.5), (59.8, 60.004), (60.3, 64.0)]
    assert_near(found(true, 66.0, 0.003), true)


def test_edges_are_found_while_the_noise_rises():
    true, seconds = utterances(60.0), 60.0
    decibels = np.linspace(-55, -35, round(seconds * RATE))
    assert_near(found(true, seconds, 10 ** (decibels / 20)), true)


def test_edges_are_found_after_the_noise_has_jumped():
    """The quiet seconds before must not put the threshold under the noise after."""
    true, seconds = utterances(60.0), 60.0
    decibels = np.where(np.arange(round(seconds * RATE)) < 30 * RATE, -60, -40)
    assert_near(found(true, seconds, 10 ** (decibels / 20)), true)


@pytest.mark.parametrize("ratio", [20, 40])
def test_pauses_part_speech_and_stop_consonants_do_not(ratio):
    lengths = [0.08, 0.16, 0.06, 0.2, 0.08, 0.15, 0.3, 0.08]
    at, true = 1.0, []
    for length in lengths:
        true.append((at, at + 0.5))
        at += 0.5 + length
    true.append((at, at + 0.5))
    pauses = [b[0] - a[1] for a, b in pairwise(found(true, 8.0, 0.1 * 10 ** (-ratio / 20)))]
    assert pauses == pytest.approx([length for length in lengths if length >= 0.13], abs=0.03)


def test_what_the_network_does_not_take_for_speech_is_none():
    true = [(1.0, 2.0), (3.0, 3.5), (5.0, 6.0)]
    sound = recording(true, 8.0, 0.001)
    assert_near(find_speech(sound, network([true[0], true[2]], 8.0), LIMITS), [true[0], true[2]])
    assert find_speech(sound, network([], 8.0), LIMITS) == []


def test_speech_to_the_very_edges_of_a_recording():
    assert_near(found([(0.0, 2.0), (3.0, 5.0)], 5.0, 0.001), [(0.0, 2.0), (3.0, 5.0)])
