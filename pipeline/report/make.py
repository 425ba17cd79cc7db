"""Making a report: a hidden copy of the meeting, what the page tells of it, its films, all in one file."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from pipeline.exports.material import Material, material_of
from pipeline.manifest import language_of, roles_of
from pipeline.rapport.codebook import Codebook
from pipeline.report.films import Held, films_of
from pipeline.report.hiding import hidden_copy
from pipeline.report.options import ReportOptions
from pipeline.report.page import page_around
from pipeline.report.told import told_by
from pipeline.scoring import codebook_to_read, coded
from pipeline.store import replacing, storage_errors

FORMAT = 1
"""Of the remarks that come back."""


def report_of(folder: Path, options: ReportOptions) -> bytes:
    """A meeting's report, see `write_report`; for one without video, which is small."""
    with storage_errors(folder), TemporaryDirectory(prefix=".report-", dir=folder) as scratch:
        return write_report(folder, Path(scratch) / "report.html", options).read_bytes()


def write_report(
    folder: Path,
    out: Path,
    options: ReportOptions,
    *,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> Path:
    """Write what was noted of a meeting as one page that needs nothing else, whole or not at all.

    Parameters
    ----------
    folder : Path
        An analysed meeting.
    out : Path
        The file. Beside it, while it is made, lie the films that go into it.
    options : ReportOptions
    progress : callable, optional
        Told what takes long, and the share of it that is done.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ReportError
        Where it cannot be made as `options` has it.
    RapportError
        Where the folder holds no analysed meeting, or a recording cannot be read.
    StorageError
        Where the file cannot be written.
    """
    material = material_of(folder)
    book, _ = codebook_to_read(material.manifest)
    material = _as_coded_with(material, book)
    with storage_errors(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
        with replacing(out) as new, TemporaryDirectory(prefix=".report-", dir=out.parent) as scratch:
            copy = Path(scratch) / "meeting"
            copy.mkdir()
            hide, _ = hidden_copy(material, book, options, copy)
            told = told_by(copy, book, options, hide, secrets.token_hex(8))
            films = films_of(folder, material.manifest, options, Path(scratch), progress)
            with new.open("wb") as file:
                _write(file, told, films, options)
    return out


def _as_coded_with(material: Material, book: Codebook) -> Material:
    """The meeting as `pipeline.scoring.score_meeting` reads it, its actions by the codebook as it is now."""
    manifest = material.manifest
    if manifest.get("codebook", {}).get("digest") == book.digest:
        return material
    table, _ = coded(material.table, roles_of(manifest), language_of(manifest), book)
    return replace(material, table=table)


def _write(file: IO[bytes], told: dict[str, Any], films: list[Held], options: ReportOptions) -> None:
    """Write the page, its films piece by piece."""
    told[""]["media"] = [film.told for film in films]
    told[""]["report"] = {"format": FORMAT, "video": options.video, "sound": options.heard}
    for film in films:
        if film.waveform:
            told[f"/waveform?points=4000&media={film.told['number']}"] = film.waveform
    before, after = page_around(told, told[""]["title"], told[""]["language"])
    file.write(before.encode())
    for film in films:
        for piece in film.pieces():
            file.write(b'<script type="text/plain" class="medium" data-number="%d">' % film.told["number"])
            file.write(piece)
            file.write(b"</script>\n")
    file.write(after.encode())
