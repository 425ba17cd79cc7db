"""Meetings of a dyad made by hand, in which it is known what is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from pipeline import cli_relationship
from pipeline.relationship.phases import Passage
from tests.rapport.made import Line, analysed, made

ROLES = {"S": "salesperson", "C": "customer"}
BUSINESS: list[Line] = [
    ("S", 0.0, 12.0, "How do you do the monthly reporting today, and which tools does the team use for it?"),
    ("C", 12.5, 24.0, "The finance team collects the numbers by hand and sends the report by the fifth."),
    ("S", 24.5, 36.0, "So the problem is the time that it takes to collect the numbers, not the tool."),
    ("C", 36.5, 44.0, "Yes, exactly, that is the problem that the team has every month."),
]
"""Over half a minute of talk in which nobody tells anything of themselves."""
WEATHER = "I love the weather here, the sun is so nice today."
FAMILY = "My wife and I have a baby at home, and our son starts school."
DIVORCE = "I was so ashamed after my divorce, my ex-wife moved out."

app = typer.Typer()
app.callback()(lambda: None)
cli_relationship.register(app)


def run(*arguments: object) -> Any:
    """The command as a user runs it; an error stays an exception, which `pipeline.cli` prints."""
    return CliRunner().invoke(app, ["relationship", *map(str, arguments)])


def refused(*arguments: object) -> str:
    """What the command says where it refuses: one sentence."""
    done = run(*arguments)
    assert done.exit_code == 1 and done.exception is not None, done.output
    return str(done.exception)


def told(*arguments: object) -> dict[str, Any]:
    """What the command prints as JSON."""
    done = run(*arguments, "--json")
    assert done.exception is None, done.exception
    return json.loads(done.stdout)


def meeting(
    outputs: Path,
    name: str,
    lines: Sequence[tuple[str, str]] = (),
    *,
    names: tuple[str, str] = ("Sam", "Anna"),
    language: str = "en",
    metadata: dict[str, Any] | None = None,
    **about: Any,
) -> Path:
    """An analysed meeting of talk on business, after which `lines` (who, what) are said.

    `about` goes into its meeting file; the dyad is Sam-Anna unless `metadata` says otherwise.
    """
    later = [(who, 50.0 + 6 * i, 55.0 + 6 * i, text) for i, (who, text) in enumerate(lines)]
    folder = analysed(outputs / name, made([*BUSINESS, *later]), ROLES, language)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for person, called in zip(manifest["meeting"]["participants"], names, strict=True):
        person |= {"pseudonym": called, "language": None}
    known = {"dyad": "Sam-Anna"} if metadata is None else metadata
    manifest["meeting"] |= {"name": name, "title": None, "start": None, "metadata": known, **about}
    manifest["files"] = []
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def passage(depth: str = "more_intimate", who: str = "Sam", *, sure: float = 0.8, at: float = 1.0) -> Passage:
    """Something that somebody tells."""
    return Passage(who, at, at + 2.0, "words", ("family",), depth, sure, f"turn-{at:g}")
