"""The meetings of a CSV file: a line a meeting, its columns what only people know."""

from __future__ import annotations

import csv
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from pipeline.batch.entries import Entry, entry_at
from pipeline.errors import SettingsError
from pipeline.settings import first_fault

FIELDS = {
    "file": "",
    "speakers": "",
    "meeting": "name",
    **{name: name for name in ("title", "start", "language", "consent", "outcome", "next_step", "rating")},
}
"""Columns that mean something, and the fields of a meeting that they fill; all others are metadata."""


def read_sheet(path: Path, speakers: int | None = None) -> list[Entry]:
    """Read a CSV file of meetings.

    Parameters
    ----------
    path : Path
        With a header; separated by commas, semicolons or tabs. Paths in it are relative to its folder.
    speakers : int, optional
        How many people speak where the column `speakers` says nothing.

    Raises
    ------
    SettingsError
        Where a column is missing or a line cannot be understood. A file that is not there is the fault of
        its meeting alone.
    """
    lines = _lines(path)
    metadata = [name for name in lines[0][1] if name not in FIELDS] if lines else []
    for name in metadata:
        if close := get_close_matches(name.lower().replace(" ", "_"), FIELDS, 1, 0.8):
            raise SettingsError(
                f"The column '{name}' of {path} is not known; call it '{close[0]}' if that is meant, "
                "else something less alike, and it becomes metadata."
            )
    found, named = [], dict[Path, int]()
    for number, cells in lines:
        entry = _entry(path, number, cells, speakers)
        first = named.setdefault(entry.paths[0], number)
        if first != number:
            raise SettingsError(f"{path}, lines {first} and {number}: {entry.paths[0].name} is named twice.")
        found.append(entry)
    if not found:
        raise SettingsError(f"{path} names no meeting; write a line for each under the header.")
    return found


def _lines(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Number and cells of each line that is not empty."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read as UTF-8 text: {error}; save it as CSV UTF-8.") from error
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    reader = csv.reader(text.splitlines(), delimiter=separator)
    names = [name.strip() for name in next(reader, [])]
    if "file" not in names:
        raise SettingsError(
            f"{path} has no column 'file'; its first line must name the columns: file, and if you like "
            f"{', '.join(name for name in FIELDS if name != 'file')}; see docs/batch.md."
        )
    if twice := [name for name in names if names.count(name) > 1]:
        raise SettingsError(f"{path} has the column '{twice[0]}' twice; rename or remove one.")
    if "" in names:
        raise SettingsError(f"Column {names.index('') + 1} of {path} has no name; give it one or remove it.")
    lines = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            raise SettingsError(
                f"{path}, line {reader.line_num}: {len(cells)} cells, but there are {len(names)} columns; "
                "put quotes around text that holds a separator."
            )
        lines.append((reader.line_num, dict(zip(names, map(str.strip, cells), strict=True))))
    return lines


def _entry(path: Path, number: int, cells: dict[str, str], speakers: int | None) -> Entry:
    where = f"{path}, line {number}"
    if not cells["file"]:
        raise SettingsError(f"{where}: the cell under 'file' is empty; name the recording.")
    if given := cells.get("speakers"):
        if not given.isdecimal() or int(given) < 1:
            raise SettingsError(f"{where}, speakers: '{given}' is no number of people.")
        speakers = int(given)
    known: dict[str, object] = {
        field: cells[column] for column, field in FIELDS.items() if field and cells.get(column)
    }
    known["metadata"] = {name: _value(cells[name]) for name in cells if name not in FIELDS and cells[name]}
    try:
        return entry_at((path.parent / cells["file"]).resolve(), known, speakers)
    except ValidationError as error:
        raise SettingsError(f"{where}, {first_fault(error)}.") from error


def _value(cell: str) -> bool | int | float | str:
    """Yes and no, numbers, else text, as YAML would have them."""
    if cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            pass
    return cell
