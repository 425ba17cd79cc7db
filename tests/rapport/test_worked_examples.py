"""The founding paper's two worked examples: every coding that it gives must come out of the Finnish lines."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from pipeline.rapport.codebook import load_codebook
from pipeline.rapport.coding import code_actions
from pipeline.rapport.explain import explain
from pipeline.rapport.score import read_actions
from pipeline.scoring import coded
from pipeline.timeline.table import check
from tests.rapport.made import HOLIDAYS, PAPERS, event, made

ROLES = {"BU": "customer", "SP": "salesperson"}


def actions(table: pd.DataFrame) -> pd.DataFrame:
    full, warnings = coded(table, ROLES, "fi", load_codebook())
    assert warnings == ()
    check(full)
    return read_actions(full)


@pytest.fixture(scope="module")
def holidays() -> pd.DataFrame:
    return actions(made(HOLIDAYS))


@pytest.fixture(scope="module")
def papers() -> pd.DataFrame:
    return actions(made(PAPERS, [event("smile_voice", "SP", 8.5, 9.0), event("laughter", "BU", 23.1, 23.6)]))


def only(found: pd.DataFrame, code: str, who: str) -> pd.DataFrame:
    return found[(found["label"] == code) & (found["participant"] == who)]


def test_the_customer_opens_small_talk_about_holidays(holidays):
    opened = only(holidays, "small_talk", "BU")
    assert opened["initiative"].tolist() == ["initiated"]
    assert opened["start"].iloc[0] == 0.0
    assert opened["why"].iloc[0]["opened_by"] == "BU"


def test_the_salesperson_formulates_and_the_customer_confirms(holidays):
    found = only(holidays, "formulation", "SP")
    assert len(found) == 1
    row = found.iloc[0]
    assert row["text"].startswith("nii että")
    assert row["initiative"] == "responsive"
    assert "taas jatketaan" in row["why"]["confirmed"]
    turns = [name for name in row["evidence"].split() if name.startswith("turn")]
    assert len(turns) >= 3  # what is said back, the formulation, and its confirmation


def test_a_negative_polar_question_affiliates_and_is_confirmed(holidays):
    found = only(holidays, "affiliation", "SP")
    row = found[found["text"].str.startswith("eikö seki")].iloc[0]
    assert row["why"]["how"] == "negative polar question"
    assert "tasan tarkkaa" in row["why"]["confirmed"]


def test_the_salesperson_takes_up_the_dialect(holidays):
    found = only(holidays, "informality", "SP")
    assert any("meleko" in text for text in found["text"])


def test_minimal_responses_while_the_story_is_told(papers):
    found = only(papers, "minimal_response", "SP")
    assert found["text"].tolist() == ["joo.", "£joo£.", "joo.", "joo."]
    assert [why["smiling"] for why in found["why"]] == [False, True, False, False]
    assert set(found["initiative"]) == {"responsive"}


def test_the_second_story_answers_the_story(papers):
    row = only(papers, "second_story", "SP").iloc[0]
    assert len(only(papers, "second_story", "SP")) == 1
    assert row["start"] == pytest.approx(18.7)
    assert "puheensa" in row["text"]
    assert {"joo.", "kyllä.", "jo(h)"} <= set(only(papers, "minimal_response", "BU")["text"])


def test_the_agreement_sequence_is_upgraded_and_closed_in_overlap(papers):
    agreed = only(papers, "agreement_sequence", "BU").iloc[0]
    closed = only(papers, "agreement_sequence", "SP").iloc[0]
    assert agreed["why"]["of"] == "iso iso ero."
    assert agreed["why"]["upgraded"]
    assert closed["why"]["third"] == "[on."
    assert closed["why"]["overlapped"]


def test_explanations_quote_what_an_action_rests_on(papers):
    table, _ = coded(made(PAPERS), ROLES, "fi", load_codebook())
    row = only(read_actions(table), "second_story", "SP").iloc[0]
    text = explain(table, row["id"], load_codebook(), {"SP": "Sam", "BU": "Anna"})
    assert "Sam answers Anna's story" in text
    assert "lukis paperista" in text
    assert "establishing emotional connection" in text


def test_without_a_lexicon_only_bodies_are_coded_and_a_sentence_says_so():
    table = made(PAPERS, [event("nod", "SP", 1.0, 1.8), event("smile", "BU", 30.3, 32.0)])
    found = code_actions(table, ROLES, "xx", load_codebook())
    assert {row["label"] for row in found.rows} <= {"minimal_response", "smile", "nod"}
    assert found.rows
    assert "no lexicon for 'xx'" in found.warnings[0]
    assert all(json.dumps(row["details"]) for row in found.rows)
