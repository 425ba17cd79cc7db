"""Turns, and the silences, overlaps and latches between them.

A participant's turn goes on over a silence in which nobody else takes the floor; that silence is a *pause*.
Another takes the floor by beginning to speak while the turn's speaker is silent, or by speaking on when the
speaker has stopped. A minimal response that begins while the speaker speaks does not end the turn. Silence
between the turns of two people is a *gap*, between two turns of the same person a *lapse*. A change of
speaker with next to no silence is a *latch*.
Terms: Sacks, Schegloff & Jefferson (1974); Jefferson (2004) for the marks.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.intervals import coverage
from pipeline.timeline.table import numbered

if TYPE_CHECKING:
    from pyannote.core import Timeline

SOURCE = "turns-2"
LAUGHTER = "laughter"
"""Label of words that are the sound of laughter."""
NO_WORDS = "no_words"
"""Label of turns in which something is said but no word was recognised."""
BETWEEN = ("pause", "gap", "latch", "overlap")
"""Tiers of what lies between stretches of talk."""
Stretches = Mapping[str, Sequence[tuple[float, float]]]
"""Start and end of the stretches in which each participant is heard, in seconds."""


@dataclass(frozen=True)
class TurnSettings:
    """Limits in seconds.

    Attributes
    ----------
    lapse : float
        A silence from which even the same speaker begins a new turn.
    pause : float
        Shorter silences inside a turn are part of speaking (stop consonants) and not reported.
    floor : float
        Seconds that another's overlapping talk may go on after the turn's speaker has stopped, so that the
        speaker resumes the same turn.
    latch : float
        A change of speaker with less silence, or less overlap, than this is a latch.
    overlap : float
        Shorter overlaps are not reported.
    """

    lapse: float = 3.0
    pause: float = 0.1
    floor: float = 0.7
    latch: float = 0.1
    overlap: float = 0.05


@dataclass
class Turn:
    """A turn.

    Attributes
    ----------
    participant : str
    stretches : list of pair of float
        Start and end of the stretches in which its speaker is heard, in seconds and in order.
    id : str
        Of its row; empty until it has one.
    """

    participant: str
    stretches: list[tuple[float, float]] = field(default_factory=list)
    id: str = ""

    @property
    def start(self) -> float:
        """When it begins, in seconds."""
        return self.stretches[0][0]

    @property
    def end(self) -> float:
        """When it ends, in seconds."""
        return self.stretches[-1][1]


def find_turns(stretches: Stretches, settings: TurnSettings) -> list[Turn]:
    """Join each participant's stretches into turns, in order of start."""
    turns: list[Turn] = []
    for who, spans in stretches.items():
        rest = [_timeline(s) for other, s in stretches.items() if other != who]
        others = coverage((span.start, span.end) for whole in rest for span in whole)
        begins = sorted(span.start for whole in rest for span in whole)
        current: Turn | None = None
        for start, end in _timeline(spans):
            if current is None or _ended(current, start, begins, others, settings):
                current = Turn(who)
                turns.append(current)
            current.stretches.append((start, end))
    return sorted(turns, key=lambda turn: (turn.start, turn.end, turn.participant))


def _ended(
    turn: Turn,
    start: float,
    begins: Sequence[float],
    others: Callable[[float, float], float],
    settings: TurnSettings,
) -> bool:
    """Whether a turn was over before its speaker is heard again at `start`.

    `begins` is when somebody else begins to speak, `others` how long anybody else speaks in between.
    """
    if start - turn.end >= settings.lapse or bisect_right(begins, start) > bisect_left(begins, turn.end):
        return True
    return others(turn.end, start) >= settings.floor


def turn_rows(
    stretches: Stretches, words: Sequence[Mapping[str, Any]], settings: TurnSettings
) -> list[dict[str, Any]]:
    """Rows of the tiers turn, word, pause, gap, latch and overlap.

    Parameters
    ----------
    stretches : mapping
        When each participant is heard, with acoustic edges.
    words : sequence of mapping
        Rows of the word tier with `participant`, `start`, `end`, `text`, `confidence`, without ids.
    settings : TurnSettings
        See there.
    """
    turns = find_turns(stretches, settings)
    rows = numbered(
        (
            {"participant": turn.participant, "start": turn.start, "end": turn.end, "source": SOURCE}
            for turn in turns
        ),
        "turn",
    )
    for turn, row in zip(turns, rows, strict=True):
        turn.id = row["id"]
    words = numbered(words, "word")
    _fill(rows, words)
    found = silences_and_overlaps(turns, settings)
    between = [row for tier in BETWEEN for row in numbered((r for r in found if r["tier"] == tier), tier)]
    return rows + words + between


def silences_and_overlaps(turns: Sequence[Turn], settings: TurnSettings) -> list[dict[str, Any]]:
    """Rows of the tiers `BETWEEN`, without ids; `turns` have theirs and are in order of start."""
    return _silences(turns, settings) + _overlaps(turns, settings)


def _fill(turns: list[dict[str, Any]], words: list[dict[str, Any]]) -> None:
    """Give each word to the nearest turn of its participant: text, confidence and evidence."""
    for turn in turns:
        turn["_words"] = []
    for who in {turn["participant"] for turn in turns}:
        own = [turn for turn in turns if turn["participant"] == who]
        starts, ends = (np.array([turn[edge] for turn in own]) for edge in ("start", "end"))
        for word in words:
            if word["participant"] == who:
                middle = (word["start"] + word["end"]) / 2
                nearest = np.maximum(starts - middle, middle - ends).argmin()
                own[nearest]["_words"].append(word)
    for turn in turns:
        heard = turn.pop("_words")
        mine = [word for word in heard if word.get("label") != LAUGHTER]
        turn["text"] = " ".join(word["text"] for word in mine)
        turn["evidence"] = " ".join(word["id"] for word in heard)
        turn["label"] = "" if mine else NO_WORDS
        if mine:
            turn["confidence"] = sum(word["confidence"] for word in mine) / len(mine)


def _silences(turns: Sequence[Turn], settings: TurnSettings) -> list[dict[str, Any]]:
    """Pauses, gaps, lapses and latches: where nobody is heard between two stretches."""
    spans = sorted(
        ((start, end, turn) for turn in turns for start, end in turn.stretches), key=lambda span: span[:2]
    )
    found = []
    last_end, last = 0.0, None
    for start, end, turn in spans:
        silence = start - last_end
        if last is not None and silence >= 0:
            kind, fields = _kind_of_silence(last, turn, silence, settings)
            if kind:
                times = {"start": last_end, "end": start, "value": silence}
                found.append({"tier": kind, **times, "source": SOURCE, **fields})
        if last is None or end >= last_end:
            last_end, last = end, turn
    return found


def _kind_of_silence(
    before: Turn, after: Turn, silence: float, settings: TurnSettings
) -> tuple[str, dict[str, Any]]:
    """What the silence between a stretch of one turn and a stretch of another is called."""
    resumed = after.start < before.end or after is before
    if resumed:  # the turn was open already: its speaker paused
        kind = "pause" if silence >= settings.pause else ""
        return kind, {"participant": after.participant, "evidence": after.id}
    evidence = f"{before.id} {after.id}"
    if after.participant == before.participant:
        kind = "gap" if silence >= settings.pause else ""  # a turn that a person split goes on at once
        return kind, {"label": "lapse", "evidence": evidence}
    if silence < settings.latch:
        return "latch", {"participant": after.participant, "evidence": evidence}
    return "gap", {"label": "between", "evidence": evidence}


def _overlaps(turns: Sequence[Turn], settings: TurnSettings) -> list[dict[str, Any]]:
    """Stretches in which two turns are heard at once, under whoever came second.

    Where one turn follows another in one go, the moment of the change is known to a tenth of a second or so:
    an overlap that is shorter is a latch.
    """
    rows = []
    for i, first in enumerate(turns):
        for second in turns[i + 1 :]:
            if second.start >= first.end:
                break
            if second.participant == first.participant:
                continue
            shared = _timeline(first.stretches).crop(_timeline(second.stretches))
            inside = second.end <= first.end
            common = {
                "participant": second.participant,
                "evidence": f"{first.id} {second.id}",
                "source": SOURCE,
            }
            if first.start < second.start > first.end - settings.latch and not inside:
                span = {"start": second.start, "end": first.end}
                rows.append({"tier": "latch", **span, "value": second.start - first.end, **common})
                continue
            rows += [
                {
                    "tier": "overlap",
                    "start": span.start,
                    "end": span.end,
                    "value": span.duration,
                    "label": "inside" if inside else "at_transition",
                    **common,
                }
                for span in shared
                if span.duration >= settings.overlap
            ]
    return rows


def _timeline(spans: Sequence[tuple[float, float]]) -> Timeline:
    """Spans as a pyannote timeline without overlap among themselves."""
    from pyannote.core import Segment, Timeline

    return Timeline(Segment(start, end) for start, end in spans).support()
