"""What a score is measured against: the stretch, who talks in it, and what was measured of whom."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from pipeline.rapport.codebook import Code

LEAST_MINUTES = 1.0
"""Shorter stretches are rated as if they lasted so long: one smile in ten seconds is not six a minute."""

Span = tuple[float, float]
"""Start and end in seconds."""


@dataclass(frozen=True)
class Exposure:
    """What rates are measured against.

    Attributes
    ----------
    start, end : float
        Seconds of the stretch that is scored.
    talk : mapping of str to list of (start, end)
        Floors of each participant.
    measured : mapping of str to collection of str
        ``words``, ``voice``, ``face`` and ``others_face`` (that of somebody else), by participant; of who is
        missing nothing was measured.
    seen : mapping of str to callable
        For how many seconds between two moments a face was in view (`pipeline.intervals.coverage`); who is
        missing was in view all the time, if the face was measured at all.
    """

    start: float
    end: float
    talk: Mapping[str, Sequence[Span]]
    measured: Mapping[str, Collection[str]]
    seen: Mapping[str, Callable[[float, float], float]] = field(default_factory=dict)

    @property
    def minutes(self) -> float:
        """Length in minutes, at least `LEAST_MINUTES`."""
        return max((self.end - self.start) / 60, LEAST_MINUTES)

    @cached_property
    def first_talk(self) -> float:
        """Second at which somebody first says something; the start where nobody does."""
        return min(
            (a for spans in self.talk.values() for a, b in spans if b > self.start), default=self.start
        )

    def in_view(self, who: str) -> float:
        """Seconds in which somebody's face is in view."""
        return self.seen[who](self.start, self.end) if who in self.seen else self.end - self.start

    def heard_by(self, who: str, *, seeing: bool = False) -> float:
        """Seconds of others' talk that somebody could listen to, with the own face in view if asked for."""
        others = (
            (max(a, self.start), min(b, self.end))
            for other, spans in self.talk.items()
            if other != who
            for a, b in spans
            if a < self.end and b > self.start
        )
        if not seeing or who not in self.seen:
            return sum(b - a for a, b in others)
        return sum(self.seen[who](a, b) for a, b in others)

    def knows(self, who: str, code: Code) -> bool:
        """Whether what a code needs was measured of somebody in this stretch."""
        if not set(code.needs) <= set(self.measured.get(who, ())):
            return False
        return "face" not in code.needs or self.in_view(who) > 0

    def amount(self, who: str, code: Code) -> float:
        """What a code's rate is measured against for one participant: minutes, or seconds where time counts.

        Of what faces do it is the time in which the face is in view.
        """
        face = "face" in code.needs and who in self.seen
        if code.per == "others_talk":
            return self.heard_by(who, seeing=face)
        minutes = max(self.in_view(who) / 60, LEAST_MINUTES) if face else self.minutes
        return minutes if code.per == "minute" else 60 * minutes

    def within(self, start: float, end: float) -> Exposure:
        """The same for a part of the meeting."""
        return replace(self, start=max(start, self.start), end=min(end, self.end))
