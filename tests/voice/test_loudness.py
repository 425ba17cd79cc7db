import numpy as np
import pytest

from pipeline.media.sound import RATE
from pipeline.voice.loudness import band_levels, voice_level
from pipeline.voice.signals import frame_times, signal_table
from tests.voice.voices import noise, silence, sound_of, telephone, vowel


def tone(frequency: float, amplitude: float, seconds: float = 1.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


@pytest.mark.parametrize(("frequency", "band"), [(400, "low"), (2000, "middle"), (5500, "high")])
def test_a_tone_has_its_level_in_its_band(frequency, band):
    levels = band_levels(sound_of(tone(frequency, 0.1)))
    inside = slice(5, 95)
    assert levels.level[inside] == pytest.approx(-23.0, abs=0.1)
    assert getattr(levels, band)[inside] == pytest.approx(-23.0, abs=0.1)
    for other in {"low", "middle", "high"} - {band}:
        values = getattr(levels, other)[inside]
        assert np.isnan(values).all() or values.max() < -60


def test_twice_the_amplitude_is_six_decibels_in_every_piece_read():
    levels = band_levels(sound_of(tone(500, 0.1, 10.0), tone(500, 0.2, 10.0)))
    assert np.median(levels.level[1005:]) - np.median(levels.level[:995]) == pytest.approx(6.02, abs=0.01)
    assert np.ptp(levels.level[5:995]) < 0.05


def test_a_telephone_has_no_high_band():
    wide = vowel(120, 2.0) + 0.1 * noise(2.0)
    assert np.isfinite(band_levels(sound_of(wide)).high).all()
    assert np.isnan(band_levels(sound_of(telephone(wide))).high).all()


def test_clipping_is_seen():
    clean, clipped = vowel(120, 1.0), np.clip(15 * vowel(120, 1.0), -1, 1)
    levels = band_levels(sound_of(clean, clipped))
    assert levels.clipped[:98].max() == 0
    assert levels.clipped[102:].min() > 0.01


def test_silence_and_nothing():
    assert band_levels(sound_of(silence(1.0))).level == pytest.approx(-100)
    assert len(band_levels(sound_of(silence(0.0))).level) == 0


def test_level_of_voice_leaves_sibilants_out():
    frames = {"time": frame_times(1), "low": [-20.0], "middle": [-20.0], "high": [0.0]}
    assert voice_level(signal_table("A", frames)) == pytest.approx(-16.99, abs=0.01)
