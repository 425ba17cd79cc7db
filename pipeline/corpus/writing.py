"""Write answers and whole tables as CSV, Parquet or JSON, batch by batch, each file whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pipeline.corpus.tables import TABLES, codebook, parts, schema
from pipeline.errors import SettingsError
from pipeline.store import replacing, storage_errors

Form = Literal["csv", "parquet"]


def write_batches(path: Path, form: Form, layout: Any, batches: Iterable[Any]) -> int:
    """Write Arrow batches or tables to one file; gives the number of rows.

    Parameters
    ----------
    path : Path
    form : {"csv", "parquet"}
    layout : pyarrow.Schema
    batches : iterable of pyarrow.RecordBatch or pyarrow.Table
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.parent.is_dir():
        raise SettingsError(f"There is no folder {path.parent}; make it, or name another file.")
    count = 0
    with storage_errors(path), replacing(path) as new:
        if form == "parquet":
            with pq.ParquetWriter(new, layout, compression="zstd") as writer:
                for batch in batches:
                    writer.write(batch)
                    count += len(batch)
        else:
            # Unquoted, a carriage return in a text would end the line.
            how: dict[str, Any] = {"index": False, "lineterminator": "\n", "quoting": csv.QUOTE_NONNUMERIC}
            with new.open("w", encoding="utf-8", newline="") as file:
                pa.Table.from_batches([], layout).to_pandas().to_csv(file, **how)
                for batch in batches:
                    batch.to_pandas().to_csv(file, header=False, **how)
                    count += len(batch)
    return count


def export(corpus: Path, form: Form, into: Path) -> dict[str, int]:
    """Write every table of a corpus into one file, and the codebook of their columns.

    Returns
    -------
    dict of str to int
        Rows by name of the file.
    """
    import pyarrow as pa

    with storage_errors(into):
        into.mkdir(parents=True, exist_ok=True)
    written = {}
    for table in TABLES:
        path = into / f"{table}.{form}"
        whole = (part for _, part in parts(corpus, table))
        written[path.name] = write_batches(path, form, schema(table, partition=True), whole)
    book = pa.Table.from_pylist(codebook())
    written["codebook.csv"] = write_batches(into / "codebook.csv", "csv", book.schema, [book])
    return written
