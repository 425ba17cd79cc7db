"""A plain transcript for reading: one line per turn, longer silences on lines of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.timeline.rows import HUMAN
from pipeline.timeline.table import records, tier
from pipeline.timeline.turns import LAUGHTER

if TYPE_CHECKING:
    import pandas as pd

NOT_HEARD = "---"
"""What stands for speech without words."""
SHOWN_SILENCE = 0.5
"""Seconds from which a gap gets a line."""


def clock(seconds: float) -> str:
    """Seconds as ``m:ss.s`` or ``h:mm:ss.s``."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    front = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{front}:{rest // 10:02d}.{rest % 10}"


def plain_transcript(table: pd.DataFrame, names: dict[str, str]) -> str:
    """Render the turns of a timeline, see `plain_lines`.

    Parameters
    ----------
    table : DataFrame
        A timeline.
    names : dict
        What each participant is called in the transcript.
    """
    width = max((len(name) for name in names.values()), default=0) + 1
    lines = []
    for row, text in plain_lines(table):
        if row["tier"] == "gap":
            lines.append(f"{'':>9}  {text}")
        else:
            speaker = f"{names.get(row['participant'], row['participant'])}:"
            lines.append(f"{clock(row['start']):>9}  {speaker:<{width}} {text}")
    return "\n".join(lines) + "\n"


def plain_lines(table: pd.DataFrame) -> list[tuple[dict[str, Any], str]]:
    """Turns and longer gaps in order of time, each with its text.

    Words that the recogniser may have made up stand in braces, speech without words as ``---``. A turn that a
    human edited or added reads as they typed it; words that a human rejected are left out, and so are those
    that the recogniser wrote for laughter.
    """
    texts = {
        word["id"]: f"{{{word['text']}}}" if word["label"] else word["text"]
        for word in records(tier(table, "word"))
        if word["label"] != LAUGHTER
    }
    lines = []
    for turn in records(tier(table, "turn")):
        if turn["status"] in HUMAN:
            said = turn["text"]
        else:
            words = [texts[name] for name in turn["evidence"].split() if name in texts]
            said = " ".join(words).replace("} {", " ")
        lines.append((turn, said or NOT_HEARD))
    gaps = [gap for gap in records(tier(table, "gap")) if gap["value"] >= SHOWN_SILENCE]
    lines += [(gap, f"({gap['value']:.1f})") for gap in gaps]
    return sorted(lines, key=lambda line: line[0]["start"])
