"""The transcript as lines that a page can follow: plain, or a draft in a notation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.exports.draft import draft_lines
from pipeline.exports.formats import Options
from pipeline.exports.material import Material, material_of
from pipeline.timeline.transcript import plain_lines

PLAIN = "plain"


def lines_in(folder: Path, notation: str) -> list[dict[str, Any]]:
    """The lines of an analysed meeting, see `transcript_lines`."""
    return transcript_lines(material_of(folder), notation)


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
        for number, (row, text) in enumerate(plain_lines(material.table), start=1)
    ]
