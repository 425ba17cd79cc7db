import numpy as np
import pytest

from pipeline.media.sound import RATE
from pipeline.voice.hum import Quietened, find_hum, without_hum
from tests.voice.voices import hum, silence, sound_of, vowel


def room(mains: float | None, level: float = 0.02):
    body = np.concatenate([silence(5.0), vowel(130, 2.0), silence(3.0)])
    return sound_of(body + (hum(10.0, mains, level) if mains else 0), floor=0.002)


@pytest.mark.parametrize("mains", [50.0, 60.0])
def test_hum_is_found_and_taken_out(mains):
    sound = room(mains)
    lines = find_hum(sound, [(5.0, 7.0)])
    assert {mains, 2 * mains, 3 * mains} <= set(lines)
    assert all(line % mains == 0 for line in lines)
    quiet = without_hum(sound, [(5.0, 7.0)])
    assert quiet.between(2, 4).std() < 0.35 * sound.between(2, 4).std()
    assert len(quiet.between(0.0, 1.0)) == RATE


def test_a_sound_without_hum_stays_itself():
    sound = room(None)
    assert without_hum(sound, [(5.0, 7.0)]) is sound


def test_a_held_tone_is_no_hum_and_without_silence_nothing_is_known():
    voice = sound_of(vowel(100, 8.0))
    assert find_hum(voice, [(0.0, 8.0)]) == ()
    assert find_hum(sound_of(silence(0.5)), []) == ()


def test_reading_in_pieces_gives_the_same_as_reading_at_once():
    sound = room(50.0)
    quiet = Quietened(sound.samples, (50.0, 100.0))
    whole = quiet.between(2, 4)
    assert np.abs(whole[RATE:] - quiet.between(3, 4)).max() < 2e-3
