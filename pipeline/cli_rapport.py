"""``rapport code``, ``score``, ``explain`` and ``disclose``: what an analysed meeting shows of rapport."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import SettingsError

Analysed = Annotated[Path, typer.Argument(help="An analysed meeting: its folder, or its name.")]
Out = Annotated[Path, typer.Option(help="Folder of the results.")]
Book = Annotated[
    Path | None, typer.Option(help="A codebook of your own; the one that the meeting was coded with if none.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def analysed(meeting: Path, out: Path) -> Path:
    """The folder of an analysed meeting that is given by its folder or its name."""
    return meeting if (meeting / "manifest.json").is_file() else out / meeting


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (code, score, explain, disclose):
        app.command()(command)


def code(meeting: Analysed, codebook: Book = None, out: Out = Path("outputs")) -> None:
    """Find the rapport actions of an analysed meeting anew, from its timeline."""
    from pipeline.rapport.codebook import load_codebook
    from pipeline.scoring import code_meeting

    book = load_codebook(codebook) if codebook else None
    table, warnings = code_meeting(analysed(meeting, out), book)
    found = table[table["tier"] == "action"]["label"].value_counts()
    print(", ".join(f"{count} {name}" for name, count in found.items()) or "No rapport action was coded.")
    for warning in warnings:
        print(f"! {warning}")


def score(
    meeting: Analysed,
    codebook: Book = None,
    opening: Annotated[
        float | None, typer.Option(min=0.5, help="Minutes of the opening, if not as in the codebook.")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Where to draw it (PNG, SVG or PDF); rapport.png beside the results.")
    ] = None,
    as_json: AsJson = False,
    out: Out = Path("outputs"),
) -> None:
    """Score the rapport work of an analysed meeting, with the moments behind it; rapport.json keeps all."""
    from pipeline.rapport.codebook import load_codebook
    from pipeline.rapport.printed import show
    from pipeline.scoring import PICTURE, SCORE, score_meeting, write_score

    folder = analysed(meeting, out)
    if figure is not None and figure.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise SettingsError(f"A figure cannot be drawn as {figure.name}; end its name in .png, .svg or .pdf.")
    report = score_meeting(folder, load_codebook(codebook) if codebook else None, opening)
    picture = figure or folder / PICTURE
    data = write_score(folder, report, picture)
    if as_json:
        print(data)
        return
    show(report)
    print(f"\n  Figure: {picture}\n  Data:   {folder / SCORE}")


def explain(
    meeting: Analysed,
    action: Annotated[str, typer.Argument(help="Id of an action, as the timeline and rapport.json give it.")],
    codebook: Book = None,
    out: Out = Path("outputs"),
) -> None:
    """Say in one paragraph why an action was coded."""
    from pipeline.rapport.codebook import load_codebook
    from pipeline.scoring import explain_action

    book = load_codebook(codebook) if codebook else None
    print(explain_action(analysed(meeting, out), action, book))


def disclose(meeting: Analysed, as_json: AsJson = False, out: Out = Path("outputs")) -> None:
    """Show what each participant told of themselves: how long, on how many topics, how deep, with quotes."""
    import json

    from pipeline.rapport.explain import clock, quoted
    from pipeline.scoring import disclosed

    found, names, warnings = disclosed(analysed(meeting, out))
    if as_json:
        data = [{**vars(one), "suggests": one.suggests} for one in found]
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return
    if not found:
        print("What people disclose was not measured.")
    for one in found:
        depth = one.depth.replace("_", " ") or "none"
        print(f"{names[one.participant]}: {one.seconds:.1f} s on {len(one.topics)} topics, depth: {depth}")
        for quote in one.quotes:
            about = f"{', '.join(quote['topics'])}; {quote['depth']}".replace("_", " ")
            print(f"  {clock(quote['start'])}  {quoted(quote['text'])} ({about})")
        if one.suggests:
            print(f"  Such a depth is usual in the phase of {one.suggests}; a researcher decides.")
    for warning in warnings:
        print(f"! {warning}")
