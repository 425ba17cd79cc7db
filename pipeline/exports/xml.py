"""XML: what it can hold, how it is written, and reading it with the lines on which things stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from pipeline.exports.reading import decode, fault

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# The complement of Char in https://www.w3.org/TR/xml/#charsets.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A carriage return would be read as a line feed, and any blank in an attribute as a space.
_CONTENT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_VALUE = _CONTENT | str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def clean(text: str) -> str:
    """A text with U+FFFD for what XML cannot hold: control characters and halves of surrogate pairs."""
    return _FORBIDDEN.sub("\ufffd", text)


def content(text: str) -> str:
    """A text as it stands between tags."""
    return clean(text).translate(_CONTENT)


def tag(name: str, attributes: Mapping[str, object | None]) -> str:
    """A start tag without its ``>``; attributes that are None are left out."""
    given = ((key, value) for key, value in attributes.items() if value is not None)
    return "<" + " ".join([name, *(f'{key}="{clean(str(value)).translate(_VALUE)}"' for key, value in given)])


def element(name: str, attributes: Mapping[str, object | None], text: str = "") -> str:
    """An element that holds nothing but text."""
    start = tag(name, attributes)
    return f"{start}>{content(text)}</{name}>" if text else f"{start}/>"


@dataclass
class Node:
    """An element that was read.

    Attributes
    ----------
    name : str
        As in the tag.
    line : int
        Of the start tag, from 1.
    attributes : mapping of str to str
        Those given.
    children : list of Node
        Elements in it.
    text : str
        Characters in it, those in its children left out.
    """

    name: str
    line: int
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def get(self, attribute: str) -> str:
        """An attribute; empty where it is not given."""
        return self.attributes.get(attribute, "")

    def all(self, *names: str) -> Iterator[Node]:
        """Elements along a path of names below this one."""
        if not names:
            yield self
            return
        for child in self.children:
            if child.name == names[0]:
                yield from child.all(*names[1:])

    def said(self, *names: str) -> str:
        """Text of the first element along a path; empty where there is none."""
        return next((node.text for node in self.all(*names)), "")


def read_xml(path: Path, root: str, program: str) -> Node:
    """Read a file that must have a certain root element.

    A document type is passed over unread; entities, which may multiply without end or reach for other files,
    are refused.

    Raises
    ------
    FileFaultError
        Where the file is not XML, declares entities or has another root; it names the line.
    """
    text = decode(path)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    document = Node("", 0, {})
    opened = [document]
    parts: list[list[str]] = [[]]

    def start(name: str, attributes: dict[str, str]) -> None:
        node = Node(name, parser.CurrentLineNumber, attributes)
        opened[-1].children.append(node)
        opened.append(node)
        parts.append([])

    def end(_: str) -> None:
        opened.pop().text = "".join(parts.pop())

    def entity(*_: Any) -> None:
        what = "it uses XML entities of its own, which are not read"
        fault(path, parser.CurrentLineNumber, f"{what}; save it again in {program}")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda data: parts[-1].append(data)
    parser.EntityDeclHandler = entity
    parser.SkippedEntityHandler = entity
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        fault(
            path,
            error.lineno,
            f"it is not well-formed XML ({reason}); mend it, or save it again in {program}",
        )
    found = document.children[0]
    if found.name != root:
        fault(
            path, found.line, f"the file begins with <{found.name}>, not <{root}>; give a file of {program}"
        )
    return found
