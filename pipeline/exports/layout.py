"""Lines of a transcript: wrapped, in order of time, the brackets of overlapping talk in one column.

Each turn is broken into lines on its own; lines of all turns follow each other by when they begin, so that
who comes in stands under what they come in on. Then the brackets of one moment are moved to one column, by
blanks before a word: the one use that blanks have. A line that becomes too long by them is cut. A bracket
that lies inside a word stays in it, and the other lines move. Two brackets inside one and the same word
cannot both be moved; nor can those of two moments of which one line has the one first, another the other, as
may be where somebody begins in the last instant of a word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import combinations

from pipeline.exports.notation import Notation
from pipeline.exports.script import Turn
from pipeline.exports.signs import Run, Written, write_turn

ROUNDS = 20
"""How often lines are cut anew at most, for what is cut moves brackets of other lines."""
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
    pads: list[int] = field(default_factory=list, init=False)

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

    @cached_property
    def moments(self) -> set[str]:
        """Names of the moments at which an overlap in it begins or ends."""
        return {run.opens or run.closes for one in self.atoms for run in one.runs} - {""}

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
    for _ in range(ROUNDS):
        cuts = _cuts(lines, notation.width)
        if not cuts:
            break
        lines = list(_cut(lines, cuts, notation.width))
    return _in_order(lines)


def _in_order(lines: Iterable[Line]) -> list[Line]:
    """Lines by when they begin, those of one turn as they follow each other.

    What a body does is told after lines that are in overlap, not between them.
    """
    begins: dict[int, float] = {}
    placed = []
    for line in lines:
        begins[id(line.turn)] = start = max(line.start, begins.get(id(line.turn), line.start))
        placed.append((start, line))
    found: list[Line] = []
    waiting: list[Line] = []
    for _, line in sorted(placed, key=lambda one: one[0]):
        if all(one.atom.kind == "remark" for one in line.atoms):
            waiting.append(line)
            continue
        if waiting and not (found and found[-1].moments & line.moments):
            found += waiting
            waiting = []
        found.append(line)
    return found + waiting


def _cuts(lines: Sequence[Line], width: int) -> dict[int, int]:
    """Before which atom to cut lines that are too long once their brackets are in columns, by their `id`."""
    moved = [line for line in lines if line.moments]
    trial = [Line(line.turn, list(line.atoms), line.first) for line in moved]
    align(trial)
    cuts: dict[int, int] = {}
    turns: set[int] = set()
    for line, tried in zip(moved, trial, strict=True):
        ends = (tried.column(i) + one.width for i, one in enumerate(tried.atoms))
        over = next((i for i, end in enumerate(ends) if i and end > width), None)
        if over and id(line.turn) not in turns:  # what follows in the turn changes
            turns.add(id(line.turn))
            cuts[id(line)] = over
    return cuts


def _cut(lines: Iterable[Line], cuts: Mapping[int, int], width: int) -> Iterator[Line]:
    """Lines, of which some are cut; what follows in the same turn is broken anew."""
    rest: dict[int, tuple[Turn, list[Written]]] = {}
    for line in lines:
        place = cuts.get(id(line))
        if id(line.turn) in rest:
            rest[id(line.turn)][1].extend(line.atoms)
        elif place is None:
            yield line
        else:
            rest[id(line.turn)] = (line.turn, line.atoms[place:])
            yield Line(line.turn, line.atoms[:place], line.first)
    for turn, atoms in rest.values():
        for line in _wrapped(turn, atoms, width):
            yield replace(line, first=False)


def _wrapped(turn: Turn, written: Sequence[Written], width: int) -> list[Line]:
    rows: list[list[Written]] = [[]]
    at = 0
    for one in written:
        opens = at > FAR * width and any(run.opens for run in one.runs)
        full = opens or at + 1 + one.width > width
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


Moment = tuple[float, bool, str]
"""When an overlap begins or ends, whether it ends, and the name of the moment."""


def align(lines: Sequence[Line]) -> None:
    """Move the brackets of each moment to one column, moments that stand further left first."""
    moments: dict[Moment, list[_Bracket]] = {}
    rows: list[list[Moment]] = []
    for line in lines:
        rows.append([])
        for i, one in enumerate(line.atoms):
            within = 0
            for run in one.runs:
                if key := run.opens or run.closes:
                    moment = (_time(key), not run.opens, key)
                    moments.setdefault(moment, []).append(_Bracket(line, i, within))
                    rows[-1].append(moment)
                within += len(run.text)
    held: set[tuple[int, int]] = set()
    for moment in _from_the_left(rows):
        brackets = moments[moment]
        if len(brackets) < 2:
            continue
        target = max(bracket.column for bracket in brackets)
        for bracket in brackets:
            place = (id(bracket.line), bracket.atom)
            if not (moment[1] and _pad_before(bracket, target)) and place not in held:
                bracket.line.pads[bracket.atom] += target - bracket.column
            held.add(place)


def _from_the_left(rows: Iterable[Sequence[Moment]]) -> Iterator[Moment]:
    """Each moment after all that stand before it in a line, else by time; by time where lines disagree.

    To move a moment moves whatever follows in its lines. Time alone does not tell what follows: at the edge
    of a word a bracket may stand a little earlier or later than its moment.
    """
    before: dict[Moment, set[Moment]] = {moment: set() for row in rows for moment in row}
    after: dict[Moment, set[Moment]] = defaultdict(set)
    for row in rows:
        for first, second in combinations(row, 2):
            if first != second:
                before[second].add(first)
                after[first].add(second)
    ready = [moment for moment, those in before.items() if not those]
    heapify(ready)
    while before:
        moment = heappop(ready) if ready else min(before)
        del before[moment]
        yield moment
        for follower in after[moment] & before.keys():
            before[follower].discard(moment)
            if not before[follower]:
                heappush(ready, follower)


def _time(key: str) -> float:
    try:
        return float(key)
    except ValueError:
        return float("inf")


def _pad_before(bracket: _Bracket, target: int) -> bool:
    """Move a closing bracket by blanks right before it, unless that would tear a word; whether it could."""
    line, one = bracket.line, bracket.line.atoms[bracket.atom]
    missing = target - bracket.column
    rest = "".join(run.text for run in _after(one.runs, bracket.within))
    if any(letter.isalnum() for letter in rest):
        return False
    if missing <= 0:
        return True
    runs: list[Run] = []
    at = 0
    for run in one.runs:
        if at == bracket.within and run.closes:
            if one.atom.kind == "not_heard":  # (--) becomes (-----)
                runs[-1] = replace(runs[-1], text=_longer(runs[-1].text, missing))
            else:
                runs.append(Run(" " * missing))
        runs.append(run)
        at += len(run.text)
    line.atoms[bracket.atom] = Written(one.atom, tuple(runs))
    return True


def _longer(sign: str, by: int) -> str:
    """A sign for what was not heard, as long as what it stands beside."""
    middle = len(sign) // 2
    return sign[:middle] + sign[middle] * by + sign[middle:]


def _after(runs: Sequence[Run], letters: int) -> list[Run]:
    found, at = [], 0
    for run in runs:
        if at >= letters:
            found.append(run)
        at += len(run.text)
    return found
