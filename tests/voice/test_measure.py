import numpy as np
import pytest

from pipeline.voice.loudness import band_levels
from pipeline.voice.measure import SignalSettings, voice_signals
from pipeline.voice.signals import SIGNALS
from tests.voice.meetings import signals_of
from tests.voice.voices import band_noise, silence, sound_of, vowel

MEASURED = [name for name in SIGNALS if name not in ("time", "speaking")]


def test_rows_lie_around_speech_and_pitch_only_in_it():
    table = signals_of(sound_of(silence(4.0), vowel(140, 2.0), silence(4.0)), [(4.0, 6.0)])
    assert table["time"].min() == pytest.approx(2.505)
    assert table["time"].max() == pytest.approx(7.495)
    talks = table["speaking"] == 1
    assert talks.sum() == 200
    assert table.loc[talks, "f0"].median() == pytest.approx(140, rel=0.01)
    assert table.loc[~talks, "f0"].isna().all()
    assert table.loc[talks, "hnr"].median() > 20


def test_nothing_is_measured_where_somebody_else_is_heard():
    table = signals_of(sound_of(vowel(140, 3.0)), [(0.0, 3.0)], [(1.0, 2.0)])
    both = table["time"].between(1, 2)
    assert table.loc[both, MEASURED].isna().all(axis=None)
    assert table.loc[~both, "f0"].notna().mean() > 0.95
    assert table.loc[both, "speaking"].eq(1).all()


def test_a_sibilant_has_no_pitch_and_a_clipped_voice_no_harmonics():
    sound = sound_of(vowel(140, 1.0), band_noise(1.0, 4500, 7500), np.clip(20 * vowel(140, 1.0), -1, 1))
    table = signals_of(sound, [(0.0, 3.0)])
    assert table["f0"][110:190].isna().all()
    assert table["hnr"][10:90].notna().all()
    assert table["hnr"][210:290].isna().all()
    assert table["f0"][210:290].median() == pytest.approx(140, rel=0.01)


def test_another_tracker_may_find_the_pitch():
    praat_pitch = pytest.importorskip("pipeline.voice.praat_pitch")
    pytest.importorskip("parselmouth")
    sound = sound_of(vowel(140, 2.0))
    table = voice_signals(
        "A", sound, band_levels(sound), [(0, 2)], [], SignalSettings(), tracker=praat_pitch.track_pitch
    )
    assert table["f0"].median() == pytest.approx(140, rel=0.005)
