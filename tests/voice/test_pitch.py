import sys

import numpy as np
import pytest

from pipeline.errors import SettingsError
from pipeline.media.sound import RATE, Sound
from pipeline.voice import praat_pitch
from pipeline.voice.hum import without_hum
from pipeline.voice.pitch import (
    PitchSettings,
    PitchTrack,
    harmonics_to_noise,
    own_range,
    speaker_pitch,
    track_pitch,
    without_islands,
)
from pipeline.voice.signals import frame_times, semitones
from tests.voice.voices import (
    band_noise,
    hum,
    noise,
    silence,
    sound_of,
    telephone,
    vowel,
    whisper,
    whole,
)

SETTINGS = PitchSettings()


def pitch(sound: Sound, spans=None) -> np.ndarray:
    return speaker_pitch(sound, whole(sound) if spans is None else spans, SETTINGS).f0


def glide(low: float, high: float, seconds: float) -> np.ndarray:
    return np.geomspace(low, high, round(seconds * RATE))


def errors(found: np.ndarray, true: np.ndarray | float) -> np.ndarray:
    """Semitones by which voiced frames are off, edges left out."""
    truth = np.broadcast_to(true, len(found))
    off = np.abs(semitones(found, truth))[5:-5]
    return off[np.isfinite(off)]


@pytest.mark.parametrize("f0", [80, 95, 131.7, 220, 311, 450, 590])
def test_a_constant_voice_from_bass_to_child(f0):
    off = errors(pitch(sound_of(vowel(f0, 2.0))), f0)
    assert len(off) > 180
    assert off.max() < 0.1


@pytest.mark.parametrize("change", ["clean", "noise", "telephone", "clipped", "quiet"])
def test_a_gliding_voice_whatever_the_recording(change):
    track = glide(110, 240, 3.0)
    voice = vowel(track, 3.0)
    voice = {
        "clean": voice,
        "noise": voice + 0.3 * noise(3.0),
        "telephone": telephone(voice),
        "clipped": np.clip(8 * voice, -1, 1),
        "quiet": 0.01 * voice,
    }[change]
    found = pitch(sound_of(voice))
    off = errors(found, np.interp(frame_times(300), np.arange(len(track)) / RATE, track))
    assert len(off) > 270
    assert np.median(off) < 0.1
    assert np.mean(off > 6) < 0.01


def test_a_weak_fundamental_is_no_octave_error():
    """Half the energy a second formant above: the period is still the whole one."""
    voice = vowel(120, 2.0)
    louder = voice + 2 * band_free_second_harmonic(120, 2.0)
    assert np.mean(errors(pitch(sound_of(louder)), 120) > 6) < 0.01


def band_free_second_harmonic(f0: float, seconds: float) -> np.ndarray:
    return 0.1 * np.sin(2 * np.pi * 2 * f0 * np.arange(round(seconds * RATE)) / RATE)


@pytest.mark.parametrize("what", [noise(2.0), whisper(2.0), silence(2.0), band_noise(2.0, 4000, 7500)])
def test_what_is_no_voice_has_no_pitch(what):
    assert np.isfinite(pitch(sound_of(what))).mean() < 0.02


def test_hum_is_no_voice():
    track = glide(120, 180, 2.0)
    body = np.concatenate([silence(4.0), vowel(track, 2.0), silence(0.5), noise(1.0), silence(4.0)])
    sound = sound_of(body + hum(len(body) / RATE, level=0.05), floor=0.001)
    speech = [(4.0, 6.0), (6.5, 7.5)]
    cleaned = without_hum(sound, speech)
    found = pitch(cleaned, speech)
    off = errors(found[400:600], np.interp(frame_times(200), np.arange(len(track)) / RATE, track))
    assert np.median(off) < 0.1
    assert np.mean(off > 6) < 0.01
    assert np.isfinite(found[655:745]).mean() < 0.05


def test_only_the_spans_are_looked_at():
    sound = sound_of(vowel(150, 3.0))
    found = pitch(sound, [(0.5, 1.0), (2.0, 2.5)])
    assert np.isfinite(found[52:98]).all()
    assert np.isnan(found[100:200]).all()
    assert np.isnan(pitch(sound, [])).all()
    assert len(pitch(sound_of(silence(0.0)))) == 0


def test_a_long_recording_is_the_sum_of_its_parts():
    """Reading in pieces changes nothing: 40 s hold several batches."""
    part = np.concatenate([vowel(glide(100, 160, 0.7), 0.7), silence(0.3)])
    one = sound_of(part)
    many = sound_of(*[part] * 40)
    alone = track_pitch(one, whole(one), SETTINGS, floor=75, ceiling=500).f0[:100]
    found = track_pitch(many, whole(many), SETTINGS, floor=75, ceiling=500).f0
    for i in (3, 17, 29, 30, 31, 38):
        assert np.allclose(found[i * 100 + 5 : i * 100 + 65], alone[5:65], rtol=0.003, equal_nan=True)


def test_the_range_is_the_speakers_own():
    deep, high = sound_of(vowel(glide(80, 110, 3), 3.0)), sound_of(vowel(glide(230, 300, 3), 3.0))
    low_floor, low_ceiling = own_range(deep, whole(deep), SETTINGS)
    floor, ceiling = own_range(high, whole(high), SETTINGS)
    assert low_floor < 70 < 230 < low_ceiling < 300
    assert 160 < floor < 200
    assert ceiling == pytest.approx(2.5 * 280, rel=0.03)
    brief = sound_of(vowel(100, 0.5))
    assert own_range(brief, whole(brief), SETTINGS) == (SETTINGS.floor, SETTINGS.ceiling)


def test_islands_go_and_short_clear_vowels_stay():
    f0, strength = np.full((2, 40), np.nan)
    f0[5:8], strength[5:8] = 240, 0.55
    f0[12:16], strength[12:16] = 110, 0.95
    f0[20:30], strength[20:30] = 100, 0.6
    f0[30:33], strength[30:33] = 260, 0.6
    kept = without_islands(PitchTrack(f0, strength, 60, 600), SETTINGS)
    assert np.flatnonzero(np.isfinite(kept)).tolist() == [*range(12, 16), *range(20, 30)]


def test_harmonics_to_noise_of_known_mixtures():
    """Strength 0.5 means as much noise as voice."""
    assert harmonics_to_noise(np.array([0.5, 10 / 11]))[:2] == pytest.approx([0, 10], abs=1e-6)
    voice = vowel(150, 2.0)
    mixed = sound_of(voice + 10 ** (-10 / 20) * noise(2.0))
    strength = track_pitch(mixed, whole(mixed), SETTINGS, floor=75, ceiling=500).strength
    assert np.nanmedian(harmonics_to_noise(strength)) == pytest.approx(10, abs=1.5)


def test_praat_agrees():
    pytest.importorskip("parselmouth")
    track = glide(100, 220, 3.0)
    sound = sound_of(vowel(track, 3.0), silence(0.5), noise(0.5), floor=0.002)
    ours = track_pitch(sound, whole(sound), SETTINGS, floor=75, ceiling=500)
    theirs = praat_pitch.track_pitch(sound, whole(sound), SETTINGS, floor=75, ceiling=500)
    both = np.isfinite(ours.f0) & np.isfinite(theirs.f0)
    assert both.sum() > 270
    assert np.median(np.abs(semitones(ours.f0[both], theirs.f0[both]))) < 0.05
    assert np.mean(np.isfinite(ours.f0) == np.isfinite(theirs.f0)) > 0.97


def test_without_praat_one_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "parselmouth", None)
    sound = sound_of(vowel(100))
    with pytest.raises(SettingsError, match="pip install praat-parselmouth"):
        praat_pitch.track_pitch(sound, whole(sound), SETTINGS, floor=75, ceiling=500)
