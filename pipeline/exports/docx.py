"""The draft as a Word document, and a corrected one read back.

One paragraph a line, monospaced, with the number, the speaker and the talk between tab stops, so that an
analyst types as in any transcript; Word's spelling check is off. Stress is underlined. Written with the
standard library: a document is a ZIP of a few XML parts (ECMA-376).
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from pipeline.exports.draft import DraftLine, draft_lines
from pipeline.exports.formats import Options
from pipeline.exports.header import header
from pipeline.exports.jefferson import LEGEND, legend_lines
from pipeline.exports.material import Material
from pipeline.exports.notation import load_notation
from pipeline.exports.reading import fault
from pipeline.exports.signs import Run
from pipeline.exports.typed import PLAIN_AGAIN, UNDERLINED
from pipeline.exports.xml import clean

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
FONT = "Courier New"
POINT = 20
"""Twentieths of a point in a point."""
LETTER = 6.0
"""Width of a letter in points at 10 points: six tenths of its size, as in every Courier."""
DATED = (1980, 1, 1, 0, 0, 0)
"""Date of the parts, so that the same draft is the same file."""
LINE, TRANSLATION, BODY, TITLE, NOTE = "Line", "Translation", "Body", "Title", "Note"
"""Names of the styles of paragraphs."""


def write_docx(material: Material, options: Options) -> bytes:
    """Write a meeting's draft as a Word document."""
    notation = load_notation(options.notation)
    lines = draft_lines(material, options, underline=True)
    width = max((len(line.speaker) for line in lines), default=0) + 2
    digits = max(2, len(str(len(lines))))
    stops = (digits + 1, digits + 1 + width)
    parts = [_paragraph(TITLE, [Run(material.title or material.name)])]
    parts += [_paragraph(NOTE, [Run(f"{name}: {value}")]) for name, value in header(material, notation)]
    parts.append(_paragraph(NOTE, []))
    for line in lines:
        parts.append(_line(line, digits, BODY if not line.number else LINE))
        if options.translation and line.number and line.participant:
            parts.append(_paragraph(TRANSLATION, [Run("\t\t")]))
    parts.append(_paragraph(NOTE, []))
    parts += [_paragraph(NOTE, [Run(text)]) for text in legend_lines(material, notation)]
    return _zipped("".join(parts), _styles(stops), material.title or material.name)


def _line(line: DraftLine, digits: int, style: str) -> str:
    number = f"{line.number:0{digits}d}" if line.number else ""
    speaker = f"{line.speaker}:" if line.speaker else ""
    return _paragraph(style, [Run(f"{number}\t{speaker}\t"), *line.runs])


def _paragraph(style: str, runs: Sequence[Run]) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{"".join(map(_run, runs))}</w:p>'


def _run(run: Run) -> str:
    look = '<w:rPr><w:u w:val="single"/></w:rPr>' if run.underline else ""
    pieces = []
    for i, part in enumerate(_clean(run.text).split("\t")):
        tab = "<w:tab/>" if i else ""
        pieces.append(f'{tab}<w:t xml:space="preserve">{escape(part)}</w:t>' if part else tab)
    return f"<w:r>{look}{''.join(pieces)}</w:r>"


def _clean(text: str) -> str:
    """Text without what XML cannot hold; line ends become blanks, for a line is a paragraph."""
    return clean(re.sub(r"[\r\n\x0b\x0c\x85\u2028\u2029]+", " ", text))


def _styles(stops: tuple[int, int]) -> str:
    number, speaker = (round(stop * LETTER * POINT) for stop in stops)
    hang = f'<w:ind w:left="{speaker}" w:hanging="{speaker}"/>'
    tabs = f'<w:tabs><w:tab w:val="left" w:pos="{number}"/><w:tab w:val="left" w:pos="{speaker}"/></w:tabs>'
    fonts = f'<w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:eastAsia="{FONT}" w:cs="{FONT}"/>'
    normal = f'{fonts}<w:noProof/><w:sz w:val="20"/><w:szCs w:val="20"/>'
    spacing = '<w:spacing w:before="0" w:after="0" w:line="280" w:lineRule="atLeast"/>'

    def style(name: str, paragraph: str, look: str = "") -> str:
        default = ' w:default="1"' if name == "Normal" else ""
        based = "" if name == "Normal" else '<w:basedOn w:val="Normal"/>'
        return (
            f'<w:style w:type="paragraph"{default} w:styleId="{name}"><w:name w:val="{name}"/>{based}'
            f"<w:pPr>{paragraph}</w:pPr><w:rPr>{look}</w:rPr></w:style>"
        )

    styles = [
        style("Normal", spacing, normal),
        style(LINE, f"<w:keepLines/>{tabs}{hang}"),
        style(TRANSLATION, f"<w:keepLines/>{tabs}{hang}", "<w:i/>"),
        style(BODY, f"<w:keepLines/>{tabs}{hang}", '<w:color w:val="6B6B6B"/>'),
        style(TITLE, '<w:spacing w:after="120"/>', '<w:b/><w:sz w:val="26"/>'),
        style(NOTE, spacing, '<w:color w:val="404040"/><w:sz w:val="16"/>'),
    ]
    return f'<w:styles xmlns:w="{W}">{"".join(styles)}</w:styles>'


def _zipped(body: str, styles: str, title: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    page = (
        '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" '
        'w:gutter="0"/></w:sectPr>'
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}.document.main+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{kind}.styles+xml"/>'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{package}/relationships/metadata/core-properties" '
        'Target="docProps/core.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{body}{page}</w:body></w:document>',
        "word/styles.xml": styles,
        "docProps/core.xml": '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/'
        'metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(_clean(title))}</dc:title></cp:coreProperties>",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, DATED), head + content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@dataclass(frozen=True)
class TypedLine:
    """A line of a transcript as somebody typed it.

    Attributes
    ----------
    place : int
        For messages: the paragraph, or the line of the file, from 1.
    speaker : str
        As typed; empty where the line goes on, or is a silence.
    text : str
        With marks.
    """

    place: int
    speaker: str
    text: str


MOST = 64 * 2**20
"""Bytes that a document's text may have when unpacked."""
_NUMBERED = re.compile(r"^\s*\d*\s*$")


def read_lines(path: Path) -> list[TypedLine]:
    """The lines of a draft that was corrected in a word processor.

    A line is a paragraph with two tabs: number, speaker, talk. Paragraphs of the styles of translations, of
    bodies below the talk and of notes are passed over; so are empty ones. A paragraph without tabs between
    lines is somebody's remark and a fault, for it would be lost.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo("word/document.xml")
            if info.file_size > MOST:
                fault(
                    path, None, "its text is too large to be a draft; export the draft again and correct that"
                )
            data = archive.read(info)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        fault(path, None, f"it is no Word document ({error}); save it as .docx")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        fault(path, None, "it declares entities, which no word processor does; save it anew as .docx")
    try:
        body = ET.fromstring(data).find(f"{{{W}}}body")
    except ET.ParseError as error:
        fault(path, None, f"its text is damaged ({error}); save it anew as .docx")
    lines: list[TypedLine] = []
    for place, paragraph in enumerate([] if body is None else body.iter(f"{{{W}}}p"), start=1):
        style = paragraph.find(f"{{{W}}}pPr/{{{W}}}pStyle")
        name = style.get(f"{{{W}}}val", "") if style is not None else ""
        text = _text(paragraph)
        if lines and text.startswith(LEGEND):  # where a program has dropped the styles
            break
        if name in (TRANSLATION, BODY, TITLE, NOTE) or not text.strip():
            continue
        fields = text.split("\t", 2)
        if len(fields) < 3 or not _NUMBERED.match(fields[0]):
            if name == LINE or lines:
                told = f"paragraph {place}, “{text.strip()[:40]}”, is no line of the draft"
                fault(path, place, f"{told}; a line is number, tab, speaker, tab, talk")
            continue
        lines.append(TypedLine(place, fields[1].strip().removesuffix(":").strip(), fields[2]))
    if not lines:
        fault(path, None, "it holds no lines of a draft; export the draft as docx, and correct that file")
    return lines


def _text(paragraph: ET.Element) -> str:
    """A paragraph's text with tabs, underlined letters between private signs; deleted text is left out."""
    found = []
    for run in paragraph.iter(f"{{{W}}}r"):
        text = ""
        for part in run:
            if part.tag == f"{{{W}}}t":
                text += part.text or ""
            elif part.tag == f"{{{W}}}tab":
                text += "\t"
            elif part.tag in (f"{{{W}}}br", f"{{{W}}}cr"):
                text += " "
            elif part.tag == f"{{{W}}}noBreakHyphen":
                text += "-"
        underline = run.find(f"{{{W}}}rPr/{{{W}}}u")
        if text and underline is not None and underline.get(f"{{{W}}}val") not in (None, "none"):
            text = f"{UNDERLINED}{text}{PLAIN_AGAIN}"
        found.append(text)
    return "".join(found)
