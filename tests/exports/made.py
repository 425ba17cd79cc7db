"""Materials made by hand for the tests of exports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from pipeline.exports.material import Material, Medium, Person
from pipeline.timeline.table import timeline


def material(table: pd.DataFrame, *people: Person, name: str = "meeting", duration: float = 0.0) -> Material:
    """A material of a timeline; people are taken from it where none are given."""
    known = {person.id for person in people}
    others = sorted(set(table["participant"]) - known - {""})
    end = max([duration, *table["end"]], default=0.0)
    media = (Medium(Path("/recordings") / f"{name}.mp4", 0.0, end, pictures=True),)
    everybody = (*people, *(Person(who, who) for who in others))
    return Material(name=name, title=name, language="en", people=everybody, media=media, table=table)


TIERS = ("word", "turn", "pause", "gap", "nod", "smile", "laughter", "overlap", "action", "comment")
STATUSES = ("auto", "auto", "confirmed", "edited", "rejected", "added")


@st.composite
def timelines(draw: st.DrawFn, texts: st.SearchStrategy[str] | None = None) -> pd.DataFrame:
    """Random timelines: up to five people over each other, adjacent and empty rows, any Unicode text."""
    texts = st.text(max_size=12) if texts is None else texts
    people = draw(st.lists(st.sampled_from(["S", "C", "p-3", "Åsa", "5"]), min_size=1, unique=True))
    # Few moments, so that rows touch, lie over each other and have no length.
    moments = st.one_of(
        st.integers(0, 12).map(float), st.integers(0, 8000).map(lambda ms: ms / 1000), st.floats(0, 7200)
    )
    numbers = st.one_of(st.just(float("nan")), st.floats(-1e9, 1e9))
    shares = st.one_of(st.just(float("nan")), st.floats(0, 1))
    rows: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 12))):
        start, end = sorted((draw(moments), draw(moments)))
        tier = draw(st.sampled_from(TIERS))
        evidence = draw(st.lists(st.sampled_from([row["id"] for row in rows]), max_size=3)) if rows else []
        rows.append(
            {
                "id": f"{tier}-{number:04d}",
                "tier": tier,
                "participant": "" if tier == "gap" else draw(st.sampled_from(people)),
                "start": start,
                "end": end,
                "label": draw(st.sampled_from(["", "single", "no_words", "small_talk", "ä b"])),
                "text": draw(texts),
                "value": draw(numbers),
                "details": draw(
                    st.dictionaries(texts, st.one_of(texts, st.integers(), st.booleans()), max_size=2)
                ),
                "confidence": draw(shares),
                "source": "test-1",
                "evidence": " ".join(evidence),
                "status": draw(st.sampled_from(STATUSES)),
                "coder": draw(st.sampled_from(["", "Eva"])),
            }
        )
    return timeline(rows)
