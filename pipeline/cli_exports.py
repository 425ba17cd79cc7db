"""``rapport export`` and ``import``: a meeting in the formats that the field exchanges, out and back in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli_rapport import Analysed, Out, analysed
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from pipeline.exports.changes import Change


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(export)
    app.command("import")(import_)


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


def import_(
    meeting: Analysed,
    file: Annotated[
        Path, typer.Argument(help="The corrected file: .docx, .cha, .eaf, .TextGrid, .exb, .csv, .json.")
    ],
    coder: Annotated[str, typer.Option(help="Who corrected it; stands beside every row that changes.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Apply without asking.")] = False,
    notation: Annotated[str, typer.Option(help="Notation in which a draft was exported.")] = "jefferson",
    show: Annotated[int, typer.Option(min=0, help="How many changes to show.")] = 20,
    out: Out = Path("outputs"),
) -> None:
    """Bring corrections back: show what a file changes, then apply it; actions and scores follow."""
    import sys

    from pipeline.exports.importing import compare, import_changes, summary
    from pipeline.exports.material import material_of

    folder = analysed(meeting, out)
    material = material_of(folder)
    changes = compare(material, file, notation)
    if not changes:
        print(f"{file.name} changes nothing.")
        return
    for line in _shown(changes[:show], material.names):
        print(line)
    if len(changes) > show:
        print(f"  ... and {len(changes) - show} more (--show {len(changes)})")
    print(", ".join(f"{count} {what}" for what, count in summary(changes).items()))
    if not yes and not (sys.stdin.isatty() and typer.confirm("Apply?")):
        print("Nothing was changed; add --yes to apply.")
        return
    if not coder.strip():
        raise SettingsError("Say who corrected the file: --coder NAME. Nothing was changed.")
    for doubt in import_changes(folder, file, changes, coder.strip()):
        print(f"! {doubt}")
    print(f"Applied to {folder / 'timeline.parquet'}; actions were coded anew.")


def _shown(changes: Sequence[Change], names: Mapping[str, str]) -> list[str]:
    """Changes one a line: when, whose, what, from what to what."""
    from pipeline.timeline.transcript import clock

    lines = []
    for change in changes:
        who = change.before.get("participant", change.after.get("participant", ""))
        front = f"  {clock(change.at):>9}  {names.get(who, who):<10.10}  {change.tier:<12} {change.kind:<9}"
        lines.append(f"{front} {_what(change, names)}".rstrip())
    return lines


def _what(change: Change, names: Mapping[str, str]) -> str:
    if change.kind in ("added", "removed", "confirmed"):
        row = change.after or change.before
        return " ".join(str(row.get(name, "")) for name in ("label", "text")).strip()[:60]
    told = []
    for name, value in change.after.items():
        old = change.before.get(name, "")
        if name in ("details", "evidence"):
            told.append(name)
        elif isinstance(value, float):
            told.append(f"{name} {old:.3f} -> {value:.3f}")
        else:
            if name == "participant":
                old, value = names.get(old, old), names.get(value, value)
            told.append(" -> ".join(_excerpts(str(old), str(value))))
    return "; ".join(told)


def _excerpts(old: str, new: str, width: int = 36) -> tuple[str, str]:
    """Two texts around the place at which they begin to differ."""
    pairs = enumerate(zip(old, new, strict=False))
    same = next((i for i, (a, b) in pairs if a != b), min(len(old), len(new)))
    start = old.rfind(" ", 0, max(same - 8, 0)) + 1 if max(len(old), len(new)) > width else 0
    cut = [text[start : start + width] + ("..." if len(text) > start + width else "") for text in (old, new)]
    front = "..." if start else ""
    return f"{front}{cut[0]}" or "-", f"{front}{cut[1]}" or "-"


def _list() -> None:
    from rich.console import Console
    from rich.table import Table

    from pipeline.exports.formats import FORMATS

    table = Table("format", "file", "carries", "comes back", box=None)
    for one in FORMATS:
        table.add_row(one.name, f"*{one.suffix}", one.carries, "yes" if one.imported else "")
    Console().print(table)
