"""Turn units: the pieces of talk after which another could take the floor.

A unit is over where syntax, intonation and silence say so together (Sacks, Schegloff & Jefferson 1974; Ford &
Thompson 1996). The recogniser's punctuation stands for syntax; the cues are weighed, and no single weak one
decides. Where there are no words, silences alone do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.voice.signals import Spans, semitones

if TYPE_CHECKING:
    import pandas as pd

SENTENCE, CLAUSE = ".?!…。？！", ",;:，、；"
"""Marks after which a sentence, or a part of it, is over."""


@dataclass(frozen=True)
class UnitSettings:
    """How much each cue counts; a unit ends where they reach 1 together.

    Attributes
    ----------
    sentence, clause : float
        The recogniser ends a sentence, or part of one, after the word.
    silence : float
        Seconds of silence that suffice alone; a shorter one counts in proportion. Within turns the mean
        silence is about half of this (Heldner & Edlund 2010), and speakers pause inside their units too.
    movement : float
        The pitch falls or rises to the word's end by `tones`.
    reset : float
        The next word begins higher than this one ended by `tones`.
    tones : float
        Semitones; less is hardly heard in running speech ('t Hart 1981).
    """

    sentence: float = 1.0
    clause: float = 0.4
    silence: float = 1.0
    movement: float = 0.3
    reset: float = 0.3
    tones: float = 3.0


@dataclass(frozen=True)
class Unit:
    """A turn unit.

    Attributes
    ----------
    start, end : float
        Seconds.
    words : tuple of int
        Positions of its words in the table; none where no word was recognised.
    cues : float
        How much spoke for an end here, 1 and more.
    """

    start: float
    end: float
    words: tuple[int, ...]
    cues: float


def turn_units(
    words: pd.DataFrame, speech: Spans, signals: pd.DataFrame, settings: UnitSettings
) -> list[Unit]:
    """Turn units of one participant, in order.

    Parameters
    ----------
    words : DataFrame
        That participant's words in order of time, with `start`, `end` and `text`.
    speech : sequence of (start, end)
        When the participant is heard.
    signals : DataFrame
        That participant's signals.
    settings : UnitSettings
        See there.
    """
    starts, ends = words["start"].tolist(), words["end"].tolist()
    edges = _edge_pitch(starts, ends, signals)
    units, first = [], 0
    for i, text in enumerate(words["text"].tolist()):
        cues = (
            1.0
            if i + 1 == len(words)
            else _cues(text, starts[i + 1] - ends[i], edges[i], edges[i + 1], settings)
        )
        if cues >= 1:
            units.append(Unit(starts[first], max(ends[first : i + 1]), tuple(range(first, i + 1)), cues))
            first = i + 1
    return sorted(
        [*units, *_wordless(starts, ends, speech, settings)], key=lambda unit: (unit.start, unit.end)
    )


def _cues(
    text: str, silence: float, here: tuple[float, float], after: tuple[float, float], settings: UnitSettings
) -> float:
    """How much speaks for an end after a word. NaN, where pitch is not known, never counts."""
    last = text.rstrip("\"'”’»)] ")[-1:]
    total = settings.sentence if last and last in SENTENCE else 0.0
    total += settings.clause if last and last in CLAUSE else 0.0
    total += max(0.0, silence) / settings.silence
    total += settings.movement if abs(semitones(here[1], here[0])) >= settings.tones else 0.0
    total += settings.reset if semitones(after[0], here[1]) >= settings.tones else 0.0
    return total


def _edge_pitch(
    starts: Sequence[float], ends: Sequence[float], signals: pd.DataFrame
) -> list[tuple[float, float]]:
    """Pitch in Hz at the beginning and the end of each word: medians of the first and last 80 ms of voice."""
    time, f0 = signals["time"].to_numpy(float), signals["f0"].to_numpy(float)
    time, f0 = time[np.isfinite(f0)], f0[np.isfinite(f0)]
    nothing = (float("nan"), float("nan"))
    edges = []
    for start, end in zip(starts, ends, strict=True):
        inside = f0[np.searchsorted(time, start) : np.searchsorted(time, end)]
        edges.append(
            (float(np.median(inside[:8])), float(np.median(inside[-8:]))) if len(inside) else nothing
        )
    return edges


def _wordless(
    starts: Sequence[float], ends: Sequence[float], speech: Spans, settings: UnitSettings
) -> list[Unit]:
    """Talk in which no word was recognised, joined over silences shorter than `settings.silence`."""
    latest = np.maximum.accumulate(ends).tolist() if len(ends) else []
    joined: list[tuple[float, float]] = []
    for start, end in sorted(speech):
        at = bisect_left(starts, end)
        if at and latest[at - 1] > start:  # a word touches it
            continue
        among = bisect_left(starts, joined[-1][1]) == bisect_left(starts, start) if joined else False
        if among and start - joined[-1][1] < settings.silence:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return [Unit(start, end, (), 1.0) for start, end in joined]
