"""Corrections come back: a changed file is compared first, then applied as human rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipeline.exports.changes import Change
from pipeline.exports.export import export_meeting
from pipeline.exports.formats import FORMATS, Options, format_of
from pipeline.exports.importing import applied, compare, import_changes, summary
from pipeline.exports.material import material_of
from pipeline.exports.reading import FileFaultError
from pipeline.settings import configs_folder
from pipeline.timeline.table import read
from tests.exports import papers
from tests.exports.made import meeting_folder

docx = pytest.importorskip("docx", reason="python-docx, with which a correction is typed, is not installed")


@pytest.fixture
def meeting(tmp_path: Path) -> Path:
    """The founding paper's second example as an analysed meeting."""
    return meeting_folder(tmp_path / "papers", papers.papers())


def exported(meeting: Path, name: str) -> Path:
    [path] = export_meeting(meeting, [format_of(name)], Options())
    return path


def changes_of(meeting: Path, path: Path) -> list[Change]:
    return compare(material_of(meeting), path, "jefferson")


def typed(path: Path, *changes: tuple[str, str]) -> Path:
    """Type over text of a Word document: each change is in the first line that holds the old text."""
    document = docx.Document(str(path))
    for old, new in changes:
        for paragraph in document.paragraphs:
            if old in paragraph.text:
                text = paragraph.text.replace(old, new, 1)
                for run in paragraph.runs[1:]:
                    run.text = ""
                paragraph.runs[0].text = text
                break
        else:
            raise AssertionError(f"{old} is in no line")
    document.save(str(path))
    return path


@pytest.mark.parametrize("name", [one.name for one in FORMATS if one.imported])
def test_a_file_that_nobody_touched_changes_nothing(meeting: Path, name: str) -> None:
    assert changes_of(meeting, exported(meeting, name)) == []


def test_lines_that_break_elsewhere_and_styles_that_are_lost_change_nothing(meeting: Path) -> None:
    """Another program may wrap and style a draft in its own way."""
    narrow = meeting / "narrow.yaml"
    ours = configs_folder() / "notation" / "jefferson.yaml"
    narrow.write_text(ours.read_text(encoding="utf-8").replace("width: 58", "width: 30"), encoding="utf-8")
    [path] = export_meeting(meeting, [format_of("docx")], Options(notation=str(narrow)))
    document = docx.Document(str(path))
    for paragraph in document.paragraphs:
        paragraph.style = document.styles["Normal"]
    document.save(str(path))
    assert changes_of(meeting, path) == []


def test_a_word_is_corrected_in_word(meeting: Path) -> None:
    path = typed(exported(meeting, "docx"), ("maanviljelijä", "maatalousyrittäjä"))
    changes = changes_of(meeting, path)
    assert summary(changes) == {"words changed": 1, "turns changed": 1}
    import_changes(meeting, path, changes, "anna")
    table = read(meeting / "timeline.parquet")
    word = table[(table["tier"] == "word") & (table["text"] == "maatalousyrittäjä")].iloc[0]
    assert (word["status"], word["coder"]) == ("edited", "anna")
    turn = table[(table["tier"] == "turn") & table["text"].str.contains("maatalousyrittäjä")]
    assert list(turn["status"]) == ["edited"]
    assert "maatalousyrittäjä" in (meeting / "transcript.txt").read_text(encoding="utf-8")
    again = exported(meeting, "docx")
    assert changes_of(meeting, again) == []


@pytest.mark.parametrize(
    ("old", "new", "tier", "kind", "told"),
    [
        ("paha.", "paha?", "intonation", "changed", {"label": "rising"}),
        ("paha.", "paha", "intonation", "removed", {}),
        ("↑maanviljelijä", "maanviljelijä", "pitch_step", "removed", {}),
        ("kyllä.", "↓kyllä.", "pitch_step", "added", {"label": "down"}),
        ("£joo£.", "joo.", "smile_voice", "removed", {}),
        ("kyllä.", "#kyllä#.", "creak", "added", {}),
        ("jo(h)", "jo", "laughter", "removed", {}),
        ("(.) puhumattakaan", "puhumattakaan", "pause", "removed", {}),
        ("(.) puhumattakaan", "(0.7) puhumattakaan", "pause", "changed", {"value": 0.7}),
        (".hh suomessa", "suomessa", "breath_in", "removed", {}),
        ("kyllä.", "((nods)) kyllä.", "nod", "added", {}),
        ("kyllä.", "((coughs)) kyllä.", "comment", "added", {"text": "coughs"}),
        ("ookoo", "oo:koo", "stretch", "added", {}),
        ("prompterista", ">prompterista jostaki<", "pace", "added", {"label": "faster"}),
    ],
)
def test_a_mark_is_corrected_in_word(
    meeting: Path, old: str, new: str, tier: str, kind: str, told: dict[str, object]
) -> None:
    path = typed(exported(meeting, "docx"), (old, new))
    if new.startswith(">"):
        typed(path, ("jostaki< jostaki", "jostaki<"))
    changes = changes_of(meeting, path)
    assert [(c.tier, c.kind) for c in changes] == [(tier, kind)]
    assert {name: changes[0].after.get(name) for name in told} == told


def test_a_turn_is_given_to_somebody_else(meeting: Path) -> None:
    path = typed(exported(meeting, "docx"), ("Buyer:\tkyllä.", "SP:\tkyllä."))
    changes = changes_of(meeting, path)
    assert {(c.tier, c.after.get("participant")) for c in changes} >= {("turn", "SP"), ("word", "SP")}
    table = applied(read(meeting / "timeline.parquet"), changes, "anna")
    assert list(table[(table["tier"] == "turn") & (table["text"] == "kyllä")]["participant"]) == ["SP"]


def test_words_are_put_in_and_taken_out(meeting: Path) -> None:
    path = typed(exported(meeting, "docx"), ("iso iso ero", "todella iso ero"), ("sä luet", "sä sitten luet"))
    changes = changes_of(meeting, path)
    table = applied(read(meeting / "timeline.parquet"), changes, "anna")
    words = table[(table["tier"] == "word") & (table["status"] != "rejected")]
    new = words[words["text"] == "sitten"].iloc[0]
    around = words[words["text"].isin(["sä", "luet"])]
    assert around["start"].min() < new["start"] <= new["end"] <= around["end"].max() + 1e-6
    assert new["participant"] == "BU"
    turns = table[table["tier"] == "turn"]
    assert turns["text"].str.contains("todella iso ero").sum() == 1
    assert turns["text"].str.contains("sä sitten luet paperista").sum() == 1
    assert new["id"] in turns[turns["text"].str.contains("sitten")].iloc[0]["evidence"].split()


def test_a_turn_is_divided_between_two(meeting: Path) -> None:
    path = exported(meeting, "docx")
    document = docx.Document(str(path))
    line = next(p for p in document.paragraphs if "ja näyttää että" in p.text)
    after = line.insert_paragraph_before(line.text.replace(" ulkoo puheensa.", ""), style=line.style)
    assert after is not None
    for run in line.runs[1:]:
        run.text = ""
    line.runs[0].text = "00\tBuyer:\tulkoo puheensa."
    document.save(str(path))
    changes = changes_of(meeting, path)
    table = applied(read(meeting / "timeline.parquet"), changes, "anna")
    turns = table[(table["tier"] == "turn") & (table["status"] != "rejected")].set_index("text")[
        "participant"
    ]
    assert turns["ja näyttää että muistaa"] == "SP"
    assert turns["ulkoo puheensa"] == "BU"


def test_a_human_row_is_not_lost_by_a_later_import(meeting: Path) -> None:
    first = typed(exported(meeting, "docx"), ("maanviljelijä", "maatalousyrittäjä"))
    import_changes(meeting, first, changes_of(meeting, first), "anna")
    second = typed(exported(meeting, "docx"), ("paha.", "paha?"))
    import_changes(meeting, second, changes_of(meeting, second), "bea")
    table = read(meeting / "timeline.parquet")
    edited = table[table["status"] == "edited"].groupby("coder")["tier"].apply(set).to_dict()
    assert edited == {"anna": {"word", "turn"}, "bea": {"intonation"}}


def reordered(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("id", ignore_index=True)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("£joo£", "£joo", "opened and not closed"),
        ("[on.", "on.]", "was not opened"),
        ("SP:\t£joo", "Seppo:\t£joo", "Seppo is not among the people of the meeting, who are SP, Buyer"),
    ],
)
def test_a_mistake_is_told_and_nothing_changes(meeting: Path, old: str, new: str, what: str) -> None:
    before = read(meeting / "timeline.parquet")
    path = typed(exported(meeting, "docx"), (old, new))
    with pytest.raises(FileFaultError, match=what):
        changes_of(meeting, path)
    pd.testing.assert_frame_equal(read(meeting / "timeline.parquet"), before)


Edit = Callable[[str], str]
EDITS: dict[str, tuple[Edit, set[str]]] = {
    "elan": (lambda text: text.replace("maanviljelijä", "maajussi", 2), {"words changed", "turns changed"}),
    "textgrid": (
        lambda text: text.replace("maanviljelijä", "maajussi", 2),
        {"words changed", "turns changed"},
    ),
    "exmaralda": (
        lambda text: text.replace("maanviljelijä", "maajussi", 2),
        {"words changed", "turns changed"},
    ),
    "csv": (lambda text: text.replace("maanviljelijä", "maajussi"), {"words changed", "turns changed"}),
    "json": (lambda text: text.replace("maanviljelijä", "maajussi"), {"words changed", "turns changed"}),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_word_is_corrected_in_a_file_of_tiers_or_a_table(meeting: Path, name: str) -> None:
    path = exported(meeting, name)
    edit, told = EDITS[name]
    text = path.read_text(encoding="utf-8")
    path.write_text(edit(text), encoding="utf-8")
    changes = changes_of(meeting, path)
    assert set(summary(changes)) == told
    table = applied(read(meeting / "timeline.parquet"), changes, "anna")
    changed = table[table["status"] == "edited"]
    assert set(changed["tier"]) == {"word", "turn"}
    assert changed["text"].str.contains("maajussi").all()


def test_one_word_of_a_long_meeting_is_found(tmp_path: Path) -> None:
    """A draft of hours is compared line by line, not word by word with all others."""
    telling = papers.Telling()
    for number in range(1500):
        who = ("SP", "BU")[number % 2]
        telling.says(who, f"sana{number} ja toinen{number} vielä yksi lause jossa on monta sanaa.")
        telling.silence(0.5)
    meeting = meeting_folder(tmp_path / "long", telling.material(papers.PEOPLE))
    path = typed(exported(meeting, "docx"), ("sana700", "kana700"))
    changes = changes_of(meeting, path)
    assert summary(changes) == {"words changed": 1, "turns changed": 1}
