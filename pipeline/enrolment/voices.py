"""The folder of learnt voices: one small file for each person, for its owner's eyes only."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.enrolment.prints import made_by, mean_voice
from pipeline.errors import RapportError, SettingsError, StorageError
from pipeline.speech.voiceprints import SIZE
from pipeline.store import alone, replacing

SUFFIX = ".voice.json"
NOTE = (
    "A voiceprint: biometric data of the person named here. Keep it only with their consent; "
    "`rapport voices forget` removes it."
)
LONGEST = 200
"""Letters that a name may have, as in the review."""


class VoiceFileError(RapportError):
    """A file of a voice cannot be read."""


@dataclass(frozen=True)
class Lesson:
    """What was learnt of somebody in one meeting.

    Attributes
    ----------
    meeting : str
        Name of the meeting.
    recording : str
        Hash of its recordings: what is learnt of them again takes the place of this.
    seconds : float
        Seconds of speech.
    learnt : str
        Date.
    model : str
        What made the vector; see `pipeline.enrolment.prints.made_by`.
    vector : ndarray, shape (192,)
        A unit vector.
    """

    meeting: str
    recording: str
    seconds: float
    learnt: str
    model: str
    vector: NDArray[np.float32]


@dataclass(frozen=True)
class Person:
    """Somebody whose voice was learnt, and the lessons."""

    name: str
    lessons: tuple[Lesson, ...]

    @property
    def seconds(self) -> float:
        """Seconds of speech that were learnt from in all."""
        return sum(lesson.seconds for lesson in self.lessons)

    @property
    def vector(self) -> NDArray[np.float32] | None:
        """The mean of the meetings' vectors; None where another model made all of them."""
        vectors = [lesson.vector for lesson in self.lessons if lesson.model == made_by()]
        return mean_voice(np.stack(vectors)) if vectors else None

    def with_lesson(self, lesson: Lesson) -> Person:
        """The person with a lesson; it takes the place of an earlier one of the same recordings."""
        others = [one for one in self.lessons if one.recording != lesson.recording]
        return replace(self, lessons=(*others, lesson))


@dataclass(frozen=True)
class Known:
    """What is in a folder of voices.

    Attributes
    ----------
    people : tuple of Person
        By name.
    doubts : tuple of str
        A sentence for each file that cannot be read or used.
    """

    people: tuple[Person, ...]
    doubts: tuple[str, ...] = ()

    def person(self, name: str) -> Person:
        """Somebody by name; without lessons where the name is new."""
        return next((one for one in self.people if one.name == name), Person(name, ()))


def spelt(name: str) -> str:
    """A name as it is compared: letters with accents may be written in two ways."""
    return unicodedata.normalize("NFC", name).strip()


def tidy(name: str) -> str:
    """A name as it is stored.

    Raises
    ------
    SettingsError
        Where it is no name.
    """
    name = spelt(name)
    if (
        not name
        or len(name) > LONGEST
        or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name)
    ):
        raise SettingsError(f"A name is one line of at most {LONGEST} letters.")
    return name


def file_of(folder: Path, name: str) -> Path:
    """Where somebody's voice is kept."""
    start = re.sub(r"[^\w-]+", "_", name)[:40]
    return folder / f"{start}-{hashlib.sha256(name.encode()).hexdigest()[:8]}{SUFFIX}"


def known_in(folder: Path) -> Known:
    """Read the voices of a folder; those that cannot be read are told and passed over.

    Raises
    ------
    SettingsError
        Where no voice was ever learnt there.
    """
    files = sorted(folder.glob(f"*{SUFFIX}"))
    if not files:
        raise SettingsError(
            f"There are no voices in {folder}; learn some with `rapport voices learn MEETING`, or name "
            "another folder with --voices."
        )
    people, doubts = [], []
    for path in files:
        try:
            person = read_voice(path)
        except VoiceFileError as error:
            doubts.append(str(error))
            continue
        people.append(person)
        if old := [lesson.meeting for lesson in person.lessons if lesson.model != made_by()]:
            doubts.append(
                f"{person.name} was learnt with another model in {', '.join(old)}, which is left aside; "
                "learn again with `rapport voices learn`."
            )
    return Known(tuple(sorted(people, key=lambda person: person.name)), tuple(doubts))


def read_voice(path: Path) -> Person:
    """Read one person's file.

    Raises
    ------
    VoiceFileError
        Where it is damaged.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        lessons = tuple(_lesson(one) for one in told["meetings"])
        if not lessons or tidy(told["name"]) != told["name"]:
            raise ValueError("nothing was learnt")
        return Person(told["name"], lessons)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, SettingsError) as error:
        raise VoiceFileError(
            f"The voice file {path} is damaged and left aside; remove it and learn the voice again."
        ) from error


def _lesson(told: dict[str, Any]) -> Lesson:
    vector = np.array([float(number) for number in told["vector"].split()], np.float32)
    if vector.shape != (SIZE,) or not np.isclose(np.linalg.norm(vector), 1, atol=0.01):
        raise ValueError("no unit vector")
    texts = {name: str(told[name]) for name in ("meeting", "recording", "learnt", "model")}
    return Lesson(seconds=float(told["seconds"]), vector=vector, **texts)


@contextmanager
def open_folder(folder: Path) -> Iterator[None]:
    """Hold a folder of voices alone; it is made, for its owner only, where it is missing.

    Raises
    ------
    StorageError
        Where it cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(folder):
            yield
    except OSError as error:
        raise _unwritable(folder) from error
    except StorageError as error:
        raise _unwritable(folder) from error


def _unwritable(folder: Path) -> StorageError:
    return StorageError(
        f"{folder} cannot be written; mend its permissions, free some disk, or name another folder with "
        "--voices."
    )


def keep(folder: Path, person: Person) -> Path:
    """Write somebody's file, whole or not at all, readable by its owner only; the caller holds the folder."""
    path = file_of(folder, person.name)
    with replacing(path) as new:
        new.unlink(missing_ok=True)  # of a killed run, perhaps with other permissions
        opened = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            file.write(_text(person))
    return path


def _text(person: Person) -> str:
    meetings = [
        {
            "meeting": lesson.meeting,
            "recording": lesson.recording,
            "seconds": round(lesson.seconds, 1),
            "learnt": lesson.learnt,
            "model": lesson.model,
            "vector": " ".join(f"{number:.5f}" for number in lesson.vector.tolist()),
        }
        for lesson in person.lessons
    ]
    content = {"name": person.name, "about": NOTE, "meetings": meetings}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def forget(folder: Path, names: Sequence[str]) -> list[Path]:
    """Remove the files of people, or of everybody where no name is given, damaged ones among them.

    Returns
    -------
    list of Path
        What was removed.

    Raises
    ------
    SettingsError
        Where nobody of a name is known; then nothing is removed.
    """
    if not _files(folder):
        known_in(folder)  # says so
    with open_folder(folder):
        files = _files(folder)
        if names:
            of_each = {name: [path for path in files if _is_of(path, tidy(name))] for name in names}
            if missing := [name for name, own in of_each.items() if not own]:
                there = ", ".join(person.name for person in known_in(folder).people) or "nobody"
                raise SettingsError(f"No voice of {missing[0]} is in {folder}; there is: {there}.")
            files = list(dict.fromkeys(path for own in of_each.values() for path in own))
        for path in files:
            path.unlink(missing_ok=True)
    return files


def _files(folder: Path) -> list[Path]:
    """Files of voices, copies and what a kill left half written among them."""
    return sorted({*folder.glob(f"*{SUFFIX}"), *folder.glob(f".*{SUFFIX}.*")})


def _is_of(path: Path, name: str) -> bool:
    """Whether a file is a person's, by what it is called or by the name in it."""
    own = file_of(path.parent, name).name
    if path.name == own or path.name.startswith(f".{own}."):
        return True
    try:
        return read_voice(path).name == name
    except VoiceFileError:
        return False
