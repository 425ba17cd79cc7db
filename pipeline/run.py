"""One meeting from its files to its timeline: the order of the stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline import stages
from pipeline.engines import Engines
from pipeline.errors import MediaError
from pipeline.hearing import Source, Track, hear_mixed, hear_separate, voice_names
from pipeline.laughing import Laughter, find_laughter, join_smiling
from pipeline.listening import listen
from pipeline.media.clock import Clock
from pipeline.media.decode import TrackSpec
from pipeline.media.probe import Recording, probe
from pipeline.meeting import Meeting, Participant
from pipeline.progress import Reporter, Speeds
from pipeline.publish import Result, publish
from pipeline.rapport.codebook import load_codebook
from pipeline.seeing import Sight, see
from pipeline.settings import Settings
from pipeline.stages import Run
from pipeline.store import Store
from pipeline.timeline.together import reciprocal_laughter_rows, smile_voice_rows
from pipeline.timeline.turns import turn_rows

MIX = TrackSpec()


def analyse(
    meeting: Meeting,
    settings: Settings,
    folder: Path,
    *,
    engines: Engines,
    reporter: Reporter,
    speeds: Speeds,
    speakers: int | None = None,
) -> Result:
    """Analyse one meeting and publish the result in a folder.

    Parameters
    ----------
    meeting : Meeting
        Its files and people.
    settings : Settings
        The configuration.
    folder : Path
        The meeting's folder among the outputs.
    engines : Engines
        Shared by the meetings of a call.
    reporter : Reporter
        Told what happens.
    speeds : Speeds
        Learns how long stages take.
    speakers : int, optional
        How many people speak, if the user knows.

    Raises
    ------
    RapportError
        With a sentence that says what to do.
    """
    codebook = load_codebook(settings.rapport.codebook) if settings.rapport.code else None
    recordings = [probe(file.path) for file in meeting.files]
    run = Run(Store(folder / ".stages"), settings, reporter, speeds)
    run.duration = max(recording.duration for recording in recordings)
    names = ["decode", "find speech", "transcribe"]
    names += [] if meeting.separate else ["diarise", "find short answers"]
    names += ["find laughter", "measure voices"] if settings.voice.listen else []
    watched = [r for r in recordings if r.has_pictures and settings.face.watch]
    names += ["watch faces"] if watched else []
    reporter.plan(run.duration, names)

    sources = _decode(run, meeting, recordings)
    expected = speakers or len(meeting.participants) or None
    tracks = _tracks(run, meeting, sources, expected)
    if tracks[0].participant is None:
        heard = hear_mixed(run, engines, meeting, tracks[0], expected)
    else:
        heard = hear_separate(run, engines, tracks)
    if meeting.separate and speakers not in (None, len(tracks)):
        run.warn(f"--speakers {speakers} is left aside: the meeting file gives {len(tracks)} participants.")
    laughter = find_laughter(run, engines.transcriber, tracks, heard) if settings.voice.listen else Laughter()
    rows = turn_rows(heard.speech, heard.words, settings.turns)
    said = listen(run, engines, tracks, heard, laughter) if settings.voice.listen else None
    clocks = _all_clocks(run, meeting, sources, recordings)
    cameras = [(recording, clocks[recording.path]) for recording in watched]
    sight = see(run, engines, meeting, cameras, heard, laughter.spans) if watched else Sight()
    rows += sight.rows + (said.rows if said else [])
    rows += join_smiling(laughter.rows, [row for row in sight.rows if row["tier"] == "smile"], heard)
    rows += smile_voice_rows(rows) + reciprocal_laughter_rows(rows)
    return publish(
        folder, meeting, run, recordings, clocks, heard, laughter, said, sight, rows, codebook=codebook
    )


# ------------------------------------------------------------------------------------------ sound


def _decode(run: Run, meeting: Meeting, recordings: Sequence[Recording]) -> list[Source]:
    """Decode every file that has sound, and find when each began."""
    if not any(recording.audio for recording in recordings):
        names = " and ".join(recording.path.name for recording in recordings)
        raise MediaError(
            f"{names} has no sound; give a recording with sound, or name a sound file in meeting.yaml."
        )
    sources = []
    for recording in recordings:
        if recording.audio:
            specs = _specs(meeting, recording)
            sources.append(Source(recording, stages.decode(run, recording, specs), specs))
    clocks = _clocks(run, meeting, sources)
    first = min(clock.offset for clock in clocks)
    return [replace(source, clock=clock.later(-first)) for source, clock in zip(sources, clocks, strict=True)]


def _specs(meeting: Meeting, recording: Recording) -> tuple[TrackSpec, ...]:
    """The tracks wanted of a file: the mix, and channels that are or may be one participant's."""
    if meeting.separate:
        mine = [p for p in meeting.participants if (p.file or meeting.files[0].path) == recording.path]
        return tuple(dict.fromkeys([_own_spec(p) for p in mine] or [MIX]))
    if len(recording.audio) == 1 and recording.audio[0].channels == 2 and len(meeting.files) == 1:
        return (MIX, TrackSpec(0, 0), TrackSpec(0, 1))
    return (MIX,)


def _own_spec(participant: Participant) -> TrackSpec:
    return MIX if participant.channel is None else TrackSpec(0, participant.channel)


def _clocks(run: Run, meeting: Meeting, sources: Sequence[Source]) -> list[Clock]:
    """How each file's time becomes the first one's: as given, else found from the common sound."""
    given = {file.path: file.offset for file in meeting.files}
    first = sources[0]
    clocks = [Clock(given[first.recording.path] or 0.0)]
    for source in sources[1:]:
        offset = given[source.recording.path]
        if offset is None:
            here, there = ((s.kept, s.sound(s.specs[0])) for s in (first, source))
            found = stages.synchronise(run, here, there, source.recording.path.name)
            clocks.append(found.later(clocks[0].offset))
        else:
            clocks.append(Clock(offset))
    return clocks


def _all_clocks(
    run: Run, meeting: Meeting, sources: Sequence[Source], recordings: Sequence[Recording]
) -> dict[Path, Clock]:
    """How the time of every file becomes the meeting's; one without sound needs a given offset."""
    clocks = {source.recording.path: source.clock for source in sources}
    given = {file.path: file.offset for file in meeting.files}
    first = sources[0]
    shift = first.clock.offset - (given[first.recording.path] or 0.0)
    for recording in recordings:
        if recording.path not in clocks:
            offset = given[recording.path]
            if offset is None:
                run.warn(
                    f"{recording.path.name} has no sound to be set in time by and is taken to start with "
                    f"{first.recording.path.name}; give its `offset` in meeting.yaml."
                )
                offset = given[first.recording.path] or 0.0
            clocks[recording.path] = Clock(offset + shift)
    return clocks


def _tracks(run: Run, meeting: Meeting, sources: Sequence[Source], expected: int | None) -> list[Track]:
    """The sound to listen to: one track for all, or one for each participant.

    The two channels of a recording are listened to apart if they carry one speaker each, unless another
    number of speakers is expected.
    """
    language = meeting.language or run.settings.speech.language
    if meeting.separate:
        by_path = {source.recording.path: source for source in sources}
        missing = [p.id for p in meeting.participants if (p.file or meeting.files[0].path) not in by_path]
        if missing:
            raise MediaError(f"The file of {missing[0]} has no sound; mend `file` in the meeting file.")
        return [
            Track(by_path[p.file or meeting.files[0].path], _own_spec(p), p.id, p.language or language)
            for p in meeting.participants
        ]
    first = sources[0]
    channels = first.specs[1:] if expected in (None, 2) else ()
    if channels and stages.separate_channels(run, first.kept, channels):
        run.warn("Each channel carries one speaker, so the channels tell who speaks.")
        names = voice_names(run, meeting, len(channels))
        return [Track(first, spec, name, language) for spec, name in zip(channels, names, strict=True)]
    return [Track(first, MIX, None, language)]
