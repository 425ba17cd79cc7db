"""Which formats there are, what each is called, and where its writer and reader are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from pipeline.errors import SettingsError
from pipeline.exports.material import Material
from pipeline.exports.reading import Reading


@dataclass(frozen=True)
class Options:
    """What a user may choose about a file.

    Attributes
    ----------
    notation : str
        Name of a notation among ``configs/notation``, or path of a notation file.
    embodied : str
        Where bodily conduct goes in a transcript: ``inline`` as ``((nods))``, ``below`` the turn as lines of
        their own, ``none``; empty: as the notation has it.
    translation : bool
        Whether a line for the translation follows each line of talk.
    marks : bool
        Whether the text of ``dote`` carries the marks of the notation; without, it is plain words.
    crlf : bool
        Windows line ends in the texts of ``qdpx``, by which some programs count.
    """

    notation: str = "jefferson"
    embodied: str = ""
    translation: bool = False
    marks: bool = True
    crlf: bool = False


class Writer(Protocol):
    """Writes one format."""

    def __call__(self, material: Material, options: Options) -> bytes:
        """The file's content."""
        ...


class Reader(Protocol):
    """Reads one format back; `material` says who is who."""

    def __call__(self, path: Path, material: Material) -> Reading:
        """What the file says; a fault in it is a `FileFaultError`."""
        ...


@dataclass(frozen=True)
class Format:
    """A format.

    Attributes
    ----------
    name : str
        As in ``--format``.
    suffix : str
        What its files' names end in, with the dot.
    module : str
        Where ``write`` is, and ``read`` if it can be read back.
    carries : str
        What a file of it holds, in one line.
    lacks : str
        What of a timeline it cannot hold.
    imported : bool
        Whether corrections come back from it.
    """

    name: str
    suffix: str
    module: str
    carries: str
    lacks: str
    imported: bool = False

    @property
    def has_rows(self) -> bool:
        """Whether a file is read as rows of a timeline; a draft for Word is compared as text only."""
        return self.imported and hasattr(
            import_module(f"pipeline.exports.{self.module}"), f"read_{self.name}"
        )

    @property
    def write(self) -> Writer:
        """The writer."""
        return cast(Writer, self._function("write"))

    @property
    def read(self) -> Reader:
        """The reader, where it `has_rows`."""
        return cast(Reader, self._function("read"))

    def _function(self, name: str) -> Callable[..., object]:
        return getattr(import_module(f"pipeline.exports.{self.module}"), f"{name}_{self.name}")


FORMATS: tuple[Format, ...] = (
    Format(
        "jefferson", ".txt", "jefferson",
        "draft transcript with all marks, line numbers, header and legend",
        "times of words, confidence, codes, details",
    ),
    Format(
        "docx", ".docx", "docx",
        "draft transcript for Word, stress underlined",
        "times of words, confidence, codes, details", imported=True,
    ),
    Format(
        "chat", ".cha", "chat",
        "CHAT with CA marks, times of utterances in ms",
        "times of words, codes, confidence, who is seen", imported=True,
    ),
    Format(
        "elan", ".eaf", "elan",
        "every tier for everybody, recordings with offsets, vocabularies",
        "parts of a ms, length zero, values, confidence, evidence", imported=True,
    ),
    Format(
        "textgrid", ".TextGrid", "textgrid",
        "every tier for everybody", "values, confidence, evidence, recordings", imported=True,
    ),
    Format(
        "exmaralda", ".exb", "exmaralda",
        "every tier for everybody, speakers with names",
        "values, confidence, evidence", imported=True,
    ),
    Format("dote", ".dote.json", "dote", "the draft's lines with times", "all but the lines"),
    Format(
        "qdpx", ".qdpx", "qdpx",
        "transcript with sync points, recordings, rapport codes as codings", "values, confidence",
    ),
    Format("srt", ".srt", "subtitles", "words as subtitles, names before them", "all but words"),
    Format("vtt", ".vtt", "subtitles", "words as subtitles, names as voices", "all but words"),
    Format("rttm", ".rttm", "rttm", "who speaks when", "all but who speaks when"),
    Format("csv", ".csv", "tables", "the whole timeline, for spreadsheets and R", "", imported=True),
    Format("parquet", ".parquet", "tables", "the whole timeline, for pandas, R and DuckDB", ""),
    Format("json", ".json", "tables", "the whole timeline, people and recordings", "", imported=True),
)  # fmt: skip
"""Every format, in the order in which a user sees them."""


def format_of(name: str) -> Format:
    """The format of a name.

    Raises
    ------
    SettingsError
        Where there is none.
    """
    for one in FORMATS:
        if one.name == name:
            return one
    raise SettingsError(f"There is no format {name}; there are {', '.join(one.name for one in FORMATS)}.")
