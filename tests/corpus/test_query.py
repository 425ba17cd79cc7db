"""Questions in SQL: answers in every form, nothing but reading, errors that help."""

from __future__ import annotations

import builtins
import json
import re

import pandas as pd
import pytest

from pipeline.corpus.build import build
from pipeline.corpus.tables import TABLES
from pipeline.errors import SettingsError
from tests.corpus.made import meeting, run


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("asked")
    for i in range(3):
        meeting(folder / "outputs", f"m{i}", extra=10.0 * (i + 1), rating=float(i) if i else None)
    build(folder / "outputs", folder / "corpus")
    return folder / "corpus"


COUNT = "select meeting, count(*) n, max(\"end\") last from rows where tier = 'turn' group by 1 order by 1"
TRUTH = [{"meeting": f"m{i}", "n": 5, "last": 30.0 + 10 * i} for i in range(3)]


def test_the_same_answer_in_every_form(corpus, tmp_path):
    assert json.loads(run("query", COUNT, "--json", "--corpus", corpus).stdout) == TRUTH
    assert run("query", COUNT, "--csv", tmp_path / "a.csv", "--corpus", corpus).exit_code == 0
    assert run("query", COUNT, "--parquet", tmp_path / "a.parquet", "--corpus", corpus).exit_code == 0
    assert pd.read_csv(tmp_path / "a.csv").to_dict("records") == TRUTH
    assert pd.read_parquet(tmp_path / "a.parquet").to_dict("records") == TRUTH
    printed = run("query", COUNT, "--corpus", corpus).stdout
    assert [line.split() for line in printed.splitlines() if line.strip().startswith("m")] == [
        ["meeting", "n", "last"],
        *[["m0", "5", "30"], ["m1", "5", "40"], ["m2", "5", "50"]],
    ]


def test_what_is_missing_stays_missing(corpus, tmp_path):
    sql = "select meeting, rating from meetings order by 1"
    found = json.loads(run("query", sql, "--json", "--corpus", corpus).stdout)
    assert [row["rating"] for row in found] == [None, 1.0, 2.0]
    run("query", sql, "--csv", tmp_path / "a.csv", "--corpus", corpus)
    assert pd.read_csv(tmp_path / "a.csv")["rating"].isna().tolist() == [True, False, False]


def test_long_answers_are_cut_in_print_only(corpus, tmp_path):
    sql = "select i, '[b]' || i as code from range(130000) t(i)"
    printed = run("query", sql, "--corpus", corpus).stdout
    assert "129800 more rows" in printed and "[b]199" in printed and "[b]200" not in printed
    run("query", sql, "--parquet", tmp_path / "a.parquet", "--corpus", corpus)
    assert pd.read_parquet(tmp_path / "a.parquet")["i"].tolist() == list(range(130000))


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("select meting from meetings", r'"meting" not found.*meetings has meeting, title'),
        ("select * from meeting", "meeting does not exist.*the tables are meetings, people"),
        ("selec 1", "syntax error"),
        ("select cast(text as int) from rows", "Could not convert.*rows has meeting, id"),
        ("select 1; select 2", "one question at a time"),
        ("", "There is no question; ask with SELECT"),
        ("select * from read_csv('/etc/passwd')", "only, no other file, database or setting"),
        ("explain analyze select 1", "read, not changed"),
    ],
)
def test_an_error_is_one_readable_sentence(corpus, sql, complaint):
    failed = run("query", sql, "--corpus", corpus)
    assert isinstance(failed.exception, SettingsError)
    assert re.search(complaint, str(failed.exception))
    assert "\n" not in str(failed.exception) and "LINE 1" not in str(failed.exception)


@pytest.mark.parametrize(
    "sql",
    [
        *("drop view rows", "create table t as select 1", "copy rows to '{here}/x.csv'", "set threads = 1"),
        *("attach '{here}/x.db'", "insert into meetings select * from meetings", "pragma enable_profiling"),
        *("install httpfs", "select * from read_text('{secret}')", "select * from '{secret}'"),
        *("select * from glob('{here}/../*')", "with x as (select 1) select * from read_csv('{secret}')"),
    ],
)
def test_nothing_is_changed_and_nothing_else_is_read(corpus, sql, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    before = sorted(corpus.rglob("*"))
    failed = run("query", sql.format(here=corpus, secret=secret), "--json", "--corpus", corpus)
    assert isinstance(failed.exception, SettingsError) or json.loads(failed.stdout) == []
    assert sorted(corpus.rglob("*")) == before


def test_every_column_of_the_codebook_can_be_asked(corpus):
    for table, columns in TABLES.items():
        said = json.loads(run("query", f"describe {table}", "--json", "--corpus", corpus).stdout)
        kinds = {"text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT"}
        assert {row["column_name"]: row["column_type"] for row in said} == {
            name: kinds[column.kind] for name, column in columns.items()
        }


def test_without_duckdb_it_says_what_to_install(corpus, monkeypatch):
    really = builtins.__import__

    def without(name, *rest):
        if name == "duckdb":
            raise ImportError(name)
        return really(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    failed = run("query", "select 1", "--corpus", corpus)
    assert "pip install 'rapport-pipeline[corpus]'" in str(failed.exception)
    assert run("describe", "--corpus", corpus).exit_code == 0


def test_one_form_at_a_time(corpus, tmp_path):
    failed = run("query", "select 1", "--json", "--csv", tmp_path / "a.csv", "--corpus", corpus)
    assert isinstance(failed.exception, SettingsError)
    nowhere = run("query", "select 1", "--csv", tmp_path / "no" / "a.csv", "--corpus", corpus)
    assert "There is no folder" in str(nowhere.exception)
