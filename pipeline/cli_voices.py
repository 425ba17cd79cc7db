"""``rapport voices``: the same person recognised across meetings by voice, if the user asks for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_rapport import Analysed, AsJson, Out, analysed
from pipeline.errors import RapportError, SettingsError

Voices = Annotated[Path, typer.Option("--voices", help="Folder of the learnt voices.")]
HERE = Path("voices")

app = typer.Typer(
    help=(
        "Recognise the same people across meetings by voice. Voiceprints are biometric data: nothing is "
        "learnt unless you ask, so ask the people concerned first; all stays on this machine."
    ),
    no_args_is_help=True,
)


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    parent.add_typer(app, name="voices")


@app.command()
def learn(
    meeting: Analysed,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Whose voices, by name; everybody who was given a name if none.", show_default=False
        ),
    ] = None,
    voices: Voices = HERE,
    out: Out = Path("outputs"),
) -> None:
    """Learn the voices of people of an analysed meeting. This stores biometric data: ask them first."""
    from pipeline.enrolment import printed
    from pipeline.enrolment.learn import learn

    found = learn(analysed(meeting, out), names or (), voices)
    printed.learnt(found)
    missed = [one for one in found if one.path is None]
    if missed and (names or len(missed) == len(found)):
        raise typer.Exit(1)


@app.command()
def recognise(
    meetings: Annotated[
        list[Path] | None,
        typer.Argument(help="Analysed meetings, or folders of them; outputs if none.", show_default=False),
    ] = None,
    voices: Voices = HERE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Name nobody; only show who is who.")] = False,
    coder: Annotated[
        str, typer.Option(help="Under whose name it stands in the review's journal, who can undo it there.")
    ] = "voices",
    as_json: AsJson = False,
    out: Out = Path("outputs"),
) -> None:
    """Name voices that nobody named, where they are like a learnt one; others stay P1, P2 and so on.

    A name that a person or a meeting file gave is never changed, and no two people of a meeting get the same.
    """
    import json

    from pipeline.enrolment import printed
    from pipeline.enrolment.recognise import recognise
    from pipeline.enrolment.voices import known_in, tidy

    coder, known = tidy(coder), known_in(voices)
    _warn(known.doubts)
    found, failed = [], 0
    for folder in _folders(meetings or [out], out):
        try:
            found.append(recognise(folder, known, coder=coder, write=not dry_run))
        except RapportError as error:
            failed = failed or error.exit_code
            _warn([f"{folder.name}: {error}"])
    if as_json:
        print(json.dumps(printed.as_rows(found), indent=2, ensure_ascii=False))
    elif found:
        printed.recognitions(found)
        print(printed.CONFIDENCE)
        if dry_run:
            print("Nothing was changed (--dry-run).")
    if failed:
        raise typer.Exit(failed)


@app.command("list")
def list_voices(voices: Voices = HERE) -> None:
    """List whose voices are known, and what they were learnt from."""
    from pipeline.enrolment import printed
    from pipeline.enrolment.voices import known_in

    known = known_in(voices)
    printed.known(known.people)
    _warn(known.doubts)


@app.command()
def forget(
    names: Annotated[
        list[str] | None, typer.Argument(help="Whose voices to forget.", show_default=False)
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Forget every voice.")] = False,
    voices: Voices = HERE,
) -> None:
    """Remove voiceprints from this folder."""
    from pipeline.enrolment.voices import forget

    if bool(names) == everybody:
        raise SettingsError("Say whose voices to forget, or --all.")
    for path in forget(voices, names or ()):
        print(f"Removed {path}")
    print(
        "Names that meetings have already stay; change them in `rapport review`. Copies of these files, such "
        "as backups, are not removed."
    )


def _folders(given: list[Path], out: Path) -> list[Path]:
    """The analysed meetings that are named, each once; a folder of meetings stands for all of them."""
    folders: dict[Path, None] = {}
    for path in given:
        inside = sorted(manifest.parent for manifest in path.glob("*/manifest.json"))
        if (path / "manifest.json").is_file() or not inside:
            inside = [analysed(path, out)]
        folders.update(dict.fromkeys(inside))
    return list(folders)


def _warn(sentences: list[str] | tuple[str, ...]) -> None:
    for sentence in sentences:
        print(f"! {sentence}", file=sys.stderr)
