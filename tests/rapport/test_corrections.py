"""Codings that people corrected stay, one by one, and every other coding keeps what it rests on."""

from __future__ import annotations

import pytest

from pipeline.errors import SettingsError
from pipeline.rapport.codebook import load_codebook
from pipeline.rapport.explain import explain
from pipeline.rapport.score import read_actions
from pipeline.scoring import coded
from pipeline.settings import configs_folder
from pipeline.timeline.table import check, timeline
from tests.rapport.made import PAPERS, made

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
