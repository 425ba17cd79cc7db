"""What is seen in a meeting: faces followed through all cameras, linked to voices, and what they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline import stages
from pipeline.engines import Engines
from pipeline.face.engines import Image
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
from pipeline.timeline.table import numbered, numbered_by_tier

if TYPE_CHECKING:
    import pandas as pd

MISSING = 5.0
"""Seconds of the meeting without pictures that the user is told of."""
BRIEF = 0.1
"""Share of a person's longest track below which another track hardly speaks for the person."""
NO_PORTRAIT = 3
"""Values of a picture of one pixel, which tracks have that met another one before a portrait was taken."""
PORTRAIT = 160
"""Pixels of a face from which a portrait gets no better."""


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
        Everybody who was seen, the one seen longest first.
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
    laughing: Mapping[str, Sequence[tuple[float, float]]],
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
    laughing : mapping of str to sequence of (start, end)
        When each participant laughs.
    """
    cameras = [
        Camera(recording, clock, stages.watch_faces(run, engines.face_reader, recording, number))
        for number, (recording, clock) in enumerate(recordings)
    ]
    _warn_of_missing_pictures(run, cameras, heard)
    people = find_people([camera.seen for camera in cameras])
    tables = {person.number + 1: _signals_of(person, cameras) for person in people}
    given = _given_faces(run, meeting, people, cameras)
    taking_part = {
        number: signals
        for number, signals in tables.items()
        if len(signals) and (people[number - 1].participant or number in given)
    }
    given = {number: who for number, who in given.items() if number in taking_part}
    whole = _one_each(taking_part, given)
    known = {given[number]: number for number in whole if number in given}
    links = link_voices(heard.speech, whole, run.settings.people.link, known=known)
    owners = _owners(run, meeting, heard, taking_part, links, given)
    portraits = _portraits(people, cameras)
    faces = tuple(_face(person, owners, links, meeting, cameras, portraits) for person in people)
    mine = {owners[number]: signals for number, signals in whole.items()}
    return Sight(_rows(run, mine, cameras, heard, laughing), _joined(owners, tables), faces)


def _warn_of_missing_pictures(run: Run, cameras: Sequence[Camera], heard: Heard) -> None:
    """Say where a video ends before the talk does."""
    last_word = max((end for spans in heard.speech.values() for _, end in spans), default=0.0)
    for camera in cameras:
        looks = camera.seen.looks["time"]
        end = camera.clock.meeting(float(looks.iloc[-1])) if len(looks) else 0.0
        if len(looks) and last_word - end > MISSING:
            run.warn(
                f"The pictures of {camera.recording.path.name} end at {end:.0f} s, "
                f"{last_word - end:.0f} s before the talk does; this file shows nothing after that."
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
) -> dict[int, str]:
    """Whose a face is as the meeting file says: by number, or alone in front of their camera."""
    numbers = {person.number + 1: person for person in people}
    paths = [camera.recording.path for camera in cameras]
    given: dict[int, str] = {}
    for participant in meeting.participants:
        if participant.camera and participant.camera not in paths:
            run.warn(f"{participant.camera.name}, the camera of {participant.id}, has no pictures.")
        for number in participant.face:
            if number in numbers:
                given[number] = participant.id
            else:
                run.warn(f"{participant.id} is said to be face {number}, but there is none.")
    claimed = [participant.camera or participant.file for participant in meeting.participants]
    for participant, own in zip(meeting.participants, claimed, strict=True):
        if participant.id in given.values() or own not in paths or claimed.count(own) > 1:
            continue
        alone = [
            number
            for number, person in numbers.items()
            if person.participant and {where for where, _ in person.tracks} == {paths.index(own)}
        ]
        if len(alone) == 1 and alone[0] not in given:
            given[alone[0]] = participant.id
    return given


def _one_each(faces: Mapping[int, pd.DataFrame], given: Mapping[int, str]) -> dict[int, pd.DataFrame]:
    """Signals of each person as one; those of somebody who was given several faces by the first one's number.

    Where a camera shows two of them in one picture, as calls show the speaker large and in a tile, the one
    that was named first counts.
    """
    import pandas as pd

    mine: dict[str, list[int]] = {}
    for number, who in given.items():
        mine.setdefault(who, []).append(number)
    whole = {number: signals for number, signals in faces.items() if number not in given}
    for numbers in mine.values():
        parts = pd.concat([faces[number] for number in numbers]).drop_duplicates(["camera", "time"])
        whole[numbers[0]] = parts.sort_values(["camera", "time"], ignore_index=True)
    return dict(sorted(whole.items()))


def _owners(
    run: Run,
    meeting: Meeting,
    heard: Heard,
    faces: Mapping[int, pd.DataFrame],
    links: Sequence[Link],
    given: Mapping[int, str],
) -> dict[int, str]:
    """Whose each face is; one that goes with no voice gets a name of its own."""
    owners = dict(given) | {link.face: link.voice for link in links}
    for who in dict.fromkeys(owners.values()):
        if who not in heard.speech:
            which = " and ".join(f"face {face}" for face in owners if owners[face] == who)
            run.warn(f"{who} is seen ({which}) but not heard; if one of the voices is theirs, add `voice`.")
    taken = {participant.id for participant in meeting.participants} | set(heard.speech)
    free = (name for i in range(1, len(taken) + len(faces) + 1) if (name := f"P{i}") not in taken)
    for face in faces:
        if face not in owners:
            owners[face] = next(free)
            alike = [number for number in faces if _never_together(faces[number], faces[face])]
            both = f" (`face: {sorted([alike[0], face])}` if both are one person)" if alike else ""
            run.warn(
                f"Whose voice goes with face {face} could not be told, so it is {owners[face]}; look at "
                f"faces.png and add `face: {face}` to a participant in meeting.yaml{both}."
            )
    return owners


def _never_together(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether no picture shows both faces, so that they may be one person's."""
    return one.merge(other, on=["camera", "time"]).empty


def _portraits(people: Sequence[Person], cameras: Sequence[Camera]) -> dict[int, Image]:
    """The picture by which each person is known best, by number.

    Each track keeps its own best picture, so the question is which track saw the face large, from the front
    and with open eyes. Brief tracks are not asked: that they are this person's is less certain.
    """
    tracks = {(track.camera, track.track): track for camera in cameras for track in camera.seen.tracks}
    worth: dict[tuple[int, int], float] = {}
    for camera in cameras:
        signals = camera.seen.signals
        clear = signals["quality"] * signals["size"].clip(upper=PORTRAIT) ** 0.5 * (1 - signals["blink"])
        best = clear.groupby([signals["camera"], signals["track"]]).max()
        worth |= dict(zip(best.index.tolist(), best.tolist(), strict=True))
    portraits: dict[int, Image] = {}
    for person in people:
        least = BRIEF * max(tracks[key].frames for key in person.tracks)
        long = [key for key in person.tracks if tracks[key].frames >= least]
        taken = [key for key in long if tracks[key].thumbnail.size > NO_PORTRAIT]
        chosen = max(taken or person.tracks, key=lambda key: worth.get(key, 0.0))
        portraits[person.number] = tracks[chosen].thumbnail
    return portraits


def _face(
    person: Person,
    owners: Mapping[int, str],
    links: Sequence[Link],
    meeting: Meeting,
    cameras: Sequence[Camera],
    portraits: Mapping[int, Image],
) -> Face:
    """What faces.png says of a person."""
    number = person.number + 1
    who = owners.get(number, "")
    link = next((link for link in links if link.voice == who), None)
    names = {participant.id: participant.name for participant in meeting.participants}
    nobody = person.reason or "seen only before the meeting began"
    return Face(
        number=number,
        participant=who,
        name=names.get(who, who),
        confidence=link.confidence if link else float("nan"),
        seconds=person.seconds,
        share=person.share,
        cameras=tuple(cameras[i].recording.path.name for i in sorted({where for where, _ in person.tracks})),
        reason=("" if link else "voice not known") if who else nobody,
        thumbnail=portraits[person.number],
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
    run: Run,
    faces: Mapping[str, pd.DataFrame],
    cameras: Sequence[Camera],
    heard: Heard,
    laughing: Mapping[str, Sequence[tuple[float, float]]],
) -> list[dict[str, Any]]:
    """Rows of the tiers that are seen, numbered."""
    settings = run.settings.face.events
    sizes = {i: (c.recording.video[0].width, c.recording.video[0].height) for i, c in enumerate(cameras)}
    sides: dict[str, dict[int, tuple[str, ...]]] = {who: {} for who in faces}
    for number in range(len(cameras)):
        together = {who: rows[rows["camera"] == number] for who, rows in faces.items()}
        found = partner_sides({who: rows for who, rows in together.items() if len(rows)})
        for who, where in found.items():
            sides[who][number] = where
    looked = {i: c.clock.meeting(c.seen.looks["time"].to_numpy(float)) for i, c in enumerate(cameras)}
    rows: list[dict[str, Any]] = []
    for who, signals in faces.items():
        others = [span for voice, spans in heard.speech.items() if voice != who for span in spans]
        talk = Talk(heard.speech.get(who, []), sorted(others), laughing.get(who, []))
        rows += face_rows(who, signals, looked, settings, talk=talk, sides=sides[who], pictures=sizes)
        if why := unreadable(signals, settings):
            run.warn(f"No nods or head shakes of {who} can be read: {why}.")
    rows = numbered_by_tier(rows)
    mutual = mutual_gaze_rows(row for row in rows if row["tier"] == "gaze")
    return rows + numbered(mutual, "mutual_gaze")
