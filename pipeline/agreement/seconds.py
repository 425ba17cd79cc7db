"""Who was doing what for how long according to each coder: agreement in time instead of in events.

Time is not sampled: between two edges nothing changes, so that the seconds between them are counted at once.
It is what slices of 10 ms come to as they get thinner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.agreement.events import Event, Floats

NOTHING: frozenset[str] = frozenset()
State = frozenset[str]


@dataclass(frozen=True)
class Shares:
    """Seconds by what each coder has.

    Attributes
    ----------
    states : sequence of frozenset of str
        Sets of labels that hold at once; the first is nothing.
    blocks, a, b : ndarray of int
        Of each stretch of time its block, and the state by each coder.
    seconds : ndarray
        Length of each stretch.
    """

    states: Sequence[State]
    blocks: NDArray[np.int64]
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    seconds: Floats

    def covered(self) -> tuple[float, float, float]:
        """Seconds in which A has anything, B has, both have."""
        a, b = self.a > 0, self.b > 0
        mine, theirs, both = (float(self.seconds[mask].sum()) for mask in (a, b, a & b))
        return mine, theirs, both

    def table(self, blocks: int) -> Floats:
        """Seconds by block, A's state and B's."""
        seconds = np.zeros((blocks, len(self.states), len(self.states)))
        np.add.at(seconds, (self.blocks, self.a, self.b), self.seconds)
        return seconds


def share_out(a: Sequence[Event], b: Sequence[Event], edges: Floats) -> Shares:
    """Count the seconds of every participant who has an event, from the first edge to the last.

    Parameters
    ----------
    a, b : sequence of Event
        Of one tier.
    edges : ndarray
        Of the blocks, in seconds.
    """
    numbers: dict[State, int] = {NOTHING: 0}
    parts = []
    for who in sorted({event.participant for event in (*a, *b)}):
        sides = [_changes([e for e in events if e.participant == who], numbers) for events in (a, b)]
        moments = np.concatenate([edges, *(times for times, _ in sides)])
        cuts = np.unique(np.clip(moments, edges[0], edges[-1]))
        blocks = np.searchsorted(edges, cuts[:-1], side="right") - 1
        held = [codes[np.searchsorted(times, cuts[:-1], side="right") - 1] for times, codes in sides]
        parts.append((blocks, *held, np.diff(cuts)))
    empty = (np.zeros(0, np.int64),) * 3 + (np.zeros(0),)
    columns = [np.concatenate(column) for column in zip(*(parts or [empty]), strict=True)]
    return Shares(list(numbers), *columns)


def _changes(events: Sequence[Event], numbers: dict[State, int]) -> tuple[Floats, NDArray[np.int64]]:
    """Moments at which what a coder has changes, and the number of what holds from there on."""
    moves = [(event.start, 1, event.label) for event in events if event.duration > 0]
    moves += [(event.end, -1, event.label) for event in events if event.duration > 0]
    active: Counter[str] = Counter()
    times, codes = [-np.inf], [0]
    for time, step, label in sorted(moves):
        active[label] += step
        state = frozenset(name for name, count in active.items() if count > 0)
        times.append(time)
        codes.append(numbers.setdefault(state, len(numbers)))
    # Of several moves at one moment the last one tells what holds.
    last = np.append(np.diff(times) > 0, True)
    return np.array(times)[last], np.array(codes, np.int64)[last]
