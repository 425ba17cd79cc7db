"""Which voice is heard in which frame: voiceprints and local voices brought together.

1. Every voiceprint speaks for its frames: similarity to each voice, smoothed.
2. A hidden Markov model over frames gives the probability that a voice has the floor. Changing is cheap
   where the segmentation hears a change of voices, or silence.
3. In each window a local voice belongs to the voices that have the floor while it speaks alone. So where
   two speak, the local voices of the windows around tell who the second one is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.speech.segmentation import FRAME_SECONDS, WINDOW_FRAMES, Segmentation
from pipeline.speech.voiceprints import Voiceprints

Frames = NDArray[np.float32]


@dataclass(frozen=True)
class DecodeSettings:
    """How frames are decided.

    Attributes
    ----------
    width : float
        Seconds (standard deviation) over which a voiceprint speaks for frames.
    outside : float
        Weight of a voiceprint for frames in which its voice was not heard alone.
    sharpness : float
        Log-likelihood per 0.1 s and unit of cosine similarity.
    stay : float
        Probability that the floor is kept from one frame to the next.
    at_change, in_silence : float
        Share of the cost of a change that is let off where voices change, and in silence.
    speech, overlap : float
        Probability from which a frame is speech, and overlap.
    """

    width: float = 0.35
    outside: float = 0.1
    sharpness: float = 12.0
    stay: float = 0.985
    at_change: float = 0.85
    in_silence: float = 0.8
    speech: float = 0.5
    overlap: float = 0.5


def decode(
    prints: Voiceprints, centroids: NDArray[np.float32], segmentation: Segmentation, settings: DecodeSettings
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Probability and decision per frame and voice.

    Returns
    -------
    probability : ndarray, shape (frames, voices)
    active : ndarray of bool, shape (frames, voices)
    """
    frames, voices = len(segmentation.speech), len(centroids)
    speech = segmentation.speech >= settings.speech
    if voices == 1:
        return segmentation.speech[:, None].copy(), speech[:, None]
    scores = _frame_scores(prints, centroids, frames, settings)
    floor = _floor(scores, segmentation, settings)
    holder = floor.argmax(axis=1)
    second = _second_voice(floor, segmentation)

    probability = segmentation.speech[:, None] * floor + segmentation.overlap[:, None] * second
    active = np.zeros((frames, voices), bool)
    active[speech, holder[speech]] = True
    both = speech & (segmentation.overlap >= settings.overlap)
    active[both, second[both].argmax(axis=1)] = True
    return np.minimum(probability, 1).astype(np.float32), active


def _frame_scores(
    prints: Voiceprints, centroids: NDArray[np.float32], frames: int, settings: DecodeSettings
) -> Frames:
    """Similarity of each frame to each voice, shape (frames, voices)."""
    similarity = prints.vectors @ centroids.T
    width = prints.alone.shape[1]
    bell = np.exp(-0.5 * ((np.arange(width) - width / 2) * FRAME_SECONDS / settings.width) ** 2)
    weights = bell * np.where(prints.alone, 1.0, settings.outside)
    where = np.clip(prints.first[:, None] + np.arange(width), 0, frames - 1)
    total = np.bincount(where.ravel(), weights.ravel(), minlength=frames)
    scores = np.stack(
        [
            np.bincount(where.ravel(), (weights * column[:, None]).ravel(), minlength=frames)
            for column in similarity.T
        ],
        axis=1,
    )
    return np.where(total[:, None] > 1e-6, scores / np.maximum(total, 1e-6)[:, None], 0).astype(np.float32)


def _floor(scores: Frames, segmentation: Segmentation, settings: DecodeSettings) -> Frames:
    """Probability that each voice has the floor, by the forward-backward algorithm: (frames, voices)."""
    frames, voices = scores.shape
    sharpness = settings.sharpness * FRAME_SECONDS / 0.1
    emission = np.exp(sharpness * (scores - scores.max(axis=1, keepdims=True)))
    nearby = np.lib.stride_tricks.sliding_window_view(np.pad(segmentation.change, 3), 7).max(axis=1)
    discount = np.where(
        segmentation.speech >= settings.speech,
        settings.at_change * np.minimum(nearby, 1),
        settings.in_silence,
    )
    switch = ((1 - settings.stay) / (voices - 1)) ** (1 - discount)
    switch = np.minimum(switch, 1 / voices)
    keep = 1 - (voices - 1) * switch - switch  # what staying adds to the chance that any change has

    forward, backward = np.empty((2, frames, voices), np.float32)
    state = emission[0] / emission[0].sum()
    forward[0] = state
    for t in range(1, frames):
        state = (switch[t] + keep[t] * state) * emission[t]
        state /= state.sum()
        forward[t] = state
    state = np.full(voices, 1 / voices)
    backward[-1] = state
    for t in range(frames - 1, 0, -1):
        state = state * emission[t]
        state = switch[t] * state.sum() + keep[t] * state
        state /= state.sum()
        backward[t - 1] = state
    floor = forward * backward
    return floor / floor.sum(axis=1, keepdims=True)


def _second_voice(floor: Frames, segmentation: Segmentation, reach: float = 3.0) -> Frames:
    """Who else may be heard in a frame besides the voice that has the floor: (frames, voices), rows sum to 1.

    Where no window tells, whoever has the floor within `reach` seconds.
    """
    frames, voices = floor.shape
    votes = np.zeros((frames, voices), np.float32)
    single = (segmentation.speech >= 0.5) & (segmentation.overlap < 0.5)
    for start, window in zip(segmentation.starts, segmentation.voices, strict=True):
        span = slice(start, min(start + WINDOW_FRAMES, frames))
        local = window[: span.stop - start] / 255.0
        if (segmentation.overlap[span] < 0.1).all():
            continue
        alone = local * single[span, None]
        owner = alone.T @ floor[span]
        votes[span] += local @ (owner / np.maximum(owner.sum(axis=1, keepdims=True), 1e-9))

    width = round(reach / FRAME_SECONDS)
    sums = np.concatenate([np.zeros((1, voices)), np.cumsum(floor * segmentation.speech[:, None], axis=0)])
    index = np.arange(frames)
    around = sums[np.minimum(index + width, frames)] - sums[np.maximum(index - width, 0)]
    votes += 1e-3 * around / np.maximum(around.sum(axis=1, keepdims=True), 1e-9) + 1e-9
    votes[index, floor.argmax(axis=1)] = 0
    return votes / votes.sum(axis=1, keepdims=True)
