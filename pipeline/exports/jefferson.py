"""The draft as plain text: header, numbered lines, a speaker's column, a legend of its marks."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.exports.draft import DraftLine, draft_lines
from pipeline.exports.formats import Options
from pipeline.exports.header import header, legend
from pipeline.exports.material import Material
from pipeline.exports.notation import Notation, load_notation

LEGEND = "Marks and how many; all are automatic but those by hand:"
"""With this the draft is over, and its legend begins."""


def write_jefferson(material: Material, options: Options) -> bytes:
    """Write a meeting's draft as UTF-8 text with LF line ends."""
    notation = load_notation(options.notation)
    lines = draft_lines(material, options)
    parts = [
        *(f"{name + ':':<14} {value}" for name, value in header(material, notation)),
        "",
        *numbered(lines, translation=options.translation),
        "",
        *legend_lines(material, notation),
    ]
    return ("\n".join(parts) + "\n").encode()


def numbered(lines: Sequence[DraftLine], *, translation: bool = False) -> list[str]:
    """Lines with numbers and the speaker's column; with `translation`, an empty line after each of talk."""
    digits = max(2, len(str(max((line.number for line in lines), default=0))))
    width = max((len(line.speaker) for line in lines), default=0) + 2
    found = []
    for line in lines:
        number = f"{line.number:0{digits}d}" if line.number else " " * digits
        speaker = f"{line.speaker}:" if line.speaker else ""
        found.append(f"{number} {speaker:<{width}}{line.text}".rstrip())
        if translation and line.number and line.participant:
            found.append("")
    return found


def legend_lines(material: Material, notation: Notation) -> list[str]:
    """The marks, what each means, how many there are, and by which limit the machine wrote them."""
    rows = legend(material, notation)
    if not rows:
        return []
    width = max(len(mark.sign) for mark, _ in rows)
    lines = [LEGEND]
    for mark, count in rows:
        limit = f"; {mark.limit}" if mark.limit else ""
        lines.append(f"  {mark.sign:<{width}}  {mark.meaning} ({count}{limit})")
    return lines
