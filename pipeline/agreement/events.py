"""Which event of one coder is which of the other's: one to one, whatever both called it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BRIEF = 0.1
"""Seconds. Of shorter events (latches may have no length at all) the edges are compared, not the overlap."""
ROUNDING = 1e-9


class Event(NamedTuple):
    """One row of a timeline; times in seconds."""

    participant: str
    start: float
    end: float
    label: str = ""
    text: str = ""

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


class Pair(NamedTuple):
    """An event of each coder that are one and the same."""

    a: Event
    b: Event

    @property
    def onset(self) -> float:
        """Seconds by which B's begins later."""
        return self.b.start - self.a.start

    @property
    def offset(self) -> float:
        """Seconds by which B's ends later."""
        return self.b.end - self.a.end

    @property
    def overlap(self) -> float:
        """Intersection over union; 1 for two moments that are the same."""
        union = max(self.a.end, self.b.end) - min(self.a.start, self.b.start)
        both = min(self.a.end, self.b.end) - max(self.a.start, self.b.start)
        return max(both, 0.0) / union if union > 0 else 1.0


@dataclass(frozen=True)
class Criterion:
    """When two events may be the same.

    Attributes
    ----------
    overlap : float
        The share of the longer one that both must have in common; 0.6 as in EasyDIAg and ELAN (Holle &
        Rein 2015). Where one of them is shorter than `BRIEF`, both edges must lie within `BRIEF` instead.
    tolerance : float or None
        If given, seconds within which both edges must lie, instead of an overlap: the collar of event
        detection (Mesaros, Heittola & Virtanen 2016), here for the end, too.
    """

    overlap: float = 0.6
    tolerance: float | None = None

    def candidates(self, a: Floats, b: Floats) -> tuple[Ints, Ints, Floats]:
        """Pairs that may be the same.

        Parameters
        ----------
        a, b : ndarray, shape (events, 2)
            Start and end in seconds; `b` in order of start.

        Returns
        -------
        mine, theirs : ndarray of int
            Indices into `a` and `b`.
        closeness : ndarray
            1 for the same interval, 0 for what is barely allowed.
        """
        reach = self._reach(a)
        first = np.searchsorted(b[:, 0], a[:, 0] - reach - ROUNDING, side="left")
        last = np.searchsorted(b[:, 0], a[:, 1] + (self.tolerance or BRIEF) + ROUNDING, side="right")
        number = np.maximum(last - first, 0)
        mine = np.repeat(np.arange(len(a)), number)
        theirs = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number) + first[mine]
        closeness = self._closeness(a[mine], b[theirs])
        good = closeness >= 0
        return mine[good], theirs[good], closeness[good]

    def _reach(self, a: Floats) -> Floats:
        """Seconds before an event at which the other's may begin at the earliest."""
        if self.tolerance is not None:
            return np.full(len(a), self.tolerance)
        return np.maximum((a[:, 1] - a[:, 0]) / self.overlap, BRIEF)

    def _closeness(self, a: Floats, b: Floats) -> Floats:
        """From 0 to 1 for pairs that are allowed, below 0 for others."""
        if self.tolerance is not None:
            return _edges_within(a, b, self.tolerance)
        lengths = np.stack([a[:, 1] - a[:, 0], b[:, 1] - b[:, 0]])
        both = np.minimum(a[:, 1], b[:, 1]) - np.maximum(a[:, 0], b[:, 0])
        share = both / np.maximum(lengths.max(0), ROUNDING)
        share[share < self.overlap - ROUNDING] = -1
        return np.where(lengths.min(0) < BRIEF - ROUNDING, _edges_within(a, b, BRIEF), share)


def _edges_within(a: Floats, b: Floats, seconds: float) -> Floats:
    apart = np.abs(a - b)
    close = np.maximum(1 - apart.sum(1) / max(2 * seconds, ROUNDING), 0.0)  # both edges just within
    close[apart.max(1, initial=0.0) > seconds + ROUNDING] = -1
    return np.where(apart.max(1, initial=0.0) <= ROUNDING, 1.0, close)


@dataclass
class Matching:
    """What both coders have, and what one has alone."""

    pairs: list[Pair] = field(default_factory=list)
    only_a: list[Event] = field(default_factory=list)
    only_b: list[Event] = field(default_factory=list)


def match(a: Sequence[Event], b: Sequence[Event], criterion: Criterion) -> Matching:
    """Match the events of two coders one to one, each participant's by themselves.

    As many as possible are matched; among the ways to do so, the one with the most equal labels, and then
    with the closest intervals, is taken. Of coders whose own events do not overlap, an event has at most one
    candidate above half an overlap, so that labels decide nothing there.
    """
    found = Matching()
    for who in sorted({event.participant for event in (*a, *b)}):
        own = match_all(_of(a, who), _of(b, who), criterion)
        found.pairs += own.pairs
        found.only_a += own.only_a
        found.only_b += own.only_b
    return found


def match_all(a: Sequence[Event], b: Sequence[Event], criterion: Criterion) -> Matching:
    """The same, whoever the participants are."""
    a, b = sorted(a, key=_by_time), sorted(b, key=_by_time)
    chosen = dict(_assign(a, b, criterion))
    taken = set(chosen.values())
    return Matching(
        [Pair(a[i], b[j]) for i, j in sorted(chosen.items())],
        [event for i, event in enumerate(a) if i not in chosen],
        [event for j, event in enumerate(b) if j not in taken],
    )


def _of(events: Iterable[Event], who: str) -> list[Event]:
    return [event for event in events if event.participant == who]


def _by_time(event: Event) -> tuple[float, float, str, str]:
    return event.start, event.end, event.label, event.text


def _assign(a: Sequence[Event], b: Sequence[Event], criterion: Criterion) -> Iterator[tuple[int, int]]:
    """Indices of the events that are matched."""
    from scipy.optimize import linear_sum_assignment

    mine, theirs, closeness = criterion.candidates(_times(a), _times(b))
    same = np.array([a[i].label == b[j].label for i, j in zip(mine, theirs, strict=True)], float)
    for group in _connected(mine, theirs, len(a), len(b)):
        if len(group) == 1:
            yield int(mine[group[0]]), int(theirs[group[0]])
            continue
        rows, row = np.unique(mine[group], return_inverse=True)
        columns, column = np.unique(theirs[group], return_inverse=True)
        # One more pair outweighs all labels, and one more equal label all closeness.
        most = min(len(rows), len(columns)) + 1
        worth = np.zeros((len(rows), len(columns)))
        worth[row, column] = most * most + most * same[group] + closeness[group]
        for i, j in zip(*linear_sum_assignment(worth, maximize=True), strict=True):
            if worth[i, j] > 0:
                yield int(rows[i]), int(columns[j])


def _connected(mine: Ints, theirs: Ints, a: int, b: int) -> Iterator[Ints]:
    """Candidates in groups that share no event."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(mine):
        return
    graph = coo_array((np.ones(len(mine)), (mine, theirs + a)), shape=(a + b, a + b))
    component = connected_components(graph, directed=False)[1][mine]
    order = np.argsort(component, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(component[order])) + 1)


def _times(events: Sequence[Event]) -> Floats:
    return np.array([(event.start, event.end) for event in events], float).reshape(-1, 2)
