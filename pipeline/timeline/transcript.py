"""A plain transcript for reading: one line per turn, longer silences on lines of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.timeline.table import tier

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

    Words that the recogniser may have made up stand in braces, speech without words as ``---``.

    Parameters
    ----------
    table : DataFrame
        A timeline.
    names : dict
        What each participant is called in the transcript.
    """
    doubtful = set(tier(table, "word").query("label != ''")["id"])
    texts = dict(zip(table["id"], table["text"], strict=True))
    width = max((len(name) for name in names.values()), default=0) + 1
    lines: list[tuple[float, str]] = []
    for turn in tier(table, "turn").to_dict("records"):
        words = [f"{{{texts[w]}}}" if w in doubtful else texts[w] for w in turn["evidence"].split()]
        said = " ".join(words).replace("} {", " ") or "---"
        speaker = f"{names.get(turn['participant'], turn['participant'])}:"
        lines.append((turn["start"], f"{clock(turn['start']):>9}  {speaker:<{width}} {said}"))
    for gap in tier(table, "gap").to_dict("records"):
        if gap["value"] >= SHOWN_SILENCE:
            lines.append((gap["start"], f"{'':>9}  ({gap['value']:.1f})"))
    return "\n".join(line for _, line in sorted(lines, key=lambda item: item[0])) + "\n"
