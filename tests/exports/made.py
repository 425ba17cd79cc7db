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


def meeting_folder(folder: Path, made: Material) -> Path:
    """An analysed meeting on disk, as a run would leave it, of a material made by hand."""
    from pipeline.manifest import write_manifest
    from pipeline.timeline.table import write

    folder.mkdir(parents=True, exist_ok=True)
    people = [
        {"id": one.id, "pseudonym": one.name, "role": one.role, "language": one.language or None}
        for one in made.people
    ]
    files = [
        {"path": str(one.path), "offset": one.offset, "duration": one.duration, "pictures": one.pictures}
        for one in made.media
    ]
    meeting = {"name": made.name, "title": None, "start": None, "language": "fi", "participants": people}
    write_manifest(folder, {"meeting": meeting, "files": files, "language": "fi", "settings": {}})
    write(made.table, folder)
    return folder


def overlaps_of(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of overlap of every two turns of different people."""
    rows = []
    for i, first in enumerate(turns):
        for second in turns[i + 1 :]:
            start, end = max(first["start"], second["start"]), min(first["end"], second["end"])
            if first["participant"] != second["participant"] and end - start >= 0.05:
                rows.append(
                    {"tier": "overlap", "participant": second["participant"], "start": start, "end": end}
                )
                rows[-1] |= {"evidence": f"{first['id']} {second['id']}", "id": f"overlap-{len(rows):04d}"}
    return rows


@st.composite
def conversations(draw: st.DrawFn, people: str = "ABCDE") -> pd.DataFrame:
    """Random talk of up to five people over each other: every word is another, with silences between."""
    rows: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    names = (f"{a}{b}{c}" for a in "bdfgkl" for b in ("a", "eei", "onusta") for c in "mnprstvz")
    for who in draw(st.lists(st.sampled_from(people), min_size=1, max_size=len(people), unique=True)):
        at = draw(st.integers(0, 200)) / 100
        for _ in range(draw(st.integers(1, 3))):
            words, start = [], at
            for _ in range(draw(st.integers(1, 6))):
                length = draw(st.sampled_from([0.0, 0.05, 0.2, 0.25, 0.61]))
                text = next(names, None) or f"w{len(rows)}x"
                row = {"id": f"word-{len(rows):04d}", "tier": "word", "participant": who}
                words.append({**row, "start": at, "end": at + length, "text": text, "confidence": 0.9})
                rows.append(words[-1])
                at += length
                if draw(st.booleans()):
                    silence = draw(st.sampled_from([0.1, 0.33]))
                    pause = {"tier": "pause", "participant": who, "start": at, "end": at + silence}
                    rows.append({"id": f"pause-{len(rows):04d}", **pause, "value": silence})
                    at += silence
            if rows[-1]["tier"] == "pause":
                at = rows.pop()["start"]
            turn = {
                "id": f"turn-{len(turns):04d}",
                "tier": "turn",
                "participant": who,
                "start": start,
                "end": at,
            }
            turn |= {"text": " ".join(word["text"] for word in words)}
            turns.append({**turn, "evidence": " ".join(word["id"] for word in words)})
            at += draw(st.sampled_from([0.2, 1.0]))
    return timeline([*rows, *turns, *overlaps_of(turns)])
