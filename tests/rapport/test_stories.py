"""Stories tell what was lived through; explanations, however long, are none."""

from __future__ import annotations

import pytest

from pipeline.rapport.codebook import load_codebook
from pipeline.rapport.coding import set_scene
from pipeline.rapport.responding import is_story
from pipeline.rapport.score import read_actions
from pipeline.scoring import coded
from tests.rapport.made import made

ROLES = {"S": "salesperson", "C": "customer"}
EXPLAINS = (
    "The form goes to the accounting office first, and they check whether the numbers are right, "
    "and then it comes back to the department because somebody has to sign it by hand."
)
TOLD = (
    "Last spring we lost a whole week because I sent the form to the wrong office, and nobody told me "
    "until I called them myself, so we had to do all of it again."
)
OF_OTHERS = (
    "They changed the form last spring, and the office lost a week, and nobody noticed until May came."
)
NEXT = "Our version has a new screen for that."
EXPLAINED_TOO = (
    "Our own form goes to the office by mail, and they check the numbers there, and then the system "
    "sends it to the department because somebody has to sign it."
)


def missed(text: str) -> list[str]:
    lines = [("C", 0.0, 12.0, text), ("S", 12.5, 14.0, "Moving on."), ("S", 14.1, 16.0, NEXT)]
    actions = read_actions(coded(made(lines), ROLES, "en", load_codebook())[0])
    return [why["offer"] for why in actions[actions["label"] == "missed_opportunity"]["why"]]


def story(text: str, language: str = "en") -> bool:
    scene, _ = set_scene(made([("C", 0.0, 12.0, text)]), ROLES, language, load_codebook())
    limits = scene.code("second_story").limits
    return is_story(scene, scene.floors[0], limits["story_words"], limits["story_clauses"])


def test_an_explanation_that_nobody_takes_up_is_no_missed_story():
    assert missed(EXPLAINS) == []
    assert missed(TOLD)


@pytest.mark.parametrize(("text", "expected"), [(TOLD, True), (EXPLAINS, False), (OF_OTHERS, False)])
def test_a_story_needs_the_past_and_the_first_person(text, expected):
    assert story(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mä kävin siellä viime vuonna perheen kanssa ja meillä oli siellä todella mukavaa.", True),
        ("Lomake menee ensin toimistoon, ja siellä katsotaan numerot, ja sitten se tulee takaisin.", False),
    ],
)
def test_finnish_stories_are_told_apart_too(text, expected):
    assert story(text, "fi") == expected


def test_where_the_language_tells_neither_long_talk_is_a_story():
    scene, _ = set_scene(made([("C", 0.0, 12.0, EXPLAINS)]), ROLES, "xx", load_codebook())
    assert not scene.signs
    assert is_story(scene, scene.floors[0], 20, 1)


def test_an_explanation_that_answers_an_explanation_is_no_second_story():
    lines = [("C", 0.0, 12.0, EXPLAINS), ("S", 12.5, 24.0, EXPLAINED_TOO)]
    assert "second_story" not in set(coded(made(lines), ROLES, "en", load_codebook())[0]["label"])
    stories = [("C", 0.0, 12.0, TOLD), ("S", 12.5, 24.0, TOLD.replace("office", "form"))]
    assert "second_story" in set(coded(made(stories), ROLES, "en", load_codebook())[0]["label"])
