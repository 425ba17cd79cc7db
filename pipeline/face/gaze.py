"""Where somebody looks, as a sequence of states, calibrated without asking.

The direction of the view is that of the head plus that of the eyes in it. Angles measured from a face are off
by degrees that depend on person, seat and camera, so no fixed angle means "at the partner". But people look
at whom they talk with most of the time, more so while listening than while speaking (Kendon 1967; Argyle &
Cook 1976): the direction a person looks in most is the reference, and what counts is the way from there.

In a video call everybody faces the own camera, and the partner's picture, the rest of the screen and the
camera cannot be told apart without a calibration: there, by convention, ``towards_partner`` says that
somebody looks where they look most, at the screen, and ``camera`` is never said. In a room with several
people in one picture, the partner is to the left or to the right, and the reference is looked for on that
side; ``camera`` is then a view straight into the lens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.face.gaze_reference import Reference, find_reference
from pipeline.face.movement import Floats, median_smooth, on_grid, settle
from pipeline.face.view import bridge, without_blinks
from pipeline.intervals import runs

if TYPE_CHECKING:
    import pandas as pd

RATE = 30.0
"""Samples per second of the grid."""
STATES = ("towards_partner", "camera", "down", "away", "unknown")
_PARTNER, _CAMERA, _DOWN, _AWAY, _UNKNOWN = range(len(STATES))
_COLUMNS = ("yaw", "pitch", "eye_yaw", "eye_pitch", "blink", "quality")

Spans = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class GazeSettings:
    """How the view is judged.

    Attributes
    ----------
    across, along : float
        Degrees sideways, and up or down, within which somebody looks at the reference. The measured angle is
        off by 2.3 degrees sideways and 5.6 up or down on labelled photographs; a partner's face and its
        surroundings on a laptop's screen or across a table are within 8 degrees of its middle.
    back : float
        Share of these within which somebody who looked away looks at the reference again (hysteresis).
    shortest : float
        Seconds that an episode lasts at least.
    smooth, smooth_along : float
        Seconds of the running median, sideways and up or down; the latter is longer, for nods.
    lids : float
        Rise of `blink` over its usual value, as a share of the way to 1, from which on the lids matter.
    shut : float
        The same for eyes that are shut, rather than lowered for looking down.
    blink : float
        Seconds that a blink lasts at most; it is bridged.
    bowed : float
        Degrees by which the head is bowed when long shut lids are taken for looking down.
    profile : float
        Degrees of yaw from which on the view is not known.
    quality : float
        Pictures trusted less than this say nothing about the view.
    window : float
        Seconds over which the reference may follow a changed seat.
    """

    across: float = 10.0
    along: float = 12.0
    back: float = 0.8
    shortest: float = 0.2
    smooth: float = 0.15
    smooth_along: float = 0.4
    lids: float = 0.35
    shut: float = 0.5
    blink: float = 0.4
    bowed: float = 10.0
    profile: float = 50.0
    quality: float = 0.3
    window: float = 180.0


@dataclass(frozen=True)
class GazeEpisode:
    """A stretch of time in which somebody looks the same way.

    Attributes
    ----------
    state : str
        One of `STATES`.
    start, end : float
        Seconds.
    confidence : float
        0 to 1; NaN for ``unknown``.
    direction : str
        For ``away`` and ``down``: ``left``, ``right``, ``up``, ``down`` in the picture, or two of them as in
        ``up left``. In a room, for ``towards_partner``: the partner's side.
    """

    state: str
    start: float
    end: float
    confidence: float
    direction: str = ""


@dataclass(frozen=True)
class MutualGaze:
    """When two people look at each other, in seconds; `confidence` is the product of both."""

    start: float
    end: float
    confidence: float


def find_gaze(
    signals: pd.DataFrame,
    settings: GazeSettings,
    *,
    speaking: Spans = (),
    listening: Spans = (),
    gestures: Spans = (),
    sides: Sequence[str] = (),
) -> list[GazeEpisode]:
    """Where one face, seen by one camera, looks.

    Parameters
    ----------
    signals : DataFrame
        Rows of one track with the columns of `pipeline.face.signals.SIGNALS`, in order of time.
    settings : GazeSettings
        See there.
    speaking, listening : sequence of (start, end)
        When the person speaks, and when somebody else does.
    gestures : sequence of (start, end)
        When the person nods or shakes the head: the eyes then turn against the head and stay where they were.
    sides : sequence of str
        Where in the picture the partners sit, as seen from this face: ``left``, ``right`` or both. Empty for
        a call, or where nobody else is in the picture.

    Returns
    -------
    list of GazeEpisode
        In order and without holes, from the first picture with the face to the last.
    """
    values = signals[list(_COLUMNS)].to_numpy(float).T
    grid, drawn = on_grid(signals["time"].to_numpy(float), values, RATE)
    if len(grid) < 2:
        return []
    yaw, pitch, eye_yaw, eye_pitch, blink, quality = drawn
    seen = np.isfinite(drawn).all(axis=0) & (np.abs(yaw) <= settings.profile) & (quality >= settings.quality)
    view = np.array([yaw + eye_yaw, pitch + eye_pitch])
    view[:, ~seen] = np.nan
    shut = without_blinks(view, blink, RATE, settings)
    for start, end in gestures:
        bridge(view, int(np.searchsorted(grid, start)), int(np.searchsorted(grid, end)))
    view[0] = median_smooth(view[0], round(settings.smooth * RATE))
    view[1] = median_smooth(view[1], round(settings.smooth_along * RATE))
    open_eyed = view.copy()
    open_eyed[:, shut] = np.nan
    weights = _weights(grid, speaking, listening)
    reference = find_reference(grid, open_eyed, weights, sides, settings)
    bowed = pitch - np.nanmedian(pitch) > settings.bowed if seen.any() else shut
    states, off, side = _states(view, shut, bowed, reference, bool(sides), settings)
    states = settle(states, max(1, round(settings.shortest * RATE)))
    return _episodes(grid, states, off, side, view, quality, reference, sides, settings)


def mutual_gaze(
    one: Sequence[GazeEpisode], other: Sequence[GazeEpisode], shortest: float = 0.2
) -> list[MutualGaze]:
    """Where both look towards each other at once, for `shortest` seconds or more, in order.

    With more than two people this holds only if ``towards_partner`` means the other one of these two.
    """
    ones, others = (
        [episode for episode in episodes if episode.state == STATES[_PARTNER]] for episodes in (one, other)
    )
    found, j = [], 0
    for a in ones:
        while j < len(others) and others[j].end <= a.start:
            j += 1
        for b in others[j:]:
            if b.start >= a.end:
                break
            start, end = max(a.start, b.start), min(a.end, b.end)
            if end - start >= shortest - 1e-9:
                found.append(MutualGaze(start, end, a.confidence * b.confidence))
    return found


def _weights(grid: Floats, speaking: Spans, listening: Spans) -> Floats:
    """How much a moment says about where the partner is: most while listening."""
    weights = np.full(len(grid), 0.25)
    for spans, weight in ((speaking, 0.5), (listening, 1.0)):
        for start, end in spans:
            inside = slice(int(np.searchsorted(grid, start)), int(np.searchsorted(grid, end)))
            weights[inside] = np.maximum(weights[inside], weight)
    return weights


def _states(
    view: Floats,
    shut: NDArray[np.bool_],
    bowed: NDArray[np.bool_],
    reference: Reference,
    in_room: bool,
    settings: GazeSettings,
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """State of every sample, how far off it is (1: at the limit), and which way, in degrees."""
    from_reference = np.array([view - centre for centre in reference.centres])
    limits = np.array([[settings.across], [settings.along]])
    distances = np.hypot(*np.moveaxis(from_reference / limits, 1, 0))
    distances = np.where(np.isfinite(distances), distances, np.inf)
    nearest = distances.argmin(axis=0)
    off = distances.min(axis=0)
    away = from_reference[nearest, :, np.arange(len(nearest))].T
    states = np.full(len(off), _UNKNOWN)
    known = np.isfinite(off)
    inside = known & (off <= 1)
    for first, last in runs(inside):  # back only where the view comes well inside
        if first > 0 and known[first - 1] and off[first:last].min() > settings.back:
            inside[first:last] = False
    states[known] = np.where(inside[known], _PARTNER, _AWAY)
    states[states == _AWAY] = np.where(_lowered(away / limits, states == _AWAY), _DOWN, _AWAY)
    if in_room:
        with np.errstate(invalid="ignore"):
            lens = np.hypot(*(view / limits))
            camera = known & ~inside & (lens <= 1)
        states[camera], off[camera] = _CAMERA, lens[camera]
    states[shut] = np.where((bowed & known)[shut], _DOWN, _UNKNOWN)
    return states.astype(np.int64), off, away


def _lowered(away: Floats, outside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the samples that are `outside`, those that look down rather than aside.

    A view between both stays what it was (hysteresis): notes lie to one side of a table.
    """
    lowered = np.zeros(outside.sum(), bool)
    at = 0
    for first, last in runs(outside):
        down, aside = away[1, first:last], np.abs(away[0, first:last])
        clear = np.where(down > 1.2 * aside, 1, np.where(1.2 * down < aside, -1, 0))
        clear[0] = clear[0] or (1 if np.median(down - aside) > 0 else -1)
        last_clear = np.maximum.accumulate(np.where(clear != 0, np.arange(len(clear)), 0))
        lowered[at : at + len(clear)] = clear[last_clear] > 0
        at += len(clear)
    return lowered


def _episodes(
    grid: Floats,
    states: NDArray[np.int64],
    off: Floats,
    away: Floats,
    view: Floats,
    quality: Floats,
    reference: Reference,
    sides: Sequence[str],
    settings: GazeSettings,
) -> list[GazeEpisode]:
    """Runs of states as episodes that follow each other without a hole."""
    edges = [0, *(np.flatnonzero(np.diff(states)) + 1).tolist(), len(states)]
    found = []
    for first, last in pairwise(edges):
        state = int(states[first])
        inside = slice(first, last)
        end = float(grid[min(last, len(grid) - 1)])
        trust, direction = float("nan"), ""
        if state != _UNKNOWN:
            middle = float(np.median(off[inside]))
            clear = 1 - 0.5 * middle if state in (_PARTNER, _CAMERA) else 1 - 0.5 / max(middle, 0.5)
            trust = clear * reference.confidence * float(np.nanmean(quality[inside])) ** 0.5
            across, along = np.nanmedian(away[:, inside], axis=1)
            if state in (_DOWN, _AWAY):
                direction = _direction(across / settings.across, along / settings.along)
            elif state == _PARTNER and sides:
                direction = "right" if np.nanmedian(view[0, inside]) > 0 else "left"
        trust = float(np.clip(trust, 0, 1))  # NaN stays
        found.append(GazeEpisode(STATES[state], float(grid[first]), end, trust, direction))
    return found


def _direction(across: float, along: float) -> str:
    """Words for a direction given in limits; of two, the weaker one is said if it is half as strong."""
    strongest = max(abs(across), abs(along), 1e-9)
    words = []
    if abs(along) >= 0.5 * strongest:
        words.append("down" if along > 0 else "up")
    if abs(across) >= 0.5 * strongest:
        words.append("right" if across > 0 else "left")
    return " ".join(words)
