"""Whose voice is whose, and when somebody speaks alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.enrolment.alone import SHORTEST, alone
from pipeline.enrolment.assign import MARGIN, THRESHOLD, assign
from pipeline.enrolment.prints import spread
from pipeline.timeline.table import timeline
from pipeline.timeline.turns import NO_WORDS

SIMILARITIES = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda shape: arrays(float, shape, elements=st.floats(-1, 1).map(lambda x: round(x, 2)))
)


@given(SIMILARITIES, st.sets(st.integers(0, 4)))
def test_nobody_is_two_voices_and_a_name_is_clear(similarity: np.ndarray, taken: set[int]):
    found = assign(similarity, taken)
    named = [match.person for match in found if match.person is not None]
    assert len(named) == len(set(named)) and not taken & set(named)
    for row, match in zip(similarity, found, strict=True):
        if match.person is not None:
            others = np.delete(row, match.person)
            assert row[match.person] >= THRESHOLD
            assert row[match.person] - others.max(initial=-1.0) >= MARGIN
        assert (match.why == "") == (match.person is not None)


@given(SIMILARITIES, st.randoms(use_true_random=False))
def test_the_order_of_voices_does_not_matter(similarity: np.ndarray, chance):
    similarity = similarity + np.arange(similarity.size).reshape(similarity.shape) * 1e-6  # no ties
    order = list(range(len(similarity)))
    chance.shuffle(order)
    assert assign(similarity[order]) == [assign(similarity)[i] for i in order]


@pytest.mark.parametrize(
    ("similarity", "taken", "persons", "why"),
    [
        ([[0.8, 0.1], [0.1, 0.7]], (), [0, 1], ["", ""]),
        ([[0.8, 0.1], [0.6, 0.1]], (), [0, None], ["", "taken"]),  # one person heard as two voices
        ([[0.44, 0.1]], (), [None], ["far"]),
        ([[0.6, 0.55]], (), [None], ["close"]),
        ([[0.6, 0.1]], (0,), [None], ["taken"]),
        ([[0.6, 0.55]], (0,), [None], ["close"]),  # no second choice because the first is taken
    ],
)
def test_worked_examples(similarity, taken, persons, why):
    found = assign(np.array(similarity), taken)
    assert [match.person for match in found] == persons
    assert [match.why for match in found] == why


def row(name: str, tier: str, who: str, start: float, end: float, **more):
    return {"id": name, "tier": tier, "participant": who, "start": start, "end": end, **more}


TALK = [
    row("turn-1", "turn", "A", 0.0, 10.0, text="so"),
    row("turn-2", "turn", "B", 4.0, 5.0, text="yes"),
    row("turn-3", "turn", "A", 20.0, 25.0, text="well"),
    row("turn-4", "turn", "A", 30.0, 33.0, label=NO_WORDS),
    row("pause-1", "pause", "A", 7.0, 8.0),
    row("pause-2", "pause", "B", 1.0, 2.0),
    row("laughter-1", "laughter", "", 21.0, 22.0),
]


def spans(rows) -> list[tuple[float, float]]:
    return [(round(start, 2), round(end, 2)) for start, end in alone(timeline(rows), "A")]


def test_alone_is_without_others_pauses_laughter_and_what_holds_no_words():
    assert spans(TALK) == [(0, 4), (5, 7), (8, 10), (20, 21), (22, 25)]
    assert alone(timeline(TALK), "C") == []


def test_corrections_count_and_rejected_rows_do_not():
    moved = {**TALK[2], "end": 23.5, "status": "edited", "coder": "AK"}
    rejected = [{**TALK[i], "status": "rejected", "coder": "AK"} for i in (1, 6)]
    assert spans([TALK[0], moved, *TALK[3:6], *rejected]) == [(0, 7), (8, 10), (20, 23.5)]


BOUNDS = st.lists(st.tuples(st.floats(0, 60), st.floats(0.0, 9)), min_size=1, max_size=8)


@given(BOUNDS, BOUNDS)
def test_nobody_else_speaks_where_somebody_speaks_alone(mine, others):
    rows = [row(f"turn-a{i}", "turn", "A", s, s + d, text="so") for i, (s, d) in enumerate(mine)]
    rows += [row(f"turn-b{i}", "turn", "B", s, s + d, text="so") for i, (s, d) in enumerate(others)]
    table = pd.DataFrame([{"label": "", "status": "auto", **one} for one in rows])
    found = alone(table, "A")
    for start, end in found:
        assert end - start >= SHORTEST - 0.011
        assert all(end <= s + 1e-6 or start >= s + d - 1e-6 for s, d in others if d > 1e-3)
        middle = (start + end) / 2
        assert any(s - 0.01 <= middle <= s + d + 0.01 for s, d in mine)
    assert all(a[1] < b[0] for a, b in pairwise(found))


def test_much_talk_is_listened_to_in_pieces_of_all_of_it():
    talk = [(float(at), at + 50.0) for at in range(0, 3600, 60)]
    chosen = spread(talk, 120.0)
    assert 110 <= sum(end - start for start, end in chosen) <= 120
    assert chosen[0][0] == 0 and chosen[-1][0] > 3500
    assert spread(talk[:2], 120.0) == talk[:2]
