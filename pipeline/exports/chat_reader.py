"""CHAT read back: lines with their speakers and times, as rows of a timeline, or as a timeline of its own.

A line begins with ``@`` (header), ``*`` (talk), ``%`` (what depends on the talk above), or a tab, after which
the line above goes on. In transcripts of conversation analysis a silence or a remark that is nobody's stands
after a tab as well: such a line, with nothing else in it, stands for itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.exports.chat_text import (
    BULLET,
    CHAT,
    SECONDS,
    SILENCE,
    TWO_LETTERS,
    atoms_of,
    meant,
    plain_words,
)
from pipeline.exports.docx import TypedLine
from pipeline.exports.material import ROLES, Material, Medium, Person
from pipeline.exports.notation import load_notation
from pipeline.exports.reading import Reading, decode, fault
from pipeline.exports.typed import Parser, UnbalancedError, one_kind_of_brackets, spread
from pipeline.timeline.table import timeline
from pipeline.timeline.turns import NO_WORDS

_HEADER = re.compile(r"@([^:\t]+?)\s*(?::\s*(.*))?$")
_TALK = re.compile(r"\*([^:\s]+)(:?)[ \t]*(.*)$")
_TIER = re.compile(r"%([^:\s]+)(:?)\s*(.*)$")
_ALONE = re.compile(rf"(?!\x15)(?:{SILENCE.pattern}|\(\(.*?\)\)|\[%.*?\]|{BULLET.pattern}|\s)+$")
_REMARK = re.compile(r"\(\(.*\)\)$|https?://\S+$")
"""What needs no tab to be known for nobody's talk."""
_TOLD = ("com", "act", "gpx")
"""Dependent tiers in which people tell what happens."""


@dataclass(frozen=True)
class ChatLine(TypedLine):
    """A line of talk, or of a silence or remark that is nobody's.

    Attributes
    ----------
    start, end : float or None
        Seconds, from the first to the last mark of time; None where there is no mark.
    """

    start: float | None = None
    end: float | None = None


@dataclass
class _Line:
    """A line with its continuations; `sign` is how it begins: ``@``, ``*``, or nothing."""

    number: int
    sign: str
    name: str
    body: str
    tiers: list[tuple[str, str]] = field(default_factory=list)
    after_blank: bool = False

    @property
    def bullets(self) -> list[tuple[int, int]]:
        return [(int(first), int(last)) for first, last in BULLET.findall(self.body)]

    @property
    def text(self) -> str:
        """Without marks of time."""
        return re.sub(rf" ?{BULLET.pattern}", "", self.body).strip()

    @property
    def span(self) -> tuple[float, float] | None:
        """Seconds from the first mark of time to the last."""
        marks = self.bullets
        return (marks[0][0] / 1000, marks[-1][1] / 1000) if marks else None


def read_chat(path: Path, material: Material) -> Reading:
    """Read a corrected file: a row for every line of talk, and for every silence between.

    `details` of a turn hold the text with all marks under ``marked``, and ``notation``. Lines in which nobody
    says anything, but laughs or nods, are no turns and are passed over; so are dependent tiers.

    Raises
    ------
    FileFaultError
        Where the file is no CHAT, is cut short, names somebody unknown, has times that cannot be, or a span
        that is opened and not closed; it names the line.
    """
    lines, parser = _checked(path), Parser(load_notation(CHAT))
    names = _codes(lines)
    rows: list[dict[str, Any]] = []
    said = [line for line in lines if line.sign == "*" or (line.sign == "" and SILENCE.fullmatch(line.text))]
    for line, (start, end) in zip(said, _placed(said), strict=True):
        row: dict[str, Any] = {
            "participant": "",
            "start": start,
            "end": end,
            "label": "",
            "text": "",
            "details": "",
        }
        if line.sign == "":
            rows.append({**row, "tier": "gap"})
            continue
        person = material.person(line.name) or material.person(names.get(line.name, ""))
        if person is None:
            known = ", ".join(f"{code} ({material.names[who]})" for who, code in material.codes().items())
            fault(path, line.number, f"*{line.name} is nobody of the meeting; write one of {known}")
        parser.open.clear()
        try:
            atoms = parser.read(one_kind_of_brackets(line.text))
            parser.finish()
        except UnbalancedError as error:
            fault(path, line.number, f"{error}; mend the line")
        if not any(atom.kind in ("word", "not_heard") for atom in atoms):
            continue
        text = plain_words(line.text)
        details = json.dumps({"marked": line.text, "notation": CHAT})
        row |= {"tier": "turn", "participant": person.id, "text": text, "details": details}
        rows.append({**row, "label": "" if text else NO_WORDS})
    everybody = {("turn", person.id) for person in material.people}
    return Reading(rows, frozenset({*everybody, ("gap", "")}), ("label", "text", "details"))


def chat_lines(path: Path) -> list[ChatLine]:
    """The lines of a corrected file, silences and remarks of nobody without a speaker.

    Comments that stand between lines without a mark of time, and dependent tiers that tell what happens, are
    remarks. Look-alikes of CHAT's codes are what they stand for.

    Raises
    ------
    FileFaultError
        As `read_chat`, but for spans, and who is who in the meeting.
    """
    found = []
    for line in _checked(path):
        if line.sign in ("*", ""):
            start, end = line.span or (None, None)
            speaker = line.name if line.sign == "*" else ""
            found.append(ChatLine(line.number, speaker, meant(line.text), start, end))
        elif line.name == "Comment" and found:
            found.append(ChatLine(line.number, "", f"[^ {meant(line.text)}]"))
        found += [
            ChatLine(line.number, "", f"[^ {meant(text)}]") for name, text in line.tiers if name in _TOLD
        ]
    return found


def timeline_of_chat(path: Path, *, strict: bool = False) -> Material:
    """A transcript that somebody made with CLAN, or another program, as a timeline.

    Each line of talk is a turn, each silence after a tab a gap, each other line after a tab a comment, and
    each word that ``%wor`` times a word. Laughter, breaths and remarks within a turn have rows of their own,
    whose times are ``estimated`` by the letters before them. A line without a mark of time is not ``timed``:
    it lies evenly between its neighbours. Headers, and the place of every line, are kept, so that
    `write_chat` writes the file again.

    Parameters
    ----------
    path : Path
    strict : bool
        Whether to refuse what is not CHAT by the letter though nobody could mistake it: a speaker without a
        colon, a remark in double parentheses or an address without a tab, and speakers that no header names.

    Raises
    ------
    FileFaultError
        Where a line cannot be told to be talk, header or remark; it names the line.
    """
    lines = _read(path, strict=strict)
    headers = [
        {"place": place, "name": line.name, "text": line.body}
        for place, line in enumerate(lines)
        if line.sign == "@" and line.name != "End"
    ]
    told = [(place, line) for place, line in enumerate(lines) if line.sign != "@"]
    rows: list[dict[str, Any]] = []
    for (place, line), (start, end) in zip(told, _placed([line for _, line in told]), strict=True):
        rows += _rows(place, line, start, end)
    people = _people(lines)
    return Material(
        name=path.stem,
        title=path.stem,
        language=_language(headers),
        people=people,
        media=_media(headers),
        table=timeline(rows),
        manifest={CHAT: {"headers": headers}},
    )


def _rows(place: int, line: _Line, start: float, end: float) -> Iterator[dict[str, Any]]:
    """The rows of a line: turn, gap or comment, and what is in it."""
    details: dict[str, Any] = {"place": place, "body": line.body, "marked": line.text, "notation": CHAT}
    details |= {"tiers": line.tiers} if line.tiers else {}
    details |= {"after_blank": True} if line.after_blank else {}
    details |= {} if line.span else {"timed": False}
    row: dict[str, Any] = {"id": f"line-{place:05d}", "participant": line.name, "start": start, "end": end}
    row |= {"details": json.dumps(details), "source": CHAT}
    if line.sign == "":
        silent = SILENCE.fullmatch(line.text)
        value = _seconds(line.text)
        yield {
            **row,
            "tier": "gap" if silent else "comment",
            "text": "" if silent else line.text,
            "value": value,
        }
        return
    text = plain_words(line.text)
    words = list(_timed_words(row, dict(line.tiers).get("wor", "")))
    yield from words
    evidence = " ".join(word["id"] for word in words)
    yield {**row, "tier": "turn", "text": text, "label": "" if text else NO_WORDS, "evidence": evidence}
    for number, atom in enumerate(spread(atoms_of(line.text), start, end)):
        if atom.kind in ("sound", "remark"):
            event = {
                **row,
                "id": f"{row['id']}-{number}",
                "start": atom.start,
                "end": max(atom.start, atom.end),
            }
            event |= {"details": json.dumps({"estimated": True}), "evidence": row["id"]}
            sound = atom.kind == "sound"
            yield {**event, "tier": atom.name if sound else "comment", "text": "" if sound else atom.name}


def _timed_words(turn: Mapping[str, Any], tier: str) -> Iterator[dict[str, Any]]:
    """Words that a ``%wor`` tier times."""
    for number, (word, first, last) in enumerate(re.findall(rf"(\S+) {BULLET.pattern}", tier), start=1):
        start, end = int(first) / 1000, int(last) / 1000
        row = {"id": f"{turn['id']}-w{number:03d}", "tier": "word", "participant": turn["participant"]}
        yield {**row, "start": start, "end": max(start, end), "text": meant(word), "source": CHAT}


def _people(lines: Sequence[_Line]) -> tuple[Person, ...]:
    """Everybody whom the headers name, then who speaks without; their role where an ``@ID`` says it."""
    roles = {}
    for line in lines:
        fields = (
            [one.strip() for one in line.body.split("|")] if (line.sign, line.name) == ("@", "ID") else []
        )
        if len(fields) > 9 and fields[9] in ROLES:
            roles[fields[2]] = fields[9]
    names = _codes(lines)
    names |= {line.name: "" for line in lines if line.sign == "*" and line.name not in names}
    return tuple(
        Person(code, name.replace("_", " ") or code, roles.get(code, "other")) for code, name in names.items()
    )


def _codes(lines: Iterable[_Line]) -> dict[str, str]:
    """The name of everybody in ``@Participants``, by code; between code and role it may be left out."""
    bodies = [line.body for line in lines if (line.sign, line.name) == ("@", "Participants")]
    told = [one.split() for body in bodies for one in body.split(",") if one.strip()]
    return {one[0]: " ".join(one[1:-1]) for one in told}


def _language(headers: Iterable[Mapping[str, Any]]) -> str:
    codes = next((one["text"] for one in headers if one["name"] == "Languages"), "").split(",")
    return TWO_LETTERS.get(codes[0].strip(), "")


def _media(headers: Iterable[Mapping[str, Any]]) -> tuple[Medium, ...]:
    given = next((one["text"] for one in headers if one["name"] == "Media"), "")
    name, _, kind = (part.strip() for part in given.partition(","))
    return (Medium(Path(name.strip('"')), pictures=kind.startswith("video")),) if name else ()


def _seconds(silence: str) -> float:
    """Length of a silence; NaN where only a sign stands for it."""
    found = re.fullmatch(SECONDS, silence)
    if not found:
        return float("nan")
    return 60 * int(found.group(1) or 0) + float(found.group(2).replace(",", "."))


def _placed(lines: Sequence[_Line]) -> list[tuple[float, float]]:
    """Seconds of every line; those without a mark of time share what is free between their neighbours."""
    placed: list[tuple[float, float]] = []
    waiting, at = 0, 0.0

    def share(until: float) -> None:
        each = max(until - at, 0.0) / max(waiting, 1)
        placed.extend((at + i * each, at + (i + 1) * each) for i in range(waiting))

    for line in lines:
        if (span := line.span) is None:
            waiting += 1
            continue
        share(span[0])
        placed.append((span[0], max(span)))
        waiting, at = 0, max(span)
    share(at)
    return placed


def _checked(path: Path) -> list[_Line]:
    """The lines of a file that is to be CHAT by the letter, with times that can be."""
    lines = _read(path, strict=True)
    if lines[-1].name != "End":
        fault(
            path,
            lines[-1].number,
            "it ends without @End, so it may be cut short; give the whole file, or write @End",
        )
    for line in lines:
        if line.sign == "@" and line.name == "Comment" and line.bullets:
            line.sign, line.name = "", ""
    last = 0
    for line in (line for line in lines if line.sign != "@"):
        for start, end in line.bullets:
            if end < start:
                fault(path, line.number, f"the mark of time {start}_{end} ends before it begins; mend it")
        if line.bullets and line.bullets[0][0] < last:
            told = f"its mark of time begins at {line.bullets[0][0]} ms, before the line above, at {last} ms"
            fault(path, line.number, f"{told}; put lines in order of their beginnings")
        last = line.bullets[0][0] if line.bullets else last
    return [line for line in lines if line.name not in ("UTF8", "Begin", "End")]


def _read(path: Path, *, strict: bool) -> list[_Line]:
    """The lines of a file, each with its continuations."""
    rows = decode(path).split("\n")
    if not any(row.strip() == "@Begin" for row in rows):
        fault(path, 1, "it has no @Begin, as every file of CHAT has; give a file that CLAN can open")
    lines: list[_Line] = []
    blank = False
    for number, row in enumerate(rows, start=1):
        if not row.strip():
            blank = True
            continue
        _add(lines, number, row.rstrip(), path, strict=strict, blank=blank)
        blank = False
    _check_signs(path, lines, strict=strict)
    return lines


def _add(lines: list[_Line], number: int, row: str, path: Path, *, strict: bool, blank: bool) -> None:
    """Take a row of the file for a line of its own, or as more of the last one."""
    if row[0] == "@" and (found := _HEADER.match(row)):
        lines.append(_Line(number, "@", found.group(1), found.group(2) or ""))
    elif row[0] == "*" and (found := _TALK.match(row)):
        if not found.group(2) and (strict or found.group(1) not in _codes(lines)):
            fault(
                path,
                number,
                f"after *{found.group(1)} there is no colon; write *CODE:, a tab, and what is said",
            )
        lines.append(_Line(number, "*", found.group(1), found.group(3)))
    elif row[0] == "%" and (found := _TIER.match(row)) and lines:
        lines[-1].tiers.append((found.group(1), found.group(3)))
    elif row[0] == "\t" and (blank or _ALONE.match(row)):
        lines.append(_Line(number, "", "", row.strip(), after_blank=not _ALONE.match(row)))
    elif row[0] == "\t" and lines and lines[-1].tiers:
        name, text = lines[-1].tiers[-1]
        lines[-1].tiers[-1] = (name, f"{text} {row[1:]}")
    elif row[0] == "\t" and lines:
        lines[-1].body += f" {row[1:]}"
    elif not strict and _REMARK.match(row):
        lines.append(_Line(number, "", "", row, after_blank=not _ALONE.match(row)))
    else:
        told = f"“{row[:40]}” begins with neither @, *, % nor a tab"
        fault(path, number, f"{told}; write *CODE: and a tab before talk, or a tab before what goes on")


def _check_signs(path: Path, lines: Sequence[_Line], *, strict: bool) -> None:
    """Refuse marks of time that are broken, what stands after the end, and strictly, unknown speakers."""
    codes = _codes(lines)
    for line, before in zip(lines, [None, *lines]):  # noqa: B905
        if "\x15" in BULLET.sub("", line.body):
            fault(
                path,
                line.number,
                "a mark of time is broken; it is first and last millisecond, as in 1200_3400",
            )
        if before is not None and before.name == "End" and before.sign == "@":
            fault(path, line.number, "it goes on after @End; put @End last")
        if strict and line.sign == "*" and line.name not in codes:
            known = ", ".join(f"{code} ({name})" if name else code for code, name in codes.items())
            fault(
                path,
                line.number,
                f"*{line.name} is not among @Participants, who are {known}; name one of these",
            )
