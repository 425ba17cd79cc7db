import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.voice.baseline import speaker_baseline, spread, standing
from tests.voice.meetings import curve, signals_of
from tests.voice.voices import sound_of, vowel, whole


def test_usual_pitch_and_level_of_a_known_voice():
    track = curve(100, 200, 100, seconds=8.0)
    sound = sound_of(vowel(track, 8.0))
    usual = speaker_baseline(signals_of(sound, whole(sound)))
    assert usual is not None
    assert usual.f0 == pytest.approx(141.4, rel=0.02)
    assert usual.f0_low == pytest.approx(-5.4, abs=0.3)
    assert usual.f0_high == pytest.approx(5.4, abs=0.3)
    assert usual.level == pytest.approx(-20, abs=1.0)
    assert usual.voiced == pytest.approx(8.0, abs=0.1)


def test_too_little_voice_has_no_usual():
    sound = sound_of(vowel(120, 3.0))
    assert speaker_baseline(signals_of(sound, whole(sound))) is None


@given(st.floats(-50, 50), st.floats(0.5, 10))
def test_spread_and_standing_of_a_normal_distribution(middle, width):
    values = middle + width * np.random.default_rng(1).standard_normal(2000)
    assert spread(values) == pytest.approx(width, rel=0.1)
    far = standing(np.append(values, middle + 3 * width), 10)
    assert far[-1] == pytest.approx(3, rel=0.15)


def test_a_few_values_stand_nowhere():
    assert np.isnan(standing([1.0, 2.0, 9.0], 10)).all()
    assert np.isnan(standing([5.0] * 20, 10)).all()
    assert np.isnan(spread([]))
