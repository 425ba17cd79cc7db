from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.voice.labels import TIERS, LabelSettings, VoiceEvent, alone_in_their_time, label_voice
from pipeline.voice.measures import Measure

SETTINGS = LabelSettings()


def one(measure: Measure, settings: LabelSettings = SETTINGS) -> tuple[str, str] | None:
    events = label_voice([measure], settings)
    return (events[0].tier, events[0].label) if events else None


@pytest.mark.parametrize(
    ("value", "seconds", "low", "label"),
    [
        (-5.0, 0.2, 0.5, "falling"),
        (4.0, 0.2, 0.5, "rising"),
        (2.0, 0.2, 0.5, "level"),
        (-2.0, 0.2, 0.5, "level"),
        (-2.0, 0.2, 0.05, "falling"),
        (4.0, 0.03, 0.5, "level"),
    ],
)
def test_final_intonation(value, seconds, low, label):
    measure = Measure("intonation", 1, 2, value, 0.9, {"seconds": seconds, "end": -3.0, "low": low})
    assert one(measure) == ("intonation", label)


def test_without_the_speakers_range_only_a_clear_fall_is_one():
    assert one(Measure("intonation", 1, 2, -2.0, 0.9, {"seconds": 0.2})) == ("intonation", "level")


@pytest.mark.parametrize(
    ("measure", "event"),
    [
        (Measure("pitch_step", 0, 1, 5.0, 1, {"spreads": 3.0, "to": 4.0}), ("pitch_step", "up")),
        (Measure("pitch_step", 0, 1, -5.0, 1, {"spreads": 3.0, "to": -4.0}), ("pitch_step", "down")),
        (Measure("pitch_step", 0, 1, 5.0, 1, {"spreads": 3.0, "to": -1.0}), None),
        (Measure("pitch_step", 0, 1, 5.0, 1, {"spreads": 1.0, "to": 4.0}), None),
        (Measure("pitch_step", 0, 1, 12.5, 1, {"spreads": 5.0, "to": 9.0}), None),
        (Measure("stress", 0, 1, 2.0, 1, {"level": 2.0, "pitch": 2.0}), ("stress", "")),
        (Measure("stress", 0, 1, 1.0, 1, {"level": 1.0, "pitch": 1.0}), None),
        (Measure("stretch", 0, 1, 2.0, 1, {"expected": 0.3, "spreads": 3.0, "voiced": 0.9}), ("stretch", "")),
        (Measure("stretch", 0, 1, 2.0, 1, {"expected": 0.3, "spreads": 3.0, "voiced": 0.2}), None),
        (Measure("pace", 0, 1, 1.3, 1, {"rate": 6, "syllables": 9, "spreads": 2.0}), ("pace", "faster")),
        (Measure("pace", 0, 1, 0.7, 1, {"rate": 3, "syllables": 9, "spreads": -2.0}), ("pace", "slower")),
        (Measure("pace", 0, 1, 1.1, 1, {"rate": 5, "syllables": 9, "spreads": 2.0}), None),
        (Measure("creak", 0, 0.2, 40.0, 1, {"below": 14.0}), ("creak", "")),
        (Measure("creak", 0, 0.2, 90.0, 1, {"below": 2.0}), None),
        (Measure("creak", 0, 0.2, 40.0, 1), None),
        (Measure("cut_off", 0, 1, 3.0, 1, {"written": 1, "resumed": 0}), ("cut_off", "")),
        (Measure("cut_off", 0, 1, 30.0, 1, {"written": 0, "resumed": 1}), ("cut_off", "")),
        (Measure("cut_off", 0, 1, 3.0, 1, {"written": 0, "resumed": 1}), None),
    ],
)
def test_thresholds(measure, event):
    assert one(measure) == event


def test_louder_words_in_a_row_are_one_event():
    words = [Measure("loudness", i, i + 0.9, v, 1.0) for i, v in enumerate([0, 7, 9, 8, 0, -8, 7])]
    events = label_voice(words, SETTINGS)
    assert [(e.label, e.start, e.end, e.value) for e in events] == [
        ("louder", 1, 3.9, 8.0),
        ("quieter", 5, 5.9, -8.0),
        ("louder", 6, 6.9, 7.0),
    ]
    brief = [Measure("loudness", 0, 0.2, 9.0, 1.0)]
    assert label_voice(brief, SETTINGS) == []


@given(st.lists(st.tuples(st.floats(-12, 12), st.floats(0, 4)), max_size=20), st.floats(0, 4))
def test_a_higher_threshold_finds_no_more(steps, more):
    measures = [
        Measure("pitch_step", float(i), i + 0.5, value, 1.0, {"spreads": spreads, "to": value})
        for i, (value, spreads) in enumerate(steps)
    ]
    few = label_voice(measures, replace(SETTINGS, step=SETTINGS.step + more))
    many = label_voice(measures, SETTINGS)
    assert {(e.start, e.label) for e in few} <= {(e.start, e.label) for e in many}
    assert all(0 <= e.confidence <= 1 and e.tier in TIERS for e in many)


def test_on_one_track_a_breath_is_one_persons():
    mine = VoiceEvent("breath_in", 1.0, 1.4, "", -20, 0.9)
    theirs = VoiceEvent("breath_out", 1.0, 1.4, "", -20, 0.5)
    stress = VoiceEvent("stress", 1.1, 1.3, "", 2.0, 0.4)
    later = VoiceEvent("breath_out", 5.0, 5.4, "", -20, 0.1)
    found = alone_in_their_time({"A": [mine, stress], "B": [theirs, later]})
    assert found == {"A": [mine, stress], "B": [later]}
