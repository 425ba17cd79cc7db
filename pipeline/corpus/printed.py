"""A corpus' answers, description and comparison in a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from pipeline.corpus.compare import Comparison
from pipeline.corpus.describe import Description
from pipeline.corpus.surrogate import Baseline

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 200
"""Rows of an answer that are printed."""
EFFECTS = {"cliff": "Cliff's delta", "hedges": "Hedges' g", "spearman": "Spearman's rho"}


def answer(reader: Any) -> None:
    """Print the first rows of an answer in SQL."""
    names = list(reader.schema.names)
    batches = (zip(*(column.to_pylist() for column in batch.columns), strict=True) for batch in reader)
    rows = chain.from_iterable(batches)
    _table(names, list(islice(rows, SHOWN)))
    if more := sum(1 for _ in rows):
        print(f"... and {more} more rows; --csv FILE or --parquet FILE writes all of them.")


def description(found: Description) -> None:
    """Print what is in a corpus."""
    languages = ", ".join(f"{name} ({count})" for name, count in found.languages.items())
    print(
        f"{found.meetings} meetings of {found.dyads} dyads and {found.people} people, "
        f"{found.hours:.1f} hours; languages: {languages}"
    )
    for sentence in found.differ:
        print(f"! {sentence}")
    frame(found.values)


def comparison(found: Comparison) -> None:
    """Print a comparison, what is most certain first."""
    print(f"By {found.by}: {found.dyads} dyads, {found.meetings} meetings; {EFFECTS[found.effect]}.")
    results = found.results.sort_values(["q", "variable", "role"], na_position="last", kind="stable")
    numbers = ["a", "b", "n_b", "median_b"] if found.effect == "spearman" else []
    frame(results.drop(columns=[*numbers, "p"]).rename(columns={"n_a": "n"} if numbers else {}))
    for note in found.notes:
        print(f"! {note}")


def baselines(found: Sequence[Baseline]) -> None:
    """Print synchrony measures of real partners beside those of shuffled ones."""
    print("Synchrony of real partners, and of partners shuffled across meetings:")
    for one in found:
        if one.why:
            print(f"  {one.measure}: {one.why}")
            continue
        print(
            f"  {one.measure}: {_cell(one.real)} real, {_cell(one.shuffled)} shuffled "
            f"({_cell(one.low)} to {_cell(one.high)}), p = {one.p:.3f}, {one.dyads} dyads"
        )


def frame(table: pd.DataFrame) -> None:
    """Print a data frame."""
    _table([str(name) for name in table.columns], table.itertuples(index=False, name=None))


def _table(names: Sequence[str], rows: Any) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    table = Table(*map(escape, names), box=box.SIMPLE)
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    console = Console()
    if not console.is_terminal:  # a pipe has no edge that a column must stop at
        whole = console.measure(table, options=console.options.update(width=100_000)).maximum
        console = Console(width=max(console.width, whole))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
