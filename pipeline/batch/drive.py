"""Hands meetings to workers and notes what becomes of them, until all are done or somebody says stop."""

from __future__ import annotations

import queue
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.batch.journal import Journal
from pipeline.batch.plan import Planned
from pipeline.batch.work import Job, work
from pipeline.batch.workers import Crew, resources
from pipeline.errors import RapportError, SettingsError
from pipeline.settings import Settings

if TYPE_CHECKING:
    from distributed import Client, Future

PATIENCE = 600.0
"""Seconds to wait for a scheduler that has gone away to come back."""
STOPPING = "Stopping when the meetings that are being worked on are done; Ctrl-C again stops now."
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}


class Watcher(Protocol):
    """Told how a batch goes on; calls come from one thread."""

    def say(self, sentence: str) -> None:
        """Something about the whole batch."""

    def event(self, one: Planned, call: str, arguments: Sequence[Any]) -> None:
        """What a worker tells of a meeting: ``begin``, or a call of a `Reporter`."""

    def ended(self, one: Planned) -> None:
        """A meeting is done or has failed."""


@dataclass
class Stop:
    """Whether somebody said stop, or every other meeting would meet the same fault.

    Attributes
    ----------
    code : int
        What the command line returns; 0 while nobody has.
    now : bool
        Whether even meetings that are being worked on are to be left as they are.
    why : str
        A sentence, where it was a fault.
    """

    code: int = 0
    now: bool = False
    why: str = ""


@contextmanager
def heeding_signals(stop: Stop) -> Iterator[None]:
    """Let Ctrl-C stop after the meetings that are begun; Ctrl-C again, or being terminated, at once."""

    def heed(number: int, _: FrameType | None) -> None:
        stop.now = stop.code != 0 or number == signal.SIGTERM
        stop.code = stop.code or SIGNALS[signal.Signals(number)]

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, heed) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class Drive:
    """The meetings of one batch on their way through the workers.

    Attributes
    ----------
    todo : list of Planned
        Meetings to be analysed.
    journal : Journal
    settings : Settings
    watcher : Watcher
    stop : Stop
    """

    todo: Sequence[Planned]
    journal: Journal
    settings: Settings
    watcher: Watcher
    stop: Stop
    topic: str = field(default_factory=lambda: f"rapport-{uuid.uuid4().hex[:8]}")
    _inbox: queue.SimpleQueue[tuple[str, Any]] = field(default_factory=queue.SimpleQueue)
    _begun: set[int] = field(default_factory=set)

    def run(self, crew: Callable[[], AbstractContextManager[Crew]]) -> None:
        """Work until every meeting has ended, or until it is stopped.

        A scheduler that goes away and comes back is given again what is not done.
        """
        lost_at: float | None = None
        while self._left() and not self.stop.code:
            try:
                with crew() as those:
                    if lost_at is None:
                        self.watcher.say(f"{len(self._left())} to do, {those.said}.")
                    lost_at = None
                    self._work_through(those)
            except _LostError:
                lost_at = time.monotonic()
                self.watcher.say("The scheduler went away; waiting for it to come back.")
            except SettingsError:
                if lost_at is None or time.monotonic() - lost_at > PATIENCE:
                    raise
                time.sleep(2)

    def _left(self) -> list[int]:
        """Numbers of the meetings that have not ended, the longest first, so that workers end together."""
        left = [number for number, one in enumerate(self.todo) if one.state == "waiting"]
        return sorted(left, key=lambda number: -self.todo[number].entry.size)

    def _work_through(self, crew: Crew) -> None:
        inbox = self._inbox = queue.SimpleQueue()
        self._begun.clear()
        crew.client.subscribe_topic(self.topic, lambda event: inbox.put(("event", event[1])))
        futures = {number: self._submit(crew, number) for number in self._left()}
        for number, future in futures.items():
            future.add_done_callback(lambda future, number=number: inbox.put(("future", (number, future))))
        cancelled = False
        while any(self.todo[number].state == "waiting" for number in futures) and not self.stop.now:
            if self.stop.code and not cancelled:
                cancelled = True
                if not self.stop.why:
                    self.watcher.say(STOPPING)
                self._cancel_waiting(crew.client, futures)
            if sentence := crew.news():
                self.watcher.say(sentence)
            with suppress(queue.Empty):
                kind, content = inbox.get(timeout=0.3)
                if kind == "event":
                    self._told(content)
                else:
                    number, future = content
                    self._ended(number, future, futures)

    def _submit(self, crew: Crew, number: int) -> Future:
        one = self.todo[number]
        assert one.entry.meeting is not None
        job = Job(
            number,
            self.topic,
            one.entry.meeting,
            one.entry.paths,
            one.entry.speakers,
            self.journal.out.resolve(),
            self.settings.model_copy(update={"threads": crew.threads}),
        )
        return crew.client.submit(
            work,
            job,
            key=f"rapport-meeting-{uuid.uuid4().hex}",
            pure=False,
            resources=resources(self.settings) or None,
        )

    def _told(self, event: Mapping[str, Any]) -> None:
        one = self.todo[event["number"]]
        if event["call"] == "begin":
            self._begun.add(event["number"])
        if one.state == "waiting":
            self.watcher.event(one, event["call"], event["arguments"])

    def _ended(self, number: int, future: Future, futures: dict[int, Future]) -> None:
        """Note what became of a meeting."""
        one = self.todo[number]
        if number not in futures or one.state != "waiting":
            return
        if future.cancelled():
            raise _LostError
        error = future.exception()
        line = of_error(error) if error is not None else future.result()
        if line.pop("stop", False):  # the fault is not the meeting's, which waits for the next run
            self.stop.why, self.stop.code = line["why"], self.stop.code or line["exit_code"]
            del futures[number]
            return
        one.ended(line["state"], line)
        self.journal.note(one.line)
        self.watcher.ended(one)
        future.release()

    def _cancel_waiting(self, client: Client, futures: dict[int, Future]) -> None:
        """Take back the meetings that no worker has begun."""
        waiting = [number for number in futures if number not in self._begun]
        client.cancel([futures.pop(number) for number in waiting])


class _LostError(Exception):
    """The scheduler went away."""


def of_error(error: BaseException) -> dict[str, Any]:
    """What the journal says of a task that raised instead of answering."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        why = (
            "Its worker died again and again while working on it, as when memory runs out; give fewer "
            "--workers, or jobs of SLURM more memory, then --retry."
        )
        return {"state": "failed", "why": why, "exit_code": 1}
    if isinstance(error, ImportError):
        why = f"The workers cannot load rapport ({error}); install the same version of it for all of them."
        return {"state": "failed", "why": why, "exit_code": SettingsError.exit_code, "stop": True}
    what = " ".join(f"{type(error).__name__}: {error}".split())
    code = error.exit_code if isinstance(error, RapportError) else 1
    return {
        "state": "failed",
        "why": f"This is a fault of rapport ({what}); please report it.",
        "exit_code": code,
    }
