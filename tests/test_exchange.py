"""The sample meeting goes out in every format, and corrections come back and stay."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.exports.formats import FORMATS
from pipeline.timeline.table import read
from tests.conftest import SAMPLE, rapport

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def outputs(analysed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of results with a copy of the sample meeting."""
    out = tmp_path_factory.mktemp("exchange")
    shutil.copytree(analysed, out / analysed.name)
    return out


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line in this process, which has loaded already what it needs."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["rapport", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(sys.argv, ended.value.code or 0, said.out, said.err)

    return run


def test_every_format_is_written_and_names_everybody(outputs: Path, tmp_path: Path) -> None:
    done = rapport("export", "sample_meeting", "--all", "--to", tmp_path, "--out", outputs)
    assert done.returncode == 0, done.stderr
    files = {Path(line) for line in done.stdout.split()}
    assert len(files) == len(FORMATS) == len(list(tmp_path.iterdir()))
    for path in files:
        content = path.read_bytes()
        assert content
        if path.suffix in (".txt", ".eaf", ".exb", ".TextGrid", ".srt", ".vtt", ".cha"):
            text = content.decode()
            assert "P1" in text and "P2" in text, path.name


def test_a_correction_is_shown_first_then_stands_even_after_a_new_run(
    outputs: Path, tmp_path: Path, command: Command
) -> None:
    done = command("export", "sample_meeting", "-f", "elan", "--to", tmp_path, "--out", outputs)
    path = tmp_path / "sample_meeting.eaf"
    text = path.read_text(encoding="utf-8")
    assert text.count("Portugal to buy the sea.") == 1
    path.write_text(text.replace("Portugal to buy the sea.", "Portugal by the sea."), encoding="utf-8")
    before = (outputs / "sample_meeting" / "timeline.parquet").read_bytes()

    done = command("import", "sample_meeting", path, "--out", outputs)
    assert done.returncode == 0, done.stderr
    assert "Portugal by the sea." in done.stdout
    assert "Nothing was changed" in done.stdout
    assert (outputs / "sample_meeting" / "timeline.parquet").read_bytes() == before

    done = command("import", "sample_meeting", path, "--yes", "--out", outputs)
    assert done.returncode != 0
    assert "--coder" in done.stderr
    assert (outputs / "sample_meeting" / "timeline.parquet").read_bytes() == before

    done = rapport("import", "sample_meeting", path, "--yes", "--coder", "anna", "--out", outputs)
    assert done.returncode == 0, done.stderr
    _is_corrected(outputs / "sample_meeting", command)
    manifest = json.loads((outputs / "sample_meeting" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["imports"][0]["coder"] == "anna"

    done = command("analyse", SAMPLE, "--out", outputs, "--quiet")
    assert done.returncode == 0, done.stderr
    _is_corrected(outputs / "sample_meeting", command)


def _is_corrected(folder: Path, command: Command) -> None:
    """The turn is as it was typed, and so are its words, what is read, and what is scored."""
    table = read(folder / "timeline.parquet")
    turn = table[(table["tier"] == "turn") & table["text"].str.contains("Portugal by the sea")].iloc[0]
    assert (turn["status"], turn["coder"]) == ("edited", "anna")
    words = table[table["id"].isin(turn["evidence"].split()) & (table["status"] != "rejected")]
    assert " ".join(words.sort_values("start")["text"]) == turn["text"]
    assert "Portugal by the sea." in (folder / "transcript.txt").read_text(encoding="utf-8")
    draft = command("export", folder, "-f", "jefferson").stdout.strip()
    letters = "".join(filter(str.isalpha, Path(draft).read_text(encoding="utf-8")))
    assert "Portugalbythesea" in letters  # with brackets between them


def test_a_file_that_is_no_draft_changes_nothing(outputs: Path, tmp_path: Path, command: Command) -> None:
    before = (outputs / "sample_meeting" / "timeline.parquet").read_bytes()
    for name, content in {
        "broken.docx": b"no archive",
        "broken.eaf": b"<a",
        "broken.csv": b"\xe4;\n",
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        done = command("import", "sample_meeting", path, "--yes", "--coder", "anna", "--out", outputs)
        assert done.returncode == 8
        assert done.stderr.startswith(f"rapport: {path}")
        assert len(done.stderr.splitlines()) == 1
    assert (outputs / "sample_meeting" / "timeline.parquet").read_bytes() == before
