"""Agreement of two codings of a meeting, tier by tier."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.agreement.disagreements import Disagreement, of_tier, of_words
from pipeline.agreement.events import Criterion, Event
from pipeline.agreement.figures import Draws, Figure, dice
from pipeline.agreement.sides import WORDS, Side
from pipeline.agreement.tiers import TierAgreement, compare_tier
from pipeline.agreement.words import Words, compare_words
from pipeline.errors import SettingsError
from pipeline.exports.lanes import order
from pipeline.rapport.explain import clock


@dataclass(frozen=True)
class Choices:
    """What a user may choose.

    Attributes
    ----------
    tiers : collection of str
        Tiers that are compared; all if empty.
    criterion : Criterion
        When two events are the same.
    boundary : float
        Seconds by which an edge of a pair may differ before that is listed.
    start, end : float or None
        Seconds of the stretch that is compared; the whole meeting if None.
    """

    tiers: Collection[str] = ()
    criterion: Criterion = field(default_factory=Criterion)
    boundary: float = 0.5
    start: float = 0.0
    end: float | None = None


@dataclass(frozen=True)
class WordAgreement:
    """Agreement on words.

    Attributes
    ----------
    a, b : int
        Words of each.
    same, other_person, changed, only_a, only_b : int
        The same word by the same participant, or by another; one word for another; a word that the other
        has not. Case and punctuation do not count.
    agreement : Figure
        Share of all words of both that are the same, whoever says them (Dice).
    same_speaker : float or None
        Share of the same words that have the same speaker.
    error_rate_b, error_rate_a : float or None
        Word error rate of B taken A for true, and the other way round, whoever says the words.
    words : Words
        What is behind all this.
    """

    a: int
    b: int
    same: int
    other_person: int
    changed: int
    only_a: int
    only_b: int
    agreement: Figure
    same_speaker: float | None
    error_rate_b: float | None
    error_rate_a: float | None
    words: Words = field(repr=False)


@dataclass(frozen=True)
class Agreement:
    """All that is found about two codings.

    Attributes
    ----------
    a, b : str
        What was compared.
    start, end : float
        Seconds of the stretch that was compared.
    choices : Choices
    tiers : list of TierAgreement
        In the order in which people look at tiers; words are not among them.
    words : WordAgreement or None
    disagreements : list of Disagreement
        In order of time.
    names : dict of str to str
        What participants are called.
    notes : list of str
        What a reader must know.
    """

    a: str
    b: str
    start: float
    end: float
    choices: Choices
    tiers: list[TierAgreement]
    words: WordAgreement | None
    disagreements: list[Disagreement]
    names: dict[str, str]
    notes: list[str]


def compare(a: Side, b: Side, choices: Choices | None = None) -> Agreement:
    """Compare two codings of a meeting.

    Raises
    ------
    SettingsError
        Where neither has a tier that is asked for, or the stretch is empty.
    """
    choices = choices or Choices()
    length = max(a.duration or 0.0, b.duration or 0.0, a.last, b.last)
    start, end = choices.start, min(choices.end if choices.end is not None else length, length)
    if end <= start:
        raise SettingsError(
            f"Nothing lies between {start:g} s and {end:g} s; the meeting ends at {length:.1f} s."
        )
    mine, theirs = a.events(start, end), b.events(start, end)
    draws = Draws(start, end)
    names, left_out = _tiers(mine, theirs, choices.tiers), []
    if not choices.tiers:
        left_out = [name for name in names for side in (a, b) if side.holds and name not in side.holds]
        names = [name for name in names if name not in left_out]
    tiers = [
        compare_tier(name, mine.get(name, []), theirs.get(name, []), choices.criterion, draws)
        for name in names
        if name != WORDS
    ]
    words = _words(mine.get(WORDS, []), theirs.get(WORDS, []), draws) if WORDS in names else None
    listed = [one for tier in tiers for one in of_tier(tier, choices.criterion, choices.boundary)]
    if words:
        listed += of_words(words.words)
    return Agreement(
        a=a.name,
        b=b.name,
        start=start,
        end=end,
        choices=choices,
        tiers=tiers,
        words=words,
        disagreements=sorted(listed),
        names={**b.names, **a.names},
        notes=_notes(a, b, tiers, left_out, (start, end)),
    )


def _tiers(a: dict[str, list[Event]], b: dict[str, list[Event]], asked: Collection[str]) -> list[str]:
    known = sorted({*a, *b}, key=lambda name: (order(name), name))
    missing = [name for name in asked if name not in known]
    if missing:
        raise SettingsError(
            f"Neither has the tier {', '.join(missing)}; there are {', '.join(known) or 'none'}."
        )
    return [name for name in known if not asked or name in asked]


def _words(a: Sequence[Event], b: Sequence[Event], draws: Draws) -> WordAgreement:
    found = compare_words(a, b)
    same, other, changed = len(found.same), len(found.other_person), len(found.changed)
    wrong = changed + len(found.only_a) + len(found.only_b)
    counts = np.zeros((draws.blocks, 3))
    for pair in (*found.same, *found.other_person):
        counts[draws.block(pair.a.start), 0] += 1
    for column, words in ((1, a), (2, b)):
        for word in words:
            counts[draws.block(word.start), column] += 1
    return WordAgreement(
        a=len(a),
        b=len(b),
        same=same,
        other_person=other,
        changed=changed,
        only_a=len(found.only_a),
        only_b=len(found.only_b),
        agreement=draws.figure(counts, dice, len(a) + len(b), few=1),
        same_speaker=same / (same + other) if same + other else None,
        error_rate_b=wrong / len(a) if a else None,
        error_rate_a=wrong / len(b) if b else None,
        words=found,
    )


def _notes(
    a: Side,
    b: Side,
    tiers: Sequence[TierAgreement],
    left_out: Sequence[str],
    stretch: tuple[float, float],
) -> list[str]:
    start, end = stretch
    notes = []
    if left_out:
        notes.append(f"Not compared, as one of the files holds no such tier: {', '.join(left_out)}.")
    for mine, other, alone in (
        ("A", "B", [tier for tier in tiers if not tier.b]),
        ("B", "A", [tier for tier in tiers if not tier.a]),
    ):
        if alone:
            listed = ", ".join(f"{tier.tier} ({tier.a + tier.b})" for tier in alone)
            notes.append(
                f"Only {mine} has {listed}: if {other} did not code it, choose the others with --tier."
            )
    unlike = (a.participants ^ b.participants) if a.participants and b.participants else set()
    if unlike:
        notes.append(f"Only one of them knows {', '.join(sorted(unlike))}.")
    for mine, side in (("A", a), ("B", b)):
        left = end - max(side.last, start)
        if left > max(60.0, (end - start) / 10):
            notes.append(
                f"{mine} ends at {clock(side.last)}, {left:.0f} s early; compare what both coded with --to."
            )
    return notes
