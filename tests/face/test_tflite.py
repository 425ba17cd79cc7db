"""Translated networks compute what TensorFlow Lite computes."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from pipeline import models
from pipeline.face.flatbuffer import root
from pipeline.face.landmark_networks import Networks, Square
from pipeline.face.mediapipe_reader import SHAPES
from pipeline.face.tflite import to_onnx
from pipeline.networks import open_network
from tests.face.films import people

# computed once with ai-edge-litert 2.3.0
EXPECTED_SHAPES = [0.229945, 0.149278, 0.669279, 0.042582, 5.7e-05]
EXPECTED_POINTS = [
    [124.86100006103516, 165.822998046875],
    [124.85330200195312, 217.69619750976562],
    [166.28750610351562, 103.90029907226562],
]
EXPECTED_PRESENCE = -19.544


@pytest.fixture(scope="module")
def networks() -> dict[str, bytes]:
    models.ensure(["face_landmarker"])
    with zipfile.ZipFile(models.path("face_landmarker", "face_landmarker.task")) as task:
        return {name: task.read(name) for name in task.namelist() if name.endswith(".tflite")}


def test_a_file_tells_its_tensors(networks: dict[str, bytes]) -> None:
    graph = root(networks["face_blendshapes.tflite"]).tables(2)[0]
    (first,) = graph.array(1, "<i4").tolist()
    assert graph.tables(0)[first].array(0, "<i4").tolist() == [1, 146, 2]


def test_blend_shapes_are_those_of_tensorflow_lite(networks: dict[str, bytes]) -> None:
    session = open_network(to_onnx(networks["face_blendshapes.tflite"]))
    angle = np.arange(146, dtype=np.float32)
    points = np.stack([100 + 80 * np.cos(angle), 100 + 80 * np.sin(angle)], axis=1)[None].astype(np.float32)
    (shapes,) = session.run(None, {"in0": points})
    assert np.allclose(shapes[[1, 9, 25, 44, 50]], EXPECTED_SHAPES, atol=1e-4)


def test_points_are_those_of_tensorflow_lite(networks: dict[str, bytes]) -> None:
    session = open_network(to_onnx(networks["face_landmarks_detector.tflite"]))
    rows, columns = np.mgrid[0:256, 0:256].astype(np.float32) / 255
    picture = np.stack([rows, columns, rows * columns], axis=2)[None]
    points, presence, _ = session.run(None, {"in0": picture})
    assert np.allclose(points.reshape(-1, 3)[[0, 152, 473], :2], EXPECTED_POINTS, atol=0.02)
    assert presence.item() == pytest.approx(EXPECTED_PRESENCE, abs=1e-2)


def test_planes_first_gives_the_same(networks: dict[str, bytes]) -> None:
    data = networks["face_landmarks_detector.tflite"]
    picture = np.random.default_rng(0).random((1, 256, 256, 3), np.float32)
    last = open_network(to_onnx(data)).run(None, {"in0": picture})
    first = open_network(to_onnx(data, planes=True)).run(None, {"in0": picture.transpose(0, 3, 1, 2)})
    for one, other in zip(last, first, strict=True):
        assert np.allclose(one, other, atol=1e-3)


def test_what_is_put_in_another_way_comes_to_the_same(
    networks: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = networks["face_landmarks_detector.tflite"]
    picture = np.random.default_rng(1).random((1, 256, 256, 3), np.float32)
    results = []
    for few in (0, 8, 32):  # channels up to which a rectifier stands as two halves
        monkeypatch.setattr("pipeline.face.tflite.FEW", few)
        results.append(open_network(to_onnx(data)).run(None, {"in0": picture}))
    for other in results[1:]:
        assert np.allclose(other[0], results[0][0], atol=2e-3)
        assert np.allclose(other[1], results[0][1], atol=1e-3)


def test_a_face_has_its_points_and_shapes_in_place(networks: dict[str, bytes]) -> None:
    reader = Networks(models.path("face_landmarker", "face_landmarker.task"))
    sam, _ = people(1.5, 1.55)[0]
    points, presence = reader.points(sam, Square(325, 165, 280))
    assert presence > 0.95
    assert points[10, 1] < points[1, 1] < points[152, 1]  # forehead, nose, chin
    assert points[33, 0] < points[263, 0]  # the person's right eye is on the left
    shapes = reader.shapes(points)
    assert shapes.shape == (52,) and shapes.min() >= 0 and shapes.max() <= 1
    assert shapes[list(SHAPES["smile"])].mean() > 0.4  # Sam is smiling


def test_an_unknown_operator_is_refused(networks: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="not understood"):
        to_onnx(networks["face_blendshapes.tflite"].replace(b"\x63\x00\x00\x00", b"\x7d\x00\x00\x00"))
