"""The report of a scored meeting: as data for scripts, as tables in the terminal, as a figure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.rapport.codebook import Codebook
from pipeline.rapport.explain import clock
from pipeline.rapport.measures import Measures
from pipeline.rapport.moments import Moment
from pipeline.rapport.score import Score

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Report:
    """Everything that `rapport score` says.

    Attributes
    ----------
    meeting : str
    codebook : Codebook
    names, roles : dict of str to str
    scores : list of Score
        Of every participant, then of every two.
    trends : dict of tuple to list of (start, end, score)
    slopes : dict of tuple to float
        Points in ten minutes.
    measures : dict of str to dict
    strongest, to_look_at : list of Moment
    missed : list of dict
    checklist : dict of str to bool or None
        Steps before the meeting, as a person ticked them.
    actions : DataFrame
        As `pipeline.rapport.score.read_actions` gives them.
    warnings : tuple of str
        What could not be scored, and why.
    """

    meeting: str
    codebook: Codebook
    names: Mapping[str, str]
    roles: Mapping[str, str]
    scores: list[Score]
    trends: Mapping[tuple[str, ...], list[tuple[float, float, float]]]
    slopes: Mapping[tuple[str, ...], float]
    measures: Mapping[str, Measures]
    strongest: list[Moment]
    to_look_at: list[Moment]
    missed: list[dict[str, Any]]
    checklist: Mapping[str, bool | None]
    actions: pd.DataFrame
    warnings: tuple[str, ...]

    def called(self, who: tuple[str, ...]) -> str:
        """Names of one participant or of two."""
        return " and ".join(str(self.names.get(one, one)) for one in who)

    def data(self) -> dict[str, Any]:
        """The report as plain data; what could not be told is None."""
        book = self.codebook
        return {
            "meeting": self.meeting,
            "codebook": {"name": book.name, "version": book.version, "digest": book.digest},
            "claim": "This describes rapport work; it does not predict sales.",
            "participants": {
                who: {"name": name, "role": self.roles.get(who, "other")} for who, name in self.names.items()
            },
            "scores": [self._score(score) for score in self.scores],
            "measures": {who: dict(values) for who, values in self.measures.items()},
            "strongest_moments": [vars(moment) for moment in self.strongest],
            "moments_to_look_at": [vars(moment) for moment in self.to_look_at],
            "missed_opportunities": self.missed,
            "before_the_meeting": dict(self.checklist),
            "warnings": list(self.warnings),
        }

    def _score(self, score: Score) -> dict[str, Any]:
        trend = self.trends.get(score.who, [])
        return {
            "who": list(score.who),
            "total": known(score.total),
            "interval": [known(score.low), known(score.high)],
            "whole_meeting": known(score.whole),
            f"first_{self.codebook.opening.minutes:g}_minutes": known(score.opening),
            "points_in_ten_minutes": known(self.slopes.get(score.who, math.nan)),
            "trend": [{"start": a, "end": b, "score": known(value)} for a, b, value in trend],
            "steps": {
                name: {
                    "score": known(step.score),
                    "interval": [known(step.low), known(step.high)],
                    "measured_share": round(step.measured, 3),
                    "parts": [{**vars(part), "actions": list(part.actions)} for part in step.parts],
                }
                for name, step in score.steps.items()
            },
        }


def known(value: float) -> float | None:
    """A number for JSON, which has no NaN."""
    return None if math.isnan(value) else round(value, 3)


def show(report: Report) -> None:
    """Print the report so that a coach can read it aloud."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    book = report.codebook
    console.print(f"[bold]{escape(report.meeting)}[/]   codebook {book.name} {book.version} ({book.digest})")
    console.print("This describes rapport work; it does not predict sales.\n", style="dim")
    console.print(_scores(report))
    _print_moments(report, console)
    console.print(_measures(report))
    for name, title in book.checklist.items():
        ticked = report.checklist.get(name)
        state = {True: "yes", False: "no", None: "not ticked in meeting.yaml"}[ticked]
        console.print(f"Before the meeting, {title}: {state}", style="dim")
    for warning in report.warnings:
        console.print(f"! {warning}", markup=False)


def _scores(report: Report) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, title="Score, 0 to 100 (90 % interval)", title_justify="left")
    table.add_column("")
    for score in report.scores:
        table.add_column(escape(report.called(score.who)), justify="right")
    for name, step in report.codebook.steps.items():
        cells = [_interval(s.steps[name].score, s.steps[name].low, s.steps[name].high) for s in report.scores]
        table.add_row(step.title, *cells)
    minutes = report.codebook.opening.minutes
    table.add_row(f"first {minutes:g} minutes", *(_number(score.opening) for score in report.scores))
    table.add_row("[bold]total", *(f"[bold]{_interval(s.total, s.low, s.high)}" for s in report.scores))
    changes = [report.slopes.get(score.who, math.nan) for score in report.scores]
    if any(not math.isnan(change) for change in changes):
        table.add_row("change in ten minutes", *(_signed(change) for change in changes))
    return table


def _interval(value: float, low: float, high: float) -> str:
    return "not measured" if math.isnan(value) else f"{value:.0f} ({low:.0f} to {high:.0f})"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f}"


def _signed(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:+.1f}"


def _print_moments(report: Report, console: Any) -> None:
    for title, moments in (
        ("Strongest moments", report.strongest),
        ("Moments to look at", report.to_look_at),
    ):
        console.print(f"\n[bold]{title}[/]" + ("" if moments else ": none found"))
        for moment in moments:
            console.print(f"  {clock(moment.start)}  {moment.story}", markup=False)
    console.print(f"\n[bold]Missed opportunities[/]: {len(report.missed) or 'none found'}")
    for row in report.missed:
        offered = f": “{row['offered']}”" if row["offered"] else ""
        then = f"; then “{row['then']}”" if row["then"] else ""
        missed = f"{row['by']} offers {row['offer']}{offered}, {row['missed_by']} goes past it{then}"
        console.print(f"  {clock(row['start'])}  {missed}", markup=False)
    console.print()


def _measures(report: Report) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("measure")
    people = list(report.measures)
    for who in people:
        table.add_column(escape(report.names.get(who, who)), justify="right")
    names = list(next(iter(report.measures.values()), {}))
    for name in names:
        values = [report.measures[who][name] for who in people]
        table.add_row(_spelled(name), *(_with_unit(name, value) for value in values))
    return table


def _spelled(name: str) -> str:
    return name.removesuffix("_s").replace("_", " ")


def _with_unit(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if "share" in name:
        return f"{value:.0%}"
    return f"{value:.1f} s" if name.endswith("_s") else f"{value:.1f}"


def draw(report: Report, path: Path) -> None:
    """Draw the actions over the meeting's time, with the score's trend under them, as a PNG or SVG file."""
    from pipeline.rapport.figure import figure

    figure(report).savefig(path, dpi=150)
