"""Whatever a person changes in a file is found, and applied it gives what the file says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.exports.changes import Change, row_changes
from pipeline.exports.formats import Options, format_of
from pipeline.exports.importing import applied
from pipeline.exports.material import Material
from pipeline.exports.reading import Reading
from pipeline.timeline.table import records, timeline
from tests.exports.made import material, timelines

SETTINGS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def told(reading: Reading) -> Counter[tuple[Any, ...]]:
    """What a file says, without ids."""
    return Counter(
        (
            row["tier"],
            row["participant"],
            round(row["start"], 4),
            round(row["end"], 4),
            *(str(row[c]) for c in ("label", "text")),
        )
        for row in reading.rows
        if row.get("status") != "rejected"
    )


def written(made: Material, name: str, folder: Path) -> Reading:
    one = format_of(name)
    path = folder / f"file{one.suffix}"
    path.write_bytes(one.write(made, Options()))
    return one.read(path, made)


@st.composite
def corrected(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A timeline, and the same after somebody changed, took out and put in some rows."""
    table = draw(timelines(texts=st.text("abcä ", max_size=6).map(str.strip)))
    table = table[table["status"] != "rejected"].assign(evidence="", status="auto", coder="")
    rows = []
    for row in records(table):
        what = draw(st.sampled_from(["same", "same", "gone", "text", "time", "who"]))
        if what == "gone":
            continue
        if what == "text":
            row["text"] = draw(st.sampled_from(["uusi", "new one"]))
        if what == "time":
            row["end"] = row["end"] + draw(st.sampled_from([0.25, 1.0, 30.0]))
        if what == "who" and row["tier"] != "gap":
            row["participant"] = draw(st.sampled_from(["S", "C"]))
        rows.append(row)
    if draw(st.booleans()):
        rows.append(
            {"id": "nod-9999", "tier": "nod", "participant": "S", "start": 1.0, "end": 2.0, "label": "single"}
        )
    return timeline(records(table)), timeline(rows)


@pytest.mark.parametrize("name", ["elan", "textgrid", "exmaralda", "csv", "json"])
@SETTINGS
@given(both=corrected())
def test_what_was_changed_is_found_and_applied(
    name: str, both: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    before, after = both
    made = material(pd.concat([before, after], ignore_index=True))
    made = replace(made, table=before)
    ours, theirs = written(made, name, tmp_path), written(replace(made, table=after), name, tmp_path)
    gone = {(row["tier"], row["participant"]) for row in records(before)}
    theirs = replace(
        theirs, tiers=theirs.tiers | gone
    )  # a tier of which every row was taken out is still there
    changes = row_changes(before, ours, theirs)
    result = applied(before, changes, "anna")
    assert told(written(replace(made, table=result), name, tmp_path)) == told(theirs)
    untouched = result[result["status"] == "auto"].drop(columns=["evidence"])
    kept = before[before["id"].isin(untouched["id"])].drop(columns=["evidence"])
    pd.testing.assert_frame_equal(untouched.reset_index(drop=True), kept.reset_index(drop=True))
    assert set(result[result["status"] != "auto"]["coder"]) <= {"anna"}


def test_a_change_is_told_in_the_fields_words() -> None:
    row = {"tier": "word", "participant": "S", "start": 1.0, "end": 2.0}
    kinds = [
        (Change("changed", "word", "w", row, {"text": "x"}), "words changed"),
        (Change("changed", "nod", "n", row, {"participant": "C"}), "speakers changed"),
        (Change("changed", "nod", "n", row, {"start": 2.0}), "times moved"),
        (Change("changed", "nod", "n", row, {"label": "single"}), "nods changed"),
        (Change("added", "head_shake", after=row), "head shakes added"),
        (Change("removed", "latch", "l", row), "latches removed"),
    ]
    assert [change.told for change, _ in kinds] == [what for _, what in kinds]
