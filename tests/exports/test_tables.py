"""CSV, Parquet and JSON carry the whole timeline; CSV and JSON bring it back as a person corrected it."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.exports.formats import Options
from pipeline.exports.material import Material, Person
from pipeline.exports.reading import FileFaultError
from pipeline.exports.tables import (
    head_of,
    read_csv,
    read_json,
    write_csv,
    write_json,
    write_parquet,
)
from pipeline.timeline.table import COLUMNS, timeline
from tests.exports.made import material, timelines

SAM, ANNA = Person("S", "Sam", "salesperson", "en"), Person("C", "Anna", "customer", "en")
READERS = {"csv": (write_csv, read_csv), "json": (write_json, read_json)}
NO_NUL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@pytest.fixture
def meeting() -> Material:
    said = {"tier": "turn", "participant": "S", "start": 0.1 + 0.2, "end": 2.5, "source": "turns-2"}
    rows = [
        {**said, "id": "turn-1", "text": 'He said: "so, then"\nand Ä;ö'},
        {
            "id": "nod-1",
            "tier": "nod",
            "participant": "C",
            "start": 1,
            "end": 1.5,
            "label": "single",
            "value": 2.5,
        },
        {"id": "nod-2", "tier": "nod", "participant": "C", "start": 3, "end": 3, "status": "rejected"},
        {
            "id": "gap-1",
            "tier": "gap",
            "start": 2.5,
            "end": 3,
            "evidence": "turn-1",
            "details": {"who": ["S"]},
        },
    ]
    return material(timeline(rows), SAM, ANNA)


def written(folder: Path, meeting: Material, name: str) -> Path:
    path = folder / f"meeting.{name}"
    path.write_bytes(READERS[name][0](meeting, Options()))
    return path


def edited(path: Path, *changes: tuple[str, str]) -> Path:
    text = path.read_bytes().decode("utf-8-sig")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_bytes(text.encode())
    return path


def table_of(rows: list[dict]) -> pd.DataFrame:
    return timeline([dict(row) for row in rows])


# ------------------------------------------------------------------------------------------- round trips


@settings(deadline=None, max_examples=60)
@given(table=timelines(texts=NO_NUL))
def test_every_row_comes_back_from_csv_exactly(
    table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    comes_back(table, "csv", tmp_path_factory.mktemp("trip"))


@settings(deadline=None, max_examples=60)
@given(table=timelines())
def test_every_row_comes_back_from_json_exactly(
    table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    comes_back(table, "json", tmp_path_factory.mktemp("trip"))


def comes_back(table: pd.DataFrame, name: str, folder: Path) -> None:
    meeting = material(table)
    reading = READERS[name][1](written(folder, meeting, name), meeting)
    pd.testing.assert_frame_equal(table_of(list(reading.rows)), table, check_exact=True)
    assert reading.tiers == set(zip(table["tier"], table["participant"], strict=True))


@pytest.mark.parametrize("write", [write_csv, write_parquet, write_json])
def test_the_same_meeting_makes_the_same_file(write, meeting: Material) -> None:
    assert write(meeting, Options()) == write(meeting, Options())


@pytest.mark.parametrize("name", READERS)
def test_an_empty_timeline_can_be_written_and_read(name: str, tmp_path: Path) -> None:
    meeting = material(timeline([]))
    reading = READERS[name][1](written(tmp_path, meeting, name), meeting)
    assert (list(reading.rows), reading.tiers) == ([], frozenset())


@pytest.mark.parametrize("name", READERS)
def test_added_rows_need_no_id_and_people_may_be_named(name: str, meeting: Material, tmp_path: Path) -> None:
    path = written(tmp_path, meeting, name)
    change = {
        "csv": [('"nod-1","nod","C"', '"","nod","anna"')],
        "json": [('"id": "nod-1"', '"id": ""'), ('"participant": "C"', '"participant": "Anna"')],
    }
    rows = READERS[name][1](edited(path, *change[name]), meeting).rows
    added = next(row for row in rows if "id" not in row)
    assert (added["tier"], added["participant"], added["value"]) == ("nod", "C", 2.5)


def test_a_tier_that_is_not_in_the_file_is_not_said_to_be_removed(meeting: Material, tmp_path: Path) -> None:
    path = written(tmp_path, meeting, "csv")
    table = pd.read_csv(path, keep_default_na=False)
    table[table["tier"] == "nod"].to_csv(path, index=False)
    assert read_csv(path, meeting).tiers == {("nod", "C")}


# ---------------------------------------------------------------------------------------- other readers


def test_pandas_reads_the_csv(meeting: Material) -> None:
    table = pd.read_csv(
        io.BytesIO(write_csv(meeting, Options())), keep_default_na=False, na_values={"value": ""}
    )
    assert list(table.columns) == list(COLUMNS)
    assert table["start"].tolist() == meeting.table["start"].tolist()
    assert table["text"].tolist() == meeting.table["text"].tolist()


def test_duckdb_reads_csv_and_parquet(meeting: Material, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(write_csv(meeting, Options()))
    (tmp_path / "t.parquet").write_bytes(write_parquet(meeting, Options()))
    for name in ("t.csv", "t.parquet"):
        found = duckdb.sql(f"select id, text from '{tmp_path / name}' where tier = 'turn'").fetchall()
        assert found == [("turn-1", 'He said: "so, then"\nand Ä;ö')]


def test_excel_sees_by_the_mark_that_the_csv_is_utf8(meeting: Material) -> None:
    assert write_csv(meeting, Options()).startswith(b'\xef\xbb\xbf"id","tier"')


def test_parquet_is_the_table_and_says_what_it_is(meeting: Material, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(write_parquet(meeting, Options()))
    pd.testing.assert_frame_equal(pd.read_parquet(path), meeting.table, check_exact=True)
    head = json.loads(pq.read_metadata(path).metadata[b"rapport"])
    assert head["meeting"]["name"] == "meeting"
    assert [person["name"] for person in head["people"]] == ["Sam", "Anna"]


def test_json_is_one_object_of_known_names(meeting: Material) -> None:
    content = json.loads(write_json(meeting, Options()), parse_constant=pytest.fail)
    assert list(content) == ["meeting", "people", "media", "made_by", "timeline"]
    assert {name: content[name] for name in list(content)[:-1]} == head_of(meeting)
    assert content["people"][0] == {"id": "S", "name": "Sam", "role": "salesperson", "language": "en"}
    gap = next(row for row in content["timeline"] if row["tier"] == "gap")
    assert gap["details"] == {"who": ["S"]}
    assert gap["value"] is None


def test_json_has_null_for_numbers_it_cannot_write() -> None:
    row = {"id": "a", "tier": "breath_in", "participant": "S", "start": 0, "end": 1, "value": -math.inf}
    meeting = material(timeline([{**row, "details": '{"level": -Infinity}'}]))
    (found,) = json.loads(write_json(meeting, Options()), parse_constant=pytest.fail)["timeline"]
    assert (found["value"], found["details"]) == (None, {"level": None})


def test_csv_leaves_out_the_character_at_which_readers_stop() -> None:
    row = {"id": "a", "tier": "turn", "participant": "S", "start": 0, "end": 1, "text": "so\0me"}
    assert b'"some"' in write_csv(material(timeline([row])), Options())


# ------------------------------------------------------------------------------ what programs make of CSV


def test_a_table_as_excel_saves_it_in_many_countries(meeting: Material, tmp_path: Path) -> None:
    table = meeting.table.copy()
    path = tmp_path / "excel.csv"
    table.to_csv(path, index=False, sep=";", decimal=",", lineterminator="\r\n", encoding="utf-8-sig")
    rows = read_csv(path, meeting).rows
    assert table_of(list(rows))["start"].tolist() == table["start"].tolist()
    assert rows[0]["text"] == 'He said: "so, then"\nand Ä;ö'


def test_tabs_utf16_and_a_line_that_names_the_delimiter(meeting: Material, tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    meeting.table.to_csv(path, index=False, sep="\t", encoding="utf-16")
    assert len(read_csv(path, meeting).rows) == 4
    path.write_text("sep=;\n" + meeting.table.to_csv(index=False, sep=";"), encoding="utf-8")
    assert len(read_csv(path, meeting).rows) == 4
    bad = path.read_text(encoding="utf-8").replace("nod-2;nod", "nod-2;")
    path.write_text(bad, encoding="utf-8")
    with pytest.raises(FileFaultError, match="line 7: the tier is empty"):
        read_csv(path, meeting)


def test_windows_line_ends_change_no_text(meeting: Material, tmp_path: Path) -> None:
    path = written(tmp_path, meeting, "csv")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(table_of(list(read_csv(path, meeting).rows)), meeting.table)


def test_empty_cells_at_the_end_and_empty_lines_may_be_missing(meeting: Material, tmp_path: Path) -> None:
    path = edited(written(tmp_path, meeting, "csv"), (',"auto",""\n', ',"auto"\n\n,,,,\n'))
    assert len(read_csv(path, meeting).rows) == 4


def test_a_cell_may_be_longer_than_python_allows(tmp_path: Path) -> None:
    words = [
        {"id": f"word-{i:06d}", "tier": "word", "participant": "S", "start": i, "end": i}
        for i in range(15_000)
    ]
    evidence = " ".join(word["id"] for word in words)
    long = {
        "id": "action-1",
        "tier": "action",
        "participant": "S",
        "start": 0,
        "end": 9,
        "evidence": evidence,
    }
    meeting = material(timeline([*words, long]))
    rows = read_csv(written(tmp_path, meeting, "csv"), meeting).rows
    assert next(row for row in rows if row["tier"] == "action")["evidence"] == evidence


# ------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("change", "line", "told"),
    [
        (('"evidence",', '"proof",'), 1, "lacks the column 'evidence'"),
        (('"coder"', '"coder","mood"'), 1, "no column 'mood'"),
        (('"coder"', '"coder","label"'), 1, "'label' is there twice"),
        (
            ('"nod-1","nod","C",1.0', '"nod-1","nod","C","soon"'),
            4,
            "'start' is 'soon', which is not a number",
        ),
        (('"nod-1","nod","C",1.0', '"nod-1","nod","C","1,0"'), 4, "with a decimal point"),
        (('"nod-1","nod","C",1.0', '"nod-1","nod","C",""'), 4, "must be seconds"),
        (('"nod-1","nod","C",1.0', '"nod-1","nod","C",-1'), 4, "before the meeting"),
        (('"nod-1","nod","C",1.0', '"nod-1","nod","C",9.0'), 4, "ends at 1.5 before it starts at 9"),
        (
            ('"nod-1","nod","C"', '"nod-1","nod","Bob"'),
            4,
            r"no participant 'Bob'; there are S \(Sam\), C \(Anna\)",
        ),
        (('"nod-1"', '"turn-1"'), 4, "stands on line 2 already"),
        (('"nod-1"', '"nod 1"'), 4, "write it as one word"),
        (('"nod-2","nod"', '"nod-2"," "'), 6, "the tier is empty"),
        (('"rejected"', '"wrong"'), 6, "no status 'wrong'; there are auto"),
        (('"turn-1","auto"', '"turn-9","auto"'), 5, "the evidence 'turn-9' is no row's id"),
        (('"{""who"": [""S""]}"', '"[1]"'), 5, "the details are not a JSON object"),
        (('"single","",2.5,"",""', '"single","",2.5,"",1.5'), 4, "confidence 1.5 is not between 0 and 1"),
        (('and Ä;ö"', "and Ä;ö"), 2, "close each quotation mark"),
        (('"nod-1",', '"nod-1",,'), 4, "15 cells and the heading 14"),
    ],
)
def test_a_fault_in_csv_is_told_with_its_line(
    change: tuple[str, str], line: int, told: str, meeting: Material, tmp_path: Path
) -> None:
    path = edited(written(tmp_path, meeting, "csv"), change)
    with pytest.raises(
        FileFaultError, match=rf"meeting.csv, line {line}: .*{told}.*\. Nothing was imported\."
    ):
        read_csv(path, meeting)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('"turn-1", "tier"', '"turn-1" "tier"'), r"line \d+: it is not JSON \(.*\)"),
        (('"timeline"', '"lines"'), "no list 'timeline'"),
        (('"id": "nod-1"', '"name": "nod-1"'), "row 2 has the unknown name 'name'"),
        (('"start": 1.0', '"start": "1.0"'), "row 2: 'start' cannot be read; write a number"),
        (('"start": 1.0', '"start": true'), "row 2: 'start' cannot be read"),
        (('"start": 1.0', '"start": null'), "row 2: 'start' cannot be read"),
        (('"start": 1.0', '"start": 1' + "0" * 400), "row 2: 'start' cannot be read"),
        (('"start": 1.0', '"start": NaN'), "row 2: 'start' and 'end' must be seconds"),
        (('"label": "single"', '"label": 3'), "row 2: 'label' cannot be read; write a text"),
        (('"label": "single"', '"label": "\\ud800"'), "row 2: 'label' cannot be read"),
        (('"details": {"who"', '"details": [1], "x": {"who"'), "row 3 has the unknown name 'x'"),
        (('"details": {"who": ["S"]}', '"details": "who"'), "row 3: 'details' is not an object"),
        (('"participant": "C"', '"participant": "Bob"'), "row 2: there is no participant 'Bob'"),
        (('"id": "nod-2"', '"id": "nod-1"'), "row 4: the id 'nod-1' stands on row 2 already"),
    ],
)
def test_a_fault_in_json_is_told_with_its_place(
    change: tuple[str, str], told: str, meeting: Material, tmp_path: Path
) -> None:
    path = edited(written(tmp_path, meeting, "json"), change)
    with pytest.raises(FileFaultError, match=rf"meeting\.json.*{told}.*Nothing was imported\."):
        read_json(path, meeting)


@pytest.mark.parametrize("text", ["[" * 100_000, "[1" + "1" * 9000 + "]", "", "7", '{"timeline": [3]}'])
def test_what_is_no_timeline_at_all_is_refused(text: str, meeting: Material, tmp_path: Path) -> None:
    for name, (_, read) in READERS.items():
        path = tmp_path / f"x.{name}"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(FileFaultError, match="Nothing was imported"):
            read(path, meeting)


def test_latin1_is_refused_with_its_line(meeting: Material, tmp_path: Path) -> None:
    path = written(tmp_path, meeting, "csv")
    path.write_bytes(path.read_bytes().decode("utf-8-sig").encode("latin-1"))
    with pytest.raises(FileFaultError, match="line 3: it is not UTF-8"):
        read_csv(path, meeting)
