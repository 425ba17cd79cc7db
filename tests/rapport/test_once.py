"""The same words earn once in a step, and one more coding never lowers what they earn."""

from __future__ import annotations

from itertools import chain, combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.rapport.codebook import load_codebook
from pipeline.rapport.once import best_apart
from pipeline.rapport.score import read_actions, score
from pipeline.timeline.table import numbered, timeline
from tests.rapport.test_score import exposure

BOOK = load_codebook()


def acts(*rows):
    """Actions of S to C given as code, start and end."""
    details = {"initiative": "responsive", "to": "C"}
    made = [
        {"participant": "S", "start": start, "end": end, "label": code, "confidence": 0.8, "details": details}
        for code, start, end in rows
    ]
    return read_actions(timeline(numbered(made, "action")))


def step(name, *rows):
    return score(acts(*rows), exposure(), BOOK, ("S",)).steps[name]


def test_a_question_that_goes_on_with_the_others_line_counts_once_for_common_ground():
    asked, aligned = ("open_question", 12.0, 14.0), ("alignment", 10.0, 14.0)
    both = step("common_ground", asked, aligned)
    assert both.score == step("common_ground", asked).score  # the one that is worth more
    assert [part.code for part in both.parts] == ["open_question"]
    assert step("maintaining", asked, aligned).score == step("maintaining", aligned).score > 0


def test_codes_of_other_words_count_each():
    asked, aligned = ("open_question", 15.0, 17.0), ("alignment", 10.0, 14.0)
    both = step("common_ground", asked, aligned)
    assert both.score > step("common_ground", asked).score
    touching = step("common_ground", ("open_question", 13.95, 17.0), aligned)
    assert len(touching.parts) == 2


def test_a_joke_in_small_talk_counts_beside_the_time_that_the_talk_takes():
    chat, joke = ("small_talk", 10.0, 70.0), ("humour", 20.0, 22.0)
    assert {part.code for part in step("breaking_the_ice", chat, joke).parts} == {"small_talk", "humour"}


def test_words_can_count_for_a_step_and_against_it():
    parts = step("common_ground", ("open_question", 10.0, 12.0), ("topic_shift", 10.0, 12.0)).parts
    assert {part.code for part in parts} == {"open_question", "topic_shift"}
    against = step("common_ground", ("missed_opportunity", 2.0, 12.0), ("topic_shift", 10.0, 12.0)).parts
    assert len(against) == 1


def test_a_nod_of_listening_counts_beside_the_words_that_follow_it():
    parts = step("maintaining", ("minimal_response", 10.0, 12.0), ("alignment", 11.5, 14.0)).parts
    assert {part.code for part in parts} == {"minimal_response", "alignment"}


def brute(spans, worth):
    sets = chain.from_iterable(combinations(range(len(spans)), n) for n in range(len(spans) + 1))
    apart = (
        chosen
        for chosen in sets
        if all(spans[a][1] <= spans[b][0] or spans[b][1] <= spans[a][0] for a, b in combinations(chosen, 2))
    )
    return max(sum(worth[i] for i in chosen) for chosen in apart)


spans_drawn = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 8), st.floats(0, 10)).map(
        lambda t: (t[0], t[0] + t[1], t[2])
    ),
    max_size=8,
)


@settings(max_examples=100, deadline=None)
@given(spans_drawn)
def test_what_is_kept_does_not_overlap_and_is_worth_most(rows):
    spans, worth = [row[:2] for row in rows], [row[2] for row in rows]
    kept = best_apart(spans, worth)
    ordered = sorted(spans[i] for i in kept)
    assert all(a[1] <= b[0] for a, b in pairwise(ordered))
    assert sum(worth[i] for i in kept) == pytest.approx(brute(spans, worth))


actions_drawn = st.lists(
    st.tuples(st.sampled_from(sorted(BOOK.codes)), st.integers(0, 40), st.integers(1, 20)).map(
        lambda t: (t[0], float(t[1]), float(t[1] + t[2]))
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(actions_drawn, actions_drawn.filter(bool))
def test_scores_of_overlapping_codings_are_monotone(rows, more):
    for name, before in score(acts(*rows), exposure(), BOOK, ("S",)).steps.items():
        code = BOOK.codes[more[0][0]]
        after = step(name, *rows, more[0]).score
        assert (after <= before.score + 1e-9) if code.counter else (after >= before.score - 1e-9)
