import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.voice.signals import frame_times, signal_table
from pipeline.voice.units import UnitSettings, turn_units
from tests.voice.meetings import words_of

SETTINGS = UnitSettings()
NOTHING = signal_table("A", {"time": frame_times(0)})


def texts(words: pd.DataFrame, units) -> list[str]:
    return [" ".join(words["text"].iloc[list(unit.words)]) for unit in units]


def test_a_sentence_ends_a_unit_without_a_silence():
    words = words_of((0, 0.5, "Hello."), (0.5, 0.8, "How"), (0.8, 1.2, "are"), (1.2, 1.6, 'you?"'))
    units = turn_units(words, [(0, 1.6)], NOTHING, SETTINGS)
    assert texts(words, units) == ["Hello.", 'How are you?"']
    assert (units[1].start, units[1].end) == (0.5, 1.6)


@pytest.mark.parametrize(
    ("silence", "mark", "ends"), [(0.3, "", 1), (0.3, ",", 1), (0.7, ",", 2), (1.1, "", 2)]
)
def test_a_silence_alone_must_be_long_and_after_a_clause_less_so(silence, mark, ends):
    words = words_of((0, 0.5, "well" + mark), (0.5 + silence, 1 + silence, "yes"))
    assert len(turn_units(words, [(0, 0.5), (0.5 + silence, 1 + silence)], NOTHING, SETTINGS)) == ends


def test_a_fall_and_a_reset_of_pitch_help_a_silence():
    """0.5 s of silence are not enough; with the pitch falling before it and begun anew after it they are."""
    words = words_of((0.0, 0.5, "well"), (1.0, 1.5, "yes"))
    falling = [130.0] * 25 + [100.0] * 25
    frames = {"time": frame_times(150), "f0": [*falling, *[float("nan")] * 50, *[140.0] * 50]}
    spans = [(0.0, 0.5), (1.0, 1.5)]
    assert len(turn_units(words, spans, NOTHING, SETTINGS)) == 1
    assert len(turn_units(words, spans, signal_table("A", frames), SETTINGS)) == 2


def test_talk_without_words_is_parted_by_silence():
    units = turn_units(
        words_of((5.0, 6.0, "so")), [(0, 1), (1.4, 2), (3.5, 4), (4.9, 6.1)], NOTHING, SETTINGS
    )
    assert [(unit.start, unit.end, unit.words) for unit in units] == [
        (0, 2, ()),
        (3.5, 4, ()),
        (5.0, 6.0, (0,)),
    ]
    assert turn_units(words_of(), [], NOTHING, SETTINGS) == []


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.01, 1), st.floats(0, 2), st.sampled_from(["a", "b.", "c,", "d?", "-"])),
        max_size=12,
    )
)
def test_every_word_is_in_exactly_one_unit(pieces):
    at, rows = 0.0, []
    for length, silence, text in pieces:
        rows.append((at, at + length, text))
        at += length + silence
    words = words_of(*rows)
    units = turn_units(words, [(start, end) for start, end, _ in rows], NOTHING, SETTINGS)
    assert [i for unit in units for i in unit.words] == list(range(len(rows)))
    assert all(unit.start <= unit.end for unit in units)
