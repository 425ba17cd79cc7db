"""A meeting in which everybody has another name, in what is said as well.

What a report tells is worked out from such a copy, so that it cannot tell what the copy does not hold.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.exports.lanes import ORDER
from pipeline.exports.marked import MARKS
from pipeline.exports.material import ROLES, Material
from pipeline.manifest import write_manifest
from pipeline.rapport.actions import TIER
from pipeline.rapport.codebook import Codebook
from pipeline.report.options import ReportError, ReportOptions
from pipeline.timeline.human import NAMING, PAIRED
from pipeline.timeline.rows import Row, with_rows
from pipeline.timeline.table import records, write

if TYPE_CHECKING:
    import pandas as pd

PLAIN_ID = re.compile(r"([a-z_]+)-\d+")
"""Ids that the product gives to rows, a known tier and a number, which tell nothing."""
KNOWN = frozenset((*ORDER, *(tier for tier, _ in MARKS.values())))
"""Tiers of the product."""
TYPED = ("marked", "notation", "body", "place")
"""Details of what somebody typed, in which a name may have signs between its letters."""


class Hider:
    """Puts other words in place of some, all at once, so that two names can be exchanged.

    Parameters
    ----------
    words : mapping of str to str
        What to find, as a whole word or several in a row, in small letters or capitals, with or without a
        possessive or plural s; and what to put in its place.
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        spelt = {" ".join(_composed(old).split()): new for old, new in words.items()}
        self._new = {old.casefold(): new for old, new in spelt.items()}
        longest = sorted({*spelt, *self._new}, key=len, reverse=True)
        found = "|".join(r"\s+".join(map(re.escape, old.split())) for old in longest)
        # an s alone is taken for an ending from three letters on, or Mr would be found in Mrs
        self._pattern = re.compile(rf"(?<!\w)({found})((?:['’]?s)?)(?!\w)", re.IGNORECASE)
        self.longest = max((len(old.split()) for old in self._new), default=0)

    def __call__(self, text: str) -> str:
        """A text without the words."""
        return self._pattern.sub(self._replaced, _composed(text)) if self._new else text

    def _replaced(self, match: re.Match[str]) -> str:
        old, ending = " ".join(match[1].split()).casefold(), match[2]
        if len(old) < 3 and ending in ("s", "S"):
            return match[0]
        return self._new.get(old, "…") + ending  # letters of which small and large are told apart oddly

    def whole(self, text: str) -> bool:
        """Whether a text is nothing but one of the words, and signs around it."""
        text = _composed(text)
        found = self._pattern.search(text) if self._new else None
        return found is not None and not re.search(r"\w", text[: found.start()] + text[found.end() :])


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def hidden_words(material: Material, options: ReportOptions) -> tuple[dict[str, str], dict[str, str]]:
    """Everybody's new name by id, and what to replace in what is said.

    Raises
    ------
    ReportError
        Where nobody is called as `options` has it, or two would be called the same.
    """
    names = dict(material.names)
    words: dict[str, str] = {}
    for asked, new in options.names.items():
        person = material.person(asked)
        if person is None:
            known = ", ".join(f"{who} ({name})" for who, name in material.names.items())
            raise ReportError(f"Nobody in this meeting is called {asked}; there are {known}.")
        names[person.id] = new
        speaks = len(person.id) > 2 and person.id.isalpha() and person.id.casefold() not in ROLES
        said = [person.name, *[person.id] * speaks]
        words |= {old: new for old in said if old.casefold() != new.casefold()}
    twice = next((name for name in names.values() if list(names.values()).count(name) > 1), None)
    if twice:
        raise ReportError(f"Two people would be called {twice}; give them different names with --name.")
    return names, {**words, **options.hide}


def hidden_copy(
    material: Material, book: Codebook, options: ReportOptions, folder: Path
) -> tuple[Hider, dict[str, str]]:
    """Write a copy of a meeting into a folder: other names and ids, hidden words, no paths, no coders.

    Parameters
    ----------
    material : Material
        With a timeline that was coded with `book`.
    book : Codebook
    options : ReportOptions
    folder : Path
        There is only the copy in it.

    Returns
    -------
    hide : Hider
        What hid the words.
    ids : dict of str to str
        What the participants' ids became.
    """
    names, words = hidden_words(material, options)
    hide = Hider(words)
    ids = {person.id: f"P{number}" for number, person in enumerate(material.people, start=1)}
    table = material.shown if options.comments else material.shown[material.shown["tier"] != "comment"]
    known = {*book.codes, *book.renamed}
    write(_renamed(_joined(table, hide), ids, hide, known), folder)
    participants = [
        {"id": ids[who.id], "role": who.role, "pseudonym": names[who.id], "language": who.language or None}
        for who in material.people
    ]
    given = material.manifest["meeting"]
    title = options.title or str(given.get("title") or "")
    settings = material.manifest.get("settings", {})
    copy = {
        "meeting": {
            "name": "meeting",
            "title": hide(title) or None,
            "start": given.get("start") if options.date else None,
            "language": given.get("language"),
            "participants": participants,
        },
        "language": material.manifest.get("language"),
        "files": [
            {"path": f"{number}", "pictures": one.pictures, "offset": one.offset, "duration": one.duration}
            for number, one in enumerate(material.media, start=1)
        ],
        "settings": {name: settings[name] for name in ("turns", "voice") if name in settings},
        "codebook": {"digest": book.digest},
        "warnings": [],
    }  # fmt: skip
    write_manifest(folder, copy)
    return hide, ids


def _joined(table: pd.DataFrame, hide: Hider) -> pd.DataFrame:
    """A timeline in which several words in a row that are hidden together are one word."""
    if hide.longest < 2:
        return table
    merged: list[Row] = []
    gone: list[str] = []
    for _, said in table[table["tier"] == "word"].groupby("participant"):
        words = records(said)
        at = 0
        while at < len(words):
            for size in range(min(hide.longest, len(words) - at), 1, -1):
                run = words[at : at + size]
                text = " ".join(word["text"] for word in run)
                if hide.whole(text):
                    merged.append({**run[0], "text": text, "end": max(word["end"] for word in run)})
                    gone += [word["id"] for word in run[1:]]
                    at += size - 1
                    break
            at += 1
    return with_rows(table, merged, gone)


def _renamed(table: pd.DataFrame, ids: Mapping[str, str], hide: Hider, known: set[str]) -> pd.DataFrame:
    """A timeline with other ids of people, hidden words, and nothing of who made which row."""
    odd = (f"row-{number:04d}" for number in count(1))
    rows = {name: name if _tells_nothing(name) else next(odd) for name in table["id"]}
    own = sorted({*table["tier"]} - KNOWN)  # a lab may have named them after somebody
    others = {tier: f"other {number}" for number, tier in enumerate(own, start=1)}
    paired = table["tier"].isin((*NAMING, *PAIRED))
    texts = [
        " ".join(ids.get(word, word) for word in text.split()) if names else hide(text)
        for text, names in zip(table["text"], paired, strict=True)
    ]
    labels = [
        label if tier == TIER and label in known else hide(label)
        for tier, label in zip(table["tier"], table["label"], strict=True)
    ]
    return table.assign(
        id=[rows[name] for name in table["id"]],
        tier=[others.get(tier, tier) for tier in table["tier"]],
        participant=[ids.get(who, who) for who in table["participant"]],
        text=texts,
        label=labels,
        details=[
            "" if tier in others else _details(cell, ids, hide)
            for tier, cell in zip(table["tier"], table["details"], strict=True)
        ],
        evidence=[" ".join(rows.get(name, name) for name in cell.split()) for cell in table["evidence"]],
        source="",
        coder="",
    )


def _tells_nothing(name: str) -> bool:
    """Whether the id of a row is the product's own."""
    match = PLAIN_ID.fullmatch(name)
    return match is not None and match[1] in KNOWN


def _details(cell: str, ids: Mapping[str, str], hide: Hider) -> str:
    """A row's details with other ids of people and hidden words."""
    if not cell:
        return cell

    def other(value: Any) -> Any:
        if isinstance(value, str):
            return ids.get(value) or hide(value)
        if isinstance(value, list):
            return [other(one) for one in value]
        if isinstance(value, dict):
            return {hide(name): other(one) for name, one in value.items()}
        return value

    told = {name: value for name, value in json.loads(cell).items() if name not in TYPED}
    return json.dumps(other(told), ensure_ascii=False)
