"""Agreement on one tier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.agreement.coefficients import (
    Units,
    cohen_kappa,
    krippendorff_alpha,
    modified_kappa,
    unitizing_alpha,
)
from pipeline.agreement.events import Criterion, Event, Floats, Matching, match
from pipeline.agreement.figures import FEW, Draws, Figure, dice, too_few
from pipeline.agreement.seconds import Shares, share_out

CATEGORIES = 60
"""Labels beyond which they are texts and not categories."""
TICKS = 1000
"""Ticks a second on the continuum of the unitizing alpha."""


@dataclass(frozen=True)
class LabelAgreement:
    """How often a label was given by A, by B, and by both to the same event; `f1` is specific agreement."""

    label: str
    a: int
    b: int
    both: int
    f1: float


@dataclass(frozen=True)
class TierAgreement:
    """Agreement on one tier.

    Attributes
    ----------
    a, b, matched : int
        Events of A and B, and pairs among them, each of one participant's.
    precision, recall : float or None
        Share of B's events that A has, and of A's that B has.
    f1 : Figure
        Their harmonic mean.
    overlap : float or None
        Mean intersection over union of pairs.
    onset, offset : float or None
        Mean seconds by which B's begin and end later.
    seconds_a, seconds_b, seconds_both : float
        In which each, and both at once, have an event; people's seconds are added up.
    jaccard : float or None
        The seconds of both by those of either.
    same_label : float or None
        Share of pairs with the same label; None where the tier has no labels.
    kappa_events : Figure
        Of what events are called, found by both or not (`modified_kappa`).
    kappa_time : Figure
        Of what goes on at any time, nothing included (`cohen_kappa`).
    alpha_labels : Figure
        Of what pairs are called (`krippendorff_alpha`).
    alpha_units : Figure
        Of where events lie (`unitizing_alpha`); without interval.
    labels : list of LabelAgreement
        By label, the most frequent first.
    matching : Matching
        The events behind all this.
    """

    tier: str
    a: int
    b: int
    matched: int
    precision: float | None
    recall: float | None
    f1: Figure
    overlap: float | None
    onset: float | None
    offset: float | None
    seconds_a: float
    seconds_b: float
    seconds_both: float
    jaccard: float | None
    same_label: float | None
    kappa_events: Figure
    kappa_time: Figure
    alpha_labels: Figure
    alpha_units: Figure
    labels: list[LabelAgreement] = field(default_factory=list)
    matching: Matching = field(default_factory=Matching, repr=False)


def compare_tier(
    tier: str, a: Sequence[Event], b: Sequence[Event], criterion: Criterion, draws: Draws
) -> TierAgreement:
    """Compare what two coders have on one tier.

    Parameters
    ----------
    a, b : sequence of Event
        Within the draws' stretch of time.
    """
    matching = match(a, b, criterion)
    pairs, units = matching.pairs, len(a) + len(b) - len(matching.pairs)
    shares = share_out(a, b, draws.edges)
    mine, theirs, both = shares.covered()
    names = sorted({event.label for event in (*a, *b)})
    table = _labels_table(matching, names, draws) if len(names) <= CATEGORIES else None
    return TierAgreement(
        tier=tier,
        a=len(a),
        b=len(b),
        matched=len(pairs),
        precision=len(pairs) / len(b) if b else None,
        recall=len(pairs) / len(a) if a else None,
        f1=draws.figure(_counts(matching, draws), dice, units, few=1),
        overlap=_mean(pair.overlap for pair in pairs),
        onset=_mean(pair.onset for pair in pairs),
        offset=_mean(pair.offset for pair in pairs),
        seconds_a=mine,
        seconds_b=theirs,
        seconds_both=both,
        jaccard=both / (mine + theirs - both) if mine + theirs > 0 else None,
        same_label=_mean(pair.a.label == pair.b.label for pair in pairs) if any(names) else None,
        kappa_events=_of_labels(names, table, units, draws, modified_kappa),
        kappa_time=_kappa_time(shares, units, draws),
        alpha_labels=_of_labels(names, table, len(pairs), draws, _alpha_of_pairs),
        alpha_units=_alpha_units(a, b, units, draws),
        labels=_by_label(matching) if any(names) else [],
        matching=matching,
    )


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return float(np.mean(known)) if known else None


def _counts(matching: Matching, draws: Draws) -> Floats:
    """Pairs, A's and B's events by block; a pair counts where A's begins."""
    counts = np.zeros((draws.blocks, 3))
    for pair in matching.pairs:
        counts[draws.block(pair.a.start)] += 1
    for column, alone in ((1, matching.only_a), (2, matching.only_b)):
        for event in alone:
            counts[draws.block(event.start), column] += 1
    return counts


def _labels_table(matching: Matching, names: Sequence[str], draws: Draws) -> Floats:
    """Events by block, A's label and B's; the last label is "not found"."""
    number = {name: i for i, name in enumerate(names)}
    table = np.zeros((draws.blocks, len(names) + 1, len(names) + 1))
    for pair in matching.pairs:
        table[draws.block(pair.a.start), number[pair.a.label], number[pair.b.label]] += 1
    for event in matching.only_a:
        table[draws.block(event.start), number[event.label], -1] += 1
    for event in matching.only_b:
        table[draws.block(event.start), -1, number[event.label]] += 1
    return table


def _alpha_of_pairs(table: Floats) -> Floats:
    found = table[..., :-1, :-1]
    return krippendorff_alpha(found + np.swapaxes(found, -1, -2))


def _of_labels(
    names: Sequence[str],
    table: Floats | None,
    events: int,
    draws: Draws,
    how: Callable[[Floats], Floats],
) -> Figure:
    if not any(names):
        return Figure(events=events, why="no labels")
    if table is None:
        return Figure(events=events, why=f"{len(names)} labels: not categories")
    return draws.figure(table, how, events)


def _kappa_time(shares: Shares, events: int, draws: Draws) -> Figure:
    if len(shares.states) > CATEGORIES:
        return Figure(events=events, why=f"{len(shares.states)} labels: not categories")
    return draws.figure(shares.table(draws.blocks), cohen_kappa, events)


def _alpha_units(a: Sequence[Event], b: Sequence[Event], events: int, draws: Draws) -> Figure:
    """Unitizing alpha, everybody's continuum after the other's."""
    if events < FEW:
        return Figure(events=events, why=too_few(events))
    start, end = draws.edges[0], draws.edges[-1]
    length = round((end - start) * TICKS) + 1
    place = {who: i * length for i, who in enumerate(sorted({e.participant for e in (*a, *b)}))}
    sides = [_units(events_of, start, place) for events_of in (a, b)]
    categories = [Units(sides[0].get(n, []), sides[1].get(n, [])) for n in sorted({*sides[0], *sides[1]})]
    value = unitizing_alpha(categories, length * len(place))
    why = "nothing to expect" if np.isnan(value) else "no interval"
    return Figure(None if np.isnan(value) else value, events=events, why=why)


def _units(events: Sequence[Event], start: float, place: dict[str, int]) -> dict[str, list[tuple[int, int]]]:
    """Ticks of a coder's units by label; those of one label and participant that overlap are one."""
    units: dict[str, list[tuple[int, int]]] = {}
    for event in sorted(events, key=lambda e: (place[e.participant], e.start)):
        begin = place[event.participant] + round((event.start - start) * TICKS)
        end = max(place[event.participant] + round((event.end - start) * TICKS), begin + 1)
        own = units.setdefault(event.label, [])
        if own and own[-1][1] > begin:
            own[-1] = own[-1][0], max(own[-1][1], end)
        else:
            own.append((begin, end))
    return units


def _by_label(matching: Matching) -> list[LabelAgreement]:
    given = [[pair.a.label for pair in matching.pairs], [pair.b.label for pair in matching.pairs]]
    agreed = [one for one, other in zip(*given, strict=True) if one == other]
    given[0] += [event.label for event in matching.only_a]
    given[1] += [event.label for event in matching.only_b]
    of_a, of_b, of_both = (Counter(labels) for labels in (*given, agreed))
    found = [
        LabelAgreement(
            name, of_a[name], of_b[name], of_both[name], 2 * of_both[name] / (of_a[name] + of_b[name])
        )
        for name in of_a | of_b
    ]
    return sorted(found, key=lambda one: (-one.a - one.b, one.label))
