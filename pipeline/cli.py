"""The command ``rapport``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline import (
    cli_agree,
    cli_batch,
    cli_corpus,
    cli_exports,
    cli_models,
    cli_rapport,
    cli_relationship,
    cli_report,
    cli_review,
    cli_voices,
)
from pipeline.cli_rapport import analysed
from pipeline.errors import RapportError, SettingsError

app = typer.Typer(
    help="Analyse recorded sales meetings, on this machine: who says and does what, and what builds rapport.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(cli_models.app, name="models")

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="Recordings, each a meeting of its own, or meeting files.", show_default=False),
]


@app.command()
def analyse(
    files: Files = None,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("outputs"),
    config: Annotated[Path | None, typer.Option(help="Configuration; the embedded one by default.")] = None,
    speakers: Annotated[int | None, typer.Option(min=1, help="How many people speak, if you know.")] = None,
    meeting: Annotated[
        Path | None, typer.Option(help="meeting.yaml: who took part, which files belong together.")
    ] = None,
    faces: Annotated[bool, typer.Option("--faces", help="Print who was found in which picture.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
    json_lines: Annotated[
        bool, typer.Option("--json-lines", help="Print one JSON object per event.")
    ] = False,
) -> None:
    """Turn recordings into timelines: words, speakers, turns, silences, overlaps, nods, smiles, gaze."""
    from pipeline.command import Options, analyse_all

    options = Options(out, config, speakers, faces, quiet, json_lines)
    raise typer.Exit(analyse_all(files or [], meeting, options))


@app.command()
def preview(
    meeting: Annotated[Path, typer.Argument(help="An analysed meeting: its folder, or its name.")],
    start: Annotated[float, typer.Option("--from", min=0, help="Second of the meeting to begin at.")] = 0.0,
    end: Annotated[
        float | None, typer.Option("--to", help="Second to end at; 20 s after the beginning by default.")
    ] = None,
    camera: Annotated[int, typer.Option(min=1, help="Which recording with pictures, if several.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("outputs"),
) -> None:
    """Render a short clip with boxes, names and current events drawn in."""
    from pipeline.preview import open_analysed, render_preview

    folder = analysed(meeting, out)
    end = start + 20.0 if end is None else end
    if end <= start:
        raise SettingsError("The preview must end after it begins; give --to a later second than --from.")
    print(render_preview(open_analysed(folder, camera), start, end))


@app.command()
def relabel(
    meetings: Annotated[list[Path], typer.Argument(help="Analysed meetings: their folders, or names.")],
    config: Annotated[
        Path | None, typer.Option(help="Configuration with other limits under voice: labels.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("outputs"),
) -> None:
    """Apply other limits to what voices did (falling, louder, stressed ...) without a new run.

    Limits of laughter need the sound: give them to `rapport analyse`, which computes again only what depends
    on them.
    """
    from pipeline.relabel import relabel as apply
    from pipeline.settings import load_settings
    from pipeline.voice.labels import TIERS

    settings = load_settings(config).voice
    for meeting in meetings:
        folder = analysed(meeting, out)
        counts = apply(folder, settings)["tier"].value_counts()
        found = ", ".join(f"{counts[tier]} {tier}" for tier in TIERS if counts.get(tier))
        print(f"{folder.name}: {found or 'nothing of voices'}")


@app.command()
def info(file: Annotated[Path, typer.Argument(help="A recording.")]) -> None:
    """Show what is in a recording, and what is wrong with it."""
    from rich.console import Console

    from pipeline.media.describe import describe
    from pipeline.media.probe import probe

    Console().print(describe(probe(file)))


cli_rapport.register(app)
cli_exports.register(app)
cli_agree.register(app)
cli_batch.register(app)
cli_corpus.register(app)
cli_relationship.register(app)
cli_report.register(app)
cli_review.register(app)
cli_voices.register(app)


def main() -> None:
    """Run the command line; an error that the user can mend is one sentence and an exit code."""
    try:
        app()
    except RapportError as error:
        print(f"rapport: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
