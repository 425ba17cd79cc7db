"""What is seen in the sample meeting, end to end: what comes out is what is true of it."""

from __future__ import annotations

import json

import av
import numpy as np
import pandas as pd
import pytest

from pipeline.timeline.table import read, tier
from tests.conftest import SAMPLE, rapport, who_is_who


@pytest.fixture(scope="module")
def table(analysed):
    return read(analysed / "timeline.parquet")


@pytest.fixture(scope="module")
def who(table, truth):
    found = who_is_who(table, truth)
    assert sorted(found.values()) == sorted(truth["speech"]), "two people, one voice each"
    return found


def found_and_false(rows, true) -> tuple[int, int]:
    """How many true events overlap a row, and how many rows overlap no true event."""
    touches = [[row.start < e["end"] and row.end > e["start"] for row in rows.itertuples()] for e in true]
    false = sum(not any(touch[i] for touch in touches) for i in range(len(rows)))
    return sum(map(any, touches)), false


@pytest.mark.parametrize(("name", "key"), [("nod", "nods"), ("head_shake", "shakes"), ("smile", "smiles")])
def test_every_event_is_found_under_the_right_person_and_none_is_made_up(table, truth, who, name, key):
    for participant, person in who.items():
        true = [event for event in truth[key] if event["person"] == person]
        assert found_and_false(tier(table, name, participant), true) == (len(true), 0)


def test_nods_are_as_large_and_as_many_as_they_are(table, truth, who):
    for participant, person in who.items():
        nods = tier(table, "nod", participant)
        for true in (nod for nod in truth["nods"] if nod["person"] == person):
            ours = nods[(nods["start"] < true["end"]) & (nods["end"] > true["start"])].iloc[0]
            details = json.loads(ours["details"])
            assert details["cycles"] == pytest.approx(true["cycles"], abs=0.5)
            assert details["rate_hz"] == pytest.approx(true["hz"], rel=0.35)
            assert 0.4 * true["amplitude_deg"] < ours["value"] < 1.4 * true["amplitude_deg"]


def test_looks_away_are_no_looks_at_the_partner(table, truth, who):
    for participant, person in who.items():
        gaze = tier(table, "gaze", participant)
        times = np.arange(0.5, truth["duration"] - 0.5, 0.1)
        inner = [(e["start"] + 0.3, e["end"] - 0.3) for e in truth["gaze"] if e["person"] == person]
        outer = [(e["start"] - 0.3, e["end"] + 0.3) for e in truth["gaze"] if e["person"] == person]
        at_partner = gaze[gaze["label"] == "towards_partner"]
        ours = np.array([((at_partner["start"] <= t) & (at_partner["end"] > t)).any() for t in times])
        away = np.array([any(a < t < b for a, b in inner) for t in times])
        near = np.array([any(a < t < b for a, b in outer) for t in times])
        assert not ours[away].any()
        assert ours[~near].mean() > 0.95


def test_mutual_gaze_is_where_both_look_and_rests_on_both(table):
    mutual = tier(table, "mutual_gaze")
    gaze = tier(table, "gaze").set_index("id")
    assert mutual["value"].sum() > 60
    for row in mutual.itertuples():
        under = gaze.loc[row.evidence.split()]
        assert set(under["participant"]) == set(row.text.split())
        assert set(under["label"]) == {"towards_partner"}
        assert under["start"].min() <= row.start and under["end"].max() >= row.end


def test_each_face_is_linked_to_its_voice(analysed, truth, who):
    signals = pd.read_parquet(analysed / "signals" / "face.parquet")
    for participant, rows in signals.groupby("participant"):
        x, _, width, _ = truth["people"][who[participant]]["tile"]
        place = rows["x"] * truth["size"][0]
        assert ((place > x) & (place < x + width)).all()
        assert len(rows) > 0.99 * truth["duration"] * 15
    faces = json.loads((analysed / "manifest.json").read_text())["faces"]
    assert {face["participant"] for face in faces} == set(who)
    assert all(face["confidence"] > 0.95 and not face["reason"] for face in faces)
    assert (analysed / "faces.png").read_bytes().startswith(b"\x89PNG")


def test_a_wrong_link_is_mended_in_the_meeting_file(analysed, tmp_path, who):
    """The faces are swapped on purpose; nothing is watched anew."""
    meeting = tmp_path / "meeting.yaml"
    meeting.write_text(
        f"name: sample_meeting\nfiles: [{SAMPLE}]\nparticipants:\n"
        "  - {id: A, voice: 1, face: 2, pseudonym: Sam}\n  - {id: B, voice: 2, face: 1}\n"
    )
    before = json.loads((analysed / "manifest.json").read_text())["faces"]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sample_meeting").mkdir()
    (tmp_path / "out" / "sample_meeting" / ".stages").symlink_to(analysed / ".stages")
    done = rapport("analyse", "--meeting", meeting, "--out", tmp_path / "out", "--faces")
    assert done.returncode == 0, done.stderr
    faces = json.loads((tmp_path / "out" / "sample_meeting" / "manifest.json").read_text())["faces"]
    swapped = {"P1": "B", "P2": "A"}
    assert [face["participant"] for face in faces] == [swapped[face["participant"]] for face in before]
    assert "Sam" in done.stdout and "Face" in done.stdout


def test_faces_may_be_given_where_the_voices_are_not(analysed, tmp_path):
    """They keep their names, and a warning tells what to add."""
    meeting = tmp_path / "meeting.yaml"
    meeting.write_text(
        f"name: sample_meeting\nfiles: [{SAMPLE}]\nparticipants:\n"
        "  - {id: A, face: 1}\n  - {id: B, face: 2}\n"
    )
    (tmp_path / "sample_meeting").mkdir()
    (tmp_path / "sample_meeting" / ".stages").symlink_to(analysed / ".stages")
    done = rapport("analyse", "--meeting", meeting, "--out", tmp_path, "--quiet")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "sample_meeting" / "manifest.json").read_text())
    assert [face["participant"] for face in manifest["faces"]] == ["A", "B"]
    assert any("A is seen (face 1) but not heard" in warning for warning in manifest["warnings"])


def test_a_preview_shows_the_stretch_that_was_asked_for(analysed):
    done = rapport("preview", analysed, "--from", 5, "--to", 9)
    assert done.returncode == 0, done.stderr
    with av.open(done.stdout.strip()) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert float(video.duration * video.time_base) == pytest.approx(4, abs=0.1)
        assert float(audio.duration * audio.time_base) == pytest.approx(4, abs=0.1)
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(pictures) == pytest.approx(100, abs=2)
    blue = (np.abs(pictures[50].astype(int) - (66, 133, 244)).max(axis=2) < 40).sum()
    assert blue > 500  # a box in the first participant's colour


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("nowhere",), "There is no analysed meeting"),
        (("{analysed}", "--camera", "2"), "recordings with pictures, not 2"),
        (("{analysed}", "--from", "500"), "There are no pictures from 500 to 520 s"),
        (("{analysed}", "--from", "9", "--to", "5"), "must end after it begins"),
    ],
)
def test_a_preview_that_cannot_be_is_refused_in_a_sentence(analysed, arguments, complaint):
    done = rapport("preview", *(part.format(analysed=analysed) for part in arguments))
    assert done.returncode == 5
    assert complaint in done.stderr and done.stderr.count("\n") == 1
    assert not list(analysed.glob(".*preview*"))
