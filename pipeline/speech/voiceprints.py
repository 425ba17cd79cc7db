"""Voice embeddings of short stretches in which one local voice speaks alone: CAM++ on onnxruntime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.media.sound import RATE, Sound
from pipeline.speech.engines import Progress
from pipeline.speech.filterbank import HOP, LENGTH, filter_bank
from pipeline.speech.segmentation import (
    FRAME_SECONDS,
    STEP,
    VOICES,
    WINDOW_FRAMES,
    WINDOW_STEP,
    Segmentation,
    frame_at,
    second_at,
)

if TYPE_CHECKING:
    import onnxruntime

SIZE = 192
BATCH = 8


@dataclass(frozen=True)
class Voiceprints:
    """Unit vectors that say who speaks, and the frames that each speaks for.

    Attributes
    ----------
    vectors : ndarray, shape (n, 192)
        Cosine similarity tells voices apart.
    first : ndarray of int, shape (n,)
        First frame of each stretch.
    alone : ndarray of bool, shape (n, frames of a stretch)
        Frames of the stretch in which the voice speaks alone.
    """

    vectors: NDArray[np.float32]
    first: NDArray[np.int64]
    alone: NDArray[np.bool_]


@dataclass(frozen=True)
class StretchSettings:
    """What is embedded.

    Attributes
    ----------
    length, hop : float
        Seconds of a stretch, and between stretches.
    least : float
        Seconds that the voice must speak alone in it.
    """

    length: float = 1.5
    hop: float = 0.5
    least: float = 0.5


def voiceprints(
    sound: Sound,
    segmentation: Segmentation,
    session: onnxruntime.InferenceSession,
    settings: StretchSettings,
    *,
    progress: Progress,
) -> Voiceprints:
    """Embed every local voice of every stretch in which it speaks alone long enough."""
    width = round(settings.length / FRAME_SECONDS)
    starts = np.arange(0, max(0.0, sound.duration - settings.least), settings.hop)
    single = (segmentation.speech >= 0.5) & (segmentation.overlap < 0.5)
    vectors, first, alone = [np.zeros((0, SIZE), np.float32)], [], []

    block = round(30 / settings.hop)
    for begin in range(0, len(starts), block):
        group = starts[begin : begin + block]
        bank = filter_bank(sound.between(group[0], group[-1] + settings.length))
        features = []
        for start in group:
            origin = frame_at(start)
            for mask in _voices_alone(segmentation, single, origin, width):
                if mask.sum() * FRAME_SECONDS < settings.least:
                    continue
                rows = _rows_of(mask, origin, start, group[0], settings.length, len(bank))
                if len(rows) >= 40:
                    features.append(bank[rows] - bank[rows].mean(axis=0))
                    first.append(origin)
                    alone.append(mask)
        vectors.append(_embed(features, session))
        progress(min(1.0, (begin + block) / len(starts)))

    return Voiceprints(
        np.concatenate(vectors),
        np.array(first, np.int64),
        np.array(alone, bool).reshape(len(first), width),
    )


def _voices_alone(
    segmentation: Segmentation, single: NDArray[np.bool_], origin: int, width: int
) -> list[NDArray[np.bool_]]:
    """For each local voice of the window around a stretch, the frames in which it speaks alone."""
    centre = origin + width / 2 - WINDOW_FRAMES / 2
    window = int(np.clip(round(centre / WINDOW_STEP), 0, len(segmentation.voices) - 1))
    local = np.arange(origin, origin + width)
    inside = (local >= 0) & (local < len(single))
    position = np.clip(local - window * WINDOW_STEP, 0, WINDOW_FRAMES - 1)
    active = segmentation.voices[window, position] >= 128
    undisturbed = inside & single[np.clip(local, 0, len(single) - 1)] & (active.sum(axis=1) == 1)
    return [active[:, voice] & undisturbed for voice in range(VOICES)]


def _rows_of(
    mask: NDArray[np.bool_], origin: int, start: float, block_start: float, length: float, rows: int
) -> NDArray[np.int64]:
    """Rows of the block's filter bank that lie in the marked frames of a stretch."""
    offset = round((start - block_start) * RATE / HOP)
    indices = np.arange(offset, min(offset + round(length * RATE / HOP), rows))
    centres = block_start + (indices * HOP + LENGTH / 2) / RATE
    frames = np.floor((centres - second_at(0)) * RATE / STEP).astype(int) - origin
    return indices[mask[np.clip(frames, 0, len(mask) - 1)]]


def _embed(features: list[NDArray[np.float32]], session: onnxruntime.InferenceSession) -> NDArray[np.float32]:
    """Unit vectors of feature matrices; those of equal length go through the network together."""
    lengths = np.array([len(feature) // 10 * 10 for feature in features], int)
    vectors = np.zeros((len(features), SIZE), np.float32)
    for length in np.unique(lengths):
        members = np.flatnonzero(lengths == length)
        for group in np.array_split(members, -(-len(members) // BATCH)):
            stacked = np.stack([features[i][:length] for i in group])
            vectors[group] = session.run(None, {"feats": stacked})[0]
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(norms, 1e-9)
    return unit
