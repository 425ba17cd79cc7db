"""Persons are told apart, joined over gaps and cameras, and pictures of people take no part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.face.identity import SIDE, Embedder, align, find_people, group, is_still, similarity
from pipeline.face.mediapipe_reader import MediapipeReader
from pipeline.face.seen import Seen, TrackSeen
from pipeline.face.signals import signal_table
from pipeline.media.pictures import frames
from tests.face.films import people

RATE = 10.0


def portrait(who: int) -> np.ndarray:
    """An identity that is 1 apart from every other one."""
    return np.eye(8, dtype=np.float32)[who] / np.sqrt(2)


def seen(
    tracks: Sequence[tuple[int | None, float, float]],
    *,
    camera: int = 0,
    length: float = 60.0,
    x: float = 0.5,
    still: bool = False,
) -> Seen:
    """A made-up recording; a track is (who, first, last), who None where no identity could be had."""
    random = np.random.default_rng(0)
    rows, infos = [], []
    for number, (who, first, last) in enumerate(tracks):
        times = np.arange(round(first * RATE), round(last * RATE)) / RATE
        for time in times:
            moving = 0.0 if still else 1.0
            rows.append(
                {
                    "camera": camera,
                    "track": number,
                    "time": time,
                    "x": x,
                    "y": 0.5,
                    "size": 100.0,
                    "pitch": moving * 5 * np.sin(time) + 0.2 * random.standard_normal(),
                    "yaw": moving * 5 * np.cos(time / 3) + 0.2 * random.standard_normal(),
                    "roll": 0.1 * random.standard_normal(),
                    "smile": 0.0,
                    "mouth_open": 0.0,
                    "lip_gap": 0.002 * random.standard_normal(),
                    "eye_yaw": 0.0,
                    "eye_pitch": 0.0,
                    "blink": moving * float(time % 4 < 0.2) + 0.02 * abs(random.standard_normal()),
                    "quality": 1.0,
                }
            )
        identity = np.zeros(0, np.float32) if who is None else portrait(who)
        image = np.zeros((4, 4, 3), np.uint8)
        infos.append(TrackSeen(camera, number, first, last, len(times), 100.0, image, identity))
    looks = pd.DataFrame({"time": np.arange(round(length * RATE)) / RATE})
    return Seen(signal_table(rows), tuple(infos), looks, ())


def test_somebody_who_comes_back_is_the_same_person() -> None:
    (one, two) = find_people([seen([(0, 0, 20), (1, 0, 60), (0, 30, 60)])])
    assert one.tracks == ((0, 1),) or one.tracks == ((0, 0), (0, 2))
    assert {one.tracks, two.tracks} == {((0, 0), (0, 2)), ((0, 1),)}
    assert one.participant and two.participant


def test_two_who_are_seen_at_once_are_never_one_however_alike() -> None:
    assert len(find_people([seen([(0, 0, 60), (0, 0, 60)])])) == 2


def test_a_person_in_two_cameras_is_one() -> None:
    found = find_people([seen([(0, 0, 60), (1, 0, 60)]), seen([(1, 0, 60)], camera=1)])
    assert {person.tracks for person in found} == {((0, 0),), ((0, 1), (1, 0))}


def test_a_track_without_identity_goes_on_with_the_one_at_its_place() -> None:
    (person,) = find_people([seen([(0, 0, 30), (None, 31, 60)])])
    assert person.tracks == ((0, 0), (0, 1))
    assert len(find_people([seen([(0, 0, 30), (None, 45, 60)])])) == 2


def test_a_still_picture_is_no_participant_and_says_so() -> None:
    (person,) = find_people([seen([(0, 0, 60)], still=True)])
    assert not person.participant
    assert "still picture" in person.reason


def test_a_still_picture_is_one_in_two_cameras_too() -> None:
    one, other = seen([(0, 0, 60)], still=True), seen([(0, 0, 60)], camera=1, still=True)
    other.signals["yaw"] += 25  # it is seen from the side
    (poster,) = find_people([one, other])
    assert "still picture" in poster.reason
    (person,) = find_people([one, seen([(0, 0, 60)], camera=1)])  # one camera's picture is frozen
    assert person.participant


def test_somebody_who_only_passes_by_is_no_participant_and_says_so() -> None:
    stayed, passed = find_people([seen([(0, 0, 60), (1, 20, 22)])])
    assert stayed.participant and not passed.participant
    assert "2.0 s" in passed.reason


def test_nobody_seen_gives_nobody() -> None:
    assert find_people([]) == ()
    assert find_people([seen([])]) == ()


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(-0.1, 0.1)), min_size=1, max_size=10),
)
def test_groups_are_the_persons_when_they_are_far_apart(members: list[tuple[int, float]]) -> None:
    identities = [portrait(who) + np.float32(noise / 8) for who, noise in members]
    groups = group(identities, np.zeros((len(members), len(members)), bool), 0.5)
    assert sorted(i for g in groups for i in g) == list(range(len(members)))
    assert {frozenset(g) for g in groups} == {
        frozenset(i for i, (other, _) in enumerate(members) if other == who) for who, _ in members
    }


@given(st.lists(st.integers(0, 1), min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_groups_never_hold_two_who_were_seen_at_once(members: list[int], random) -> None:
    separate = np.zeros((len(members), len(members)), bool)
    for i in range(len(members)):
        for j in range(i):
            separate[i, j] = separate[j, i] = random.random() < 0.4
    for g in group([portrait(who) for who in members], separate, 0.5):
        assert not separate[np.ix_(sorted(g), sorted(g))].any()


@given(st.floats(-3, 3), st.floats(0.2, 5), st.floats(-100, 100), st.floats(-100, 100))
def test_a_similarity_is_found_again(turn: float, scale: float, x: float, y: float) -> None:
    points = np.array([(0, 0), (10, 1), (4, 9), (7, 3), (2, 2)], float)
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    wanted = np.array([[cos, -sin, x], [sin, cos, y]])
    moved = points @ wanted[:, :2].T + wanted[:, 2]
    assert np.allclose(similarity(points, moved), wanted, atol=1e-6)


def test_the_two_drawn_people_stay_apart_and_are_known_again(
    reader: MediapipeReader, identifier: Embedder
) -> None:
    def identity(image: np.ndarray) -> np.ndarray:
        reading = reader.lens().read(image, reader.find(image)[0].box, 0.0)
        assert reading is not None
        assert align(image, reading.anchors).shape == (SIDE, SIDE, 3)
        return identifier.embed(image, reading.anchors)

    pictures = [people(time, time + 0.05)[0] for time in (1.0, 19.0, 40.0, 70.0)]
    sam = np.array([identity(one) for one, _ in pictures])
    anna = np.array([identity(two) for _, two in pictures])
    assert np.linalg.norm(sam.mean(axis=0) - anna.mean(axis=0)) > 0.6
    for faces in (sam, anna):
        assert np.linalg.norm(faces[0] - faces[1:].mean(axis=0)) < 0.5


@pytest.mark.shared
def test_real_people_are_known_again_over_a_clip(
    reader: MediapipeReader, identifier: Embedder, recordings: Path
) -> None:
    means = []
    for name in ("st_AOC.mp4", "st_KatieHill.mp4", "lp_d3.mp4", "lp_d18.mp4", "lp_d9.mp4"):
        found = []
        for _, image in frames(recordings / "video" / name, rate=1, end=6):
            reading = reader.lens().read(image, reader.find(image)[0].box, 0.0)
            if reading is not None:
                found.append(identifier.embed(image, reading.anchors))
        halves = np.mean(found[::2], axis=0), np.mean(found[1::2], axis=0)
        assert np.linalg.norm(halves[0] - halves[1]) < 0.5, name
        means.append(np.mean(found, axis=0))
    distances = [np.linalg.norm(a - b) for k, a in enumerate(means) for b in means[:k]]
    assert min(distances) > 0.6


def test_a_face_that_is_read_for_a_moment_is_not_called_still() -> None:
    assert not is_still(seen([(0, 0, 3)], still=True).signals)
    assert is_still(seen([(0, 0, 8)], still=True).signals)
    assert not is_still(seen([(0, 0, 8)]).signals)
