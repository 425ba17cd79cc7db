"""DOTE's interchange JSON: one object a line of the transcript (https://www.dote.aau.dk).

Times are ``HH:MM:SS.mmm`` of the meeting; a silence is a line whose speaker is empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.exports.draft import DraftLine, draft_lines
from pipeline.exports.formats import Options
from pipeline.exports.material import Material
from pipeline.exports.subtitles import clock
from pipeline.timeline.table import records
from pipeline.timeline.transcript import NOT_HEARD
from pipeline.timeline.turns import NO_WORDS


def write_dote(material: Material, options: Options) -> bytes:
    """The draft's lines with its marks, or where `options` says so plain words, one line a turn."""
    lines = as_lines(draft_lines(material, options)) if options.marks else plain_lines(material)
    return (json.dumps({"lines": lines}, ensure_ascii=False, indent=2) + "\n").encode()


def as_lines(draft: Iterable[DraftLine]) -> list[dict[str, str]]:
    """A draft's lines; where one goes on with a turn the speaker is empty, as in the draft."""
    return [_line(line.start, line.end, line.speaker, line.text) for line in draft]


def plain_lines(material: Material) -> list[dict[str, str]]:
    """Turns as words and gaps as ``(0.5)``, in order of time."""
    return [_line(row["start"], row["end"], name, text) for row, name, text in _spoken(material)]


def _spoken(material: Material) -> Iterator[tuple[dict[str, Any], str, str]]:
    names = material.names
    shown = material.shown[material.shown["tier"].isin(("turn", "gap"))]
    for row in records(shown.sort_values(["start", "end"], kind="stable")):
        if row["tier"] == "turn":
            unheard = row["label"] == NO_WORDS
            text = NOT_HEARD if unheard else " ".join(row["text"].split())
            yield row, names.get(row["participant"], ""), text
        elif row["tier"] == "gap":
            yield row, "", f"({row['end'] - row['start']:.1f})"


def _line(start: float, end: float, speaker: str, text: str) -> dict[str, str]:
    return {
        "startTime": _clock(start),
        "endTime": _clock(max(start, end)),
        "speakerDesignation": speaker,
        "text": text,
    }


def _clock(seconds: float) -> str:
    return clock(round(seconds * 1000), ".")
