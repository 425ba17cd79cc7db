"""What only several tiers together tell: talk through a smile, laughter that is answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.timeline.table import numbered

SOURCE = "together-1"
SMILING = 0.3
"""Seconds of talk through a smile that are reported; less is the edge of one or the other."""

Row = Mapping[str, Any]


def smile_voice_rows(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows of the tier ``smile_voice``: words that somebody says while they smile.

    A smile widens the mouth and is heard in the voice (Tartter 1980; the mark in transcripts is ``£``). Here
    it is seen, not heard: each row is a run of words in a smile of the same person, the smile is evidence.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of the timeline, among them the tiers ``word`` and ``smile``.
    """
    rows = list(rows)
    words = _by_participant(rows, "word")
    found = []
    for smile in (row for row in rows if row["tier"] == "smile"):
        said = [
            word
            for word in words.get(smile["participant"], [])
            if smile["start"] <= (word["start"] + word["end"]) / 2 <= smile["end"]
        ]
        if not said or said[-1]["end"] - said[0]["start"] < SMILING:
            continue
        found.append(
            {
                "participant": smile["participant"],
                "start": said[0]["start"],
                "end": said[-1]["end"],
                "text": " ".join(word["text"] for word in said),
                "value": smile["value"],
                "confidence": smile["confidence"],
                "source": SOURCE,
                "evidence": " ".join([smile["id"], *(word["id"] for word in said)]),
            }
        )
    return numbered(found, "smile_voice")


def _by_participant(rows: Sequence[Row], tier: str) -> dict[str, list[Row]]:
    """Rows of one tier by participant, in order of time."""
    mine: dict[str, list[Row]] = {}
    for row in sorted((row for row in rows if row["tier"] == tier), key=lambda row: row["start"]):
        mine.setdefault(row["participant"], []).append(row)
    return mine
