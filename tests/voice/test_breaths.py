import numpy as np
import pytest

from pipeline.media.sound import RATE
from pipeline.voice.breaths import BreathSettings, measure_breaths
from pipeline.voice.labels import LabelSettings, label_voice
from tests.voice.meetings import signals_of
from tests.voice.voices import band_noise, hum, noise, silence, sound_of, swell, telephone, vowel


def breath(seconds: float = 0.4, level: float = 0.1) -> np.ndarray:
    """Noise from 0.8 to 4 kHz that swells and goes, `level` of the voice's amplitude."""
    made = level * band_noise(seconds, 800, 4000, seed=5)
    return made * np.hanning(len(made)) ** 0.5


def sentence() -> np.ndarray:
    return swell(vowel(120, 1.5), 6)


def found(
    *parts: np.ndarray, change=None, others=(), floor: float = 0.0003
) -> list[tuple[str, float, float]]:
    """Breaths beside the sentences among these parts."""
    speech, at = [], 0.0
    for part in parts:
        end = at + len(part) / RATE
        if len(part) == round(1.5 * RATE):
            speech.append((at, end))
        at = end
    samples = np.concatenate(parts)
    sound = sound_of(samples if change is None else change(samples), floor=floor)
    measures = measure_breaths(signals_of(sound, speech, others), speech, BreathSettings())
    return [(e.tier, e.start, e.end) for e in label_voice(measures, LabelSettings())]


@pytest.mark.parametrize("change", [None, telephone, lambda x: x + hum(len(x) / RATE, level=0.01)])
def test_breaths_in_before_and_out_after_speech(change):
    events = found(
        silence(1.0),
        breath(),
        silence(0.1),
        sentence(),
        silence(0.15),
        breath(0.5),
        silence(2.0),
        change=change,
    )
    assert [tier for tier, _, _ in events] == ["breath_in", "breath_out"]
    assert events[0][1:] == pytest.approx((1.0, 1.4), abs=0.06)
    assert events[1][1:] == pytest.approx((3.15, 3.65), abs=0.06)


def test_a_breath_between_two_stretches_of_talk_is_an_in_breath():
    events = found(sentence(), silence(0.15), breath(), silence(0.1), sentence(), silence(1.0))
    assert [tier for tier, _, _ in events] == ["breath_in"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(0.3 * band_noise(0.4, 4500, 7500), id="sibilant"),
        pytest.param(0.1 * vowel(180, 0.4), id="voice"),
        pytest.param(0.3 * band_noise(0.4, 60, 400), id="rumble"),
        pytest.param(breath(0.06), id="click"),
        pytest.param(0.003 * noise(0.4), id="noise"),
    ],
)
def test_other_sounds_are_no_breath(other):
    assert found(silence(1.0), other, silence(0.1), sentence(), silence(1.5)) == []


def test_friction_at_the_edge_of_a_word_belongs_to_it():
    assert found(silence(1.0), breath(0.2), sentence(), breath(0.2), silence(1.5)) == []


@pytest.mark.parametrize(("floor", "tiers"), [(0.0008, ["breath_in"]), (0.0032, [])])
def test_a_breath_is_twice_as_loud_as_the_noise_of_the_room(floor, tiers):
    parts = [silence(3.0), breath(level=0.04), silence(0.1), sentence(), silence(3.0)]
    sound = sound_of(*parts, floor=floor)
    speech = [(3.5, 5.0)]
    measures = measure_breaths(signals_of(sound, speech), speech, BreathSettings())
    (laid,) = [m for m in measures if m.start < 3.3 and m.end > 3.1]  # it is measured either way
    assert (laid.details["over"] >= 10) == bool(tiers)
    assert [e.tier for e in label_voice(measures, LabelSettings())] == tiers


def test_no_breath_while_somebody_else_is_heard_nor_far_from_speech():
    parts = [silence(1.0), breath(), silence(0.1), sentence(), silence(1.5)]
    assert found(*parts, others=[(0.5, 1.45)]) == []
    assert found(silence(0.5), breath(), silence(1.2), sentence(), silence(1.0)) == []
    assert measure_breaths(signals_of(sound_of(silence(1.0)), []), [], BreathSettings()) == []


def test_the_level_is_against_the_speakers_own():
    sound = sound_of(silence(1.0), breath(0.5, 0.1), silence(0.1), sentence(), silence(1.0), floor=0.0003)
    speech = [(1.6, 3.1)]
    loud = sound_of(3 * sound.between(0, sound.duration))
    values = [
        measure_breaths(signals_of(s, speech), speech, BreathSettings())[0].value for s in (sound, loud)
    ]
    assert values[0] == pytest.approx(-20, abs=4)
    assert values[0] == pytest.approx(values[1], abs=0.3)
