"""Words side by side."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.agreement.words import align, compare_words, normal
from tests.agreement.made import event


def said(text, who="S", start=0.0, step=0.4):
    """Words one after the other."""
    return [
        event(start + step * i, start + step * i + 0.3, who=who, text=word)
        for i, word in enumerate(text.split())
    ]


def test_case_and_punctuation_do_not_count():
    assert normal("»Really?«") == normal("really") == "really"
    assert normal("don't.") == "don't" and normal("Straße") == normal("STRASSE")
    assert normal("...") == "..."  # a word of punctuation alone stays one


def test_words_are_the_same_changed_or_one_coders_alone():
    found = compare_words(said("we went to Porto last year"), said("we want to Porto year okay"))
    assert [(p.a.text, p.b.text) for p in found.changed] == [("went", "want")]
    assert [w.text for w in found.only_a] == ["last"] and [w.text for w in found.only_b] == ["okay"]
    assert [p.a.text for p in found.same] == ["we", "to", "Porto", "year"]


def test_a_word_that_was_given_to_somebody_else_is_still_the_same_word():
    a = said("so that is it") + said("mm", who="C", start=0.9)
    b = said("so that mm is it")
    found = compare_words(a, b)
    assert [(p.a.participant, p.b.participant) for p in found.other_person] == [("C", "S")]
    assert not found.only_a and not found.only_b and len(found.same) == 4


def test_the_same_word_minutes_later_is_another_word():
    found = compare_words(said("yes"), said("yes", start=200))
    assert not found.same and len(found.only_a) == len(found.only_b) == 1


def test_of_a_repeated_word_the_nearest_is_the_same():
    found = compare_words(said("yes", start=1) + said("yes", start=3), said("yes", start=2.9))
    assert [p.a.start for p in found.same] == [3]


def test_a_long_silence_of_one_transcript_breaks_nothing():
    a = said("one two", start=0) + said("five six", start=300)
    b = said("one two", start=0) + said("three four " * 30, start=100) + said("five six", start=300)
    found = compare_words(a, b)
    assert len(found.same) == 4 and len(found.only_b) == 60 and not found.only_a


texts = st.lists(st.sampled_from("abcd"), max_size=9).map(" ".join)


@settings(deadline=None)
@given(texts, texts)
def test_errors_are_as_many_as_jiwer_counts(one, other):
    jiwer = pytest.importorskip("jiwer")
    a, b = said(one, step=0.1), said(other, step=0.1)  # all near enough to stand for each other
    found = compare_words(a, b)
    errors = len(found.changed) + len(found.only_a) + len(found.only_b)
    if a:
        assert errors / len(a) == pytest.approx(jiwer.wer(one, other) if b else 1.0)
    else:
        assert errors == len(b)


@settings(deadline=None)
@given(st.data())
def test_alignment_keeps_all_words_in_order_and_is_the_same_from_either_side(data):
    sides = [
        sorted(event(t / 10, t / 10 + 0.2, text=w) for t, w in words)
        for words in data.draw(
            st.tuples(*[st.lists(st.tuples(st.integers(0, 300), st.sampled_from("abc")), max_size=12)] * 2)
        )
    ]
    pairs = align(*sides)
    assert [mine for mine, _ in pairs if mine] == sides[0]
    assert [theirs for _, theirs in pairs if theirs] == sides[1]
    for mine, theirs in pairs:
        if mine and theirs:
            limit = 5.0 if mine.text == theirs.text else 1.0
            assert abs(mine.start - theirs.start) <= limit + 1e-9

    def kinds(found):
        return sorted("one" if not (x and y) else "same" if x.text == y.text else "changed" for x, y in found)

    assert kinds(pairs) == kinds([(y, x) for x, y in align(*sides[::-1])])
