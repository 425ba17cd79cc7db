"""Tracks follow faces through pauses, apart from each other, and over a change of light but no cut."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.face.engines import MEASURED, Box, Found, Reading
from pipeline.face.follow import CELLS, Follower, changes, collisions, cut_through, match, stays, thumbnail
from tests.face.films import beside, people

BOXES = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.floats(0, 500),
    st.floats(0, 500),
    st.floats(5, 100),
    st.floats(5, 100),
)


def face(x: float, y: float = 100.0, size: float = 50.0) -> Found:
    return Found(Box(x, y, x + size, y + size), 0.9)


def read(box: Box) -> Reading:
    return Reading(box, np.zeros((5, 2), np.float32), (0.0,) * len(MEASURED))


@pytest.fixture(scope="module")
def call() -> list[np.ndarray]:
    return [beside(sam, anna) for sam, anna in people(3.0, 8.0)]


def test_nobody_who_talks_and_nods_makes_a_cut(call: list[np.ndarray]) -> None:
    seen = [thumbnail(image) for image in call]
    assert not any(changes(a, b).any() for a, b in itertools.pairwise(seen))


def test_swapped_tiles_are_a_cut_where_the_faces_are(call: list[np.ndarray]) -> None:
    image = call[0]
    changed = changes(thumbnail(image), thumbnail(beside(image[:, 640:], image[:, :640])))
    assert changed.mean() > 0.5
    assert cut_through(Box(258, 70, 393, 256), changed, 1280, 360)
    assert cut_through(Box(893, 84, 1020, 245), changed, 1280, 360)


def test_a_change_of_one_tile_does_not_touch_the_other(call: list[np.ndarray]) -> None:
    image = call[0]
    changed = changes(thumbnail(image), thumbnail(beside(image[:, :640], image[::-1, :640])))
    assert not cut_through(Box(258, 70, 393, 256), changed, 1280, 360)
    assert changed[:, CELLS // 2 :].any() and not changed[:, : CELLS // 2].any()


@pytest.mark.parametrize("factor", [0.4, 0.7, 1.3])
def test_a_change_of_light_is_no_cut(call: list[np.ndarray], factor: float) -> None:
    lit = np.clip(call[1] * factor, 0, 255).astype(np.uint8)
    assert not changes(thumbnail(call[0]), thumbnail(lit)).any()


def test_a_face_keeps_its_track_while_it_moves_and_through_a_short_absence() -> None:
    follower = Follower(patience=2.0)
    begun, _ = follower.look([face(100)], 0.0)
    for second, x in ((1.0, 110), (2.0, 120)):
        begun[0].time, begun[0].box = second, face(x).box
        assert follower.look([face(x)], second) == ([], [])
    assert follower.look([], 3.0) == ([], [])
    assert follower.look([face(121)], 3.9) == ([], [])
    assert [track.number for track in follower.tracks] == [0]


def test_a_face_that_stays_away_ends_and_comes_back_as_a_new_track() -> None:
    follower = Follower(patience=2.0)
    follower.look([face(100)], 0.0)
    ended = [track for time in (1.0, 2.0, 3.0) for track in follower.look([], time)[1]]
    assert [track.number for track in ended] == [0]
    begun, _ = follower.look([face(100)], 10.0)
    assert [track.number for track in begun] == [1]


def test_what_is_read_but_never_found_again_ends() -> None:
    """Landmarks that slid on to a curtain are read on happily; the detector knows better."""
    follower = Follower()
    track = follower.look([face(100)], 0.0)[0][0]
    ended = []
    for time in (1.0, 2.0, 3.0):
        track.time = time
        ended += follower.look([], time)[1]
    assert ended == [track]


def test_two_tracks_on_one_face_both_end_where_they_met() -> None:
    apart, together = Box(0, 0, 50, 50), Box(100, 0, 150, 50)
    other = Box(104, 0, 154, 50)
    readings = {
        3: [read(apart), read(apart), read(other)],
        5: [read(together), None, read(together)],
        7: [None, read(Box(400, 0, 450, 50)), None],
    }
    assert collisions(readings) == {3: 2, 5: 2}


def test_a_face_does_not_jump_nor_change_its_size_at_once() -> None:
    box = Box(100, 100, 150, 160)
    assert stays(box, Box(105, 103, 156, 165))
    assert not stays(box, Box(160, 100, 210, 160))
    assert not stays(box, Box(80, 80, 200, 220))


@given(st.lists(BOXES, max_size=6), st.lists(BOXES, max_size=6))
def test_matching_pairs_each_box_once_and_only_those_that_overlap(known: list[Box], found: list[Box]) -> None:
    pairs = match(known, found)
    assert len(set(pairs.values())) == len(pairs)
    assert all(known[a].overlap(found[b]) >= 0.3 for a, b in pairs.items())


@given(st.lists(BOXES, min_size=1, max_size=6))
def test_every_face_that_is_found_is_followed_by_one_track(boxes: list[Box]) -> None:
    follower = Follower()
    for time in (0.0, 1.0):
        follower.look([Found(box, 0.9) for box in boxes], time)
        numbers = [track.number for track in follower.tracks]
        assert len(set(numbers)) == len(numbers)
        assert all(any(box.overlap(t.box) > 0.3 or box == t.box for t in follower.tracks) for box in boxes)


@given(BOXES, BOXES)
def test_overlap_is_symmetric_and_whole_with_itself(a: Box, b: Box) -> None:
    assert a.overlap(b) == pytest.approx(b.overlap(a))
    assert 0 <= a.overlap(b) <= 1 + 1e-9
    assert a.overlap(a) == pytest.approx(1)
