"""Ask a corpus in SQL: DuckDB over views of its tables, which can read them and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.corpus.tables import PARTITION, TABLES, meetings_of
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    import duckdb

BATCH = 50_000
"""Rows that are held at a time."""
READING = ("SELECT",)  # EXPLAIN ANALYZE does what it explains
MEMORY = "1GB"


@contextmanager
def asked(corpus: Path, sql: str) -> Iterator[Any]:
    """The answer to a question, as an Arrow reader of batches.

    Raises
    ------
    SettingsError
        Where DuckDB is missing, there is no corpus, or the question has an error: the database's message
        with the names of the tables and columns that there are.
    """
    database = _duckdb()
    meetings_of(corpus)
    connection = _opened(database, corpus.resolve())
    try:
        _refuse_changes(connection, sql)
        yield _reader(connection.sql(sql))
    except database.Error as error:
        raise SettingsError(readable(str(error), sql)) from error
    finally:
        connection.close()


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise SettingsError(
            "Questions in SQL need DuckDB, which is not installed: pip install 'rapport-pipeline[corpus]'."
        ) from error
    return duckdb


def _opened(database: Any, corpus: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory with a view of each table, that can read the corpus' folder alone."""
    connection: duckdb.DuckDBPyConnection = database.connect(":memory:", config={"memory_limit": MEMORY})
    folder = corpus.as_posix().replace("'", "''")
    escaped = re.sub(r"([*?\[])", r"[\1]", folder)  # in its own name these are no pattern
    connection.execute(f"SET allowed_directories = ['{folder}/', '{escaped}/']")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    for name, columns in TABLES.items():
        own = ", ".join(f'"{column}"' for column in columns)
        connection.execute(
            f'CREATE VIEW "{name}" AS SELECT {own} FROM read_parquet('
            f"'{escaped}/{name}/{PARTITION}=*/part.parquet', "
            f"hive_partitioning = true, hive_types = {{'{PARTITION}': VARCHAR}})"
        )
    return connection


def _refuse_changes(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    statements = connection.extract_statements(sql)
    if not statements:
        raise SettingsError("There is no question; ask with SELECT, such as: select * from meetings")
    if len(statements) != 1:
        raise SettingsError(f"Ask one question at a time; these are {len(statements)} statements.")
    kind = str(statements[0].type).rpartition(".")[2]
    if kind not in READING:
        raise SettingsError(
            f"A corpus can be read, not changed: this is {kind}; ask with SELECT, and write answers to a "
            "file with --csv or --parquet."
        )


def _reader(answer: Any) -> Any:
    """Batches of an answer; the method's name depends on DuckDB's version."""
    if hasattr(answer, "to_arrow_reader"):
        return answer.to_arrow_reader(BATCH)
    return answer.fetch_arrow_reader(BATCH)


def readable(message: str, sql: str) -> str:
    """A database's message as a sentence, with the names that would be right."""
    said, _, _ = message.partition("\n\nLINE ")
    said = " ".join(said.split()).rstrip(".")
    if said.startswith("Permission Error"):
        return "A question can read the tables of this corpus only, no other file, database or setting."
    named = [name for name in TABLES if re.search(rf"\b{name}\b", sql, re.IGNORECASE)]
    columns = "; ".join(f"{name} has {', '.join(TABLES[name])}" for name in named)
    names = columns or f"the tables are {', '.join(TABLES)}"
    return f"The database does not understand the question: {said} ({names})."
