"""The command: names with brackets, being stopped, faults of ours, and which folder a meeting gets."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys

import pytest

from pipeline import command, models
from pipeline.errors import SettingsError
from pipeline.progress import Display, Speeds
from tests.conftest import SAMPLE, rapport, write_wave

RATE = 16_000
STOPPED = "rapport: stopped; what is done is kept, run the same command to go on.\n"


WORDS_ONLY = "voice: {listen: false}\nrapport: {code: false}\n"


def options(out, quiet=True):
    return command.Options(out=out, config=None, speakers=None, faces=False, quiet=quiet, json_lines=False)


def test_a_name_with_brackets_is_reported_in_full(tmp_path, sample_sound):
    out = tmp_path / "a folder whose name is so long that a line with it is wider than most terminals"
    recording = write_wave(tmp_path / "call [final].wav", sample_sound[: 5 * RATE])
    (tmp_path / "words.yaml").write_text(WORDS_ONLY)
    done = rapport("analyse", recording, "--out", out, "--config", tmp_path / "words.yaml")
    assert done.returncode == 0, done.stderr
    assert "call [final]\n" in done.stderr
    assert f"  Transcript: {out / 'call [final]' / 'transcript.txt'}\n" in done.stdout
    assert (out / "call [final]" / "transcript.txt").is_file()


def test_the_display_shows_brackets_and_long_lines_as_they_are(tmp_path, capsys):
    display = Display(Speeds(tmp_path / "speeds.json"))
    sentence = f"{tmp_path}/{'long ' * 30}[/x] :smile: [bold]cannot be read."
    display.meeting("[/x]", 1, 1)
    display.warning(sentence)
    display.failed(sentence)
    display.close()
    lines = [line.rstrip() for line in capsys.readouterr().err.splitlines() if line.strip()]
    assert lines == ["[/x]", f"  ! {sentence}", f"  ✗ {sentence}"]


def test_ctrl_c_says_how_to_go_on_and_the_next_run_finishes(tmp_path, sample_sound):
    recording = write_wave(tmp_path / "call.wav", sample_sound[: 5 * RATE])
    (tmp_path / "words.yaml").write_text(WORDS_ONLY)
    arguments = ["analyse", str(recording), "--out", str(tmp_path), "--json-lines"]
    arguments += ["--config", str(tmp_path / "words.yaml")]
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "stage" and event["stage"] == "transcribe":
            process.send_signal(signal.SIGINT)
            break
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == STOPPED

    again = rapport(*arguments)
    assert again.returncode == 0, again.stderr
    events = [json.loads(line) for line in again.stdout.splitlines()]
    cached = {event["stage"]: event["cached"] for event in events if event["event"] == "stage_done"}
    assert cached["decode"] and cached["find speech"] and not cached["transcribe"]
    assert events[-1]["event"] == "done"


@pytest.mark.parametrize("stop", [False, True])
def test_speeds_are_kept_in_quiet_runs_even_when_stopped(tmp_path, monkeypatch, capsys, stop):
    def learn(meeting, *, speeds, **rest):
        speeds.learn("decode", 1.0, 10.0)
        raise KeyboardInterrupt if stop else ValueError("of no matter")

    monkeypatch.setattr(models, "cache_dir", lambda: tmp_path / "models")
    monkeypatch.setattr(command, "analyse", learn)
    assert command.analyse_all([SAMPLE], None, options(tmp_path)) == (130 if stop else 1)
    assert json.loads((tmp_path / "speeds.json").read_text()) == {"decode": 0.1}
    assert (capsys.readouterr().err == STOPPED) is stop


@pytest.mark.parametrize("writable", [True, False])
def test_a_fault_of_ours_is_one_sentence_and_its_details_are_kept(tmp_path, monkeypatch, capsys, writable):
    def fail(meeting, *, folder, **rest):
        if not writable:
            shutil.rmtree(folder)
            folder.touch()
        raise ValueError("two\nlines")

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(command.tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(models, "cache_dir", lambda: tmp_path / "models")
    monkeypatch.setattr(command, "analyse", fail)
    other = tmp_path / "out" / SAMPLE.stem
    other.mkdir(parents=True)
    (other / ".files.json").write_text("another recording of the same name")
    assert command.analyse_all([SAMPLE], None, options(tmp_path / "out")) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    (log,) = tmp_path.rglob("error.log")
    assert "(ValueError: two lines)" in sentence and sentence.endswith(f"details are in {log}.")
    assert "Traceback" in log.read_text()
    assert log.parent.parent == tmp_path / ("out" if writable else "temporary") and log.parent != other


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The folders that meetings are given, filled as they are analysed."""
    given = []

    def note(meeting, *, folder, **rest):
        given.append((len(meeting.files), folder))
        raise SettingsError("That is all this test needs.")

    monkeypatch.setattr(models, "cache_dir", lambda: tmp_path / "models")
    monkeypatch.setattr(command, "analyse", note)
    return given


def test_adding_a_file_to_the_meeting_keeps_its_folder(tmp_path, folders):
    meeting, out = tmp_path / "meeting.yaml", tmp_path / "out"
    for files in ("one.wav", "one.wav, two.wav"):
        meeting.write_text(f"name: talk\nfiles: [{files}]\n")
        command.analyse_all([], meeting, options(out))
    assert folders == [(1, out / "talk"), (2, out / "talk")]


def test_one_meeting_file_for_several_recordings_gives_each_its_folder(tmp_path, folders):
    (tmp_path / "team.yaml").write_text("participants: []\n")
    for name in ("monday.wav", "friday.wav", "monday.wav"):
        command.analyse_all([tmp_path / name], tmp_path / "team.yaml", options(tmp_path / "out"))
    monday, friday, again = folders
    assert monday == again != friday
