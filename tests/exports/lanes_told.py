"""Random timelines for formats of tiers, and what such a format must tell of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pandas as pd
from hypothesis import strategies as st

from pipeline.exports.lanes import SPOKEN
from pipeline.exports.material import Material, Person
from pipeline.exports.reading import Reading
from pipeline.exports.xml import clean
from pipeline.timeline.table import timeline
from tests.exports.made import material

NAMES = {"A": "Anna", "B": "B", "C": "A", "D": "Anna", "E": 'O"Neil ~2'}
PEOPLE = tuple(Person(who, name) for who, name in NAMES.items())
"""Five people whose names are each other's, an id of somebody else, and hard to write."""
AWKWARD = (
    *(
        '"',
        '""',
        "\\pause",
        "pause",
        "∅",
        "\\∅",
        "\n",
        "a\r\nb",
        "\r",
        "\t",
        "\0",
        "\x15\x1f",
        "\ufffe",
        "]]>",
    ),
    *("&lt;", "<b>", "'", " ", "---", "nod", "!", "<exists>", "\U0001f600", "e\u0301", "\u202eabc", "x ~2"),
)
TIERS = ("turn", "word", "pause", "gap", "nod", "gaze", "action", "comment", "lab's <own>", "v")


def _texts() -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), st.sampled_from(AWKWARD), st.text(max_size=12))


def _labels() -> st.SearchStrategy[str]:
    # A colon and a blank part label and text in an annotation.
    return _texts().filter(lambda text: ":" not in text)


@st.composite
def materials(draw: st.DrawFn) -> Material:
    """A meeting of up to five people, whose rows lie over, beside and upon each other."""
    edges = draw(st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=6))
    moment = st.sampled_from([*edges, *(round(edge, 3) for edge in edges)])
    rows = []
    for number in range(draw(st.integers(0, 25))):
        start, end = sorted((draw(moment), draw(moment)))
        tier = draw(st.sampled_from(TIERS))
        row = {"id": f"{draw(st.sampled_from(('x', 'ts', 'é:', '_')))}{number}", "tier": tier}
        row |= {"participant": draw(st.sampled_from(("", *NAMES))), "start": start, "end": end}
        row |= {"text": draw(_texts()), "status": draw(st.sampled_from(("auto", "edited", "rejected")))}
        row["label"] = draw(_labels()) if tier not in SPOKEN else ""
        if tier == "turn" and row["text"].strip() in ("", "---"):
            row |= {"label": "no_words", "text": ""}
        rows.append(row)
    return material(timeline(rows), *PEOPLE)


def expected(
    given: Material, ticks: int, written: Callable[[str], str] = clean
) -> Counter[tuple[object, ...]]:
    """What is told of a material: its shown rows, on the format's ticks, with the characters it can hold."""
    return Counter(
        (
            row["tier"],
            row["participant"],
            (start := round(row["start"] * ticks)),
            max(round(row["end"] * ticks), start + 1),
            written(row["label"]),
            written(row["text"]),
        )
        for row in given.shown.to_dict("records")
    )


def told(reading: Reading, ticks: int) -> Counter[tuple[object, ...]]:
    """What a file told."""
    return Counter(
        (
            row["tier"],
            row["participant"],
            round(row["start"] * ticks),
            round(row["end"] * ticks),
            row["label"],
            row["text"],
        )
        for row in reading.rows
    )


def lanes_of(given: Material) -> set[tuple[str, str]]:
    """Tier and participant of every shown row."""
    return set(zip(given.shown["tier"], given.shown["participant"], strict=True))


def long_meeting() -> Material:
    """Two hours of 25,000 words and 20,000 events."""
    rows: list[dict[str, object]] = []
    for i in range(25_000):
        start = i * 0.288
        rows.append({"id": f"word-{i}", "tier": "word", "participant": "AB"[i // 12 % 2], "start": start})
        rows[-1] |= {"end": start + 0.25, "text": "vielleicht"}
    for i in range(20_000):
        start, tier = i * 0.36, ("turn", "nod", "gaze", "pause", "action")[i % 5]
        rows.append({"id": f"event-{i}", "tier": tier, "participant": "AB"[i % 2], "start": start})
        label = "" if tier in ("turn", "pause") else "away"
        rows[-1] |= {"end": start + 1.5, "label": label, "text": "what was said"}
    return material(timeline(rows), Person("A", "Anna"), Person("B", "Bernd"))


def of_rows(*rows: dict[str, object]) -> pd.DataFrame:
    """A timeline of rows that are numbered."""
    return timeline({"id": f"r{number}", **row} for number, row in enumerate(rows, start=1))
