"""Learnt and recognised voices in a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pipeline.enrolment.assign import MARGIN, THRESHOLD
from pipeline.enrolment.learn import LEAST, Learnt
from pipeline.enrolment.named import RECOGNISED
from pipeline.enrolment.prints import made_by
from pipeline.enrolment.recognise import Recognition, Voice
from pipeline.enrolment.voices import Person

SHOWN = {
    "given": "{} (named already)",
    "before": "{} (recognised before)",
    "changed": "{} (named by a person)",
}
CONFIDENCE = (
    f"A name is given from a similarity of {THRESHOLD:.2f} on, {MARGIN:.2f} ahead of anybody else. How sure "
    "that is was measured within one session and room only (docs/voices.md): check names in `rapport review`."
)


def learnt(found: Sequence[Learnt]) -> None:
    """Print what was learnt of whom."""
    for one in found:
        if one.path is None:
            print(f"! {one.name} speaks alone for {one.seconds:.1f} s only; {LEAST:g} s are needed.")
        else:
            print(f"{one.name}: learnt from {one.seconds:.1f} s of speech: {one.path}")
        for doubt in one.doubts:
            print(f"! {doubt}")


def known(people: Sequence[Person]) -> None:
    """Print whose voices are known, and from where."""
    lines = [
        (
            person.name,
            f"{person.seconds:.0f}",
            max(lesson.learnt for lesson in person.lessons),
            ", ".join(
                lesson.meeting + ("" if lesson.model == made_by() else " (another model)")
                for lesson in person.lessons
            ),
        )
        for person in people
    ]
    _table(("person", "seconds", "last learnt", "meetings"), lines)


def recognitions(found: Sequence[Recognition]) -> None:
    """Print who is who in meetings."""
    lines = [
        (
            one.folder.resolve().name,
            voice.id,
            _called(voice),
            "" if math.isnan(voice.similarity) else f"{voice.similarity:.2f}",
            f"{voice.seconds:.1f}",
            voice.note,
        )
        for one in found
        for voice in one.voices
    ]
    _table(("meeting", "voice", "name", "similarity", "seconds", ""), lines)


def as_rows(found: Sequence[Recognition]) -> list[dict[str, Any]]:
    """The same for scripts."""
    return [
        {
            "meeting": str(one.folder),
            "voice": voice.id,
            "name": voice.name if voice.name != voice.id else None,
            "how": voice.how,
            "similarity": None if math.isnan(voice.similarity) else round(voice.similarity, 4),
            "seconds": round(voice.seconds, 2),
            "note": voice.note,
        }
        for one in found
        for voice in one.voices
    ]


def _called(voice: Voice) -> str:
    if voice.how == RECOGNISED:
        return voice.name
    return SHOWN.get(voice.how, "not known").format(voice.name)


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    for line in (heads, *lines):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
