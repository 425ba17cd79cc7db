"""A lab's own codes: found by words, after other codes and during events; renamed; refused if impossible."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.rapport.codebook import TIERS, Codebook, load_codebook
from pipeline.rapport.score import read_actions
from pipeline.scoring import coded, score_meeting
from pipeline.settings import configs_folder
from pipeline.timeline.table import check, timeline
from tests.rapport.made import analysed, event, human, made

ROLES = {"S": "salesperson", "C": "customer"}
LINES = [
    ("C", 0.0, 4.0, "The price of the whole system is what worries our office most."),
    ("S", 4.5, 7.0, "There is a discount in the first year."),
    ("C", 7.5, 9.0, "A discount would help."),
]


def book(tmp_path: Path, *codes: str) -> Codebook:
    """The product's codebook with codes added, each as `name: what else it says`."""
    text = (configs_folder() / "codebook.yaml").read_text(encoding="utf-8")
    common = "definition: of a lab, steps: [common_ground], weight: 1.0, reference: 0.2"
    added = "".join(f"  {code.split(':')[0]}: {{{common}, {code.split(':', 1)[1]}}}\n" for code in codes)
    path = tmp_path / "book.yaml"
    path.write_text(text.replace("  # ---", f"{added}  # ---", 1), encoding="utf-8")
    return load_codebook(path)


def found(table, book):
    return read_actions(coded(table, ROLES, "en", book)[0], book.renamed)


def labels(actions, who):
    return set(actions[actions["participant"] == who]["label"])


def test_an_own_code_after_another_own_code_whatever_their_order(tmp_path):
    price, discount = (
        'price: find: {words: ["\\\\bprice"]}',
        'discount: find: {words: ["discount"], after: price, within: 5}',
    )
    for codes in ((price, discount), (discount, price)):
        actions = found(made(LINES), book(tmp_path, *codes))
        answer = actions[actions["label"] == "discount"]
        assert answer["participant"].tolist() == ["S"]  # the customer's comes after no price of another
        assert (answer["initiative"].item(), answer["to"].item()) == ("responsive", "C")
        assert "turn-0001" in answer["evidence"].item().split()


def test_codes_that_come_after_each_other_are_found_in_turn(tmp_path):
    actions = found(
        made(LINES),
        book(
            tmp_path,
            'price: find: {words: ["\\\\bprice"]}',
            'offered: find: {words: ["discount"], after: price}',
            'taken: find: {words: ["discount"], after: offered}',
        ),
    )
    assert "offered" in labels(actions, "S")
    assert "taken" in labels(actions, "C")


@pytest.mark.parametrize("gesture", ["nod", "head_shake"])
def test_an_own_code_after_a_nod_or_a_head_shake(tmp_path, gesture):
    moved = event(gesture, "C", 5.0, 5.6) if gesture == "head_shake" else event(gesture, "C", 7.1, 7.4)
    wanted = ("C", 7.6, 8.6, "Our office would want that very much.")
    said = [*LINES[:2], wanted, ("S", 9.0, 11.0, "It is a big discount indeed, of a third.")]
    own = book(tmp_path, f'after_it: find: {{words: ["discount"], after: {gesture}, within: 10}}')
    assert "after_it" in labels(found(made(said, [moved]), own), "S")
    assert "after_it" not in labels(found(made(said), own), "S")


def test_a_tier_that_does_not_exist_is_refused_with_those_that_do(tmp_path):
    with pytest.raises(SettingsError, match=r"there is no tier 'smiling'; .*\bsmile\b"):
        book(tmp_path, 'nice: find: {words: ["nice"], during: smiling}')


def test_tiers_of_own_codes_are_those_of_the_documentation():
    text = (Path(__file__).parents[2] / "docs" / "timeline.md").read_text(encoding="utf-8")
    table = text[text.index("| tier | a row is") :]
    documented = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert documented - {"action", "phase"} == TIERS


def test_a_code_that_only_people_code_needs_no_words(tmp_path):
    assert book(tmp_path, "handshake: needs: [person]").codes["handshake"].find is None


def test_codings_under_the_old_name_of_a_code_count_as_the_new_one(tmp_path):
    own = book(tmp_path, 'price: find: {words: ["\\\\bprice"]}, formerly: [cost]')
    old = human("cost", "C", 0.0, 4.0, status="confirmed")
    table = timeline([*made(LINES).to_dict("records"), old])
    actions = found(table, own)
    assert actions[actions["label"] == "price"]["id"].tolist() == [old["id"]]  # and not a second time
    report = score_meeting(analysed(tmp_path / "meeting", table, ROLES, book=own), None)
    (score,) = (one for one in report.scores if one.who == ("C",))
    assert any(old["id"] in part.actions for part in score.steps["common_ground"].parts)
    assert not any("cost" in warning for warning in report.warnings)


def test_what_people_coded_with_a_code_that_is_gone_is_said(tmp_path):
    table = timeline([*made(LINES).to_dict("records"), human("cost", "C", 0.0, 4.0)])
    report = score_meeting(analysed(tmp_path / "meeting", table, ROLES), None)
    assert any("'cost'" in warning and "formerly" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("codes", "about"),
    [
        (["price: needs: [person], formerly: [formulation]"], "a code of its own"),
        (
            ["price: needs: [person], formerly: [cost]", "fee: needs: [person], formerly: [cost]"],
            "both price and fee|both fee and price",
        ),
        (['price: find: {words: ["x"], after: cost}'], "which is no code"),
    ],
)
def test_contradictory_names_are_refused(tmp_path, codes, about):
    with pytest.raises(SettingsError, match=about):
        book(tmp_path, *codes)


@pytest.mark.parametrize("left_out", sorted(load_codebook().codes))
def test_any_code_can_be_left_out(tmp_path, left_out):
    events = [
        event("smile", "S", 1.0, 3.0),
        event("smile", "C", 2.0, 4.0),
        event("nod", "S", 2.0, 2.6),
        event("head_shake", "S", 3.0, 3.6),
        event("laughter", "C", 6.0, 7.0),
    ]
    full = load_codebook()
    fewer = full.model_copy(update={"codes": {n: c for n, c in full.codes.items() if n != left_out}})
    table = coded(made(LINES, events), ROLES, "en", fewer)[0]
    check(table)
    assert left_out not in set(read_actions(table)["label"])
