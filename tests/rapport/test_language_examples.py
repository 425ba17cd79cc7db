"""What Finnish wording tells, on the founding paper's two examples."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.rapport.language import cues
from tests.rapport.worded import HOLIDAYS, PAPER, codes, language, table


@pytest.fixture(scope="module")
def holidays() -> pd.DataFrame:
    return cues(table(list(HOLIDAYS.values())).set_index(pd.Index(HOLIDAYS)), language("fi"))


@pytest.fixture(scope="module")
def paper() -> pd.DataFrame:
    return cues(table(list(PAPER.values())).set_index(pd.Index(PAPER)), language("fi"))


@pytest.mark.parametrize("line", [1, 3, 6])
def test_talk_of_holidays_is_small_talk(holidays, line):
    assert "small_talk" in codes(holidays.loc[line])
    assert "holidays" in holidays.loc[line, "topics"]


def test_the_seller_takes_up_the_small_talk_without_naming_holidays(holidays):
    assert {"small_talk"} <= codes(holidays.loc[7])


def test_nii_etta_opens_a_formulation_that_is_confirmed_in_the_other_words(holidays):
    formulations = [line for line in HOLIDAYS if "formulation" in codes(holidays.loc[line])]
    assert formulations == [9]
    assert holidays.loc[9, "content"] & holidays.loc[11, "content"]


def test_eiko_invites_agreement_and_gets_it(holidays):
    assert [line for line in HOLIDAYS if holidays.loc[line, "negative_polar"]] == [13]
    assert holidays.loc[15, "confirms"] and holidays.loc[8, "confirms"]
    assert not holidays.loc[15, "declines"]
    assert "agreement" in codes(holidays.loc[15])
    assert holidays.loc[7, "polarity"] == 1


def test_melekei_and_meleko_are_one_kind_of_dialect(holidays):
    with_vowel = [line for line in HOLIDAYS if "svarabhakti" in holidays.loc[line, "informal"]]
    assert with_vowel == [3, 6, 7, 13]  # kolome, melekei, meleko, kylykeen


@pytest.mark.parametrize("line", [4, 6, 10, 13, 17, 19, 21])
def test_joo_is_a_listening_response_whatever_marks_are_on_it(paper, line):
    assert "minimal_response" in codes(paper.loc[line])
    assert paper.loc[line, "confirms"]


@pytest.mark.parametrize("line", [1, 3, 5, 8, 14, 15, 18, 20, 22, 23])
def test_talk_is_no_listening_response(paper, line):
    assert "minimal_response" not in codes(paper.loc[line])


@pytest.mark.parametrize("line", [15, 18])
def test_the_second_story_shares_words_with_the_first(paper, line):
    first = frozenset().union(*paper.loc[[1, 3, 5, 14], "content"])
    shared = first & paper.loc[line, "content"]
    assert "lukea" in shared
    assert ("paperi" in shared) == (line == 15)
    assert "suomi" in paper.loc[1, "content"] & paper.loc[15, "content"]


def test_an_assessment_is_repeated_and_confirmed(paper):
    assert "assessment" in codes(paper.loc[22])
    assert paper.loc[22, "content"] == paper.loc[23, "content"] == {"iso", "ero"}
    assert paper.loc[24, "confirms"] and "agreement" in codes(paper.loc[24])
