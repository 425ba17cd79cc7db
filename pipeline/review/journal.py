"""The journal of a meeting's corrections: a file that only grows, one line a change.

Each line holds who changed what when, and the rows before and after. So every change can be undone, a page
can be told what changed since it last looked, and what was promised to a person is found again after a kill:
a change is in the journal, on the disk, before it is in the timeline. The version of a meeting is the number
of its lines.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pipeline.timeline.rows import Row

NAME = "edits.jsonl"
EDIT, UNDO, REDO, CODING, OUTSIDE = "edit", "undo", "redo", "coding", "outside"
"""Kinds of lines: a person's edit, taken back, made again; actions coded anew; another command's change."""
Pair = tuple[Row | None, Row | None]
"""A row before and after; None where there is none."""


@dataclass(frozen=True)
class Change:
    """What a line of the journal tells.

    Attributes
    ----------
    kind : str
    coder : str
        Empty for the machine.
    what : str
        In a few words.
    rows : mapping of str to pair
        Each changed row before and after, by id.
    names : mapping of str to pair of str
        What participants were called before and after, by id.
    named : frozenset of str
        Ids of the rows that the person meant; others followed them.
    of : int
        Version of the edit that is undone or made again.
    whole : bool
        Whether more may have changed than `rows` says.
    key : str
        By which a page that got no answer asks again; empty where nobody does.
    """

    kind: str
    coder: str
    what: str
    rows: Mapping[str, Pair]
    names: Mapping[str, tuple[str, str]]
    named: frozenset[str] = frozenset()
    of: int = 0
    whole: bool = False
    key: str = ""


@dataclass(frozen=True)
class Entry:
    """A line in short, its rows by id alone; `place` says where in the file it begins."""

    version: int
    at: str
    kind: str
    coder: str
    what: str
    ids: frozenset[str]
    of: int
    whole: bool
    place: int
    key: str = ""


class Journal:
    """The journal of one meeting; the file is read as it grows, and only its outline is kept in memory.

    Parameters
    ----------
    path : Path
        The file; it is made with the first line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: list[Entry] = []
        self._read = 0

    @property
    def version(self) -> int:
        """Number of changes so far."""
        return len(self.entries)

    def refresh(self) -> None:
        """Read what was added since; a line that a kill cut short, promised to nobody, is passed over."""
        if not self.path.exists():
            self.entries, self._read = [], 0
            return
        with self.path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                place, self._read = self._read, self._read + len(line)
                try:
                    told = json.loads(line)
                    self.entries.append(_entry(told, self.version + 1, place))
                except (ValueError, KeyError, TypeError):
                    continue

    def append(self, change: Change) -> Entry:
        """Add a change; it is on the disk when this returns.

        The caller holds the meeting's lock and has refreshed.
        """
        at = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        told = {
            "version": self.version + 1,
            "at": at,
            "kind": change.kind,
            "coder": change.coder,
            "what": change.what,
            "named": sorted(change.named),
            "of": change.of,
            "whole": change.whole,
            "key": change.key,
            "names": dict(change.names),
            "rows": {name: [_to_json(row) for row in pair] for name, pair in change.rows.items()},
        }
        line = json.dumps(told, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        with self.path.open("ab") as file:
            if file.tell() > self._read:  # the rest of a line that a kill cut short
                file.write(b"\n")
                self._read = file.tell()
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        entry = _entry(told, self.version + 1, self._read)
        self._read += len(line)
        self.entries.append(entry)
        return entry

    def change(self, entry: Entry) -> Change:
        """All that a line says."""
        with self.path.open("rb") as file:
            file.seek(entry.place)
            told = json.loads(file.readline())
        rows = {name: (_from_json(old), _from_json(new)) for name, (old, new) in told["rows"].items()}
        names = {who: (old, new) for who, (old, new) in told["names"].items()}
        return Change(
            told["kind"], told["coder"], told["what"], rows, names, frozenset(told["named"]), told["of"],
            told["whole"], told.get("key", ""),
        )  # fmt: skip

    def with_key(self, key: str) -> Entry | None:
        """The change that a page sent with a key; None where there is none."""
        return next((entry for entry in reversed(self.entries) if key and entry.key == key), None)

    def since(self, version: int) -> list[Entry]:
        """The changes after a version."""
        return self.entries[max(version, 0) :]

    def changed_since(self, version: int, ids: Iterable[str]) -> list[str]:
        """Those of some ids whose rows changed after a version."""
        later = self.since(version)
        return sorted({name for name in ids for entry in later if name in entry.ids})

    def stacks(self, coder: str) -> tuple[list[int], list[int]]:
        """Versions of a coder's edits that can be undone, and of those to make again; the last come last."""
        undo: list[int] = []
        redo: list[int] = []
        for entry in self.entries:
            if entry.coder != coder:
                continue
            if entry.kind == EDIT:
                undo.append(entry.version)
                redo.clear()
            elif entry.kind == UNDO and entry.of in undo:
                undo.remove(entry.of)
                redo.append(entry.of)
            elif entry.kind == REDO and entry.of in redo:
                redo.remove(entry.of)
                undo.append(entry.of)
        return undo, redo


def _entry(told: Mapping[str, Any], version: int, place: int) -> Entry:
    return Entry(
        version, told["at"], told["kind"], told["coder"], told["what"], frozenset(told["rows"]), told["of"],
        told["whole"], place, told.get("key", ""),
    )  # fmt: skip


def _to_json(row: Row | None) -> Row | None:
    """A row for JSON, which has no NaN."""
    if row is None:
        return None
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()}


def _from_json(row: Row | None) -> Row | None:
    return row and {name: float("nan") if value is None else value for name, value in row.items()}
