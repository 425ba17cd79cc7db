"""Corrections that come back: a file compared with the meeting, and what it changes made human rows."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pipeline.errors import RapportError, SettingsError
from pipeline.exports.changes import Change, row_changes
from pipeline.exports.chat_reader import chat_lines
from pipeline.exports.docx import read_lines
from pipeline.exports.export import file_name, write_file
from pipeline.exports.formats import FORMATS, Format, Options
from pipeline.exports.material import Material
from pipeline.exports.notation import load_notation
from pipeline.exports.retyped import retyped
from pipeline.manifest import (
    language_of,
    read_manifest,
    roles_of,
    turn_settings_of,
    write_manifest,
    write_transcript,
)
from pipeline.scoring import PICTURE, SCORE, about, codebook_of, coded, score_meeting, write_score
from pipeline.store import alone
from pipeline.timeline.between import silences_follow_turns
from pipeline.timeline.rows import added_row, new_id, touched
from pipeline.timeline.table import COLUMNS, check, read, records, write
from pipeline.timeline.turns import TurnSettings
from pipeline.timeline.wording import turns_follow_words, words_follow_turns

if TYPE_CHECKING:
    import pandas as pd

STATUS = {"removed": "rejected", "confirmed": "confirmed"}
"""What becomes of a row by the kind of change; of others, see `touched`."""


def format_for(path: Path) -> Format:
    """The format of a file that comes back, by the end of its name.

    Raises
    ------
    SettingsError
        Where corrections do not come back from such a file.
    """
    back = [one for one in FORMATS if one.imported]
    for one in back:
        if path.name.lower().endswith(one.suffix.lower()):
            return one
    known = ", ".join(f"*{one.suffix}" for one in back)
    raise SettingsError(f"Corrections do not come back from {path.name}; they do from {known}.")


def compare(material: Material, path: Path, notation: str) -> list[Change]:
    """What a corrected file changes in a meeting, in order of time.

    Parameters
    ----------
    material : Material
        The meeting as it is.
    path : Path
        The file.
    notation : str
        In which a draft was exported.

    Raises
    ------
    FileFaultError
        Where something in the file cannot be meant; it names the place.
    """
    one = format_for(path)
    if not path.is_file():
        raise RapportError(f"There is no file {path}; check the path.")
    if one.name == "docx":
        return retyped(material, load_notation(notation), read_lines(path), path, underline=True)
    if one.name == "chat":
        return retyped(material, load_notation("chat"), chat_lines(path), path, underline=False)
    theirs = one.read(path, material)
    with TemporaryDirectory() as folder:
        ours = write_file(Path(folder) / file_name(material, one, "own"), material, one, Options())
        return row_changes(material.table, one.read(ours, material), theirs)


def summary(changes: Iterable[Change]) -> dict[str, int]:
    """How many changes of each kind there are, the most frequent first."""
    return dict(Counter(change.told for change in changes).most_common())


def applied(table: pd.DataFrame, changes: Sequence[Change], coder: str) -> pd.DataFrame:
    """A timeline with changes made: human rows under a coder's name.

    Parameters
    ----------
    table : DataFrame
    changes : sequence of Change
    coder : str

    Returns
    -------
    DataFrame
        A valid timeline.
    """
    import pandas as pd

    rows: dict[str, dict[str, Any]] = {row["id"]: row for row in records(table)}
    names = _new_ids(changes, set(rows))
    for change in changes:
        if change.kind == "added":
            continue
        row = touched(rows[change.row], coder, **change.after)
        rows[change.row] = {**row, "status": STATUS.get(change.kind, row["status"])}
    for number, change in enumerate(changes):
        if change.kind == "added":
            made = {**change.after, "coder": coder, "id": names[number]}
            rows[names[number]] = added_row((), **made)
    given = {change.name: names[i] for i, change in enumerate(changes) if change.name}
    known = set(rows)
    for row in rows.values():
        row["evidence"] = " ".join(
            given.get(name, name) for name in row["evidence"].split() if given.get(name, name) in known
        )
        row["end"] = max(row["end"], row["start"])
    made_table = pd.DataFrame(rows.values(), columns=list(COLUMNS)).astype(table.dtypes.to_dict())
    return check(made_table.sort_values(["start", "end", "tier", "id"], ignore_index=True))


def in_agreement(
    before: pd.DataFrame, changes: Sequence[Change], coder: str, settings: TurnSettings
) -> pd.DataFrame:
    """A timeline with changes made, in which words and turns say the same, and silences and overlaps fit."""
    table = applied(before, changes, coder)
    known = {change.row for change in changes if change.tier == "turn" and change.row}
    added = table[(table["tier"] == "turn") & (table["status"] == "added")]["id"]
    new = set(added) - set(before["id"])
    table = turns_follow_words(before, words_follow_turns(before, table, known | new))
    return silences_follow_turns(before, table, settings)


def _new_ids(changes: Sequence[Change], taken: set[str]) -> dict[int, str]:
    """Ids for rows that are added, by their place: ``word-added-0001``."""
    ids: dict[int, str] = {}
    numbers: Counter[str] = Counter()
    for place, change in enumerate(changes):
        if change.kind != "added":
            continue
        numbers[change.tier] += 1
        ids[place] = new_id(change.tier, taken, numbers[change.tier])
        taken.add(ids[place])
    return ids


def import_changes(folder: Path, path: Path, changes: Sequence[Change], coder: str) -> tuple[str, ...]:
    """Apply a file's changes to an analysed meeting, code its actions anew, write all that depends on them.

    Parameters
    ----------
    folder : Path
        An analysed meeting.
    path : Path
        The file that the changes are from; the manifest names it and its digest.
    changes : sequence of Change
    coder : str
        Who corrected it.

    Returns
    -------
    tuple of str
        What could not be coded.
    """
    with alone(folder):
        manifest, before = read_manifest(folder), read(folder / "timeline.parquet")
        table = in_agreement(before, changes, coder, turn_settings_of(manifest))
        book = codebook_of(manifest)
        table, doubts = coded(table, roles_of(manifest), language_of(manifest), book)
        manifest["codebook"] = about(book)
        manifest.setdefault("imports", []).append(_record(path, changes, coder))
        write(table, folder)
        write_transcript(folder, manifest, table)
        write_manifest(folder, manifest)
    if (folder / SCORE).is_file():
        write_score(folder, score_meeting(folder, None), folder / PICTURE)
    return doubts


def _record(path: Path, changes: Sequence[Change], coder: str) -> Mapping[str, Any]:
    return {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "coder": coder,
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "changes": summary(changes),
    }
