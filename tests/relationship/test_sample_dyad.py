"""The sample meeting as three meetings of a dyad, in which other words are said each time."""

from __future__ import annotations

import json
import shutil

import pytest

from pipeline.timeline.rows import touched, with_rows
from pipeline.timeline.table import read, records, tier, write
from tests.conftest import who_is_who
from tests.relationship.made import DIVORCE, FAMILY, told

SAID = {"spring": (), "summer": (FAMILY,), "autumn": (FAMILY, DIVORCE)}
"""What the customer says, in each meeting, in the place of what was said in the longest turns."""


@pytest.fixture(scope="module")
def outputs(analysed, truth, tmp_path_factory):
    out = tmp_path_factory.mktemp("dyad")
    for month, (name, said) in enumerate(SAID.items(), start=4):
        folder = shutil.copytree(analysed, out / name)
        table = read(folder / "timeline.parquet")
        names = who_is_who(table, truth)
        customer = next(who for who, person in names.items() if person == "C")
        longest = sorted(records(tier(table, "turn", customer)), key=lambda row: row["start"] - row["end"])
        edited = [
            touched(row, "AK", text=text, evidence="") for row, text in zip(longest, said, strict=False)
        ]
        write(with_rows(table, edited), folder)
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        manifest["meeting"] |= {
            "name": name,
            "start": f"2026-{month:02d}-01T09:00:00Z",
            "metadata": {"dyad": "Sam-Anna"},
            "participants": [
                {"id": who, **truth_of, "pseudonym": truth_of["name"], "language": None}
                for who, truth_of in ((who, truth["people"][person]) for who, person in names.items())
            ],
        }
        path.write_text(json.dumps(manifest), encoding="utf-8")
    return out


def test_the_dyad_deepens_as_more_is_told(outputs):
    found = told("Sam-Anna", "--out", outputs)
    assert [one["meeting"] for one in found["meetings"]] == list(SAID)
    depths = [one["people"]["Anna"]["deepest"] for one in found["meetings"]]
    assert depths[1:] == ["more_intimate", "most_intimate"]
    last = found["meetings"][2]["suggestion"]
    assert last["phase"] == "renegotiation"
    table = read(outputs / "autumn" / "timeline.parquet").set_index("id")
    assert [table.at[name, "text"] for name in last["rests_on"]] == [DIVORCE]
    scores = [one["score_of_both"] for one in found["meetings"]]
    assert all(score > 50 for score in scores)
