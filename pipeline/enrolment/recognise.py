"""``rapport voices recognise``: voices of analysed meetings get the names of people whose voices are known.

A name is given as a rename in the review page is: journalled, seen by open pages, kept through another
analysis. So what somebody does in a page meanwhile is not lost, and the name can be changed there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.enrolment.alone import Span
from pipeline.enrolment.alone import alone as alone_in
from pipeline.enrolment.assign import Match, assign
from pipeline.enrolment.learn import read_meeting
from pipeline.enrolment.named import RECOGNISED, names_given, recognised, voices_of
from pipeline.enrolment.prints import made_by, voiceprint
from pipeline.enrolment.sounds import sounds_of
from pipeline.enrolment.voices import Known, spelt
from pipeline.errors import SettingsError
from pipeline.manifest import names_of, people_of, read_manifest, write_manifest, write_transcript
from pipeline.review.desk import Desk
from pipeline.store import alone

if TYPE_CHECKING:
    import pandas as pd

LEAST = 5.0
"""Seconds that a voice must speak alone to be recognised."""
CODER = "voices"
"""Whose edit a name is in the journal, unless the user says."""


@dataclass(frozen=True)
class Voice:
    """A voice of a meeting, and what was found.

    Attributes
    ----------
    id : str
        Of the participant.
    name : str
        What they are called now.
    seconds : float
        Seconds in which they speak alone.
    similarity : float
        To the person whose voice is nearest; NaN where it was not compared.
    how : str
        ``given`` by a person or a meeting file, ``recognised`` now, ``before`` where it was recognised by an
        earlier call, ``changed`` where a person took a recognised name back, ``short``, ``unknown``.
    note : str
        Why it is unknown, in a few words.
    """

    id: str
    name: str
    seconds: float
    similarity: float = float("nan")
    how: str = "given"
    note: str = ""


@dataclass(frozen=True)
class Recognition:
    """A meeting's voices."""

    folder: Path
    voices: tuple[Voice, ...]

    @property
    def new(self) -> tuple[Voice, ...]:
        """Those who were recognised now."""
        return tuple(voice for voice in self.voices if voice.how == RECOGNISED)


@dataclass
class _Heard:
    """Voices that may be compared, with their vectors."""

    ids: list[str] = field(default_factory=list)
    vectors: list[NDArray[np.float32]] = field(default_factory=list)


def recognise(folder: Path, known: Known, *, coder: str = CODER, write: bool = True) -> Recognition:
    """Name the voices of one analysed meeting that nobody named.

    Parameters
    ----------
    folder : Path
        The meeting's.
    known : Known
        People and their voices.
    coder : str
        Whose edit it is in the meeting's journal; that person can undo it in the review.
    write : bool
        False to find out only.

    Raises
    ------
    RapportError
        Where there is no such meeting, no sound, or nobody to compare with; then nothing is changed.
    """
    people = [(person.name, vector) for person in known.people if (vector := person.vector) is not None]
    if not people:
        raise SettingsError(
            "No learnt voice can be used; learn voices again with `rapport voices learn MEETING`."
        )
    manifest, table = read_meeting(folder)
    spans = {who: alone_in(table, who) for who in voices_of(table)}
    free = [who for who in spans if _free(manifest, who)]
    heard = _listen(folder, manifest, {who: spans[who] for who in free})
    matches = _matches(heard, people, _taken(manifest, table))
    found = [_voice(manifest, who, own, matches.get(who), people) for who, own in spans.items()]
    if write and any(voice.how == RECOGNISED for voice in found):
        found = _name(folder, found, coder)
    return Recognition(folder, tuple(found))


def _free(manifest: Mapping[str, Any], who: str) -> bool:
    """Whether a voice may get a name: nobody gave one, nor took a recognised one back."""
    return who not in names_given(manifest) and who not in recognised(manifest)


def _listen(folder: Path, manifest: Mapping[str, Any], spans: Mapping[str, Sequence[Span]]) -> _Heard:
    heard = _Heard()
    with sounds_of(folder, manifest) as sounds:
        for who, own in spans.items():
            if _seconds(own) >= LEAST:
                found = voiceprint(*sounds.of(who), own)
                if found.seconds >= LEAST:
                    heard.ids.append(who)
                    heard.vectors.append(found.vector)
    return heard


def _taken(manifest: Mapping[str, Any], table: pd.DataFrame) -> set[str]:
    """Names in a meeting, also of those whom its file lists and nobody hears."""
    return set(map(spelt, [*names_of(manifest, table).values(), *people_of(manifest).values()]))


def _seconds(spans: Sequence[Span]) -> float:
    return sum(end - start for start, end in spans)


def _matches(
    heard: _Heard, people: Sequence[tuple[str, NDArray[np.float32]]], names: set[str]
) -> dict[str, Match]:
    """What was decided of each voice that was compared, by id."""
    if not heard.ids:
        return {}
    similarity = np.stack(heard.vectors) @ np.stack([vector for _, vector in people]).T
    taken = [i for i, (name, _) in enumerate(people) if name in names]
    return dict(zip(heard.ids, assign(similarity, taken), strict=True))


def _voice(
    manifest: Mapping[str, Any],
    who: str,
    spans: Sequence[Span],
    match: Match | None,
    people: Sequence[tuple[str, NDArray[np.float32]]],
) -> Voice:
    name, seconds, before = people_of(manifest).get(who, who), _seconds(spans), recognised(manifest).get(who)
    if before is not None:
        return Voice(who, name, seconds, how="before" if before == name else "changed")
    if who in names_given(manifest):
        return Voice(who, name, seconds)
    if match is None:
        return Voice(who, name, seconds, how="short", note=f"{LEAST:g} s of speech alone are needed")
    if match.person is not None:
        return Voice(who, people[match.person][0], seconds, match.similarity, RECOGNISED)
    return Voice(who, name, seconds, match.similarity, "unknown", _why(match, people))


def _why(match: Match, people: Sequence[tuple[str, NDArray[np.float32]]]) -> str:
    like = people[match.nearest][0] if match.nearest is not None else ""
    return {
        "far": "like nobody who is known",
        "close": f"like {like}, but like somebody else as well",
        "taken": f"like {like}, who is in the meeting already",
    }[match.why]


# ------------------------------------------------------------------------------------------ naming


def _name(folder: Path, found: Sequence[Voice], coder: str) -> list[Voice]:
    """Give the names, unless somebody gave one while the voices were listened to."""
    desk = Desk(folder)
    with alone(folder):
        table, version = desk.look()
        manifest = read_manifest(folder)
        settled = [_settled(voice, manifest, table) for voice in found]
        new = [voice for voice in settled if voice.how == RECOGNISED]
        if new:
            edits = [{"do": "rename", "participant": voice.id, "name": voice.name} for voice in new]
            write_manifest(folder, _vouched(manifest, new))  # first: no name by voice passes for a person's
            try:
                desk.edit(coder, version, edits)
            except Exception:
                write_manifest(folder, manifest)
                raise
            write_transcript(folder, read_manifest(folder), table)
    return settled


def _settled(voice: Voice, manifest: Mapping[str, Any], table: pd.DataFrame) -> Voice:
    """A recognised voice as it was found, or as somebody has named it or another one since."""
    names, taken = names_of(manifest, table), _taken(manifest, table)
    free = _free(manifest, voice.id) and voice.id in names and voice.name not in taken
    if voice.how != RECOGNISED or free:
        return voice
    now = names.get(voice.id, voice.id)
    return Voice(voice.id, now, voice.seconds, voice.similarity, "unknown", "changed by somebody meanwhile")


def _vouched(manifest: Mapping[str, Any], new: Sequence[Voice]) -> dict[str, Any]:
    """A manifest that says where names came from."""
    date = datetime.now(timezone.utc).date().isoformat()
    about = {
        voice.id: {
            "name": voice.name, "similarity": round(voice.similarity, 3), "model": made_by(), "date": date,
        }
        for voice in new
    }  # fmt: skip
    return {**manifest, RECOGNISED: {**manifest.get(RECOGNISED, {}), **about}}
