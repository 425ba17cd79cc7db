import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.voice.signals import (
    HOP,
    SIGNALS,
    frame_count,
    frame_times,
    frames_in,
    semitones,
    signal_table,
)


def test_frames_lie_in_the_middle_of_their_ten_milliseconds():
    assert frame_count(1.0) == 100
    assert frame_count(1.001) == 101
    assert frame_times(3) == pytest.approx([0.005, 0.015, 0.025])
    assert len(frame_times(0)) == 0


@given(st.lists(st.tuples(st.floats(0, 4), st.floats(0, 1)), max_size=5), st.floats(0, 0.5))
def test_frames_in_spans_are_those_whose_middle_is_inside(pairs, margin):
    spans = [(start, start + length) for start, length in pairs]
    mask, times = frames_in(spans, 600, margin), frame_times(600)
    for inside, time in zip(mask, times, strict=True):
        near = [min(time - (s - margin), (e + margin) - time) for s, e in spans]
        if near and abs(max(near, key=lambda x: x)) > 1e-5:
            assert inside == (max(near) > 0)


def test_a_table_says_nothing_of_what_was_not_measured():
    table = signal_table("A", {"time": frame_times(5), "level": np.full(5, -20.0)})
    assert list(table.columns) == ["participant", *SIGNALS]
    assert table["level"].tolist() == [-20.0] * 5
    assert table["f0"].isna().all()
    assert len(signal_table("A", {"time": np.zeros(0)})) == 0


def test_semitones():
    assert semitones(200, 100) == pytest.approx(12)
    assert np.isnan(semitones(np.nan, 100))
    assert HOP == 0.01
