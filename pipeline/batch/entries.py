"""Which meetings a batch is about: the recordings of a folder, or the lines of a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.command import meeting_at
from pipeline.errors import MediaError, RapportError, SettingsError
from pipeline.meeting import Meeting

RECORDINGS = (
    *(".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf"),
    *(".ogv", ".ts", ".webm", ".wmv"),
    *(".aac", ".aif", ".aiff", ".flac", ".m4a", ".mka", ".mp3", ".oga", ".ogg", ".opus", ".wav", ".wma"),
)
"""Endings of files that a folder is looked through for; a CSV file may name any other."""


@dataclass(frozen=True)
class Entry:
    """One meeting of a batch.

    Attributes
    ----------
    name : str
        What it is called.
    paths : tuple of Path
        What it is named by: the recording, or its meeting file.
    meeting : Meeting, optional
        None where its meeting file cannot be read.
    speakers : int, optional
        How many people speak, if that is known.
    fault : RapportError, optional
        Why it cannot even be begun.
    """

    name: str
    paths: tuple[Path, ...]
    meeting: Meeting | None = None
    speakers: int | None = None
    fault: RapportError | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """Its recordings, or what it is named by where they are unknown."""
        return tuple(file.path for file in self.meeting.files) if self.meeting else self.paths

    @property
    def size(self) -> int:
        """Bytes of its recordings."""
        return sum(file.stat().st_size for file in self.files if file.is_file())


def entries_of(source: Path, out: Path, speakers: int | None = None) -> list[Entry]:
    """The meetings of a folder or a CSV file, always in the same order.

    Parameters
    ----------
    source : Path
    out : Path
        Folder of the outputs, which is not looked through.
    speakers : int, optional
        How many people speak in a meeting about which nothing else is said.

    Raises
    ------
    SettingsError
        Where there is no meeting, or the CSV file is not as it must be.
    """
    from pipeline.batch.sheet import read_sheet

    if source.is_dir():
        found = [entry_at(path, speakers=speakers) for path in _meetings_in(source.resolve(), out.resolve())]
        if not found:
            raise SettingsError(f"There is no recording in {source}; give the folder that holds them.")
        return found
    if source.suffix.lower() in (".csv", ".tsv"):
        return read_sheet(source, speakers)
    if source.exists():
        raise SettingsError(
            f"{source} is neither a folder nor a CSV file; use rapport analyse for single recordings."
        )
    raise SettingsError(f"There is no folder or CSV file {source}; check the path.")


def _meetings_in(folder: Path, out: Path) -> Iterator[Path]:
    """Recordings, and folders that are one meeting, in the order of their names."""
    if (folder / "meeting.yaml").is_file():
        yield folder
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path == out:
            continue
        if path.is_dir():
            if not (path / "manifest.json").is_file():  # else the results of a meeting
                yield from _meetings_in(path, out)
        elif path.suffix.lower() in RECORDINGS:
            yield path


def entry_at(path: Path, known: dict[str, object] | None = None, speakers: int | None = None) -> Entry:
    """The meeting that a path names; what is wrong with its files or meeting file is its fault alone.

    Parameters
    ----------
    path : Path
        A recording, a meeting file, or a folder with one.
    known : dict, optional
        Fields of the meeting that are known from elsewhere; `metadata` is added to its own.
    speakers : int, optional
        As in `Entry`.
    """
    name = path.name if path.is_dir() else path.stem
    try:
        meeting = meeting_at(path)
    except SettingsError as error:
        return Entry(name, (path,), fault=error)
    if known:
        content = meeting.model_dump()
        metadata = {**content["metadata"], **known.pop("metadata", {})}  # type: ignore[dict-item]
        meeting = Meeting.model_validate({**content, **known, "metadata": metadata})
    return Entry(meeting.name, (path,), meeting, speakers, _missing(meeting))


def _missing(meeting: Meeting) -> MediaError | None:
    for file in meeting.files:
        if not file.path.exists():
            return MediaError(f"There is no file {file.path}; put it there or mend its path.")
    return None


def same_names(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Meetings that are called the same."""
    called: dict[str, list[Entry]] = {}
    for entry in entries:
        called.setdefault(entry.name, []).append(entry)
    return {name: those for name, those in called.items() if len(those) > 1}
