"""What the user sees of a batch: a line for each meeting that ended, bars for those worked on, time left."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipeline.batch.plan import Planned
from pipeline.progress import JsonLines
from pipeline.progress import _spoken as spoken

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

MARKS = {"done": ("✓", "green"), "failed": ("✗", "red")}
TITLES = {"other": "done otherwise"}
SHOWN = 50
"""Meetings up to which the table is printed whole; of more, only what is not done."""


class QuietBatch:
    """Says nothing but what went wrong, on standard error."""

    def say(self, sentence: str) -> None:
        """Say nothing."""

    def event(self, one: Planned, call: str, arguments: Sequence[Any]) -> None:
        """Say nothing."""

    def ended(self, one: Planned) -> None:
        """Say why a meeting failed."""
        if one.state == "failed":
            print(f"{one.folder.name}: {one.line['why']}", file=sys.stderr)

    def close(self) -> None:
        """Nothing to close."""


class JsonBatch:
    """One JSON object per event on standard output, as of `rapport analyse`, each with its meeting."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._meetings: dict[str, JsonLines] = {}

    def say(self, sentence: str) -> None:
        """Event ``batch``."""
        print(json.dumps({"event": "batch", "text": sentence}), flush=True)

    def event(self, one: Planned, call: str, arguments: Sequence[Any]) -> None:
        """The event that the worker tells of."""
        name = one.folder.name
        if call == "begin":
            self._meetings[name] = JsonLines()
            self._meetings[name].meeting(name, len(self._meetings), self._total)
        elif name in self._meetings:
            getattr(self._meetings[name], call)(*arguments)

    def ended(self, one: Planned) -> None:
        """Event ``done`` or ``failed``, with the meeting's row of the table."""
        print(json.dumps({"event": one.state, **_row(one)}), flush=True)

    def close(self) -> None:
        """Nothing to close."""


class BatchDisplay:
    """A bar for all and one for each meeting that is worked on, and a line for each that has ended."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self.console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("  {task.description:<24}"),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[note]}"),
            console=self.console,
        )
        self._total, self._over, self._begun = total, 0, time.monotonic()
        self._all: TaskID | None = None
        self._each: dict[str, _Course] = {}

    def say(self, sentence: str) -> None:
        """Print it."""
        _print(self.console, sentence)

    def event(self, one: Planned, call: str, arguments: Sequence[Any]) -> None:
        """Move the bars."""
        name = one.folder.name
        if self._all is None:
            self._all = self._bars.add_task("all", total=self._total, note="")
            self._bars.start()
        if call == "begin":
            bar = (
                self._each[name].bar if name in self._each else self._bars.add_task(name, total=1.0, note="")
            )
            self._each[name] = _Course(bar)
        elif name in self._each:
            course = self._each[name]
            course.told(call, arguments)
            self._bars.update(course.bar, completed=course.share, note=course.stage)
        self._move()

    def ended(self, one: Planned) -> None:
        """Print a line."""
        course = self._each.pop(one.folder.name, None)
        if course is not None:
            self._bars.remove_task(course.bar)
        self._over += 1
        line = one.line
        said = f"{line['minutes']:g} min in {_took(line['seconds'])}" if one.state == "done" else line["why"]
        _print(self.console, (f"{MARKS[one.state][0]} ", MARKS[one.state][1]), f"{one.folder.name}: {said}")
        self._move()

    def _move(self) -> None:
        share = self._over + sum(course.share for course in self._each.values())
        spent = time.monotonic() - self._begun
        left = (
            f", about {spoken(spent / share * (self._total - share))} left"
            if self._total > share >= 1
            else ""
        )
        if self._all is not None:
            note = f"{self._over} of {self._total}{left}"
            self._bars.update(self._all, completed=share, note=note)

    def close(self) -> None:
        """Clear the bars."""
        for task in self._bars.task_ids:
            self._bars.remove_task(task)
        self._bars.stop()


class _Course:
    """How far one meeting is: each stage that was planned counts the same."""

    def __init__(self, bar: TaskID) -> None:
        self.bar, self.stage = bar, ""
        self._planned, self._done, self._within = 1, 0, 0.0

    def told(self, call: str, arguments: Sequence[Any]) -> None:
        if call == "plan":
            self._planned = max(1, len(arguments[1]))
        elif call == "stage":
            self.stage, self._within = str(arguments[0]), 0.0
        elif call == "progress":
            self._within = float(arguments[0])
        elif call == "stage_done":
            self._done, self._within = self._done + 1, 0.0

    @property
    def share(self) -> float:
        return min(0.99, (self._done + self._within) / self._planned)


def print_table(planned: Sequence[Planned]) -> None:
    """Print how the batch stands, on standard output."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if len(planned) > SHOWN:
        planned = [one for one in planned if one.state != "done"]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("meeting", overflow="fold")
    table.add_column("state")
    for name in ("minutes", "people", "language", "words", "score", "seconds"):
        table.add_column(name, justify="right")
    for one in planned:
        row = _row(one)
        numbers = [row.get(name) for name in ("minutes", "people", "language", "words", "score", "seconds")]
        cells = [row["meeting"], TITLES.get(one.state, one.state), *numbers]
        table.add_row(*("" if cell is None else _plain(cell) for cell in cells))
    if planned:
        console.print(table)


def _plain(cell: object) -> Any:
    from rich.text import Text

    return Text(f"{cell:g}" if isinstance(cell, float) else str(cell))


def summary(planned: Sequence[Planned]) -> str:
    """How many meetings are in which state, as a phrase."""
    counts: Counter[str] = Counter(one.state for one in planned)
    said = {"done": "done", "other": "done otherwise", "failed": "failed", "waiting": "left to do"}
    return ", ".join(f"{counts[state]} {word}" for state, word in said.items() if counts[state])


def _row(one: Planned) -> dict[str, Any]:
    from pipeline.batch.journal import COLUMNS

    return {name: one.line[name] for name in COLUMNS if name in one.line}


def _took(seconds: float) -> str:
    """A duration that was measured, not estimated."""
    return f"{seconds:.0f} s" if seconds < 100 else spoken(seconds)


def _print(console: Console, *parts: str | tuple[str, str]) -> None:
    from rich.text import Text

    console.print(Text.assemble(*parts), soft_wrap=True)
