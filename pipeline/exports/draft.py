"""A draft transcript: numbered lines as a conversation analyst writes them."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline.exports.bodies import actions_of, lines_below, put_symbols
from pipeline.exports.compose import compose
from pipeline.exports.formats import Options
from pipeline.exports.layout import Line, align, break_lines
from pipeline.exports.material import Material
from pipeline.exports.notation import Notation, load_notation
from pipeline.exports.signs import Run


@dataclass(frozen=True)
class DraftLine:
    """One line of a draft.

    Attributes
    ----------
    number : int
        From 1; 0 for a line without one, such as one that tells what a body does below the talk.
    participant : str
        Who speaks; empty where the line is a silence.
    speaker : str
        What stands in the speaker's column: the name, or nothing where the line goes on.
    text : str
        With the notation's marks.
    start, end : float
        Seconds of the meeting.
    turn : str
        Id of the turn that it is part of; of the row, for a silence or what stands alone.
    runs : tuple of Run
        The text by its look.
    """

    number: int
    participant: str
    speaker: str
    text: str
    start: float
    end: float
    turn: str = ""
    runs: tuple[Run, ...] = ()


def draft_lines(material: Material, options: Options, *, underline: bool = False) -> list[DraftLine]:
    """Draft a meeting's transcript.

    Parameters
    ----------
    material : Material
    options : Options
        Its notation, and where bodily conduct goes.
    underline : bool
        Whether the file can underline.

    Notes
    -----
    Several formats hold the same draft: it stays with the material, and is made once.
    """
    key = (draft_lines, options.notation, options.embodied, underline)
    if key not in material.worked_out:
        material.worked_out[key] = tuple(_drafted(material, options, underline))
    return list(material.worked_out[key])


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Let Python's garbage collector wait: it would search a long meeting's objects over and over."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


@collector_at_rest()
def _drafted(material: Material, options: Options, underline: bool) -> list[DraftLine]:
    notation = load_notation(options.notation)
    where = options.embodied or notation.embodied
    script = compose(material, notation, conduct=where == "inline")
    lines = break_lines(script, notation, underline=underline)
    actions = actions_of(material, notation) if where == "below" else []
    put_symbols(lines, actions)
    align(lines)
    return number_lines(lines, material.names, notation, lines_below(lines, actions))


def number_lines(
    lines: Sequence[Line],
    names: Mapping[str, str],
    notation: Notation,
    below: Mapping[int, Sequence[tuple[str, str]]],
) -> list[DraftLine]:
    """Give lines their numbers and speakers; a line that goes on after the same turn's has no speaker.

    Parameters
    ----------
    lines : sequence of Line
    names : mapping of str to str
        What everybody is called.
    notation : Notation
    below : mapping of int to sequence of (str, str)
        Who does what below a line, by its place.
    """
    found: list[DraftLine] = []
    last: Line | None = None
    for place, line in enumerate(lines):
        who = line.turn.participant
        goes_on = last is not None and last.turn is line.turn
        name = names.get(who, who)[: notation.speaker_width]
        speaker = "" if goes_on or not who else name
        runs = tuple(line.runs())
        text = "".join(run.text for run in runs)
        found.append(DraftLine(place + 1, who, speaker, text, line.start, line.end, line.turn.row, runs))
        for actor, told in below.get(place, ()):
            body = names.get(actor, actor)[: notation.speaker_width].lower()
            found.append(DraftLine(0, actor, body, told, line.start, line.end, line.turn.row, (Run(told),)))
        last = line
    return found
