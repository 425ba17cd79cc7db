"""Any text, much text and no text at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.rapport.language import BOOLEANS, CODES, COLUMNS, DEPTHS, cues
from tests.rapport.worded import HOLIDAYS, PAPER, language, table


@pytest.mark.parametrize("code", ["en", "fi"])
def test_an_empty_table_gives_an_empty_one(code):
    found = cues(table([]), language(code))
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == 0


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", ""]), st.text() | st.none()), max_size=5),
    st.sampled_from(["en", "fi"]),
)
def test_any_text_gives_valid_values(lines, code):
    units = table(lines)
    found = cues(units, language(code))
    assert found.index.equals(units.index)
    assert list(found.columns) == list(COLUMNS)
    likely = found[list(CODES)].to_numpy()
    assert ((likely >= 0) & (likely <= 1)).all()
    assert all(found[name].dtype == bool for name in BOOLEANS)
    assert set(found["polarity"]) <= {-1, 0, 1}
    assert set(found["depth"]) <= set(DEPTHS)
    assert (found["clauses"] >= 0).all()
    for content, kinds in zip(found["content"], found["informal"], strict=True):
        assert isinstance(content, frozenset) and all(isinstance(word, str) and word for word in content)
        assert isinstance(kinds, frozenset)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("code", ["en", "fi"])
def test_an_hour_of_talk_does_not_stall(code):
    lines = [
        *HOLIDAYS.values(),
        *PAPER.values(),
        ("a", "So you mean the budget is fixed until we have talked to them?"),
    ]
    units = table((lines * 60)[:1500])
    known = language(code)
    assert len(cues(units, known)) == len(units)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("code", ["en", "fi"])
def test_a_recogniser_that_repeats_itself_does_not_stall(code):
    words = ["no niin ", "you know so ", "mm mm ", "i see right all right ", "-ko ", "((", "x-", "a(h)"]
    cues(table([("a", word * 2000) for word in words]), language(code))
