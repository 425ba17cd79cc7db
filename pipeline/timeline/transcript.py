"""A plain transcript for reading: one line per turn, longer silences on lines of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.timeline.table import tier
from pipeline.timeline.turns import LAUGHTER

if TYPE_CHECKING:
    import pandas as pd

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
    """Render the turns of a timeline.

    Words that the recogniser may have made up stand in braces, speech without words as ``---``. A turn that a
    human edited or added reads as they typed it; words that a human rejected are left out, and so are those
    that the recogniser wrote for laughter.

    Parameters
    ----------
    table : DataFrame
        A timeline.
    names : dict
        What each participant is called in the transcript.
    """
    texts = {
        word["id"]: f"{{{word['text']}}}" if word["label"] else word["text"]
        for word in tier(table, "word").to_dict("records")
        if word["label"] != LAUGHTER
    }
    width = max((len(name) for name in names.values()), default=0) + 1
    lines: list[tuple[float, str]] = []
    for turn in tier(table, "turn").to_dict("records"):
        if turn["status"] in ("edited", "added"):
            said = turn["text"]
        else:
            words = [texts[name] for name in turn["evidence"].split() if name in texts]
            said = " ".join(words).replace("} {", " ")
        speaker = f"{names.get(turn['participant'], turn['participant'])}:"
        lines.append((turn["start"], f"{clock(turn['start']):>9}  {speaker:<{width}} {said or '---'}"))
    for gap in tier(table, "gap").to_dict("records"):
        if gap["value"] >= SHOWN_SILENCE:
            lines.append((gap["start"], f"{'':>9}  ({gap['value']:.1f})"))
    return "\n".join(line for _, line in sorted(lines, key=lambda item: item[0])) + "\n"
