"""The view where it cannot be measured for a moment: blinks, and the head turning against the eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.face.movement import Floats
from pipeline.intervals import runs

if TYPE_CHECKING:
    from pipeline.face.gaze import GazeSettings


def without_blinks(view: Floats, blink: Floats, rate: float, settings: GazeSettings) -> NDArray[np.bool_]:
    """Bridge blinks in the view, in place, and return the samples at which the eyes are shut for longer."""
    known = np.isfinite(blink)
    usual = float(np.percentile(blink[known], 30)) if known.any() else 0.0
    lids = np.where(known, (blink - usual) / max(1 - usual, 0.1), 0.0)
    shut = np.zeros(len(blink), bool)
    margin = round(0.07 * rate)  # the eyes' measured angle leaves with the lids, before they count as shut
    for first, last in runs(lids > settings.lids):
        if (last - first) / rate <= settings.blink:
            bridge(view, first - margin, last + margin)
        else:
            shut[first:last] = lids[first:last] > settings.shut
    return shut


def bridge(view: Floats, first: int, last: int) -> None:
    """Lead the view straight from before some samples to after them, in place, where both are known."""
    before, after = first - 1, last
    if before >= 0 and after < view.shape[1] and np.isfinite(view[:, [before, after]]).all():
        steps = np.linspace(0, 1, after - before + 1)
        view[:, before : after + 1] = view[:, [before]] + steps * (view[:, [after]] - view[:, [before]])
