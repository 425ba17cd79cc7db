"""Tables for R and pandas, the codebook of their columns, and the example data."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd
import pytest

from pipeline.corpus.build import build
from pipeline.corpus.example import CITATION, crossed, relationships
from pipeline.corpus.tables import TABLES, load
from tests.corpus.made import meeting, run

ROOT = Path(__file__).parents[2]
SAID = 'He said: "so,\r\nit is;\rthat", ¥ä\u2028 =1+1'


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    for i in range(3):
        about = {"title": SAID, "rating": 5.5 if i else None, "metadata": {"site": i, "said": SAID}}
        meeting(folder / "outputs", f"m{i}", smiles=[("S", 1.0), ("C", 2.0)], **about)
    build(folder / "outputs", folder / "corpus")
    return folder / "corpus"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_pandas_reads_is_the_corpus(corpus, tmp_path, form):
    done = run("export", "--to", form, "--into", tmp_path / "t", "--corpus", corpus)
    assert done.exit_code == 0
    for name, columns in TABLES.items():
        path, truth = tmp_path / "t" / f"{name}.{form}", load(corpus, name)
        if form == "parquet":
            table = pd.read_parquet(path)
        else:
            kinds = {column: str for column, about in columns.items() if about.kind == "text"}
            empty = {column: [""] for column in set(columns) - set(kinds)}
            with path.open(encoding="utf-8", newline="") as file:  # else a line's end in a text would change
                table = pd.read_csv(file, dtype=kinds, keep_default_na=False, na_values=empty)
        pd.testing.assert_frame_equal(table, truth, check_dtype=False)
        assert len(table)


def test_the_standard_library_reads_the_csv(corpus, tmp_path):
    run("export", "--into", tmp_path, "--corpus", corpus)
    with (tmp_path / "meetings.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["title"] for row in rows] == [SAID] * 3
    assert [row["rating"] for row in rows] == ["", "5.5", "5.5"]


def test_the_codebook_has_every_column_and_nothing_else(corpus, tmp_path):
    run("export", "--into", tmp_path, "--corpus", corpus)
    book = pd.read_csv(tmp_path / "codebook.csv", keep_default_na=False)
    assert list(book.columns) == ["table", "column", "type", "unit", "meaning"]
    files = {path.stem for path in tmp_path.glob("*.csv")} - {"codebook"}
    assert set(book["table"]) == files == set(TABLES)
    for name in files:
        header = pd.read_csv(tmp_path / f"{name}.csv", nrows=0).columns.tolist()
        assert book["column"][book["table"] == name].tolist() == header
    assert (book["meaning"].str.len() > 4).all() and set(book["type"]) == {"text", "number", "integer"}
    assert (book["unit"][book["type"] != "text"] != "").all()
    assert "smile in" not in run("columns").stdout and "hash of the settings" in run("columns").stdout


def test_the_documentation_names_every_table_and_column():
    text = (ROOT / "docs" / "corpus.md").read_text(encoding="utf-8")
    for table, columns in TABLES.items():
        section = re.search(rf"\| `{table}` \|(.*)\|", text)
        assert section, table
        named = set(re.findall(r"`(\w+)`", section[1]))
        assert named == set(columns) - {"meeting"} or (table == "rows" and "timeline.md" in section[1]), table


def test_table_4_of_the_intercultural_paper():
    table = relationships()
    assert len(table) == 18 and table["salesperson"].value_counts().eq(2).all()
    by_diversity = crossed(table, "cultural_diversity", "phase")
    assert by_diversity.loc["low"].to_dict() == {"trial": 4, "enmeshment": 5, "renegotiation": 0}
    assert by_diversity.loc["high"].to_dict() == {"trial": 4, "enmeshment": 2, "renegotiation": 3}
    deepest = table[table["phase"] == "renegotiation"]
    assert deepest["salesperson"].tolist() == ["F", "H", "I"]
    assert set(deepest["cultural_intelligence"]) == {"high"}
    printed = [line.split() for line in run("example").stdout.splitlines()]
    assert CITATION.split() in printed
    for line in (
        ["low", "4", "5", "0"],
        ["high", "4", "2", "3"],
        ["medium", "0", "2", "0"],
        ["high", "0", "0", "3"],
    ):
        assert line in printed


@pytest.mark.shared
def test_the_example_is_the_papers_table(recordings):
    paper = recordings.parent / "seeds" / "000_612b54f4c21a71b4.txt"
    if not paper.is_file():
        pytest.skip("the founding papers are not beside the project")
    rows = re.findall(
        r"^Salesperson (\w) - (\w+) customer\t(\w+)\tSalesperson \1 - (\w+) customer\t(\w+)\t(\w+)$",
        paper.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    told = {
        (who, customer, diversity, phase.lower(), level.lower())
        for who, near, near_phase, far, far_phase, level in rows
        for customer, diversity, phase in ((near, "low", near_phase), (far, "high", far_phase))
    }
    assert told == set(relationships().itertuples(index=False, name=None))
