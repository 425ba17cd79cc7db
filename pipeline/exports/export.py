"""Writing a meeting's files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.exports.draft import collector_at_rest
from pipeline.exports.formats import Format, Options
from pipeline.exports.material import Material, material_of
from pipeline.exports.notation import load_notation
from pipeline.store import replacing, storage_errors

FOLDER = "exports"
"""Where a meeting's files go, in its folder."""


def export_meeting(
    folder: Path, formats: Iterable[Format], options: Options, to: Path | None = None
) -> Iterator[Path]:
    """Write an analysed meeting in several formats, each file whole or not at all.

    Parameters
    ----------
    folder : Path
        An analysed meeting.
    formats : iterable of Format
    options : Options
    to : Path, optional
        Folder for the files; ``exports`` in the meeting's folder by default.

    Yields
    ------
    Path
        Each file when it is written.
    """
    notation = load_notation(options.notation)  # before anything is written
    material = material_of(folder)
    target = to or folder / FOLDER
    with storage_errors(target):
        target.mkdir(parents=True, exist_ok=True)
        for one in formats:
            yield write_file(target / file_name(material, one, notation.name), material, one, options)


def file_name(material: Material, one: Format, notation: str) -> str:
    """What a format's file of a meeting is called; a draft's name says its notation."""
    name = f"{material.name}.{notation}" if one.name in ("jefferson", "docx") else material.name
    return f"{name}{one.suffix}"


def write_file(path: Path, material: Material, one: Format, options: Options) -> Path:
    """Write one file, whole or not at all."""
    with collector_at_rest():
        content = one.write(material, options)
    with replacing(path) as new:
        new.write_bytes(content)
    return path
