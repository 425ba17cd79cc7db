"""Room for pictures is used again, and never while somebody still holds a part of what was in it."""

from __future__ import annotations

import numpy as np

from pipeline.media.pictures import Shelf


def place(picture: np.ndarray) -> int:
    return picture.__array_interface__["data"][0]


def test_room_is_used_again_once_its_picture_is_gone() -> None:
    shelf = Shelf()
    first = shelf.take((4, 6, 3))
    where = place(first)
    del first
    assert place(shelf.take((4, 6, 3))) == where


def test_room_is_not_used_while_a_part_of_its_picture_is_held() -> None:
    shelf = Shelf()
    first = shelf.take((4, 6, 3))
    first[...] = 7
    part = first[1:, ::2].T
    del first
    second = shelf.take((4, 6, 3))
    second[...] = 9
    assert (part == 7).all()


def test_pictures_of_another_size_get_room_of_their_own() -> None:
    shelf = Shelf()
    del_me = shelf.take((4, 6, 3))
    del del_me
    larger = shelf.take((8, 6, 3))
    assert larger.shape == (8, 6, 3) and larger.dtype == np.uint8
    larger[...] = 1
    assert larger.sum() == 8 * 6 * 3
