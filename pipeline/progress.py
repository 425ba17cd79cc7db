"""What the user sees while meetings are analysed: a display, nothing, or JSON lines for scripts."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.store import write_whole

if TYPE_CHECKING:
    from rich.progress import TaskID


class Reporter(Protocol):
    """Told what happens, in this order for each meeting."""

    def meeting(self, name: str, number: int, of: int) -> None:
        """A meeting's turn has come."""

    def plan(self, seconds: float, stages: Sequence[str]) -> None:
        """The meeting lasts so long, and these stages are to come."""

    def stage(self, name: str) -> None:
        """A stage begins."""

    def progress(self, share: float) -> None:
        """The stage is done to this share."""

    def stage_done(self, name: str, seconds: float, cached: bool) -> None:
        """A stage has ended, or its result was there already."""

    def warning(self, text: str) -> None:
        """Something the user should know."""

    def done(self, summary: Mapping[str, Any]) -> None:
        """The meeting is analysed."""

    def failed(self, sentence: str) -> None:
        """The meeting cannot be analysed."""

    def close(self) -> None:
        """Nothing more will come."""


class Speeds:
    """How fast each stage has been on this machine, in seconds of work by second of meeting.

    Kept between runs so that the estimates of a new run are measured, not guessed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._speeds: dict[str, float] = json.loads(path.read_text())
        except (OSError, ValueError):
            self._speeds = {}

    def learn(self, stage: str, work: float, duration: float) -> None:
        """Note that a stage took `work` seconds for a meeting of `duration` seconds."""
        if duration > 0:
            speed = work / duration
            known = self._speeds.get(stage)
            self._speeds[stage] = speed if known is None else 0.5 * (known + speed)

    def expect(self, stages: Sequence[str], duration: float) -> float | None:
        """Seconds that the stages will take; None where one of them was never measured."""
        if any(stage not in self._speeds for stage in stages):
            return None
        return sum(self._speeds[stage] for stage in stages) * duration

    def save(self) -> None:
        """Keep for the next run; not worth an error if that fails."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(self._speeds))
        except OSError:
            pass


class Quiet:
    """Says nothing but what went wrong, on standard error."""

    def meeting(self, name: str, number: int, of: int) -> None:
        """Remember whose turn it is."""
        self._name = name

    def plan(self, seconds: float, stages: Sequence[str]) -> None:
        """Say nothing."""

    def stage(self, name: str) -> None:
        """Say nothing."""

    def progress(self, share: float) -> None:
        """Say nothing."""

    def stage_done(self, name: str, seconds: float, cached: bool) -> None:
        """Say nothing."""

    def warning(self, text: str) -> None:
        """Say nothing: warnings are in the manifest."""

    def done(self, summary: Mapping[str, Any]) -> None:
        """Say nothing."""

    def failed(self, sentence: str) -> None:
        """Say why."""
        print(f"{self._name}: {sentence}", file=sys.stderr)

    def close(self) -> None:
        """Nothing to close."""


class JsonLines:
    """One JSON object per event on standard output."""

    def __init__(self) -> None:
        self._name = ""
        self._last = 0.0

    def _say(self, event: str, **fields: Any) -> None:
        print(json.dumps({"event": event, "meeting": self._name, **fields}), flush=True)

    def meeting(self, name: str, number: int, of: int) -> None:
        """Event ``meeting``."""
        self._name = name
        self._say("meeting", number=number, of=of)

    def plan(self, seconds: float, stages: Sequence[str]) -> None:
        """Event ``plan``."""
        self._say("plan", duration=round(seconds, 3), stages=list(stages))

    def stage(self, name: str) -> None:
        """Event ``stage``."""
        self._stage = name
        self._last = time.monotonic()
        self._say("stage", stage=name)

    def progress(self, share: float) -> None:
        """Event ``progress``, once a second at most."""
        if time.monotonic() - self._last >= 1:
            self._last = time.monotonic()
            self._say("progress", stage=self._stage, share=round(share, 4))

    def stage_done(self, name: str, seconds: float, cached: bool) -> None:
        """Event ``stage_done``."""
        self._say("stage_done", stage=name, seconds=round(seconds, 3), cached=cached)

    def warning(self, text: str) -> None:
        """Event ``warning``."""
        self._say("warning", text=text)

    def done(self, summary: Mapping[str, Any]) -> None:
        """Event ``done``."""
        self._say("done", **summary)

    def failed(self, sentence: str) -> None:
        """Event ``failed``."""
        self._say("failed", error=sentence)

    def close(self) -> None:
        """Nothing to close."""


class Display:
    """A line per stage with a bar, the time it took, and how long the meeting will still take."""

    def __init__(self, speeds: Speeds) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._speeds = speeds
        self._console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("  {task.description:<18}"),
            BarColumn(bar_width=28),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._console,
        )
        self._task: TaskID | None = None
        self._left: list[str] = []

    def meeting(self, name: str, number: int, of: int) -> None:
        """Print a heading."""
        count = f" ({number} of {of})" if of > 1 else ""
        self._bars.start()
        self._print((name, "bold"), count)

    def plan(self, seconds: float, stages: Sequence[str]) -> None:
        """Note what is to come."""
        self._duration, self._left = seconds, list(stages)

    def stage(self, name: str) -> None:
        """Start a bar."""
        self._begun = time.monotonic()
        self._left = [stage for stage in self._left if stage != name]
        self._name = name
        self._task = self._bars.add_task(name, total=1.0, note=self._estimate(0.0))

    def progress(self, share: float) -> None:
        """Move the bar."""
        if self._task is not None:
            self._bars.update(self._task, completed=share, note=self._estimate(share))

    def stage_done(self, name: str, seconds: float, cached: bool) -> None:
        """Fill the bar, or say that there was nothing to do."""
        if self._task is None:
            self._task = self._bars.add_task(name, total=1.0, note="")
        note = "was done already" if cached else ""
        self._bars.update(self._task, completed=1.0, note=note)
        self._bars.stop_task(self._task)
        self._left = [stage for stage in self._left if stage != name]
        self._task = None

    def _estimate(self, share: float) -> str:
        """How long the meeting will still take, from this stage's own pace and earlier runs."""
        spent = time.monotonic() - self._begun
        if share > 0.05 and spent > 2:
            current: float | None = spent * (1 - share) / share
        else:
            current = self._speeds.expect([self._name], self._duration)
        later = self._speeds.expect(self._left, self._duration)
        if current is None or later is None:
            return ""
        return f"about {_spoken(current + later)} left"

    def warning(self, text: str) -> None:
        """Print it."""
        self._print(("  ! ", "yellow"), text)

    def done(self, summary: Mapping[str, Any]) -> None:
        """Clear the bars."""
        self._clear()

    def failed(self, sentence: str) -> None:
        """Print why."""
        self._clear()
        self._print(("  ✗ ", "red"), sentence)

    def _print(self, *parts: str | tuple[str, str]) -> None:
        """Print texts, styled or not, as they are: brackets are no markup and paths are not broken."""
        from rich.text import Text

        self._console.print(Text.assemble(*parts), soft_wrap=True)

    def _clear(self) -> None:
        self._bars.stop()
        for task in self._bars.task_ids:
            self._bars.remove_task(task)
        self._task = None

    def close(self) -> None:
        """Stop drawing."""
        self._bars.stop()


def _spoken(seconds: float) -> str:
    """A rough duration as people say it."""
    if seconds < 50:
        return f"{max(5, round(seconds / 5) * 5)} s"
    if seconds < 3300:
        return f"{max(1, round(seconds / 60))} min"
    return f"{seconds / 3600:.1f} h"
