"""``rapport analyse``: several meetings one after the other, none stopped by another's fault.

How one meeting is named, given its folder and tried is the same for ``rapport batch``.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline import models
from pipeline.engines import Engines
from pipeline.errors import RapportError, SettingsError
from pipeline.meeting import Meeting, meeting_of, read_meeting
from pipeline.progress import Display, JsonLines, Quiet, Reporter, Speeds
from pipeline.publish import Result
from pipeline.run import analyse
from pipeline.settings import Settings, load_settings
from pipeline.store import storage_errors, write_whole

SEEN = {"nod": "nods", "head_shake": "head shakes", "smile": "smiles", "mutual_gaze": "mutual gazes"}


@dataclass(frozen=True)
class Outcome:
    """What came of one meeting.

    Attributes
    ----------
    folder : Path
        Its folder; the outputs themselves where it could not be given one.
    result : Result, optional
        None where it failed.
    why : str
        One sentence where it failed.
    error : Exception, optional
        What was raised.
    """

    folder: Path
    result: Result | None = None
    why: str = ""
    error: Exception | None = None

    @property
    def exit_code(self) -> int:
        """What the command line returns for this meeting."""
        return 0 if self.error is None else getattr(self.error, "exit_code", 1)


@dataclass(frozen=True)
class Options:
    """Options of ``rapport analyse``."""

    out: Path
    config: Path | None
    speakers: int | None
    faces: bool
    quiet: bool
    json_lines: bool


def analyse_all(files: Sequence[Path], meeting_file: Path | None, options: Options) -> int:
    """Analyse meetings; return the exit code, that of the first fault if there was one."""
    settings = load_settings(options.config)
    meetings = _meetings(files, meeting_file)
    speeds = Speeds(models.cache_dir().parent / "speeds.json")
    reporter = _reporter(options, speeds)
    tried = partial(
        attempt,
        out=options.out,
        settings=settings,
        engines=Engines(settings),
        reporter=reporter,
        speeds=speeds,
        speakers=options.speakers,
    )
    codes = []
    try:
        with closing(reporter):
            for number, (meeting, paths) in enumerate(meetings, start=1):
                reporter.meeting(meeting.name, number, len(meetings))
                outcome = tried(meeting, paths)
                if outcome.result is None:
                    reporter.failed(outcome.why)
                    codes.append(outcome.exit_code)
                    continue
                reporter.done(outcome.result.summary())
                if not (options.quiet or options.json_lines):
                    _print_result(outcome.result, faces=options.faces)
    except KeyboardInterrupt:
        print("rapport: stopped; what is done is kept, run the same command to go on.", file=sys.stderr)
        return 130
    finally:
        speeds.save()
    return codes[0] if codes else 0


def attempt(
    meeting: Meeting,
    paths: Sequence[Path],
    *,
    out: Path,
    settings: Settings,
    engines: Engines,
    reporter: Reporter,
    speeds: Speeds,
    speakers: int | None = None,
) -> Outcome:
    """Analyse a meeting in its folder; whatever goes wrong becomes a sentence.

    Parameters
    ----------
    meeting : Meeting
        Its files and people.
    paths : sequence of Path
        What the user names it by, which tells it from another meeting of the same name.
    out : Path
        Folder of the outputs.
    settings, engines, reporter, speeds, speakers
        As for `pipeline.run.analyse`.
    """
    folder = out
    try:
        folder = folder_of(out, meeting.name, paths)
        result = analyse(
            meeting,
            settings=settings,
            folder=folder,
            engines=engines,
            reporter=reporter,
            speeds=speeds,
            speakers=speakers,
        )
    except RapportError as error:
        return Outcome(folder, why=str(error), error=error)
    except Exception as error:
        return Outcome(folder, why=unexpected(error, folder), error=error)
    return Outcome(folder, result)


def _meetings(files: Sequence[Path], meeting_file: Path | None) -> list[tuple[Meeting, Sequence[Path]]]:
    """The meetings that the command line names, each with the paths that it names them by.

    A recording is a meeting of its own; a meeting file, or a folder with one, is the meeting described there.
    """
    if meeting_file is not None:
        return [(read_meeting(meeting_file, tuple(files)), (meeting_file, *files))]
    if not files:
        raise SettingsError("Name at least one recording, or a meeting file with --meeting.")
    return [(meeting_at(path), (path,)) for path in files]


def meeting_at(path: Path) -> Meeting:
    """The meeting of a recording, of a meeting file, or of the folder with one."""
    inside = path / "meeting.yaml"
    if path.suffix in (".yaml", ".yml") or inside.is_file():
        return read_meeting(inside if inside.is_file() else path)
    return meeting_of(path)


def folder_of(out: Path, name: str, paths: Sequence[Path]) -> Path:
    """The folder of the meeting that the paths name; another meeting of the same name gets its own."""
    identity = json.dumps([str(path.resolve()) for path in paths])
    suffix = hashlib.sha256(identity.encode()).hexdigest()[:6]
    folder = out / name
    with storage_errors(out):
        note = folder / ".files.json"
        if note.is_file() and note.read_text(encoding="utf-8") != identity:
            folder = out / f"{name}-{suffix}"
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / ".files.json", identity)
    return folder


def _reporter(options: Options, speeds: Speeds) -> Reporter:
    if options.json_lines:
        return JsonLines()
    return Quiet() if options.quiet else Display(speeds)


def unexpected(error: Exception, folder: Path) -> str:
    """A sentence for a fault of ours, with the details kept for a report."""
    details = "".join(traceback.format_exception(error))
    what = " ".join(f"{type(error).__name__}: {error}".split())
    try:
        where = f"details are in {_keep(details, folder)}"
    except OSError:
        where = "its details could not be written anywhere"
    return f"This is a fault of rapport ({what}); please report it, {where}."


def _keep(details: str, folder: Path) -> Path:
    """Write ``error.log`` into the folder, or where that fails into a temporary one."""
    try:
        write_whole(folder / "error.log", details)
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="rapport-"))
        write_whole(folder / "error.log", details)
    return folder / "error.log"


def _print_result(result: Result, *, faces: bool) -> None:
    """A few plain lines: who spoke how much, what was seen, where the files are."""
    talk = result.talk_seconds()
    total = sum(talk.values()) or 1.0
    for who, seconds in sorted(talk.items(), key=lambda item: -item[1]):
        print(
            f"  {result.names.get(who, who):<12} spoke {seconds:6.1f} s, {seconds / total:4.0%} of the talk"
        )
    counts = result.table["tier"].value_counts()
    found = ", ".join(f"{counts.get(t, 0)} {t}s" for t in ("word", "turn", "pause", "gap", "overlap"))
    print(f"  {found}, {counts.get('latch', 0)} latches")
    seen = ", ".join(f"{counts[t]} {name}" for t, name in SEEN.items() if counts.get(t))
    if seen:
        print(f"  Seen: {seen}")
    if faces:
        for face in result.faces:
            print(f"  Face {'; '.join(face.lines())}; in {', '.join(face.cameras)}")
    if result.faces:
        print(f"  Faces:      {result.folder / 'faces.png'}")
    print(f"  Transcript: {result.folder / 'transcript.txt'}")
    print(f"  Timeline:   {result.folder / 'timeline.csv'} (also .parquet)", flush=True)
