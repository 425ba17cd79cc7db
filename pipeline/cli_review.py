"""``rapport review``: meetings seen, heard and corrected in a browser on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(review)


def review(
    outputs: Annotated[Path, typer.Argument(help="Folder of analysed meetings, or one of them.")] = Path(
        "outputs"
    ),
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; a free one by default.")
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
) -> None:
    """See, hear and correct analysed meetings in the browser; nothing leaves this machine."""
    from pipeline.review.server import serve

    serve(outputs, port=port, browser=browser)
