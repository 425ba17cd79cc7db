"""CHAT with the marks of conversation analysis, as CLAN reads it, and back.

Of the forms that CHAT allows, those are written that CLAN's CHECK and other validators accept: one mark of
time at the end of a line, starts that never go back, no two lines of one person over each other, roles that
CHAT knows. A silence between turns is nobody's: it is a comment with its own time. A line that begins with a
tab, as in the CABNC, continues the line before it for every program, and would give it a second mark of time.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.exports.chat_reader import ChatLine, chat_lines, read_chat, timeline_of_chat
from pipeline.exports.chat_text import CHAT, bullet, cleaned, language_code, said, wrapped
from pipeline.exports.compose import compose
from pipeline.exports.formats import Options
from pipeline.exports.header import header
from pipeline.exports.material import Material, Person
from pipeline.exports.notation import Notation, load_notation
from pipeline.exports.script import Atom, Letters, Turn
from pipeline.exports.signs import Written, write_turn
from pipeline.timeline.table import records, tier
from pipeline.timeline.wording import MARKED

__all__ = ["ChatLine", "chat_lines", "read_chat", "timeline_of_chat", "write_chat"]

CORPUS = "rapport"
"""What an ``@ID`` calls the collection that a file is part of."""
ROLE = "Participant"
"""Of CHAT's own roles, who takes part; salesperson and customer are in the last field of the ``@ID``."""
FIRST, SECOND = ("⌈", "⌉"), ("⌊", "⌋")
"""Brackets of who talked already, and of who came in."""
NUMBERS = range(1, 10)
"""What tells overlaps of one turn from each other; 1 is not written."""
NO_WORDS = "xxx"
MONTHS = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
_CODED = re.compile(r"\[[^\]]*\]")
_OVER_BRACKETS = re.compile("[\x00\x15]")


@dataclass
class _Line:
    """A line of talk, or of a silence: participant (empty for nobody), text, and milliseconds."""

    who: str
    text: str
    start: int
    end: int


def write_chat(material: Material, options: Options) -> bytes:
    """Write a meeting as CHAT-CA.

    Parameters
    ----------
    material : Material
        A meeting, or what `timeline_of_chat` read, which is written as it was.
    options : Options
        ``embodied="none"`` leaves out what bodies do.
    """
    if CHAT in material.manifest:
        return _written_again(material)
    notation = load_notation("chat")
    lines = _in_order(_lines(material, notation, conduct=options.embodied != "none"))
    codes = material.codes()
    written = ["@UTF8", "@Begin", *_header(material, notation, codes)]
    for line in lines:
        head = f"*{codes[line.who]}" if line.who in codes else "@Comment"
        written.append(f"{head}:\t{line.text} {bullet(line.start, line.end)}")
    return ("\n".join(map(wrapped, [*written, "@End"])) + "\n").encode()


def _header(material: Material, notation: Notation, codes: Mapping[str, str]) -> list[str]:
    people = material.people or (Person("", "", "other"),)
    spoken = [material.language, *(person.language for person in material.people)]
    languages = list(dict.fromkeys(language_code(one) for one in spoken if one)) or ["und"]
    named = [
        (codes.get(one.id, "UNK"), re.sub(r"[\s,|]+", "_", cleaned(one.name)).strip("_")) for one in people
    ]
    lines = [
        f"@Languages:\t{', '.join(languages)}",
        f"@Participants:\t{', '.join(' '.join(filter(None, (*one, ROLE))) for one in named)}",
        "@Options:\tCA",
    ]
    for person, (code, _) in zip(people, named, strict=True):
        language = language_code(person.language) if person.language else languages[0]
        lines.append(f"@ID:\t{language}|{CORPUS}|{code}|||||{ROLE}||{person.role}|")
    if material.media and not re.search(r"[,\s\"]", material.name):
        # By the manual, its name is the file's own.
        lines.append(f"@Media:\t{material.name}, {'video' if material.media[0].pictures else 'audio'}")
    told = {"Participants", "Language", "Date"}
    lines += [
        f"@Comment:\t{name}: {cleaned(value)}"
        for name, value in header(material, notation)
        if name not in told
    ]
    if date := _date(material.date):
        lines.append(f"@Date:\t{date}")
    return lines


def _date(date: str) -> str:
    """A date as CHAT has it, such as 01-JUL-2026; empty where it is none."""
    try:
        day = datetime.fromisoformat(date[:10])
    except ValueError:
        return ""
    month = MONTHS[3 * day.month - 3 : 3 * day.month]
    return f"{day.day:02d}-{month}-{day.year:04d}"


def _lines(material: Material, notation: Notation, *, conduct: bool) -> list[_Line]:
    typed = _typed(material)
    script = compose(material, notation, conduct=conduct)
    written = {
        i: write_turn(
            [_uncoded(atom) for atom in turn.atoms], notation, latched=turn.latched, latching=turn.latching
        )
        for i, turn in enumerate(script)
        if turn.row not in typed
    }
    moments = _Moments(material, [(script[i], atoms) for i, atoms in written.items()])
    turns = set(tier(material.table, "turn")["id"])
    lines = []
    for i, turn in enumerate(script):
        text = typed[turn.row] if turn.row in typed else moments.text(turn.row, written[i])
        if text := _speakable(text) or (NO_WORDS if turn.row in turns else ""):
            start = round(turn.start * 1000)
            lines.append(_Line(turn.participant, text, start, max(round(turn.end * 1000), start + 1)))
    return lines


def _typed(material: Material) -> dict[str, str]:
    """Text with marks of CHAT that a person typed, by the id of the turn."""
    found = {}
    for row in records(tier(material.table, "turn")):
        details = json.loads(row["details"]) if MARKED in row["details"] else {}
        if details.get("notation") == CHAT and MARKED in details:
            found[row["id"]] = _OVER_BRACKETS.sub(
                "\ufffd", re.sub(r"[\t\n\r\v\f\x85\u2028\u2029]", " ", details[MARKED])
            )
    return found


def _uncoded(atom: Atom) -> Atom:
    """An atom whose letters CHAT does not take for codes; a word of blanks is one that was not heard."""
    pieces = tuple(
        replace(piece, text=text)
        if isinstance(piece, Letters) and (text := said(piece.text)) != piece.text
        else piece
        for piece in atom.pieces
    )
    if atom.kind == "word" and not any(isinstance(piece, Letters) and piece.text.strip() for piece in pieces):
        return replace(atom, kind="not_heard", pieces=())
    name = said(atom.name) if atom.kind == "remark" else atom.name
    text = said(atom.text)
    if (pieces, name, text) == (atom.pieces, atom.name, atom.text):
        return atom
    return replace(atom, pieces=pieces, name=name, text=text)


def _speakable(text: str) -> str:
    """A text without terminators where it has nothing else, which is no utterance for CHAT."""
    rest = _CODED.sub("", text).strip()
    return " ".join([*_CODED.findall(text), NO_WORDS]) if rest and not rest.strip(".?! ") else text.strip()


class _Moments:
    """The moments at which people begin to talk at once: who came in, and by which number they are known.

    Parameters
    ----------
    material : Material
    written : sequence of (Turn, sequence of Written)
        Turns whose brackets are to be chosen.
    """

    def __init__(self, material: Material, written: Sequence[tuple[Turn, Sequence[Written]]]) -> None:
        speakers = {turn.row: turn.participant for turn, _ in written}
        self.until: dict[tuple[str, str], float] = {}
        self.second: set[tuple[str, str]] = set()
        turns: dict[float, set[str]] = defaultdict(set)
        for row in records(tier(material.table, "overlap")):
            begins = f"{row['start']:.4f}"
            for turn in row["evidence"].split():
                self.until[turn, begins] = max(self.until.get((turn, begins), 0.0), row["end"])
                turns[float(begins)].add(turn)
                if speakers.get(turn) == row["participant"]:
                    self.second.add((turn, begins))
        before_digits = {
            begins
            for turn, atoms in written
            for place, begins in self._brackets(turn.row, atoms).items()
            if re.match(r"\d", _after(atoms[place[0]], place[1]))
        }
        self.number = self._numbered(turns, before_digits)

    @staticmethod
    def _numbered(turns: Mapping[float, set[str]], before_digits: set[str]) -> dict[str, int]:
        """A number for every moment, another one than those near it in the same turns.

        Where a digit follows a bracket there must be a number, or that would be taken for it.
        """
        recent: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=len(NUMBERS) - 1))
        numbers = {}
        for moment in sorted(turns):
            begins = f"{moment:.4f}"
            taken = {number for turn in turns[moment] for number in recent[turn]}
            free = [n for n in NUMBERS if n not in taken and (n > 1 or begins not in before_digits)]
            numbers[begins] = free[0] if free else NUMBERS[-1]
            for turn in turns[moment]:
                recent[turn].append(numbers[begins])
        return numbers

    def _brackets(self, turn: str, atoms: Sequence[Written]) -> dict[tuple[int, int], str]:
        """The moment of every bracket of a turn, by the places of atom and run; empty if it has no partner.

        An overlap in which no word of the turn lies may close before it opens.
        """
        found: dict[tuple[int, int], str] = {}
        waiting: list[tuple[tuple[int, int], str]] = []
        for i, one in enumerate(atoms):
            for j, run in enumerate(one.runs):
                if run.opens or run.closes:
                    found[i, j] = ""
                if run.opens:
                    waiting.append(((i, j), run.opens))
                elif run.closes:
                    same = (w for w in reversed(waiting) if self._end(turn, w[1]) == run.closes)
                    if partner := next(same, waiting[-1] if waiting else None):
                        waiting.remove(partner)
                        found[i, j] = found[partner[0]] = partner[1]
        return found

    def _end(self, turn: str, begins: str) -> str:
        return f"{self.until.get((turn, begins), -1):.4f}"

    def text(self, turn: str, atoms: Sequence[Written]) -> str:
        """A turn's text with its brackets."""
        brackets = self._brackets(turn, atoms)
        words = []
        for i, one in enumerate(atoms):
            text = ""
            for j, run in enumerate(one.runs):
                begins = brackets.get((i, j))
                if begins is None:
                    text += run.text
                elif begins:
                    pair = SECOND if (turn, begins) in self.second else FIRST
                    number = self.number.get(begins, 1)
                    text += pair[0 if run.opens else 1] + (str(number) if number > 1 else "")
            words.append(text)
        return " ".join(word for word in words if word)


def _after(one: Written, run: int) -> str:
    return "".join(later.text for later in one.runs[run + 1 :])


def _in_order(lines: Iterable[_Line]) -> list[_Line]:
    """Lines by their starts; of two of one person over each other, the first ends where the next begins."""
    lines = sorted(lines, key=lambda line: (line.start, line.end))
    last: dict[str, _Line] = {}
    for line in lines:
        before = last.get(line.who)
        if before is not None and line.who and line.start < before.end:
            line.start = max(line.start, before.start + 1)
            line.end = max(line.end, line.start + 1)
            before.end = line.start
        last[line.who] = line
    return sorted(lines, key=lambda line: line.start)


def _written_again(material: Material) -> bytes:
    """What was read of a file of CHAT, in its own order, with what was changed and added since."""
    lines: list[tuple[float, list[str]]] = [
        (one["place"], [wrapped(f"@{one['name']}:\t{one['text']}" if one["text"] else f"@{one['name']}")])
        for one in material.manifest[CHAT]["headers"]
    ]
    codes = material.codes()
    at = 0.0
    for row in records(material.shown):
        details = json.loads(row["details"] or "{}")
        if "place" not in details and (row["tier"] not in ("turn", "gap") or row["status"] == "auto"):
            continue
        at = details.get("place", at + 1e-4)
        lines.append((at, _row_again(row, details, codes)))
    texts = [line for _, group in sorted(lines, key=lambda one: one[0]) for line in group]
    return ("\n".join([*texts, "@End"]) + "\n").encode()


def _row_again(
    row: Mapping[str, object], details: Mapping[str, object], codes: Mapping[str, str]
) -> list[str]:
    """A row's line and those that depend on it; a blank one before what would continue the line above."""
    body = details.get("body")
    if body is None or row["status"] not in ("auto", "confirmed"):
        seconds = float(str(row["end"])) - float(str(row["start"]))
        text = details.get(MARKED) or (f"({seconds:.1f})" if row["tier"] == "gap" else said(str(row["text"])))
        start = round(float(str(row["start"])) * 1000)
        body = f"{text} {bullet(start, max(start + round(seconds * 1000), start + 1))}"
    who = str(row["participant"])
    code = who if "place" in details else codes.get(who, who)
    lines = [f"*{code}:\t{body}" if row["tier"] == "turn" else f"\t{body}"]
    if details.get("after_blank"):
        lines.insert(0, "")
    tiers = details.get("tiers")
    return lines + [f"%{name}:\t{text}" for name, text in (tiers if isinstance(tiers, list) else [])]
