"""RTTM: who speaks when, for programs that compare diarisations.

NIST, *The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan*, appendix A: ten fields
between blanks, so that none may hold a blank.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from pipeline.exports.formats import Options
from pipeline.exports.material import Material
from pipeline.timeline.table import tier

_NOT_IN_A_FIELD = re.compile(r"[^\w.+-]+")
"""Blanks end a field, and quotation marks or semicolons mean something to readers."""
Stretch = tuple[int, int]
"""Start and end in milliseconds."""


def write_rttm(material: Material, options: Options) -> bytes:
    """``SPEAKER`` lines of the stretches in which people speak: their turns without the pauses.

    Times are rounded to milliseconds before lengths are taken, so that what touches in the timeline touches
    here. Stretches that have no length then cannot be said and are left out, and so are turns of nobody.
    """
    name = _field(material.name)
    speakers = _distinct(person.id for person in material.people)
    lines = []
    for who, (start, end) in _stretches(material):
        times = f"{start / 1000:.3f} {(end - start) / 1000:.3f}"
        lines.append(f"SPEAKER {name} 1 {times} <NA> <NA> {speakers[who]} <NA> <NA>\n")
    return "".join(lines).encode()


def _stretches(material: Material) -> list[tuple[str, Stretch]]:
    """Everybody's stretches of speech, in order of time."""
    silences = {who: _joined(spans) for who, spans in _spans(material, "pause").items()}
    found = [
        (who, stretch)
        for who, turns in _spans(material, "turn").items()
        for turn in turns
        for stretch in _without(turn, silences.get(who, ()))
        if who
    ]
    return sorted(found, key=lambda one: (one[1], one[0]))


def _spans(material: Material, name: str) -> dict[str, list[Stretch]]:
    """Times of the rows of a tier, by participant."""
    rows = tier(material.table, name)
    spans: dict[str, list[Stretch]] = {}
    for who, start, end in zip(rows["participant"], rows["start"], rows["end"], strict=True):
        spans.setdefault(who, []).append((round(start * 1000), round(end * 1000)))
    return spans


def _joined(spans: Iterable[Stretch]) -> list[Stretch]:
    """Spans without those that lie over each other."""
    joined: list[Stretch] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _without(turn: Stretch, silences: Sequence[Stretch]) -> Iterator[Stretch]:
    """What is left of a turn outside of silences, which are in order and apart."""
    at, end = turn
    first = max(bisect_right(silences, (at, at)) - 1, 0)
    for silence in silences[first:]:
        if silence[0] >= end:
            break
        if silence[1] <= at:
            continue
        if silence[0] > at:
            yield at, silence[0]
        at = silence[1]
    if at < end:
        yield at, end


def _field(text: str) -> str:
    return _NOT_IN_A_FIELD.sub("_", text) or "_"


def _distinct(ids: Iterable[str]) -> dict[str, str]:
    """A field for every id, no two the same."""
    fields: dict[str, str] = {}
    taken: set[str] = set()
    for one in ids:
        field, number = _field(one), 2
        while field in taken:
            field, number = f"{_field(one)}_{number}", number + 1
        taken.add(field)
        fields[one] = field
    return fields
