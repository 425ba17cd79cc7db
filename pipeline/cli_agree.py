"""``rapport agree``: how far two codings of a meeting agree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_rapport import AsJson, Out
from pipeline.errors import SettingsError

Coding = typer.Argument(
    help="A coding: an analysed meeting (folder or name), a timeline (.parquet, .csv), "
    "or a file that can be imported (such as .eaf).",
    show_default=False,
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(agree)


def agree(
    a: Annotated[Path, Coding],
    b: Annotated[Path, Coding],
    tier: Annotated[
        list[str] | None, typer.Option(help="Only this tier; may be given several times.", show_default=False)
    ] = None,
    overlap: Annotated[
        float,
        typer.Option(min=0.05, max=1, help="Share of the longer event that a pair must have in common."),
    ] = 0.6,
    tolerance: Annotated[
        float | None,
        typer.Option(min=0, max=30, help="Seconds within which both edges must lie, instead of an overlap."),
    ] = None,
    boundary: Annotated[
        float, typer.Option(min=0, help="Seconds by which an edge may differ before it is listed.")
    ] = 0.5,
    start: Annotated[
        float, typer.Option("--from", min=0, help="Second at which what both coded begins.")
    ] = 0.0,
    end: Annotated[float | None, typer.Option("--to", min=0, help="Second at which it ends.")] = None,
    meeting: Annotated[
        Path | None, typer.Option(help="The analysed meeting, where A and B are both files such as .eaf.")
    ] = None,
    labels: Annotated[bool, typer.Option("--labels", help="Give agreement label by label, too.")] = False,
    show: Annotated[int, typer.Option(min=0, help="How many disagreements to list.")] = 20,
    csv: Annotated[
        Path | None, typer.Option(help="File to write all disagreements to.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    out: Out = Path("outputs"),
) -> None:
    """Tell how far two coders, or a coder and the machine, agree on a meeting, and where they do not."""
    import json

    from pipeline.agreement import report
    from pipeline.agreement.compare import Choices, compare
    from pipeline.agreement.disagreements import as_csv
    from pipeline.agreement.events import Criterion
    from pipeline.agreement.sides import read_sides
    from pipeline.store import storage_errors, write_whole

    sides = read_sides(a, b, out, meeting)
    found = compare(*sides, Choices(tier or (), Criterion(overlap, tolerance), boundary, start, end))
    if csv is not None:
        if not csv.parent.is_dir():
            raise SettingsError(f"There is no folder {csv.parent}; make it, or name another file.")
        with storage_errors(csv):
            write_whole(csv, as_csv(found.disagreements))
    if as_json:
        print(json.dumps(report.as_data(found), indent=2, ensure_ascii=False, allow_nan=False))
        return
    report.show(found, show, labels=labels)
    if csv is not None:
        print(f"\n  Disagreements: {csv}")
