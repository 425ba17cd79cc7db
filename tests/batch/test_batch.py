"""A batch on this machine: what is done, set aside and taken up, and that it equals single runs."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress

import pytest

from pipeline.batch.batch import Options, run_batch
from pipeline.batch.entries import entries_of
from pipeline.batch.journal import Journal
from pipeline.batch.plan import plan
from pipeline.batch.work import _ended
from pipeline.command import Outcome
from pipeline.corpus.build import build
from pipeline.manifest import read_manifest
from pipeline.settings import Settings, load_settings
from pipeline.timeline.turns import TurnSettings
from tests.batch.conftest import Batch, table, write_clips
from tests.conftest import rapport


@pytest.fixture(scope="module")
def first(tmp_path_factory, sample_sound):
    """A batch of two recordings and a corrupt file, over; its recordings and outputs."""
    folder, out = tmp_path_factory.mktemp("recordings"), tmp_path_factory.mktemp("outputs")
    write_clips(folder, sample_sound, "monday/talk", "other")
    (folder / "corrupt.wav").write_bytes(b"RIFF and then nothing")
    (folder / "notes.txt").write_text("not a recording")
    batch = Batch(folder, "--out", out, "--workers", 2)
    assert batch.end() == 3, batch.errors
    assert batch.ended() == ["other", "talk"] and batch.ended("failed") == ["corrupt"]
    return folder, out


@pytest.fixture
def over(first, tmp_path):
    """Recordings and outputs of that batch, to be changed."""
    kept = [(folder, folder.with_name(f"{folder.name}-kept")) for folder in first]
    for folder, copy in kept:
        shutil.copytree(folder, copy)
    yield first
    for folder, copy in kept:
        shutil.rmtree(folder)
        copy.rename(folder)


def states(folder, out, settings=None, retry=False, again=False):
    """Where each meeting stands before a run."""
    found = plan(
        entries_of(folder, out), Journal(out), settings or load_settings(None), retry=retry, again=again
    )
    return {one.folder.name: one.state for one in found}


def test_a_batch_has_a_table_equals_single_runs_and_leads_to_a_corpus(first, tmp_path):
    folder, out = first
    rows = table(out)
    assert list(rows) == ["corrupt", "talk", "other"]
    assert rows["corrupt"]["state"] == "failed" and "corrupt.wav" in rows["corrupt"]["why"]
    assert (
        rows["talk"]["minutes"] == "0.08"
        and int(rows["talk"]["words"]) > 3
        and rows["talk"]["language"] == "en"
    )
    assert rows["talk"]["worker"] != rows["other"]["worker"] and float(rows["talk"]["seconds"]) > 0

    threads = json.loads((out / "talk" / "manifest.json").read_text())["settings"]["threads"]
    (tmp_path / "same.yaml").write_text(f"threads: {threads}\n")
    alone, recording = tmp_path / "alone", folder / "monday" / "talk.wav"
    single = rapport("analyse", recording, "--out", alone, "--config", tmp_path / "same.yaml", "--quiet")
    assert single.returncode == 0, single.stderr
    made = [path.relative_to(alone) for path in alone.glob("*/**/*.parquet") if ".stages" not in path.parts]
    assert len(made) == 5
    for path in made:
        assert (alone / path).read_bytes() == (out / path).read_bytes(), path

    assert build(out, tmp_path / "corpus").written == ["other", "talk"]


def test_what_is_done_and_what_failed_is_left_and_what_is_new_is_done(over, sample_sound):
    folder, out = over
    write_clips(folder, sample_sound, "friday/talk")
    batch = Batch(folder, "--out", out, "--workers", 1)
    assert batch.end() == 3, batch.errors
    (new,) = batch.ended()
    assert new.startswith("talk-") and batch.ended("failed") == []
    assert "2 done already." in batch.said and "corrupt is set aside: corrupt.wav" in batch.said
    assert f"2 meetings are called talk; their results are in {new}, talk." in batch.said
    assert table(out)["talk"]["file"].endswith("monday/talk.wav") and table(out)["talk"]["words"]


def test_a_quiet_batch_says_what_is_set_aside_where_nothing_is_left_to_do(first, capsys):
    folder, out = first
    assert run_batch(folder, Options(out, quiet=True)) == 3
    said = capsys.readouterr()
    assert said.err.startswith("corrupt: corrupt.wav") and len(said.err.splitlines()) == 1
    assert said.out == ""


def test_a_failure_is_tried_again_on_request_or_when_its_file_or_the_configuration_is_another(over):
    folder, out = over
    assert states(folder, out)["corrupt"] == "failed"
    assert states(folder, out, retry=True) == {"corrupt": "waiting", "talk": "done", "other": "done"}
    assert states(folder, out, Settings())["corrupt"] == "waiting"
    (folder / "corrupt.wav").write_bytes((folder / "other.wav").read_bytes())
    assert states(folder, out) == {"corrupt": "waiting", "talk": "done", "other": "done"}


def test_what_another_configuration_or_version_made_is_left_unless_asked_for(over):
    folder, out = over
    usual = load_settings(None)
    more = usual.model_copy(update={"threads": 7})
    assert states(folder, out, more)["talk"] == "done"  # which changes nothing in the results
    other = usual.model_copy(update={"turns": TurnSettings(pause=0.5)})
    assert states(folder, out, other)["talk"] == "other"
    assert states(folder, out, other, again=True)["talk"] == "waiting"
    about = out / "talk" / "manifest.json"
    manifest = json.loads(about.read_text())
    manifest["product"]["version"] = "0.0.1"
    about.write_text(json.dumps(manifest))
    (one,) = (
        one
        for one in plan(entries_of(folder, out), Journal(out), load_settings(None), retry=False, again=False)
        if one.state == "other"
    )
    assert one.line["why"] == "Done with version 0.0.1; --again does it anew." and one.line["words"]


def test_a_recording_or_description_that_changed_is_done_anew(over):
    folder, out = over
    recording = folder / "monday" / "talk.wav"
    content = recording.read_bytes()
    recording.write_bytes(content)  # another date
    assert states(folder, out)["talk"] == "done"
    recording.write_bytes(content[:-2000])
    assert states(folder, out)["talk"] == "waiting"
    recording.write_bytes(content)
    sheet = folder / "meetings.csv"
    sheet.write_text("file,outcome\nmonday/talk.wav,order\nother.wav,\n")
    assert states(sheet, out) == {"talk": "waiting", "other": "done"}


def test_a_torn_journal_loses_its_last_line_only(over):
    _, out = over
    journal = out / "batch.jsonl"
    journal.write_text(journal.read_text() + '{"meeting": "talk", "sta')
    Journal(out).note({"meeting": "x", "state": "done"})
    assert Journal(out).last("x") and Journal(out).last("corrupt")["state"] == "failed"


def test_a_disk_that_is_full_when_the_score_is_written_stops_the_batch(first, small_disk):
    folder = shutil.copytree(first[1] / "talk", small_disk(20_000) / "talk")
    (folder / "rapport.json").unlink()
    with (folder.parent / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    ended = _ended(Outcome(folder, result=read_manifest(folder)))
    assert ended["stop"] and ended["exit_code"] == 7 and "full" in ended["why"]
    (folder.parent / "ballast").unlink()
    assert _ended(Outcome(folder, result=read_manifest(folder)))["state"] == "done"


def test_a_sheet_tells_what_is_known_of_the_meetings(clips, quick, tmp_path):
    folder, out, sheet = clips("a", "b"), tmp_path / "out", tmp_path / "recordings" / "meetings.csv"
    lines = (
        "file;meeting;language;outcome;dyad",
        "a.wav;one;en;order;Sam-Anna",
        "b.wav;two;fi;;2",
        "c.wav;;;;",
    )
    sheet.write_text("\n".join(lines))
    batch = Batch(sheet, "--out", out, "--config", quick, "--workers", 1)
    assert batch.end() == 6  # the embedded model knows no Finnish
    rows = table(out)
    assert [rows[name]["state"] for name in ("one", "two", "c")] == ["done", "failed", "failed"]
    assert "'fi'" in rows["two"]["why"] and str(folder / "c.wav") in rows["c"]["why"]
    assert "Metadata: dyad." in batch.said
    about = json.loads((out / "one" / "manifest.json").read_text())["meeting"]
    assert about["outcome"] == "order" and about["metadata"] == {"dyad": "Sam-Anna"}
