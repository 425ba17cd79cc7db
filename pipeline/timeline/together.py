"""What only several tiers together tell: talk through a smile, laughter that is answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.timeline.table import numbered

SOURCE = "together-1"
ANSWERED = 1.0
"""Seconds after the end of a laugh within which another's laugh answers it (Smoski & Bachorowski 2003)."""
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


def reciprocal_laughter_rows(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows of the tier ``reciprocal_laughter``: laughter that another's laughter answers.

    Who laughs first invites; who begins during that laugh, or within `ANSWERED` seconds of its end, joins
    (Jefferson 1979; Smoski & Bachorowski 2003). A row is the joiner's and lasts from the first's beginning
    to the last's end; `text` names who invited, `value` is how many seconds after the invitation the
    answer began. Where both began at once, or within one bout in which they could not be told apart, the
    label is ``together`` instead of ``answered`` and who invited is not known.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of the timeline, among them the tier ``laughter``.
    """
    laughs = sorted(
        (row for row in rows if row["tier"] == "laughter" and row["participant"]),
        key=lambda row: (row["start"], row["end"], row["participant"]),
    )
    found = []
    for i, answer in enumerate(laughs):
        invitations = [
            row
            for row in laughs[:i]
            if row["participant"] != answer["participant"] and answer["start"] <= row["end"] + ANSWERED
        ]
        if not invitations or _began_before(laughs[:i], answer, invitations[0]):
            continue
        first = invitations[0]
        found.append(
            {
                "participant": answer["participant"],
                "start": first["start"],
                "end": max(first["end"], answer["end"]),
                "text": first["participant"],
                "label": "answered" if answer["start"] > first["start"] else "together",
                "value": answer["start"] - first["start"],
                "confidence": min(first["confidence"], answer["confidence"]),
                "source": SOURCE,
                "evidence": f"{first['id']} {answer['id']}",
            }
        )
    return numbered(found, "reciprocal_laughter")


def _began_before(laughs: Sequence[Row], answer: Row, invitation: Row) -> bool:
    """Whether the one who answers was laughing already, or again, when the other invited."""
    return any(
        row["participant"] == answer["participant"]
        and row["end"] + ANSWERED >= invitation["start"]
        and row["start"] <= invitation["start"]
        for row in laughs
    )


def _by_participant(rows: Sequence[Row], tier: str) -> dict[str, list[Row]]:
    """Rows of one tier by participant, in order of time."""
    mine: dict[str, list[Row]] = {}
    for row in sorted((row for row in rows if row["tier"] == tier), key=lambda row: row["start"]):
        mine.setdefault(row["participant"], []).append(row)
    return mine
