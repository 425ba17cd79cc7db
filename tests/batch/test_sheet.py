"""Which meetings a folder or a CSV file names, and what is said where it cannot be understood."""

from __future__ import annotations

import pytest

from pipeline.batch.entries import entries_of
from pipeline.batch.journal import COLUMNS
from pipeline.batch.sheet import FIELDS, read_sheet
from pipeline.errors import SettingsError
from tests.conftest import ROOT


@pytest.fixture
def sheet(tmp_path):
    """Writes a CSV file."""

    def write(text: str, encoding: str = "utf-8"):
        path = tmp_path / "meetings.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_a_folder_gives_its_recordings_and_folders_with_a_meeting_file(tmp_path):
    for name in ("b.MP4", "a.wav", ".hidden.wav", "notes.txt", "sub/c.m4a", "two/l.wav", "two/r.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "two" / "meeting.yaml").write_text("files: [l.wav, r.wav]\n")
    for results in ("outputs/x", "elsewhere/y"):  # of this batch, and of another
        (tmp_path / results).mkdir(parents=True)
        (tmp_path / results / "manifest.json").write_text("{}")
        (tmp_path / results / "preview.mp4").touch()
    found = entries_of(tmp_path, tmp_path / "outputs", 2)
    assert [(entry.name, len(entry.files), entry.speakers) for entry in found] == [
        ("a", 1, 2),
        ("b", 1, 2),
        ("c", 1, 2),
        ("two", 2, 2),
    ]


def test_a_broken_meeting_file_is_its_meetings_fault_alone(tmp_path):
    (tmp_path / "a.wav").touch()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "meeting.yaml").write_text("files: x.wav\nlanguge: en\n")
    good, bad = entries_of(tmp_path, tmp_path / "out")
    assert good.fault is None and good.name == "a"
    assert bad.name == "bad" and "languge" in str(bad.fault)


def test_columns_fill_the_meeting_and_others_are_metadata(sheet, tmp_path):
    (tmp_path / "x.wav").touch()
    path = sheet(
        "file,speakers,title,rating,diversity,pilot,wave\n\nx.wav,3,Ä meeting,6.5,high,true,2\n", "utf-8-sig"
    )
    (entry,) = read_sheet(path)
    assert entry.speakers == 3 and entry.meeting.title == "Ä meeting" and entry.meeting.rating == 6.5
    assert entry.meeting.metadata == {"diversity": "high", "pilot": True, "wave": 2}
    assert entry.files == (tmp_path / "x.wav",)


def test_a_sheet_may_name_meeting_files_and_add_to_them(sheet, tmp_path):
    (tmp_path / "x.wav").touch()
    (tmp_path / "x.yaml").write_text("files: x.wav\noutcome: none\nmetadata: {dyad: 1, site: Oulu}\n")
    (entry,) = read_sheet(sheet("file,outcome,dyad\nx.yaml,order,2\n"))
    assert entry.meeting.outcome == "order" and entry.meeting.metadata == {"dyad": 2, "site": "Oulu"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("recording,outcome\nx.wav,order\n", ("no column 'file'",)),
        ("", ("no column 'file'",)),
        ("file\n", ("names no meeting",)),
        ("file,outcom\nx.wav,order\n", ("'outcom'", "'outcome'")),
        ("file,a,a\nx.wav,1,2\n", ("'a' twice",)),
        ("file,\nx.wav,1\n", ("Column 2", "no name")),
        ("file,title\nx.wav,one, two\n", ("line 2", "3 cells", "2 columns")),
        ("file,title\n,one\n", ("line 2", "'file' is empty")),
        ("file\nx.wav\ny.wav\nx.wav\n", ("lines 2 and 4", "x.wav is named twice")),
        ("file,speakers\nx.wav,two\n", ("line 2, speakers", "'two'")),
        ("file,rating\nx.wav,good\n", ("line 2, rating",)),
        ("file,start\nx.wav,yesterday\n", ("line 2, start",)),
        ("file,meeting\nx.wav,a/b\n", ("line 2, name",)),
    ],
)
def test_a_sheet_that_cannot_be_understood_is_refused(sheet, text, words):
    with pytest.raises(SettingsError) as error:
        read_sheet(sheet(text))
    assert all(word in str(error.value) for word in words), str(error.value)
    assert str(error.value).endswith(".")


def test_a_sheet_of_another_encoding_is_refused(sheet):
    with pytest.raises(SettingsError, match="UTF-8"):
        read_sheet(sheet("file,title\nx.wav,Ärger\n", "latin-1"))


def test_every_column_is_documented():
    text = (ROOT / "docs" / "batch.md").read_text(encoding="utf-8")
    assert [name for name in (*FIELDS, *COLUMNS) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("name", ["gone", "gone.csv", "x.wav", "."])
def test_what_holds_no_meetings_is_refused(tmp_path, name):
    if name == "x.wav":
        (tmp_path / name).touch()
    with pytest.raises(SettingsError, match=r"\.$"):
        entries_of(tmp_path / name, tmp_path)
