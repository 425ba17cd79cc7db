"""A researcher's decision is one human row, which no machine touches and everything else shows."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.exports.export import write_file
from pipeline.exports.formats import FORMATS, Options, format_of
from pipeline.exports.importing import compare
from pipeline.exports.material import material_of
from pipeline.rapport.codebook import load_codebook
from pipeline.relationship.decisions import decided, decision_of
from pipeline.relationship.dyads import dyad
from pipeline.relationship.phases import load_limits
from pipeline.relationship.seen import decide as store
from pipeline.relationship.seen import look
from pipeline.review.desk import Desk
from pipeline.review.tiers import tiers_of
from pipeline.scoring import code_meeting, score_meeting
from pipeline.timeline.human import keep_human_rows
from pipeline.timeline.rows import added_row, with_rows
from pipeline.timeline.table import check, read, timeline
from tests.relationship.made import BUSINESS, FAMILY, meeting, refused, run, told


@pytest.fixture(scope="module")
def analysed_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dyad") / "out"
    meeting(folder, "first", [("S", FAMILY)])
    meeting(folder, "second", [("C", FAMILY)])
    return folder


@pytest.fixture
def out(analysed_once, tmp_path):
    return shutil.copytree(analysed_once, tmp_path / "out")


def decide(out, phase, coder, *more, which="first"):
    done = run("Sam-Anna", "--out", out, "--confirm", phase, "--meeting", which, "--coder", coder, *more)
    assert done.exception is None, done.exception
    return done.stdout


def phases(out, name="first"):
    table = read(out / name / "timeline.parquet")
    return table[table["tier"] == "phase"]


def test_a_decision_is_a_human_row_of_the_whole_meeting_with_its_evidence(out):
    before, score = read(out / "first" / "timeline.parquet"), score_meeting(out / "first", None).data()
    stored = decide(out, "Trial", "AK", "--note", "he was only polite")
    assert "Stored in first: trial, as AK decides." in stored and "trial (AK)" in stored
    (row,) = phases(out).to_dict("records")
    assert row["status"] == "added" and row["source"] == "human" and row["coder"] == "AK"
    assert (row["label"], row["text"], row["participant"]) == ("trial", "he was only polite", "")
    assert (row["start"], row["end"]) == (0.0, before["end"].max())
    telling = before[(before["tier"] == "turn") & (before["text"] == FAMILY)]["id"].tolist()
    assert row["evidence"].split() == telling != []
    assert json.loads(row["details"])["suggested"] == "enmeshment"
    assert len(phases(out, "second")) == 0
    assert score_meeting(out / "first", None).data() == score


def test_a_suggestion_is_never_stored(out):
    before = (out / "first" / "timeline.parquet").read_bytes()
    assert told("Sam-Anna", "--out", out)["meetings"][0]["suggestion"]["phase"] == "enmeshment"
    assert (out / "first" / "timeline.parquet").read_bytes() == before


def test_a_later_decision_changes_the_row_and_keeps_the_earlier(out):
    decide(out, "trial", "AK", "--note", "polite")
    assert "instead of trial by AK" in decide(out, "enmeshment", "BL")
    decide(out, "renegotiation", "AK")
    assert len(phases(out)) == 1
    decision = told("Sam-Anna", "--out", out)["meetings"][0]["decision"]
    assert (decision["phase"], decision["coder"]) == ("renegotiation", "AK")
    earlier = [(one["phase"], one["coder"], one["note"]) for one in decision["earlier"]]
    assert earlier == [("trial", "AK", "polite"), ("enmeshment", "BL", "")]
    assert "before: trial, by AK" in run("Sam-Anna", "--out", out).stdout


def test_decisions_at_the_same_time_are_all_kept(out):
    two = dyad("Sam-Anna", [out / "first", out / "second"])
    seen = look(two.meetings[0], two, load_limits())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda coder: store(seen, "trial", coder), "ABCD"))
    assert len(phases(out)) == 1
    decision, _ = decision_of(read(out / "first" / "timeline.parquet"))
    assert sorted([decision.coder, *(one["coder"] for one in decision.earlier)]) == list("ABCD")


turns = st.lists(
    st.tuples(st.sampled_from("SC"), st.floats(0, 90), st.floats(0.1, 20)), min_size=0, max_size=8
)


def heard(rows) -> pd.DataFrame:
    return timeline(
        {"id": f"turn-{i:04d}", "tier": "turn", "participant": who, "start": start, "end": start + length}
        for i, (who, start, length) in enumerate(rows)
    )


@given(before=turns, after=turns, phase=st.sampled_from(["trial", "enmeshment", "renegotiation"]))
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=25, deadline=None)
def test_no_analysis_overwrites_a_decision(before, after, phase):
    table = heard(before)
    shown = table["id"].tolist()
    table = decided(table, phase, "AK", "why", shown=shown, suggested="trial", at="2026-01-01T00:00:00+00:00")
    kept = check(keep_human_rows(table, heard(after)))
    (mine,) = kept[kept["tier"] == "phase"].to_dict("records")
    (was,) = table[table["tier"] == "phase"].to_dict("records")
    for name in ("id", "start", "end", "label", "text", "details", "source", "status", "coder"):
        assert mine[name] == was[name], name
    assert decision_of(kept) == decision_of(table)


def test_its_evidence_follows_the_turns_through_another_analysis_and_coding(out):
    decide(out, "enmeshment", "AK")
    code_meeting(out / "first", None)
    assert phases(out)["label"].tolist() == ["enmeshment"]
    lines = [("S", 0.0, 2.0, "Hello."), *((who, a + 3, b + 3, said) for who, a, b, said in BUSINESS)]
    table = read(out / "first" / "timeline.parquet")
    machine = table[(table["tier"] == "turn") & (table["status"] == "auto")]
    shifted = machine.assign(id=[f"turn-9{i:03d}" for i in range(len(machine))], evidence="")
    after = keep_human_rows(table, shifted)
    (row,) = after[after["tier"] == "phase"].to_dict("records")
    cited = after[after["id"].isin(row["evidence"].split())]
    assert cited["text"].tolist() == [FAMILY] and cited["id"].str.startswith("turn-9").all()
    assert len(lines) == len(machine)


def test_every_format_takes_it_and_those_of_tiers_hold_it(out, tmp_path):
    decide(out, "enmeshment", "AK", "--note", "family")
    material = material_of(out / "first")
    files = {one.name: write_file(tmp_path / f"m{one.suffix}", material, one, Options()) for one in FORMATS}
    for name in ("elan", "textgrid", "exmaralda", "csv", "json"):
        assert b"enmeshment" in files[name].read_bytes() and b"phase" in files[name].read_bytes(), name
    assert compare(material, files["elan"], "jefferson") == []
    assert format_of("elan").imported


def test_a_decision_that_is_changed_in_another_program_comes_back(out, tmp_path):
    decide(out, "enmeshment", "AK")
    material = material_of(out / "first")
    path = write_file(tmp_path / "m.eaf", material, format_of("elan"), Options())
    path.write_text(path.read_text(encoding="utf-8").replace(">enmeshment<", ">trial<"), encoding="utf-8")
    (change,) = compare(material, path, "jefferson")
    assert "trial" in str(change)


def test_the_review_page_lists_it_and_can_reject_it(out):
    decide(out, "enmeshment", "AK")
    table = read(out / "first" / "timeline.parquet")
    (entry,) = [one for one in tiers_of(table, load_codebook()) if one["name"] == "phase"]
    assert entry["group"] == "coded" and entry["labels"] == ["enmeshment"]
    desk = Desk(out / "first")
    _, version = desk.look()
    desk.edit("BL", version, [{"do": "reject", "id": phases(out)["id"].iloc[0]}])
    assert told("Sam-Anna", "--out", out)["meetings"][0]["decision"] is None
    decide(out, "trial", "CD")
    assert sorted(phases(out)["status"]) == ["added", "rejected"]
    assert told("Sam-Anna", "--out", out)["meetings"][0]["decision"]["coder"] == "CD"


def test_of_several_rows_the_latest_counts_and_a_word_that_is_no_phase_is_said():
    table = heard([("S", 0.0, 5.0)])
    table = decided(table, "trial", "AK", "", shown=[], suggested="", at="2026-01-02T00:00:00+00:00")
    ids = set(table["id"])
    other = added_row(ids, tier="phase", coder="BL", label="enmeshment", start=0.0, end=5.0)
    decision, notes = decision_of(with_rows(table, [other]))
    assert decision is not None and decision.phase == "trial" and "2 rows of phases" in notes[0]
    odd = added_row(ids, tier="phase", coder="BL", label="friendship", start=0.0, end=5.0)
    assert decision_of(with_rows(heard([("S", 0.0, 5.0)]), [odd]))[1][0].startswith(
        "phase-added-0002 says 'friendship', which is no phase"
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            ("--confirm", "friends", "--meeting", "first", "--coder", "AK"),
            "no phase 'friends'; the phases are",
        ),
        (("--confirm", "trial", "--meeting", "third", "--coder", "AK"), "third is no meeting of this dyad"),
        (("--confirm", "trial", "--meeting", "first"), "--coder CODER. Nothing was stored"),
        (("--confirm", "trial", "--coder", "AK"), "which meeting"),
        (("--meeting", "first"), "go with --confirm"),
    ],
)
def test_what_cannot_be_stored_is_said_in_a_sentence(out, options, says):
    assert says in refused("Sam-Anna", "--out", out, *options)
    assert len(phases(out)) == 0
