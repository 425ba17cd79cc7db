"""What a file says of a meeting, and how faults in it are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pipeline.errors import RapportError


class FileFaultError(RapportError):
    """A file that was edited by hand holds something that cannot be meant."""

    exit_code = 8


@dataclass(frozen=True)
class Reading:
    """Rows of a timeline that were read from a file.

    Attributes
    ----------
    rows : sequence of mapping
        Each with `tier`, `participant`, `start`, `end` and what `columns` names; `id` where the file has it.
    tiers : frozenset of (str, str)
        Tier and participant of which the file would hold every row; what is missing there was removed.
    columns : tuple of str
        What the format holds beside tier, participant and times.
    """

    rows: Sequence[Mapping[str, Any]]
    tiers: frozenset[tuple[str, str]]
    columns: tuple[str, ...] = ("label", "text")


def fault(path: Path, line: int | None, what: str) -> NoReturn:
    """Say what is wrong where, and what to do.

    Raises
    ------
    FileFaultError
        Always: ``what`` says what is wrong and how to mend it.
    """
    where = f"{path}, line {line}" if line else f"{path}"
    raise FileFaultError(f"{where}: {what}. Nothing was imported.")


def decode(path: Path, *, line_ends: bool = False) -> str:
    """The text of a file: UTF-8 with or without a byte order mark, or UTF-16 with one.

    Parameters
    ----------
    path : Path
    line_ends : bool
        Whether line ends stay as they are; otherwise all become LF.

    Raises
    ------
    FileFaultError
        Where it is in another encoding, such as Latin-1: it names the line, and how to save it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RapportError(f"{path} cannot be read ({error.strerror}); check the path.") from error
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        fault(path, line, "it is not UTF-8; save the file as UTF-8 in the program it comes from")
    return text if line_ends else text.replace("\r\n", "\n").replace("\r", "\n")
