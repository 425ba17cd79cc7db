"""What a meeting is made of: its files, who took part, and what people know that no machine can hear."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    ValidationError,
    field_validator,
    model_validator,
)

from pipeline.errors import SettingsError
from pipeline.settings import first_fault, read_yaml

FullPath = Annotated[Path, AfterValidator(Path.resolve)]
"""A path from the root, so that the same file is the same path wherever it is named."""


def _listed(value: Any) -> Any:
    """One number as a list of one; nothing as none."""
    return value if isinstance(value, list | tuple) else () if value is None else (value,)


Numbers = Annotated[tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_listed)]
"""A number or a list of numbers, counted from 1."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MeetingFile(_Strict):
    """One recording of the meeting: a camera, a sound recorder, one participant's own sound."""

    path: FullPath
    offset: float | None = Field(default=None, allow_inf_nan=False)
    """Seconds after the first file at which this one began; None: found from the sound both heard."""


class Participant(_Strict):
    """Somebody who takes part.

    Either a sound of their own, `file`, `channel` or both, or `voice` says which voice is theirs, or nothing.
    """

    id: str = Field(pattern=r"^\S+$")
    """Short code for tiers and transcripts, such as SP."""
    role: Literal["salesperson", "customer", "other"] = "other"
    pseudonym: str | None = None
    language: str | None = None
    file: FullPath | None = None
    """The file that holds this participant's own sound."""
    channel: int | None = Field(default=None, ge=0)
    """The channel with this participant's sound; of `file`, else of the first file."""
    voice: int | None = Field(default=None, ge=1)
    """The number of the voice in a mixed recording, in the order in which voices are first heard."""
    camera: FullPath | None = None
    """The file that shows this participant; by default `file`, where that has pictures."""
    face: Numbers = ()
    """The number of the face that is theirs, as ``faces.png`` shows it, or the numbers of several, where one
    person was taken for several; left out, it is found."""

    @property
    def name(self) -> str:
        """What the participant is called in what people read."""
        return self.pseudonym or self.id

    @property
    def own_sound(self) -> bool:
        """Whether a file or channel is theirs alone."""
        return self.file is not None or self.channel is not None


class Meeting(_Strict):
    """A meeting; see ``docs/meeting.md`` for the file that describes one."""

    name: str
    """Name of the folder in the outputs."""
    title: str | None = None
    start: datetime | None = None
    language: str | None = None
    consent: str | None = None
    files: tuple[MeetingFile, ...] = Field(min_length=1)
    participants: tuple[Participant, ...] = ()
    checklist: dict[str, bool] = Field(default_factory=dict)
    """Steps before the meeting that a person saw to, by their names in the codebook."""
    outcome: str | None = None
    next_step: str | None = None
    rating: float | None = Field(default=None, allow_inf_nan=False)
    """The customer's, on whatever scale was asked."""
    metadata: dict[str, bool | StrictInt | StrictFloat | str] = Field(default_factory=dict)
    """Whatever else a study compares by; ``dyad`` says which meetings are of the same two."""

    @property
    def roles(self) -> dict[str, str]:
        """The role of each participant."""
        return {person.id: person.role for person in self.participants}

    @field_validator("name")
    @classmethod
    def _names_a_folder(cls, name: str) -> str:
        if name != _folder_name(name):
            raise ValueError("it names a folder, so it must hold more than dots and blanks, and no / or \\")
        return name

    @model_validator(mode="after")
    def _consistent(self) -> Meeting:
        paths = [file.path for file in self.files]
        if twice := [path for path in paths if paths.count(path) > 1]:
            raise ValueError(f"the file {twice[0].name} is named twice")
        for person in self.participants:
            for path in (person.file, person.camera):
                if path is not None and path not in paths:
                    raise ValueError(
                        f"participant {person.id}'s file {path.name} is not among the meeting's files"
                    )
            if person.own_sound and person.voice is not None:
                raise ValueError(f"participant {person.id} has both a sound of their own and a voice")
        for one, other in combinations(self.participants, 2):
            if one.id == other.id:
                raise ValueError(f"two participants have the same id {one.id}")
            if common := self._common_claim(one, other):
                raise ValueError(f"participants {one.id} and {other.id} have the same {common}")
        owning = sum(person.own_sound for person in self.participants)
        if 0 < owning < len(self.participants):
            raise ValueError("either every participant has a file or channel of their own, or none")
        return self

    def _common_claim(self, one: Participant, other: Participant) -> str:
        """What two participants both claim; empty if there is nothing."""
        if one.voice is not None and one.voice == other.voice:
            return "voice"
        if common := sorted(set(one.face) & set(other.face)):
            return f"face, number {common[0]}"
        if not (one.own_sound and other.own_sound):
            return ""
        first = self.files[0].path
        if (one.file or first) != (other.file or first):
            return ""
        if one.channel is None or other.channel is None:  # a file without a channel is all of its channels
            return "file"
        return "channel" if one.channel == other.channel else ""

    @property
    def separate(self) -> bool:
        """Whether every participant has a file or channel of their own."""
        return bool(self.participants) and self.participants[0].own_sound


def meeting_of(path: Path) -> Meeting:
    """A meeting of one recording about which nothing else is known."""
    return Meeting(name=_folder_name(path.stem), files=(MeetingFile(path=path),))


def _folder_name(text: str) -> str:
    """The text where it is good for a folder's name, else the nearest that is."""
    name = re.sub(r"[/\\]", "_", text)
    return name if name.strip(" .") else "meeting"


def read_meeting(path: Path, recordings: tuple[Path, ...] = ()) -> Meeting:
    """Read ``meeting.yaml``.

    Parameters
    ----------
    path : Path
        The file. Paths in it are relative to its folder; ``files`` may be a single path.
    recordings : tuple of Path
        Recordings given beside it; they are the meeting's files where it names none.

    Raises
    ------
    SettingsError
        Where it is missing or holds something unknown or contradictory.
    """
    try:
        content = read_yaml(path, "meeting file")
    except ValueError as error:  # a date such as 2026-02-30: YAML makes dates while it reads
        raise SettingsError(f"In the meeting file {path}, a date or number is not valid: {error}.") from error
    if not isinstance(content, dict):
        raise SettingsError(f"The meeting file {path} must hold names and values; see docs/meeting.md.")
    try:
        entries = content.get("files") or [str(recording.resolve()) for recording in recordings]
        if isinstance(entries, str):
            entries = [entries]
        if not isinstance(entries, list):
            raise SettingsError(f"In the meeting file {path}, files: it must be a list of recordings.")
        files = [entry if isinstance(entry, dict) else {"path": entry} for entry in entries]
        people = content.get("participants") or []
        content["files"] = [_resolved(file, ("path",), path.parent) for file in files]
        content["participants"] = [_resolved(p, ("file", "camera"), path.parent) for p in people]
        if content.get("name") is None:
            name = path.stem if path.stem != "meeting" else path.resolve().parent.name
            content["name"] = _folder_name(name)
        return Meeting.model_validate(content)
    except ValidationError as error:
        raise SettingsError(f"In the meeting file {path}, {first_fault(error)}.") from error
    except (TypeError, AttributeError) as error:
        raise SettingsError(f"The meeting file {path} is laid out wrongly; see docs/meeting.md.") from error


def _resolved(entry: dict[str, object], keys: tuple[str, ...], folder: Path) -> dict[str, object]:
    """The entry with its paths taken relative to a folder."""
    paths = {key: folder / str(entry[key]) for key in keys if entry.get(key) is not None}
    return {**entry, **paths}
