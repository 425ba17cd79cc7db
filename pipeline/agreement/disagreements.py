"""Where two codings differ, one by one, for coders who sit down together."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.agreement.events import Criterion, Event, Matching, Pair, match_all
from pipeline.agreement.tiers import TierAgreement
from pipeline.agreement.words import Words

ONLY_A, ONLY_B = "only in A", "only in B"
OTHER_LABEL, OTHER_PERSON, OTHER_WORD = "other label", "other person", "other word"
BOUNDARIES = "boundaries"


class Disagreement(NamedTuple):
    """One difference; what one side has not is None."""

    start: float
    tier: str
    kind: str
    a: Event | None
    b: Event | None


def of_tier(tier: TierAgreement, criterion: Criterion, boundary: float) -> Iterator[Disagreement]:
    """Differences on one tier; a pair that differs in label and edges is listed once, as another label.

    Parameters
    ----------
    boundary : float
        Seconds by which edges may differ.
    """
    for pair in tier.matching.pairs:
        if pair.a.label != pair.b.label:
            yield _pair(tier.tier, OTHER_LABEL, pair)
        elif max(abs(pair.onset), abs(pair.offset)) > boundary:
            yield _pair(tier.tier, BOUNDARIES, pair)
    # What each has alone may be the same event under somebody else.
    left = match_all(tier.matching.only_a, tier.matching.only_b, criterion)
    for pair in left.pairs:
        yield _pair(tier.tier, OTHER_PERSON, pair)
    yield from _alone(tier.tier, left)


def of_words(words: Words) -> Iterator[Disagreement]:
    """Differences between transcripts."""
    for pair in words.changed:
        yield _pair("word", OTHER_WORD, pair)
    for pair in words.other_person:
        yield _pair("word", OTHER_PERSON, pair)
    yield from _alone("word", words)


def _pair(tier: str, kind: str, pair: Pair) -> Disagreement:
    return Disagreement(min(pair.a.start, pair.b.start), tier, kind, pair.a, pair.b)


def _alone(tier: str, found: Matching | Words) -> Iterator[Disagreement]:
    for event in found.only_a:
        yield Disagreement(event.start, tier, ONLY_A, event, None)
    for event in found.only_b:
        yield Disagreement(event.start, tier, ONLY_B, None, event)


COLUMNS = (
    *("start", "tier", "kind"),
    *(f"{name}_{side}" for side in "ab" for name in ("participant", "start", "end", "label", "text")),
)


def as_csv(disagreements: Iterable[Disagreement]) -> str:
    """All differences as a table for a spreadsheet: times in seconds, empty where a side has nothing."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in disagreements:
        sides = [(*side,) if side else ("",) * 5 for side in (one.a, one.b)]
        writer.writerow([one.start, one.tier, one.kind, *sides[0], *sides[1]])
    return buffer.getvalue()
