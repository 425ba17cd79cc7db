"""What a worker does: one meeting after the other, with engines that stay loaded."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pipeline
from pipeline.batch.facts import facts_of
from pipeline.command import Outcome, attempt
from pipeline.engines import Engines
from pipeline.errors import ModelError, SettingsError, StorageError
from pipeline.manifest import read_manifest
from pipeline.meeting import Meeting
from pipeline.progress import Speeds
from pipeline.settings import Settings

Tell = Callable[[dict[str, Any]], None]

_one_at_a_time = threading.Lock()
_loaded: dict[str, Engines] = {}


@dataclass(frozen=True)
class Job:
    """One meeting for a worker.

    Attributes
    ----------
    number : int
        Its place in the batch.
    topic : str
        Under which the worker tells how far it is.
    meeting : Meeting
    paths : tuple of Path
        What it is named by.
    speakers : int, optional
        How many people speak, if that is known.
    out : Path
        Folder of the outputs.
    settings : Settings
    version : str
        Version of the product that asks.
    """

    number: int
    topic: str
    meeting: Meeting
    paths: tuple[Path, ...]
    speakers: int | None
    out: Path
    settings: Settings
    version: str = pipeline.__version__


def work(job: Job) -> dict[str, Any]:
    """Analyse a meeting on this worker.

    Returns
    -------
    dict
        What the journal is told: ``state``, ``why``, ``exit_code``, how long it took, on which worker, what
        the table says of it, and ``stop``: whether every other meeting would meet the same fault.
    """
    from distributed import get_worker

    worker = get_worker()

    def tell(event: dict[str, Any]) -> None:
        worker.log_event(job.topic, event)

    with _one_at_a_time:
        begun = time.monotonic()
        line = _ended(_tried(job, tell))
        return {
            **line,
            "seconds": round(time.monotonic() - begun, 1),
            "worker": f"{socket.gethostname()}:{worker.name}",
            "ended": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        }


def _tried(job: Job, tell: Tell) -> Outcome:
    relay = Relay(job.number, tell)
    relay.begin()
    try:
        _check_place(job)
        engines = _engines(job.settings)
    except (SettingsError, StorageError) as error:
        return Outcome(job.out, why=str(error), error=error)
    return attempt(
        job.meeting,
        job.paths,
        out=job.out,
        settings=job.settings,
        engines=engines,
        reporter=relay,
        speeds=Speeds(Path(os.devnull)),
        speakers=job.speakers,
    )


def _ended(outcome: Outcome) -> dict[str, Any]:
    if outcome.result is not None:
        try:
            facts = facts_of(outcome.folder, read_manifest(outcome.folder))
            return {"state": "done", "why": "", "exit_code": 0, "stop": False, **facts}
        except StorageError as error:  # the score is written, too
            outcome = Outcome(outcome.folder, why=str(error), error=error)
    stop = isinstance(outcome.error, StorageError | ModelError | _PlaceError)
    return {"state": "failed", "why": outcome.why, "exit_code": outcome.exit_code, "stop": stop}


class _PlaceError(SettingsError):
    """A worker is not fit for the batch."""


def _check_place(job: Job) -> None:
    """Raise SettingsError where this worker is another version, or does not see the files."""
    here = socket.gethostname()
    if job.version != pipeline.__version__:
        raise _PlaceError(
            f"The worker on {here} has version {pipeline.__version__} of rapport, but version {job.version} "
            "asks; install the same version for all workers."
        )
    for path in (job.out, *(file.path for file in job.meeting.files)):
        if not path.exists():
            raise _PlaceError(
                f"The worker on {here} does not see {path}; recordings and results must be in a folder that "
                "all workers share."
            )


def _engines(settings: Settings) -> Engines:
    """The engines of a configuration, loaded once by a worker."""
    key = settings.model_dump_json()
    if key not in _loaded:
        _loaded.clear()
        _loaded[key] = Engines(settings)
    return _loaded[key]


class Relay:
    """Sends what a `pipeline.progress.Reporter` is told to whoever started the batch."""

    def __init__(self, number: int, tell: Tell) -> None:
        self._number, self._tell = number, tell
        self._last = 0.0

    def _say(self, call: str, *arguments: Any) -> None:
        self._tell({"number": self._number, "call": call, "arguments": arguments})

    def begin(self) -> None:
        """The worker has taken the meeting up."""
        self._say("begin", os.getpid())

    def meeting(self, name: str, number: int, of: int) -> None:
        """Known to whoever started the batch."""

    def plan(self, seconds: float, stages: Sequence[str]) -> None:
        """Send it."""
        self._say("plan", seconds, list(stages))

    def stage(self, name: str) -> None:
        """Send it."""
        self._say("stage", name)

    def progress(self, share: float) -> None:
        """Send it, once a second at most."""
        if time.monotonic() - self._last >= 1:
            self._last = time.monotonic()
            self._say("progress", share)

    def stage_done(self, name: str, seconds: float, cached: bool) -> None:
        """Send it."""
        self._say("stage_done", name, seconds, cached)

    def warning(self, text: str) -> None:
        """Send it."""
        self._say("warning", text)

    def done(self, summary: Mapping[str, Any]) -> None:
        """Told by the task's result."""

    def failed(self, sentence: str) -> None:
        """Told by the task's result."""

    def close(self) -> None:
        """Nothing to close."""
