"""``rapport agree`` as a user runs it."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner

from pipeline import cli_agree
from pipeline.agreement import sides
from pipeline.agreement.compare import WordAgreement
from pipeline.agreement.tiers import TierAgreement
from pipeline.errors import RapportError, SettingsError
from pipeline.exports.formats import Format
from pipeline.exports.reading import Reading, fault
from pipeline.timeline.table import timeline, write

app = typer.Typer(add_completion=False)
cli_agree.register(app)
ROWS = [
    {"tier": "smile", "participant": who, "start": 4.0 * i, "end": 4.0 * i + 2}
    for i in range(8)
    for who in "SC"
] + [
    {"tier": "word", "participant": "S", "start": 0.5 * i, "end": 0.5 * i + 0.4, "text": f"w{i}"}
    for i in range(20)
]


def agree(*arguments: object):
    # Tables fit 80 columns only if rich is told that there are no more.
    return CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "80"})


def widest(printed: str) -> int:
    """Letters of the widest line, paths aside."""
    return max(len(line) for line in printed.splitlines() if "/" not in line)


def numbered(rows):
    return timeline({**row, "id": f"row-{i}"} for i, row in enumerate(rows))


def saved(folder: Path, rows=ROWS) -> Path:
    folder.mkdir()
    write(numbered(rows), folder)
    return folder / "timeline.parquet"


def meeting(folder: Path, rows=ROWS, duration: float = 40.0) -> Path:
    """An analysed meeting as far as this command reads it."""
    saved(folder, rows)
    participants = [
        {"id": who, "role": role, "pseudonym": name, "language": None}
        for who, role, name in (("S", "salesperson", "Sam"), ("C", "customer", "Anna"))
    ]
    described = {"name": folder.name, "title": None, "start": None, "language": None}
    recording = {"path": "x.mp4", "offset": 0.0, "duration": duration, "pictures": True}
    manifest = {"meeting": {**described, "participants": participants}, "files": [recording]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_a_meeting_and_a_coders_timeline(tmp_path):
    meeting(tmp_path / "monday")
    coded = [row for row in ROWS if row["start"] != 8.0]
    saved(tmp_path / "anna", coded)
    listed = tmp_path / "differences.csv"
    done = agree("monday", tmp_path / "anna" / "timeline.csv", "--out", tmp_path, "--csv", listed)
    assert done.exit_code == 0, done.output
    assert widest(done.stdout) <= 80
    smiles = next(line for line in done.stdout.splitlines() if line.startswith("smile"))
    assert smiles.split()[:6] == ["smile", "16", "14", "14", "1.00", ".88"]
    assert "3 disagreements" in done.stdout and "Sam" in done.stdout
    assert len(listed.read_text().splitlines()) == 4


def test_what_was_rejected_is_left_out(tmp_path):
    rejecting = [{**row, "status": "rejected" if row["start"] > 20 else "confirmed"} for row in ROWS]
    one, other = sides.read_sides(meeting(tmp_path / "a"), saved(tmp_path / "b", rejecting), tmp_path)
    assert len(one.table) == 36 and len(other.table) == 32 and other.last == 22
    one, other = sides.read_sides(meeting(tmp_path / "c", rejecting), tmp_path / "a", tmp_path)
    assert len(one.table) == 32


def test_every_option_and_every_figure_is_documented():
    text = (Path(__file__).parents[2] / "docs" / "agree.md").read_text(encoding="utf-8")
    options = {name for option in typer.main.get_command(app).params for name in option.opts}
    assert "--overlap" in options
    assert [name for name in options if name.startswith("--") and f"`{name}" not in text] == []
    figures = [f.name for kind in (TierAgreement, WordAgreement) for f in fields(kind)]
    assert [name for name in figures if f"`{name}`" not in text] == ["tier", "matching", "words"]


def test_a_figure_that_is_missing_is_printed_as_the_reason(tmp_path):
    few = [row for row in ROWS if row["tier"] == "smile"][:6]
    nods = [{**row, "tier": "nod", "label": "single"} for row in ROWS if row["tier"] == "smile"]
    one = saved(tmp_path / "one", [*few, *nods])
    printed = agree(one, one).stdout
    chance = printed[printed.index("Beyond chance") : printed.index("Labels of pairs")].splitlines()
    found = {line.split()[0]: line.split(maxsplit=2)[1:] for line in chance[2:] if line}
    assert found["smile"][0] == "6" and " ".join(found["smile"][1].split()) == "no labels too few too few"
    assert found["nod"][0] == "16" and found["nod"][1].split()[:3] == ["one", "category", "1.00"]
    assert "nan" not in printed


def test_json_holds_everything(tmp_path):
    one, other = saved(tmp_path / "a"), saved(tmp_path / "b", ROWS[:-4])
    done = agree(one, other, "--json", "--tier", "word", "--tolerance", "0.3")
    data = json.loads(done.stdout)
    assert data["tiers"] == [] and data["tolerance"] == 0.3 and data["overlap"] is None
    assert data["words"]["only_a"] == len(data["disagreements"]) == 4


def test_the_sample_meeting_agrees_with_itself(analysed, tmp_path):
    folder = shutil.copytree(analysed, tmp_path / "copy", ignore=shutil.ignore_patterns(".stages"))
    done = agree(analysed, folder)
    assert done.exit_code == 0 and "No disagreement." in done.stdout, done.output
    assert widest(done.stdout) <= 80


def test_different_meetings_are_told(tmp_path):
    one = meeting(tmp_path / "one")
    with pytest.raises(RapportError, match="A lasts 40 s and B 90 s; give two codings of the same meeting"):
        sides.read_sides(one, meeting(tmp_path / "two", duration=90.0), tmp_path)
    others = [{**row, "participant": {"S": "X", "C": "Y"}[row["participant"]]} for row in ROWS]
    with pytest.raises(RapportError, match=r"A \(C, S\) and B \(X, Y\) have no participant in common"):
        sides.read_sides(one, saved(tmp_path / "three", others), tmp_path)
    late = [*ROWS, {"tier": "smile", "participant": "S", "start": 300.0, "end": 301.0}]
    with pytest.raises(RapportError, match="A lasts 40 s and B 301 s"):
        sides.read_sides(one, saved(tmp_path / "four", late), tmp_path)


def test_what_cannot_be_read_is_told(tmp_path):
    one = saved(tmp_path / "one")
    broken, unknown = tmp_path / "broken.csv", tmp_path / "coded.xyz"
    broken.write_bytes("id,tier\nné".encode("latin-1"))
    unknown.touch()
    for path, message in (
        (broken, "broken.csv is not a timeline that can be read"),
        (unknown, "coded.xyz is not of a kind that can be compared; there are .*.csv, .eaf"),
        (tmp_path / "nothing", r"There is neither a file .*nothing nor an analysed meeting"),
        (saved(tmp_path / "empty", []), "holds no row that could be compared"),
    ):
        with pytest.raises(RapportError, match=message):
            sides.read_sides(one, path, tmp_path)


def test_the_list_is_not_written_where_there_is_no_folder(tmp_path):
    one = saved(tmp_path / "one")
    done = agree(one, one, "--csv", tmp_path / "missing" / "list.csv")
    assert isinstance(done.exception, SettingsError) and "There is no folder" in str(done.exception)


@pytest.fixture
def other_program(monkeypatch):
    """A format of another program that holds smiles alone."""
    module = ModuleType("pipeline.exports.made_up")

    def read_made_up(path, material):
        if path.read_text() == "bad":
            fault(path, 3, "the smile ends before it begins; mend it")
        who = material.person("Sam").id
        rows = [{**row, "label": "", "text": ""} for row in ROWS if row["participant"] == who]
        return Reading([r for r in rows if r["tier"] == "smile"], frozenset({("smile", who)}))

    module.read_made_up = read_made_up
    monkeypatch.setitem(sys.modules, module.__name__, module)
    form = Format("made_up", ".mup", "made_up", "smiles", "the rest", imported=True)
    monkeypatch.setattr(sides, "FORMATS", (form,))


def test_a_file_of_another_program_is_read_with_the_meeting_of_the_other_side(other_program, tmp_path):
    coded = tmp_path / "anna.mup"
    coded.touch()
    done = agree(meeting(tmp_path / "monday"), coded)
    assert done.exit_code == 0, done.output
    assert "! Not compared, as one of the files holds no such tier: word." in done.stdout
    assert "Only one of them knows C" in done.stdout
    smiles = next(line for line in done.stdout.splitlines() if line.startswith("smile"))
    assert smiles.split()[1:4] == ["16", "8", "8"]


def test_two_files_of_another_program_need_the_meeting(other_program, tmp_path):
    coded = tmp_path / "anna.mup"
    coded.touch()
    with pytest.raises(SettingsError, match="name the analysed meeting that both are of with --meeting"):
        sides.read_sides(coded, coded, tmp_path)
    meeting(tmp_path / "monday")
    one, other = sides.read_sides(coded, coded, tmp_path, Path("monday"))
    assert len(one.table) == len(other.table) == 8 and one.names["S"] == "Sam"


def test_a_fault_in_such_a_file_is_passed_on(other_program, tmp_path):
    coded = tmp_path / "anna.mup"
    coded.write_text("bad")
    with pytest.raises(RapportError, match=r"anna\.mup, line 3: the smile ends before it begins"):
        sides.read_sides(meeting(tmp_path / "monday"), coded, tmp_path)
