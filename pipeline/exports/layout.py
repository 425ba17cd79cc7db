"""Lines of a transcript: wrapped, in order of time, the brackets of overlapping talk in one column.

Each turn is broken into lines on its own; lines of all turns follow each other by when they begin, so that
who comes in stands under what they come in on. Then the brackets of one moment are moved to one column, by
blanks before a word: the one use that blanks have. A bracket that lies inside a word stays in it, and the
other lines move. Two brackets inside one and the same word cannot both be moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.exports.notation import Notation
from pipeline.exports.script import Turn
from pipeline.exports.signs import Run, Written, write_turn

FAR = 0.6
"""Share of a line's width from which a line ends before a word in which an overlap begins."""


@dataclass
class Line:
    """A line before it has a number.

    Attributes
    ----------
    turn : Turn
    atoms : list of Written
    pads : list of int
        Blanks before each atom beside the one between words.
    first : bool
        Whether its turn begins with it.
    """

    turn: Turn
    atoms: list[Written]
    first: bool
    pads: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pads = [0] * len(self.atoms)

    @property
    def start(self) -> float:
        """Second at which it begins."""
        return self.turn.start if self.first else self.atoms[0].atom.start

    @property
    def end(self) -> float:
        """Second at which it ends."""
        return max(self.start, max(one.atom.end for one in self.atoms))

    def column(self, atom: int) -> int:
        """Where an atom begins, counted from 0."""
        widths = sum(self.pads[i] + self.atoms[i].width + 1 for i in range(atom))
        return widths + self.pads[atom]

    def runs(self) -> list[Run]:
        """Its text."""
        found: list[Run] = []
        for i, (pad, one) in enumerate(zip(self.pads, self.atoms, strict=True)):
            blanks = " " * (pad + (1 if i else 0))
            found += [Run(blanks)] * bool(blanks) + list(one.runs)
        return found

    @property
    def text(self) -> str:
        """Its text without any look."""
        return "".join(run.text for run in self.runs())


def break_lines(script: Sequence[Turn], notation: Notation, *, underline: bool = False) -> list[Line]:
    """Break a script into lines, in order of time; `align` puts their brackets in columns.

    Parameters
    ----------
    script : sequence of Turn
    notation : Notation
        Gives the signs and the width of lines in letters; a line whose brackets had to move may be longer.
    underline : bool
        Whether the file can underline.
    """
    lines: list[Line] = []
    for turn in script:
        written = write_turn(
            turn.atoms, notation, latched=turn.latched, latching=turn.latching, underline=underline
        )
        if written:
            lines += _wrapped(turn, written, notation.width)
    order = {id(line): i for i, line in enumerate(lines)}
    lines.sort(key=lambda line: (line.start, order[id(line)]))
    return lines


def _wrapped(turn: Turn, written: Sequence[Written], width: int) -> list[Line]:
    rows: list[list[Written]] = [[]]
    at = 0
    for one in written:
        opens = any(run.opens for run in one.runs)
        full = at + 1 + one.width > width or (opens and at > FAR * width)
        if rows[-1] and full:
            rows.append([])
            at = 0
        at += one.width + (1 if rows[-1] else 0)
        rows[-1].append(one)
    return [Line(turn, row, first=i == 0) for i, row in enumerate(rows)]


@dataclass(frozen=True)
class _Bracket:
    """A bracket in a line: in which atom, and after how many of its letters."""

    line: Line
    atom: int
    within: int

    @property
    def column(self) -> int:
        return self.line.column(self.atom) + self.within


def align(lines: Sequence[Line]) -> None:
    """Move the brackets of each moment to one column, in order of time."""
    moments: dict[tuple[float, bool, str], list[_Bracket]] = {}
    for line in lines:
        for i, one in enumerate(line.atoms):
            within = 0
            for run in one.runs:
                if key := run.opens or run.closes:
                    closes = not run.opens
                    moments.setdefault((_time(key), closes, key), []).append(_Bracket(line, i, within))
                within += len(run.text)
    held: set[tuple[int, int]] = set()
    for _, closes, key in sorted(moments):
        brackets = moments[(_time(key), closes, key)]
        if len(brackets) < 2:
            continue
        target = max(bracket.column for bracket in brackets)
        for bracket in brackets:
            place = (id(bracket.line), bracket.atom)
            if closes:
                _pad_before(bracket, target)
            elif place not in held:
                bracket.line.pads[bracket.atom] += target - bracket.column
            held.add(place)


def _time(key: str) -> float:
    try:
        return float(key)
    except ValueError:
        return float("inf")


def _pad_before(bracket: _Bracket, target: int) -> None:
    """Move a closing bracket by blanks right before it, where it ends what is said in the atom."""
    line, one = bracket.line, bracket.line.atoms[bracket.atom]
    missing = target - bracket.column
    rest = "".join(run.text for run in _after(one.runs, bracket.within))
    if missing <= 0 or len(rest) > 2:
        return
    runs: list[Run] = []
    at = 0
    for run in one.runs:
        if at == bracket.within and run.closes:
            runs.append(Run(" " * missing))
        runs.append(run)
        at += len(run.text)
    line.atoms[bracket.atom] = Written(one.atom, tuple(runs))


def _after(runs: Sequence[Run], letters: int) -> list[Run]:
    found, at = [], 0
    for run in runs:
        if at >= letters:
            found.append(run)
        at += len(run.text)
    return found
