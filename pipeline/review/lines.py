"""The transcript as lines that a page can follow: plain, or a draft in a notation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.exports.draft import draft_lines
from pipeline.exports.formats import Options
from pipeline.exports.lanes import NOT_HEARD
from pipeline.exports.material import Material
from pipeline.exports.script import Index, words_of
from pipeline.timeline.transcript import SHOWN_SILENCE

PLAIN = "plain"


def transcript_lines(material: Material, notation: str) -> list[dict[str, Any]]:
    """Lines with number, speaker's name and id, text, start and end in seconds, and the turn's id.

    Parameters
    ----------
    material : Material
    notation : str
        ``plain``, or the name of a notation.
    """
    if notation == PLAIN:
        return _plain(material)
    return [
        {
            "number": line.number,
            "speaker": line.speaker,
            "participant": line.participant,
            "text": line.text,
            "start": line.start,
            "end": line.end,
            "turn": line.turn,
        }
        for line in draft_lines(material, Options(notation=notation))
    ]


def _plain(material: Material) -> list[dict[str, Any]]:
    """A line a turn, and a line for each longer silence, as `pipeline.timeline.transcript` writes them."""
    index = Index.of(material.table)
    words = {row["id"]: row for row in index.rows.get("word", ())}
    rows = [(turn, _said(turn, words)) for turn in index.rows.get("turn", ())]
    gaps = [gap for gap in index.rows.get("gap", ()) if gap["value"] >= SHOWN_SILENCE]
    rows += [(gap, f"({gap['value']:.1f})") for gap in gaps]
    rows.sort(key=lambda row: (row[0]["start"], row[0]["end"]))
    names = material.names
    return [
        {
            "number": number,
            "speaker": names.get(row["participant"], row["participant"]),
            "participant": row["participant"],
            "text": text,
            "start": row["start"],
            "end": row["end"],
            "turn": row["id"],
        }
        for number, (row, text) in enumerate(rows, start=1)
    ]


def _said(turn: Mapping[str, Any], words: Mapping[str, dict[str, Any]]) -> str:
    """A turn's words; those that the recogniser may have made up in braces."""
    texts = [f"{{{word['text']}}}" if word["label"] else word["text"] for word in words_of(turn, words)]
    return " ".join(texts).replace("} {", " ") or NOT_HEARD
