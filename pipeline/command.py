"""``rapport analyse``: several meetings one after the other, none stopped by another's fault."""

from __future__ import annotations

import hashlib
import json
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import models
from pipeline.errors import RapportError, SettingsError
from pipeline.meeting import Meeting, meeting_of, read_meeting
from pipeline.progress import Display, JsonLines, Quiet, Reporter, Speeds
from pipeline.publish import Result
from pipeline.run import Engines, analyse
from pipeline.settings import load_settings
from pipeline.store import storage_errors, write_whole


@dataclass(frozen=True)
class Options:
    """Options of ``rapport analyse``."""

    out: Path
    config: Path | None
    speakers: int | None
    quiet: bool
    json_lines: bool


def analyse_all(files: Sequence[Path], meeting_file: Path | None, options: Options) -> int:
    """Analyse meetings; return the exit code, that of the first fault if there was one."""
    settings = load_settings(options.config)
    meetings = _meetings(files, meeting_file)
    speeds = Speeds(models.cache_dir().parent / "speeds.json")
    reporter = _reporter(options, speeds)
    engines = Engines(settings)
    results, codes = [], []
    for number, meeting in enumerate(meetings, start=1):
        reporter.meeting(meeting.name, number, len(meetings))
        try:
            folder = _folder(options.out, meeting)
            result = analyse(
                meeting,
                settings,
                folder,
                engines=engines,
                reporter=reporter,
                speeds=speeds,
                speakers=options.speakers,
            )
        except RapportError as error:
            reporter.failed(str(error))
            codes.append(error.exit_code)
        except Exception as error:
            reporter.failed(_unexpected(error, options.out / meeting.name))
            codes.append(1)
        else:
            reporter.done(result.summary())
            results.append(result)
            if not (options.quiet or options.json_lines):
                _print_result(result)
    reporter.close()
    return codes[0] if codes else 0


def _meetings(files: Sequence[Path], meeting_file: Path | None) -> list[Meeting]:
    """The meetings that the command line names."""
    if meeting_file is not None:
        return [read_meeting(meeting_file, tuple(files))]
    if not files:
        raise SettingsError("Name at least one recording, or a meeting file with --meeting.")
    return [meeting_of(path) for path in files]


def _folder(out: Path, meeting: Meeting) -> Path:
    """The meeting's folder; another recording of the same name gets a folder of its own."""
    identity = json.dumps([str(file.path.resolve()) for file in meeting.files])
    suffix = hashlib.sha256(identity.encode()).hexdigest()[:6]
    folder = out / meeting.name
    with storage_errors(out):
        note = folder / ".files.json"
        if note.is_file() and note.read_text(encoding="utf-8") != identity:
            folder = out / f"{meeting.name}-{suffix}"
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / ".files.json", identity)
    return folder


def _reporter(options: Options, speeds: Speeds) -> Reporter:
    if options.json_lines:
        return JsonLines()
    return Quiet() if options.quiet else Display(speeds)


def _unexpected(error: Exception, folder: Path) -> str:
    """A sentence for a fault of ours, with the details kept for a report."""
    details = "".join(traceback.format_exception(error))
    try:
        write_whole(folder / "error.log", details)
        where = f"details are in {folder / 'error.log'}"
    except OSError:
        where = details
    return f"This is a fault of rapport ({type(error).__name__}: {error}); please report it, {where}."


def _print_result(result: Result) -> None:
    """A few plain lines: who spoke how much, where the files are."""
    from rich.console import Console

    console = Console(highlight=False)
    talk = result.talk_seconds()
    total = sum(talk.values()) or 1.0
    for who, seconds in sorted(talk.items(), key=lambda item: -item[1]):
        console.print(
            f"  {result.names.get(who, who):<12} spoke {seconds:6.1f} s, {seconds / total:4.0%} of the talk"
        )
    counts = result.table["tier"].value_counts()
    found = ", ".join(f"{counts.get(t, 0)} {t}s" for t in ("word", "turn", "pause", "gap", "overlap"))
    console.print(f"  {found}, {counts.get('latch', 0)} latches")
    console.print(f"  Transcript: {result.folder / 'transcript.txt'}")
    console.print(f"  Timeline:   {result.folder / 'timeline.csv'} (also .parquet)")
