import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import RapportError
from pipeline.timeline.table import COLUMNS, check, numbered, read, tier, timeline, write

ODD = [
    *("NA", "nan", "None", "", " ", " x ", "a,b", 'say "no"', "'", "a\nb", "a\r\nb", "a\rb"),
    *("#1", "=1+1", "\\", "é😀", "\u2028", "-0", "1e5", "\ufeffx"),
]
texts = st.one_of(
    st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)
numbers = st.one_of(st.just(float("nan")), st.floats(0, 1))


def word(number: int, **fields) -> dict:
    return {"id": f"w{number}", "tier": "word", "start": 1.0, "end": 2.0, **fields}


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True)


@st.composite
def tables(draw) -> pd.DataFrame:
    rows = []
    for i in range(draw(st.integers(0, 4))):
        start = draw(st.floats(0, 1e5))
        row = word(i, start=start, end=start + draw(st.floats(0, 30)), text=draw(texts))
        rows.append({**row, "label": draw(texts), "value": draw(numbers), "confidence": draw(numbers)})
    return timeline(rows)


@pytest.mark.parametrize("name", ["timeline.parquet", "timeline.csv"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
def test_any_timeline_comes_back_exactly(tmp_path, name, table):
    write(table, tmp_path)
    same(read(tmp_path / name), table)


@pytest.mark.parametrize("text", ODD)
def test_odd_text_comes_back_from_csv(tmp_path, text):
    table = timeline(
        [word(1, text=text, coder=text, value=0.1, confidence=0.2), word(2, value=1, confidence=1)]
    )
    write(table, tmp_path)
    same(read(tmp_path / "timeline.csv"), table)


def test_absent_numbers_come_back_from_csv(tmp_path):
    table = timeline([word(1)])
    write(table, tmp_path)
    assert np.isnan(read(tmp_path / "timeline.csv")["confidence"][0])


def test_a_csv_saved_by_a_spreadsheet_is_read(tmp_path):
    table = timeline([word(1, text="oui, où?", value=1.5, confidence=0.5)])
    write(table, tmp_path)
    path = tmp_path / "timeline.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    same(read(path), table)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"end": 0.5}, "ends before it starts"),
        ({"start": -1.0}, "start"),
        ({"start": float("nan")}, "start"),
        ({"confidence": 1.1}, "confidence"),
        ({"status": "maybe"}, "status"),
        ({"id": ""}, "id"),
        ({"id": "two words"}, "id"),
        ({"id": "w1\n"}, "id"),
        ({"id": "w1\u00a0a"}, "id"),  # evidence is split there
        ({"tier": ""}, "tier"),
        ({"evidence": "w1 w9"}, "evidence names a row that does not exist"),
    ],
)
def test_a_bad_row_is_refused_in_a_sentence(fields, complaint):
    with pytest.raises(RapportError, match=complaint) as caught:
        timeline([{**word(1), **fields}])
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda table: table.drop(columns="evidence"),
        lambda table: table.assign(extra=1),
        lambda table: pd.concat([table, table]),
        lambda table: table.assign(start=["1.0"]),
        lambda table: table[[*reversed(COLUMNS)]],
    ],
)
def test_a_table_of_another_shape_is_refused(spoil):
    table = timeline([word(1)])
    assert check(table) is not None
    with pytest.raises(RapportError, match=r"not valid: .*\.$") as caught:
        check(spoil(table))
    assert len(str(caught.value)) < 250


def test_a_bad_table_is_not_written(tmp_path):
    with pytest.raises(RapportError):
        write(timeline([word(1)]).assign(status="maybe"), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", b""),
        ("t.csv", b"id,tier\nw1,word\n"),
        ("t.csv", b"\xff\xfe\x00"),
        ("t.parquet", b"PAR1 no more"),
        ("missing.csv", None),
        ("missing.parquet", None),
    ],
)
def test_what_is_no_timeline_is_refused_by_name(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RapportError, match=name):
        read(tmp_path / name)


def test_rows_are_sorted_numbered_and_filtered():
    rows = numbered(
        [{"start": 2.0, "end": 3.0, "participant": "B"}, {"start": 1.0, "end": 4.0, "participant": "A"}],
        "turn",
    )
    assert [(row["id"], row["participant"]) for row in rows] == [("turn-0001", "A"), ("turn-0002", "B")]
    table = timeline([word(1, status="rejected", participant="A"), *reversed(rows)])
    assert list(table["start"]) == [1.0, 1.0, 2.0]
    assert list(tier(table, "turn", "B")["id"]) == ["turn-0002"]
    assert tier(table, "word").empty
