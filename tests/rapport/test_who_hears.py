"""Actions say to whom they were done and, where they are responsive, rest on what they answer."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from pipeline.rapport.codebook import load_codebook
from pipeline.rapport.explain import explain
from pipeline.rapport.score import read_actions
from pipeline.scoring import coded
from tests.rapport.made import event, made

BOOK = load_codebook()
ROLES = {"S": "salesperson", "C": "customer", "D": "customer"}
LINES = [
    ("S", 0.0, 2.0, "How was your weekend?"),
    ("C", 2.5, 6.0, "We went to the beach with the kids."),
    ("D", 6.5, 10.0, "Our warehouse team has problems with the old scanners every day."),
    ("S", 10.3, 13.0, "What kind of problems do the scanners have?"),
    ("D", 13.3, 17.0, "They lose the connection, and I always tell my boss they need a holiday."),
    ("C", 19.5, 22.0, "You are a very patient and professional person."),
]
EVENTS = [event("laughter", "S", 17.1, 18.0), event("smile", "C", 12.0, 12.8), event("laughter", "D", 11, 12)]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return coded(made(LINES, EVENTS), ROLES, "en", BOOK)[0]


def one(table: pd.DataFrame, code: str, who: str, after: float = 0.0):
    found = read_actions(table)
    mine = found[(found["label"] == code) & (found["participant"] == who) & (found["start"] >= after)]
    return next(mine.itertuples(index=False))


def test_a_question_cites_the_turn_whose_words_it_takes_up(table):
    row = one(table, "open_question", "S", 10)
    assert (row.initiative, row.to) == ("responsive", "D")
    assert "turn-0003" in row.evidence.split()
    assert "old scanners" in row.why["of"]


def test_a_compliment_cites_what_it_follows(table):
    row = one(table, "compliment", "C")
    assert (row.initiative, row.to) == ("responsive", "D")
    assert "turn-0005" in row.evidence.split()
    assert "D said" in explain(table, row.id, BOOK, {})


def test_humour_cites_who_laughed_and_what_it_takes_up():
    lines = [
        *LINES[:4],
        ("D", 13.3, 17.0, "The scanners lose it, and these scanners are the joke of our town."),
    ]
    full = coded(made(lines, EVENTS), ROLES, "en", BOOK)[0]
    row = one(full, "humour", "D")
    assert (row.initiative, row.to) == ("responsive", "S")
    assert {"turn-0004", "laughter-0002"} <= set(row.evidence.split())


def test_humour_quotes_nobody_but_who_laughs():
    lines = [
        *LINES[:4],
        ("D", 13.3, 17.0, "The scanners lose it, and these scanners are the joke of our town."),
    ]
    for laughing, quoted in (("S", True), ("C", False)):
        events = [event("laughter", laughing, 17.1, 18.0)]
        row = one(coded(made(lines, events), ROLES, "en", BOOK)[0], "humour", "D")
        assert (row.to, "of" in row.why) == (laughing, quoted)


def test_what_is_initiated_rests_on_its_own_words(table):
    row = one(table, "open_question", "S")
    assert row.initiative == "initiated"
    assert row.evidence == "turn-0001"


def test_the_first_to_speak_among_three_is_heard_by_whoever_answers(table):
    assert one(table, "open_question", "S").to == "C"
    opened = one(table, "small_talk", "S")
    assert (opened.initiative, opened.to) == ("initiated", "C")


def test_among_three_smiles_and_laughs_are_for_whoever_talks(table):
    assert one(table, "smile", "C").to == "S"
    assert one(table, "laughter", "D").to == "S"


def test_every_action_among_three_says_to_whom(table):
    found = table[table["tier"] == "action"]
    assert all(json.loads(cell)["to"] for cell in found["details"])
