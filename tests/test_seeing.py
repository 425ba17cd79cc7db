"""Faces of several cameras come under the right participants: made-up cameras, no pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import stages
from pipeline.face.seen import Seen, TrackSeen
from pipeline.face.signals import signal_table
from pipeline.hearing import Heard
from pipeline.media.clock import Clock
from pipeline.meeting import Meeting, MeetingFile, Participant
from pipeline.seeing import Sight, see
from pipeline.settings import Settings
from tests.face.moving import noisy, still, swing

RATE = 15.0
LENGTH = 120.0
TALK = {
    "S": [(4.0 * i, 4.0 * i + 1.8) for i in range(30)],
    "C": [(4.0 * i + 2, 4.0 * i + 3.8) for i in range(30)],
}


def track(
    number: int, who: str, looks: int, first: float, last: float, *, camera: int = 0, **fields: Any
) -> tuple[pd.DataFrame, TrackSeen]:
    """A face from `first` to `last` whose lips move while `who` speaks; `looks` tells faces apart."""
    rows = still(LENGTH, RATE).assign(camera=camera, track=number)
    for moment in range(3, int(LENGTH) - 2, 10):
        swing(rows, "pitch", moment + 4.0 * (who == "C"), cycles=3, hz=2, size=9)
    talks = np.zeros(len(rows), bool)
    for start, end in TALK[who]:
        talks |= rows["time"].between(start, end)
    rows["lip_gap"] = np.where(talks, 0.1 + 0.1 * np.sin(25 * rows["time"]), 0.0)
    rows["blink"] = (rows["time"] % 4 < 0.2) * 0.9
    rows = noisy(rows.assign(**fields), seed=looks)
    rows = rows[(rows["time"] >= first) & (rows["time"] < last)]
    face = np.full((8, 8, 3), 10 * number + camera, np.uint8)
    identity = 2 * np.eye(9, dtype=np.float32)[looks]
    size = float(rows["size"].median())
    return rows, TrackSeen(camera, number, first, last, len(rows), size, face, identity)


def camera(*tracks: tuple[pd.DataFrame, TrackSeen], shift: float = 0.0) -> Seen:
    looks = pd.DataFrame({"time": np.arange(int(LENGTH * RATE)) / RATE})
    signals = pd.concat([rows for rows, _ in tracks]).assign(time=lambda table: table["time"] + shift)
    return Seen(signal_table(signals), tuple(info for _, info in tracks), looks + shift, ())


@pytest.fixture
def seen(monkeypatch) -> Any:
    def run(
        *cameras: Seen, heard: Sequence[str] = ("S", "C"), sound: str = "/a.wav", **people: Any
    ) -> tuple[Sight, list[str]]:
        files = [Path(f"/camera-{i}.mp4") for i in range(len(cameras))]
        video = (SimpleNamespace(width=1280, height=720),)
        recordings = [(SimpleNamespace(path=path, video=video), Clock()) for path in files]
        monkeypatch.setattr(stages, "watch_faces", lambda run, reader, recording, number: cameras[number])
        warnings: list[str] = []
        meeting = Meeting(
            name="m",
            files=tuple(MeetingFile(path=path) for path in [*files, Path(sound)]),
            participants=tuple(Participant(id=who, **fields) for who, fields in people.items()),
        )
        sight = see(
            SimpleNamespace(settings=Settings(), warn=warnings.append),
            SimpleNamespace(face_reader=None),
            meeting,
            recordings,
            Heard(speech={who: TALK[who] for who in heard}),
            {},
        )
        return sight, warnings

    return run


def rows_of(sight: Sight, tier: str, who: str) -> list[dict]:
    return [row for row in sight.rows if row["tier"] == tier and row["participant"] == who]


def split() -> Seen:
    """S is taken for two people, 2 and 3, after a change of looks in the middle; C is face 1."""
    return camera(track(0, "C", 0, 0, 120), track(1, "S", 1, 0, 70), track(2, "S", 2, 70, 120))


def test_a_person_who_was_taken_for_two_is_told_of(seen):
    sight, warnings = seen(split())
    assert [face.participant for face in sight.faces] == ["C", "P1", "P2"]
    assert ["add `face: 2`" in warnings[0], "add `face: 3`" in warnings[1]] == [True, True]
    assert all("`face: [2, 3]` if both are one person" in warning for warning in warnings)


def test_two_who_are_seen_at_once_are_not_said_to_be_one(seen):
    _, warnings = seen(camera(track(0, "C", 0, 0, 120), track(1, "C", 1, 0, 120)), heard=())
    assert len(warnings) == 2
    assert not any("one person" in warning for warning in warnings)


def test_several_faces_are_one_participants_signals(seen):
    sight, warnings = seen(split(), S={"face": [2, 3]}, C={})
    whole, _ = seen(camera(track(0, "C", 0, 0, 120), track(1, "S", 1, 0, 120)))
    assert warnings == []
    assert [(face.number, face.participant) for face in sight.faces] == [(1, "C"), (2, "S"), (3, "S")]
    assert [face.reason for face in sight.faces] == ["", "", ""]
    (visible,) = rows_of(sight, "face_visible", "S")
    assert (visible["start"], visible["end"]) == (0, pytest.approx(120, abs=0.01))
    assert len(rows_of(sight, "nod", "S")) == len(rows_of(whole, "nod", "S")) > 8
    assert {row["participant"] for row in sight.rows} == {"S", "C", ""}
    assert sight.signals is not None
    mine = sight.signals[sight.signals["participant"] == "S"]
    assert set(mine["face"]) == {2, 3} and len(mine) == 120 * RATE


def test_one_number_or_a_list_of_one_is_the_same(seen):
    one, _ = seen(split(), S={"face": 2}, C={})
    listed, _ = seen(split(), S={"face": [2]}, C={})
    assert one.rows == listed.rows


def test_a_face_shown_twice_in_one_picture_is_read_once(seen):
    """In a call the speaker is shown large and in a tile."""
    large = track(1, "S", 1, 0, 60)
    tile = track(2, "S", 2, 0, 120, x=0.9, y=0.1, size=60.0)
    sight, _ = seen(camera(track(0, "C", 0, 0, 120), large, tile), S={"face": [3, 2]}, C={"face": 1})
    assert [face.seconds for face in sight.faces] == pytest.approx([120, 120, 60], abs=0.1)
    alone, _ = seen(camera(track(0, "C", 0, 0, 120), tile), S={"face": 2}, C={"face": 1})
    nods, those = (rows_of(one, "nod", "S") for one in (sight, alone))
    assert len(nods) == len(those)


def test_faces_of_somebody_unheard_are_told_of_once(seen):
    _, warnings = seen(split(), A={"face": [2, 3, 7]}, B={"face": 1})
    assert "A is said to be face 7, but there is none." in warnings
    assert sum("A is seen (face 2 and face 3) but not heard" in warning for warning in warnings) == 1


def test_the_share_of_time_in_view_is_that_of_any_camera(seen):
    """One camera sees C all the time, another with pictures in between only for a moment."""
    first = camera(track(0, "S", 0, 0, 120), track(1, "C", 1, 0, 120))
    second = camera(track(0, "S", 0, 0, 120, camera=1), track(1, "C", 1, 20, 40, camera=1), shift=0.5 / RATE)
    sight, _ = seen(first, second)
    for who in ("S", "C"):
        (visible,) = rows_of(sight, "face_visible", who)
        assert visible["value"] == pytest.approx(1.0)
        assert visible["end"] == pytest.approx(120, abs=0.05)


def test_the_portrait_is_of_the_camera_that_saw_best(seen):
    far = camera(track(0, "S", 0, 0, 120, size=30.0, quality=0.4), track(1, "C", 1, 0, 120))
    near = camera(track(0, "S", 0, 10, 100, camera=1, size=150.0))
    sight, _ = seen(far, near)
    face = next(face for face in sight.faces if face.participant == "S")
    assert (face.thumbnail == 1).all()  # of camera 1


def test_a_track_without_a_portrait_lends_none(seen):
    rows, info = track(0, "S", 0, 0, 80)
    blank = TrackSeen(**{**vars(info), "thumbnail": np.zeros((1, 1, 3), np.uint8)})
    sight, _ = seen(camera((rows, blank), track(1, "S", 0, 80, 120), track(2, "C", 1, 0, 120)))
    assert all(face.thumbnail.shape == (8, 8, 3) for face in sight.faces)


def test_a_camera_without_pictures_is_told_of(seen):
    warnings = seen(split(), S={"camera": "/sound.wav"}, C={}, sound="/sound.wav")[1]
    assert "sound.wav, the camera of S, has no pictures." in warnings


def test_a_video_that_ends_early_says_nothing_of_other_cameras(seen):
    short = camera(track(0, "S", 0, 0, 60), track(1, "C", 1, 0, 60))
    short = Seen(short.signals, short.tracks, short.looks[short.looks["time"] < 60], ())
    whole = camera(track(0, "S", 0, 0, 120, camera=1), track(1, "C", 1, 0, 120, camera=1))
    _, warnings = seen(short, whole)
    (warning,) = warnings
    assert re.search(r"camera-0\.mp4 end at 60 s, .* this file shows nothing after that", warning)
