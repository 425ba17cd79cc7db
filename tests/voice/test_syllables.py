import numpy as np
import pytest

from pipeline.voice.syllables import SyllableSettings, syllable_nuclei, whole_pieces
from tests.voice.meetings import signals_of
from tests.voice.voices import band_noise, silence, sound_of, swell, telephone, vowel, whisper, whole

SETTINGS = SyllableSettings()


@pytest.mark.parametrize("rate", [2, 4, 6, 8])
@pytest.mark.parametrize("change", ["clean", "telephone", "noise"])
def test_syllables_of_a_known_rate_are_counted(rate, change):
    samples = swell(vowel(130, 5.0), 5 * rate)
    samples = telephone(samples) if change == "telephone" else samples
    sound = sound_of(samples, floor=0.01 if change == "noise" else 0.0)
    found = syllable_nuclei(signals_of(sound, whole(sound)), SETTINGS)
    assert len(found) == pytest.approx(5 * rate, abs=1)
    true = (np.arange(5 * rate) + 0.5) / rate
    assert np.abs(found["time"].to_numpy()[:, None] - true).min(axis=1).max() < 0.03
    assert found["f0"].to_numpy() == pytest.approx(130, rel=0.01)


def test_sibilants_whispers_and_silence_are_no_syllables():
    sound = sound_of(
        swell(vowel(130, 1.0), 4),
        band_noise(0.3, 4000, 7500),
        swell(vowel(130, 1.0), 4),
        swell(whisper(1.0), 4),
        silence(1.0),
    )
    assert len(syllable_nuclei(signals_of(sound, whole(sound)), SETTINGS)) == 8


def test_nothing_is_counted_where_nobody_is_heard_alone():
    sound = sound_of(swell(vowel(130, 2.0), 8))
    found = syllable_nuclei(signals_of(sound, whole(sound), [(1.0, 2.0)]), SETTINGS)
    assert len(found) == 4
    assert len(syllable_nuclei(signals_of(sound, whole(sound), [(0.0, 2.0)]), SETTINGS)) == 0
    assert len(syllable_nuclei(signals_of(sound, []), SETTINGS)) == 0


def test_pieces_end_at_holes_in_time():
    time = np.array([0.005, 0.015, 0.025, 0.105, 0.115])
    assert whole_pieces(time, np.ones(5, bool)) == [(0, 3), (3, 5)]
    assert whole_pieces(time, np.array([1, 0, 1, 1, 0], bool)) == [(0, 1), (2, 3), (3, 4)]
