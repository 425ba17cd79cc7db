"""The meetings of an outputs folder, by name; what is asked for is kept open, a few at a time."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import RapportError
from pipeline.exports.material import ROLES
from pipeline.manifest import people_of, read_manifest, roles_of
from pipeline.review.coding import Coder
from pipeline.review.desk import TABLE, Desk

OPEN = 3
"""Meetings whose tables are kept in memory."""
CHANGED = ("edited", "rejected", "added")


class UnknownMeetingError(RapportError):
    """There is no meeting of that name."""


@dataclass(frozen=True)
class Opened:
    """A meeting that somebody looks at."""

    desk: Desk
    coder: Coder


class Shelf:
    """The meetings of a folder.

    Parameters
    ----------
    root : Path
        The outputs folder. Only folders right inside it are served, and only if they hold a meeting.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._worker = ThreadPoolExecutor(1, "coding")
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Names of all meetings."""
        return [folder.name for folder in self._folders()]

    def open(self, name: str) -> Opened:
        """A meeting by its name.

        Raises
        ------
        UnknownMeetingError
            Where none is called so.
        """
        with self._lock:
            if name not in self.names():
                self._opened.pop(name, None)
                raise UnknownMeetingError(f"There is no meeting called {name} here; go back to the list.")
            if name not in self._opened:
                desk = Desk(self.root / name)
                self._opened[name] = Opened(desk, Coder(desk, self._worker))
            self._opened.move_to_end(name)
            for other in list(self._opened)[:-OPEN]:
                self._opened[other].desk.forget()
            return self._opened[name]

    def summaries(self) -> list[dict[str, Any]]:
        """What the list of meetings shows; a folder that cannot be read is left out."""
        found = []
        for folder in self._folders():
            try:
                found.append(summary(folder))
            except (RapportError, OSError, KeyError, ValueError):
                continue
        return found

    def close(self) -> None:
        """Finish what is under way."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _folders(self) -> Iterator[Path]:
        """Folders with a meeting right inside the root; links that lead elsewhere are none."""
        try:
            inside = sorted(self.root.iterdir())
        except OSError:
            return
        for folder in inside:
            whole = (folder / "manifest.json").is_file() and (folder / TABLE).is_file()
            if whole and folder.resolve().parent == self.root:
                yield folder


def summary(folder: Path) -> dict[str, Any]:
    """A meeting in a line of the list: who, how long, which score, how much of it was reviewed."""
    import pyarrow.parquet as pq

    manifest = read_manifest(folder)
    status = pq.read_table(folder / TABLE, columns=["status"]).column("status").to_pylist()
    names, roles = people_of(manifest), roles_of(manifest)
    people = sorted(names, key=lambda who: ROLES.index(roles[who]))
    ends = [file["offset"] + file["duration"] for file in manifest["files"]]
    return {
        "name": folder.name,
        "title": manifest["meeting"].get("title") or folder.name,
        "start": manifest["meeting"].get("start"),
        "duration": max(ends, default=0.0),
        "people": [{"id": who, "name": names[who], "role": roles[who]} for who in people],
        "score": _kept_score(folder, people[0] if people else ""),
        "rows": len(status),
        "reviewed": sum(one != "auto" for one in status),
        "touched": sum(one in CHANGED for one in status),
        "warnings": len(manifest.get("warnings", ())),
    }


def _kept_score(folder: Path, who: str) -> float | None:
    """The total of somebody in ``rapport.json``; None where the timeline is newer."""
    path = folder / "rapport.json"
    try:
        if path.stat().st_mtime_ns < (folder / TABLE).stat().st_mtime_ns:
            return None
        scores = json.loads(path.read_text(encoding="utf-8"))["scores"]
    except (OSError, ValueError, KeyError):
        return None
    return next((score["total"] for score in scores if score["who"] == [who]), None)
