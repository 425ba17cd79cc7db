"""Praat's TextGrid: a tier of intervals for each lane.

The text form is described at https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.exports.formats import Options
from pipeline.exports.lanes import Annotation, Lane, lane_name, lanes
from pipeline.exports.material import Material
from pipeline.exports.reading import Reading, decode, fault
from pipeline.exports.tiers import Gathering, called, shown
from pipeline.exports.xml import clean

TICKS = 1_000_000
"""Ticks a second: Praat's times are floats, so that nothing needs to be coarser than the measurements."""
NOISE = 1e-9
"""Seconds by which programs that add up floats miss the edge of the next interval."""


def write_textgrid(material: Material, options: Options) -> bytes:
    """Write a TextGrid in the long text form, UTF-8.

    The intervals of a tier lie side by side from the first second to the last one, as Praat demands; those
    between the rows are empty. A row without length is an interval of a millionth of a second: a point tier
    for it would tear what belongs together apart.
    """
    del options
    found = lanes(material.table, TICKS)
    names = called(material)
    last = max([round(material.end * TICKS), 1, *(lane.annotations[-1].end for lane in found)])
    lines = [
        'File type = "ooTextFile"\nObject class = "TextGrid"\n',
        f"xmin = 0\nxmax = {_time(last)}\ntiers? <exists>\nsize = {len(found)}\nitem []:",
    ]
    for number, lane in enumerate(found, start=1):
        name = lane_name(lane.tier, names.get(lane.participant, lane.participant), lane.number)
        lines += [f"    item [{number}]:", *_tier(lane, name, last)]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _tier(lane: Lane, name: str, last: int) -> Iterator[str]:
    tiles = list(_tiles(lane, last))
    yield f'        class = "IntervalTier"\n        name = {_quoted(name)}\n        xmin = 0'
    yield f"        xmax = {_time(last)}\n        intervals: size = {len(tiles)}"
    for i, one in enumerate(tiles, start=1):
        yield f"        intervals [{i}]:\n            xmin = {_time(one.start)}"
        yield f"            xmax = {_time(one.end)}\n            text = {_quoted(one.text)}"


def _tiles(lane: Lane, last: int) -> Iterator[Annotation]:
    """The annotations of a lane with what lies between them, without text."""
    at = 0
    for one in lane.annotations:
        if at < one.start:
            yield Annotation(at, one.start, "")
        yield Annotation(one.start, one.end, shown(lane.tier, one.text))
        at = one.end
    if at < last:
        yield Annotation(at, last, "")


def _time(tick: int) -> str:
    return f"{tick / TICKS:.6f}"


def _quoted(text: str) -> str:
    # Line ends of other systems would be read as LF.
    lines = clean(text).replace("\r\n", "\n").replace("\r", "\n")
    return '"' + lines.replace('"', '""') + '"'


@dataclass(frozen=True)
class _Token:
    """A text in quotes, a number or a flag such as ``<exists>``; all else in a TextGrid is for people."""

    text: str
    line: int
    kind: str


_TOKEN = re.compile(r'"(?P<text>[^"]*(?:""[^"]*)*)"|(?P<open>")|!.*|(?P<flag><\w+>)|(?P<word>[^\s"]+)')
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


class _Tokens:
    """The tokens of a TextGrid, which are the same ones in its long and its short form."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 1
        self._tokens = self._split(decode(path))

    def _split(self, text: str) -> Iterator[_Token]:
        line, at = 1, 0
        for match in _TOKEN.finditer(text):
            line, at = line + text.count("\n", at, match.start()), match.start()
            kind, found = match.lastgroup, match.group(match.lastgroup or 0)
            if kind == "open":
                fault(
                    self.path, line, 'the text that begins here has no closing "; quotes in texts are doubled'
                )
            elif kind == "text":
                yield _Token(found.replace('""', '"'), line, "text")
            elif kind == "flag" or (kind == "word" and _NUMBER.match(found)):
                yield _Token(found, line, "flag" if kind == "flag" else "number")

    def next(self, kind: str, what: str) -> str:
        """The next token, which must be of a kind."""
        token = next(self._tokens, None)
        self.line = token.line if token else self.line
        if token is None:
            fault(self.path, self.line, f"the file ends where {what} is expected; export it again from Praat")
        if token.kind != kind:
            found = f"{what} is expected where {token.text!r} stands"
            fault(self.path, token.line, f"{found}; quotes in texts must be doubled, and sizes must be right")
        return token.text

    def number(self, what: str) -> float:
        """The next number."""
        return float(self.next("number", what))

    def count(self, what: str) -> int:
        """The next number, of things."""
        found = self.number(what)
        if found < 0 or not found.is_integer():
            fault(self.path, self.line, f"{what} cannot be {found:g}; correct it")
        return int(found)


def read_textgrid(path: Path, material: Material) -> Reading:
    """Read a TextGrid, long or short text form, UTF-8 or UTF-16, with tiers of intervals and of points.

    Raises
    ------
    FileFaultError
        Where it is no such file, a tier names somebody unknown, or intervals are out of order.
    """
    tokens = _Tokens(path)
    if [tokens.next("text", "a quoted word")] != ["ooTextFile"] or tokens.next(
        "text", "its class"
    ) != "TextGrid":
        fault(path, tokens.line, "it is not a TextGrid in text form; in Praat, choose Save as text file")
    gathering = Gathering(path, material)
    tokens.number("the first second"), tokens.number("the last second")
    if tokens.next("flag", "<exists>") == "<exists>":
        for _ in range(tokens.count("the number of tiers")):
            _read_tier(tokens, gathering)
    return gathering.reading()


def _read_tier(tokens: _Tokens, gathering: Gathering) -> None:
    kind = tokens.next("text", "the class of a tier")
    if kind not in ("IntervalTier", "TextTier"):
        fault(tokens.path, tokens.line, f"{kind!r} is no class of tier; it must be IntervalTier or TextTier")
    name = tokens.next("text", "the name of a tier")
    lane = gathering.lane(name, tokens.line)
    tokens.number("the first second"), tokens.number("the last second")
    before = 0.0
    for _ in range(tokens.count("the number of intervals or points")):
        start = tokens.number("a time")
        line = tokens.line
        end = tokens.number("a time") if kind == "IntervalTier" else start
        text = tokens.next("text", "a text in quotes")
        if start < before - NOISE:
            what = (
                f"{text!r} in the tier {name!r} starts at {start:g} s, the one before it ends at {before:g} s"
            )
            fault(tokens.path, line, f"{what}; put them in order")
        before = end
        if text:
            gathering.add(lane, start, end, text, line)
