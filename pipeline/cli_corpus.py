"""``rapport corpus``: all analysed meetings as tables that can be asked, described, compared and exported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.cli_rapport import AsJson
from pipeline.errors import SettingsError

Corpus = Annotated[Path, typer.Option("--corpus", help="Folder of the corpus.")]
HERE = Path("corpus")

app = typer.Typer(
    help="All analysed meetings as tables: build them, ask them in SQL, describe, compare and export them.",
    no_args_is_help=True,
)


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    parent.add_typer(app, name="corpus")


@app.command()
def build(
    outputs: Annotated[Path, typer.Argument(help="Folder of the analysed meetings.")] = Path("outputs"),
    to: Annotated[Path, typer.Option(help="Folder of the corpus.")] = HERE,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes; each holds one meeting in memory at a time.")
    ] = 1,
) -> None:
    """Write all analysed meetings into a corpus; those that did not change are left as they are."""
    import sys

    from rich.console import Console
    from rich.progress import track

    from pipeline.corpus.build import build

    names = [path.parent.name for path in outputs.glob("*/manifest.json")]
    steps = iter(
        track(
            names, "Building", console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True
        )
    )
    done = build(outputs, to, workers, lambda _: next(steps, None))
    counts = {"written": done.written, "unchanged": done.kept, "removed": done.removed}
    said = ", ".join(f"{len(those)} {how}" for how, those in counts.items() if those)
    print(f"{to}: {said or 'no meeting'}")
    for name, why in done.broken.items():
        print(f"! {name} is not in the corpus: {why}", file=sys.stderr)
    if done.broken:
        raise typer.Exit(1)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="A question to the tables, such as: select * from meetings")],
    csv: Annotated[Path | None, typer.Option(help="CSV file to write the answer to.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Parquet file to write the answer to.")] = None,
    as_json: AsJson = False,
    corpus: Corpus = HERE,
) -> None:
    """Ask the corpus in SQL; `rapport corpus columns` lists tables and columns."""
    import json

    from pipeline.corpus import printed
    from pipeline.corpus.query import asked
    from pipeline.corpus.writing import Form, write_batches

    files: list[tuple[Path | None, Form]] = [(csv, "csv"), (parquet, "parquet")]
    if sum(path is not None for path, _ in files) + as_json > 1:
        raise SettingsError("Give one of --csv, --parquet and --json.")
    with asked(corpus, sql) as reader:
        for path, form in files:
            if path is not None:
                print(f"{write_batches(path, form, reader.schema, reader)} rows: {path}")
                return
        if not as_json:
            printed.answer(reader)
            return
        rows = [_plain(row) for batch in reader for row in batch.to_pylist()]
        print(json.dumps(rows, indent=2, ensure_ascii=False, default=str, allow_nan=False))


@app.command()
def describe(
    csv: Annotated[Path | None, typer.Option(help="CSV file to write the table to.")] = None,
    as_json: AsJson = False,
    corpus: Corpus = HERE,
) -> None:
    """Count meetings and people, and give each measure and score by role: n, mean, sd, quartiles."""
    from pipeline.corpus import printed
    from pipeline.corpus.describe import describe

    found = describe(corpus)
    _write(csv, found.values)
    if as_json:
        _print_json({**vars(found), "values": _records(found.values)})
    else:
        printed.description(found)


@app.command()
def compare(
    by: Annotated[
        str, typer.Option(help="What meetings differ in: outcome, next_step, rating, or a field of metadata.")
    ],
    measure: Annotated[
        list[str] | None,
        typer.Option(help="Only this measure or score; may be given several times.", show_default=False),
    ] = None,
    effect: Annotated[
        Literal["cliff", "hedges"], typer.Option(help="Effect size of groups: Cliff's delta or Hedges' g.")
    ] = "cliff",
    csv: Annotated[Path | None, typer.Option(help="CSV file to write the table to.")] = None,
    as_json: AsJson = False,
    corpus: Corpus = HERE,
) -> None:
    """Compare groups or outcomes, or correlate with a rating; a dyad is one observation."""
    from pipeline.corpus import printed
    from pipeline.corpus.compare import compare

    found = compare(corpus, by, measure or (), effect)
    _write(csv, found.results)
    if as_json:
        _print_json({**vars(found), "results": _records(found.results)})
    else:
        printed.comparison(found)


@app.command()
def synchrony(as_json: AsJson = False, corpus: Corpus = HERE) -> None:
    """Compare the synchrony of real partners with that of partners shuffled across meetings."""
    import json

    from pipeline.corpus import printed
    from pipeline.corpus.surrogate import baselines

    found = baselines(corpus)
    if as_json:
        print(json.dumps([_plain(vars(one)) for one in found], indent=2, allow_nan=False))
        return
    printed.baselines(found)


@app.command()
def export(
    to: Annotated[Literal["csv", "parquet"], typer.Option(help="Kind of file.")] = "csv",
    into: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("tables"),
    corpus: Corpus = HERE,
) -> None:
    """Write every table into one file, with a codebook of their columns, for R, pandas and the like."""
    from pipeline.corpus.writing import export

    for name, count in export(corpus, to, into).items():
        print(f"{into / name}: {count} rows")


@app.command()
def columns() -> None:
    """List the tables and their columns: type, unit, meaning."""
    import pandas as pd

    from pipeline.corpus import printed
    from pipeline.corpus.tables import codebook

    printed.frame(pd.DataFrame(codebook()))


@app.command()
def example() -> None:
    """Show cross-tables of 18 relationships across cultures, from the founding paper's Table 4."""
    from pipeline.corpus import example, printed

    table = example.relationships()
    print(example.CITATION)
    printed.frame(example.crossed(table, "cultural_diversity", "phase").reset_index())
    print("In high cultural diversity:")
    far = table[table["cultural_diversity"] == "high"]
    printed.frame(example.crossed(far, "cultural_intelligence", "phase").reset_index())


def _print_json(data: object) -> None:
    import json

    print(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))


def _plain(row: dict[str, object]) -> dict[str, object]:
    """A row for JSON, which has numbers only that are finite."""
    return {str(name): _finite(value) for name, value in row.items()}


def _finite(value: object) -> object:
    import math

    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _records(table: object) -> list[dict[str, object]]:
    import pandas as pd

    from pipeline.timeline.table import records

    assert isinstance(table, pd.DataFrame)
    return list(map(_plain, records(table)))


def _write(path: Path | None, table: object) -> None:
    """Write a data frame as CSV, if a file is named."""
    import pyarrow as pa

    from pipeline.corpus.writing import write_batches

    if path is not None:
        whole = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
        write_batches(path, "csv", whole.schema, [whole])
