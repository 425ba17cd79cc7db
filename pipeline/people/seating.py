"""Where others sit, as seen from a face in the same picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

TURNED = 12.0
"""Degrees by which somebody in a room is turned to the person beside; in a call all face the camera."""


def partner_sides(faces: Mapping[str, pd.DataFrame]) -> dict[str, tuple[str, ...]]:
    """On which sides of each face of one picture the others sit; nothing where it is the picture of a call.

    People who share a room turn to each other: on the whole, the one on the left looks to the right and the
    one on the right to the left. In the tiles of a call all look ahead, wherever the others' tiles are.

    Parameters
    ----------
    faces : mapping of str to DataFrame
        The signals of each participant that one camera saw.

    Returns
    -------
    dict of str to tuple of str
        ``left``, ``right`` or both.
    """
    place = {who: float(rows["x"].median()) for who, rows in faces.items()}
    turned = {who: float(rows["yaw"].median()) for who, rows in faces.items()}
    sides = {}
    for who, x in place.items():
        rights = [turned[other] for other, there in place.items() if there > x]
        lefts = [turned[other] for other, there in place.items() if there < x]
        found = []
        if rights and (turned[who] >= TURNED or min(rights) <= -TURNED):
            found.append("right")
        if lefts and (turned[who] <= -TURNED or max(lefts) >= TURNED):
            found.append("left")
        sides[who] = tuple(sorted(found))
    return sides
