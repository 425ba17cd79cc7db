"""Who laughs in a meeting, when, and in whose words it runs on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline import models, stages
from pipeline.hearing import Heard, Track
from pipeline.intervals import coverage
from pipeline.speech.engines import Transcriber
from pipeline.stages import Kept, Run
from pipeline.timeline.table import numbered
from pipeline.timeline.turns import LAUGHTER
from pipeline.voice.laughter import STEP, Head, Laugh, find_laughs, laughers, laughter_curve
from pipeline.whisper_states import WhisperStates

if TYPE_CHECKING:
    import pandas as pd

Span = tuple[float, float]
SOURCE = "laughter-1"
IN_SPEECH = 0.3
"""Share of a bout that words of the same person cover, from which it runs through words."""
SMILED, FAINT = 0.7, 0.1
"""Share of a bout that somebody smiles, and probability of their voice, with which they laugh along."""
SYLLABLES = re.compile(r"[^a-z]*(?:(?:h+[aeiou]+h*)+|(?:a+h+)+a*|l+o+l+)[^a-z]*", re.IGNORECASE)
"""Words that recognisers write for laughter: haha, heh, hee, ahaha."""
UNSURE = 0.5
"""Confidence under which any word inside laughter is taken for the laughter."""
CROSS_TALK = 8.0
"""Decibels by which another's track is louder in a bout that is not the track owner's."""


@dataclass
class Laughter:
    """Laughter in the meeting's time.

    Attributes
    ----------
    rows : list of dict
        Rows of the tier ``laughter``.
    spans : dict of str to list of (start, end)
        When each participant laughs.
    signals : DataFrame, optional
        How probable laughter is: `track`, `time`, `probability`.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    spans: dict[str, list[Span]] = field(default_factory=dict)
    signals: pd.DataFrame | None = None


def find_laughter(run: Run, engine: Transcriber, tracks: Sequence[Track], heard: Heard) -> Laughter:
    """Find laughter in every track, and mark the words in `heard` that are laughter.

    Parameters
    ----------
    run : Run
        The meeting on its way.
    engine : Transcriber
        If it is the model that the head reads, what it heard while transcribing is not computed again.
    tracks : sequence of Track
        One in which everybody is heard, or one for each participant.
    heard : Heard
        Who says what when; words that are laughter get the label ``laughter``.
    """
    import pandas as pd

    curves = [_curve(run, engine, *each) for each in zip(tracks, heard.transcripts, strict=True)]
    if tracks[0].participant is None:
        found = _in_mix(run, tracks[0], curves[0], heard)
    else:
        found = _in_own_tracks(run, tracks, curves)
    rows = numbered((_row(laugh, who, heard) for laugh, who in found), "laughter")
    spans: dict[str, list[Span]] = {}
    for row in rows:
        spans.setdefault(row["participant"], []).append((row["start"], row["end"]))
    heard.words = mark_laughter(heard.words, spans)
    signals = pd.concat(
        pd.DataFrame(
            {
                "track": number,
                "time": track.source.clock.meeting((np.arange(len(curve)) + 0.5) * STEP),
                "probability": curve,
            }
        )
        for number, (track, curve) in enumerate(zip(tracks, curves, strict=True))
    )
    return Laughter(rows, spans, signals)


def join_smiling(
    rows: Sequence[Mapping[str, Any]], smiles: Sequence[Mapping[str, Any]], heard: Heard
) -> list[dict[str, Any]]:
    """Laughter with those who laugh along under a louder voice: they are seen to smile and faintly heard.

    Of people who laugh at once in one microphone the loudest hides the others. Somebody who smiles for most
    of the bout, and whose voice is there with a probability of `FAINT` at least, laughs too, with the smile
    as evidence and half of the confidence. When they began cannot be told from the others' beginning.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of the tier ``laughter``.
    smiles : sequence of mapping
        Rows of the tier ``smile``.
    heard : Heard
        How probable everybody's voice is.
    """
    found = [dict(row) for row in rows]
    for smile in smiles:
        who = smile["participant"]
        if who not in heard.probability:
            continue
        times, probability = heard.probability[who]
        for row in rows:
            start, end = row["start"], row["end"]
            known = any(r["participant"] == who and r["start"] < end and r["end"] > start for r in found)
            shared = min(smile["end"], end) - max(smile["start"], start)
            inside = (times >= start) & (times < end)
            if known or shared < SMILED * (end - start) or not inside.any():
                continue
            if probability[inside].mean() >= FAINT:
                trust = {"confidence": 0.5 * row["confidence"], "evidence": smile["id"]}
                found.append({**row, "participant": who, "label": "", "details": {}, **trust})
    return numbered(found, "laughter")


def mark_laughter(
    words: Sequence[Mapping[str, Any]], spans: Mapping[str, Sequence[Span]]
) -> list[dict[str, Any]]:
    """Label words as ``laughter`` that the recogniser wrote for the sound of it.

    These are words of whoever laughs, most of whose time is laughter, that look like it or that the
    recogniser was not sure of.
    """
    laughed = {who: coverage(theirs) for who, theirs in spans.items()}

    def is_laughter(word: Mapping[str, Any]) -> bool:
        cover = laughed.get(word["participant"])
        length = max(word["end"] - word["start"], 1e-3)
        if cover is None or cover(word["start"], word["end"]) < 0.5 * length:
            return False
        return bool(SYLLABLES.fullmatch(word["text"])) or word["confidence"] < UNSURE

    return [{**word, "label": LAUGHTER} if is_laughter(word) else dict(word) for word in words]


def _row(laugh: Laugh, who: str, heard: Heard) -> dict[str, Any]:
    """A row of the tier; its share of words tells whether it runs through them."""
    words = [
        (word["start"], word["end"])
        for word in heard.words
        if word["participant"] == who and not SYLLABLES.fullmatch(word["text"])
    ]
    share = coverage(words)(laugh.start, laugh.end) / max(laugh.end - laugh.start, 1e-3)
    return {
        "participant": who,
        "start": laugh.start,
        "end": laugh.end,
        "label": "in_speech" if share >= IN_SPEECH else "",
        "value": laugh.end - laugh.start,
        "confidence": min(max(laugh.confidence, 0.0), 1.0),
        "source": SOURCE,
        "details": {"in_speech": round(min(share, 1.0), 4)},
    }


def _curve(run: Run, engine: Transcriber, track: Track, words: Kept) -> NDArray[np.float32]:
    """How probable laughter is in a track, in the recording's time."""

    def compute(folder: Path) -> None:
        head, sound = Head.load(), track.source.sound(track.spec)
        encode = stages.encoder_for(head, engine) or WhisperStates(models.path(head.encoder))
        overheard = stages.overheard_laughter(words)
        heard = np.load(overheard) if overheard.is_file() else None
        curve = laughter_curve(sound, encode, head, heard=heard, progress=run.reporter.progress)
        np.save(folder / "curve.npy", curve)

    version = f"3-{stages.laughter_head()}-{models.digest(Head.load().encoder)}"
    kept = run.stage("find laughter", version, None, [track.key, words.key], compute)
    curve: NDArray[np.float32] = np.load(kept.folder / "curve.npy")
    return curve


def _in_mix(run: Run, track: Track, curve: NDArray[np.float32], heard: Heard) -> list[tuple[Laugh, str]]:
    """Bouts in a track that everybody is heard in, each under everybody whose voice is active in it."""
    clock, settings = track.source.clock, run.settings.voice.laughter
    names = sorted(heard.probability)
    times, active = _activity(heard, names)

    def several(start: float, end: float) -> float:
        inside = (times >= clock.meeting(start)) & (times < clock.meeting(end))
        return float((active[inside].sum(axis=1) >= 2).mean()) * (end - start) if inside.any() else 0.0

    bouts = [_in_meeting(laugh, clock) for laugh in find_laughs(curve, settings, overlap=several)]

    def shares(start: float, end: float) -> NDArray[np.floating]:
        inside = (times >= start) & (times < end)
        return active[inside].mean(axis=0) if inside.any() else np.zeros(len(names))

    found = []
    for laugh, voices in zip(bouts, laughers(bouts, shares), strict=True):
        found += [(laugh, names[voice]) for voice in voices] or [(laugh, "")]
    return found


def _activity(heard: Heard, names: Sequence[str]) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    """Times, and whether each voice is probably active, shape (times, voices)."""
    if not names:
        return np.zeros(0), np.zeros((0, 0), bool)
    times = heard.probability[names[0]][0]
    curves = [np.interp(times, *heard.probability[name]) for name in names]
    return times, np.stack(curves, axis=1) >= 0.5


def _in_own_tracks(
    run: Run, tracks: Sequence[Track], curves: Sequence[NDArray[np.float32]]
) -> list[tuple[Laugh, str]]:
    """Bouts in tracks that are one participant's each; what is louder in another's track is theirs."""
    found = []
    for track, curve in zip(tracks, curves, strict=True):
        others = [other for other in tracks if other is not track]
        for laugh in find_laughs(curve, run.settings.voice.laughter):
            bout = _in_meeting(laugh, track.source.clock)
            own = _level(track, bout)
            if all(own > _level(other, bout) - CROSS_TALK for other in others):
                found.append((bout, track.participant or ""))
    return found


def _level(track: Track, bout: Laugh) -> float:
    """Level of a track during a bout over its level at large, in dB."""
    sound, clock = track.source.sound(track.spec), track.source.clock
    samples = sound.between(max(0.0, clock.own(bout.start)), min(sound.duration, clock.own(bout.end)))
    return (
        float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12))
        if len(samples)
        else -120.0
    )


def _in_meeting(laugh: Laugh, clock: Any) -> Laugh:
    return Laugh(clock.meeting(laugh.start), clock.meeting(laugh.end), laugh.confidence)
