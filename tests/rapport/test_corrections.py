"""Codings that people corrected stay, one by one, and every other coding keeps what it rests on."""

from __future__ import annotations

import pytest
from pandas.testing import assert_series_equal

from pipeline.errors import SettingsError
from pipeline.rapport.codebook import load_codebook
from pipeline.rapport.explain import explain
from pipeline.rapport.score import read_actions
from pipeline.scoring import coded
from pipeline.settings import configs_folder
from pipeline.timeline.human import keep_human_rows
from pipeline.timeline.table import check, timeline
from tests.rapport.made import HOLIDAYS, PAPERS, made

ROLES = {"BU": "customer", "SP": "salesperson"}
BOOK = load_codebook()


def with_codes(table, **changes):
    return coded(table, ROLES, "fi", BOOK.model_copy(update=changes))[0]


def test_other_codings_keep_their_evidence_when_ids_move():
    first = with_codes(made(PAPERS))
    actions = first[first["tier"] == "action"]
    middle = actions.index[len(actions) // 2]
    first.loc[middle, ["status", "coder"]] = ["confirmed", "AL"]
    fewer = {name: code for name, code in BOOK.codes.items() if name != "minimal_response"}
    again = with_codes(check(first), codes=fewer)
    found = again[again["tier"] == "action"]
    assert len(found) > 1
    assert (found["evidence"] != "").all()
    assert (found["status"] == "confirmed").sum() == 1


def test_correcting_one_coding_leaves_others_of_the_same_moment():
    first = with_codes(made(PAPERS))
    story = first.index[first["label"] == "second_story"][0]
    span = first.loc[story, ["start", "end"]]
    inside = first[
        (first["tier"] == "action") & (first["start"] >= span["start"]) & (first["end"] <= span["end"])
    ]
    first.loc[story, ["status", "coder"]] = ["rejected", "AL"]
    again = with_codes(check(first))
    labels = again[again["tier"] == "action"]["label"].tolist()
    assert sorted(labels) == sorted(first[first["tier"] == "action"]["label"])
    assert len(inside) > 1
    assert "second_story" not in set(read_actions(again)["label"])


def test_a_coding_that_a_person_added_can_be_explained_without_details():
    table = made(PAPERS)
    for code in ("agreement_sequence", "eye_contact", "formulation", "unheard_of"):
        row = {"id": "mine", "tier": "action", "participant": "SP", "start": 1.0, "end": 2.0, "label": code}
        full = timeline([*table.to_dict("records"), {**row, "status": "added", "coder": "AL"}])
        text = explain(full, "mine", BOOK, {"SP": "Sam"})
        assert "A person has added it (AL)." in text


def test_a_recording_in_which_nobody_speaks_is_coded_as_nothing():
    table, warnings = coded(made([]), {}, "en", BOOK)
    assert table.empty
    assert "Nobody says anything" in warnings[0]


@pytest.mark.parametrize(
    ("wrong", "about"),
    [("probabilty: 0.5, shared: 1", "probabilty"), ("probability: .inf, shared: 1", "finite")],
)
def test_a_misspelt_or_impossible_limit_is_refused_when_the_codebook_is_read(tmp_path, wrong, about):
    text = (configs_folder() / "codebook.yaml").read_text(encoding="utf-8")
    path = tmp_path / "book.yaml"
    path.write_text(text.replace("probability: 0.5, shared: 1", wrong, 1), encoding="utf-8")
    with pytest.raises(SettingsError, match=about):
        load_codebook(path)


def at(table, row):
    """Labels of the same person's actions at the place of a row."""
    near = (table["participant"] == row["participant"]) & (table["start"] == row["start"])
    return sorted(table[(table["tier"] == "action") & near & (table["end"] == row["end"])]["label"])


def edited(table, label, new):
    """The timeline with the first action of a code made into another by a person, and that action."""
    first = table.index[(table["tier"] == "action") & (table["label"] == label)][0]
    changed = table.copy()
    changed.loc[first, ["label", "status", "coder"]] = [new, "edited", "AL"]
    return check(changed), changed.loc[first]


@pytest.mark.parametrize("label", ["second_story", "formulation", "small_talk", "affiliation", "informality"])
def test_a_code_that_a_person_replaced_does_not_return(label):
    for lines in (PAPERS, HOLIDAYS):
        first = with_codes(made(lines))
        if not (first["label"] == label).any():
            continue
        changed, row = edited(first, label, "compliment")
        again = with_codes(changed)
        assert at(again, row) == at(changed, row)
        assert len(again) == len(changed)
        third = with_codes(again)
        assert at(third, row) == at(changed, row)


def test_a_code_that_a_person_replaced_does_not_return_after_a_new_analysis():
    changed, row = edited(with_codes(made(HOLIDAYS)), "affiliation", "compliment")
    beside = at(changed, row)
    anew = keep_human_rows(changed, made(HOLIDAYS))
    assert at(with_codes(anew), row) == beside


def test_a_coding_whose_times_a_person_mended_leaves_other_codes_there_after_a_new_analysis():
    first = with_codes(made(HOLIDAYS))
    actions = first[first["tier"] == "action"]
    row = actions.index[actions.duplicated(["participant", "start", "end"])][0]  # of words with two codes
    first.loc[row, "end"] += 0.2
    first.loc[row, ["status", "coder"]] = ["edited", "AL"]
    again = with_codes(keep_human_rows(check(first), made(HOLIDAYS)))
    labels = (table.loc[table["tier"] == "action", "label"].value_counts() for table in (first, again))
    assert_series_equal(*labels, check_index_type=False)


def test_other_codes_of_the_same_words_are_found_again():
    """Two codes of one utterance, told by the same words: only the one that was replaced stays away."""
    lines = [("S", 0.0, 3.0, "You are a very sales-oriented person."), ("BU", 3.5, 5.0, "Well, thank you.")]
    table = coded(made(lines), ROLES, "en", BOOK)[0]
    row = table[table["label"] == "compliment"].iloc[0]
    double = {**row.to_dict(), "id": "action-9001", "label": "humour", "status": "auto"}
    both = timeline([*table.to_dict("records"), double])
    changed, row = edited(both, "humour", "affiliation")
    again = coded(changed, ROLES, "en", BOOK)[0]
    assert at(again, row) == ["affiliation", "compliment"]


def test_the_machines_rows_at_other_places_stay():
    first = with_codes(made(PAPERS))
    changed, _ = edited(first, "minimal_response", "compliment")
    again = with_codes(changed)
    count = (first["label"] == "minimal_response").sum()
    assert (again["label"] == "minimal_response").sum() == count - 1 > 0
