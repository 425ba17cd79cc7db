"""Nothing is done twice, and a kill loses at most the running stage."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys

import pandas as pd
import pytest

from pipeline import command
from pipeline.manifest import people_of, read_manifest
from pipeline.review.desk import Desk
from pipeline.timeline.table import read, tier
from tests.conftest import rapport

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


def stages(told):
    """Which stages ran, and whether their results were there already, as `--json-lines` tells."""
    events = [json.loads(line) for line in told.splitlines()]
    return {event["stage"]: event["cached"] for event in events if event["event"] == "stage_done"}


def timelines(folder):
    return (folder / "timeline.csv").read_bytes(), (folder / "transcript.txt").read_bytes()


@pytest.fixture(scope="module")
def undisturbed(short_meeting, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed")
    done = rapport("analyse", short_meeting, "--out", out, "--quiet")
    assert done.returncode == 0, done.stderr
    return out / "short"


@pytest.fixture
def again(short_meeting, tmp_path, capsys):
    """Analyses the meeting in this process, as ``rapport analyse`` does; tells which stages ran."""

    def analyse(settings=""):
        config = tmp_path / "settings.yaml"
        config.write_text(settings)
        options = command.Options(tmp_path, config, speakers=None, faces=False, quiet=False, json_lines=True)
        assert command.analyse_all([short_meeting], None, options) == 0
        return stages(capsys.readouterr().out)

    return analyse


@pytest.fixture
def copy(undisturbed, tmp_path):
    """The results of the undisturbed run, to be run again and changed."""
    return shutil.copytree(undisturbed, tmp_path / "short")


def test_running_again_computes_nothing(copy, again, undisturbed):
    assert again() == dict.fromkeys(STAGES, True)
    assert timelines(copy) == timelines(undisturbed)


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
def test_a_changed_setting_recomputes_only_what_depends_on_it(copy, again, change, computed):
    assert {stage for stage, cached in again(change).items() if not cached} == computed


def killed_in(stage, short_meeting, out):
    """The stages that ended in a run that is killed in one, and whether their results were there already."""
    line = [sys.executable, "-m", "pipeline.cli", "analyse", str(short_meeting), "--out", str(out)]
    process = subprocess.Popen([*line, "--json-lines"], stdout=subprocess.PIPE, text=True)
    ended = {}
    for told in process.stdout:
        event = json.loads(told)
        if event["event"] == "stage_done":
            ended[event["stage"]] = event["cached"]
        if event["event"] == "stage" and event["stage"] == stage:
            process.send_signal(signal.SIGKILL)
            break
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    return ended


def test_a_kill_in_any_stage_changes_nothing_in_the_end(undisturbed, short_meeting, tmp_path):
    for number, stage in enumerate(STAGES):  # each run takes up what the one before it left
        ended = killed_in(stage, short_meeting, tmp_path)
        assert list(ended) == STAGES[:number]
        lost = {name for name, cached in ended.items() if not cached}
        assert lost <= {STAGES[number - 1]}, f"after a kill in {STAGES[number - 1]}"  # a short one had ended
    last = rapport("analyse", short_meeting, "--out", tmp_path, "--json-lines")
    assert last.returncode == 0, last.stderr
    assert {name for name, cached in stages(last.stdout).items() if not cached} <= {STAGES[-1]}
    assert timelines(tmp_path / "short") == timelines(undisturbed)
    leftovers = [p for p in (tmp_path / "short").rglob(".*.*") if p.suffix[1:].isdigit()]
    assert leftovers == []


def test_what_a_person_corrected_holds_through_another_analysis(copy, again):
    desk = Desk(copy)
    first = tier(desk.look()[0], "turn").iloc[0]
    (other,) = {"P1", "P2"} - {first["participant"]}
    given = {"do": "change", "id": first["id"], "set": {"participant": other}}
    desk.edit("AK", 0, [given, {"do": "rename", "participant": other, "name": "Anna"}])
    before = read(copy / "timeline.parquet")
    assert set(again().values()) == {True}
    after = read(copy / "timeline.parquet")
    for name in ("turn", "word", "gap", "overlap", "pause"):
        columns = ["participant", "start", "end", "text", "label"]
        pd.testing.assert_frame_equal(tier(after, name)[columns], tier(before, name)[columns])
    assert people_of(read_manifest(copy))[other] == "Anna"
    assert "Anna:" in (copy / "transcript.txt").read_text()
