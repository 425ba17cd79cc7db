from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline import models
from pipeline.media.sound import RATE, Sound
from pipeline.speech.faster_whisper import FasterWhisper
from pipeline.voice.laughter import (
    HOP,
    STEP,
    WEIGHTS,
    WINDOW,
    Head,
    Laugh,
    LaughSettings,
    find_laughs,
    laughers,
    laughter_curve,
    pool,
    recorded,
    spread,
    unknown,
    windows,
)
from pipeline.whisper_states import WhisperStates

SAMPLE = Path(__file__).parents[2] / "sample_media"
SETTINGS = LaughSettings(onset=0.8, offset=0.5, shortest=0.3, join=0.4, overlap=0.5)


def sound_of(samples: np.ndarray) -> Sound:
    return Sound(np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16))


def head_of(dimensions: int = 2) -> Head:
    """A head that says yes where the first dimension of the states is 1, and no where it is 0."""
    weights = np.zeros(2 * dimensions, np.float32)
    weights[0] = 20
    return Head(np.zeros_like(weights), np.ones_like(weights), weights, -10.0, 0, "none")


def curve_of(*parts: tuple[float, float]) -> np.ndarray:
    """A curve of stretches of (probability, seconds)."""
    return np.concatenate([np.full(round(seconds / STEP), value, np.float32) for value, seconds in parts])


@pytest.mark.parametrize("frames", [1, 4, 5, 73, 1500])
def test_pooled_states_are_mean_and_deviation_of_those_around(frames):
    states = np.random.default_rng(0).normal(3, 2, (frames, 4)).astype(np.float16)
    pooled = pool(states, 12)
    assert pooled.shape == (-(-frames // HOP), 8)
    for step in (0, len(pooled) // 2, len(pooled) - 1):
        middle = step * HOP + HOP // 2
        around = states[max(0, middle - 12) : middle + 13].astype(np.float64)
        assert pooled[step] == pytest.approx(np.r_[around.mean(0), around.std(0)], abs=1e-4)


@given(st.floats(0.01, 500))
def test_windows_cover_the_recording_and_overlap(duration):
    spans = windows(duration)
    assert spans[0][0] == 0
    assert spans[-1][1] == pytest.approx(duration)
    assert all(0 < end - start <= WINDOW + 1e-9 for start, end in spans)
    assert all(before[1] - after[0] >= 2 - 1e-9 for before, after in pairwise(spans))
    assert all(end - start >= min(duration, WINDOW - STEP) - 1e-6 for start, end in spans)


def test_windows_are_stitched_in_time():
    samples = np.full(75 * RATE, 0.1, np.float32)
    samples[27 * RATE : 30 * RATE] = 0.5
    shares = []

    def encode(piece: np.ndarray) -> np.ndarray:
        loud = np.pad(piece, (0, -len(piece) % 320)).reshape(-1, 320).max(axis=1) > 0.3
        return np.stack([loud, ~loud], axis=1).astype(np.float32)

    curve = laughter_curve(sound_of(samples), encode, head_of(), progress=shares.append)
    assert len(curve) == 750
    assert np.flatnonzero(curve > 0.5).tolist() == list(range(270, 300))
    assert shares[-1] == 1


def test_silence_is_absent_not_zero():
    sound = sound_of(np.concatenate([np.zeros(5 * RATE), np.full(RATE, 0.1)]))
    curve = laughter_curve(sound, lambda piece: np.zeros((300, 2)), head_of(), progress=lambda share: None)
    assert np.isnan(curve[:50]).all()
    assert (curve[50:] < 0.1).all()


@pytest.mark.parametrize("seconds", [0, 0.001, 0.25, 31])
def test_nothing_recorded_is_not_encoded(seconds):
    def encode(piece: np.ndarray) -> np.ndarray:
        raise AssertionError("encoded")

    sound = sound_of(np.zeros(round(seconds * RATE)))
    curve = laughter_curve(sound, encode, head_of(), progress=lambda share: None)
    assert np.isnan(curve).all()
    assert find_laughs(curve, SETTINGS) == []


def test_whatever_is_louder_than_a_microphone_alone_was_recorded():
    samples = np.zeros(3 * 1600 + 10, np.float32)
    samples[[0, 1700, 4805]] = 1e-2, 1e-5, 1e-2
    assert recorded(samples).tolist() == [True, False, False, True]


def states_where(*spans: tuple[int, int], frames: int) -> np.ndarray:
    """States of which those between two frames are laughter to `head_of`."""
    states = np.zeros((frames, 2), np.float32)
    for a, b in spans:
        states[a:b, 0] = 1
    return states


def test_values_of_a_packed_window_go_where_its_pieces_were():
    curve = unknown(10.0)
    states = states_where((10, 50), (125, 175), frames=200)  # the second piece begins with frame 75
    spread(curve, states, [(1.0, 2.0), (4.02, 6.02)], head_of(), silence=0.5)
    assert (np.flatnonzero(curve > 0.5) == [*range(12, 20), *range(50, 60)]).all()
    assert np.isnan(curve[[*range(10), *range(20, 40), *range(61, 100)]]).all()


def test_nothing_of_a_packed_neighbour_gets_into_a_piece():
    head = Head(**{**vars(head_of()), "reach": 25})
    curve = unknown(10.0)
    spread(curve, states_where((50, 100), frames=100), [(1.0, 2.0), (4.0, 5.0)], head)
    assert (curve[10:20] < 0.5).all()
    assert (curve[40:50] > 0.5).all()


def test_only_where_laughter_is_not_ruled_out_is_the_sound_encoded_again():
    talk = 0.1 * np.random.default_rng(0).standard_normal(120 * RATE).astype(np.float32)
    talk[50 * RATE : 60 * RATE] *= 0.01  # a long silence, 40 dB fainter
    heard, encoded = unknown(120.0), []
    heard[:] = 0.001
    heard[500:600] = np.nan
    heard[700:705] = 0.1

    def encode(piece: np.ndarray) -> np.ndarray:
        encoded.append(len(piece) / RATE)
        return np.ones((len(piece) // 320, 2))

    curve = laughter_curve(sound_of(talk), encode, head_of(), heard=heard, progress=lambda share: None)
    assert encoded == [30.0]
    assert (curve[700:705] > 0.9).all()
    assert np.nanmax(curve[:500]) < 0.01
    assert np.isnan(curve[500:560]).all()


def test_loud_sound_outside_the_passages_is_encoded():
    talk = 0.1 * np.random.default_rng(0).standard_normal(60 * RATE).astype(np.float32)
    heard = unknown(60.0)
    heard[:200], heard[230:] = 0.001, 0.001
    curve = laughter_curve(
        sound_of(talk),
        lambda piece: np.ones((-(-len(piece) // 320), 2)),
        head_of(),
        heard=heard,
        progress=lambda share: None,
    )
    assert (curve[200:230] > 0.9).all()


def test_laugh_reaches_as_far_as_it_is_likely():
    curve = curve_of((0.1, 1), (0.6, 0.3), (0.9, 0.5), (0.6, 0.2), (0.1, 1))
    assert [(a.start, a.end) for a in find_laughs(curve, SETTINGS)] == [pytest.approx((1.0, 2.0))]
    assert find_laughs(curve_of((0.1, 1), (0.7, 2), (0.1, 1)), SETTINGS) == []


def test_short_ones_are_left_out_and_near_ones_joined():
    assert find_laughs(curve_of((0.0, 1), (0.9, 0.2), (0.0, 1)), SETTINGS) == []
    bout = find_laughs(curve_of((0.9, 0.5), (0.2, 0.4), (0.9, 0.5), (0.2, 0.5), (0.9, 0.5)), SETTINGS)
    assert [(a.start, a.end) for a in bout] == [pytest.approx((0, 1.4)), pytest.approx((1.9, 2.4))]


def test_laughter_while_several_talk_is_believed_less():
    curve = curve_of((0.9, 1.0))
    alone = find_laughs(curve, SETTINGS, overlap=lambda start, end: 0.0)
    among = find_laughs(curve, SETTINGS, overlap=lambda start, end: end - start)
    assert alone[0].confidence == pytest.approx(0.9)
    assert among[0].confidence == pytest.approx(0.45)


@given(arrays.arrays(np.float32, st.integers(0, 200), elements=st.floats(0, 1, width=32) | st.just(np.nan)))
def test_laughs_are_in_order_apart_and_inside(curve):
    laughs = find_laughs(curve, SETTINGS, start=3.0)
    edges = [edge for laugh in laughs for edge in (laugh.start, laugh.end)]
    assert edges == sorted(edges)
    assert all(3.0 <= edge <= 3.0 + len(curve) * STEP + 1e-9 for edge in edges)
    assert all(laugh.end - laugh.start >= SETTINGS.shortest - 1e-9 for laugh in laughs)
    assert all(0 <= laugh.confidence <= 1 for laugh in laughs)


def test_those_who_are_heard_laugh():
    shares = {1.0: [0.1, 0.8, 0.4], 5.0: [0.1, 0.2, 0.0]}
    laughs = [Laugh(start, start + 1, 0.9) for start in shares]
    assert list(laughers(laughs, lambda start, end: np.array(shares[start]))) == [(1, 2), ()]


def test_the_weights_are_small_and_say_what_they_read():
    head = Head.load()
    assert WEIGHTS.stat().st_size < 20_000
    assert head.weights.shape == head.mean.shape == head.scale.shape == (768,)
    assert (head.scale > 0).all()
    assert head.encoder in models.registry()


@pytest.fixture(scope="module")
def encode() -> WhisperStates:
    return WhisperStates(models.path(Head.load().encoder))


def test_the_sample_meetings_laughter_is_found_and_no_other(encode):
    from faster_whisper.audio import decode_audio

    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))["laughs"]
    samples = decode_audio(str(SAMPLE / "sample_meeting.mp4"))
    curve = laughter_curve(sound_of(samples), encode, Head.load(), progress=lambda share: None)
    laughs = find_laughs(curve, LaughSettings())
    assert len(laughs) == 1
    assert laughs[0].start == pytest.approx(min(laugh["start"] for laugh in truth), abs=0.5)
    assert laughs[0].end == pytest.approx(max(laugh["end"] for laugh in truth), abs=0.7)


@pytest.mark.parametrize("name", ["noise", "hum", "clicks"])
def test_no_laughter_is_invented(encode, name):
    rng, t = np.random.default_rng(0), np.arange(12 * RATE) / RATE
    sounds = {
        "noise": 0.1 * rng.standard_normal(len(t)),
        "hum": 0.4 * np.sin(2 * np.pi * 50 * t) + 0.2 * np.sin(2 * np.pi * 100 * t),
        "clicks": np.where(np.arange(len(t)) % 8000 < 8, 0.9, 0.0),
    }
    curve = laughter_curve(sound_of(sounds[name]), encode, Head.load(), progress=lambda share: None)
    assert find_laughs(curve, LaughSettings()) == []


def test_states_kept_while_transcribing_are_those_of_the_encoder_alone():
    from faster_whisper.audio import decode_audio

    engine = FasterWhisper()
    samples = decode_audio(str(SAMPLE / "sample_meeting.mp4"))[: 20 * RATE]
    passage = engine.transcribe(samples, language=None, prompt=None)
    assert len(passage.words) > 20
    assert passage.states is not None
    assert passage.states.shape == (1000, 384)
    np.testing.assert_array_equal(passage.states, engine.encode(samples))
    other = engine.transcribe(samples[: 5 * RATE], language=None, prompt=None)
    np.testing.assert_array_equal(other.states, engine.encode(samples[: 5 * RATE]))
