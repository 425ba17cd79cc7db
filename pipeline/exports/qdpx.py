"""REFI-QDA projects for ATLAS.ti, MAXQDA, NVivo and QualCoder: recordings, transcript, codes and codings.

A zip with ``project.qde`` and ``Sources/``: REFI-QDA 1.5 (https://www.qdasoftware.org), schema of March 2019.
Positions in texts are Unicode code points, times whole milliseconds of the recording. Recordings are too
large to be embedded and are referred to by path. GUIDs are made of names, so that the same meeting always
makes the same file, and codes are the same ones in every project.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha1
from itertools import accumulate
from typing import Any

from pipeline.errors import SettingsError
from pipeline.exports.draft import DraftLine, draft_lines
from pipeline.exports.formats import Options
from pipeline.exports.lanes import order
from pipeline.exports.material import Material, Medium
from pipeline.exports.xml import HEAD, clean, content, tag
from pipeline.rapport.codebook import Code
from pipeline.timeline.table import records

NAMESPACE = "urn:QDA-XML:project:1.0"
ACTION = "action"
GROUPS = {
    "Rapport actions": (ACTION,),
    "Seen": ("nod", "head_shake", "smile", "gaze", "mutual_gaze"),
    "Heard": ("laughter", "reciprocal_laughter", "smile_voice", "overlap", "gap"),
}
"""Codes' groups, and the tiers whose rows are coded."""
COLORS = {"Rapport actions": "#2E7D32", "Seen": "#1565C0", "Heard": "#EF6C00"}
AGAINST = "#C62828"
"""Colour of actions that speak against rapport."""
MACHINE = "rapport"
_NO_DATE = "1970-01-01T00:00:00Z"
"""Where nobody said when the meeting was: importers stop at sources without a date."""
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Text:
    """Lines of a draft as one plain text.

    Attributes
    ----------
    lines : sequence of DraftLine
    content : str
    spans : sequence of (start, end)
        Code points of each line, without its line end.
    """

    lines: Sequence[DraftLine]
    content: str
    spans: Sequence[tuple[int, int]]

    @cached_property
    def _own(self) -> dict[str, tuple[list[int], list[float], list[float]]]:
        """By participant: numbers of the lines in order of start, their starts, and the latest end so far."""
        numbers: dict[str, list[int]] = {}
        for number, line in enumerate(self.lines):
            numbers.setdefault(line.participant, []).append(number)
        own = {}
        for who, mine in numbers.items():
            mine.sort(key=lambda number: self.lines[number].start)
            starts = [self.lines[number].start for number in mine]
            own[who] = (mine, starts, list(accumulate((self.lines[number].end for number in mine), max)))
        return own

    def during(self, who: str, start: float, end: float) -> tuple[int, int] | None:
        """First and last line of somebody's talk that shares time with a stretch."""
        mine, starts, ends = self._own.get(who, ([], [], []))
        end = max(end, math.nextafter(start, math.inf))
        shared = mine[bisect_right(ends, start) : bisect_left(starts, end)]
        shared = [number for number in shared if self.lines[number].end > start]
        return (min(shared), max(shared)) if shared else None


def lay_out(lines: Sequence[DraftLine], *, crlf: bool) -> Text:
    """A draft's lines with the speakers in a column of their own, so that overlaps stay aligned."""
    width = max((len(line.speaker) for line in lines), default=0) + 2
    texts, spans, at = [], [], 0
    ending = "\r\n" if crlf else "\n"
    for line in lines:
        speaker = f"{line.speaker}:" if line.speaker else ""
        text = " ".join(clean(f"{speaker:{width}}{line.text}").splitlines()).rstrip()
        texts.append(text + ending)
        spans.append((at, at + len(text)))
        at += len(text) + len(ending)
    return Text(lines, "".join(texts), spans)


def write_qdpx(material: Material, options: Options) -> bytes:
    """A project with the draft transcript, and what was done, seen and heard coded on recordings and text.

    An action is coded on every recording, in its transcript and in the text by itself, for programs differ in
    which of these they take. `options.crlf` writes Windows line ends and counts them as two.
    """
    return project(material, draft_lines(material, options), crlf=options.crlf)


def project(material: Material, lines: Sequence[DraftLine], *, crlf: bool = False) -> bytes:
    """A project with these lines as its transcript."""
    writer = _Project(material, crlf)
    recordings = [writer.recording(number, lines) for number in range(len(material.media))]
    sources = "".join([*recordings, writer.text(lines)])
    inside = [
        _node("Users", {}, *writer.users()),
        writer.codebook(),
        _node("Variables", {}, writer.variable()),
        _node("Cases", {}, *writer.cases()) if material.people else "",
        _node("Sources", {}, sources),
        _node("Description", {}, content(writer.about())),
    ]
    attributes = {"xmlns": NAMESPACE, "name": material.title or material.name, "origin": "rapport"}
    attributes |= {"creatingUserGUID": writer.user(""), "creationDateTime": writer.date}
    files = {"project.qde": HEAD + _node("Project", attributes, *inside) + "\n", **writer.files}
    return _zipped(files)


@dataclass
class _Project:
    """Writes the parts of a project; what each needs of the others is kept here."""

    material: Material
    crlf: bool
    files: dict[str, str] = field(default_factory=dict)
    selections: dict[str, list[str]] = field(default_factory=dict)
    """GUIDs of what was coded of each participant."""

    def guid(self, *names: object) -> str:
        """GUID of something of this meeting."""
        return _guid(self.material.name, *names)

    def user(self, coder: str) -> str:
        """GUID of a coder; empty for the machine."""
        return _user_guid(coder or MACHINE)

    @cached_property
    def date(self) -> str:
        """When the meeting was, as the schema has it."""
        try:
            date = datetime.fromisoformat(self.material.date.replace("Z", "+00:00"))
        except ValueError:
            return _NO_DATE
        return date.isoformat(timespec="seconds")

    @cached_property
    def names(self) -> dict[str, str]:
        """What everybody is called, by id."""
        return self.material.names

    @cached_property
    def made(self) -> dict[str, str]:
        """By whom and when a source was made."""
        return {"creatingUser": self.user(""), "creationDateTime": self.date}

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """What is coded, in order of time."""
        tiers = [tier for group in GROUPS.values() for tier in group]
        shown = self.material.shown
        chosen = shown[shown["tier"].isin(tiers)].sort_values(["start", "end", "id"])
        return records(chosen)

    @cached_property
    def book(self) -> dict[str, Code]:
        """The codes that the meeting was coded with, also by the names that they had before."""
        from pipeline.scoring import codebook_of

        try:
            book = codebook_of(self.material.manifest)
        except SettingsError:  # It has moved: what it said of the codes is not known.
            return {}
        return book.codes | {old: book.codes[name] for old, name in book.renamed.items()}

    def users(self) -> list[str]:
        """The machine and everybody who coded."""
        coders = sorted({row["coder"] for row in self.rows} - {"", MACHINE})
        return [_node("User", {"guid": self.user(name), "name": name}) for name in (MACHINE, *coders)]

    def codebook(self) -> str:
        """Codes of what is in the meeting, in groups."""
        groups = []
        for title, tiers in GROUPS.items():
            found = {(row["tier"], row["label"]) for row in self.rows if row["tier"] in tiers}
            if found:
                children = [self._code(*code, COLORS[title]) for code in sorted(found, key=self._rank)]
                attributes = {"guid": _guid("codes", title), "name": title, "isCodable": "false"}
                groups.append(_node("Code", {**attributes, "color": COLORS[title]}, *children))
        return _node("CodeBook", {}, _node("Codes", {}, *groups)) if groups else ""

    def _rank(self, code: tuple[str, str]) -> tuple[int, int, str]:
        """Place of a code of a tier and label among others: as in the codebook."""
        tier, label = code
        known = list(self.book)
        return order(tier), known.index(label) if label in known else len(known), label

    def _code(self, tier: str, label: str, color: str) -> str:
        known = self.book.get(label) if tier == ACTION else None
        about = ""
        if known:
            color = AGAINST if known.counter else color
            about = f"{known.definition} (speaks against rapport)" if known.counter else known.definition
        attributes = {
            "guid": _code_guid(tier, label),
            "name": _code_name(tier, label),
            "isCodable": "true",
            "color": color,
        }
        return _node("Code", attributes, _description(about))

    def variable(self) -> str:
        """What is known of participants: their role."""
        return _node(
            "Variable", {"guid": _guid("variable", "role"), "name": "role", "typeOfVariable": "Text"}
        )

    def cases(self) -> list[str]:
        """Participants, each with what was coded of them; to be written after the sources."""
        role = _reference("VariableRef", _guid("variable", "role"))
        return [
            _node(
                "Case",
                {"guid": self.guid("case", person.id), "name": person.name},
                _node("VariableValue", {}, role, _node("TextValue", {}, content(person.role))),
                *(_reference("SelectionRef", one) for one in self.selections.get(person.id, ())),
            )
            for person in self.material.people
        ]

    def recording(self, number: int, lines: Sequence[DraftLine]) -> str:
        """A recording with its transcript and what was coded in it; times are its own."""
        medium = self.material.media[number]
        kind = "Video" if medium.pictures else "Audio"
        name = medium.path.name
        length = medium.duration or math.inf
        last = medium.offset + length
        own = [line for line in lines if line.start < last and line.end > medium.offset]

        def clock(seconds: float) -> int:
            return round(min(max(seconds - medium.offset, 0), length) * 1000)

        selections = []
        for row in self.rows:
            if row["start"] < last and (row["end"] > medium.offset or row["start"] >= medium.offset):
                end = max(clock(row["end"]), 1)
                times = {"begin": min(clock(row["start"]), end - 1), "end": end}
                selections.append(self._selection(f"{kind}Selection", row, ("recording", number), times))
        transcript = self._transcript(number, own, clock)
        attributes = {"guid": self.guid("recording", number), "name": name, "path": _absolute(medium)}
        return _node(f"{kind}Source", {**attributes, **self.made}, transcript, *selections)

    def _transcript(self, recording: int, lines: Sequence[DraftLine], clock: Callable[[float], int]) -> str:
        """A recording's transcript: a point of synchronisation at each line's start and at the end."""
        text = lay_out(lines, crlf=self.crlf)
        starts = [(span[0], line.start) for span, line in zip(text.spans, lines, strict=True)]
        points = [*starts, (len(text.content), max((line.end for line in lines), default=0.0))]
        guids = [self.guid("sync", recording, number) for number in range(len(points))]
        syncs = [
            _node("SyncPoint", {"guid": guid, "position": position, "timeStamp": clock(seconds)})
            for guid, (position, seconds) in zip(guids, points, strict=True)
        ]
        selections = []
        for row in self.rows:
            if row["tier"] == ACTION and (found := text.during(row["participant"], row["start"], row["end"])):
                between = {"fromSyncPoint": guids[found[0]], "toSyncPoint": guids[found[1] + 1]}
                selections.append(
                    self._selection("TranscriptSelection", row, ("transcript", recording), between)
                )
        guid = self.guid("transcript", recording)
        name = f"{self.material.media[recording].path.name} transcript"
        attributes = {"guid": guid, "name": name, "plainTextPath": self._file(guid, text), **self.made}
        return _node("Transcript", attributes, *syncs, *selections)

    def text(self, lines: Sequence[DraftLine]) -> str:
        """The transcript as a text by itself, with the actions coded in it."""
        text = lay_out(lines, crlf=self.crlf)
        selections = []
        for row in self.rows:
            if row["tier"] == ACTION and (found := text.during(row["participant"], row["start"], row["end"])):
                span = {"startPosition": text.spans[found[0]][0], "endPosition": text.spans[found[1]][1]}
                selections.append(self._selection("PlainTextSelection", row, ("text",), span))
        guid = self.guid("text")
        name = f"{self.material.name} transcript"
        attributes = {"guid": guid, "name": name, "plainTextPath": self._file(guid, text), **self.made}
        return _node("TextSource", attributes, *selections)

    def _file(self, guid: str, text: Text) -> str:
        """Put a text among the project's sources; its path in there."""
        self.files[f"Sources/{guid}.txt"] = text.content
        return f"internal://{guid}.txt"

    def _selection(self, kind: str, row: Row, where: tuple[object, ...], place: Mapping[str, object]) -> str:
        """A stretch of a source with the code of a row."""
        guid = self.guid("selection", row["id"], *where)
        who = self.names.get(row["participant"], row["participant"])
        name = _code_name(row["tier"], row["label"])
        made = {"creatingUser": self.user(row["coder"]), "creationDateTime": self.date}
        self.selections.setdefault(row["participant"], []).append(guid)
        attributes = {"guid": guid, "name": f"{who}: {name}" if who else name, **place, **made}
        code = _reference("CodeRef", _code_guid(row["tier"], row["label"]))
        by = f'creatingUser="{made["creatingUser"]}" creationDateTime="{self.date}"'
        coding = f'<Coding guid="{self.guid("coding", row["id"], *where)}" {by}>{code}</Coding>'
        return _node(kind, attributes, _description(self._details(row)), coding)

    def _details(self, row: Row) -> str:
        """What is known of a row beside its code."""
        measures = json.loads(row["details"]) if row["details"] else {}
        told = [f"{key.replace('_', ' ')}: {self._called(value)}" for key, value in measures.items()]
        if not math.isnan(row["confidence"]):
            told.append(f"confidence: {row['confidence']:.2f}")
        if row["status"] != "auto":
            told.append(f"status: {row['status']}")
        text = row["text"] if row["tier"] == ACTION else self._called(row["text"].split())
        return "\n".join(filter(None, [text, "; ".join(told), f"row {row['id']}"]))

    def _called(self, value: Any) -> str:
        """A measure, or several, for people, with participants by their names."""
        values = value if isinstance(value, list) else [value]
        return ", ".join(self.names.get(str(one), str(one)) for one in values)

    def about(self) -> str:
        """What a person should know of the project."""
        product = self.material.manifest.get("product", {})
        by = " ".join(str(product[key]) for key in ("name", "version") if key in product) or MACHINE
        return (
            f"{self.material.title or self.material.name}, exported by {by}. Each action is coded on every"
            " recording, in its transcript and in the text by itself: count in one of them."
        )


def _code_name(tier: str, label: str) -> str:
    """What people read: the action, or the event with its label."""
    if tier == ACTION:
        return label.replace("_", " ") or ACTION
    return (f"{tier} ({label})" if label else tier).replace("_", " ")


def _absolute(medium: Medium) -> str:
    """Path of an external source; QualCoder finds no relative ones."""
    place = medium.path.as_posix()
    return f"absolute://{place}" if place.startswith("/") else f"absolute:///{place}"


def _description(text: str) -> str:
    return _node("Description", {}, content(text)) if text else ""


def _node(name: str, attributes: Mapping[str, object], *inside: str) -> str:
    """An element with what is in it, as XML."""
    start, within = tag(name, attributes), "".join(inside)
    return f"{start}>{within}</{name}>" if within else f"{start}/>"


def _reference(name: str, guid: str) -> str:
    return f'<{name} targetGUID="{guid}"/>'


def _guid(*names: object) -> str:
    """GUID of a name; laid out as version 5 of RFC 4122 by hand, for there are tens of thousands."""
    digest = sha1("\n".join(("rapport", *map(str, names))).encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


@lru_cache
def _code_guid(tier: str, label: str) -> str:
    return _guid("code", tier, label)


@lru_cache
def _user_guid(name: str) -> str:
    return _guid("user", name)


def _zipped(files: Mapping[str, str]) -> bytes:
    """A zip that is the same for the same files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type, entry.create_system, entry.external_attr = (
                zipfile.ZIP_DEFLATED,
                3,
                0o644 << 16,
            )
            archive.writestr(entry, text.encode())
    return packed.getvalue()
