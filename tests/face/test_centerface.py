"""Faces are found where they are, down to small ones, and each once."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.face.centerface import decode, fit, suppress
from pipeline.face.engines import Box
from pipeline.face.mediapipe_reader import MediapipeReader
from tests.face.films import paste, people, room


def test_both_people_of_a_call_are_found_in_their_tiles(reader: MediapipeReader) -> None:
    sam, anna = people(1.0, 1.1)[0]
    found = reader.find(np.hstack([sam, anna]))
    assert len(found) == 2
    left, right = sorted(found, key=lambda face: face.box.left)
    assert 250 < left.box.centre[0] < 400 and 880 < right.box.centre[0] < 1040
    assert min(left.score, right.score) > 0.8


@pytest.mark.parametrize("height", [96, 48, 32])
def test_a_small_face_in_a_large_picture_is_found(reader: MediapipeReader, height: int) -> None:
    sam, _ = people(1.0, 1.1)[0]
    scale = height / 170  # the face is about 170 pixels high
    piece = cv2.resize(sam, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = reader.find(paste(room(1280, 720), piece, 300, 200))
    assert len(found) == 1
    expected = (300 + 325 * scale, 200 + 165 * scale)
    assert np.allclose(found[0].box.centre, expected, atol=0.25 * height)


def test_an_empty_wall_and_a_black_picture_hold_no_face(reader: MediapipeReader) -> None:
    assert reader.find(room(640, 360)) == []
    assert reader.find(np.zeros((360, 640, 3), np.uint8)) == []


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280), (1, 1), (33, 500), (3840, 2160)])
def test_pictures_of_any_shape_fit_the_network(width: int, height: int) -> None:
    picture, scale = fit(np.zeros((height, width, 3), np.uint8), 640)
    assert picture.shape[:2] == (1, 3)
    assert picture.shape[2] % 32 == 0 and picture.shape[3] % 32 == 0
    assert picture.shape[3] >= int(width * scale) and picture.shape[2] >= int(height * scale)
    assert 0 < scale <= 1


def test_a_peak_in_the_map_becomes_a_box_around_it() -> None:
    heat = np.zeros((8, 8), np.float32)
    heat[2, 5] = 0.9
    size = np.full((2, 8, 8), np.log(3), np.float32)
    boxes, scores = decode(heat, size, np.zeros((2, 8, 8), np.float32), 0.5)
    assert np.allclose(scores, 0.9)
    assert np.allclose(boxes, [[16, 4, 28, 16]], atol=1e-4)


def corners(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values[:, :2], values[:, :2] + values[:, 2:] + 1], axis=1).astype(np.float32)


@given(
    arrays(np.float32, st.tuples(st.integers(0, 12), st.just(4)), elements=st.floats(0, 100, width=32)),
    st.randoms(use_true_random=False),
)
def test_what_is_kept_does_not_overlap_and_covers_what_is_dropped(values: np.ndarray, random) -> None:
    boxes = corners(values)
    scores = np.array([random.random() for _ in boxes], np.float32)
    kept = suppress(boxes, scores, 0.3).tolist()
    as_boxes = [Box(*map(float, box)) for box in boxes]
    assert scores[kept].tolist() == sorted(scores[kept].tolist(), reverse=True)
    for i in kept:
        assert all(as_boxes[i].overlap(as_boxes[j]) <= 0.3 + 1e-3 for j in kept if j != i)
    for i in set(range(len(boxes))) - set(kept):
        assert any(as_boxes[i].overlap(as_boxes[j]) > 0.3 - 1e-3 and scores[j] >= scores[i] for j in kept)
