"""The square that the network sees is the picture's, and what the networks say of it is put back in place."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline import models
from pipeline.face.landmark_networks import SIDE, Networks, Square
from tests.face.films import people


@pytest.mark.parametrize(
    "square", [Square(325, 165, 280), Square(40, 300, 500, 0.4), Square(325, 165, 90, -2)]
)
def test_the_square_is_cut_out_as_from_the_whole_picture(square: Square) -> None:
    sam, _ = people(1.5, 1.55)[0]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    whole = cv2.warpAffine(sam, square.to_picture(), (SIDE, SIDE), flags=flags)
    cut = square.cut_out(sam)
    assert cut.shape == (1, 3, SIDE, SIDE) and cut.dtype == np.float32
    difference = np.abs(cut[0].transpose(1, 2, 0) * 255 - whole)
    assert (
        difference.max() < 1.01 and (difference > 0.5).mean() < 1e-3
    )  # the last bit, where halves are rounded


def test_a_square_beyond_the_picture_is_black() -> None:
    sam, _ = people(1.5, 1.55)[0]
    assert not Square(-500, -500, 200, 0.3).cut_out(sam).any()
    assert not Square(2000, 100, 200).cut_out(sam).any()


def test_points_stay_on_the_face_wherever_the_square_is() -> None:
    models.ensure(["face_landmarker"])
    networks = Networks(models.path("face_landmarker", "face_landmarker.task"))
    sam, _ = people(1.5, 1.55)[0]
    points, presence = networks.points(sam, Square(325, 165, 280))
    again, still = networks.points(sam, Square.around(points))
    assert min(presence, still) > 0.95
    assert np.abs(points - again)[:, :2].mean() < 3
    assert np.abs(networks.shapes(points) - networks.shapes(again)).mean() < 0.05
