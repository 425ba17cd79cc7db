"""Codings made by hand and at random for the tests of agreement."""

from __future__ import annotations

from hypothesis import strategies as st

from pipeline.agreement.events import Event
from pipeline.agreement.sides import Side
from pipeline.timeline.table import timeline

LENGTH = 120.0


def event(start: float, end: float, label: str = "", who: str = "S", text: str = "") -> Event:
    return Event(who, start, end, label, text)


def coding(*rows: tuple, name: str = "A", duration: float | None = LENGTH, **more: str) -> Side:
    """A coding of rows of (tier, participant, start, end, label, text), the last two optional."""
    keys = ("tier", "participant", "start", "end", "label", "text")
    made = [
        {**dict(zip(keys, row, strict=False)), **more, "id": f"row-{number}"}
        for number, row in enumerate(rows)
    ]
    table = timeline(made)
    return Side(name, table[table["status"] != "rejected"], duration, {})


def ticks(most: int = 1200) -> st.SearchStrategy[float]:
    """Times in tenths of a second."""
    return st.integers(0, most).map(lambda tenths: tenths / 10)


@st.composite
def events(draw: st.DrawFn, labels: str = "xy", people: str = "SC") -> list[Event]:
    """Events of one tier that may touch, overlap, be the same, or have no length."""
    spans = draw(st.lists(st.tuples(ticks(1100), ticks(100)), max_size=15))
    return [
        Event(
            draw(st.sampled_from(people)), start, min(start + length, LENGTH), draw(st.sampled_from(labels))
        )
        for start, length in spans
    ]


@st.composite
def apart(draw: st.DrawFn, labels: str = "xy", who: str = "S") -> list[Event]:
    """Events of one coder and participant that do not overlap."""
    edges = sorted(draw(st.sets(st.integers(0, 1200), max_size=24)))
    return [
        Event(who, start / 10, end / 10, draw(st.sampled_from(labels)))
        for start, end in zip(edges[::2], edges[1::2], strict=False)
    ]
