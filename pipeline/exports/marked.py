"""Marks that were moved, taken out or put in: events over words, compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.exports.changes import Change
from pipeline.exports.material import Material
from pipeline.exports.script import Index
from pipeline.exports.tokens import Token

MARKS: Mapping[str, tuple[str, str]] = {
    "falling": ("intonation", "falling"),
    "level": ("intonation", "level"),
    "rising": ("intonation", "rising"),
    "up": ("pitch_step", "up"),
    "down": ("pitch_step", "down"),
    "stress": ("stress", ""),
    "stretch": ("stretch", ""),
    "cut_off": ("cut_off", ""),
    "glottal_stop": ("glottal_stop", ""),
    "laugh_in_word": ("laughter", "in_speech"),
    "faster": ("pace", "faster"),
    "slower": ("pace", "slower"),
    "quieter": ("loudness", "quieter"),
    "louder": ("loudness", "louder"),
    "creak": ("creak", ""),
    "smile_voice": ("smile_voice", ""),
    "voice_quality": ("voice_quality", ""),
    "overlap": ("overlap", ""),
}
"""Tier and label of what is marked on words."""
SPANS = ("faster", "slower", "quieter", "louder", "creak", "smile_voice", "voice_quality", "overlap")
"""Marks over words that follow each other; the others are on single words."""
FINAL = 0.3
"""Seconds of a word's end that intonation which a person heard is given to."""

Pair = tuple[Token | None, Token | None]


@dataclass(frozen=True)
class _Event:
    """A mark over words, by the places of their pairs."""

    mark: str
    speaker: str
    places: tuple[int, ...]


def mark_changes(
    pairs: Sequence[Pair], times: Sequence[tuple[float, float]], material: Material
) -> Iterator[Change]:
    """What was changed of the marks on words.

    Parameters
    ----------
    pairs : sequence of (Token, Token)
        Ours, and what was typed.
    times : sequence of (float, float)
        When each pair is, in seconds.
    material : Material

    Notes
    -----
    A mark that covers other words than before is the same row, corrected. Brackets of overlap belong to
    whoever came in second, as in the timeline; the first speaker's follow from them.
    """
    index = Index.of(material.table)
    before, now = _events(pairs, 0), _events(pairs, 1)
    same = set(before) & set(now)
    gone = [event for event in before if event not in same]
    new = [event for event in now if event not in same]
    for event in gone:
        row = _row_of(event, times, index)
        if row is None:
            continue
        partner = next((one for one in new if _corrects(one, event)), None)
        if partner is None:
            yield Change("removed", row["tier"], row["id"], row)
            continue
        new.remove(partner)
        after = _as_row(partner, times)
        if event.speaker != partner.speaker and event.places == partner.places:
            after = {"participant": partner.speaker}
        changed = {name: value for name, value in after.items() if row[name] != value}
        if event.places == partner.places:  # the times that were measured stay
            changed.pop("start", None)
            changed.pop("end", None)
        if row["tier"] == "overlap":
            changed.pop("label", None)
        if changed:
            yield Change("changed", row["tier"], row["id"], row, changed)
    for event in new:
        if event.mark != "overlap" or _came_second(event, pairs, times):
            row = _as_row(event, times)
            yield Change("added", row["tier"], after=row)


def _events(pairs: Sequence[Pair], side: int) -> list[_Event]:
    """Marks of one side, each with the words that it covers."""
    runs: dict[str, list[list[int]]] = defaultdict(list)
    speakers: dict[str, str] = {}
    last: Token | None = None
    events: list[_Event] = []

    def close(mark: str) -> None:
        for places in runs.pop(mark, []):
            events.append(_Event(mark, speakers[mark], tuple(places)))

    for place, pair in enumerate(pairs):
        token = pair[side]
        if token is None or token.kind not in ("word", "not_heard"):
            continue
        for mark in list(runs):
            if mark not in token.features or (last and token.speaker != last.speaker):
                close(mark)
        for mark in token.features & set(MARKS):
            speakers[mark] = token.speaker
            if mark in SPANS and runs[mark]:
                runs[mark][-1].append(place)
            elif mark in SPANS:
                runs[mark].append([place])
            else:
                events.append(_Event(mark, token.speaker, (place,)))
        last = token
    for mark in list(runs):
        close(mark)
    return events


def _corrects(new: _Event, old: _Event) -> bool:
    """Whether a mark is another, corrected: of the same tier, and over a word of it."""
    return MARKS[new.mark][0] == MARKS[old.mark][0] and bool(set(new.places) & set(old.places))


def _row_of(event: _Event, times: Sequence[tuple[float, float]], index: Index) -> dict[str, Any] | None:
    """The row of the timeline that a mark of ours was written for."""
    tier, label = MARKS[event.mark]
    start, end = times[event.places[0]][0], times[event.places[-1]][1]
    rows = [
        row
        for row in index.during(tier, event.speaker, start, end)
        if tier == "overlap" or row["label"] == label
    ]
    return max(rows, key=lambda row: min(row["end"], end) - max(row["start"], start), default=None)


def _as_row(event: _Event, times: Sequence[tuple[float, float]]) -> dict[str, Any]:
    tier, label = MARKS[event.mark]
    start, end = times[event.places[0]][0], times[event.places[-1]][1]
    if tier == "intonation":
        start = max(start, end - FINAL)
    return {"tier": tier, "participant": event.speaker, "start": start, "end": end, "label": label}


def _came_second(event: _Event, pairs: Sequence[Pair], times: Sequence[tuple[float, float]]) -> bool:
    """Whether somebody else was speaking when a bracket opens: then this one came in."""
    start = times[event.places[0]][0]
    return any(
        token is not None and token.speaker != event.speaker and times[place][0] < start < times[place][1]
        for place, (_, token) in enumerate(pairs)
        if token is not None and token.kind == "word"
    )
