"""What moves a measured head without a gesture: the mouth shifts the pitch, the body carries the head."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.face.movement import Floats, Stretch, band_pass

LARGEST_SHIFT = 6.0
"""Degrees of pitch that a full smile or a wide open mouth is believed to shift, twice what was measured."""
_PEAK_TO_PEAK = 2 * 2**0.5
"""Of a sine, in standard deviations."""
_FORESHORTENING = 0.01
"""Share of its height that a face bowed by 30 degrees seems to lose or win per degree: tan 30 degrees."""
_PRIOR = 0.1
"""Seconds of mouth movement (squared deviation, integrated) after which half of a fitted shift is believed; a
talking mouth reaches that in about 10 seconds."""


def without_mouth(pieces: Sequence[Stretch], *, pitch: int, mouth: Sequence[int]) -> list[Floats]:
    """Pitch without what smiling and opening the mouth add to it.

    The landmarker fits a rigid face to landmarks that move with the mouth; a full smile shifts the pitch by 3
    to 4.5 degrees, an open mouth by -2.5 (measured on rendered faces). How much is fitted for each person,
    over all they do.

    Parameters
    ----------
    pieces : sequence of Stretch
        Signals of one face.
    pitch : int
        Which of the signals is the pitch, in degrees.
    mouth : sequence of int
        Which are the smile and the opening of the mouth, 0 to 1.

    Returns
    -------
    list of ndarray, shape (samples,)
        One for each piece, in degrees.
    """
    if not pieces:
        return []
    rows = [*mouth, pitch]
    # Slow changes are posture, which goes along with moods and mouths without being caused by them.
    moving = [band_pass(p.values[rows], p.rate, 0.15, 4.0) for p in pieces if p.values.shape[1] > p.rate]
    if not moving:
        return [piece.values[pitch] for piece in pieces]
    joined = np.concatenate(moving, axis=1)
    shift = _robust_fit(joined[:-1].T, joined[-1], prior=_PRIOR * pieces[0].rate)
    shift = np.clip(shift, -LARGEST_SHIFT, LARGEST_SHIFT)
    return [piece.values[pitch] - shift @ piece.values[list(mouth)] for piece in pieces]


def _robust_fit(causes: Floats, effect: Floats, prior: float) -> Floats:
    """Slopes of a line through zero: Huber's weights, and drawn towards zero where there is little to go by.

    Parameters
    ----------
    causes : ndarray, shape (samples, causes)
    effect : ndarray, shape (samples,)
    prior : float
        Weight of the belief that there is no effect, as a sum of squares of a cause.
    """
    slopes = np.zeros(causes.shape[1])
    for _ in range(10):
        rest = effect - causes @ slopes
        spread = max(1.4826 * float(np.median(np.abs(rest))), 1e-3)
        weights = np.minimum(1.0, 1.345 * spread / np.maximum(np.abs(rest), 1e-9))
        weighted = causes * weights[:, None]
        # Real nods are far off the line and weigh little; the prior is a sum of squares too.
        slopes = np.linalg.solve(weighted.T @ causes + prior * np.eye(len(slopes)), weighted.T @ effect)
    fitted: Floats = slopes
    return fitted


def body_share(
    place: Floats,
    turn: Floats,
    picture: tuple[float, float] | None,
    *,
    bows: bool,
    sway: float,
    lean: float,
) -> float:
    """How far a movement of the head may have been the body's, 0 (the head alone) to 1 (the body).

    Parameters
    ----------
    place : ndarray, shape (3, samples)
        Centre of the face (shares of the picture's width and height) and its height (share of what is usual),
        in the band of gestures while the head moved.
    turn : ndarray, shape (samples,)
        The angle, in degrees, in the same band and time.
    picture : (width, height) or None
        In heights of the face. Without it only leaning is noticed.
    bows : bool
        Whether the angle is the pitch, which makes the face look shorter or taller.
    sway, lean : float
        Shift in heights of the face per degree, and change of the face's height beyond what the turn
        explains, at which it is the body; up to half of that it is the head.
    """
    turned, size = (_PEAK_TO_PEAK * float(np.std(row)) for row in (turn, place[2]))
    explained = _FORESHORTENING * turned if bows else 0.0
    shares = [max(0.0, size - explained) / lean]
    if picture is not None:
        shift = np.hypot(np.std(place[0]) * picture[0], np.std(place[1]) * picture[1])
        shares.append(float(shift) / max(float(np.std(turn)), 1e-6) / sway)
    return float(np.clip(2 * max(shares) - 1, 0, 1))


def mouth_share(mouth: Floats, turn: Floats) -> float:
    """How far the mouth alone could have made a movement, 0 to 1.

    Shapes of the mouth that no line accounts for shift the measured angles as well, the pitch where lips are
    pursed or pressed, the yaw where they are skewed. So where the mouth moves a lot and the head little, it
    cannot be told which of them moved.

    Parameters
    ----------
    mouth : ndarray, shape (2, samples)
        Smile and opening of the mouth, in the band of gestures while the head moved.
    turn : ndarray, shape (samples,)
        The angle, in degrees, in the same band and time.
    """
    moved = LARGEST_SHIFT * float(np.hypot(*np.ptp(mouth, axis=1)))
    return float(np.clip(moved / max(_PEAK_TO_PEAK * float(np.std(turn)), 1e-6), 0, 1))
