"""``rapport report``: a meeting as one file, for a participant to read and to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_rapport import Analysed, Out, analysed

Repeated = list[str] | None


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(report)


def report(
    meeting: Analysed,
    video: Annotated[
        str, typer.Option(help="leave-out, blur (the whole picture, beyond recognition) or include.")
    ] = "leave-out",
    sound: Annotated[
        bool | None,
        typer.Option(
            "--sound/--no-sound",
            help="The voices; by default they come with the video. A voice identifies a person.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        Repeated,
        typer.Option(help="ID=PSEUDONYM: what somebody is called, in the words said as well; repeatable."),
    ] = None,
    hide: Annotated[
        Repeated, typer.Option(help="WORD=REPLACEMENT, in whatever is said or written; repeatable.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(help="File or folder; exports/report.html in the meeting's folder by default."),
    ] = None,
    notation: Annotated[str, typer.Option(help="Notation of the second transcript.")] = "jefferson",
    title: Annotated[str, typer.Option(help="What the meeting is called; not its name by default.")] = "",
    date: Annotated[bool, typer.Option("--date", help="Say when it was.")] = False,
    comments: Annotated[bool, typer.Option("--comments", help="Show what coders commented.")] = False,
    height: Annotated[int, typer.Option(min=90, max=2160, help="Pixels of the video at most.")] = 360,
    out: Out = Path("outputs"),
) -> None:
    """Write a meeting as one HTML file for a participant: timeline, transcript, score, and room to answer."""
    from pipeline.report.make import write_report
    from pipeline.report.options import ReportOptions, pairs, target

    options = ReportOptions(
        video=video,
        sound=sound,
        names=pairs(name or [], "--name", "C=Anna"),
        hide=pairs(hide or [], "--hide", "Acme=COMPANY"),
        notation=notation,
        comments=comments,
        date=date,
        title=title,
        height=height,
    )
    folder = analysed(meeting, out)
    with _shown() as progress:
        path = write_report(folder, target(folder, to), options, progress=progress)
    print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")


@contextmanager
def _shown() -> Iterator[Callable[[str, float], None]]:
    """Bars for what takes long, gone when it is done; nothing where nobody watches."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    tasks: dict[str, TaskID] = {}
    with Progress(transient=True, console=Console(stderr=True)) as bars:

        def tell(what: str, share: float) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=1.0)
            bars.update(tasks[what], completed=share)

        yield tell
