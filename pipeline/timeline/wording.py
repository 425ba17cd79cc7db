"""Words and turns say the same: where a person corrects the one, the other follows.

A turn's words are the rows that its `evidence` names. Its text follows them unless a person typed another;
where a person types a turn, its words are aligned with the new text, so that what was said keeps its times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from pipeline.timeline.rows import HUMAN, Row, added_row, changed, rows_of, same, touched, with_rows
from pipeline.timeline.table import records
from pipeline.timeline.turns import LAUGHTER, NO_WORDS

if TYPE_CHECKING:
    import pandas as pd

REACH = 0.5
"""Seconds by which a word may lie outside of a turn that it comes to."""
LEAST = 0.06
"""Seconds that a new word needs between its neighbours; with less it shares the time of one of them."""
MARKED = "marked"
"""Among a turn's details: its text with a notation's marks, as a person typed it."""
_EDGES = re.compile(r"^\W+|\W+$")


def turns_follow_words(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Let turns say what their words say, after words were corrected.

    A word that now is another participant's, or that was added, goes to the turn of its participant around
    it, else to one within `REACH`, else to a turn of its own. A turn whose words all went is rejected.
    Turns that a person typed keep their text.

    Parameters
    ----------
    before, after : DataFrame
        A timeline before and after words were changed, added, rejected or taken away.

    Returns
    -------
    DataFrame
        `after` with human rows for the turns that changed; all ids are kept.
    """
    words_before, words_after = (table[table["tier"] == "word"] for table in (before, after))
    moved = changed(words_before, words_after)
    if not moved:
        return after
    homes = _Homes(after)
    now = rows_of(words_after, moved)
    homes.remember(before, moved - set(now))
    coders: dict[str, str] = {}
    for name in sorted(moved, key=lambda name: (now[name]["start"] if name in now else 0.0, name)):
        word = now.get(name)
        for home in homes.of(name, word):
            coders[home] = (word or {}).get("coder") or coders.get(home, "")
    cited = {name for home in coders for name in homes.rows[home]["evidence"].split()}
    old_turns = rows_of(before, coders)
    old_words, new_words = rows_of(words_before, cited | moved), rows_of(words_after, cited | moved)
    new_turns = rows_of(after, coders)
    rows = []
    for home, coder in coders.items():
        turn = homes.rows[home]
        said = _followed(turn, old_turns.get(home), old_words, new_words)
        if not same({**turn, **said}, new_turns.get(home)):
            rows.append(touched(turn, coder or turn["coder"]) | said)
    return with_rows(after, rows)


class _Homes:
    """The turns of a timeline, and which word belongs to which; words may be put elsewhere."""

    def __init__(self, table: pd.DataFrame) -> None:
        turns = table[(table["tier"] == "turn") & (table["status"] != "rejected")]
        found = records(turns)
        self.rows: dict[str, Row] = {row["id"]: row for row in found}
        self._home = {name: row["id"] for row in found for name in row["evidence"].split()}
        self._taken = set(table["id"].tolist())

    def remember(self, before: pd.DataFrame, gone: Collection[str]) -> None:
        """Where words belonged that are no longer there, so that no turn names them now."""
        if gone:
            past = _Homes(before)._home
            self._home |= {name: past[name] for name in gone if past.get(name) in self.rows}

    def of(self, name: str, word: Row | None) -> list[str]:
        """Ids of the turns that a changed word concerns: the one that it leaves, and the one that has it."""
        home = self._home.get(name)
        left = [home] if home else []
        if word is None or (home and self.rows[home]["participant"] == word["participant"]):
            return left
        if word["status"] == "rejected" and not home:
            return []
        if home:
            self._put(home, [n for n in self.rows[home]["evidence"].split() if n != name])
        new = self._nearest(word) or self._new(word)
        self._put(new, [*self.rows[new]["evidence"].split(), name])
        self._home[name] = new
        return [*left, new]

    def _put(self, home: str, names: Iterable[str]) -> None:
        self.rows[home] = {**self.rows[home], "evidence": " ".join(names)}

    def _nearest(self, word: Row) -> str:
        """Id of the turn of the word's participant that is nearest, within `REACH`; empty if none is."""
        middle = (word["start"] + word["end"]) / 2
        own = [row for row in self.rows.values() if row["participant"] == word["participant"]]
        far = {row["id"]: max(row["start"] - middle, middle - row["end"], 0.0) for row in own}
        near = min(far, key=lambda home: far[home], default="")
        return near if near and far[near] <= REACH else ""

    def _new(self, word: Row) -> str:
        fields = {name: word[name] for name in ("participant", "start", "end", "coder")}
        row = added_row(self._taken, tier="turn", **fields)
        self._taken.add(row["id"])
        self.rows[row["id"]] = row
        return str(row["id"])


def _followed(turn: Row, before: Row | None, old: dict[str, Row], new: dict[str, Row]) -> Row:
    """What a turn holds now that its words are others."""
    members = in_order(new[name] for name in turn["evidence"].split() if name in new)
    said = _said(members)
    typed = before is not None and (was_typed(before, old) or before["text"] != turn["text"])
    text = turn["text"] if typed else " ".join(word["text"] for word in said if word["text"])
    unheard = turn["label"] == NO_WORDS and text
    fields: Row = {
        "text": text,
        "label": "" if unheard else turn["label"] if text else NO_WORDS,
        "evidence": " ".join(word["id"] for word in members),
        "start": min([turn["start"], *(word["start"] for word in said)]),
        "end": max([turn["end"], *(word["end"] for word in said)]),
    }
    return fields if members else {**fields, "status": "rejected"}


def was_typed(turn: Mapping[str, Any], words: Mapping[str, Row]) -> bool:
    """Whether a person typed a turn's text, so that it is not what its words say.

    Parameters
    ----------
    turn : mapping
        Its row.
    words : mapping of str to mapping
        Rows of words by id, its own among them.
    """
    if turn["details"] and MARKED in json.loads(turn["details"]):
        return True
    said = said_in(turn, words)
    return turn["status"] in HUMAN and " ".join(word["text"] for word in said).split() != turn["text"].split()


def words_follow_turns(before: pd.DataFrame, after: pd.DataFrame, turn_ids: Collection[str]) -> pd.DataFrame:
    """Let words say what their turns say, after turns were typed, given to somebody else or rejected.

    The new text is aligned with the words (difflib). Words that stay keep id and times; of others as many as
    fit take the new text; new ones get times by their letters, in the time of those that they replace or in
    the silence between their neighbours; what is left over is rejected. With a turn go its words to another
    participant, and with a rejected one they are rejected.

    Parameters
    ----------
    before, after : DataFrame
        A timeline before and after.
    turn_ids : collection of str
        The turns that were changed.

    Returns
    -------
    DataFrame
        `after` with human rows for the words that changed, and their ids in the evidence of the turns.
    """
    turns, past = rows_of(after, turn_ids), rows_of(before, turn_ids)
    cited = {name for turn in turns.values() for name in turn["evidence"].split()}
    words = rows_of(after[after["tier"] == "word"], cited)
    taken = set(after["id"])
    rows: list[Row] = []
    for name, turn in turns.items():
        own = in_order(words[word] for word in turn["evidence"].split() if word in words)
        new = _words_of_turn(turn, past.get(name), own, taken)
        rows += [word for word in new if not same(word, words.get(word["id"]))]
        evidence = " ".join(word["id"] for word in in_order(new))
        if evidence != turn["evidence"]:
            rows.append({**turn, "evidence": evidence})
    return with_rows(after, rows)


def _words_of_turn(turn: Row, past: Row | None, own: Sequence[Row], taken: set[str]) -> list[Row]:
    """Rows of a turn's words, rejected ones among them, that say what it says now."""
    coder = turn["coder"]
    if turn["status"] == "rejected":
        return [_set(word, coder, status="rejected") for word in own]
    if past is not None and past["status"] == "rejected":  # it stands again, as it was said
        own = [_set(word, coder, status="confirmed") for word in own]
    own = [_moved(word, turn, coder) for word in own]
    said = _said(own)
    texts = turn["text"].split()
    if [word["text"] for word in said] == texts:
        return own
    changed_words = _aligned(said, texts, turn, taken)
    mine = {word["id"]: word for word in changed_words}
    rest = [mine.pop(word["id"], word) for word in own]
    return [*rest, *mine.values()]


def _set(word: Row, coder: str, status: str) -> Row:
    if word["status"] == status or (status == "confirmed" and word["status"] != "rejected"):
        return word
    return {**word, "status": status, "coder": coder}


def _moved(word: Row, turn: Row, coder: str) -> Row:
    if word["participant"] == turn["participant"]:
        return word
    if word["status"] == "rejected":
        return {**word, "participant": turn["participant"], "coder": coder}
    return touched(word, coder, participant=turn["participant"])


@dataclass
class _Token:
    """A word as it was typed, the row that says it so far, and when it is said, in seconds."""

    text: str
    word: Row | None = None
    span: tuple[float, float] | None = None


def _aligned(said: Sequence[Row], texts: Sequence[str], turn: Row, taken: set[str]) -> list[Row]:
    """Every word of `said`, changed or rejected where need be, and new ones."""
    coder = turn["coder"]
    tokens, left = _tokens(said, texts)
    _place(tokens, turn)
    rows = [{**word, "status": "rejected", "coder": coder} for word in left]
    for token in tokens:
        assert token.span is not None
        word, times = token.word, {"start": token.span[0], "end": token.span[1]}
        if word is None:
            common = {"tier": "word", "coder": coder, "participant": turn["participant"]}
            row = added_row(taken, **common, text=token.text, **times)
            taken.add(row["id"])
        elif word["text"] != token.text:
            row = touched(word, coder, text=token.text, label="", **times)
        else:
            row = word if times.items() <= word.items() else touched(word, coder, **times)
        rows.append(row)
    return rows


def _tokens(said: Sequence[Row], texts: Sequence[str]) -> tuple[list[_Token], list[Row]]:
    """Align words with what was typed: the typed words, and the rows that none of them takes.

    Other words share the time of those that they replace; those that come between have no time yet.
    """
    tokens: list[_Token] = []
    left: list[Row] = []
    old, new = [_bare(word["text"]) for word in said], [_bare(text) for text in texts]
    for _, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        words, wanted = said[i:j], texts[k:m]
        paired = min(len(words), len(wanted))
        spans: Sequence[tuple[float, float] | None] = [None] * len(wanted)
        if len(words) == len(wanted):
            spans = [(word["start"], word["end"]) for word in words]
        elif words:
            start, end = words[0]["start"], words[-1]["end"]
            if j < len(said) and said[j]["start"] > start:
                end = min(end, said[j]["start"])
            spans = spread(wanted, start, max(end, start))
        rows: list[Row | None] = [*words[:paired], *([None] * (len(wanted) - paired))]
        tokens += [_Token(*token) for token in zip(wanted, rows, spans, strict=True)]
        left += words[paired:]
    return tokens, left


def _place(tokens: Sequence[_Token], turn: Row) -> None:
    """Give times to words that have none: in the silence around them, or with a neighbour."""
    first = 0
    while first < len(tokens):
        last = first
        while last < len(tokens) and tokens[last].span is None:
            last += 1
        if last > first:
            before = tokens[first - 1].span if first else None
            after = tokens[last].span if last < len(tokens) else None
            start = before[1] if before else min(turn["start"], after[0] if after else turn["start"])
            end = after[0] if after else max(turn["end"], start)
            short = end - start < LEAST * (last - first)
            if short and before:
                first, start = first - 1, before[0]
                end = end if end > start else before[1]
            elif short and after:
                last, end = last + 1, after[1]
            texts = [token.text for token in tokens[first:last]]
            for token, span in zip(tokens[first:last], spread(texts, start, end), strict=True):
                token.span = span
        first = max(last, first + 1)


def spread(texts: Sequence[str], start: float, end: float) -> list[tuple[float, float]]:
    """Start and end in seconds of words that share a stretch of time by their letters."""
    letters = sum(max(len(text), 1) for text in texts)
    spans, done = [], 0
    for text in texts:
        first, done = done, done + max(len(text), 1)
        spans.append((start + (end - start) * first / letters, start + (end - start) * done / letters))
    return spans


def in_order(words: Iterable[Row]) -> list[Row]:
    """Words in order of time."""
    return sorted(words, key=lambda word: (word["start"], word["end"]))


def said_in(turn: Mapping[str, Any], words: Mapping[str, Row]) -> list[Row]:
    """A turn's words that were said, in order of time; `words` are rows by id."""
    return _said(in_order(words[name] for name in turn["evidence"].split() if name in words))


def _said(words: Iterable[Row]) -> list[Row]:
    """Words that were said: neither rejected nor the sound of laughter."""
    return [word for word in words if word["status"] != "rejected" and word["label"] != LAUGHTER]


def _bare(text: str) -> str:
    """A word as alignment sees it: without capitals and punctuation, where anything is left then."""
    return _EDGES.sub("", text).casefold() or text
