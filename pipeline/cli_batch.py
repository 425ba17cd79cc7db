"""``rapport batch``: a whole corpus, on this machine or on many."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import SettingsError


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(batch)


def batch(
    source: Annotated[
        Path, typer.Argument(help="A folder of recordings, or a CSV file with a column `file`.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("outputs"),
    config: Annotated[Path | None, typer.Option(help="Configuration; the embedded one by default.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes; by default one for each core, as far as there is memory."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler that runs, or the JSON file it wrote.")
    ] = None,
    slurm: Annotated[
        Path | None, typer.Option(help="What to ask of SLURM; see configs/slurm.yaml.", exists=False)
    ] = None,
    speakers: Annotated[
        int | None, typer.Option(min=1, help="How many people speak in each meeting, if you know.")
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what failed.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Do anew what another version or configuration did.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
    json_lines: Annotated[
        bool, typer.Option("--json-lines", help="Print one JSON object per event.")
    ] = False,
) -> None:
    """Analyse every recording of a folder, or of a CSV file, that is not done yet; batch.csv is the table."""
    given = {"--workers": workers, "--scheduler": scheduler, "--slurm": slurm}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise SettingsError(
            f"Give one of {' and '.join(named)}; they say differently where the work is done."
        )
    from pipeline.batch.batch import Options, run_batch

    raise typer.Exit(
        run_batch(
            source,
            Options(out, config, workers, scheduler, slurm, speakers, retry, again, quiet, json_lines),
        )
    )
