"""What wording tells beside codes: signs, stance, topics, words that come back, what goes on."""

from __future__ import annotations

import pytest

from pipeline.rapport.language import cues
from tests.rapport.worded import heard, language, table


@pytest.mark.parametrize(
    ("code", "text", "sign", "expected"),
    [
        ("en", "Isn't that annoying?", "negative_polar", True),
        ("en", "You worked there, didn't you?", "negative_polar", True),
        ("en", "Don't you find that strange?", "negative_polar", True),
        ("en", "Don't worry about it.", "negative_polar", False),
        ("en", "Why don't you like it?", "negative_polar", False),
        ("en", "I don't like it.", "negative_polar", False),
        ("fi", "Eiks se oo aika rankkaa?", "negative_polar", True),
        ("fi", "Eiköhän se onnistu.", "negative_polar", True),
        ("fi", "Ei se oo.", "negative_polar", False),
        ("en", "Exactly, it never works.", "confirms", True),
        ("en", "That's right.", "confirms", True),
        ("en", "Right now it's fine.", "confirms", False),
        ("en", "The budget is right.", "confirms", False),
        ("fi", "Aivan.", "confirms", True),
        ("fi", "Nii että se on valmis.", "confirms", False),
        ("en", "No, not yet.", "declines", True),
        ("en", "Not really.", "declines", True),
        ("en", "No problem.", "declines", False),
        ("fi", "Ei oikeastaan.", "declines", True),
        ("fi", "Ei hätää.", "declines", False),
        (
            *("en", "I understand that you have a global contract with another company and that's fine."),
            *("preempts_problem", True),
        ),
        ("en", "I know you may be worried about the price, but it pays off.", "preempts_problem", True),
        ("en", "I understand you have a contract.", "preempts_problem", False),
        (
            *("fi", "Ymmärrän että teillä on sopimus toisen kanssa ja se on ihan ok."),
            *("preempts_problem", True),
        ),
        ("en", "Do I interpret correctly that something worries you?", "addresses_feeling", True),
        ("en", "You seem a bit hesitant.", "addresses_feeling", True),
        ("en", "Did I understand correctly that you are not happy?", "addresses_feeling", True),
        ("en", "You seem to know them.", "addresses_feeling", False),
        ("fi", "Tulkitsenko oikein että jokin mietityttää?", "addresses_feeling", True),
        ("fi", "Mietityttääkö hinta?", "addresses_feeling", True),
        ("en", "Anyway, let's look at the figures.", "new_topic", True),
        ("en", "Moving on.", "new_topic", True),
        ("en", "So let's talk about prices.", "new_topic", True),
        ("en", "So it goes.", "new_topic", False),
        ("fi", "Mutta mennään asiaan.", "new_topic", True),
        ("fi", "No niin, sitten aloitetaan.", "new_topic", True),
        ("fi", "No niin.", "new_topic", False),
        ("en", "I went there.", "past", True),
        ("en", "I need it.", "past", False),
        ("fi", "Mä kävin siellä.", "past", True),
        ("fi", "Se on täällä nyt.", "past", False),
        ("en", "We liked it.", "first_person", True),
        ("en", "They liked you.", "first_person", False),
        ("en", "They liked you.", "second_person", True),
    ],
)
def test_signs(code, text, sign, expected):
    assert heard(code, text)[sign] == expected


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("en", "That is a great idea.", 1),
        ("en", "That's not a bad idea.", 1),
        ("en", "It isn't very good.", -1),
        ("en", "Isn't that great?", 1),
        ("en", "The office is in London.", 0),
        ("fi", "Se on hieno juttu.", 1),
        ("fi", "Se ei oo hyvä.", -1),
        ("fi", "Eikö se ole hienoa?", 1),
    ],
)
def test_polarity_turns_with_negation(code, text, expected):
    assert heard(code, text)["polarity"] == expected


@pytest.mark.parametrize(
    ("code", "text", "topic", "depth"),
    [
        ("en", "I went skiing on holiday.", "holidays", "superficial"),
        ("en", "My daughter started school and we love skiing.", "family", "more_intimate"),
        ("en", "I went bankrupt when my children were small.", "bankruptcy", "most_intimate"),
        ("en", "They say the weather is fine.", "weather", ""),
        ("en", "I have a family of products.", "", ""),
        ("en", "Our contract ends in May.", "", ""),
        ("fi", "Mun tytär pelaa jalkapalloa.", "family", "more_intimate"),
        ("fi", "Mä erosin vaimosta viime vuonna.", "divorce", "most_intimate"),
    ],
)
def test_disclosure_is_as_deep_as_its_deepest_topic_in_the_first_person(code, text, topic, depth):
    row = heard(code, text)
    assert row["depth"] == depth
    assert topic in row["topics"] if topic else row["topics"] == ()


@pytest.mark.parametrize(
    ("code", "one", "other"),
    [
        ("en", "The budgets were discussed", "a budget discussion"),
        ("en", "my holidays", "the vacation"),
        ("fi", "luki paperia", "luet paperista"),
        ("fi", "lomalla jatketaan", "lomat jatkaa"),
        ("fi", "töissä järjestelmästä", "työtä järjestelmän"),
        ("fi", "asiakkaille hinnat", "asiakas hinta"),
    ],
)
def test_forms_of_a_word_are_one(code, one, other):
    first, second = heard(code, one)["content"], heard(code, other)["content"]
    assert len(first) == 2 or code == "en"
    assert first & second
    assert first == second or code == "en"


def test_function_words_are_no_content():
    assert heard("en", "So it is what it is, you know, and he says that's that.")["content"] == frozenset()
    assert heard("fi", "No niin se nyt on että joo.")["content"] == frozenset()


@pytest.mark.parametrize(
    ("code", "text", "kinds"),
    [
        ("en", "I'm gonna do it, y'all.", {"gonna", "y'all"}),
        ("en", "I am going to do it.", set()),
        ("en", "He was goin' home.", {"dropped g"}),
        ("fi", "Se on vanaha kahavi.", {"svarabhakti"}),
        ("fi", "Palaveri televisiosta ja rahaliikenteestä tähän, mihin menemme.", set()),
        ("fi", "Onks sulla sellaista?", {"-ks", "mä, sä"}),
        ("fi", "Minä olen täällä.", set()),
    ],
)
def test_informal_kinds(code, text, kinds):
    assert heard(code, text)["informal"] == kinds


def test_clauses_are_counted():
    assert heard("en", "The budget is fixed.")["clauses"] == 1
    assert heard("en", "When I was young I lived there and then we moved.")["clauses"] == 3
    assert heard("fi", "Jos se on näin niin me jatketaan, koska se toimii.")["clauses"] >= 2
    assert heard("en", "")["clauses"] == 0


def test_an_answer_to_a_polar_question_is_less_of_a_listening_response():
    asked = cues(
        table([("a", "Do you use it?"), ("b", "Yes."), ("a", "We tried it."), ("b", "Yes.")]), language("en")
    )
    assert asked["minimal_response"].tolist() == pytest.approx([0, 0.45, 0, 0.9])


def test_small_talk_fades_and_ends_with_business():
    chat = [
        ("a", "It was raining all week."),
        ("b", "And quite dark."),
        ("a", "Yes."),
        ("b", "So tired of it."),
    ]
    going = cues(table(chat), language("en"))["small_talk"].tolist()
    assert going[0] > going[1] > going[3] > 0
    assert going[2] == 0
    ended = cues(table([chat[0], ("b", "The contract ends then.")]), language("en"))
    assert ended["small_talk"].iloc[1] == 0
