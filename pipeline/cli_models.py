"""``rapport models``: list, fetch and verify the model files, and say where they are."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.errors import ModelError

app = typer.Typer(help="The model files: list, fetch, verify, find.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(help="Models; all of them where none is named.")]


@app.command("list")
def show() -> None:
    """Show every model: size of the download, licence, state and purpose."""
    from rich.console import Console
    from rich.table import Table

    from pipeline import models

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "size", "licence", "state", "description"):
        table.add_column(heading, justify="right" if heading == "size" else "left")
    for model in models.registry().values():
        size = f"{model.size / 1e6:.1f} MB"
        table.add_row(model.name, size, model.licence, _state(model.name), model.description)
    Console().print(table)
    typer.echo(f"in {models.cache_dir()}")


def _state(name: str) -> str:
    from pipeline import models

    problems = models.verify(name)
    if not problems:
        return "ready"
    return "not fetched" if not (models.cache_dir() / name).exists() else "; ".join(problems)


@app.command()
def fetch(names: Names = None) -> None:
    """Download what is missing or damaged, verify it, and build what is built here."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

    from pipeline import models

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[status]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}
        said: set[tuple[str, str]] = set()

        def report(name: str, done: int, total: int | None, status: str) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, status=status)
            bars.update(tasks[name], completed=done, total=total, status=status)
            if (name, status) not in said:  # what a bar shows is soon overwritten
                bars.console.print(f"{name}: {status}", highlight=False, soft_wrap=True)
                said.add((name, status))

        models.fetch(*(names or models.registry()), progress=report)


@app.command()
def verify(names: Names = None) -> None:
    """Hash every file, those built here as well; exit with 4 where anything is wrong."""
    from pipeline import models

    wrong = []
    for name in names or models.registry():
        problems = models.verify(name)
        typer.echo(f"{name}: {'; '.join(problems) or 'ready'}")
        wrong += [name] if problems else []
    if wrong:
        raise ModelError(f"Not whole: {', '.join(wrong)}; run `rapport models fetch {' '.join(wrong)}`.")


@app.command()
def path(
    name: Annotated[str, typer.Argument(help="A model.")],
    file: Annotated[str | None, typer.Argument(help="One of its files.")] = None,
) -> None:
    """Print where a model or one of its files lies."""
    from pipeline import models

    typer.echo(models.path(name, file))
