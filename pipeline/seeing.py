"""What is seen in a meeting: faces followed through all cameras, linked to voices, and what they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline import stages
from pipeline.engines import Engines
from pipeline.face.identity import Person, find_people
from pipeline.face.rows import Talk, face_rows, mutual_gaze_rows, unreadable
from pipeline.face.seen import Seen
from pipeline.hearing import Heard
from pipeline.media.clock import Clock
from pipeline.media.probe import Recording
from pipeline.meeting import Meeting
from pipeline.people.link import Link, link_voices
from pipeline.people.seating import partner_sides
from pipeline.people.sheet import Face
from pipeline.stages import Run
from pipeline.timeline.table import numbered

if TYPE_CHECKING:
    import pandas as pd

MISSING = 5.0
"""Seconds of the meeting without pictures that the user is told of."""


@dataclass(frozen=True)
class Camera:
    """A recording with pictures, and what was seen in it.

    Attributes
    ----------
    recording : Recording
        The file.
    clock : Clock
        How its time becomes the meeting's.
    seen : Seen
        In the recording's time.
    """

    recording: Recording
    clock: Clock
    seen: Seen


@dataclass(frozen=True)
class Sight:
    """What was seen, in the meeting's time.

    Attributes
    ----------
    rows : list of dict
        Rows of the timeline.
    signals : DataFrame or None
        Signals of the participants' faces, with the columns `participant` and `face`; None without a face.
    faces : tuple of Face
        Everybody who was seen, participants first.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    signals: pd.DataFrame | None = None
    faces: tuple[Face, ...] = ()


def see(
    run: Run,
    engines: Engines,
    meeting: Meeting,
    recordings: Sequence[tuple[Recording, Clock]],
    heard: Heard,
) -> Sight:
    """Watch every camera of a meeting and put what faces did under the right participants.

    Parameters
    ----------
    run : Run
        The meeting on its way.
    engines : Engines
        Shared by the meetings of a call.
    meeting : Meeting
        Its files and people.
    recordings : sequence of (Recording, Clock)
        The files with pictures.
    heard : Heard
        Who speaks when.
    """
    cameras = [
        Camera(recording, clock, stages.watch_faces(run, engines.face_reader, recording, number))
        for number, (recording, clock) in enumerate(recordings)
    ]
    _warn_of_missing_pictures(run, cameras, heard)
    people = find_people([camera.seen for camera in cameras])
    tables = {person.number + 1: _signals_of(person, cameras) for person in people}
    known = _given_faces(run, meeting, people, cameras)
    taking_part = {
        number: signals
        for number, signals in tables.items()
        if len(signals) and (people[number - 1].participant or number in known.values())
    }
    links = link_voices(heard.speech, taking_part, run.settings.people.link, known=known)
    owners = _owners(run, meeting, heard, taking_part, links, known)
    faces = tuple(_face(person, owners, links, meeting, cameras) for person in people)
    mine = {who: tables[number] for number, who in owners.items()}
    return Sight(_rows(run, mine, cameras, heard), _joined(owners, tables), faces)


def _warn_of_missing_pictures(run: Run, cameras: Sequence[Camera], heard: Heard) -> None:
    """Say where a video ends before the talk does."""
    last_word = max((end for spans in heard.speech.values() for _, end in spans), default=0.0)
    for camera in cameras:
        looks = camera.seen.looks["time"]
        end = camera.clock.meeting(float(looks.iloc[-1])) if len(looks) else 0.0
        if len(looks) and last_word - end > MISSING:
            run.warn(
                f"The pictures of {camera.recording.path.name} end at {end:.0f} s, "
                f"{last_word - end:.0f} s before the talk does; nothing was seen after that."
            )


def _signals_of(person: Person, cameras: Sequence[Camera]) -> pd.DataFrame:
    """Signals of one person in all cameras, in the meeting's time, from its beginning."""
    import pandas as pd

    parts = []
    for number, camera in enumerate(cameras):
        tracks = [track for where, track in person.tracks if where == number]
        rows = camera.seen.signals[camera.seen.signals["track"].isin(tracks)]
        parts.append(rows.assign(time=camera.clock.meeting(rows["time"].to_numpy(float))))
    table = pd.concat(parts, ignore_index=True)
    return table[table["time"] >= 0].sort_values(["camera", "time"], ignore_index=True)


def _given_faces(
    run: Run, meeting: Meeting, people: Sequence[Person], cameras: Sequence[Camera]
) -> dict[str, int]:
    """Faces that the meeting file gives to participants: by number, or alone in front of their camera."""
    numbers = {person.number + 1: person for person in people}
    paths = [camera.recording.path for camera in cameras]
    given: dict[str, int] = {}
    for participant in meeting.participants:
        if participant.face in numbers:
            given[participant.id] = participant.face
        elif participant.face is not None:
            run.warn(f"{participant.id} is said to be face {participant.face}, but there is none.")
    claimed = [participant.camera or participant.file for participant in meeting.participants]
    for participant, own in zip(meeting.participants, claimed, strict=True):
        if participant.id in given or own not in paths or claimed.count(own) > 1:
            continue
        alone = [
            number
            for number, person in numbers.items()
            if person.participant and {where for where, _ in person.tracks} == {paths.index(own)}
        ]
        if len(alone) == 1 and alone[0] not in given.values():
            given[participant.id] = alone[0]
    return given


def _owners(
    run: Run,
    meeting: Meeting,
    heard: Heard,
    faces: Mapping[int, pd.DataFrame],
    links: Sequence[Link],
    known: Mapping[str, int],
) -> dict[int, str]:
    """Whose each face is; one that goes with no voice gets a name of its own."""
    owners = {face: who for who, face in known.items() if face in faces}
    owners |= {link.face: link.voice for link in links}
    for face, who in owners.items():
        if who not in heard.speech:
            run.warn(
                f"{who} is seen (face {face}) but not heard; if one of the voices is theirs, add `voice`."
            )
    taken = {participant.id for participant in meeting.participants} | set(heard.speech)
    free = (name for i in range(1, len(taken) + len(faces) + 1) if (name := f"P{i}") not in taken)
    for face in faces:
        if face not in owners:
            owners[face] = next(free)
            run.warn(
                f"Whose voice goes with face {face} could not be told, so it is {owners[face]}; look at "
                f"faces.png and add `face: {face}` to a participant in meeting.yaml."
            )
    return owners


def _face(
    person: Person,
    owners: Mapping[int, str],
    links: Sequence[Link],
    meeting: Meeting,
    cameras: Sequence[Camera],
) -> Face:
    """What faces.png says of a person."""
    number = person.number + 1
    who = owners.get(number, "")
    link = next((link for link in links if link.face == number), None)
    names = {participant.id: participant.name for participant in meeting.participants}
    tracks = {(track.camera, track.track): track for camera in cameras for track in camera.seen.tracks}
    best = max((tracks[key] for key in person.tracks), key=lambda track: (track.frames, track.size))
    return Face(
        number=number,
        participant=who,
        name=names.get(who, who),
        confidence=link.confidence if link else float("nan"),
        seconds=person.seconds,
        share=person.share,
        cameras=tuple(cameras[i].recording.path.name for i in sorted({where for where, _ in person.tracks})),
        reason=("" if link else "voice not known") if who else person.reason,
        thumbnail=best.thumbnail,
    )


def _joined(owners: Mapping[int, str], tables: Mapping[int, pd.DataFrame]) -> pd.DataFrame | None:
    """All participants' signals in one table."""
    import pandas as pd

    if not owners:
        return None
    parts = [tables[number].assign(participant=who, face=number) for number, who in sorted(owners.items())]
    table = pd.concat(parts, ignore_index=True)
    first = ["participant", "face", "camera", "track", "time"]
    return table[first + [name for name in table.columns if name not in first]]


def _rows(
    run: Run, faces: Mapping[str, pd.DataFrame], cameras: Sequence[Camera], heard: Heard
) -> list[dict[str, Any]]:
    """Rows of the tiers that are seen, numbered."""
    import numpy as np

    settings = run.settings.face.events
    sizes = {i: (c.recording.video[0].width, c.recording.video[0].height) for i, c in enumerate(cameras)}
    sides: dict[str, dict[int, tuple[str, ...]]] = {who: {} for who in faces}
    for number in range(len(cameras)):
        together = {who: rows[rows["camera"] == number] for who, rows in faces.items()}
        found = partner_sides({who: rows for who, rows in together.items() if len(rows)})
        for who, where in found.items():
            sides[who][number] = where
    looked = [camera.clock.meeting(camera.seen.looks["time"].to_numpy(float)) for camera in cameras]
    rows: list[dict[str, Any]] = []
    for who, signals in faces.items():
        others = [span for voice, spans in heard.speech.items() if voice != who for span in spans]
        talk = Talk(heard.speech.get(who, []), sorted(others))
        seen_by = sorted(set(signals["camera"]))
        times = np.concatenate([looked[i] for i in seen_by]) if seen_by else np.zeros(0)
        rows += face_rows(who, signals, times, settings, talk=talk, sides=sides[who], pictures=sizes)
        if why := unreadable(signals, settings):
            run.warn(f"No nods or head shakes of {who} can be read: {why}.")
    tiers = sorted({row["tier"] for row in rows})
    rows = [row for tier in tiers for row in numbered((r for r in rows if r["tier"] == tier), tier)]
    mutual = mutual_gaze_rows(row for row in rows if row["tier"] == "gaze")
    return rows + numbered(mutual, "mutual_gaze")
