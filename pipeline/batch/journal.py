"""What became of each meeting: a journal that only grows, and the table made of it."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.store import storage_errors, write_whole

JOURNAL, TABLE = "batch.jsonl", "batch.csv"
COLUMNS = (
    *("meeting", "state", "why", "minutes", "people", "language", "words", "score"),
    *("seconds", "worker", "warnings", "version", "ended", "file"),
)

Line = dict[str, Any]


class Journal:
    """The journal of a folder of outputs; the last line about a meeting counts."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._lines = {line["meeting"]: line for line in _read(out / JOURNAL)}

    def last(self, meeting: str) -> Line | None:
        """The last line about a meeting, by the name of its folder."""
        return self._lines.get(meeting)

    def note(self, line: Line) -> None:
        """Add a line; it is on the disk when this returns."""
        with storage_errors(self.out), (self.out / JOURNAL).open("a", encoding="utf-8") as file:
            file.write("\n" * self._torn() + json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._lines[line["meeting"]] = line

    def _torn(self) -> bool:
        """Whether the last line lacks its end: its writer was killed, or the disk was full."""
        with (self.out / JOURNAL).open("rb") as file:
            if not file.seek(0, os.SEEK_END):
                return False
            file.seek(-1, os.SEEK_END)
            return file.read() != b"\n"


def _read(path: Path) -> Iterable[Line]:
    if not path.is_file():
        return
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except ValueError:  # torn
            continue
        if isinstance(line, dict) and "meeting" in line and "state" in line:
            yield line


def write_table(out: Path, lines: Iterable[Mapping[str, Any]]) -> Path:
    """Write the table of a batch, a row a meeting, whole or not at all."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in line.items()} for line in lines)
    with storage_errors(out):
        write_whole(out / TABLE, text.getvalue())
    return out / TABLE
