"""Coverage is what pyannote.core says it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyannote.core import Segment, Timeline

from pipeline.intervals import coverage

times = st.integers(0, 200).map(lambda tenths: tenths / 10)


@given(st.lists(st.tuples(times, times)), times, times)
def test_coverage_is_the_duration_of_the_crop(pairs, first, second):
    spans = [tuple(sorted(pair)) for pair in pairs]
    start, end = sorted((first, second))
    expected = Timeline(Segment(*s) for s in spans if s[1] > s[0]).support()
    cropped = expected.crop(Segment(start, end)).duration() if end > start else 0.0
    assert coverage(spans)(start, end) == pytest.approx(cropped)
