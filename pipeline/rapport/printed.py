"""The report of a scored meeting in the terminal, readable in 80 columns however many take part."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pipeline.rapport.explain import clock
from pipeline.rapport.report import Report
from pipeline.rapport.score import Score

ABREAST = 3
"""Columns of values that stand beside each other; further ones follow in a table of their own."""
T = TypeVar("T")


def show(report: Report, console: Any = None) -> None:
    """Print the report so that a coach can read it aloud.

    Parameters
    ----------
    report : Report
    console : rich.console.Console, optional
        The terminal if none.
    """
    from rich.console import Console
    from rich.markup import escape

    console = console or Console(highlight=False)
    book = report.codebook
    console.print(f"[bold]{escape(report.meeting)}[/]   codebook {book.name} {book.version} ({book.digest})")
    console.print("This describes rapport work; it does not predict sales.\n", style="dim")
    console.print(
        "Score, 0 to 100 (90 % interval), and the share of it that could be measured", style="italic"
    )
    for scores in _abreast(report.scores):
        console.print(_scores(report, scores))
        console.print()
    _print_moments(report, console)
    for people in _abreast(list(report.measures)):
        console.print(_measures(report, people))
        console.print()
    if any(value is None for own in report.measures.values() for value in own.values()):
        console.print("– not measured, or nothing to measure it by\n", style="dim")
    for name, title in book.checklist.items():
        ticked = report.checklist.get(name)
        state = {True: "yes", False: "no", None: "not ticked in meeting.yaml"}[ticked]
        console.print(f"Before the meeting, {title}: {state}", style="dim")
    for warning in report.warnings:
        console.print(f"! {warning}", markup=False)


def _abreast(columns: Sequence[T]) -> Iterator[Sequence[T]]:
    """Columns in groups of nearly the same size, that fit beside each other."""
    tables = math.ceil(len(columns) / ABREAST)
    for i in range(tables):
        yield columns[i * len(columns) // tables : (i + 1) * len(columns) // tables]


def _table(titles: Sequence[str]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for title in titles:
        table.add_column(escape(title), justify="right", min_width=13)
    return table


def _scores(report: Report, scores: Sequence[Score]) -> Any:
    table = _table([report.called(score.who) for score in scores])
    for name, step in report.codebook.steps.items():
        own = [score.steps[name] for score in scores]
        table.add_row(step.title, *(_interval(one.score, one.low, one.high) for one in own))
        table.add_row("  measured", *(f"{one.measured:.0%}" for one in own), style="dim")
    minutes = report.codebook.opening.minutes
    table.add_row(f"first {minutes:g} minutes of talk", *(_number(score.opening) for score in scores))
    table.add_row("[bold]total", *(f"[bold]{_interval(s.total, s.low, s.high)}" for s in scores))
    changes = [report.slopes.get(score.who, math.nan) for score in scores]
    if any(not math.isnan(change) for change in changes):
        table.add_row("change in ten minutes", *(_signed(change) for change in changes))
    return table


def _interval(value: float, low: float, high: float) -> str:
    return "not measured" if math.isnan(value) else f"{value:.0f} ({low:.0f} to {high:.0f})"


def _number(value: float) -> str:
    return "not measured" if math.isnan(value) else f"{value:.0f}"


def _signed(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:+.1f}"


def _print_moments(report: Report, console: Any) -> None:
    nothing = "none found" if report.told else "not measured, as it is not known what the words tell"
    for title, moments in (
        ("Strongest moments", report.strongest),
        ("Moments to look at", report.to_look_at),
    ):
        console.print(f"[bold]{title}[/]" + ("" if moments else f": {nothing}"))
        for moment in moments:
            console.print(f"  {clock(moment.start)}  {moment.story}", markup=False)
        console.print()
    console.print(f"[bold]Missed opportunities[/]: {len(report.missed) or nothing}")
    for row in report.missed:
        offered = f": “{row['offered']}”" if row["offered"] else ""
        then = f"; then “{row['then']}”" if row["then"] else ""
        missed = f"{row['by']} offers {row['offer']}{offered}, {row['missed_by']} goes past it{then}"
        console.print(f"  {clock(row['start'])}  {missed}", markup=False)
    console.print()


def _measures(report: Report, people: Sequence[str]) -> Any:
    table = _table([report.names.get(who, who) for who in people])
    table.columns[0].header = "measure"
    for column in table.columns[1:]:
        column.min_width = 8
    for name in report.measures[people[0]]:
        table.add_row(_spelled(name), *(_with_unit(name, report.measures[who][name]) for who in people))
    return table


def _spelled(name: str) -> str:
    return name.removesuffix("_s").replace("_", " ")


def _with_unit(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if "share" in name:
        return f"{value:.0%}"
    if name.endswith("_s"):
        return f"{value:.1f} s"
    return f"{value:.2f}" if "rate" in name else f"{value:.1f}"
