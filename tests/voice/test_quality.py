import numpy as np
import pytest

from pipeline.voice.pitch import PitchSettings, speaker_pitch
from pipeline.voice.quality import PulseSettings, pulse_rate
from tests.voice.voices import noise, pulses, silence, sound_of, vowel, whisper, whole


def creak(rate: float, seconds: float, jitter: float = 0.2) -> np.ndarray:
    rng = np.random.default_rng(4)
    gaps = (1 + jitter * rng.uniform(-1, 1, int(rate * seconds * 2))) / rate
    times = np.cumsum(gaps)
    return pulses(times[times < seconds - 0.02], seconds)


def rates(sound) -> np.ndarray:
    pitch = speaker_pitch(sound, whole(sound), PitchSettings())
    return pulse_rate(sound, whole(sound), pitch, PulseSettings())


@pytest.mark.parametrize("rate", [25, 35, 50])
def test_pulses_of_creak_are_counted(rate):
    found = rates(sound_of(creak(rate, 1.0), floor=0.0005))[5:90]
    assert np.isfinite(found).mean() > 0.8
    assert np.nanmedian(found) == pytest.approx(rate, rel=0.15)


@pytest.mark.parametrize(
    "voice", [vowel(90, 2.0), vowel(120, 2.0), vowel(230, 2.0), whisper(2.0), noise(2.0), silence(2.0)]
)
def test_other_sounds_do_not_creak(voice):
    assert np.isfinite(rates(sound_of(voice, floor=0.0005))).mean() < 0.03


def test_the_end_of_a_voice_creaks_and_not_its_beginning():
    found = rates(sound_of(vowel(110, 1.5), creak(35, 0.6), silence(0.5), floor=0.0005))
    assert np.isfinite(found[:140]).mean() < 0.03
    assert np.isfinite(found[160:205]).mean() > 0.6
    assert np.isnan(found[220:]).all()
