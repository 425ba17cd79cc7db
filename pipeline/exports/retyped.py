"""A draft that was corrected by typing, compared with the draft as it would be written now.

Lines that are the same are the same; in between, words are aligned. What is marked on words is compared as
events over words: a sign that was moved, taken out or put in changes the rows of its tier.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import chain
from pathlib import Path
from typing import Any

from pipeline.errors import SettingsError
from pipeline.exports.changes import Change
from pipeline.exports.docx import TypedLine
from pipeline.exports.marked import mark_changes
from pipeline.exports.material import Material
from pipeline.exports.notation import Notation
from pipeline.exports.tokens import Token, typed_tokens, written_tokens
from pipeline.timeline.table import records
from pipeline.timeline.turns import NO_WORDS

AMONG = 3
"""Lines that are the same between lines that differ, and are aligned word by word with them."""
Pair = tuple[Token | None, Token | None]
"""A token of ours and one that was typed; None where there is no partner."""


def retyped(
    material: Material, notation: Notation, lines: Sequence[TypedLine], path: Path, *, underline: bool
) -> list[Change]:
    """What a corrected draft changes in a meeting, in order of time.

    Parameters
    ----------
    material : Material
    notation : Notation
        In which the draft was exported.
    lines : sequence of TypedLine
    path : Path
        For messages.
    underline : bool
        Whether the file underlines.

    Raises
    ------
    FileFaultError
        Where something in the file cannot be meant.
    SettingsError
        Where the notation has lines below the talk, which are not read back.
    """
    if notation.embodied == "below":
        raise SettingsError(
            f"Drafts in {notation.name}, with bodies below the talk, do not come back; correct another."
        )
    ours = written_tokens(material, notation, underline=underline)
    theirs = typed_tokens(lines, material, notation, path)
    pairs = list(_aligned(ours, theirs))
    rows = {row["id"]: row for row in records(material.table)}
    return sorted(_Comparison(pairs, rows, material, notation).changes(), key=lambda c: (c.at, c.tier, c.row))


def _aligned(ours: Sequence[list[Token]], theirs: Sequence[list[Token]]) -> Iterator[Pair]:
    """Pair the tokens of both sides, in order."""
    before, now = ([_line_key(line) for line in lines] for lines in (ours, theirs))
    for same, a, b, c, d in _stretches(SequenceMatcher(None, before, now, autojunk=False).get_opcodes()):
        if same:
            for mine, other in zip(ours[a:b], theirs[c:d], strict=True):
                yield from zip(mine, other, strict=True)
        else:
            yield from _matched(list(chain(*ours[a:b])), list(chain(*theirs[c:d])))


def _stretches(opcodes: Sequence[tuple[str, int, int, int, int]]) -> list[tuple[bool, int, int, int, int]]:
    """Lines that are the same and lines that differ; a few same ones between others count with these.

    Where lines follow each other in another order, one of them is the same by itself.
    """
    found: list[tuple[bool, int, int, int, int]] = []
    for place, (kind, a, b, c, d) in enumerate(opcodes):
        inside = 0 < place < len(opcodes) - 1
        same = kind == "equal" and (b - a > AMONG or not inside)
        if found and not same and not found[-1][0]:
            _, first, _, start, _ = found.pop()
            found.append((False, first, b, start, d))
        else:
            found.append((same, a, b, c, d))
    return found


def _line_key(line: Sequence[Token]) -> tuple[Any, ...]:
    return tuple(
        (t.kind, t.text, t.speaker, t.features, round(t.seconds, 2) if t.kind in ("silence", "gap") else 0)
        for t in line
    )


def _matched(ours: list[Token], theirs: list[Token]) -> Iterator[Pair]:
    """Pair tokens of lines that differ: the same ones, then those that stand in the same place.

    Somebody's word that only stands before or after another's line now is the same word: where lines of two
    people follow each other differently, nobody said anything else.
    """
    pairs: list[Pair] = []
    matcher = SequenceMatcher(None, [t.key for t in ours], [t.key for t in theirs], autojunk=False)
    moved = _moved(matcher, ours, theirs)
    back = {id(mine) for _, mine in moved.values()}
    for kind, a, b, c, d in matcher.get_opcodes():
        mine, others = ours[a:b], theirs[c:d]
        if kind == "equal":
            pairs += zip(mine, others, strict=True)
            continue
        mine = [token for token in mine if id(token) not in back]
        while mine or others:
            if others and id(others[0]) in moved:
                other = others.pop(0)
                pairs.append((moved[id(other)][1], other))
            elif mine and others and mine[0].key[0] == others[0].key[0] == "word":
                pairs.append((mine.pop(0), others.pop(0)))
            elif mine and (not others or mine[0].key[0] != "word"):
                pairs.append((mine.pop(0), None))
            else:
                pairs.append((None, others.pop(0)))
    yield from pairs


def _moved(
    matcher: SequenceMatcher[tuple[str, str]], ours: Sequence[Token], theirs: Sequence[Token]
) -> dict[int, tuple[Token, Token]]:
    """Tokens of the same person that are on both sides, but not in the same order among others' tokens.

    By the identity of what was typed: it, and ours.
    """
    left: dict[tuple[tuple[str, str], str], list[Token]] = defaultdict(list)
    rest: list[Token] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            for mine in ours[a:b]:
                left[mine.key, mine.speaker].append(mine)
            rest += theirs[c:d]
    found: dict[int, tuple[Token, Token]] = {}
    for other in rest:
        same = left.get((other.key, other.speaker))
        if same:
            found[id(other)] = (other, same.pop(0))
    return found


class _Comparison:
    """The pairs of both sides, and what follows from them."""

    def __init__(
        self, pairs: list[Pair], rows: dict[str, dict[str, Any]], material: Material, notation: Notation
    ) -> None:
        self.pairs = pairs
        self.rows = rows
        self.material = material
        self.notation = notation
        self.times = _times(pairs)
        self.names: dict[int, str] = {}
        """By the place of a pair, how the evidence of turns names a word that is added."""

    def changes(self) -> Iterator[Change]:
        turns = self._turns()
        yield from self._words()
        yield from self._silences_and_sounds()
        yield from self._turn_changes(turns)
        yield from mark_changes(self.pairs, self.times, self.material)

    def _words(self) -> Iterator[Change]:
        for place, (mine, typed) in enumerate(self.pairs):
            if mine and mine.kind == "word" and mine.row in self.rows:
                row = self.rows[mine.row]
                if typed is None:
                    yield Change("removed", "word", mine.row, row)
                    continue
                after: dict[str, Any] = {}
                if typed.text != mine.text:
                    after |= {"text": typed.text, "label": ""}
                if typed.speaker != mine.speaker:
                    after["participant"] = typed.speaker
                if after:
                    yield Change("changed", "word", mine.row, row, after)
                elif "uncertain" in mine.features - typed.features and row["status"] == "auto":
                    yield Change("confirmed", "word", mine.row, row)
                elif "uncertain" in typed.features - mine.features:
                    yield Change("changed", "word", mine.row, row, {"label": "unlikely"})
            elif typed and typed.kind == "word" and (mine is None or mine.kind != "word"):
                self.names[place] = f"new-{place}"
                start, end = self.times[place]
                label = "unlikely" if "uncertain" in typed.features else ""
                added = {"tier": "word", "participant": typed.speaker, "start": start, "end": end}
                yield Change(
                    "added",
                    "word",
                    after={**added, "text": typed.text, "label": label},
                    name=self.names[place],
                )

    def _silences_and_sounds(self) -> Iterator[Change]:
        told = {text: name for name, text in reversed(self.notation.conduct.items())}
        for place, (mine, typed) in enumerate(self.pairs):
            one = typed or mine
            if one is None or one.kind in ("word", "not_heard"):
                continue
            start, end = self.times[place]
            if mine and mine.row in self.rows:
                row = self.rows[mine.row]
                if typed is None:
                    yield Change("removed", row["tier"], mine.row, row)
                elif mine.kind in ("silence", "gap") and self._longer(mine, typed):
                    until = {"end": row["start"] + typed.seconds, "value": typed.seconds}
                    yield Change("changed", row["tier"], mine.row, row, until)
                elif typed.speaker != mine.speaker and mine.kind in ("sound", "remark"):
                    yield Change("changed", row["tier"], mine.row, row, {"participant": typed.speaker})
            elif typed and mine is None:
                yield self._added(typed, start, end, told)

    def _longer(self, mine: Token, typed: Token) -> bool:
        """Whether a silence is written otherwise now; a tenth of a second that was rounded is not."""
        return self.notation.silence(mine.end - mine.start) != self.notation.silence(typed.seconds)

    def _added(self, typed: Token, start: float, end: float, told: dict[str, str]) -> Change:
        row: dict[str, Any] = {"participant": typed.speaker, "start": start, "end": end}
        if typed.kind in ("silence", "gap"):
            seconds = typed.seconds or self.notation.silences.micro_below / 2
            row |= {
                "tier": "gap" if typed.kind == "gap" else "pause",
                "value": seconds,
                "end": start + seconds,
            }
            row |= {"label": "between"} if typed.kind == "gap" else {}
        elif typed.kind == "sound":
            row |= {"tier": typed.text}
        elif typed.text in told:
            tier, _, label = told[typed.text].partition("/")
            row |= {"tier": tier, "label": label}
        else:
            row |= {"tier": "comment", "text": typed.text}
        return Change("added", row["tier"], after=row)

    def _turns(self) -> dict[int, str]:
        """The turn that each word is part of now: an id of ours, or ``new`` and a number."""
        belongs: dict[int, str] = {}
        left = Counter(mine.turn for mine, _ in self.pairs if mine and mine.kind in ("word", "not_heard"))
        for number, utterance in enumerate(_utterances(self.pairs)):
            kept = {}
            for place in utterance:
                mine, typed = self.pairs[place]
                if mine and typed and mine.turn and mine.speaker == typed.speaker:
                    kept[place] = mine.turn
            for place in utterance:
                near = min(kept, key=lambda other: abs(other - place), default=None)
                belongs[place] = kept[near] if near is not None else f"new {number}"
            if kept:
                continue
            moved = Counter(m.turn for m, _ in (self.pairs[p] for p in utterance) if m and m.turn)
            if moved and moved.most_common(1)[0][1] * 2 > left[moved.most_common(1)[0][0]]:
                belongs |= dict.fromkeys(utterance, moved.most_common(1)[0][0])
        return belongs

    def _turn_changes(self, belongs: dict[int, str]) -> Iterator[Change]:
        """Turns whose words or speaker are others now, in the order of their first words."""
        words: dict[str, list[int]] = defaultdict(list)
        for place, turn in belongs.items():
            words[turn].append(place)
        own: dict[str, list[str]] = defaultdict(list)
        touched = set()
        for mine, typed in self.pairs:
            if mine and mine.kind in ("word", "not_heard") and mine.turn:
                own[mine.turn].append(mine.row)
                if typed is None or typed.text != mine.text:
                    touched.add(mine.turn)
        for turn, names in own.items():
            row = self.rows[turn]
            places = sorted(words.get(turn, []))
            if not places:
                yield Change("removed", "turn", turn, row)
                continue
            now = self._as_turn(places)
            others = [name for name in row["evidence"].split() if name not in names]  # sounds of laughter
            after = {"participant": now["participant"]}
            if turn in touched or not set(now["evidence"].split()) <= set(names) or len(places) < len(names):
                after |= {"text": now["text"], "label": now["label"]}
                after["evidence"] = " ".join([*now["evidence"].split(), *others])
            if after := {name: value for name, value in after.items() if value != row[name]}:
                yield Change("changed", "turn", turn, row, after)
        for turn, places in words.items():
            if turn.startswith("new "):
                yield Change("added", "turn", after={"tier": "turn", **self._as_turn(sorted(places))})

    def _as_turn(self, places: Sequence[int]) -> dict[str, Any]:
        texts, evidence = [], []
        speaker = ""
        for place in places:
            mine, typed = self.pairs[place]
            if typed is None:
                continue
            speaker = typed.speaker
            if typed.kind != "word":
                continue
            same = mine is not None and mine.text == typed.text and mine.row in self.rows
            texts.append(self.rows[mine.row]["text"] if same and mine else typed.text)
            evidence.append(mine.row if mine and mine.row in self.rows else self.names.get(place, ""))
        return {
            "participant": speaker,
            "start": min(self.times[place][0] for place in places),
            "end": max(self.times[place][1] for place in places),
            "text": " ".join(texts),
            "label": "" if texts else NO_WORDS,
            "evidence": " ".join(name for name in evidence if name),
        }


def _utterances(pairs: Sequence[Pair]) -> Iterator[list[int]]:
    """Places of words that one person says without another, a gap, or being named anew in between."""
    run: list[int] = []
    speaker = ""
    for place, (_, typed) in enumerate(pairs):
        if typed is None:
            continue
        if run and (typed.kind == "gap" or typed.begins or typed.speaker != speaker):
            yield run
            run = []
        if typed.kind in ("word", "not_heard"):
            run.append(place)
            speaker = typed.speaker
    if run:
        yield run


def _times(pairs: Sequence[Pair]) -> list[tuple[float, float]]:
    """When each pair is: as we have it, or for what was typed in, spread between its neighbours."""
    times: list[tuple[float, float] | None] = [(m.start, m.end) if m else None for m, _ in pairs]
    found: list[tuple[float, float]] = []
    for place, known in enumerate(times):
        if known is not None:
            found.append(known)
            continue
        first = place
        while first > 0 and times[first - 1] is None:
            first -= 1
        last = place
        while last + 1 < len(times) and times[last + 1] is None:
            last += 1
        before = found[first - 1][1] if first else 0.0
        after = times[last + 1][0] if last + 1 < len(times) else before + 0.3 * (last - first + 1)  # type: ignore[index]
        step = max(after - before, 0.0) / (last - first + 1)
        found.append((before + (place - first) * step, before + (place - first + 1) * step))
    return found
