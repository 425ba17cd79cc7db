"""A corpus holds what its meetings hold, and is written only where they changed."""

from __future__ import annotations

import json
import shutil

import duckdb
import pandas as pd
import pytest

from pipeline.corpus import build as building
from pipeline.corpus.build import build
from pipeline.corpus.tables import TABLES, load, part_of
from pipeline.errors import SettingsError
from pipeline.scoring import score_meeting
from pipeline.timeline.table import read
from tests.corpus.made import change, meeting, run


@pytest.fixture
def outputs(tmp_path):
    for name in ("one", "two", "three"):
        meeting(tmp_path / "outputs", name, smiles=[("S", 1.0), ("C", 2.0)])
    return tmp_path / "outputs"


def test_scores_and_measures_are_those_of_rapport_score(outputs, tmp_path):
    build(outputs, tmp_path / "corpus")
    said = score_meeting(outputs / "two", None).data()
    scores, measures = (load(tmp_path / "corpus", name) for name in ("scores", "measures"))
    kept = scores[scores["meeting"] == "two"].set_index(["who", "score"])
    assert len(said["scores"]) == 3
    for score in said["scores"]:
        who = "+".join(score["who"])
        assert kept.at[(who, "total"), "value"] == pytest.approx(score["total"], abs=0.001)
        assert kept.at[(who, "total"), "low"] == pytest.approx(score["interval"][0], abs=0.001)
        for name, step in score["steps"].items():
            assert kept.at[(who, name), "value"] == pytest.approx(step["score"], abs=0.001)
            assert kept.at[(who, name), "measured_share"] == pytest.approx(step["measured_share"], abs=0.001)
    assert kept.at[("C+S", "total"), "role"] == "customer+salesperson"
    taken = measures[measures["meeting"] == "two"].set_index(["who", "measure"])["value"]
    for who, values in said["measures"].items():
        for name, value in values.items():
            assert pd.isna(taken[who, name]) if value is None else taken[who, name] == pytest.approx(value)


def test_rows_are_the_timelines_and_actions_those_nobody_rejected(outputs, tmp_path):
    build(outputs, tmp_path / "corpus")
    table = read(outputs / "one" / "timeline.parquet")
    rows = load(tmp_path / "corpus", "rows")
    kept = rows[rows["meeting"] == "one"].drop(columns="meeting").reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, table, check_dtype=False)
    actions = load(tmp_path / "corpus", "actions")
    assert set(actions[actions["meeting"] == "one"]["id"]) == set(table[table["tier"] == "action"]["id"])
    assert "smile_reciprocity" in set(actions["code"])


def test_other_programs_read_the_parts(outputs, tmp_path):
    build(outputs, tmp_path / "corpus")
    known = {path.name: len(read(path / "timeline.parquet")) for path in outputs.iterdir()}
    by_pandas = pd.read_parquet(tmp_path / "corpus" / "rows")
    assert by_pandas["meeting"].astype(str).value_counts().to_dict() == known
    asked = f"select meeting, count(*) from '{tmp_path}/corpus/rows/*/*.parquet' group by 1"
    assert dict(duckdb.sql(asked).fetchall()) == known


def test_only_what_changed_is_written_again(outputs, tmp_path):
    corpus = tmp_path / "corpus"
    assert sorted(build(outputs, corpus).written) == ["one", "three", "two"]
    before = {name: part_of(corpus, "rows", name).stat().st_mtime_ns for name in ("one", "two", "three")}
    change(outputs / "two", outcome="order")
    meeting(outputs, "four")
    shutil.rmtree(outputs / "three")
    done = build(outputs, corpus)
    assert (sorted(done.written), done.kept, done.removed) == (["four", "two"], ["one"], ["three"])
    assert part_of(corpus, "rows", "one").stat().st_mtime_ns == before["one"]
    assert part_of(corpus, "rows", "two").stat().st_mtime_ns > before["two"]
    kept = load(corpus, "meetings").set_index("meeting")
    assert sorted(kept.index) == ["four", "one", "two"] and kept.at["two", "outcome"] == "order"
    assert build(outputs, corpus).written == []


def test_another_codebook_has_the_scores_made_again(outputs, tmp_path, monkeypatch):
    corpus, configs = tmp_path / "corpus", tmp_path / "configs"
    build(outputs, corpus)
    shutil.copytree(building.configs_folder(), configs)
    with (configs / "codebook.yaml").open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    monkeypatch.setattr(building, "configs_folder", lambda: configs)
    assert len(build(outputs, corpus).written) == 3


def test_several_processes_make_the_same(outputs, tmp_path):
    build(outputs, tmp_path / "a")
    done = build(outputs, tmp_path / "b", workers=2)
    assert sorted(done.written) == ["one", "three", "two"]
    for name in TABLES:
        for which in ("one", "two", "three"):
            one, other = (part_of(tmp_path / corpus, name, which).read_bytes() for corpus in "ab")
            assert one == other


def test_a_broken_meeting_is_set_aside_with_why_and_comes_back_when_mended(outputs, tmp_path):
    corpus = tmp_path / "corpus"
    build(outputs, corpus)
    good = (outputs / "two" / "timeline.parquet").read_bytes()
    (outputs / "two" / "timeline.parquet").write_bytes(good[:100])
    (outputs / "three" / "manifest.json").write_text('{"meeting": {}}')
    meeting(outputs, "four")
    (outputs / "four" / "timeline.parquet").unlink()
    (outputs / "five").mkdir()
    (outputs / "five" / "manifest.json").write_text("[1]")
    done = run("build", outputs, "--to", corpus)
    assert done.exit_code == 1 and "1 unchanged" in done.stdout
    complaints = [line for line in done.stderr.splitlines() if line.startswith("! ")]
    assert sorted(line.split()[1] for line in complaints) == ["five", "four", "three", "two"]
    assert load(corpus, "meetings")["meeting"].tolist() == ["one"]
    (outputs / "two" / "timeline.parquet").write_bytes(good)
    assert "two" in build(outputs, corpus).written
    assert load(corpus, "meetings")["meeting"].tolist() == ["one", "two"]


def test_a_build_that_was_stopped_is_taken_up(outputs, tmp_path, monkeypatch):
    corpus, place = tmp_path / "corpus", building.part_of
    change(outputs / "two", outcome="")
    build(outputs, corpus)
    change(outputs / "two", outcome="order")

    def stopped(where, table, name):
        if table == "scores":
            raise KeyboardInterrupt
        return place(where, table, name)

    monkeypatch.setattr(building, "part_of", stopped)
    with pytest.raises(KeyboardInterrupt):
        build(outputs, corpus)
    monkeypatch.undo()
    change(outputs / "two", outcome="")  # as it was when it was built: but half of its parts are newer
    assert build(outputs, corpus).written == ["two"]
    assert set(load(corpus, "meetings")["outcome"]) == {""}
    assert not list(corpus.glob(".making-*"))


@pytest.mark.parametrize("name", ["a b", "x=1", "50%", "Äiti's", "[1] *", "0012"])
def test_a_meeting_may_have_any_name(tmp_path, name):
    meeting(tmp_path / "outputs", name)
    corpus = tmp_path / "cor'pus [1]"
    build(tmp_path / "outputs", corpus)
    assert load(corpus, "meetings")["meeting"].tolist() == [name]
    asked = run("query", "select meeting, who from people order by who", "--json", "--corpus", corpus)
    assert json.loads(asked.stdout) == [{"meeting": name, "who": who} for who in "CS"]


def test_what_people_know_is_kept_with_its_kind(tmp_path):
    about = {"outcome": "order", "next_step": "visit", "rating": 6.0}
    meeting(tmp_path / "outputs", "one", **about, metadata={"site": 12, "remote": True, "city": "Oulu"})
    build(tmp_path / "outputs", tmp_path / "corpus")
    kept = load(tmp_path / "corpus", "meetings").iloc[0]
    assert {name: kept[name] for name in about} == about and kept["duration_s"] == 200
    metadata = load(tmp_path / "corpus", "metadata").set_index("name")
    assert metadata["value"].to_dict() == {"site": "12", "remote": "true", "city": "Oulu"}
    assert metadata["number"].dropna().to_dict() == {"site": 12.0}


def test_nothing_else_is_taken_for_a_corpus_or_overwritten(outputs, tmp_path):
    with pytest.raises(SettingsError, match="no analysed meeting"):
        build(tmp_path / "nothing", tmp_path / "corpus")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("mine")
    with pytest.raises(SettingsError, match="no corpus"):
        build(outputs, tmp_path / "thesis")
    with pytest.raises(SettingsError, match="rapport corpus build"):
        load(tmp_path / "thesis", "meetings")
