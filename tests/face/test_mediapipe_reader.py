"""Signals agree with what the drawn people of the sample meeting are known to do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt
from scipy.stats import rankdata

from pipeline.face.engines import Box
from pipeline.face.landmark_networks import Square
from pipeline.face.mediapipe_reader import (
    CANONICAL,
    MediapipeReader,
    angles,
    rotation,
)
from pipeline.face.seen import Seen
from tests.face.films import paste, people, room

WHO = {"S": 0, "C": 1}


def read_and_true(seen: Seen, truth: dict, who: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Signals of a person and the curves behind the pictures that they were read in."""
    track = min(seen.tracks, key=lambda t: abs(median_x(seen, t.track) - (0.25 + 0.5 * WHO[who])))
    rows = seen.signals[seen.signals["track"] == track.track].reset_index(drop=True)
    numbers = np.round(rows["time"] * truth["fps"]).astype(int)
    return rows, pd.DataFrame(truth["curves"][who]).iloc[numbers].reset_index(drop=True)


def median_x(seen: Seen, track: int) -> float:
    return float(seen.signals["x"][seen.signals["track"] == track].median())


def auc(score: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    n, m = positive.sum(), (~positive).sum()
    return float((rankdata(score)[positive].sum() - n * (n + 1) / 2) / (n * m))


def band(values: pd.Series) -> NDArray[np.float64]:
    return sosfiltfilt(butter(2, [0.6, 4.0], "band", fs=15, output="sos"), values.to_numpy(float))


@pytest.mark.parametrize("who", WHO)
def test_head_movements_follow_the_truth_with_the_right_sign(
    sample_seen: Seen, truth: dict, who: str
) -> None:
    rows, true = read_and_true(sample_seen, truth, who)
    # a smile turns the measured pitch by about 2.5 degrees, slowly; nods live above 0.6 Hz
    assert np.corrcoef(band(rows["pitch"]), band(true["pitch"]))[0, 1] > 0.9
    assert np.corrcoef(rows["yaw"], true["yaw"])[0, 1] > 0.9
    assert np.corrcoef(rows["roll"], true["roll"])[0, 1] > 0.95
    gain = np.polyfit(band(true["pitch"]), band(rows["pitch"]), 1)[0]
    assert 0.6 < gain < 1.3


@pytest.mark.parametrize("who", WHO)
def test_smiles_blinks_and_the_mouth_follow_the_truth(sample_seen: Seen, truth: dict, who: str) -> None:
    rows, true = read_and_true(sample_seen, truth, who)
    assert auc(rows["smile"].to_numpy(), (true["smile"] > 0.5).to_numpy()) > 0.98
    assert auc(rows["blink"].to_numpy(), (true["blink"] > 0.5).to_numpy()) > 0.98
    assert np.corrcoef(rows["mouth_open"], true["open"])[0, 1] > 0.75
    assert np.corrcoef(rows["lip_gap"], true["open"])[0, 1] > 0.75


@pytest.mark.parametrize("who", WHO)
def test_eyes_follow_the_truth_with_the_right_sign(sample_seen: Seen, truth: dict, who: str) -> None:
    rows, true = read_and_true(sample_seen, truth, who)
    awake = (true["blink"] < 0.1).to_numpy()
    assert np.corrcoef(rows["eye_yaw"][awake], true["gaze_x"][awake])[0, 1] > 0.9
    down, up = true["gaze_y"] > 0.1, true["gaze_y"] < -0.1
    assert rows["eye_pitch"][awake & down].mean() > rows["eye_pitch"][awake & up].mean() + 1


def test_what_is_no_face_is_not_read(reader: MediapipeReader) -> None:
    lens = reader.lens()
    assert lens.read(room(640, 360), Box(200, 100, 300, 220), 0.0) is None
    assert lens.read(np.zeros((360, 640, 3), np.uint8), Box(200, 100, 300, 220), 0.1) is None


def test_a_face_that_leaves_the_picture_does_no_harm(reader: MediapipeReader) -> None:
    sam, _ = people(1.0, 1.1)[0]
    lens = reader.lens()
    box = reader.find(sam)[0].box
    for shift in range(0, 640, 80):
        moved = paste(room(640, 360), sam, shift, 0)
        lens.read(moved, Box(box.left + shift, box.top, box.right + shift, box.bottom), shift / 100)
    assert lens.read(sam, Box(-500, -500, -400, -400), 9.0) is None


def test_a_small_face_is_trusted_less(reader: MediapipeReader) -> None:
    import cv2

    sam, _ = people(1.0, 1.1)[0]
    quality = []
    for scale in (1.0, 0.25, 0.15):
        image = cv2.resize(sam, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        box = Box(*(scale * edge for edge in (258, 70, 393, 256)))
        reading = reader.lens().read(image, box, 0.0)
        assert reading is not None
        assert reading["size"] == pytest.approx(138 * scale, rel=0.2)
        quality.append(reading["quality"])
    assert quality[0] > 0.9 > quality[1] > quality[2]


@given(*[st.floats(-60, 60)] * 3)
def test_angles_are_those_by_which_a_face_was_turned(pitch: float, yaw: float, roll: float) -> None:
    p, y, r = np.radians([pitch, yaw, roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    turned = about_z @ about_y @ about_x
    found = angles(rotation(7 * CANONICAL @ turned.T + (3, 4, 5), CANONICAL))
    assert np.allclose(found, (pitch, yaw, roll), atol=1e-6)


def test_signs_are_those_of_somebody_who_looks_at_the_picture() -> None:
    nose = CANONICAL[6]  # towards the viewer
    chin_down = np.array([[1, 0, 0], [0, np.cos(0.3), -np.sin(0.3)], [0, np.sin(0.3), np.cos(0.3)]])
    assert (chin_down @ nose)[1] < nose[1] and angles(chin_down)[0] > 0
    to_the_right = np.array([[np.cos(0.3), 0, np.sin(0.3)], [0, 1, 0], [-np.sin(0.3), 0, np.cos(0.3)]])
    assert (to_the_right @ nose)[0] > 0 and angles(to_the_right)[1] > 0


@given(st.floats(-500, 500), st.floats(-500, 500), st.floats(1, 900), st.floats(-3, 3))
def test_the_middle_of_the_square_is_the_middle_in_the_picture(
    x: float, y: float, side: float, turn: float
) -> None:
    matrix = Square(x, y, side, turn).to_picture()
    assert np.allclose(matrix @ (128, 128, 1), (x, y), atol=1e-6)
    corner = matrix @ (0, 0, 1) - (x, y)
    assert np.linalg.norm(corner) == pytest.approx(side / np.sqrt(2))
