"""Signals of faces: what is measured in every picture, before anybody calls it a nod or a smile.

One table holds them, a row per face and picture. Signs are those of somebody who looks at the picture: right
is its right edge, down its bottom edge, whatever side of the person that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

SIGNALS = {
    "time": "seconds from the meeting's start, from the picture's presentation time",
    "x": "centre of the face, share of the picture's width",
    "y": "centre of the face, share of the picture's height",
    "size": "height of the face, from brow to chin, in pixels of the recording",
    "pitch": "degrees by which the head is turned down (chin to chest is positive)",
    "yaw": "degrees by which the head is turned to the right edge of the picture",
    "roll": "degrees by which the head is tilted anticlockwise in the picture",
    "smile": "mouth corners drawn up, 0 to 1",
    "mouth_open": "jaw dropped, 0 to 1",
    "lip_gap": "distance between the inner lips, share of the distance between the eyes",
    "eye_yaw": "degrees by which the eyes are turned in the head to the right edge of the picture",
    "eye_pitch": "degrees by which the eyes are turned down in the head",
    "blink": "lids shut, 0 to 1, mean of both eyes",
    "brow_down": "brows drawn down and together (AU4), 0 to 1, mean of both sides",
    "brow_grief": "inner ends of the brows raised more than the outer ends (AU1 beyond AU2), 0 to 1",
    "lip_down": "mouth corners drawn down (AU15), 0 to 1, mean of both sides",
    "lip_stretch": "mouth corners drawn straight aside (AU20), 0 to 1, mean of both sides",
    "quality": "0 to 1: how far the measurement can be trusted, from size, turn and the detector's certainty",
}
"""Columns of a table of signals, all float. Where a face was looked for and not found, there is no row."""

KEYS = ("camera", "track")
"""Columns (int) that say which camera saw the face and which of its tracks the row belongs to."""


def signal_table(rows: list[dict[str, float]] | pd.DataFrame) -> pd.DataFrame:
    """Make a table of signals of rows in any order; sorted by camera, track and time."""
    import pandas as pd

    table = pd.DataFrame(rows, columns=[*KEYS, *SIGNALS])
    table = table.astype({**dict.fromkeys(KEYS, int), **dict.fromkeys(SIGNALS, float)})
    return table.sort_values([*KEYS, "time"], ignore_index=True)
