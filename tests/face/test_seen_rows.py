import itertools
import json

import numpy as np
import pandas as pd
import pytest

from pipeline.face.rows import SeenSettings, Talk, face_rows, mutual_gaze_rows, unreadable
from pipeline.timeline.table import COLUMNS, numbered, timeline
from tests.face.moving import noisy, sample, sample_face, shift, still, swing

LIMITS = SeenSettings()
NOBODY = np.empty(0)


def busy() -> pd.DataFrame:
    table = still(40, 25)
    swing(table, "pitch", 5, cycles=3, hz=2, size=9)
    swing(table, "yaw", 12, cycles=3, hz=1.5, size=12)
    shift(table, "smile", 20, 24, 0.7, 0.4)
    shift(table, "eye_yaw", 30, 32, 20, 0.1)
    return noisy(table)


def of(rows: list[dict], tier: str) -> list[dict]:
    return [row for row in rows if row["tier"] == tier]


def test_every_tier_has_its_rows_and_measures():
    rows = face_rows("anna", busy(), NOBODY, LIMITS, talk=Talk(speaking=[(0, 10)]))
    assert {row["participant"] for row in rows} == {"anna"}
    assert {row["source"] for row in rows} == {"face-2"}
    (nod,) = of(rows, "nod")
    assert nod["label"] == "repeated"
    assert nod["value"] == pytest.approx(4.5, abs=0.6)
    details = json.loads(nod["details"])
    assert details["cycles"] == pytest.approx(3, abs=0.5)
    assert details["rate_hz"] == pytest.approx(2, abs=0.2)
    assert details["speech"] == 1
    (shake,) = of(rows, "head_shake")
    assert shake["start"] == pytest.approx(12, abs=0.2)
    (smile,) = of(rows, "smile")
    assert smile["value"] == pytest.approx(0.7, abs=0.1)
    assert smile["start"] < json.loads(smile["details"])["apex"] < smile["end"]
    gaze = of(rows, "gaze")
    assert [row["label"] for row in gaze] == ["towards_partner", "away", "towards_partner"]
    assert json.loads(gaze[1]["details"]) == {"direction": "right"}
    (visible,) = of(rows, "face_visible")
    assert (visible["start"], visible["end"]) == (0, pytest.approx(40, abs=0.01))


def test_the_rows_fit_the_timeline():
    people = [
        row for who in ("anna", "ben") for row in face_rows(who, busy(), np.arange(0, 40, 0.04), LIMITS)
    ]
    gaze = numbered(of(people, "gaze"), "gaze")
    mutual = numbered(mutual_gaze_rows(gaze), "mutual_gaze")
    rows = gaze + mutual
    for tier in ("nod", "head_shake", "smile", "face_visible"):
        rows += numbered(of(people, tier), tier)
    known = [{k: v for k, v in row.items() if k in COLUMNS} for row in rows]
    assert len(timeline(known)) == len(rows)


def test_single_nods_are_called_single():
    table = still(10)
    swing(table, "pitch", 4, cycles=1, hz=2, size=8)
    loose = SeenSettings(head=type(LIMITS.head)(cycles=1.0))
    (nod,) = of(face_rows("anna", noisy(table, 0.3), NOBODY, loose), "nod")
    assert nod["label"] == "single"


def test_a_face_is_in_view_where_it_was_found():
    table = still(20, 10)
    lost = table["time"].between(5, 5.25) | table["time"].between(10, 13) | table["time"].between(19, 21)
    rows = of(face_rows("anna", table[~lost], table["time"].to_numpy(), LIMITS), "face_visible")
    assert [(round(r["start"], 1), round(r["end"], 1)) for r in rows] == [(0, 10), (13.1, 19)]
    assert rows[0]["value"] < 1 == rows[1]["value"]


def test_no_face_makes_no_rows_and_a_reason():
    nothing = still(5).iloc[:0]
    assert face_rows("anna", nothing, np.arange(0, 5, 0.1), LIMITS) == []
    assert unreadable(nothing, LIMITS)
    assert unreadable(busy(), LIMITS) == ""
    assert "5.0 times a second" in unreadable(still(20, 5), LIMITS)


def test_two_cameras_see_one_nod_once():
    first, second = busy(), busy().assign(camera=1, quality=0.6)
    second["yaw"] += 20
    both = pd.concat([first, second], ignore_index=True)
    rows, alone = face_rows("anna", both, NOBODY, LIMITS), face_rows("anna", first, NOBODY, LIMITS)
    for tier in ("nod", "head_shake", "smile", "face_visible"):
        assert len(of(rows, tier)) == len(of(alone, tier)) == 1
    gaze = of(rows, "gaze")
    assert all(a["end"] == b["start"] for a, b in itertools.pairwise(gaze))
    assert [r["label"] for r in gaze] == ["towards_partner", "away", "towards_partner"]


def test_a_second_camera_fills_what_the_first_did_not_see():
    table = busy()
    first, second = table[table["time"] < 18], table[table["time"] > 16].assign(camera=1)
    both = pd.concat([first, second], ignore_index=True)
    rows = face_rows("anna", both, NOBODY, LIMITS, sides={0: ["left"]}, pictures={0: (640, 360)})
    assert len(of(rows, "nod")) == len(of(rows, "smile")) == len(of(rows, "face_visible")) == 1


def test_in_view_is_who_is_seen_by_any_camera():
    table = still(20, 10)
    late = (table["time"] + 0.05).to_numpy()
    looked = {0: table["time"].to_numpy(), 1: late}
    second = table.assign(camera=1, time=late)
    once = pd.concat([table, second[second["time"].between(4, 5)]])  # the second sees the face for a moment
    (row,) = of(face_rows("anna", once, looked, LIMITS), "face_visible")
    assert (row["start"], row["end"], row["value"]) == (0, pytest.approx(20), pytest.approx(1))
    lost = table[~table["time"].between(8, 8.35)]  # 0.4 s, of which the second sees a half
    (row,) = of(face_rows("anna", lost, looked, LIMITS), "face_visible")
    assert row["value"] == pytest.approx(1 - 0.4 / 20)
    both = pd.concat([lost, second[second["time"].between(7.5, 8.15)]])
    (row,) = of(face_rows("anna", both, looked, LIMITS), "face_visible")
    assert row["value"] == pytest.approx(1 - 0.15 / 20)


def test_a_slow_camera_beside_a_quick_one_sees_without_holes():
    quick, slow = still(10, 15), still(20, 1).assign(camera=1)
    looked = {0: still(20, 15)["time"].to_numpy(), 1: slow["time"].to_numpy()}
    both = pd.concat([quick, slow[slow["time"] >= 5]])
    (row,) = of(face_rows("anna", both, looked, LIMITS), "face_visible")
    assert (row["start"], row["end"], row["value"]) == (0, pytest.approx(20, abs=0.6), pytest.approx(1))


def test_mutual_gaze_of_two_rests_on_the_looks_of_both():
    gaze = numbered(
        [
            {"participant": who, "start": a, "end": b, "label": label, "confidence": 0.5, "tier": "gaze"}
            for who, a, b, label in (
                ("anna", 0, 4, "towards_partner"),
                ("anna", 4, 6, "down"),
                ("ben", 0, 1, "away"),
                ("ben", 1, 6, "towards_partner"),
            )
        ],
        "gaze",
    )
    (both,) = mutual_gaze_rows(gaze)
    assert (both["start"], both["end"], both["value"], both["confidence"]) == (1, 4, 3, 0.25)
    assert (both["label"], both["text"], both["participant"]) == ("both", "anna ben", "")
    named = {row["id"]: row for row in gaze}
    assert [named[i]["participant"] for i in both["evidence"].split()] == ["anna", "ben"]
    third = [{**row, "participant": "eva", "id": "x"} for row in gaze[:1]]
    assert {row["label"] for row in mutual_gaze_rows([*gaze, *third])} == {"likely"}
    assert mutual_gaze_rows([]) == []


def test_the_sample_meeting_is_seen_as_it_is():
    truth = sample()
    rows = [
        row
        for who, other in (("S", "C"), ("C", "S"))
        for row in face_rows(
            who,
            sample_face(truth, who, 15),
            NOBODY,
            LIMITS,
            talk=Talk(truth["speech"][who], truth["speech"][other]),
        )
    ]
    assert len(of(rows, "nod")) == len(truth["nods"])
    assert len(of(rows, "head_shake")) == len(truth["shakes"])
    assert len([r for r in of(rows, "gaze") if r["label"] == "away"]) == len(truth["gaze"])
    mutual = sum(row["value"] for row in mutual_gaze_rows(of(rows, "gaze")))
    assert mutual == pytest.approx(truth["duration"] - 8, abs=3)
