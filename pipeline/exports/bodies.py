"""What bodies do on lines below the talk, after Mondada's conventions for multimodal transcription.

Each participant has a symbol. It stands in the talk where an action begins and where it ends, and around the
action on the line below, in the same columns: ``*nods---*``, or where that has no room ``*-*nods``. An action
that goes on in a later line ends in ``-->`` and its end is told there.
Source: Mondada, L. (2019). Conventions for multimodal transcription, version 6.0.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.exports.compose import remark_of
from pipeline.exports.layout import Line
from pipeline.exports.material import Material
from pipeline.exports.notation import Notation
from pipeline.exports.signs import Run, Written
from pipeline.timeline.table import records

GOES_ON = "-->"


@dataclass(frozen=True)
class Action:
    """Something that a body does."""

    who: str
    symbol: str
    start: float
    end: float
    text: str


def put_symbols(lines: Sequence[Line], actions: Sequence[Action]) -> None:
    """Put the symbols of actions into lines of talk, where these begin and end."""
    for place, line in enumerate(lines):
        until = _until(lines, place)
        mine = [action for action in actions if _touches(action, line, until)]
        marks = sorted({(t, a.symbol) for a in mine for t in (a.start, a.end) if line.start <= t < until})
        puts = [(*_place(line, time), symbol) for time, symbol in marks]
        for atom, at, symbol in reversed(puts):
            _put(line, atom, at, symbol)


def lines_below(lines: Sequence[Line], actions: Sequence[Action]) -> dict[int, list[tuple[str, str]]]:
    """Tell what goes below each line of talk: who, and what.

    Parameters
    ----------
    lines : sequence of Line
        With the symbols in them.
    actions : sequence of Action

    Returns
    -------
    dict of int to list of (str, str)
        By the place of the line: participant and text, in which the symbols stand under those above.
    """
    below: dict[int, list[tuple[str, str]]] = {}
    if not actions:
        return below
    for place, line in enumerate(lines):
        until = _until(lines, place)
        mine = [action for action in actions if _touches(action, line, until)]
        columns = _columns(line, {action.symbol for action in mine})
        for who in dict.fromkeys(action.who for action in mine):
            own = [action for action in mine if action.who == who]
            for told in _told(own, line, until, columns.get(own[0].symbol, [])):
                below.setdefault(place, []).append((who, told))
    return below


def _until(lines: Sequence[Line], place: int) -> float:
    """Second up to which moments belong to a line: the next one begins."""
    return lines[place + 1].start if place + 1 < len(lines) else float("inf")


def _touches(action: Action, line: Line, until: float) -> bool:
    return line.start <= action.start < until or line.start <= action.end < until


def symbols_of(material: Material, notation: Notation) -> dict[str, str]:
    """The symbol of everybody, by id."""
    return {p.id: notation.symbols[i % len(notation.symbols)] for i, p in enumerate(material.people)}


def actions_of(material: Material, notation: Notation) -> list[Action]:
    """Conduct in order of time; one person's that lie over each other are told one after the other."""
    symbols = symbols_of(material, notation)
    tiers = {name.split("/")[0] for name in notation.conduct}
    shown = material.shown
    rows = records(shown[shown["tier"].isin(tiers)].sort_values(["start", "end"]))
    found: list[Action] = []
    last: dict[str, float] = {}
    for row in rows:
        who, text = row["participant"], remark_of(row, notation)
        start = max(row["start"], last.get(who, 0.0))
        if text and who in symbols and row["end"] > start:
            found.append(Action(who, symbols[who], start, row["end"], text))
            last[who] = row["end"]
    return found


def _place(line: Line, time: float) -> tuple[int, int]:
    """Where a moment is in a line: in which atom, and after how many of its letters."""
    atom = next((i for i, one in enumerate(line.atoms) if one.atom.end > time), len(line.atoms) - 1)
    one = line.atoms[atom]
    share = min(max((time - one.atom.start) / max(one.atom.seconds, 1e-6), 0.0), 1.0)
    if one.atom.kind == "silence":  # at either side of its brackets, not between the digits
        return atom, (0, 1, one.width - 1, one.width)[min(int(4 * share), 3)]
    if one.atom.kind in ("remark", "not_heard"):
        return atom, round(share) * one.width
    at = round(share * one.width)
    first = 0
    for run in one.runs:
        last = first + len(run.text)
        if first < at < last and not run.text[0].isalnum():  # a sign stays whole
            return atom, first if at - first < last - at else last
        first = last
    return atom, at


def _put(line: Line, atom: int, at: int, symbol: str) -> None:
    """Put a symbol into a line after so many letters of an atom."""
    runs: list[Run] = []
    first, placed = 0, False
    for run in line.atoms[atom].runs:
        last = first + len(run.text)
        if not placed and at <= last:
            cut, placed = at - first, True
            pieces = (replace(run, text=run.text[:cut]), Run(symbol), replace(run, text=run.text[cut:]))
            runs += [piece for piece in pieces if piece.text]
        else:
            runs.append(run)
        first = last
    line.atoms[atom] = Written(line.atoms[atom].atom, tuple(runs))


def _columns(line: Line, symbols: set[str]) -> dict[str, list[int]]:
    """Columns of each symbol that was put into a line: runs that are one symbol alone."""
    columns: dict[str, list[int]] = {}
    at = 0
    for run in line.runs():
        if run.text in symbols and not (run.opens or run.closes):
            columns.setdefault(run.text, []).append(at)
        at += len(run.text)
    return columns


def _told(actions: Sequence[Action], line: Line, until: float, columns: Sequence[int]) -> list[str]:
    """A person's actions below a line, their symbols in the columns of those in the talk.

    What does not fit beside each other goes on a further line.
    """
    times = sorted({t for a in actions for t in (a.start, a.end) if line.start <= t < until})
    place = dict(zip(times, columns, strict=False))
    told: list[str] = []
    for action in actions:
        begins, text = _one(action, place)
        for i, before in enumerate(told):
            # an action that follows at once shares its symbol
            shares = len(before) == begins + 1 and before.endswith(action.symbol)
            if shares or len(before) <= begins:
                told[i] = before[:begins].ljust(begins) + text
                break
        else:
            told.append(" " * begins + text)
    return told


def _one(action: Action, place: Mapping[float, int]) -> tuple[int, str]:
    """In which column an action begins below a line, and how it is told there."""
    begins, ends = place.get(action.start), place.get(action.end)
    if begins is None:
        goes_on = GOES_ON[max(len(GOES_ON) - (ends or 0), 0) :]
        return (ends or 0) - len(goes_on), goes_on + action.symbol
    if ends is None:
        return begins, f"{action.symbol}{action.text}{GOES_ON}"
    room = ends - begins - 1
    if len(action.text) > room:
        return begins, action.symbol + "-" * room + action.symbol + action.text
    return begins, action.symbol + action.text.ljust(room, "-") + action.symbol
