"""What a meeting is made of: its files, who took part, and what people know that no machine can hear."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import SettingsError
from pipeline.settings import first_fault, read_yaml


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MeetingFile(_Strict):
    """One recording of the meeting: a camera, a sound recorder, one participant's own sound."""

    path: Path
    offset: float | None = None
    """Seconds after the first file at which this one began; None: found from the sound both heard."""


class Participant(_Strict):
    """Somebody who takes part.

    At most one of `file` (with or without `channel`) and `voice` says which voice is theirs.
    """

    id: str = Field(pattern=r"^\S+$")
    """Short code for tiers and transcripts, such as SP."""
    role: Literal["salesperson", "customer", "other"] = "other"
    pseudonym: str | None = None
    language: str | None = None
    file: Path | None = None
    """The file that holds this participant's own sound."""
    channel: int | None = Field(default=None, ge=0)
    """The channel with this participant's sound; of `file`, else of the first file."""
    voice: int | None = Field(default=None, ge=1)
    """The number of the voice in a mixed recording, in the order in which voices are first heard."""
    camera: Path | None = None
    """The file that shows this participant."""

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

    name: str = Field(pattern=r"^[^/\\]+$")
    """Name of the folder in the outputs."""
    title: str | None = None
    start: datetime | None = None
    language: str | None = None
    consent: str | None = None
    files: tuple[MeetingFile, ...] = Field(min_length=1)
    participants: tuple[Participant, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Meeting:
        paths = {file.path for file in self.files}
        ids = [participant.id for participant in self.participants]
        if len(set(ids)) < len(ids):
            raise ValueError("two participants have the same id")
        for participant in self.participants:
            for path in (participant.file, participant.camera):
                if path is not None and path not in paths:
                    raise ValueError(f"{participant.id}'s file {path.name} is not among the meeting's files")
        owning = sum(participant.own_sound for participant in self.participants)
        if 0 < owning < len(self.participants):
            raise ValueError("either every participant has a file or channel of their own, or none")
        return self

    @property
    def separate(self) -> bool:
        """Whether every participant has a file or channel of their own."""
        return bool(self.participants) and self.participants[0].own_sound


def meeting_of(path: Path) -> Meeting:
    """A meeting of one recording about which nothing else is known."""
    return Meeting(name=path.stem or path.name, files=(MeetingFile(path=path),))


def read_meeting(path: Path, recordings: tuple[Path, ...] = ()) -> Meeting:
    """Read ``meeting.yaml``.

    Parameters
    ----------
    path : Path
        The file. Paths in it are relative to its folder.
    recordings : tuple of Path
        Recordings given beside it; they are the meeting's files where it names none.

    Raises
    ------
    SettingsError
        Where it is missing or holds something unknown or contradictory.
    """
    content = read_yaml(path, "meeting file")
    if not isinstance(content, dict):
        raise SettingsError(f"The meeting file {path} must hold names and values; see docs/meeting.md.")
    try:
        entries = content.get("files") or [{"path": str(p.resolve())} for p in recordings]
        files = [entry if isinstance(entry, dict) else {"path": entry} for entry in entries]
        people = content.get("participants") or []
        content["files"] = [_resolved(file, ("path",), path.parent) for file in files]
        content["participants"] = [_resolved(p, ("file", "camera"), path.parent) for p in people]
        content.setdefault("name", path.stem if path.stem != "meeting" else path.resolve().parent.name)
        return Meeting.model_validate(content)
    except ValidationError as error:
        raise SettingsError(f"In the meeting file {path}, {first_fault(error)}.") from error
    except (TypeError, AttributeError) as error:
        raise SettingsError(f"The meeting file {path} is laid out wrongly; see docs/meeting.md.") from error


def _resolved(entry: dict[str, object], keys: tuple[str, ...], folder: Path) -> dict[str, object]:
    """The entry with its paths taken relative to a folder."""
    paths = {key: folder / str(entry[key]) for key in keys if entry.get(key) is not None}
    return {**entry, **paths}
