"""What a report shows and hides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import RapportError
from pipeline.media.film import HEIGHT

LEAVE_OUT, BLUR, INCLUDE = VIDEO = ("leave-out", "blur", "include")
"""What may become of the video; the first is the safest."""


class ReportError(RapportError):
    """A report cannot be made as it was asked for."""


@dataclass(frozen=True)
class ReportOptions:
    """What a report shows and hides.

    Attributes
    ----------
    video : str
        ``leave-out``, ``blur`` or ``include``.
    sound : bool, optional
        Whether the recordings' sound is in it; by default it goes with the video. A voice tells who speaks.
    names : mapping of str to str
        New pseudonyms, by a participant's id or by the name so far.
    hide : mapping of str to str
        What stands in place of a word, or of several in a row, wherever it is said or written.
    notation : str
        Of the second transcript, beside the plain one.
    comments : bool
        Whether the coders' comments are in it.
    date : bool
        Whether it says when the meeting was.
    title : str
        What the meeting is called; by default as the meeting file has it.
    height : int
        Pixels of the video at most.
    """

    video: str = LEAVE_OUT
    sound: bool | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    hide: Mapping[str, str] = field(default_factory=dict)
    notation: str = "jefferson"
    comments: bool = False
    date: bool = False
    title: str = ""
    height: int = HEIGHT

    def __post_init__(self) -> None:
        if self.video not in VIDEO:
            raise ReportError(f"The video cannot be {self.video}; it is {LEAVE_OUT}, {BLUR} or {INCLUDE}.")
        for what, given in (("name", self.names), ("replacement", self.hide)):
            for old, new in given.items():
                if not (old.strip() and new.strip()):
                    raise ReportError(f"The {what} of '{old}' is '{new}'; neither may be empty.")

    @property
    def pictures(self) -> bool:
        """Whether there are any."""
        return self.video != LEAVE_OUT

    @property
    def heard(self) -> bool:
        """Whether there is sound."""
        return self.pictures if self.sound is None else self.sound


def pairs(given: Sequence[str], option: str, example: str) -> dict[str, str]:
    """What a repeated option gives as ``OLD=NEW``.

    Raises
    ------
    ReportError
        Where one is not of that form.
    """
    found = {}
    for one in given:
        old, sign, new = one.partition("=")
        if not (sign and old.strip() and new.strip()):
            raise ReportError(f"{option} {one} says nothing; write it as {option} {example}.")
        found[old.strip()] = new.strip()
    return found


def target(folder: Path, out: Path | None) -> Path:
    """Where a report goes: a file or a folder that is named, else among the meeting's exports.

    It is not called as the meeting is, since that is most often how its recording is called.
    """
    from pipeline.exports.export import FOLDER

    if out is None:
        return folder / FOLDER / "report.html"
    return out if out.suffix.lower() in (".html", ".htm") and not out.is_dir() else out / "report.html"


def asked_for(content: Mapping[str, Any]) -> ReportOptions:
    """Options as the review page sends them; what it does not send is as usual.

    Raises
    ------
    ReportError
        Where something is not of its kind.
    """
    kinds: dict[str, tuple[type, ...]] = {
        "video": (str,), "sound": (bool, type(None)), "names": (dict,), "hide": (dict,), "notation": (str,),
        "comments": (bool,), "date": (bool,), "title": (str,),
    }  # fmt: skip
    given = {name: content[name] for name in kinds if name in content}
    for name, value in given.items():
        texts = [*value, *value.values()] if isinstance(value, dict) else []
        if not isinstance(value, kinds[name]) or not all(isinstance(text, str) for text in texts):
            raise ReportError(f"The report's {name} cannot be {value}.")
    return ReportOptions(**given)
