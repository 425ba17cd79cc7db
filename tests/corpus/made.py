"""Analysed meetings made by hand, with what a corpus keeps of them known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from pipeline import cli_corpus
from tests.rapport.made import Line, analysed, event, made

ROLES = {"S": "salesperson", "C": "customer"}
TALK: list[Line] = [
    ("S", 0.0, 4.0, "Good morning, how was your journey to the office today?"),
    ("C", 4.5, 9.0, "It was fine, thank you, the train was on time for once."),
    ("S", 9.2, 12.0, "So you came by train, that is good to hear."),
    ("C", 12.2, 13.0, "Yes, I did."),
]

app = typer.Typer()
app.callback()(lambda: None)
cli_corpus.register(app)


def run(*arguments: object) -> Any:
    """The command as a user runs it; an error stays an exception, which `pipeline.cli` prints."""
    return CliRunner().invoke(app, ["corpus", *map(str, arguments)])


def meeting(
    outputs: Path,
    name: str,
    *,
    smiles: Sequence[tuple[str, float]] = (),
    extra: float = 0.0,
    names: tuple[str, str] | None = None,
    **about: Any,
) -> Path:
    """An analysed meeting in which the salesperson talks `extra` seconds more at the end.

    `names` are what salesperson and customer are called; `about` goes into its meeting file.
    """
    lines = [*TALK, ("S", 20.0, 20.0 + extra, "And there is more to say.")] if extra else TALK
    seen = [event("face_visible", who, 0.0, 200.0, value=1.0) for who in ROLES] if smiles else []
    events = [*seen, *(event("smile", who, start, start + 1.0, value=0.8) for who, start in smiles)]
    folder = analysed(outputs / name, made(lines, events), ROLES)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for person, called in zip(
        manifest["meeting"]["participants"], names or (f"S {name}", f"C {name}"), strict=True
    ):
        person["pseudonym"] = called
    manifest["meeting"].update(about)
    manifest["product"] = {"name": "rapport", "version": "0.1.0"}
    manifest["files"] = [{"path": "a.mp4", "offset": 0.0, "duration": 200.0}]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def change(folder: Path, **about: Any) -> None:
    """Say something else in a meeting's file."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["meeting"].update(about)
    path.write_text(json.dumps(manifest), encoding="utf-8")
