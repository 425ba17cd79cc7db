"""A meeting on the desk: its timeline, read and corrected by several people and commands at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pipeline.errors import RapportError
from pipeline.manifest import called, people_of, read_manifest, turn_settings_of, write_manifest
from pipeline.review import journal as kinds
from pipeline.review.edits import EditError, apply, named_in
from pipeline.review.journal import Change, Journal, Pair
from pipeline.store import alone
from pipeline.timeline.between import silences_follow_turns
from pipeline.timeline.rows import Row, changed, rows_of, same, with_rows
from pipeline.timeline.table import read, write
from pipeline.timeline.wording import turns_follow_words

if TYPE_CHECKING:
    import pandas as pd

TABLE = "timeline.parquet"


class ConflictError(RapportError):
    """Somebody else changed the same rows since.

    Attributes
    ----------
    ids : list of str
        The rows.
    version : int
        The meeting's version now.
    """

    def __init__(self, message: str, ids: Sequence[str], version: int) -> None:
        super().__init__(message)
        self.ids, self.version = list(ids), version


@dataclass(frozen=True)
class Answer:
    """What a correction did.

    Attributes
    ----------
    version : int
    rows : list of Row
        The changed rows as they are now.
    removed : list of str
        Ids of rows that are no longer there.
    undo, redo : int
        How many edits the coder can undo, and make again.
    """

    version: int
    rows: list[Row]
    removed: list[str]
    undo: int
    redo: int


class Desk:
    """One analysed meeting. Whatever reads or writes does so alone, among threads and processes.

    Parameters
    ----------
    folder : Path
        The meeting's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = Journal(folder / kinds.NAME)
        self._threads = threading.RLock()
        self._table: pd.DataFrame | None = None
        self._stamp: tuple[int, ...] = ()

    # -------------------------------------------------------------------------------------- reading

    def look(self) -> tuple[pd.DataFrame, int]:
        """The timeline and its version."""
        with self._alone() as table:
            return table, self.journal.version

    def signature(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Changes whenever the timeline or its journal does; costs next to nothing."""
        return _stamp(self.folder / TABLE), _stamp(self.journal.path)

    def forget(self) -> None:
        """Give the table's memory back; it is read again when it is needed."""
        with self._threads:
            self._table, self._stamp = None, ()

    def since(self, version: int) -> dict[str, Any]:
        """What changed after a version: rows as they are now, ids of those that are gone."""
        with self._alone() as table:
            later = self.journal.since(version)
            whole = any(entry.whole for entry in later) or version > self.journal.version
            ids = {name for entry in later for name in entry.ids}
            now = rows_of(table, set(table["id"].tolist()) if whole else ids)
            by = [{"version": e.version, "coder": e.coder, "at": e.at, "what": e.what} for e in later]
            removed = sorted(ids - set(now))
            return {
                "version": self.journal.version, "rows": list(now.values()), "removed": removed, "by": by,
                "all": whole,
            }  # fmt: skip

    def stacks(self, coder: str) -> tuple[int, int]:
        """How many edits a coder can undo, and make again."""
        with self._alone():
            undo, redo = self.journal.stacks(coder)
            return len(undo), len(redo)

    # -------------------------------------------------------------------------------------- correcting

    def edit(self, coder: str, base: int, edits: Sequence[Mapping[str, Any]], key: str = "") -> Answer:
        """Apply edits that were made on a version of the meeting; those of one `key` are applied once.

        Raises
        ------
        EditError
            Where one cannot be meant.
        ConflictError
            Where a row that they name changed after `base`. Nothing is applied in either case.
        """
        with self._alone() as table:
            if past := self.journal.with_key(key):
                return self._answer(table, self.journal.change(past).rows, coder)
            self._same_still(base, named_in(edits))
            manifest = read_manifest(self.folder)
            names = people_of(manifest)
            people = (set(names) | set(table["participant"].unique())) - {""}
            done = apply(table, edits, coder, people, turn_settings_of(manifest))
            renamed = {who: (names.get(who, who), name) for who, name in done.names.items()}
            renamed = {who: pair for who, pair in renamed.items() if pair[0] != pair[1]}
            pairs = difference(table, done.table)
            if not pairs and not renamed:
                return self._answer(table, pairs, coder)
            change = Change(kinds.EDIT, coder, done.what, pairs, renamed, done.named, key=key)
            return self._keep(change, done.table)

    def undo(self, coder: str) -> Answer:
        """Take back a coder's last edit. Raises as `edit` does."""
        return self._turn(coder, kinds.UNDO)

    def redo(self, coder: str) -> Answer:
        """Make an edit again that its coder took back. Raises as `edit` does."""
        return self._turn(coder, kinds.REDO)

    def put(
        self, before: pd.DataFrame, after: pd.DataFrame, version: int, what: str, codebook: Mapping[str, Any]
    ) -> bool:
        """Write a coding that was made of a version.

        Parameters
        ----------
        before, after : DataFrame
            The timeline that was coded, as `look` gave it, and what came of it.
        version : int
            The version that was coded.
        what : str
            For the journal.
        codebook : mapping
            What the manifest says of the codebook; empty to leave that as it is.

        Returns
        -------
        bool
            False where the meeting has gone on since; then nothing is written.
        """
        with self._alone() as table:
            if self.journal.version != version or table is not before:
                return False
            if pairs := difference(before, after):
                self._keep(Change(kinds.CODING, "", what, pairs, {}), after)
            manifest = read_manifest(self.folder)
            if codebook and manifest.get("codebook") != codebook:
                write_manifest(self.folder, {**manifest, "codebook": dict(codebook)})
            return True

    def _turn(self, coder: str, kind: str) -> Answer:
        """Undo or redo: rows go back to how they were, or on to how they were made; turns follow words."""
        with self._alone() as table:
            undo, redo = self.journal.stacks(coder)
            stack = undo if kind == kinds.UNDO else redo
            if not stack:
                raise EditError(f"There is nothing of {coder}'s to {kind}.")
            past = self.journal.change(self.journal.entries[stack[-1] - 1])
            pairs = {name: pair if kind == kinds.REDO else pair[::-1] for name, pair in past.rows.items()}
            names = {who: pair if kind == kinds.REDO else pair[::-1] for who, pair in past.names.items()}
            manifest = read_manifest(self.folder)
            known_as = people_of(manifest)
            names = {who: pair for who, pair in names.items() if known_as.get(who, who) == pair[0]}
            now = rows_of(table, pairs)
            moved = {
                name for name, (old, _) in pairs.items() if not same(now.get(name), old, but=("evidence",))
            }
            if moved & past.named:
                self._conflict(sorted(moved & past.named))
            rows = {name: new for name, (_, new) in pairs.items() if name not in moved}
            known = set(table["id"].tolist()) | {name for name, new in rows.items() if new}
            known -= {name for name, new in rows.items() if new is None}
            back = [_citing(new, known) for new in rows.values() if new]
            after = with_rows(table, back, [name for name, new in rows.items() if new is None])
            if moved:  # turns that somebody else's words changed since say what is said now
                after = turns_follow_words(table, after)
                after = silences_follow_turns(table, after, turn_settings_of(manifest))
            change = Change(kind, coder, past.what, difference(table, after), names, past.named, of=stack[-1])
            return self._keep(change, after)

    # -------------------------------------------------------------------------------------- keeping

    @contextmanager
    def _alone(self) -> Iterator[pd.DataFrame]:
        """Hold the meeting alone, with the timeline as it is on the disk."""
        with self._threads, alone(self.folder):
            yield self._current()

    def _current(self) -> pd.DataFrame:
        """The timeline, read anew where another process wrote it."""
        stamp = _stamp(self.folder / TABLE)
        seen = self.journal.version
        self.journal.refresh()
        if self._table is not None and stamp == self._stamp and seen == self.journal.version:
            return self._table
        before, table = self._table, read(self.folder / TABLE)
        self._table, self._stamp = table, stamp
        table = self._recovered(table)
        self._notice_others(before, seen, table)
        return table

    def _recovered(self, table: pd.DataFrame) -> pd.DataFrame:
        """The timeline with the journal's last change, where a kill kept that from it.

        A coding that another command has replaced since stays replaced; what a person was promised is made.
        """
        if not self.journal.entries:
            return table
        last = self.journal.change(self.journal.entries[-1])
        if last.kind == kinds.CODING and _later(self.folder / TABLE, self.journal.path):
            return table
        now = rows_of(table, last.rows)
        lacking = last.rows and all(same(now.get(name), old) for name, (old, _) in last.rows.items())
        if lacking:
            table = _replayed(table, last.rows)
        known_as = people_of(read_manifest(self.folder))
        names = {who: pair for who, pair in last.names.items() if known_as.get(who, who) == pair[0]}
        if _later(self.folder / "manifest.json", self.journal.path):
            names = {}  # another analysis has decided about names since
        if lacking or names:
            self._write(table if lacking else None, names)
        return table

    def _notice_others(self, before: pd.DataFrame | None, seen: int, table: pd.DataFrame) -> None:
        """Put into the journal what another command changed, so that open pages learn of it."""
        what = "changed by another command"
        if before is not None:
            for entry in self.journal.since(seen):
                before = _replayed(before, self.journal.change(entry).rows)
            if pairs := difference(before, table):
                self.journal.append(Change(kinds.OUTSIDE, "", what, pairs, {}))
                self._vouch()
        elif self.journal.entries and _later(self.folder / TABLE, self.journal.path):
            self.journal.append(Change(kinds.OUTSIDE, "", what, {}, {}, whole=True))
            self._vouch()

    def _same_still(self, base: int, ids: Collection[str]) -> None:
        if base > self.journal.version or any(entry.whole for entry in self.journal.since(base)):
            self._conflict(sorted(ids))
        if moved := self.journal.changed_since(base, ids):
            self._conflict(moved)

    def _conflict(self, ids: Sequence[str]) -> NoReturn:
        count = "It was" if len(ids) == 1 else "They were"
        message = f"{count} changed by somebody else since: {', '.join(ids[:5])}. Look again, then decide."
        raise ConflictError(message, ids, self.journal.version)

    def _keep(self, change: Change, table: pd.DataFrame) -> Answer:
        """Journal a change, then write it."""
        self.journal.append(change)
        try:
            self._write(table if change.rows else None, change.names)
        except BaseException:
            self.forget()  # so that the next one finds the change in the journal and writes it
            raise
        return self._answer(table, change.rows, change.coder)

    def _write(self, table: pd.DataFrame | None, names: Mapping[str, tuple[str, str]]) -> None:
        if names:
            manifest = read_manifest(self.folder)
            write_manifest(self.folder, called(manifest, {who: new for who, (_, new) in names.items()}))
        if table is not None:
            write(table, self.folder)
            self._table, self._stamp = table, _stamp(self.folder / TABLE)
        self._vouch()

    def _vouch(self) -> None:
        """Let the journal be no older than the timeline: what is newer than it is another command's."""
        os.utime(self.journal.path)

    def _answer(self, table: pd.DataFrame, pairs: Mapping[str, Pair], coder: str) -> Answer:
        now = rows_of(table, pairs)
        undo, redo = self.journal.stacks(coder)
        gone = sorted(set(pairs) - set(now))
        return Answer(self.journal.version, list(now.values()), gone, len(undo), len(redo))


def difference(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, Pair]:
    """The rows that are not the same in two timelines, each before and after."""
    ids = changed(before, after)
    old, new = rows_of(before, ids), rows_of(after, ids)
    return {name: (old.get(name), new.get(name)) for name in sorted(ids)}


def _replayed(table: pd.DataFrame, rows: Mapping[str, Pair]) -> pd.DataFrame:
    gone = {name for name, (_, row) in rows.items() if row is None}
    known = ({*table["id"].tolist()} | {*rows}) - gone
    new = [_citing(row, known) for _, row in rows.values() if row is not None]
    return with_rows(table, new, gone)


def _citing(row: Row, known: Collection[str]) -> Row:
    """A row whose evidence names only rows that are there."""
    return {**row, "evidence": " ".join(name for name in row["evidence"].split() if name in known)}


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _later(path: Path, other: Path) -> bool:
    return path.stat().st_mtime_ns > other.stat().st_mtime_ns
