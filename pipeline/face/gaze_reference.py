"""The direction in which a person looks most: the reference against which the view is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.face.movement import Floats

if TYPE_CHECKING:
    from pipeline.face.gaze import GazeSettings

_BIN = 1.0
"""Degrees of a cell of the histogram of directions."""
_LIMIT = 90
"""Degrees at which the histogram ends."""
_BLUR = (2.5, 4.0)
"""Standard deviation in degrees of the measured angle, sideways and up or down."""
_ASIDE = 5.0
"""Degrees to one side from which on a view may be at a partner on that side."""
_LEAST_SHARE = 0.1
"""Share of the time that a partner on a side must be looked at to be taken for the reference."""
_ENOUGH = 20.0
"""Seconds of view after which the reference is half trusted."""


@dataclass(frozen=True)
class Reference:
    """Where somebody looks most.

    Attributes
    ----------
    centres : list of ndarray, shape (2, samples)
        Degrees to the right and down of each reference at every moment; several where partners sit on both
        sides.
    confidence : float
        0 to 1, from how long the person was seen and how much of that they look there.
    """

    centres: list[Floats]
    confidence: float


def find_reference(
    grid: Floats, view: Floats, weights: Floats, sides: Sequence[str], settings: GazeSettings
) -> Reference:
    """Find the reference.

    Parameters
    ----------
    grid : ndarray, shape (samples,)
        Seconds, evenly spaced.
    view : ndarray, shape (2, samples)
        Degrees to the right and down; NaN where not known.
    weights : ndarray, shape (samples,)
        How much each moment counts.
    sides : sequence of str
        ``left`` and ``right``: where partners sit. Empty for a call.
    settings : GazeSettings
        See there.

    Returns
    -------
    Reference
        The middle of the picture, with confidence 0, where the view is never known.
    """
    known = np.isfinite(view).all(axis=0)
    if not known.any():
        return Reference([np.zeros((2, len(grid)))], 0.0)
    seconds = float(known.sum()) * (grid[1] - grid[0])
    modes = []
    for side in dict.fromkeys(sides):
        there = known & (view[0] > _ASIDE if side == "right" else view[0] < -_ASIDE)
        if weights[there].sum() >= _LEAST_SHARE * weights[known].sum():
            modes.append(_mode(view[:, there], weights[there]))
    expected = not sides or bool(modes)
    modes = modes or [_mode(view[:, known], weights[known])]
    limits = np.array([[settings.across], [settings.along]])
    near = np.zeros(len(grid), bool)
    centres = []
    for mode in modes:
        inside = known & (np.hypot(*((view - mode[:, None]) / limits)) <= 1)
        centres.append(_following(grid, view, weights, inside, mode, settings.window))
        near |= inside
    share = float(weights[near].sum() / weights[known].sum())
    trust = seconds / (seconds + _ENOUGH) * min(1.0, 0.4 + share)
    return Reference(centres, trust if expected else 0.4 * trust)


def _mode(view: Floats, weights: Floats) -> Floats:
    """Most frequent direction, in degrees, shape (2,): the top of a blurred histogram."""
    from scipy.ndimage import gaussian_filter

    edges = np.linspace(-_LIMIT, _LIMIT, round(2 * _LIMIT / _BIN) + 1)
    inside = view.clip(-_LIMIT, _LIMIT)
    counts = np.histogram2d(inside[0], inside[1], bins=[edges, edges], weights=weights)[0]
    blurred = gaussian_filter(counts, [width / _BIN for width in _BLUR])
    top = np.array(np.unravel_index(int(blurred.argmax()), blurred.shape))
    mode = (top + 0.5) * _BIN - _LIMIT
    # The middle of what lies around the top is finer than the cells.
    around = (np.abs(view - mode[:, None]) <= [[2 * width] for width in _BLUR]).all(axis=0)
    if around.any():
        mode = np.median(view[:, around], axis=1)
    return mode


def _following(
    grid: Floats, view: Floats, weights: Floats, near: NDArray[np.bool_], mode: Floats, window: float
) -> Floats:
    """The reference over time: it follows a changed seat, but never further than what counts as near it."""
    marks = np.arange(grid[0], grid[-1] + window / 4, window / 4)
    followed = []
    for mark in marks:
        first, last = np.searchsorted(grid, [mark - window / 2, mark + window / 2])
        there = near[first:last]
        own = weights[first:last][there].sum() * (grid[1] - grid[0])
        local = np.median(view[:, first:last][:, there], axis=1) if there.any() else mode
        followed.append((own * local + 5.0 * mode) / (own + 5.0))  # little seen: rather the whole meeting
    return np.array([np.interp(grid, marks, axis) for axis in np.array(followed).T])
