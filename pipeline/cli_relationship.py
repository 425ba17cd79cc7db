"""``rapport relationship``: one dyad over several meetings, and a researcher's decisions on its phases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli_rapport import AsJson, Out, analysed
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from pipeline.relationship.course import Relationship

PICTURES = (".png", ".svg", ".pdf")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(relationship)


def relationship(
    dyad: Annotated[
        list[str], typer.Argument(help="A dyad, as `metadata: dyad:` calls it, or its analysed meetings.")
    ],
    confirm: Annotated[
        str | None,
        typer.Option(help="Store a phase as decided: trial, enmeshment, renegotiation.", metavar="PHASE"),
    ] = None,
    meeting: Annotated[str | None, typer.Option(help="The meeting that --confirm is about.")] = None,
    coder: Annotated[str, typer.Option(help="Who decides; stands beside the decision.")] = "",
    note: Annotated[str, typer.Option(help="Why, in words of your own.")] = "",
    figure: Annotated[
        Path | None, typer.Option(help="File to draw the course in (PNG, SVG or PDF).", show_default=False)
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="CSV file for the table.", show_default=False)] = None,
    limits: Annotated[
        Path | None,
        typer.Option(help="Limits of your own, as configs/relationship.yaml.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    out: Out = Path("outputs"),
) -> None:
    """Show a dyad over its meetings: what they disclose, how rapport is built, which phase that suggests."""
    import json

    from pipeline.relationship.course import relationship
    from pipeline.relationship.dyads import folders_of
    from pipeline.relationship.phases import known_phase, load_limits
    from pipeline.relationship.printed import show

    if confirm is None and (meeting or coder or note):
        raise SettingsError("--meeting, --coder and --note go with --confirm PHASE; nothing was stored.")
    phase = None if confirm is None else known_phase(confirm)
    if phase and not (meeting and coder.strip()):
        raise SettingsError(
            "Say which meeting and who decides: --meeting NAME --coder CODER. Nothing was stored."
        )
    for path, kinds in ((figure, PICTURES), (csv, (".csv",))):
        _check_file(path, kinds)
    given = [analysed(Path(one), out) for one in dyad]
    one = len(dyad) == 1 and not (given[0] / "manifest.json").is_file()
    folders = folders_of(dyad[0], out) if one else given
    name = dyad[0] if one else ""
    found = relationship(name, folders, load_limits(limits))
    if phase and meeting:
        found, said = _decide(found, meeting, phase, coder.strip(), note.strip())
    _write(found, figure, csv)
    if as_json:
        print(json.dumps(found.data(), indent=2, ensure_ascii=False, allow_nan=False))
        return
    show(found)
    if phase:
        print(f"\n  {said}")
    for title, path in (("Figure", figure), ("Table", csv)):
        if path is not None:
            print(f"\n  {title}: {path}")


def _check_file(path: Path | None, kinds: tuple[str, ...]) -> None:
    """Refuse a file that could not be written, before anything is done."""
    if path is None:
        return
    if path.suffix.lower() not in kinds:
        raise SettingsError(f"{path.name} cannot be written; end its name in {' or '.join(kinds)}.")
    if not path.parent.is_dir():
        raise SettingsError(f"There is no folder {path.parent}; make it, or name another file.")


def _decide(found: Relationship, meeting: str, phase: str, coder: str, note: str) -> tuple[Relationship, str]:
    """Store a decision; gives what there is then, and in a sentence what was done."""
    from pipeline.relationship.seen import decide

    seen = next((one for one in found.meetings if meeting in (one.name, str(one.met.folder))), None)
    if seen is None:
        names = ", ".join(one.name for one in found.meetings)
        raise SettingsError(f"{meeting} is no meeting of this dyad; they are: {names}. Nothing was stored.")
    new = decide(seen, phase, coder, note)
    past = new.decision.earlier[-1] if new.decision and new.decision.earlier else None
    before = f", instead of {past['phase']} by {past['coder'] or '?'}" if past else ""
    meetings = tuple(new if one is seen else one for one in found.meetings)
    return replace(found, meetings=meetings), f"Stored in {seen.name}: {phase}, as {coder} decides{before}."


def _write(found: Relationship, figure: Path | None, csv: Path | None) -> None:
    """Write the figure and the table, where they are asked for."""
    if figure is not None:
        from pipeline.relationship.figure import draw

        draw(found, figure)
    if csv is not None:
        import pyarrow as pa

        from pipeline.corpus.writing import write_batches

        whole = pa.Table.from_pandas(found.table(), preserve_index=False).replace_schema_metadata(None)
        write_batches(csv, "csv", whole.schema, [whole])
