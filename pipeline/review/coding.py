"""What the machine makes of corrections: actions coded anew, the score, the transcript beside the results."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import RapportError, SettingsError
from pipeline.manifest import language_of, read_manifest, roles_of, write_transcript
from pipeline.rapport.actions import TIER
from pipeline.review.apart import apart
from pipeline.review.desk import TABLE, Desk
from pipeline.review.journal import CODING
from pipeline.scoring import about, codebook_of, codebook_to_read, coded, score_meeting, write_score
from pipeline.store import storage_errors
from pipeline.timeline.rows import ORDER
from pipeline.timeline.table import read

if TYPE_CHECKING:
    import pandas as pd

QUIET = 0.3
"""Seconds without a correction after which actions are coded anew."""
TRIES = 20
"""Times that coding begins anew because somebody goes on correcting."""
PLACE = ["participant", "label", "start", "end"]


class Coder:
    """Keeps the actions of a meeting in step with its corrections.

    Parameters
    ----------
    desk : Desk
        The meeting.
    worker : ThreadPoolExecutor
        Does what is not waited for.
    """

    def __init__(self, desk: Desk, worker: ThreadPoolExecutor) -> None:
        self._desk, self._worker = desk, worker
        self._one = threading.Lock()
        self._coded = -1
        self._scored: tuple[int, dict[str, Any]] | None = None
        self._waiting: Future[None] | None = None
        self._asked, self._busy = 0.0, False

    def wait(self) -> None:
        """Put off what has not begun, since somebody corrects right now."""
        self._asked = time.monotonic()

    def later(self) -> None:
        """Code anew when there is time."""
        self.wait()
        if self._waiting is None or self._waiting.done() or self._busy:
            self._waiting = self._worker.submit(self._quietly)

    def if_needed(self) -> None:
        """Code anew when there is time, if the actions are of an earlier timeline or of another codebook."""
        if self._coded >= 0:
            return
        entries, known = self._desk.journal.entries, read_manifest(self._desk.folder).get("codebook", {})
        if (any(entry.ids for entry in entries) and entries[-1].kind != CODING) or known.get(
            "digest"
        ) != codebook_to_read({"codebook": known})[0].digest:
            self.later()

    def now(self) -> None:
        """Code anew unless the actions are those of this version."""
        with self._one:
            for _ in range(TRIES):
                table, version = self._desk.look()
                if version == self._coded:
                    return
                after, codebook = self._recoded(table)
                if self._desk.put(table, after, version, "actions coded anew", codebook):
                    self._tell()
                    return

    def score(self) -> dict[str, Any]:
        """The report of the meeting as it is now, kept as ``rapport.json`` as ``rapport score`` does."""
        self.now()
        with self._one:
            version = self._desk.look()[1]
            if self._scored is None or self._scored[0] != version:
                self._scored = version, apart(scored, self._desk.folder)
            return self._scored[1]

    def _quietly(self) -> None:
        while (rest := self._asked + QUIET - time.monotonic()) > 0:
            time.sleep(rest)
        self._busy = True
        try:
            self.now()
        except RapportError as error:  # told again, and to somebody, when the score is asked for
            logging.getLogger(__name__).warning("%s: %s", self._desk.folder.name, error)
        finally:
            self._busy = False

    def _recoded(self, table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
        """The timeline coded with the meeting's codebook, and what the manifest says of that."""
        actions, codebook = apart(actions_of, self._desk.folder)
        return (table if actions is None else with_actions(table, actions)), codebook

    def _tell(self) -> None:
        """Remember the version, and write the transcript beside the results."""
        table, self._coded = self._desk.look()
        with storage_errors(self._desk.folder):
            write_transcript(self._desk.folder, read_manifest(self._desk.folder), table)


def actions_of(folder: Path) -> tuple[pd.DataFrame | None, dict[str, Any]]:
    """A meeting's actions found anew, nothing written, and what the manifest says of the codebook.

    None where nothing is said, or where its codebook has moved: nothing is coded by another one unasked.
    """
    manifest, table = read_manifest(folder), read(folder / TABLE)
    try:
        book = codebook_of(manifest)
    except SettingsError:
        return None, {}
    if not len(table):
        return None, {}
    found, _ = coded(table, roles_of(manifest), language_of(manifest), book)
    return found[found["tier"] == TIER], about(book)


def scored(folder: Path) -> dict[str, Any]:
    """A meeting's score as it is now, written beside its results."""
    report = score_meeting(folder, None)
    write_score(folder, report)
    return report.data()


def with_actions(before: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """A timeline with the actions of the same timeline coded anew, which keep the ids that they had.

    Numbered anew, every action after an added one would have another id, and what people say of an action by
    its id, such as a comment, would be about another one.

    Parameters
    ----------
    before : DataFrame
        The timeline so far.
    found : DataFrame
        Its actions, found anew.
    """
    import pandas as pd

    old, others = (before[chosen] for chosen in (before["tier"] == TIER, before["tier"] != TIER))
    new = found.assign(id=_kept_ids(old, found, set(others["id"])))
    table = pd.concat([others, new], ignore_index=True).sort_values(ORDER, ignore_index=True)
    known = set(table["id"].tolist())
    if set(old["id"]) - known:
        cells = [" ".join(n for n in cell.split() if n in known) for cell in table["evidence"]]
        table = table.assign(evidence=cells)
    return table


def _kept_ids(old: pd.DataFrame, new: pd.DataFrame, taken: set[str]) -> list[str]:
    """An id for each new action: a human row's own, that of the old one there or near it, or a free one."""
    human = set(new.loc[new["status"] != "auto", "id"])
    machine = old[old["status"] == "auto"]
    exact: dict[tuple[Any, ...], list[str]] = {}
    near: dict[tuple[Any, ...], list[tuple[float, float, str]]] = {}
    for name, who, label, start, end in machine[["id", *PLACE]].itertuples(index=False):
        if name not in human:
            exact.setdefault((who, label, start, end), []).append(name)
            near.setdefault((who, label), []).append((start, end, name))
    rows = list(new[["id", "status", *PLACE]].itertuples(index=False))
    ids = ["" if status == "auto" else name for name, status, *_ in rows]
    used = set(human)
    for i, (_, _, who, label, start, end) in enumerate(rows):
        names = exact.get((who, label, start, end), [])
        if not ids[i] and names:
            ids[i] = names.pop(0)
            used.add(ids[i])
    for i, (_, _, who, label, start, end) in enumerate(rows):
        if not ids[i]:
            over = [n for s, e, n in near.get((who, label), ()) if n not in used and s < end and e > start]
            ids[i] = over[0] if over else ""
            used.add(ids[i])
    free = _free(taken | used | set(old["id"]))
    return [name or next(free) for name in ids]


def _free(taken: set[str]) -> Iterator[str]:
    return (name for i in count(1) if (name := f"{TIER}-{i:04d}") not in taken)
