"""Events are matched one to one, as many and as near as possible."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.agreement.events import Criterion, Pair, match, match_all
from tests.agreement.made import apart, event, events

HALF_SECOND = Criterion(tolerance=0.5)


def times(pairs):
    return [((pair.a.start, pair.a.end), (pair.b.start, pair.b.end)) for pair in pairs]


def test_events_that_share_sixty_percent_of_the_longer_are_the_same():
    found = match([event(0, 10), event(20, 30)], [event(0, 6), event(20, 25.9)], Criterion())
    assert times(found.pairs) == [((0, 10), (0, 6))]
    assert [e.start for e in found.only_a] == [20] and [e.start for e in found.only_b] == [20]


def test_with_a_tolerance_both_edges_count():
    a = [event(1, 2), event(5, 6), event(10, 11)]
    found = match(a, [event(1.5, 1.6), event(5.6, 6), event(10, 11.5)], HALF_SECOND)
    assert times(found.pairs) == [((1, 2), (1.5, 1.6)), ((10, 11), (10, 11.5))]


def test_moments_without_length_are_compared_by_their_edges():
    found = match([event(3, 3), event(8, 8)], [event(3.05, 3.08), event(8.2, 8.2)], Criterion())
    assert times(found.pairs) == [((3, 3), (3.05, 3.08))]


def test_each_event_has_one_partner_and_the_nearest_arrangement_is_taken():
    # 4.0 could take either; only if it takes the second does 3.4 find one, too.
    found = match_all([event(3.4, 4.4), event(4, 5)], [event(3.8, 4.8), event(4.4, 5.4)], HALF_SECOND)
    assert times(found.pairs) == [((3.4, 4.4), (3.8, 4.8)), ((4, 5), (4.4, 5.4))]


def test_among_codes_that_overlap_the_same_code_is_the_partner():
    a = [event(0, 10, "story"), event(1, 10, "smile")]
    found = match(a, [event(0, 10, "smile")], Criterion())
    assert [(pair.a.label, pair.b.label) for pair in found.pairs] == [("smile", "smile")]
    assert [e.label for e in found.only_a] == ["story"]


def test_another_persons_event_is_no_partner():
    found = match([event(0, 1, who="S")], [event(0, 1, who="C")], Criterion())
    assert not found.pairs and len(found.only_a) == len(found.only_b) == 1


def test_overlap_is_intersection_over_union():
    assert Pair(event(0, 10), event(5, 15)).overlap == pytest.approx(1 / 3)
    assert Pair(event(0, 1), event(2, 3)).overlap == 0
    assert Pair(event(2, 2), event(2, 2)).overlap == 1
    assert (Pair(event(1, 2), event(1.5, 1.8)).onset, Pair(event(1, 2), event(1.5, 1.8)).offset) == (
        0.5,
        pytest.approx(-0.2),
    )


criteria = st.one_of(
    st.sampled_from([0.05, 0.3, 0.6, 1.0]).map(Criterion),
    st.sampled_from([0.0, 0.2, 1.0, 5.0]).map(lambda seconds: Criterion(tolerance=seconds)),
)


@settings(deadline=None)
@given(events(), events(), criteria)
def test_nothing_is_lost_and_nothing_is_used_twice(a, b, criterion):
    found = match(a, b, criterion)
    assert sorted([*(pair.a for pair in found.pairs), *found.only_a]) == sorted(a)
    assert sorted([*(pair.b for pair in found.pairs), *found.only_b]) == sorted(b)
    assert all(pair.a.participant == pair.b.participant for pair in found.pairs)


@settings(deadline=None)
@given(events(), criteria)
def test_a_coding_is_the_same_as_itself(a, criterion):
    found = match(a, a, criterion)
    assert all(pair.a == pair.b for pair in found.pairs) and len(found.pairs) == len(a)


@settings(deadline=None)
@given(events(), events(), criteria)
def test_the_order_of_the_coders_does_not_change_how_many_match(a, b, criterion):
    one, other = match(a, b, criterion), match(b, a, criterion)
    assert len(one.pairs) == len(other.pairs)
    same = [sum(pair.a.label == pair.b.label for pair in found.pairs) for found in (one, other)]
    assert same[0] == same[1]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 10)), max_size=5),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 10)), max_size=5),
    criteria,
)
def test_as_many_match_as_can_by_trying_all_ways(first, second, criterion):
    a, b = ([event(s / 10, (s + n) / 10) for s, n in spans] for spans in (first, second))
    a, b = (a, b) if len(a) <= len(b) else (b, a)

    def allowed(x, y):
        if criterion.tolerance is not None:
            return max(abs(x.start - y.start), abs(x.end - y.end)) <= criterion.tolerance + 1e-9
        if min(x.duration, y.duration) < 0.1 - 1e-9:
            return max(abs(x.start - y.start), abs(x.end - y.end)) <= 0.1 + 1e-9
        both = min(x.end, y.end) - max(x.start, y.start)
        return both >= criterion.overlap * max(x.duration, y.duration) - 1e-9

    most = max(
        sum(allowed(x, y) for x, y in zip(a, order, strict=False))
        for order in itertools.permutations(b, len(a))
    )
    assert len(match_all(a, b, criterion).pairs) == most


@settings(deadline=None)
@given(apart(labels="x"), apart(labels="x"))
def test_matching_by_edges_is_mir_evals(a, b):
    transcription = pytest.importorskip("mir_eval.transcription")
    if not a or not b:
        return
    spans = [np.array([(e.start, e.end) for e in side]) for side in (a, b)]
    pitches = [np.full(len(span), 440.0) for span in spans]
    precision, recall, f1, _ = transcription.precision_recall_f1_overlap(
        spans[0], pitches[0], spans[1], pitches[1],
        onset_tolerance=0.55, offset_ratio=0.0, offset_min_tolerance=0.55,
    )  # fmt: skip
    pairs = len(match(a, b, Criterion(tolerance=0.55)).pairs)
    assert pairs / len(b) == pytest.approx(precision) and pairs / len(a) == pytest.approx(recall)
    assert 2 * pairs / (len(a) + len(b)) == pytest.approx(f1)
