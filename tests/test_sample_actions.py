"""The sample meeting's scripted actions, found, evidenced, explained and scored, end to end."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

from pipeline.rapport.codebook import load_codebook
from pipeline.rapport.score import read_actions
from pipeline.settings import configs_folder
from pipeline.timeline.table import check, read, write
from tests.conftest import rapport, who_is_who


@pytest.fixture(scope="module")
def table(analysed):
    return read(analysed / "timeline.parquet")


@pytest.fixture(scope="module")
def acts(table, truth) -> pd.DataFrame:
    found = read_actions(table)
    names = who_is_who(table, truth)
    return found.assign(person=found["participant"].map(names), other=found["to"].map(names))


def turn(truth: dict, name: str) -> dict:
    return next(one for one in truth["turns"] if one["id"] == name)


def during(acts: pd.DataFrame, code: str, person: str, true: dict) -> pd.DataFrame:
    """Actions of a code by a person that share time with something true."""
    own = acts[(acts["label"] == code) & (acts["person"] == person)]
    return own[(own["start"] < true["end"]) & (own["end"] > true["start"])]


@pytest.mark.parametrize(
    ("code", "person", "name"),
    [
        ("small_talk", "S", "s1"),
        ("small_talk", "C", "c1"),
        ("open_question", "S", "s1"),
        ("second_story", "S", "s2"),
        ("humour", "C", "c2"),
        ("open_question", "S", "s3"),
        ("second_story", "S", "s4"),
        ("formulation", "S", "s5"),
        ("compliment", "S", "s6"),
        ("agreement_sequence", "C", "c7"),
        ("agreement_sequence", "S", "s8"),
    ],
)
def test_scripted_talk_is_coded_under_who_does_it(acts, truth, code, person, name):
    found = during(acts, code, person, turn(truth, name))
    assert len(found) >= 1
    assert set(found["other"]) == {"C" if person == "S" else "S"}


def test_initiative_is_told_apart(acts, truth):
    opened = during(acts, "small_talk", "S", turn(truth, "s1")).iloc[0]
    taken_up = during(acts, "small_talk", "C", turn(truth, "c1")).iloc[0]
    assert (opened["initiative"], taken_up["initiative"]) == ("initiated", "responsive")
    assert opened["why"]["taken_up"]
    assert set(acts[acts["label"] == "formulation"]["initiative"]) == {"responsive"}


def test_the_formulation_rests_on_what_it_says_back_and_on_its_confirmation(acts, truth, table):
    found = during(acts, "formulation", "S", turn(truth, "s5")).iloc[0]
    assert found["why"]["confirmed"].lower().startswith("yes")
    rows = table[table["id"].isin(found["evidence"].split())]
    turns = rows[rows["tier"] == "turn"]
    confirmation = turn(truth, "c5")
    assert any(abs(start - confirmation["start"]) < 0.3 for start in turns["start"])
    assert (rows["tier"] == "word").any()


def test_listening_is_counted_once_across_voice_and_nod(acts, truth):
    own = acts[acts["label"] == "minimal_response"]
    nods = [name for cell in own["evidence"] for name in cell.split() if name.startswith("nod")]
    assert len(nods) == len(set(nods))
    nodded = next(nod for nod in truth["nods"] if nod["person"] == "S")
    assert len(during(acts, "minimal_response", "S", nodded)) == 1


def test_what_is_responsive_rests_on_what_the_other_did(acts, table):
    whose = dict(zip(table["id"], table["participant"], strict=True))
    for row in acts[acts["initiative"] == "responsive"].itertuples():
        assert row.to in {whose[name] for name in row.evidence.split()}, row.id


def test_everything_was_measured_of_both_who_are_heard_and_seen(analysed):
    report = json.loads(rapport("score", analysed, "--json").stdout)
    assert [who["measured"] for who in report["participants"].values()] == [
        ["face", "others_face", "voice", "words"]
    ] * 2
    assert all(step["measured_share"] == 1 for one in report["scores"] for step in one["steps"].values())


def test_nothing_speaks_against_a_friendly_meeting(acts):
    against = {name for name, code in load_codebook().codes.items() if code.counter}
    assert acts[acts["label"].isin(against)].empty


def test_a_score_names_its_codebook_and_the_events_behind_it(analysed, acts):
    done = rapport("score", analysed, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report == json.loads((analysed / "rapport.json").read_text(encoding="utf-8"))
    assert report["codebook"]["digest"] == load_codebook().digest
    known = set(acts["id"])
    parts = [part for one in report["scores"] for step in one["steps"].values() for part in step["parts"]]
    assert parts
    assert all(part["actions"] and set(part["actions"]) <= known for part in parts)
    assert all(0 <= one["total"] <= 100 for one in report["scores"])
    assert len(report["strongest_moments"]) == 3
    assert (analysed / "rapport.png").stat().st_size > 10_000
    manifest = json.loads((analysed / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["codebook"]["digest"] == report["codebook"]["digest"]


def test_the_terminal_says_what_a_coach_reads_aloud(analysed):
    done = rapport("score", analysed)
    assert done.returncode == 0, done.stderr
    for text in ("breaking the ice", "Strongest moments", "Missed opportunities", "share of speech time"):
        assert text in done.stdout


def test_an_explanation_quotes_and_names_its_evidence(analysed, acts, truth):
    action = during(acts, "formulation", "S", turn(truth, "s5")).iloc[0]["id"]
    done = rapport("explain", analysed, action)
    assert done.returncode == 0, done.stderr
    for text in ("says back", "So you mean", "confirms it", "finding common ground", "turn-"):
        assert text in done.stdout
    assert len(done.stdout.strip().splitlines()) == 1
    unknown = rapport("explain", analysed, "action-9999")
    assert unknown.returncode != 0
    assert "There is no action 'action-9999'" in unknown.stderr


def test_disclosure_shows_quotes_with_times(analysed, table, truth):
    done = rapport("disclose", analysed, "--json")
    assert done.returncode == 0, done.stderr
    found = {one["participant"]: one for one in json.loads(done.stdout)}
    seller = next(p for p, person in who_is_who(table, truth).items() if person == "S")
    assert "family" in found[seller]["topics"]
    assert found[seller]["depth"] == "more_intimate"
    assert found[seller]["quotes"][0]["start"] == pytest.approx(turn(truth, "s2")["start"], abs=0.5)


def test_a_lab_adds_a_code_and_keeps_its_corrections(analysed, tmp_path):
    folder = shutil.copytree(analysed, tmp_path / "mine", ignore=shutil.ignore_patterns(".stages"))
    before = read(folder / "timeline.parquet")
    first = before[(before["tier"] == "action") & (before["label"] == "compliment")].index[0]
    changed = before.copy()
    changed.loc[first, ["status", "coder"]] = ["rejected", "AL"]
    write(check(changed), folder)
    book = tmp_path / "codebook.yaml"
    text = (configs_folder() / "codebook.yaml").read_text(encoding="utf-8")
    own = """
  trial_named:
    definition: a trial is spoken of
    steps: [common_ground]
    weight: 0.5
    reference: 0.2
    find: {words: ['\\btrial\\b']}
"""
    marker = "  # ---"
    book.write_text(text.replace(marker, own.lstrip("\n") + marker, 1), encoding="utf-8")
    done = rapport("code", folder, "--codebook", book)
    assert done.returncode == 0, done.stderr
    after = read(folder / "timeline.parquet")
    assert (after["label"] == "trial_named").sum() == 1
    compliments = after[(after["tier"] == "action") & (after["label"] == "compliment")]
    assert compliments["status"].tolist() == ["rejected"]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["codebook"]["path"] == str(book)
    assert manifest["codebook"]["digest"] != load_codebook().digest
    report = json.loads(rapport("score", folder, "--json").stdout)
    codes = {
        part["code"] for one in report["scores"] for step in one["steps"].values() for part in step["parts"]
    }
    assert "trial_named" in codes
    assert "compliment" not in codes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("weight: 1.5", "weight: -1"),
        ("steps: [common_ground]", "steps: [nowhere]"),
    ],
)
def test_a_faulty_codebook_is_refused_before_anything_runs(analysed, tmp_path, change, message):
    book = tmp_path / "codebook.yaml"
    text = (configs_folder() / "codebook.yaml").read_text(encoding="utf-8")
    book.write_text(text.replace(change, message, 1), encoding="utf-8")
    done = rapport("score", analysed, "--codebook", book)
    assert done.returncode != 0
    assert done.stderr.startswith("rapport: In the codebook")
    assert len(done.stderr.strip().splitlines()) == 1
