"""The face recognition graph gives what dlib gives."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import models
from pipeline.networks import open_network
from pipeline.weights.dlib_faces import build

EXPECTED = [
    [-0.09498, 0.07119, 0.03517, 0.0025],
    [-0.09564, 0.11312, 0.01883, -0.01652],
]
"""Computed once with dlib 20.0.1, compute_face_descriptor."""


def test_identities_are_those_of_dlib() -> None:
    models.ensure(["dlib-faces"])
    session = open_network(models.path("dlib-faces", "dlib-faces.onnx"))
    faces = np.random.default_rng(0).uniform(0, 255, (2, 3, 150, 150)).astype(np.uint8).astype(np.float32)
    (identities,) = session.run(None, {"faces": faces})
    assert identities.shape == (2, 128)
    assert np.allclose(
        identities[:, :4],
        EXPECTED,
        atol=1e-4,
    )


def test_another_file_is_refused(tmp_path) -> None:
    (tmp_path / "other.dat").write_bytes(b"\x01\x05con_4" + bytes(100))
    with pytest.raises(ValueError, match="not dlib's"):
        build(tmp_path / "other.dat")
