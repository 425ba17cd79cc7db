"""Time is shared out exactly; sampling it finely comes to the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from pipeline.agreement.coefficients import cohen_kappa
from pipeline.agreement.seconds import share_out
from tests.agreement.made import LENGTH, apart, event, events

WHOLE = np.array([0.0, LENGTH])
SLICES = np.arange(0.05, LENGTH, 0.1)
"""Middles of slices of 0.1 s, the grid on which the made events lie."""


def sampled(coding, people):
    """What a coder has in every slice of everybody, as a string."""
    return [
        "+".join(sorted({e.label for e in coding if e.participant == who and e.start < t < e.end}))
        for who in people
        for t in SLICES
    ]


def test_seconds_of_each_and_of_both():
    a = [event(0, 10, "x"), event(5, 12, "x"), event(0, 4, "x", who="C")]
    b = [event(8, 20, "y"), event(3, 3, "y")]
    assert share_out(a, b, WHOLE).covered() == pytest.approx((16, 12, 4))


def test_blocks_divide_the_seconds():
    table = share_out([event(50, 70)], [], np.array([0.0, 60.0, 120.0])).table(2)
    assert table[:, 1, 0].tolist() == [10, 10] and table[:, 0, 0].tolist() == [50, 50]


@settings(deadline=None, max_examples=30)
@given(events(), events())
def test_kappa_over_time_is_that_of_fine_slices(a, b):
    metrics = pytest.importorskip("sklearn.metrics")
    people = sorted({e.participant for e in (*a, *b)})
    shares = share_out(a, b, WHOLE)
    one, other = sampled(a, people), sampled(b, people)
    kappa = float(cohen_kappa(shares.table(1).sum(0)))
    if len({*one, *other}) < 2:
        assert np.isnan(kappa)
    else:
        assert kappa == pytest.approx(metrics.cohen_kappa_score(one, other), abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(apart(), apart())
def test_shared_time_is_pyannotes(a, b):
    core = pytest.importorskip("pyannote.core")
    detection = pytest.importorskip("pyannote.metrics.detection")
    if not a or not b:
        return
    sides = []
    for coding in (a, b):
        annotation = core.Annotation()
        for number, one in enumerate(coding):
            annotation[core.Segment(one.start, one.end), number] = "x"
        sides.append(annotation)
    uem = core.Timeline([core.Segment(0, LENGTH)])
    components = detection.DetectionPrecisionRecallFMeasure()(*sides, uem=uem, detailed=True)
    mine, theirs, both = share_out(a, b, WHOLE).covered()
    assert both == pytest.approx(components["relevant retrieved"], abs=1e-6)
    assert (theirs, mine) == pytest.approx((components["retrieved"], components["relevant"]), abs=1e-6)
