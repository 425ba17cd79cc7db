"""Nothing is done twice, and a kill loses at most the running stage."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys

import pandas as pd
import pytest

from pipeline.manifest import people_of, read_manifest
from pipeline.review.desk import Desk
from pipeline.timeline.table import read, tier
from tests.conftest import SAMPLE, rapport

STAGES = [
    "decode",
    "find speech",
    "transcribe",
    "diarise",
    "find short answers",
    "find laughter",
    "measure voices",
    "watch faces",
]


def events(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def stages(done):
    """Which stages ran, and whether their results were there already."""
    return {event["stage"]: event["cached"] for event in events(done) if event["event"] == "stage_done"}


def timelines(folder):
    return (folder / "timeline.csv").read_bytes(), (folder / "transcript.txt").read_bytes()


def test_running_again_computes_nothing(analysed):
    before = timelines(analysed)
    again = rapport("analyse", SAMPLE, "--out", analysed.parent, "--json-lines")
    assert again.returncode == 0
    assert stages(again) == dict.fromkeys(STAGES, True)
    assert timelines(analysed) == before


@pytest.mark.parametrize(
    ("change", "computed"),
    [
        ("turns: {lapse: 1.0}", set()),
        ("speech: {diariser: {engine: embedded, options: {threads: 1}}}", set()),
        ("speech: {guard: {rate: 12.0}}", {"transcribe", "find laughter"}),
        ("voice: {labels: {stress: 3.0}}", set()),
        ("voice: {prosody: {tail: 0.25}}", {"measure voices"}),
    ],
)
def test_a_changed_setting_recomputes_only_what_depends_on_it(analysed, tmp_path, change, computed):
    config = tmp_path / "changed.yaml"
    config.write_text(change)
    done = rapport("analyse", SAMPLE, "--out", analysed.parent, "--config", config, "--json-lines")
    assert done.returncode == 0, done.stderr
    assert {stage for stage, cached in stages(done).items() if not cached} == computed
    rapport("analyse", SAMPLE, "--out", analysed.parent, "--quiet")  # as it was, for the other tests


@pytest.fixture(scope="module")
def undisturbed(short_meeting, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed")
    done = rapport("analyse", short_meeting, "--out", out, "--quiet")
    assert done.returncode == 0, done.stderr
    return out / "short"


@pytest.mark.parametrize("stage", STAGES)
def test_a_kill_in_any_stage_changes_nothing_in_the_end(undisturbed, short_meeting, tmp_path, stage):
    command = [sys.executable, "-m", "pipeline.cli", "analyse", str(short_meeting), "--out", str(tmp_path)]
    process = subprocess.Popen([*command, "--json-lines"], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "stage" and event["stage"] == stage:
            process.send_signal(signal.SIGKILL)
            break
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()

    again = rapport("analyse", short_meeting, "--out", tmp_path, "--json-lines")
    assert again.returncode == 0, again.stderr
    done = stages(again)
    finished = set(STAGES[: STAGES.index(stage)])
    kept = {name for name, cached in done.items() if cached}
    assert finished <= kept <= finished | {stage}  # a short stage may end before the kill reaches it
    assert timelines(tmp_path / "short") == timelines(undisturbed)
    leftovers = [p for p in (tmp_path / "short").rglob(".*.*") if p.suffix[1:].isdigit()]
    assert leftovers == []


def test_what_a_person_corrected_holds_through_another_analysis(analysed, tmp_path):
    folder = tmp_path / analysed.name
    shutil.copytree(analysed, folder)
    desk = Desk(folder)
    first = tier(desk.look()[0], "turn").iloc[0]
    (other,) = {"P1", "P2"} - {first["participant"]}
    given = {"do": "change", "id": first["id"], "set": {"participant": other}}
    desk.edit("AK", 0, [given, {"do": "rename", "participant": other, "name": "Anna"}])
    before = read(folder / "timeline.parquet")
    done = rapport("analyse", SAMPLE, "--out", tmp_path, "--quiet")
    assert done.returncode == 0, done.stderr
    after = read(folder / "timeline.parquet")
    for name in ("turn", "word", "gap", "overlap", "pause"):
        columns = ["participant", "start", "end", "text", "label"]
        pd.testing.assert_frame_equal(tier(after, name)[columns], tier(before, name)[columns])
    assert people_of(read_manifest(folder))[other] == "Anna"
    assert "Anna:" in (folder / "transcript.txt").read_text()
