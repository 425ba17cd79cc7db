"""``rapport voices learn``: voiceprints of people of an analysed meeting, by the names they have there."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.enrolment.alone import alone as alone_in
from pipeline.enrolment.assign import THRESHOLD
from pipeline.enrolment.named import names_given, voices_of
from pipeline.enrolment.prints import Voiceprint, made_by, voiceprint
from pipeline.enrolment.sounds import sounds_of
from pipeline.enrolment.voices import (
    Known,
    Lesson,
    Person,
    file_of,
    keep,
    known_in,
    open_folder,
    read_voice,
    tidy,
)
from pipeline.errors import SettingsError
from pipeline.manifest import names_of, read_manifest
from pipeline.store import alone
from pipeline.timeline.table import read

if TYPE_CHECKING:
    import pandas as pd

LEAST = 10.0
"""Seconds that somebody must speak alone in a meeting for their voice to be learnt from it."""


@dataclass(frozen=True)
class Learnt:
    """What came of learning somebody's voice.

    Attributes
    ----------
    name : str
    seconds : float
        Seconds of speech, those that there are where they are too few.
    path : Path, optional
        The file; None where they are too few.
    doubts : tuple of str
        What the user should look at.
    """

    name: str
    seconds: float
    path: Path | None
    doubts: tuple[str, ...] = ()


def read_meeting(folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """Manifest and timeline of an analysed meeting, of the same moment."""
    read_manifest(folder)  # no lock is laid where no meeting is
    with alone(folder):
        return read_manifest(folder), read(folder / "timeline.parquet")


def learn(folder: Path, names: Sequence[str], voices: Path) -> list[Learnt]:
    """Learn the voices of people of an analysed meeting.

    Parameters
    ----------
    folder : Path
        The meeting's.
    names : sequence of str
        Their names in the meeting, or their codes; everybody whom a person or the meeting file named if none.
        Somebody who has a name by voice only is learnt only if named here, so that one mistake does not
        teach the next.
    voices : Path
        Folder of the voices.

    Returns
    -------
    list of Learnt

    Raises
    ------
    RapportError
        Where nobody has a name, nobody is called so, the sound cannot be had, or what was learnt before is
        damaged; then nothing is learnt.
    """
    manifest, table = read_meeting(folder)
    chosen = _chosen(folder.resolve().name, manifest, table, names)
    for path in (file_of(voices, name) for name in chosen.values()):
        if path.exists():
            read_voice(path)  # what is damaged is not replaced: it may hold lessons of other meetings
    found = []
    with sounds_of(folder, manifest) as sounds:
        for who, name in chosen.items():
            spans = alone_in(table, who)
            seconds = sum(end - start for start, end in spans)
            heard = voiceprint(*sounds.of(who), spans) if seconds >= LEAST else None
            if heard and heard.seconds < LEAST:  # the rest of it is silence
                seconds, heard = heard.seconds, None
            found.append((name, seconds, heard))
    with open_folder(voices):
        return [_kept(voices, folder, manifest, *one) for one in found]


def _chosen(
    meeting: str, manifest: Mapping[str, Any], table: pd.DataFrame, names: Sequence[str]
) -> dict[str, str]:
    """Whose voices to learn, and under which names, by id."""
    called, heard = names_of(manifest, table), voices_of(table)
    if not names:
        chosen = {who: tidy(name) for who, name in names_given(manifest).items() if who in heard}
        if not chosen:
            raise SettingsError(
                f"Nobody who is heard in {meeting} was given a name; name people in `rapport review` or in "
                "the meeting file first."
            )
    else:
        chosen = {_who(name, meeting, called, heard): name for name in map(tidy, names)}
        chosen = {who: tidy(called[who]) for who in chosen}
    counts = Counter(called[who] for who in heard)
    for who, name in chosen.items():
        if name == who or re.fullmatch(r"P\d+", name):
            raise SettingsError(f"{name} in {meeting} has no name yet; give one in `rapport review` first.")
        if counts[called[who]] > 1:
            raise SettingsError(f"Two people in {meeting} are called {name}; rename one of them first.")
    return chosen


def _who(name: str, meeting: str, called: Mapping[str, str], heard: Sequence[str]) -> str:
    for who in heard:
        if name in (who, tidy(called[who])):
            return who
    there = ", ".join(called[who] for who in heard) or "nobody"
    raise SettingsError(f"Nobody who is heard in {meeting} is called {name}; there is: {there}.")


def _kept(
    voices: Path,
    folder: Path,
    manifest: Mapping[str, Any],
    name: str,
    seconds: float,
    heard: Voiceprint | None,
) -> Learnt:
    if heard is None:
        return Learnt(name, seconds, None)
    known = known_in(voices) if any(voices.glob("*.voice.json")) else Known(())
    before, lesson = known.person(name), _lesson(folder, manifest, heard)
    path = keep(voices, before.with_lesson(lesson))
    return Learnt(name, heard.seconds, path, tuple(_doubts(before, lesson, known)))


def _lesson(folder: Path, manifest: Mapping[str, Any], heard: Voiceprint) -> Lesson:
    recordings = " ".join(file["sha256"] for file in manifest["files"])
    return Lesson(
        folder.resolve().name,
        hashlib.sha256(recordings.encode()).hexdigest()[:16],
        heard.seconds,
        datetime.now(timezone.utc).date().isoformat(),
        made_by(),
        heard.vector,
    )


def _doubts(before: Person, lesson: Lesson, known: Known) -> list[str]:
    """What is odd about a lesson: unlike what was learnt of the person before, or like somebody else."""
    doubts = []
    others = [one for one in before.lessons if one.recording != lesson.recording]
    if (earlier := Person(before.name, tuple(others)).vector if others else None) is not None:
        alike = float(np.dot(earlier, lesson.vector))
        if alike < THRESHOLD:
            doubts.append(
                f"{before.name} sounds unlike {before.name} in {', '.join(one.meeting for one in others)} "
                f"(similarity {alike:.2f}): check that it is the same person; else forget and learn again."
            )
    for person in known.people:
        if person.name != before.name and (vector := person.vector) is not None:
            alike = float(np.dot(vector, lesson.vector))
            if alike >= THRESHOLD:
                doubts.append(
                    f"{before.name} sounds like {person.name} (similarity {alike:.2f}): is it one person "
                    "under two names? Neither is recognised for sure now."
                )
    return doubts
