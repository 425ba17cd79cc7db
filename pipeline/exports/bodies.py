"""What bodies do on lines below the talk, after Mondada's conventions for multimodal transcription.

Each participant has a symbol. It stands in the talk where an action begins and where it ends, and around the
action on the line below, in the same columns: ``*nods---*``. An action that goes on in a later line ends in
``-->`` and its end is told there.
Source: Mondada, L. (2019). Conventions for multimodal transcription, version 6.0.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.exports.compose import remark_of
from pipeline.exports.layout import Line
from pipeline.exports.material import Material
from pipeline.exports.notation import Notation
from pipeline.exports.signs import Run, Written

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
        for time, symbol in reversed(marks):
            _insert(line, time, symbol)


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
    for place, line in enumerate(lines):
        until = _until(lines, place)
        mine = [action for action in actions if _touches(action, line, until)]
        columns = _columns(line, {action.symbol for action in mine})
        for who in dict.fromkeys(action.who for action in mine):
            own = [action for action in mine if action.who == who]
            below.setdefault(place, []).append((who, _told(own, line, until, columns.get(own[0].symbol, []))))
    return below


def _until(lines: Sequence[Line], place: int) -> float:
    """Second up to which moments belong to a line: the next one begins."""
    return lines[place + 1].start if place + 1 < len(lines) else float("inf")


def _touches(action: Action, line: Line, until: float) -> bool:
    return line.start <= action.start < until or line.start <= action.end < until


def actions_of(material: Material, notation: Notation) -> list[Action]:
    """Conduct in order of time; one person's that lie over each other are told one after the other."""
    symbols = {p.id: notation.symbols[i % len(notation.symbols)] for i, p in enumerate(material.people)}
    tiers = {name.split("/")[0] for name in notation.conduct}
    shown = material.shown
    rows = shown[shown["tier"].isin(tiers)].sort_values(["start", "end"]).to_dict("records")
    found: list[Action] = []
    last: dict[str, float] = {}
    for row in rows:
        who, text = row["participant"], remark_of(row, notation)
        start = max(row["start"], last.get(who, 0.0))
        if text and who in symbols and row["end"] > start:
            found.append(Action(who, symbols[who], start, row["end"], text))
            last[who] = row["end"]
    return found


def _insert(line: Line, time: float, symbol: str) -> None:
    """Put a symbol into a line at a moment, inside a word where that is the moment."""
    places = [i for i, one in enumerate(line.atoms) if one.atom.end > time]
    i = places[0] if places else len(line.atoms) - 1
    one = line.atoms[i]
    share = (time - one.atom.start) / max(one.atom.seconds, 1e-6) if places else 1.0
    at = round(min(max(share, 0.0), 1.0) * one.width)
    runs: list[Run] = []
    seen, placed = 0, False
    for run in one.runs:
        if not placed and at <= seen + len(run.text):
            head, tail = run.text[: at - seen], run.text[at - seen :]
            runs += [
                Run(head, run.underline, run.opens if head else "", run.closes if head else ""),
                Run(symbol),
            ]
            runs.append(Run(tail, run.underline, "" if head else run.opens, "" if head else run.closes))
            placed = True
        else:
            runs.append(run)
        seen += len(run.text)
    line.atoms[i] = Written(one.atom, tuple(run for run in runs if run.text))


def _columns(line: Line, symbols: set[str]) -> dict[str, list[int]]:
    """Columns of each symbol that was put into a line: runs that are one symbol alone."""
    columns: dict[str, list[int]] = {}
    at = 0
    for run in line.runs():
        if run.text in symbols and not (run.opens or run.closes):
            columns.setdefault(run.text, []).append(at)
        at += len(run.text)
    return columns


def _told(actions: Sequence[Action], line: Line, until: float, columns: list[int]) -> str:
    """A person's actions below a line, their symbols in the columns of those in the talk."""
    text, left = "", list(columns)
    times = sorted({t for a in actions for t in (a.start, a.end) if line.start <= t < until})
    place = dict(zip(times, left, strict=False))
    for action in actions:
        begins, ends = place.get(action.start), place.get(action.end)
        if begins is None:
            text = GOES_ON.rjust(max(ends or 0, len(GOES_ON))) + action.symbol if ends is not None else text
            continue
        # an action that follows at once shares its symbol
        text = text if len(text) == begins + 1 else text.ljust(begins) + action.symbol
        body = action.text
        if ends is None:
            text += body + GOES_ON
        else:
            text = (text + body).ljust(ends, "-") + action.symbol
    return text
