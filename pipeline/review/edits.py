"""Corrections of a timeline: a table goes in, a table comes out, and what a person touched says so."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.timeline.between import silences_follow_turns
from pipeline.timeline.rows import Row, added_row, rows_of, touched, with_rows
from pipeline.timeline.turns import LAUGHTER, NO_WORDS, TurnSettings
from pipeline.timeline.wording import in_order, turns_follow_words, words_follow_turns

if TYPE_CHECKING:
    import pandas as pd

TIMED = ("pause", "gap", "overlap", "gaze", "mutual_gaze", "laughter")
"""Tiers whose value is how long a row lasts."""
WITH_TURN = (
    *("intonation", "pitch_step", "stress", "stretch", "cut_off", "pace", "loudness", "creak"),
    *("breath_in", "breath_out"),
)
"""Tiers of the voice in a turn, which go to another participant with it; silences are found anew."""
TYPED = ("marked", "notation")
"""Details of a turn that hold its text as somebody typed it before."""
COMMENT = "comment"
FIELDS = ("text", "label", "participant", "start", "end")
LONGEST = {"text": 20_000, "label": 200, "name": 200}
"""Letters that a field may have."""
LATEST = 7 * 24 * 3600.0
"""Seconds: no meeting is longer."""
_TIER = re.compile(r"[^\W\d]\w*")
_UNWRITABLE = re.compile("[\ud800-\udfff\x00]")
"""What no file can hold: halves of letters, and the letter that ends a text."""


class EditError(ValueError):
    """An edit that cannot be meant; the message is a sentence for the person who made it."""


@dataclass(frozen=True)
class Edited:
    """A timeline after some edits.

    Attributes
    ----------
    table : DataFrame
    named : frozenset of str
        Ids of the rows that the edits name or make; others followed them.
    names : mapping of str to str
        What participants are called now, by id.
    what : str
        The edits in a few words.
    """

    table: pd.DataFrame
    named: frozenset[str]
    names: Mapping[str, str]
    what: str


def named_in(edits: Sequence[Mapping[str, Any]]) -> set[str]:
    """Ids of the rows that edits name.

    Raises
    ------
    EditError
        Where an edit is no edit.
    """
    found: set[str] = set()
    for edit in edits:
        if not isinstance(edit, Mapping) or edit.get("do") not in tuple(_DO):
            raise EditError(f"An edit says what to `do`: {', '.join(_DO)}.")
        ids = edit.get("ids", []) if edit["do"] == "merge" else [edit["id"]] if "id" in edit else []
        if not isinstance(ids, list) or not all(isinstance(name, str) for name in ids):
            raise EditError("The ids of an edit are texts.")
        found |= set(ids)
    return found


def apply(
    table: pd.DataFrame,
    edits: Sequence[Mapping[str, Any]],
    coder: str,
    people: Collection[str],
    settings: TurnSettings,
) -> Edited:
    """Apply edits one after the other.

    Parameters
    ----------
    table : DataFrame
        A timeline.
    edits : sequence of mapping
        Each with ``do``: ``change``, ``reject``, ``confirm``, ``add``, ``split``, ``merge``, ``comment`` or
        ``rename``, and what that needs.
    coder : str
        Who makes them.
    people : collection of str
        Ids of everybody who may be named.
    settings : TurnSettings
        Limits of the silences and overlaps that are found anew where turns moved.

    Raises
    ------
    EditError
        Where one of them cannot be meant; then none is applied.
    """
    named = named_in(edits)
    sheet = _Sheet(table, coder, set(people))
    for edit in edits:
        _DO[edit["do"]](sheet, edit)
    after = with_rows(table, sheet.rows.values())
    after = words_follow_turns(table, after, sheet.worded)
    after = silences_follow_turns(table, turns_follow_words(table, after), settings)
    told = [edit["do"] for edit in edits]
    what = ", ".join(
        f"{name} {told.count(name)}" if told.count(name) > 1 else name for name in dict.fromkeys(told)
    )
    return Edited(after, frozenset(named | set(sheet.made)), sheet.names, what)


@dataclass
class _Sheet:
    """A timeline on which edits are written before it is put together again."""

    table: pd.DataFrame
    coder: str
    people: set[str]
    rows: dict[str, Row] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    worded: set[str] = field(default_factory=set)
    """Turns whose words follow."""
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.taken = set(self.table["id"].tolist())

    def row(self, name: Any) -> Row:
        found = self.rows.get(name) or rows_of(self.table, [str(name)]).get(str(name))
        if found is None:
            raise EditError(
                f"There is no row {name} in this meeting; it may have changed since, so look again."
            )
        return found

    def put(self, row: Row) -> None:
        self.rows[row["id"]] = row

    def add(self, **fields: Any) -> Row:
        row = added_row(self.taken, coder=self.coder, **fields)
        self.taken.add(row["id"])
        self.made.append(row["id"])
        self.put(row)
        return row

    def during(self, row: Row, tiers: Collection[str]) -> list[Row]:
        """Rows of tiers of the same participant that lie inside a row."""
        table = self.table
        chosen = table["tier"].isin(list(tiers)) & (table["participant"] == row["participant"])
        chosen &= (table["start"] >= row["start"] - 1e-6) & (table["end"] <= row["end"] + 1e-6)
        return [
            self.rows.get(name, found) for name, found in rows_of(table[chosen], table["id"][chosen]).items()
        ]


# ------------------------------------------------------------------------------------------ the edits


def _change(sheet: _Sheet, edit: Mapping[str, Any]) -> None:
    row, wanted = sheet.row(edit.get("id")), edit.get("set")
    if not isinstance(wanted, Mapping) or not wanted or set(wanted) - set(FIELDS):
        raise EditError(f"A change has a `set` of some of: {', '.join(FIELDS)}.")
    fields = _fields(sheet, wanted, row)
    turn = row["tier"] == "turn"
    if turn and "participant" in fields and fields["participant"] != row["participant"]:
        for mark in sheet.during(row, (*WITH_TURN, "pause")):
            if mark["tier"] == "pause" and mark["status"] == "auto":
                continue  # it is found anew
            sheet.put(touched(mark, sheet.coder, participant=fields["participant"]))
    if row["tier"] == "word" and fields.get("text", row["text"]) != row["text"]:
        fields.setdefault("label", "")  # why it was doubted no longer holds
    if turn and fields.get("text", row["text"]) != row["text"]:
        fields["details"] = _without_typed(row["details"])
        fields.setdefault("label", "" if fields["text"].strip() else NO_WORDS)
    sheet.put(touched(row, sheet.coder, **fields))
    if turn and {"text", "participant"} & set(fields):
        sheet.worded.add(row["id"])


def _reject(sheet: _Sheet, edit: Mapping[str, Any]) -> None:
    row = sheet.row(edit.get("id"))
    sheet.put({**row, "status": "rejected", "coder": sheet.coder})
    if row["tier"] == "turn":
        sheet.worded.add(row["id"])


def _confirm(sheet: _Sheet, edit: Mapping[str, Any]) -> None:
    row = sheet.row(edit.get("id"))
    if row["status"] in ("edited", "added"):
        return  # it is a person's already
    sheet.put({**row, "status": "confirmed", "coder": sheet.coder})
    if row["tier"] == "turn" and row["status"] == "rejected":
        sheet.worded.add(row["id"])


def _add(sheet: _Sheet, edit: Mapping[str, Any]) -> None:
    given = edit.get("row")
    if (
        not isinstance(given, Mapping)
        or set(given) - {*FIELDS, "tier"}
        or not {"tier", "start", "end"} <= set(given)
    ):
        raise EditError(f"A row to add has tier, start and end, and may have: {', '.join(FIELDS)}.")
    tier = given["tier"]
    if not isinstance(tier, str) or len(tier) > 40 or not _TIER.fullmatch(tier):
        raise EditError("A tier is called by one word of letters, digits and underscores.")
    fields = _fields(sheet, {name: given[name] for name in FIELDS if name in given}, None)
    if tier in TIMED:
        fields["value"] = fields["end"] - fields["start"]
    if tier == "turn" and not fields.get("text", "").strip():
        fields["label"] = NO_WORDS
    row = sheet.add(tier=tier, **fields)
    if tier == "turn":
        sheet.worded.add(row["id"])


def _split(sheet: _Sheet, edit: Mapping[str, Any]) -> None:
    row = sheet.row(edit.get("id"))
    at, place = _seconds(edit.get("at"), "at"), edit.get("word")
    if not row["start"] < at < row["end"]:
        raise EditError(f"{row['id']} can be split between {row['start']:.3f} and {row['end']:.3f} s only.")
    if place is not None and (isinstance(place, bool) or not isinstance(place, int) or place < 0):
        raise EditError("`word` is the number of the first word of the second part, counted from 0.")
    words = _words_of(sheet, row)
    heads, tails = _parts(words, at, place)
    text, rest = _halves(row, at, heads if words else None, place)
    common = {name: row[name] for name in ("tier", "participant", "label", "details", "confidence")}
    cut = {"evidence": " ".join(word["id"] for word in heads)} if words else {}
    sheet.put(touched(row, sheet.coder, end=at, text=text, **cut, **_lasting(row["tier"], row["start"], at)))
    cut = {"evidence": " ".join(word["id"] for word in tails) if words else row["evidence"]}
    times = {"start": at, "end": row["end"], **_lasting(row["tier"], at, row["end"])}
    sheet.add(**common, **times, **cut, text=rest)


def _merge(sheet: _Sheet, edit: Mapping[str, Any]) -> None:
    ids = edit.get("ids")
    if not isinstance(ids, list) or len(set(ids)) != 2 or len(ids) != 2:
        raise EditError("Two rows are merged at a time; give their `ids`.")
    first, last = sorted((sheet.row(name) for name in ids), key=lambda row: (row["start"], row["end"]))
    if (first["tier"], first["participant"]) != (last["tier"], last["participant"]):
        raise EditError("Only rows of one tier and participant can be merged.")
    start, end = first["start"], max(first["end"], last["end"])
    fields = {
        "end": end,
        "text": " ".join(row["text"] for row in (first, last) if row["text"]),
        "evidence": " ".join(dict.fromkeys(f"{first['evidence']} {last['evidence']}".split())),
        "label": (first["label"] if first["text"] or not last["text"] else last["label"]),
        **_lasting(first["tier"], start, end),
    }
    sheet.put(touched(first, sheet.coder, **fields))
    sheet.put({**last, "status": "rejected", "coder": sheet.coder})


def _comment(sheet: _Sheet, edit: Mapping[str, Any]) -> None:
    row = sheet.row(edit.get("id"))
    text = _text(edit.get("text"), "text")
    table = sheet.table
    own = table[
        (table["tier"] == COMMENT) & (table["evidence"] == row["id"]) & (table["status"] != "rejected")
    ]
    pending = [r for r in sheet.rows.values() if r["tier"] == COMMENT and r["evidence"] == row["id"]]
    known = pending or list(rows_of(own, own["id"]).values())
    if known:
        new = touched(known[0], sheet.coder, text=text)
        sheet.put(new if text.strip() else {**new, "status": "rejected"})
        sheet.made.append(new["id"])
    elif text.strip():
        fields = {name: row[name] for name in ("participant", "start", "end")}
        sheet.add(tier=COMMENT, **fields, text=text, evidence=row["id"])


def _rename(sheet: _Sheet, edit: Mapping[str, Any]) -> None:
    who, name = _somebody(sheet, edit.get("participant")), _text(edit.get("name"), "name").strip()
    if not name or "\n" in name or "\r" in name:
        raise EditError("A participant's name is one line of text.")
    sheet.names[who] = name


_DO: dict[str, Callable[[_Sheet, Mapping[str, Any]], None]] = {
    "change": _change,
    "reject": _reject,
    "confirm": _confirm,
    "add": _add,
    "split": _split,
    "merge": _merge,
    "comment": _comment,
    "rename": _rename,
}


# ------------------------------------------------------------------------------------------ their parts


def _fields(sheet: _Sheet, given: Mapping[str, Any], row: Row | None) -> dict[str, Any]:
    """What was given, checked: times in order, people who are there, texts that a file can hold."""
    found: dict[str, Any] = {}
    for name in ("text", "label"):
        if name in given:
            found[name] = _text(given[name], name)
    if "participant" in given:
        found["participant"] = _somebody(sheet, given["participant"]) if given["participant"] != "" else ""
    times = {name: _seconds(given[name], name) for name in ("start", "end") if name in given}
    start, end = (times.get(name, row[name] if row else 0.0) for name in ("start", "end"))
    if times and end < start:
        raise EditError(f"It cannot end at {end:g} s, before it starts at {start:g} s.")
    if row is not None and times:
        times |= _lasting(row["tier"], start, end)
    return {**found, **times}


def _somebody(sheet: _Sheet, who: Any) -> str:
    if not isinstance(who, str) or who not in sheet.people:
        raise EditError(f"There is no participant {who} in this meeting.")
    return who


def _lasting(tier: str, start: float, end: float) -> dict[str, float]:
    return {"value": end - start} if tier in TIMED else {}


def _seconds(given: Any, name: str) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given <= LATEST:
        raise EditError(f"`{name}` is a number of seconds from the meeting's start.")
    if not math.isfinite(given):
        raise EditError(f"`{name}` is a number of seconds from the meeting's start.")
    return float(given)


def _text(given: Any, name: str) -> str:
    if not isinstance(given, str) or len(given) > LONGEST[name] or _UNWRITABLE.search(given):
        raise EditError(f"`{name}` is a text of at most {LONGEST[name]} letters.")
    return given


def _without_typed(details: str) -> str:
    if not details:
        return details
    known = {name: value for name, value in json.loads(details).items() if name not in TYPED}
    return json.dumps(known, ensure_ascii=False) if known else ""


def _words_of(sheet: _Sheet, row: Row) -> list[Row]:
    """A turn's words, in order of time; none for a row of another tier."""
    if row["tier"] != "turn":
        return []
    cited = rows_of(sheet.table, row["evidence"].split())
    return in_order(sheet.rows.get(n, r) for n, r in cited.items() if r["tier"] == "word")


def _parts(words: Sequence[Row], at: float, place: int | None) -> tuple[list[Row], list[Row]]:
    """A turn's words before and after a cut: before the word of a number, or by their middles."""
    said = [word for word in words if word["status"] != "rejected" and word["label"] != LAUGHTER]
    if place is None:
        first = next((word for word in words if (word["start"] + word["end"]) / 2 >= at), None)
    else:
        first = said[place] if place < len(said) else None
    count = next((i for i, word in enumerate(words) if word is first), len(words))
    return list(words[:count]), list(words[count:])


def _halves(row: Row, at: float, heads: Sequence[Row] | None, place: int | None) -> tuple[str, str]:
    """The text of the two parts of a row: by its words, by a word's number, or by the time."""
    texts = row["text"].split()
    share = (at - row["start"]) / (row["end"] - row["start"])
    if heads is not None and place is None:
        count = sum(word["status"] != "rejected" and word["label"] != LAUGHTER for word in heads)
        return " ".join(texts[:count]), " ".join(texts[count:])
    if row["tier"] == "word" and len(texts) == 1 and len(texts[0]) > 1:
        letters = min(max(round(share * len(texts[0])), 1), len(texts[0]) - 1)
        return texts[0][:letters], texts[0][letters:]
    if row["tier"] not in ("word", "turn"):
        return row["text"], row["text"]
    count = round(share * len(texts)) if place is None else place
    return " ".join(texts[:count]), " ".join(texts[count:])
