"""ELAN's annotation format (EAF 3.0): a tier for each lane, with the recordings and closed vocabularies."""

from __future__ import annotations

import mimetypes
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from pipeline import __version__
from pipeline.errors import SettingsError
from pipeline.exports.formats import Options
from pipeline.exports.lanes import LABELS, SPOKEN, Lane, lanes
from pipeline.exports.material import Material, Medium
from pipeline.exports.reading import Reading, fault
from pipeline.exports.tiers import Gathering, interpolated, shown
from pipeline.exports.xml import HEAD, Node, content, element, read_xml, tag

TICKS = 1000
"""Ticks a second: EAF has whole milliseconds."""
SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
CLOSED = {
    tier: ("", *labels) if tier == "laughter" else labels or ("",)
    for tier, labels in LABELS.items()
    if tier not in SPOKEN
}
"""Labels by tier, where a row need not have one with the empty one; those of actions are the codebook's."""
_UNDETERMINED = "und"


def write_elan(material: Material, options: Options) -> bytes:
    """Write an EAF file.

    Times are those of the meeting, to the millisecond; a row shorter than that becomes one long. The
    recordings are shifted against them. What the schema leaves open is written as ELAN itself does.

    Every tier stands for itself. Words do not hang on turns, nor pauses: ELAN would then cut off what lies
    outside a turn's edges (``Included_In``) or close the silence between words (``Time_Subdivision``), and
    whoever deletes a turn would delete its words.
    """
    del options
    found = lanes(material.table, TICKS)
    vocabularies = _vocabularies(found, material)
    slots = _slots(found)
    lines = [
        _root(),
        *_header(material.media),
        "<TIME_ORDER>",
        *(f'<TIME_SLOT TIME_SLOT_ID="ts{i}" TIME_VALUE="{time}"/>' for i, (time, *_) in enumerate(slots, 1)),
        "</TIME_ORDER>",
        *_tiers(found, slots, material),
    ]
    for tier in dict.fromkeys(lane.tier for lane in found):
        vocabulary = {"CONTROLLED_VOCABULARY_REF": tier if tier in vocabularies else None}
        kind = {"LINGUISTIC_TYPE_ID": tier, "TIME_ALIGNABLE": "true", "GRAPHIC_REFERENCES": "false"}
        lines.append(element("LINGUISTIC_TYPE", {**kind, **vocabulary}))
    for code in sorted({_UNDETERMINED, *_languages(material).values()} - {""}):
        lines.append(element("LANGUAGE", {"LANG_ID": code, "LANG_LABEL": code}))
    for tier, labels in vocabularies.items():
        lines += _vocabulary(tier, labels)
    lines.append("</ANNOTATION_DOCUMENT>\n")
    return (HEAD + "\n".join(lines)).encode("utf-8")


def _root() -> str:
    attributes = {
        "AUTHOR": f"rapport {__version__}",
        "DATE": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "FORMAT": "3.0",
        "VERSION": "3.0",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:noNamespaceSchemaLocation": SCHEMA,
    }
    return tag("ANNOTATION_DOCUMENT", attributes) + ">"


def _header(media: Iterable[Medium]) -> Iterator[str]:
    yield '<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">'
    for medium in media:
        # ELAN plays a medium at the time of the annotations plus its origin: one that begins later than the
        # meeting has a negative one.
        origin = -round(medium.offset * TICKS)
        attributes = {
            "MEDIA_URL": _url(medium.path),
            "MIME_TYPE": _mime_type(medium),
            "RELATIVE_MEDIA_URL": f"./{medium.path.name}",
            "TIME_ORIGIN": origin or None,
        }
        yield element("MEDIA_DESCRIPTOR", attributes)
    # ELAN numbers new annotations from here on, a1, a2 ...; ours have other ids.
    yield '<PROPERTY NAME="lastUsedAnnotationId">0</PROPERTY>\n</HEADER>'


def _url(path: Path) -> str:
    """A file's address as ELAN writes and reads it: nothing is escaped, a network drive has two slashes."""
    absolute = path.absolute().as_posix()
    network = absolute.startswith("//") and not absolute.startswith("///")
    return ("file://" if network else "file:///") + absolute.lstrip("/")


def _mime_type(medium: Medium) -> str:
    kind = "video" if medium.pictures else "audio"
    guess = mimetypes.MimeTypes().guess_type(medium.path.name)[0] or ""
    return guess if guess.startswith(kind) else f"{kind}/*"


Slot = tuple[int, int, int, int]
"""Time, 0 for an end or 1 for a start, the number of the lane, and that of the annotation on it."""


def _slots(found: Sequence[Lane]) -> list[Slot]:
    """Time slots in order, where one annotation ends before the next one starts.

    No two annotations share one: in ELAN, who moves the edge of one would move the other.
    """
    slots = []
    for i, lane in enumerate(found):
        for k, one in enumerate(lane.annotations):
            slots += [(one.start, 1, i, k), (one.end, 0, i, k)]
    return sorted(slots)


def _tiers(found: Sequence[Lane], slots: Sequence[Slot], material: Material) -> Iterator[str]:
    names = {slot[1:]: f"ts{number}" for number, slot in enumerate(slots, start=1)}
    coders = dict(zip(material.table["id"], material.table["coder"], strict=True))
    languages = _languages(material)
    for i, lane in enumerate(found):
        coder = {coders[one.row] for one in lane.annotations}
        attributes = {
            "TIER_ID": lane.name,
            "PARTICIPANT": material.names.get(lane.participant),
            "ANNOTATOR": (coder.pop() or None) if len(coder) == 1 else None,
            "LINGUISTIC_TYPE_REF": lane.tier,
            "LANG_REF": (languages.get(lane.participant) or None) if lane.tier in SPOKEN else None,
        }
        yield tag("TIER", attributes) + ">"
        for k, one in enumerate(lane.annotations):
            yield (
                f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{annotation_id(one.row)}"'
                f' TIME_SLOT_REF1="{names[1, i, k]}" TIME_SLOT_REF2="{names[0, i, k]}"><ANNOTATION_VALUE>'
                f"{content(shown(lane.tier, one.text))}"
                "</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
            )
        yield "</TIER>"


def annotation_id(row: str) -> str:
    """The id of a row's annotation: the same in every file, and no other row's; valid as xsd:ID."""
    return "a." + re.sub(r"[^A-Za-z0-9.-]", lambda found: f"_{ord(found[0]):x}_", row)


def _languages(material: Material) -> dict[str, str]:
    """Language of everybody, and under the empty name of the meeting, so far as its code can be an xsd:ID."""
    given = {person.id: person.language or material.language for person in material.people}
    given[""] = material.language
    return {who: code if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", code) else "" for who, code in given.items()}


def _vocabularies(found: Sequence[Lane], material: Material) -> dict[str, list[str]]:
    """Labels by tier, for those tiers that have a closed set of them, with what a lab has added to it."""
    closed = {**CLOSED, "action": _action_codes(material)}
    there = dict.fromkeys(lane.tier for lane in found)
    used = material.shown.groupby("tier")["label"].unique()
    return {tier: list(dict.fromkeys([*closed[tier], *used[tier]])) for tier in there if tier in closed}


def _action_codes(material: Material) -> tuple[str, ...]:
    from pipeline.scoring import codebook_of

    try:
        return tuple(codebook_of(material.manifest).codes)
    except SettingsError:  # it has moved; the meeting's own actions still say which codes there are
        return ()


def _vocabulary(tier: str, labels: Sequence[str]) -> Iterator[str]:
    yield tag("CONTROLLED_VOCABULARY", {"CV_ID": tier}) + ">"
    for number, label in enumerate(labels):
        value = element("CVE_VALUE", {"LANG_REF": _UNDETERMINED}, shown(tier, label))
        yield f'<CV_ENTRY_ML CVE_ID="cveid{number}">{value}</CV_ENTRY_ML>'
    yield "</CONTROLLED_VOCABULARY>"


@dataclass
class _Found:
    """An annotation of a file; `times` are known at once, or follow from those of another one."""

    node: Node
    tier: int
    text: str
    times: tuple[float, float] | None = None

    @property
    def id(self) -> str:
        return self.node.get("ANNOTATION_ID")


def read_elan(path: Path, material: Material) -> Reading:
    """Read an EAF file of any version up to 3.0.

    Annotations without times of their own take them from those they belong to: each has the whole time of
    its parent, or, where several have the same one, an equal part of it. So do time slots without a value
    along a row of annotations.

    Raises
    ------
    FileFaultError
        Where it is no such file, names somebody unknown in one of our tiers, refers to what is not there, or
        an annotation ends before it starts.
    """
    root = read_xml(path, "ANNOTATION_DOCUMENT", "ELAN")
    for header in root.all("HEADER"):
        if header.get("TIME_UNITS") not in ("", "milliseconds"):
            fault(path, header.line, "its times are counted in pictures; let ELAN save it in milliseconds")
    tiers = list(root.all("TIER"))
    found = [
        _Found(node, number, node.said("ANNOTATION_VALUE"))
        for number, tier in enumerate(tiers)
        for annotation in tier.all("ANNOTATION")
        for node in annotation.children
        if node.name in ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION")
    ]
    _align(found, root, path)
    _refer(found, path)
    gathering = Gathering(path, material)
    rows = {annotation_id(row): row for row in material.table["id"]}
    places = [gathering.lane(tier.get("TIER_ID"), tier.line, tier.get("PARTICIPANT")) for tier in tiers]
    for one in found:
        assert one.times is not None
        start, end = (time / TICKS for time in one.times)
        gathering.add(places[one.tier], start, end, one.text, one.node.line, rows.get(one.id, ""))
    return gathering.reading()


_EDGES = ("TIME_SLOT_REF1", "TIME_SLOT_REF2")


def _align(found: Iterable[_Found], root: Node, path: Path) -> None:
    """Give annotations that have time slots the times of these."""
    slots: dict[str, float | None] = {}
    for slot in root.all("TIME_ORDER", "TIME_SLOT"):
        value = slot.get("TIME_VALUE")
        if not re.fullmatch(r"\d+", value or "0"):
            fault(path, slot.line, f"the time {value!r} is no whole number of milliseconds; correct it")
        slots[slot.get("TIME_SLOT_ID")] = float(value) if value else None
    aligned = [one for one in found if one.node.name == "ALIGNABLE_ANNOTATION"]
    for one in aligned:
        for edge in _EDGES:
            if one.node.get(edge) not in slots:
                what = f"the time slot {one.node.get(edge)!r} of {one.text!r} does not exist"
                fault(path, one.node.line, f"{what}; name one of the TIME_ORDER")
    for chain in _chains(aligned):
        slots.update(zip(chain, interpolated([slots[name] for name in chain]), strict=True))
    for one in aligned:
        start, end = (slots[one.node.get(edge)] for edge in _EDGES)
        if start is None or end is None:
            what = f"{one.text!r} has no times, and none can be told from its neighbours"
            fault(path, one.node.line, f"{what}; align it in ELAN")
        one.times = (start, end)


def _chains(aligned: Iterable[_Found]) -> Iterator[list[str]]:
    """Time slots of annotations of a tier that follow each other, one beginning where the other one ends."""
    chain: list[str] = []
    tier = -1
    for one in aligned:
        start, end = (one.node.get(edge) for edge in _EDGES)
        if not (chain and chain[-1] == start and tier == one.tier):
            yield chain
            chain, tier = [start], one.tier
        chain.append(end)
    yield chain


def _refer(found: Sequence[_Found], path: Path) -> None:
    """Give annotations that refer to others the times of these, from the outermost on."""
    by_id: dict[str, _Found] = {}
    for one in found:
        if one.id in by_id:
            what = f"the annotation id {one.id!r} is used twice, before in line {by_id[one.id].node.line}"
            fault(path, one.node.line, f"{what}; give one of them another id, or save it again in ELAN")
        by_id[one.id] = one
    siblings: dict[str, dict[int, list[_Found]]] = defaultdict(lambda: defaultdict(list))
    for one in found:
        if one.node.name == "REF_ANNOTATION":
            parent = one.node.get("ANNOTATION_REF")
            if parent not in by_id:
                what = f"{one.text!r} belongs to the annotation {parent!r}, which does not exist"
                fault(path, one.node.line, f"{what}; name one that does")
            siblings[parent][one.tier].append(one)
    known = [one for one in found if one.times is not None]
    for one in known:  # grows while it is gone through
        assert one.times is not None
        start, end = one.times
        for group in siblings.pop(one.id, {}).values():
            step = (end - start) / len(group)
            for number, child in enumerate(_ordered(group)):
                child.times = (start + number * step, start + (number + 1) * step)
                known.append(child)
    for one in found:
        if one.times is None:
            what = f"{one.text!r} belongs to an annotation that belongs to it in turn"
            fault(path, one.node.line, f"{what}; let it belong to one that has times")


def _ordered(group: Sequence[_Found]) -> list[_Found]:
    """Annotations of one parent, each after its ``PREVIOUS_ANNOTATION``; as they stand if that is unclear."""
    after = {one.node.get("PREVIOUS_ANNOTATION"): one for one in group}
    ids = {one.id for one in group}
    firsts = [one for one in group if one.node.get("PREVIOUS_ANNOTATION") not in ids]
    ordered = firsts[:1]
    while ordered and ordered[-1].id in after:
        ordered.append(after[ordered[-1].id])
    return ordered if len(ordered) == len(group) else list(group)
