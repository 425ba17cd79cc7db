"""What the coder of talk says of units that a user would judge at sight."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.rapport.talk import CODES, code_talk, thresholds

Line = tuple[str, str]


def table(lines: list[Line], timed: bool = True) -> pd.DataFrame:
    """Units of a conversation, each as long as its words take, with short gaps; or without times."""
    rows, second = [], 0.0
    for who, text in lines:
        length = 0.3 * len(text.split()) + 0.1
        rows.append((who, second, second + length, text))
        second += length + 0.15
    units = pd.DataFrame(rows, columns=["participant", "start", "end", "text"])
    return units if timed else units.assign(start=np.nan, end=np.nan)


def codes_of(lines: list[Line], which: int, timed: bool = True) -> set[str]:
    """Codes that reach their operating point."""
    row = code_talk(table(lines, timed)).iloc[which]
    return {code for code, point in thresholds().items() if row[code] >= point}


BUDGET = [
    ("c", "We had a long discussion with the board about the money."),
    ("c", "And the budget for this year can't be changed any more."),
    ("s", "So you mean the budget is fixed?"),
    ("c", "Yeah, exactly."),
    ("s", "What kind of problems have you had with the old system?"),
    ("c", "It breaks down every week and nobody knows how to repair it."),
    ("s", "Mm-hm."),
    ("c", "And then we have to send everybody home."),
    ("s", "That's terrible."),
    ("s", "Would you like to see the new one?"),
    ("c", "Sure."),
    ("s", "Maybe we should look at it together next week."),
]


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize(
    ("which", "code"),
    [
        (2, "formulation"),
        (4, "open_question"),
        (6, "minimal_response"),
        (8, "assessment"),
        (9, "polar_question"),
        (11, "proposal"),
    ],
)
def test_plain_cases_are_coded_with_and_without_times(which, code, timed):
    assert code in codes_of(BUDGET, which, timed)


def test_what_is_none_of_them_gets_none_of_them():
    assert not codes_of(BUDGET, 5) & set(CODES) - {"self_disclosure"}
    assert "minimal_response" not in codes_of(BUDGET, 0)
    assert "formulation" not in codes_of(BUDGET, 9)


def test_questions_are_found_without_question_marks():
    bare = [(who, text.lower().strip(".?").replace(",", "")) for who, text in BUDGET]
    assert "open_question" in codes_of(bare, 4)
    assert "polar_question" in codes_of(bare, 9)
    assert "formulation" in codes_of(bare, 2)


def test_the_same_yes_listens_inside_a_story_and_agrees_after_an_opinion():
    story = [
        ("a", "and then he came to the office with all the boxes"),
        ("b", "yeah"),
        ("a", "and put them on the table"),
    ]
    opinion = [
        ("a", "I think it would be much better if we did it the other way round."),
        ("b", "Yeah, I agree, that's true."),
        ("b", "It would be much easier."),
    ]
    listening, agreeing = code_talk(table(story)).iloc[1], code_talk(table(opinion)).iloc[1]
    assert listening["minimal_response"] > 0.5 > listening["agreement"]
    assert agreeing["agreement"] > 0.5 > agreeing["minimal_response"]


def test_saying_back_the_others_words_makes_a_formulation_more_probable():
    said = "so you use the red machines only at night"
    after = [("a", "we have the red machines and we run them at night"), ("b", said), ("a", "yes")]
    alone = [("b", "the report is ready"), ("b", said), ("b", "and then it goes on")]
    assert code_talk(table(after))["formulation"][1] > 1.5 * code_talk(table(alone))["formulation"][1]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("You are a very sales-oriented person, you're really good at this.", "compliment"),
        ("That was very kind of you.", "compliment"),
        ("When I was a child my father was ill and I felt so alone that I left school.", "self_disclosure"),
        ("Hi, how are you doing today?", "small_talk"),
    ],
)
def test_codes_of_feeling_and_closeness(text, code):
    lines = [("c", "Hello, good to see you."), ("s", text), ("c", "Thank you.")]
    assert code in codes_of(lines, 1)


def test_sympathy_is_much_more_probable_where_it_is_said():
    """The operating point is not always reached: see the model card on empathy."""
    told = ("c", "My father was ill all winter.")
    kind = [
        told,
        ("s", "I'm so sorry to hear that, it must have been really hard for you."),
        ("c", "Thank you."),
    ]
    cold = [
        told,
        ("s", "And which of the two machines did they use at that time for the work?"),
        ("c", "Both."),
    ]
    assert code_talk(table(kind))["empathy"][1] > 5 * code_talk(table(cold))["empathy"][1]


@pytest.mark.parametrize(
    "text",
    ["This is a very good machine.", "You need a good battery for it.", "They do good work in that factory."],
)
def test_praise_of_things_is_no_compliment(text):
    assert "compliment" not in codes_of([("c", "And what is this?"), ("s", text), ("c", "I see.")], 1)


def test_opinion_is_no_self_disclosure():
    lines = [("c", "I think we would need more of them, and I guess the price will rise."), ("s", "Okay.")]
    assert "self_disclosure" not in codes_of(lines, 0)


@pytest.mark.parametrize(
    "lines",
    [
        [
            ("a", "joo niin se on hyvä juttu"),
            ("b", "nii että budjetti on lyöty lukkoon"),
            ("a", "kyllä vaan"),
        ],
        [("a", "xq zzk blarg"), ("b", "fnord"), ("a", "grmpf ktk wrzl")],
        [("a", "我们明天开会"), ("b", "好的"), ("a", "谢谢")],
        [("a", "..."), ("b", "?!"), ("a", "(laughs) {noise}")],
    ],
)
def test_what_is_not_english_is_coded_as_nothing(lines):
    assert code_talk(table(lines)).to_numpy().max() < 0.1


def test_bad_tables_are_coded_as_far_as_they_go():
    empty = code_talk(table([])[0:0])
    assert empty.empty and list(empty.columns) == list(CODES)
    one = code_talk(table([("a", text) for _, text in BUDGET]))
    assert np.isfinite(one.to_numpy()).all() and len(one) == len(BUDGET)
    units = table(BUDGET)
    units.loc[3, "text"] = None
    units.loc[4, ["start", "end"]] = np.nan
    units.loc[5, "end"] = units.loc[5, "start"] - 1
    said = code_talk(units)
    assert (said.loc[3] == 0).all() and said.to_numpy().min() >= 0 and said.to_numpy().max() <= 1


def test_the_index_is_kept_and_the_table_left_alone():
    units = table(BUDGET).set_index(pd.Index([f"u{k}" for k in range(len(BUDGET))]))
    before = units.copy()
    said = code_talk(units)
    pd.testing.assert_frame_equal(units, before)
    assert list(said.index) == list(units.index)
    assert set(thresholds()) == set(CODES)


def test_times_tell_something_where_they_are_known():
    known, unknown = code_talk(table(BUDGET)), code_talk(table(BUDGET, timed=False))
    assert np.abs(known - unknown).to_numpy().max() > 0.01
    shifted = table(BUDGET).assign(start=lambda t: t["start"] + 1000, end=lambda t: t["end"] + 1000)
    np.testing.assert_allclose(code_talk(shifted), known, atol=1e-6)


def test_nothing_heavy_is_needed():
    import subprocess
    import sys

    program = (
        "import sys, pandas; from pipeline.rapport.talk import code_talk;"
        "code_talk(pandas.DataFrame({'participant': ['a'], 'start': [0.], 'end': [1.], 'text': ['hello']}));"
        "print(*({'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
