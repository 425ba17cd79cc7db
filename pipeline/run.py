"""One meeting from its files to its timeline: the order of the stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import stages
from pipeline.errors import MediaError
from pipeline.media.decode import TrackSpec
from pipeline.media.probe import Recording, probe
from pipeline.media.sound import Sound
from pipeline.meeting import Meeting, Participant
from pipeline.progress import Reporter, Speeds
from pipeline.publish import Result, publish
from pipeline.settings import Settings
from pipeline.speech.attribute import attribute, snap_words, stretches, unanswered
from pipeline.speech.channels import own_speech, own_words
from pipeline.speech.edges import Span, find_speech
from pipeline.speech.engines import Activity, Diariser, Transcriber, load_engine
from pipeline.speech.segmentation import Segmentation
from pipeline.speech.transcribe import Transcript
from pipeline.stages import Kept, Run
from pipeline.store import Store
from pipeline.timeline.turns import turn_rows

MIX = TrackSpec()
Curve = tuple[NDArray[np.floating], NDArray[np.floating]]


class Engines:
    """The configured engines, each made when first needed and kept for all meetings of a call."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def transcriber(self) -> Transcriber:
        """Turns sound into words."""
        return self._load("transcribers", self._settings.speech.transcriber)

    @cached_property
    def diariser(self) -> Diariser:
        """Tells voices apart."""
        return self._load("diarisers", self._settings.speech.diariser)

    def _load(self, kind: str, chosen: Any) -> Any:
        return load_engine(kind, chosen.engine, chosen.options, threads=self._settings.threads)


@dataclass(frozen=True)
class Source:
    """One file of the meeting.

    Attributes
    ----------
    recording : Recording
        What is in it.
    kept : Kept
        Its decoded tracks.
    specs : tuple of TrackSpec
        Which tracks those are.
    offset : float
        Seconds to add to the file's time to get the meeting's time.
    """

    recording: Recording
    kept: Kept
    specs: tuple[TrackSpec, ...]
    offset: float = 0.0

    def sound(self, spec: TrackSpec) -> Sound:
        """A decoded track."""
        return Sound.open(stages.track_file(self.kept, spec))


@dataclass(frozen=True)
class Track:
    """Sound in which words are looked for: everybody's, or one participant's."""

    source: Source
    spec: TrackSpec
    participant: str | None
    language: str | None

    @property
    def key(self) -> str:
        """What the sound was made of."""
        return f"{self.source.kept.key} {self.spec}"


@dataclass
class Heard:
    """What was heard, in the meeting's time."""

    speech: dict[str, list[Span]] = field(default_factory=dict)
    words: list[dict[str, Any]] = field(default_factory=list)
    language: str = ""
    probability: dict[str, Curve] = field(default_factory=dict)
    """How probable it is that each participant speaks: times and values."""


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
    recordings = [probe(file.path) for file in meeting.files]
    run = Run(Store(folder / ".stages"), settings, reporter, speeds)
    run.duration = max(recording.duration for recording in recordings)
    names = ["decode", "find speech", "transcribe"]
    names += [] if meeting.separate else ["diarise", "find short answers"]
    reporter.plan(run.duration, names)

    sources = _decode(run, meeting, recordings)
    tracks = _tracks(run, meeting, sources)
    if tracks[0].participant is None:
        heard = _hear_mixed(run, engines, meeting, tracks[0], speakers or len(meeting.participants) or None)
    else:
        heard = _hear_separate(run, engines, tracks)
    if meeting.separate and speakers not in (None, len(tracks)):
        run.warn(f"--speakers {speakers} is left aside: the meeting file gives {len(tracks)} participants.")
    rows = turn_rows(heard.speech, heard.words, settings.turns)
    files = [(source.recording, source.offset) for source in sources]
    return publish(folder, meeting, run, files, heard.language, rows, heard.probability)


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
    offsets = _offsets(run, meeting, sources)
    zero = min(offsets)
    return [
        Source(s.recording, s.kept, s.specs, offset - zero)
        for s, offset in zip(sources, offsets, strict=True)
    ]


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


def _offsets(run: Run, meeting: Meeting, sources: Sequence[Source]) -> list[float]:
    """Seconds after the first file at which each began: as given, else found from the common sound."""
    given = {file.path: file.offset for file in meeting.files}
    first = sources[0]
    offsets = [given[first.recording.path] or 0.0]
    for source in sources[1:]:
        offset = given[source.recording.path]
        if offset is None:
            here, there = ((s.kept, s.sound(s.specs[0])) for s in (first, source))
            offset = offsets[0] + stages.synchronise(run, here, there, source.recording.path.name)
        offsets.append(offset)
    return offsets


def _tracks(run: Run, meeting: Meeting, sources: Sequence[Source]) -> list[Track]:
    """The sound to listen to: one track for all, or one for each participant."""
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
    if len(first.specs) == 3 and stages.separate_channels(run, first.kept, first.specs[1:]):
        run.warn("Each channel carries one speaker, so the channels tell who speaks.")
        return [Track(first, spec, f"P{i}", language) for i, spec in enumerate(first.specs[1:], start=1)]
    return [Track(first, MIX, None, language)]


# ----------------------------------------------------------------------------------------- speech


def _hear_mixed(run: Run, engines: Engines, meeting: Meeting, track: Track, speakers: int | None) -> Heard:
    """Words and voices of a recording that everybody is heard in."""
    sound, settings = track.source.sound(track.spec), run.settings.speech
    activity = stages.find_activity(run, sound, track.key)
    stages.require_speech([activity[1]], track.source.recording.path.name)
    _, said = stages.find_words(run, engines.transcriber, sound, activity, track.key, track.language)
    _, voices = stages.find_speakers(run, engines.diariser, sound, activity, track.key, speakers)

    speech = find_speech(sound, activity[1], settings.edges)
    times = snap_words(said.words, speech)
    speaker, confidence = attribute(said.words, times, voices, speech, settings.attribute)
    heard = stretches(voices, speech, times, speaker, settings.attribute)
    silent = unanswered(heard, times, speaker)
    answers = stages.find_short_answers(run, engines.transcriber, sound, track.key, silent, said.language)
    if answers:
        said = said.with_words(answers)
        times = snap_words(said.words, speech)
        speaker, confidence = attribute(said.words, times, voices, speech, settings.attribute)
        heard = stretches(voices, speech, times, speaker, settings.attribute)
    names = _voice_names(meeting, voices)
    source = f"{run.record[-2]['version']} {run.record[-1]['version']} attribute-1"
    offset = track.source.offset
    return Heard(
        {names[i]: [(a + offset, b + offset) for a, b in spans] for i, spans in enumerate(heard)},
        _word_rows(said, times, [names[i] for i in speaker], confidence.tolist(), offset, source),
        said.language,
        {
            name: (voices.times() + offset, probability)
            for name, probability in zip(names, voices.probability.T, strict=True)
        },
    )


def _voice_names(meeting: Meeting, voices: Activity) -> list[str]:
    """Who each voice is: as the meeting file says, else P1, P2, ... in the order of being heard."""
    named = {p.voice: p.id for p in meeting.participants if p.voice is not None}
    return [named.get(i, f"P{i}") for i in range(1, voices.active.shape[1] + 1)]


def _hear_separate(run: Run, engines: Engines, tracks: Sequence[Track]) -> Heard:
    """Words of participants who have a channel or file of their own."""
    settings = run.settings.speech
    sounds = [track.source.sound(track.spec) for track in tracks]
    activities = [stages.find_activity(run, s, t.key) for s, t in zip(sounds, tracks, strict=True)]
    segmentations: list[Segmentation] = [activity[1] for activity in activities]
    stages.require_speech(segmentations, " and ".join({t.source.recording.path.name for t in tracks}))
    offsets = [track.source.offset for track in tracks]
    spans = own_speech(sounds, segmentations, offsets, settings.channels, settings.edges)

    heard = Heard()
    for track, sound, activity, own in zip(tracks, sounds, activities, spans, strict=True):
        _, said = stages.find_words(run, engines.transcriber, sound, activity, track.key, track.language)
        mine = own_words(said.words, own, settings.channels)
        times = snap_words(said.words, own)
        source, who = f"{run.record[-1]['version']} channels-1", track.participant or ""
        rows = _word_rows(said, times, [who] * len(times), [1.0] * len(times), track.source.offset, source)
        heard.words += [row for row, own_word in zip(rows, mine, strict=True) if own_word]
        heard.speech[who] = [(a + track.source.offset, b + track.source.offset) for a, b in own]
        heard.language = heard.language or said.language
        heard.probability[who] = (activity[1].times() + track.source.offset, activity[1].speech)
    return heard


def _word_rows(
    said: Transcript,
    times: Sequence[Span],
    speakers: Sequence[str],
    speaker_confidence: Sequence[float],
    offset: float,
    source: str,
) -> list[dict[str, Any]]:
    """Rows of the word tier; confidence is that of the word, `value` that of its speaker."""
    return [
        {
            "participant": who,
            "start": start + offset,
            "end": end + offset,
            "text": word.text,
            "label": doubt,
            "confidence": min(max(word.confidence, 0.0), 1.0),
            "value": sure,
            "source": source,
        }
        for word, doubt, (start, end), who, sure in zip(
            said.words, said.doubts, times, speakers, speaker_confidence, strict=True
        )
    ]
