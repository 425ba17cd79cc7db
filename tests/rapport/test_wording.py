"""What English and Finnish wording tells of codes, on plain sentences."""

from __future__ import annotations

import pytest

from pipeline.rapport.phrases import hear
from tests.rapport.worded import codes, heard


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("£jo(h)o£.", "joo"),
        ("°sit se on (--)°", "sit se on"),
        ("(kolme) viik:koo (0.5) tö:issä ((nods)) ↑joo", "kolme viikkoo töissä joo"),
        (".mth", ""),
        ("hhh .hh ", ""),
        ("but e- quite >nice< e-mail at 10:30", "but quite nice e-mail at 10 30"),
        ("It’s #fine#, isn’t it?", "it's fine isn't it"),
    ],
)
def test_marks_of_a_transcript_are_no_words(text, words):
    assert " ".join(hear(text).words) == words


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Mm-hm.", "minimal_response"),
        ("Right.", "minimal_response"),
        ("Oh, I see.", "minimal_response"),
        ("Oh my.", "minimal_response"),
        ("The other office as well!?", "polar_question"),
        ("Yeah, exactly, that's how it is.", "agreement"),
        ("I completely agree.", "agreement"),
        ("Well, I don't think so.", "disagreement"),
        ("Yeah, but we tried that.", "disagreement"),
        ("That's really great.", "assessment"),
        ("What a shame.", "assessment"),
        ("So you mean the budget is fixed?", "formulation"),
        ("Okay, so what you're saying is it has to be ready in May.", "formulation"),
        ("In other words, nobody uses it.", "formulation"),
        ("So basically you need two of them.", "formulation"),
        ("So it sounds like the team is stretched.", "formulation"),
        ("So that every now and then you work a little.", "formulation"),
        ("What kind of problems have you had with it?", "open_question"),
        ("How do you decide about that?", "open_question"),
        ("Could you tell me about your team?", "open_question"),
        ("How many people work here?", "closed_question"),
        ("When did you start?", "closed_question"),
        ("Do you use it every day?", "polar_question"),
        ("It's quite slow, isn't it?", "polar_question"),
        ("My wife and I moved here ten years ago.", "self_disclosure"),
        ("When I was young I worked on a farm.", "self_disclosure"),
        ("It has been raining the whole week.", "small_talk"),
        ("How was your weekend?", "small_talk"),
        ("We took the kids to the beach.", "small_talk"),
        ("Did you find us okay?", "small_talk"),
        ("You are a very sales-oriented person.", "compliment"),
        ("I'm really impressed by your team.", "compliment"),
        ("That must be really hard for you.", "empathy"),
        ("I'm sorry to hear that.", "empathy"),
        ("I'm just kidding.", "humour"),
        ("Maybe we could meet again next week.", "proposal"),
        ("Why don't we try it for a month?", "proposal"),
    ],
)
def test_english_wording(text, code):
    assert code in codes(heard("en", text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("So that was the budget.", "formulation"),
        ("So you know how it works.", "formulation"),
        ("Right, the budget is fixed until May.", "minimal_response"),
        ("What a nice place.", "open_question"),
        ("When I was there nobody asked.", "closed_question"),
        ("How many do you need?", "open_question"),
        ("The weather API of our platform returns the data for each customer.", "small_talk"),
        ("The system is raining errors on the server team all day.", "small_talk"),
        ("I have a family of products for that.", "self_disclosure"),
        ("You're right about the price.", "compliment"),
        ("If you have a good day.", "compliment"),
        ("Do you agree?", "agreement"),
        ("Let's see.", "proposal"),
    ],
)
def test_english_wording_that_only_looks_like_it(text, code):
    assert code not in codes(heard("en", text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Eli teillä on kolme järjestelmää käytössä.", "formulation"),
        ("Siis sä tarkoitat että hinta on liian korkea?", "formulation"),
        ("Minkälaisia haasteita teillä on ollut?", "open_question"),
        ("Kertoisitko vähän teidän tiimistä?", "open_question"),
        ("Kuinka monta ihmistä teillä on töissä?", "closed_question"),
        ("Onko teillä jo joku toimittaja?", "polar_question"),
        ("Ootsä käyny siellä?", "polar_question"),
        ("Mun vaimo on kotoisin Oulusta.", "self_disclosure"),
        ("Kyllä on ollut hieno sää tänään.", "small_talk"),
        ("Te olette kyllä tosi ammattimaisia.", "compliment"),
        ("Se on varmasti ollut tosi rankkaa.", "empathy"),
        ("Voitaisiin vaikka tavata ensi viikolla.", "proposal"),
        ("Joo, mutta se on liian kallis.", "disagreement"),
        ("Olen ihan samaa mieltä.", "agreement"),
        ("Aivan, mm.", "minimal_response"),
    ],
)
def test_finnish_wording(text, code):
    assert code in codes(heard("fi", text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Koko viikko meni siihen.", "polar_question"),
        ("Joko tai.", "polar_question"),
        ("Aurinko paistaa ja on lämmin.", "polar_question"),
        ("Elikkä tää on nyt se uus versio.", "formulation"),
        ("Se tehtiin niin että kaikki näki sen.", "formulation"),
        ("Joo se budjetti on päätetty.", "minimal_response"),
        ("Lomakkeet ovat valmiina.", "small_talk"),
    ],
)
def test_finnish_wording_that_only_looks_like_it(text, code):
    assert code not in codes(heard("fi", text))
