"""What is said of a voice rests on the frames in which it sounds, and sounds alone."""

import numpy as np
import pytest

from pipeline.media.sound import RATE
from pipeline.voice.labels import LabelSettings, label_voice
from pipeline.voice.prosody import ProsodySettings, measure_prosody
from tests.voice.meetings import Talk, signals_of, words_of
from tests.voice.test_prosody import events, varied
from tests.voice.test_quality import creak
from tests.voice.voices import band_noise, noise, silence, vowel


def last_unit(talk: Talk, signals, start: float):
    """The final intonation of the unit that begins at `start`."""
    measures, _ = measure_prosody(signals, words_of(*talk.words), talk.speech, ProsodySettings())
    return [m for m in measures if m.kind == "intonation" and m.end > start]


def said_last(seconds: float = 0.8) -> tuple[Talk, float]:
    talk = varied(Talk())
    start = talk.time
    talk.parts += [vowel(120, seconds), silence(1.0)]
    talk.speech.append((start, start + seconds))
    talk.words.append((start, start + seconds, "well"))
    return talk, start


@pytest.mark.parametrize(("frames", "units"), [(9, 0), (10, 1)])
def test_a_unit_that_ends_in_too_little_voice_has_no_intonation(frames, units):
    talk, start = said_last()
    signals = signals_of(talk.sound(), talk.speech)
    voiced = signals.index[signals["f0"].notna() & (signals["time"] > start)]
    signals.loc[voiced[:-frames], "f0"] = np.nan
    assert len(last_unit(talk, signals, start)) == units


def test_a_slip_in_the_last_frame_is_no_movement():
    talk, start = said_last()
    signals = signals_of(talk.sound(), talk.speech)
    voiced = signals.index[signals["f0"].notna() & (signals["time"] > start)]
    signals.loc[voiced, "f0"] = 120.0
    signals.loc[voiced[-1], "f0"] = 150.0
    (found,) = last_unit(talk, signals, start)
    assert found.value == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(("frames", "steps"), [(1, 0), (5, 1)])
def test_there_is_no_step_to_a_syllable_that_is_hardly_voiced(frames, steps):
    talk = varied(Talk())
    at = talk.time
    talk.say(np.repeat([115, 115, 180, 115], RATE // 4), syllables=4)
    signals = signals_of(talk.sound(), talk.speech)
    middle = at + 0.625
    inside = signals.index[signals["time"].between(at + 0.5, at + 0.75)]
    nearest = (signals.loc[inside, "time"] - middle).abs().sort_values().index[:frames]
    signals.loc[inside.difference(nearest), "f0"] = np.nan
    measures, _ = measure_prosody(signals, words_of(*talk.words), talk.speech, ProsodySettings())
    up = [m for m in measures if m.kind == "pitch_step" and at + 0.4 < m.start < at + 0.7 and m.value > 5]
    assert len(up) == steps


@pytest.mark.parametrize(("part", "kinds"), [(vowel(120, 0.4), {"stretch"}), (noise(0.4), set())])
def test_a_word_is_stretched_by_voice_and_not_by_noise_inside_its_edges(part, kinds):
    talk = Talk()
    rng = np.random.default_rng(5)
    for _ in range(24):
        length = float(rng.uniform(0.38, 0.42))
        talk.say(120.0, seconds=length, syllables=1, text="baba.", pause=1.2)
    at = talk.time
    talk.parts += [vowel(120, 0.4), part, silence(1.0)]
    talk.speech.append((at, at + 0.8))
    talk.words.append((at, at + 0.8, "baba."))
    assert {e.tier for e in events(talk.measures(), "stretch", at)} == kinds


def test_the_level_of_a_word_is_that_of_its_voice():
    talk = varied(Talk())
    at = talk.time
    talk.parts += [vowel(120, 0.4), 8 * band_noise(0.6, 2500, 3900), silence(1.0)]
    talk.speech.append((at, at + 1.0))
    talk.words.append((at, at + 1.0, "shush."))
    (level,) = [m for m in talk.measures() if m.kind == "loudness" and m.start == at]
    assert level.value == pytest.approx(3.3, abs=2)  # a held vowel beside others that swell


def creaking(others=()):
    talk = varied(Talk())
    at = talk.time
    talk.parts += [vowel(115, 0.7), creak(38, 0.6), silence(1.0)]
    talk.speech.append((at, at + 1.3))
    spans = [(at + a, at + b) for a, b in others]
    signals = signals_of(talk.sound(), talk.speech, spans)
    return at, signals, events(talk.measures(spans), "creak")


def test_creak_is_not_joined_over_another_voice():
    at, _, alone = creaking()
    assert any(e.start < at + 0.99 and e.end > at + 1.03 for e in alone)
    _, _, parted = creaking([(1.0, 1.02)])
    assert parted
    assert not any(e.start < at + 1.02 and e.end > at + 1.0 for e in parted)


def test_no_pulse_is_counted_that_could_be_anothers():
    at, signals, _ = creaking([(1.0, 1.2)])
    pulses = signals.loc[signals["pulse_rate"].notna() & (signals["time"] > at), "time"] - at
    assert len(pulses)
    assert not pulses.between(0.95, 1.25).any()


def hurried(said: str, language: str):
    """Stretches of five syllables, and one of 1.4 s with `said` in which no more than five are heard."""
    rng = np.random.default_rng(3)
    talk = Talk()
    for _ in range(12):
        length = rng.uniform(0.95, 1.05)
        talk.say(125.0, seconds=length, syllables=5, text="pa ta ka pa ta.")
    at = talk.time
    talk.say(125.0, seconds=1.4, syllables=5, text=said)
    signals = signals_of(talk.sound(), talk.speech)
    words = words_of(*talk.words)
    measures, _ = measure_prosody(signals, words, talk.speech, ProsodySettings(), language=language)
    return [m for m in measures if m.kind == "pace" and m.start >= at - 0.01], measures


@pytest.mark.parametrize(
    ("language", "label", "spelt"), [("en", [], 1.0), ("fi", [], 1.0), ("sv", ["slower"], 0.0)]
)
def test_pace_does_not_depend_on_syllables_that_were_not_heard(language, label, spelt):
    (last,), measures = hurried("pa ta ka pa ta ka pa.", language)
    assert last.details["spelt"] == spelt
    assert last.details["syllables"] == (7 if spelt else 5)
    assert last.details["heard"] == 5
    found = [
        e.label for e in label_voice(measures, LabelSettings()) if e.tier == "pace" and e.end == last.end
    ]
    assert found == label


def test_where_more_syllables_are_heard_than_written_a_word_is_missing_and_there_is_no_pace():
    assert hurried("pa.", "en")[0] == []
    assert hurried("12 pa ta ka pa.", "en")[0] == []


@pytest.mark.parametrize(
    ("pause", "second", "found"), [(0.2, "software", 1), (0.0, "software", 0), (0.2, "hardware", 0)]
)
def test_a_fragment_that_is_not_written_as_one_needs_a_fall_of_the_sound(pause, second, found):
    talk = varied(Talk(), 2)
    at = talk.time
    talk.parts += [vowel(120, 0.3), silence(pause), vowel(120, 0.6), silence(1.0)]
    middle = at + 0.3 + pause
    talk.speech += [(at, at + 0.3), (middle, middle + 0.6)] if pause else [(at, middle + 0.6)]
    talk.words += [(at, at + 0.3, "sof"), (middle, middle + 0.6, second)]
    cuts = events(talk.measures(), "cut_off")
    assert len(cuts) == found
    assert all(cut.details == {"written": 0.0, "resumed": 1.0} and cut.value > 20 for cut in cuts)
