"""Write down what is true of the recording."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from animate import FPS, Gestures
from people import PEOPLE
from speech import JOIN, Spoken, Talk, parse_pauses

LATCH = 0.08  # seconds; a shorter gap between two speakers is a latch
CURVES = ("pitch", "yaw", "roll", "smile", "open", "gaze_x", "gaze_y", "blink")


def _ms(seconds: float) -> float:
    return round(float(seconds), 3)


def speech_stretches(spoken: Iterable[Spoken], who: str) -> list[tuple[float, float]]:
    """Where a person's talk sounds: words closer than ``speech.JOIN`` form one stretch."""
    words = sorted((w.start, w.end) for s in spoken if s.speaker == who for w in s.words)
    out: list[list[float]] = []
    for start, end in words:
        if out and start - out[-1][1] < JOIN:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append([start, end])
    return [(_ms(a), _ms(b)) for a, b in out]


def _voiced(spoken: list[Spoken]) -> list[tuple[float, float, Spoken]]:
    """Every stretch of talk or laughter with its turn, in order of time."""
    rows = []
    for turn in spoken:
        stretches = (
            speech_stretches([turn], turn.speaker) if turn.words else [(_ms(turn.start), _ms(turn.end))]
        )
        rows += [(a, b, turn) for a, b in stretches]
    return sorted(rows, key=lambda row: row[0])


def _silence_kind(before: Spoken, after: Spoken, seconds: float) -> str:
    if "minimal" in (before.kind, after.kind):
        return "minimal"
    if before.speaker == after.speaker:
        return "pause"
    return "latch" if seconds < LATCH else "gap"


def silences(spoken: list[Spoken]) -> list[dict]:
    """Silences of both people.

    ``pause``: inside one person's talk; ``gap`` and ``latch``: between two people; ``minimal``: next to a
    minimal response, which does not take the floor.
    """
    out, rows = [], _voiced(spoken)
    end, last = rows[0][1], rows[0][2]
    for start, stop, turn in rows[1:]:
        if start > end:
            kind = _silence_kind(last, turn, start - end)
            out.append(
                {
                    "start": end,
                    "end": start,
                    "seconds": _ms(start - end),
                    "kind": kind,
                    "after": last.id,
                    "before": turn.id,
                }
            )
        if stop > end:
            end, last = stop, turn
    return out


def overlaps(spoken: list[Spoken]) -> list[dict]:
    """Stretches in which both people are heard at once."""
    out = []
    rows = _voiced(spoken)
    for i, (start, end, turn) in enumerate(rows):
        for other_start, other_end, other in rows[i + 1 :]:
            low, high = max(start, other_start), min(end, other_end)
            if high > low and turn.speaker != other.speaker:
                kinds = {turn.kind, other.kind}
                kind = "laugh" if "laugh" in kinds else "minimal" if "minimal" in kinds else "talk"
                out.append(
                    {
                        "start": low,
                        "end": high,
                        "seconds": _ms(high - low),
                        "kind": kind,
                        "turns": [turn.id, other.id],
                    }
                )
    return sorted(out, key=lambda row: row["start"])


def describe(
    talk: Talk,
    gestures: Gestures,
    curves: dict[str, dict[str, np.ndarray]],
    blinks: dict[str, list[float]],
    tiles: dict[str, list[int]],
    size: list[int],
) -> dict:
    """The whole truth as one JSON-ready dictionary; all times in seconds."""
    spoken = talk.spoken
    frames = len(next(iter(curves.values()))["pitch"])
    words = [
        {
            "speaker": s.speaker,
            "turn": s.id,
            "word": w.label,
            "start": _ms(w.start),
            "end": _ms(w.end),
        }
        for s in spoken
        for w in s.words
    ]
    return dict(
        duration=_ms(frames / FPS),
        fps=FPS,
        frames=frames,
        size=size,
        people={who: {"role": p.role, "name": p.name, "tile": tiles[who]} for who, p in PEOPLE.items()},
        turns=[
            {
                "id": s.id,
                "speaker": s.speaker,
                "kind": s.kind,
                "start": _ms(s.start),
                "end": _ms(s.end),
                "text": parse_pauses(s.turn.text)[0],
            }
            for s in spoken
        ],
        words=sorted(words, key=lambda w: w["start"]),
        speech={who: speech_stretches(spoken, who) for who in PEOPLE},
        pauses=silences(spoken),
        overlaps=overlaps(spoken),
        laughs=[
            {
                "person": s.speaker,
                "start": _ms(s.start),
                "end": _ms(s.end),
                "calls": [(_ms(a), _ms(b)) for a, b in s.calls],
            }
            for s in spoken
            if s.kind == "laugh"
        ],
        **gestures.as_dict(),
        blinks=blinks,
        curves={
            who: {name: np.round(curve[name], 3).tolist() for name in CURVES} for who, curve in curves.items()
        },
    )
