"""What is heard in a meeting: words with speakers and times, from one track for all or one for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import stages
from pipeline.engines import Engines
from pipeline.media.clock import Clock
from pipeline.media.decode import TrackSpec
from pipeline.media.probe import Recording
from pipeline.media.sound import Sound
from pipeline.meeting import Meeting
from pipeline.speech.attribute import attribute, snap_words, stretches, unanswered
from pipeline.speech.channels import own_speech, own_words
from pipeline.speech.edges import Span, find_speech
from pipeline.speech.segmentation import Segmentation
from pipeline.speech.transcribe import Transcript
from pipeline.stages import Kept, Run

Curve = tuple[NDArray[np.floating], NDArray[np.floating]]


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
    clock : Clock
        How its time becomes the meeting's.
    """

    recording: Recording
    kept: Kept
    specs: tuple[TrackSpec, ...]
    clock: Clock = field(default_factory=Clock)

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
    transcripts: list[Kept] = field(default_factory=list)
    """The stage in which the words of each track were recognised."""
    probability: dict[str, Curve] = field(default_factory=dict)
    """How probable it is that each participant speaks: times and values."""


def hear_mixed(run: Run, engines: Engines, meeting: Meeting, track: Track, speakers: int | None) -> Heard:
    """Words and voices of a recording that everybody is heard in."""
    sound, settings = track.source.sound(track.spec), run.settings.speech
    activity = stages.find_activity(run, sound, track.key)
    stages.require_speech([activity[1]], track.source.recording.path.name)
    words, said = stages.find_words(run, engines.transcriber, sound, activity, track.key, track.language)
    who, voices = stages.find_speakers(run, engines.diariser, sound, activity, track.key, speakers)

    speech = find_speech(sound, activity[1], settings.edges)
    times = snap_words(said.words, speech)
    speaker, confidence = attribute(said.words, times, voices, speech, settings.attribute)
    heard = stretches(voices, speech, times, speaker, settings.attribute)
    silent = unanswered(heard, times, speaker)
    language = said.language or track.language
    answers = stages.find_short_answers(run, engines.transcriber, sound, track.key, silent, language)
    if answers:
        said = said.with_words(answers)
        times = snap_words(said.words, speech)
        speaker, confidence = attribute(said.words, times, voices, speech, settings.attribute)
        heard = stretches(voices, speech, times, speaker, settings.attribute)
    names = voice_names(run, meeting, voices.active.shape[1])
    source = f"transcribe {words.version}, diarise {who.version}, attribute 1"
    clock = track.source.clock
    return Heard(
        {names[i]: _in_meeting(spans, clock) for i, spans in enumerate(heard)},
        _word_rows(said, times, [names[i] for i in speaker], confidence.tolist(), clock, source),
        said.language,
        [words],
        {
            name: (clock.meeting(voices.times()), probability)
            for name, probability in zip(names, voices.probability.T, strict=True)
        },
    )


def voice_names(run: Run, meeting: Meeting, count: int) -> list[str]:
    """Who each voice is: as the meeting file says, else P1, P2, ..., in the order of being heard."""
    named = {p.voice: p.id for p in meeting.participants if p.voice is not None}
    taken = {p.id for p in meeting.participants}
    free = (name for i in range(1, count + len(taken) + 1) if (name := f"P{i}") not in taken)
    if meeting.participants and not named:
        run.warn(
            "The meeting file does not say whose voice is whose; add `voice: 1` and so on to participants."
        )
    for voice, who in named.items():
        if voice > count:
            run.warn(f"{who} is said to be voice {voice}, but only {count} voices are heard.")
    return [named[i] if i in named else next(free) for i in range(1, count + 1)]


def hear_separate(run: Run, engines: Engines, tracks: Sequence[Track]) -> Heard:
    """Words of participants who have a channel or file of their own."""
    settings = run.settings.speech
    sounds = [track.source.sound(track.spec) for track in tracks]
    activities = [stages.find_activity(run, s, t.key) for s, t in zip(sounds, tracks, strict=True)]
    segmentations: list[Segmentation] = [activity[1] for activity in activities]
    stages.require_speech(segmentations, " and ".join({t.source.recording.path.name for t in tracks}))
    clocks = [track.source.clock for track in tracks]
    spans = own_speech(sounds, segmentations, clocks, settings.channels, settings.edges)

    heard = Heard()
    for track, sound, activity, own in zip(tracks, sounds, activities, spans, strict=True):
        words, said = stages.find_words(run, engines.transcriber, sound, activity, track.key, track.language)
        mine = own_words(said.words, own, settings.channels)
        times = snap_words(said.words, own)
        source, who = f"transcribe {words.version}, own channel", track.participant or ""
        rows = _word_rows(said, times, [who] * len(times), [1.0] * len(times), track.source.clock, source)
        heard.words += [row for row, own_word in zip(rows, mine, strict=True) if own_word]
        heard.speech[who] = _in_meeting(own, track.source.clock)
        heard.transcripts.append(words)
        heard.language = heard.language or said.language
        heard.probability[who] = (track.source.clock.meeting(activity[1].times()), activity[1].speech)
    return heard


def _in_meeting(spans: Sequence[Span], clock: Clock) -> list[Span]:
    return [(clock.meeting(start), clock.meeting(end)) for start, end in spans]


def _word_rows(
    said: Transcript,
    times: Sequence[Span],
    speakers: Sequence[str],
    speaker_confidence: Sequence[float],
    clock: Clock,
    source: str,
) -> list[dict[str, Any]]:
    """Rows of the word tier; confidence is that of the word, `value` that of its speaker."""
    return [
        {
            "participant": who,
            "start": clock.meeting(start),
            "end": clock.meeting(end),
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
