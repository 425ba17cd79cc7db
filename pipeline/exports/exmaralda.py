"""EXMARaLDA's basic transcription (EXB, DTD 1.4): a tier for each lane over one common timeline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline import __version__
from pipeline.exports.formats import Options
from pipeline.exports.lanes import Lane, lanes
from pipeline.exports.material import Material, Person
from pipeline.exports.reading import Reading, fault
from pipeline.exports.tiers import Gathering, called, interpolated, shown
from pipeline.exports.xml import HEAD, Node, content, element, read_xml, tag

TICKS = 1000
"""Ticks a second. Every time is a column of the score: finer ones would tear apart what belongs together."""
PROGRAM = "EXMARaLDA's Partitur-Editor"


def write_exmaralda(material: Material, options: Options) -> bytes:
    """Write a basic transcription; its elements stand in the DTD's order, all that it demands are there."""
    del options
    found = lanes(material.table, TICKS)
    names = called(material)
    speakers = {person.id: f"SPK{i}" for i, person in enumerate(material.people)}
    moments = sorted({time for lane in found for one in lane.annotations for time in (one.start, one.end)})
    points = {time: f"T{i}" for i, time in enumerate(moments)}
    lines = [
        "<basic-transcription>\n<head>",
        *_meta(material),
        "<speakertable>",
        *(_speaker(person, speakers[person.id], names[person.id]) for person in material.people),
        "</speakertable>\n</head>\n<basic-body>\n<common-timeline>",
        *(f'<tli id="{points[time]}" time="{time / TICKS:.3f}"/>' for time in moments),
        "</common-timeline>",
    ]
    for number, lane in enumerate(found):
        lines += _tier(lane, f"TIE{number}", names, speakers, points)
    lines.append("</basic-body>\n</basic-transcription>\n")
    return (HEAD + "\n".join(lines)).encode("utf-8")


def _meta(material: Material) -> Iterator[str]:
    about = {"date": material.date, "language": material.language, "software": f"rapport {__version__}"}
    yield "<meta-information>\n<project-name></project-name>"
    yield element("transcription-name", {}, material.title or material.name)
    for url in [medium.path.absolute().as_uri() for medium in material.media] or [""]:
        yield element("referenced-file", {"url": url})
    yield f"<ud-meta-information>{_own(about)}</ud-meta-information>"
    yield "<comment></comment>\n<transcription-convention></transcription-convention>\n</meta-information>"


def _own(about: Mapping[str, str]) -> str:
    """What EXMARaLDA has no element for."""
    given = ((name, value) for name, value in about.items() if value)
    return "".join(element("ud-information", {"attribute-name": name}, value) for name, value in given)


def _speaker(person: Person, id_: str, name: str) -> str:
    is_code = re.fullmatch(r"[A-Za-z][\w.-]*", person.language)
    language = element("language", {"lang": person.language}) if is_code else ""
    about = {"participant": person.id, "role": person.role}
    return (
        f"{tag('speaker', {'id': id_})}>\n<abbreviation>{content(name)}</abbreviation>\n"
        f'<sex value="u"/>\n<languages-used>{language}</languages-used>\n<l1></l1>\n<l2></l2>\n'
        f"<ud-speaker-information>{_own(about)}</ud-speaker-information>\n<comment></comment>\n</speaker>"
    )


def _tier(
    lane: Lane, id_: str, names: Mapping[str, str], speakers: Mapping[str, str], points: Mapping[int, str]
) -> Iterator[str]:
    """A tier.

    A speaker has one transcription tier (type ``t``): more are an error to EXMARaLDA. So are annotations
    (``a``) that do not span whole events of it, as words, pauses and nods do not; being independent of what
    is said, all of them are descriptions (``d``).
    """
    transcribes = lane.tier == "turn" and bool(lane.participant) and lane.number == 1
    category = "v" if transcribes else lane.tier
    number = f" {lane.number}" if lane.number > 1 else ""
    who = names.get(lane.participant, lane.participant)
    attributes = {
        "id": id_,
        "speaker": speakers.get(lane.participant),
        "category": category,
        "type": "t" if transcribes else "d",
        "display-name": f"{who} [{category}]{number}".lstrip(),
    }
    yield tag("tier", attributes) + ">"
    for one in lane.annotations:
        text = content(shown(lane.tier, one.text))
        yield f'<event start="{points[one.start]}" end="{points[one.end]}">{text}</event>'
    yield "</tier>"


def read_exmaralda(path: Path, material: Material) -> Reading:
    """Read a basic transcription.

    A transcription tier holds turns; other tiers are told apart by their categories. Points of the timeline
    without a time lie evenly between those that have one.

    Raises
    ------
    FileFaultError
        Where it is no such file, names unknown speakers or points, or its times are out of order.
    """
    root = read_xml(path, "basic-transcription", PROGRAM)
    times = _times(root, path)
    speakers = {
        node.get("id"): node.said("abbreviation") for node in root.all("head", "speakertable", "speaker")
    }
    gathering = Gathering(path, material)
    for tier in root.all("basic-body", "tier"):
        speaker = tier.get("speaker")
        if speaker and speaker not in speakers:
            what = f"the speaker {speaker!r} of the tier is not in the table of speakers"
            fault(path, tier.line, f"{what}; add the speaker, or name another one")
        name = tier.get("category") or tier.get("display-name") or tier.get("id")
        # Names in a speaker's table may be left out, the id then stands for it.
        who = speakers.get(speaker) or speaker
        lane = gathering.of("turn" if tier.get("type") == "t" else name, who, tier.line)
        for event in tier.all("event"):
            start, end = (_time(event, edge, times, path) for edge in ("start", "end"))
            gathering.add(lane, start, end, event.text, event.line)
    return gathering.reading()


def _times(root: Node, path: Path) -> dict[str, float | None]:
    """Seconds of each point of the timeline, by id; None before the first and after the last known one."""
    points = list(root.all("basic-body", "common-timeline", "tli"))
    given = [_seconds(point, path) for point in points]
    before = 0.0
    for point, time in zip(points, given, strict=True):
        if time is not None and time < before:
            what = f"the point {point.get('id')!r} is at {time:g} s, after one at {before:g} s"
            fault(path, point.line, f"{what}; put the times in order")
        before = before if time is None else time
    return dict(zip((point.get("id") for point in points), interpolated(given), strict=True))


def _seconds(point: Node, path: Path) -> float | None:
    time = point.get("time").strip()
    if not re.fullmatch(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", time or "0"):
        fault(path, point.line, f"the time {time!r} is no number of seconds; write it as 12.34")
    return float(time) if time else None


def _time(event: Node, edge: str, times: Mapping[str, float | None], path: Path) -> float:
    point = event.get(edge)
    if point not in times:
        fault(
            path,
            event.line,
            f"the {edge} of {event.text!r}, {point!r}, is not in the timeline; name one that is",
        )
    time = times[point]
    if time is None:
        what = (
            f"the {edge} of {event.text!r}, {point!r}, has no time, and none can be told from its neighbours"
        )
        fault(path, event.line, f"{what}; give it one in {PROGRAM}")
    return time
