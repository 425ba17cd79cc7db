"""Exporting from the command line, and what the documentation says of formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.exports import export
from pipeline.exports.export import export_meeting
from pipeline.exports.formats import FORMATS, Options, format_of
from pipeline.exports.material import Person
from pipeline.exports.notation import SIGNS, SPANS, Notation
from tests.conftest import ROOT, rapport
from tests.exports.made import material, meeting_folder
from tests.exports.test_layout import talk

DOCS = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    table = talk(("A", 0.0, "we could meet"), ("B", 0.8, "yes"))
    return meeting_folder(tmp_path / "m", material(table, Person("A", "Sam"), Person("B", "Anna"), name="m"))


@pytest.mark.parametrize("document", ["docs/exports.md", "README.md"])
def test_the_table_of_formats_is_that_of_the_product(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for one in FORMATS:
        back = "yes" if one.imported else ""
        lacks = f"{one.lacks or 'nothing'} | " if document.startswith("docs") else ""
        assert f"| `{one.name}` | `*{one.suffix}` | {one.carries} | {lacks}{back} |" in text


def test_every_field_and_mark_of_a_notation_is_documented() -> None:
    for name in (*Notation.model_fields, *SIGNS, *SPANS):
        assert f"`{name}`" in DOCS or name in ("name", "about"), name


def test_every_format_is_written_where_it_is_asked_for(folder: Path, tmp_path: Path) -> None:
    done = rapport("export", folder, "--all", "--to", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    named = {path.name for path in (tmp_path / "out").iterdir()}
    drafts = {"m.jefferson.txt", "m.jefferson.docx"}
    others = {f"m{one.suffix}" for one in FORMATS if one.name not in ("jefferson", "docx")}
    assert named == drafts | others


def test_the_same_timeline_gives_the_same_draft(folder: Path, tmp_path: Path) -> None:
    wanted = [format_of(name) for name in ("jefferson", "docx", "csv", "json", "srt")]
    first = [path.read_bytes() for path in export_meeting(folder, wanted, Options(), tmp_path / "1")]
    second = [path.read_bytes() for path in export_meeting(folder, wanted, Options(), tmp_path / "2")]
    assert first == second


def test_a_file_is_whole_or_not_there(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export.Path, "write_bytes", full)
    with pytest.raises(Exception, match=r"space|disk|full"):
        list(export_meeting(folder, [format_of("srt")], Options(), tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []
