"""``rapport export``: a meeting in the formats that the field exchanges."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_rapport import Analysed, Out, analysed
from pipeline.errors import SettingsError


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(export)


def export(
    meeting: Analysed,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", "-f", help="Which format; give it several times for several, see --list."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every format.")] = False,
    to: Annotated[
        Path | None, typer.Option(help="Folder for the files; exports in the meeting's folder by default.")
    ] = None,
    notation: Annotated[
        str, typer.Option(help="jefferson, gat2, mondada, or a notation file of your own.")
    ] = "jefferson",
    embodied: Annotated[
        str, typer.Option(help="Bodily conduct: inline, below or none; by default as the notation has it.")
    ] = "",
    translation: Annotated[
        bool, typer.Option("--translation", help="Leave a line for the translation under each line of talk.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="dote: words without marks.")] = False,
    crlf: Annotated[bool, typer.Option("--crlf", help="qdpx: Windows line ends, as MAXQDA counts.")] = False,
    show: Annotated[bool, typer.Option("--list", help="Show the formats, and write nothing.")] = False,
    out: Out = Path("outputs"),
) -> None:
    """Write a meeting as draft transcript, annotation, subtitles or table: --list shows the formats."""
    from pipeline.exports.formats import FORMATS, Options, format_of

    if show:
        _list()
        return
    if not formats and not everything:
        raise SettingsError("Say which formats to write: --format docx, several times if wanted, or --all.")
    if embodied not in ("", "inline", "below", "none"):
        raise SettingsError(f"--embodied cannot be {embodied}; it is inline, below or none.")
    from pipeline.exports.export import export_meeting

    wanted = FORMATS if everything else [format_of(name) for name in dict.fromkeys(formats or [])]
    options = Options(notation, embodied, translation, not plain, crlf)
    for path in export_meeting(analysed(meeting, out), wanted, options, to):
        print(path)


def _list() -> None:
    from rich.console import Console
    from rich.table import Table

    from pipeline.exports.formats import FORMATS

    table = Table("format", "file", "carries", "comes back", box=None)
    for one in FORMATS:
        table.add_row(one.name, f"*{one.suffix}", one.carries, "yes" if one.imported else "")
    Console().print(table)
