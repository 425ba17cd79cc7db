import numpy as np
import pytest

from pipeline.media.sound import RATE
from pipeline.voice.labels import LabelSettings, label_voice
from pipeline.voice.prosody import ProsodySettings, measure_prosody
from tests.voice.meetings import Talk, curve, measured, signals_of, words_of
from tests.voice.test_quality import creak
from tests.voice.voices import noise, silence, sound_of, swell, telephone, vowel, whisper

LABELS = LabelSettings()


def varied(talk: Talk, times: int = 12) -> Talk:
    """Ordinary talk, so that there is something usual: pitch, level and rate vary a little."""
    rng = np.random.default_rng(8)
    for i in range(times):
        points = 120 * 2 ** (rng.normal(0, 1.5, 5) / 12)
        length = 0.9 + 0.05 * (i % 5)
        talk.say(curve(*points, seconds=length), seconds=length, gain=10 ** (rng.normal(0, 1.5) / 20))
    return talk


def events(measures, tier: str, start: float = -1.0, end: float = 1e9):
    found = [e for e in label_voice(measures, LABELS) if e.tier == tier]
    return [e for e in found if e.end > start and e.start < end]


@pytest.mark.parametrize(
    ("points", "label", "value"),
    [
        ((130, 130, 130, 180), "rising", 5.6),
        ((130, 130, 130, 95), "falling", -5.4),
        ((130, 130, 130, 132), "level", 0.0),
    ],
)
@pytest.mark.parametrize("change", ["clean", "telephone", "noise"])
def test_final_intonation_of_a_known_movement(points, label, value, change):
    talk = varied(Talk())
    at = talk.time
    # swell would end in the dip where pitch is not heard: the last syllable is held
    talk.parts += [vowel(curve(*points, seconds=0.9), 0.9), silence(1.0)]
    talk.speech.append((at, at + 0.9))
    talk.words.append((at, at + 0.9, "well"))
    samples = np.concatenate(talk.parts)
    samples = telephone(samples) if change == "telephone" else samples
    samples = samples + 0.1 * noise(len(samples) / RATE) if change == "noise" else samples
    sound = sound_of(samples, floor=0.0003)
    found = events(measured(sound, talk.speech, words_of(*talk.words)), "intonation", at, at + 1)
    assert [e.label for e in found] == [label]
    assert found[0].value == pytest.approx(value, abs=0.8)


def test_steps_of_pitch_up_and_down():
    talk = varied(Talk())
    at = talk.time
    talk.say(np.repeat([115, 115, 180, 115], RATE // 4), syllables=4)
    found = events(talk.measures(), "pitch_step", at + 0.1, at + 1)
    assert found[0].label == "up"
    assert found[0].value == pytest.approx(7.8, abs=0.5)
    assert found[0].start == pytest.approx(at + 0.5, abs=0.05)


@pytest.mark.parametrize(("gain", "label", "value"), [(3.0, "louder", 9.5), (0.3, "quieter", -10.5)])
def test_loud_and_quiet_units(gain, label, value):
    talk = varied(Talk())
    at = talk.time
    talk.say(gain=gain)
    found = events(varied(talk, 3).measures(), "loudness", at, at + 1)
    assert [e.label for e in found] == [label]
    assert found[0].value == pytest.approx(value, abs=2)
    assert (found[0].start, found[0].end) == pytest.approx((at, at + 1), abs=0.01)


@pytest.mark.parametrize(("syllables", "label"), [(7, "faster"), (5, "")])
def test_pace_against_the_speakers_own(syllables, label):
    rng = np.random.default_rng(3)
    talk = Talk()
    for _ in range(12):
        length = rng.uniform(0.95, 1.1)
        talk.say(curve(120, 130, seconds=length), seconds=length, syllables=5)
    at = talk.time
    talk.say(syllables=syllables, seconds=1.0)
    found = events(talk.measures(), "pace", at, at + 1)
    assert [e.label for e in found] == ([label] if label else [])
    if label:
        assert found[0].details["rate"] == pytest.approx(7, abs=0.5)


def test_a_louder_higher_word_is_stressed():
    talk = varied(Talk(), 10)
    at = talk.time
    talk.say(np.repeat([120, 120, 160, 120], RATE // 4), syllables=4)
    strong = slice(round(0.5 * RATE), round(0.75 * RATE))
    talk.parts[-2][strong] *= 2.5
    found = events(talk.measures(), "stress", at, at + 1)
    assert [e.start for e in found] == pytest.approx([at + 0.5], abs=0.01)


def test_creak_at_the_end_of_a_unit():
    talk = varied(Talk())
    at = talk.time
    talk.parts += [vowel(115, 0.7), creak(38, 0.4), silence(1.0)]
    talk.speech.append((at, at + 1.1))
    found = events(talk.measures(), "creak")
    assert len(found) == 1
    assert found[0].start == pytest.approx(at + 0.75, abs=0.12)
    assert found[0].value == pytest.approx(38, rel=0.2)


def test_a_cut_off_says_how_the_sound_falls():
    talk = varied(Talk(), 2)
    at = talk.time
    talk.parts += [vowel(120, 0.3), silence(1.0)]
    talk.speech.append((at, at + 0.3))
    talk.words.append((at, at + 0.3, "wor-"))
    found = events(talk.measures(), "cut_off")
    assert len(found) == 1
    assert found[0].value > 20


def test_of_a_whisper_nothing_is_measured_that_rests_on_a_voice():
    talk = varied(Talk())
    at = talk.time
    talk.parts += [0.3 * swell(whisper(2.0), 8), silence(1.0)]
    talk.speech.append((at, at + 2.0))
    talk.words.append((at, at + 2.0, "psst."))
    measures = talk.measures()
    kinds = {m.kind for m in measures if m.end > at and m.start < at + 2 and m.kind != "breath"}
    assert kinds == set()


def test_nothing_is_said_where_two_are_heard():
    talk = varied(Talk())
    others = [(talk.speech[3][0] - 0.2, talk.speech[3][1] + 0.2)]
    touched = [m for m in talk.measures(others) if m.end > others[0][0] and m.start < others[0][1]]
    assert touched == []


def test_a_meeting_of_one_word_has_no_usual_and_nothing_relative():
    talk = Talk().say(curve(120, 180, seconds=0.5), seconds=0.5, syllables=1, text="Yes?")
    kinds = {m.kind for m in talk.measures()}
    assert kinds <= {"intonation"}
    assert measure_prosody(signals_of(talk.sound(), []), words_of(), [], ProsodySettings()) == ([], [])


def test_no_value_is_nan_and_every_quality_is_a_share():
    for m in varied(Talk()).measures():
        assert np.isfinite([m.start, m.end, m.value, m.quality, *m.details.values()]).all()
        assert m.start < m.end
        assert 0 <= m.quality <= 1


@pytest.mark.parametrize("late", [0.0, 0.001, 0.004, 0.006, 0.009])
def test_an_intonation_of_a_last_frame_does_not_start_after_its_end(late):
    talk = varied(Talk())
    start, end = talk.words[-1][0], talk.speech[-1][1]
    signals = signals_of(sound_of(np.concatenate(talk.parts)), talk.speech)
    voiced = signals.index[signals["f0"].notna() & signals["time"].between(start, end)]
    last = signals.loc[voiced[-1], "time"]
    signals.loc[voiced, "f0"] = 120.0
    signals.loc[voiced[-1], "f0"] = 150.0
    words = [*talk.words[:-1], (start, last - late, talk.words[-1][2])]
    measures, _ = measure_prosody(signals, words_of(*words), talk.speech, ProsodySettings())
    assert any(m.kind == "intonation" and m.end == pytest.approx(last - late) for m in measures)
    assert all(m.start <= m.end for m in measures)
