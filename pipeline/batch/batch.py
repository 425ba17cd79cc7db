"""``rapport batch``: what is to be done, who does it, what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.batch import workers
from pipeline.batch.drive import Drive, Stop, heeding_signals
from pipeline.batch.entries import Entry, entries_of, same_names
from pipeline.batch.journal import Journal, write_table
from pipeline.batch.plan import Planned, plan
from pipeline.batch.shown import BatchDisplay, JsonBatch, QuietBatch, print_table, summary
from pipeline.errors import SettingsError
from pipeline.settings import Settings, load_settings
from pipeline.store import storage_errors


@dataclass(frozen=True)
class Options:
    """Options of ``rapport batch``."""

    out: Path
    config: Path | None = None
    workers: int | None = None
    scheduler: str | None = None
    slurm: Path | None = None
    speakers: int | None = None
    retry: bool = False
    again: bool = False
    quiet: bool = False
    json_lines: bool = False


def run_batch(source: Path, options: Options) -> int:
    """Analyse every meeting of a folder or CSV file that is not done; return the exit code.

    Raises
    ------
    RapportError
        Where nothing can be begun.
    """
    from filelock import FileLock, Timeout

    workers.require_dask()
    settings = load_settings(options.config)
    entries = entries_of(source, options.out, options.speakers)
    with storage_errors(options.out):
        options.out.mkdir(parents=True, exist_ok=True)
        try:
            held = FileLock(options.out / ".batch.lock").acquire(timeout=0)
        except Timeout as error:
            raise SettingsError(
                f"Another rapport batch is writing {options.out}; wait for it, or give another --out."
            ) from error
    with held:
        return _run(entries, settings, options)


def _run(entries: Sequence[Entry], settings: Settings, options: Options) -> int:
    journal, stop = Journal(options.out), Stop()
    planned = plan(entries, journal, settings, retry=options.retry, again=options.again)
    todo = [one for one in planned if one.state == "waiting"]
    watcher = _watcher(options, len(todo))
    with closing(watcher):
        for sentence in _remarks(entries, planned, options):
            watcher.say(sentence)
        if options.quiet:
            for one in planned:
                if one.state == "failed":
                    watcher.ended(one)
        try:
            with heeding_signals(stop):
                Drive(todo, journal, settings, watcher, stop).run(_crew(settings, options, len(todo)))
        finally:
            table = write_table(options.out, [one.line for one in planned])
    if not (options.quiet or options.json_lines):
        print_table(planned)
        print(f"{summary(planned)}: {table}")
    if stop.why:
        print(f"rapport: {stop.why}", file=sys.stderr)
    elif stop.code:
        print("rapport: stopped; what is done is kept, run the same command to go on.", file=sys.stderr)
    codes = [one.line.get("exit_code") or 1 for one in planned if one.state == "failed"]
    return stop.code or (codes[0] if codes else 0)


def _watcher(options: Options, total: int) -> BatchDisplay | JsonBatch | QuietBatch:
    if options.json_lines:
        return JsonBatch(total)
    return QuietBatch() if options.quiet else BatchDisplay(total)


def _crew(
    settings: Settings, options: Options, meetings: int
) -> Callable[[], AbstractContextManager[workers.Crew]]:
    """What calls the workers together."""
    if options.slurm is not None:
        return partial(workers.slurm, options.slurm, settings, meetings, options.out)
    if options.scheduler is not None:
        return partial(workers.scheduler, options.scheduler, settings)
    count = min(options.workers or workers.default_workers(), max(1, meetings))
    return partial(workers.local, count, settings)


def _remarks(entries: Sequence[Entry], planned: Sequence[Planned], options: Options) -> list[str]:
    """What the user should know before anything is begun."""
    said = []
    for name, those in same_names(entries).items():
        folders = [one.folder.name for one in planned if one.entry in those]
        said.append(f"{len(those)} meetings are called {name}; their results are in {', '.join(folders)}.")
    metadata = {name for entry in entries if entry.meeting for name in entry.meeting.metadata}
    if metadata:
        said.append(f"Metadata: {', '.join(sorted(metadata))}.")
    if done := sum(one.state == "done" for one in planned):
        said.append(f"{done} done already.")
    if other := [one for one in planned if one.state == "other"]:
        said += [f"{one.folder.name}: {one.line['why']}" for one in other[:3]]
        if len(other) > 3:
            said.append(f"So {len(other) - 3} more; batch.csv lists them.")
    if aside := [one for one in planned if one.state == "failed"]:
        said += [f"{one.folder.name} is set aside: {one.line['why']}" for one in aside]
        said.append("--retry tries again what failed." if not options.retry else "")
    return [sentence for sentence in said if sentence]
