"""A report is readable in 80 columns, says what was not measured, and is drawn in a few strokes."""

from __future__ import annotations

import io
import json
import re
import shutil

import numpy as np
import pytest
from rich.console import Console

from pipeline.errors import SettingsError
from pipeline.rapport.codebook import load_codebook
from pipeline.rapport.figure import figure
from pipeline.rapport.printed import show
from pipeline.scoring import code_meeting, codebook_of, disclosed, explain_action, score_meeting
from pipeline.settings import configs_folder
from pipeline.timeline.table import read
from tests.conftest import rapport
from tests.rapport.made import analysed, event, made
from tests.rapport.test_measured import SEEN, SWEDISH, TALK
from tests.rapport.test_who_hears import EVENTS, LINES

ROLES = {"S": "salesperson", "C": "customer"}


def printed(report) -> str:
    out = io.StringIO()
    show(report, Console(file=out, width=80, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_scores_are_whole_in_80_columns_however_many_take_part(tmp_path, number):
    people = ["Salesperson", "Customer-1", "Customer-2", "Customer-3", "Customer-4"][:number]
    lines = [(people[i % number], 3.0 * i, 3.0 * i + 2.5, LINES[i % 6][3]) for i in range(30)]
    seen = [event("face_visible", people[0], 0.0, 90.0, value=1.0)]
    report = score_meeting(analysed(tmp_path / "m", made(lines, seen), {}), None)
    text = printed(report)
    assert max(map(len, text.splitlines())) <= 80
    pairs = number * (number - 1) // 2
    values = re.findall(r"\d+ \(\d+ to \d+\)", text)
    assert len(values) == (number + pairs) * 5  # four steps and the total, none broken into two lines
    measured = [line for line in text.splitlines() if line.strip().startswith("measured")]
    shares = re.findall(r"\d+%", " ".join(measured))
    assert len(shares) == (number + pairs) * 4
    assert {f"{score.steps['maintaining'].measured:.0%}" for score in report.scores} <= set(shares)


def test_none_is_not_said_to_be_found_where_words_were_not_measured(tmp_path):
    untold = score_meeting(analysed(tmp_path / "sv", made(SWEDISH), ROLES, "sv"), None)
    text = printed(untold)
    assert "none found" not in text
    assert "Missed opportunities: not measured" in text
    assert untold.data()["missed_opportunities"] is None
    told = score_meeting(analysed(tmp_path / "en", made(TALK), ROLES), None)
    assert "Missed opportunities: none found" in printed(told)
    assert told.data()["missed_opportunities"] == []


def test_who_discloses_nothing_is_told_from_who_was_not_understood(tmp_path):
    assert disclosed(analysed(tmp_path / "sv", made(SWEDISH), ROLES, "sv"))[0] == []
    assert len(disclosed(analysed(tmp_path / "en", made(TALK), ROLES))[0]) == 2
    said = rapport("disclose", tmp_path / "sv").stdout
    assert "not measured" in said and "depth: none" not in said


def test_a_figure_has_one_plot_for_each_kind_of_action(tmp_path):
    instant = event("head_shake", "S", 3.0, 3.0)
    report = score_meeting(analysed(tmp_path / "m", made(LINES, [*EVENTS, *SEEN, instant]), ROLES), None)
    top = figure(report).axes[0]
    kinds = report.actions["label"].nunique()
    assert len(top.collections) == kinds < len(report.actions)
    drawn = sum(len(one.get_segments()) for one in top.collections)
    assert drawn == len(report.actions)
    lengths = [np.ptp(segment[:, 0]) for one in top.collections for segment in one.get_segments()]
    assert min(lengths) > 0


@pytest.fixture
def lab(tmp_path):
    """A meeting coded with a lab's codebook, and that codebook."""
    path = tmp_path / "lab.yaml"
    text = (configs_folder() / "codebook.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("name: rapport", "name: lab", 1), encoding="utf-8")
    return analysed(tmp_path / "meeting", made(TALK, SEEN), ROLES, book=load_codebook(path)), path


def test_a_codebook_that_has_moved_is_named_with_where_it_was(lab):
    folder, path = lab
    assert not any("codebook" in warning for warning in score_meeting(folder, None).warnings)
    moved = path.rename(path.with_name("moved.yaml"))
    report = score_meeting(folder, None)
    (said,) = (warning for warning in report.warnings if "codebook" in warning)
    assert "codebook lab 1" in said and str(path) in said and "--codebook" in said
    assert report.codebook.name == "rapport"
    action = report.actions["id"].iloc[0]
    assert str(path) in explain_action(folder, action)
    assert not any("codebook" in w for w in score_meeting(folder, load_codebook(moved)).warnings)


def test_nothing_is_coded_with_another_codebook_unasked(lab, tmp_path):
    folder, path = lab
    before = read(folder / "timeline.parquet")
    moved = path.rename(path.with_name("moved.yaml"))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for command in (lambda: code_meeting(folder, None), lambda: codebook_of(manifest)):
        with pytest.raises(SettingsError, match="no longer at"):
            command()
    assert read(folder / "timeline.parquet").equals(before)
    shutil.copytree(folder, tmp_path / "copy")
    code_meeting(tmp_path / "copy", load_codebook(moved))
    now = json.loads((tmp_path / "copy" / "manifest.json").read_text(encoding="utf-8"))
    assert now["codebook"]["path"] == str(moved)


def test_a_codebook_that_was_changed_is_said(lab):
    folder, path = lab
    path.write_text(path.read_text(encoding="utf-8").replace("weight: 1.5", "weight: 1.6", 1))
    assert any("has changed since" in warning for warning in score_meeting(folder, None).warnings)
