"""Subtitles, SRT and WebVTT: who says what, in cues of two lines.

WebVTT (https://www.w3.org/TR/webvtt1/) names who speaks in a voice tag, and writes ``&``, ``<`` and ``>`` as
entities. SRT has no standard; what players agree on is a number, a line of times and lines of text up to an
empty one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.exports.formats import Options
from pipeline.exports.material import Material
from pipeline.exports.script import Index, words_of
from pipeline.intervals import coverage
from pipeline.timeline.turns import NO_WORDS

WIDTH, LINES = 42, 2
"""Characters of a line and lines of a cue, as broadcasters have them."""
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BARE_NUMBER = re.compile(r"\n(\d+)$")
Word = tuple[str, float, float]
"""Text, and start and end in seconds."""


@dataclass(frozen=True)
class Cue:
    """What stands on the screen at once.

    Attributes
    ----------
    start, end : int
        Milliseconds of the meeting; `end` is after `start`.
    name : str
        Who speaks; empty where nobody is named.
    lines : tuple of str
    """

    start: int
    end: int
    name: str
    lines: tuple[str, ...]


def write_srt(material: Material, options: Options) -> bytes:
    """SubRip: ``Name: text``, times in milliseconds of the meeting."""
    blocks = []
    for number, cue in enumerate(cues(material, prefix=True), start=1):
        # Readers take a bare number before an empty line for the number of the next cue.
        text = _BARE_NUMBER.sub(r" \1", "\n".join(cue.lines))
        times = f"{clock(cue.start, ',')} --> {clock(cue.end, ',')}"
        blocks.append(f"{number}\n{times}\n{text}\n")
    return "\n".join(blocks).encode()


def write_vtt(material: Material, options: Options) -> bytes:
    """WebVTT with voice tags, ``<v Name>text</v>``, times in milliseconds of the meeting."""
    blocks = ["WEBVTT\n"]
    for cue in cues(material, prefix=False):
        text = "\n".join(map(_escaped, cue.lines))
        said = f"<v {_escaped(cue.name)}>{text}</v>" if cue.name else text
        blocks.append(f"{clock(cue.start, '.')} --> {clock(cue.end, '.')}\n{said}\n")
    return "\n".join(blocks).encode()


def cues(material: Material, *, prefix: bool) -> list[Cue]:
    """Cues of the turns that have words, and of laughter outside of these, in order of time.

    Parameters
    ----------
    material : Material
    prefix : bool
        Whether the name stands before the text.
    """
    table = material.table
    index = Index.of(table[table["tier"].isin(("word", "turn", "laughter"))])
    names = {who: _plain(name) for who, name in material.names.items()}
    words = {row["id"]: row for row in index.rows.get("word", ())}
    found: list[Cue] = []
    shown: dict[str, list[tuple[float, float]]] = {}
    for turn in index.rows.get("turn", ()):
        said = [] if turn["label"] == NO_WORDS else _words(turn, words)
        if said:
            shown.setdefault(turn["participant"], []).append((turn["start"], turn["end"]))
            found.extend(_cues_of(turn, said, names.get(turn["participant"], ""), prefix))
    for laughter in _laughter_outside(index.rows.get("laughter", ()), shown):
        name = names.get(laughter["participant"], "")
        sound = [("[laughs]" if name else "[laughter]", laughter["start"], laughter["end"])]
        found.extend(_cues_of(laughter, sound, name, prefix))
    return sorted(found, key=lambda cue: (cue.start, cue.end))


def _words(turn: Mapping[str, Any], words: Mapping[str, dict[str, Any]]) -> list[Word]:
    """Words of a turn, within its time."""
    found = []
    for row in words_of(turn, words):
        if text := _plain(row["text"]):
            start, end = (min(max(row[edge], turn["start"]), turn["end"]) for edge in ("start", "end"))
            found.append((text, start, end))
    return found


def _cues_of(row: Mapping[str, Any], words: Sequence[Word], name: str, prefix: bool) -> Iterator[Cue]:
    """A row's words in cues; the first begins and the last ends with the row."""
    lead = f"{name}: " if name and prefix else ""
    blocks = _spread(words, len(lead))
    for number, block in enumerate(blocks):
        inside = [word for line in block for word in line]
        start = row["start"] if number == 0 else inside[0][1]
        end = row["end"] if number == len(blocks) - 1 else max(word[2] for word in inside)
        first = round(start * 1000)
        lines = [" ".join(word[0] for word in line) for line in block]
        lines[0] = lead + lines[0]
        yield Cue(first, max(round(end * 1000), first + 1), name, tuple(lines))


def _spread(words: Sequence[Word], lead: int) -> list[list[list[Word]]]:
    """Words in as few blocks of lines as they need, about as long as each other: no word flashes up alone."""
    blocks = list(_blocks(words, lead, WIDTH))
    if len(blocks) == 1:
        return blocks
    widths = range(WIDTH // 2, WIDTH)
    enough = bisect_left(
        widths, True, key=lambda width: len(list(_blocks(words, lead, width))) == len(blocks)
    )
    return list(_blocks(words, lead, WIDTH // 2 + enough))


def _blocks(words: Iterable[Word], lead: int, most: int) -> Iterator[list[list[Word]]]:
    """Words in lines up to a width, these in blocks of `LINES`; the first line of each begins at `lead`."""
    block: list[list[Word]] = [[]]
    width = lead
    for word in words:
        if block[-1] and width + len(word[0]) > most:
            if len(block) == LINES:
                yield block
                block, width = [[]], lead
            else:
                block.append([])
                width = 0
        block[-1].append(word)
        width += len(word[0]) + 1
    yield block


def _laughter_outside(
    laughter: Iterable[dict[str, Any]], shown: Mapping[str, list[tuple[float, float]]]
) -> Iterator[dict[str, Any]]:
    """Laughter during which whoever laughs has no turn on the screen."""
    covered = {who: coverage(spans) for who, spans in shown.items()}
    for row in laughter:
        own = covered.get(row["participant"])
        if own is None or own(row["start"], row["end"]) == 0:
            yield row


def _plain(text: str) -> str:
    """Text on one line, without characters that readers take for something else."""
    return " ".join(_FORBIDDEN.sub(" ", text).split())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clock(milliseconds: int, point: str) -> str:
    """Milliseconds as ``HH:MM:SS.mmm``, with the sign before the thousandths that a format wants."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{rest:03d}"
