"""What is read of a face is what Google's own library reads of it.

``mediapipe_faces.json`` was recorded with mediapipe 1.2.3 (``FaceLandmarker``, tasks API) and the same
``face_landmarker.task``, outside the project's environment: the left and the right half of eleven pictures of
the sample meeting, one every seven seconds from 4 s on as ``frames(SAMPLE, rate=15)`` gives them, were each
shown four times to a landmarker of their own (``RunningMode.VIDEO``, 66 ms apart, ``num_faces=2``: with one
face the library smooths points over time). Of the last result were kept: some points, in pixels of the half;
the blend shapes that are used; the rotation of the facial transformation matrix.

Tolerances: the library finds the face with another detector and cuts it out with other arithmetic, and the
networks answer a shift of a fraction of a pixel with half a pixel and a few hundredths of a blend shape.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.face.landmark_networks import MARGIN, Square
from pipeline.face.mediapipe_reader import (
    CANONICAL,
    IRISES,
    RIGID,
    SHAPES,
    MediapipeReader,
    angles,
    rotation,
)
from pipeline.media.pictures import frames
from tests.conftest import SAMPLE

Pair = tuple[NDArray[Any], NDArray[Any], dict[str, Any]]
NAMES = {
    "brow_down": ("browDownLeft", "browDownRight"),
    "brow_inner_up": ("browInnerUp",),
    "brow_outer_up": ("browOuterUpLeft", "browOuterUpRight"),
    "blink": ("eyeBlinkLeft", "eyeBlinkRight"),
    "look_down": ("eyeLookDownLeft", "eyeLookDownRight"),
    "look_in": ("eyeLookInLeft", "eyeLookInRight"),
    "look_out": ("eyeLookOutLeft", "eyeLookOutRight"),
    "look_up": ("eyeLookUpLeft", "eyeLookUpRight"),
    "jaw_open": ("jawOpen",),
    "lip_down": ("mouthFrownLeft", "mouthFrownRight"),
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
    "lip_stretch": ("mouthStretchLeft", "mouthStretchRight"),
}
"""MediaPipe's names of what `SHAPES` numbers."""


@pytest.fixture(scope="module")
def faces(reader: MediapipeReader) -> list[Pair]:
    """Points and blend shapes as read here, and what was recorded."""
    recorded = json.loads(Path(__file__).with_name("mediapipe_faces.json").read_text("utf-8"))["faces"]
    pictures = {f"{time:.4f}": image for time, image in frames(SAMPLE, rate=15)}
    found = []
    for face in recorded:
        whole = pictures[f"{face['time']:.4f}"]
        middle = whole.shape[1] // 2
        image = np.ascontiguousarray(whole[:, :middle] if face["half"] == "left" else whole[:, middle:])
        box = reader.find(image)[0].box
        square = Square(*box.centre, MARGIN * box.size)
        for _ in range(4):
            points, _ = reader.networks.points(image, square)
            square = Square.around(points)
        found.append((points, reader.networks.shapes(points), face))
    assert len(found) == 22
    return found


def test_points_lie_where_mediapipe_sees_them(faces: list[Pair]) -> None:
    off = []
    for points, _, face in faces:
        span = np.linalg.norm(points[IRISES[0], :2] - points[IRISES[1], :2])
        mine = points[[int(number) for number in face["points"]], :2]
        off.append(np.linalg.norm(mine - list(face["points"].values()), axis=1) / span)
    assert np.mean(off) < 0.015  # of the distance between the eyes: 0.9 of 60 pixels
    assert np.max(off) < 0.07


def test_blend_shapes_are_mediapipes_and_stand_in_its_order(faces: list[Pair]) -> None:
    assert NAMES.keys() == SHAPES.keys()
    for name, numbers in SHAPES.items():
        mine = np.array([shapes[list(numbers)] for _, shapes, _ in faces])
        theirs = np.array([[face["shapes"][one] for one in NAMES[name]] for _, _, face in faces])
        assert np.median(np.abs(mine - theirs)) < 0.04, name
        assert np.abs(mine - theirs).max() < 0.2, name
    smiles = np.array([[shapes[44], face["shapes"]["mouthSmileLeft"]] for _, shapes, face in faces])
    assert np.ptp(smiles[:, 1]) > 0.6  # some smile and some do not, so that agreement means something
    assert np.corrcoef(smiles.T)[0, 1] > 0.98


def test_the_head_is_turned_as_mediapipe_says(faces: list[Pair]) -> None:
    """But for pitch, where its matrix is fitted to the mouth as well; see `reading`."""
    mine = np.array([angles(rotation(points[RIGID, :] * (1, -1, -1), CANONICAL)) for points, _, _ in faces])
    theirs = np.array([angles(np.array(face["matrix"])) for _, _, face in faces])
    pitch, yaw, roll = np.abs(mine - theirs).T
    assert yaw.max() < 1.5 and roll.max() < 1.0
    assert pitch.max() < 6.0
    assert np.corrcoef(mine[:, 0], theirs[:, 0])[0, 1] > 0.8
    assert np.ptp(theirs, axis=0).min() > 2.0
