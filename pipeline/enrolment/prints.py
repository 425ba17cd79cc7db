"""One unit vector for a voice, of the stretches in which it speaks alone: CAM++ on onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline import models
from pipeline.enrolment.alone import Span
from pipeline.media.clock import Clock
from pipeline.media.sound import RATE, Sound
from pipeline.networks import keep_open
from pipeline.speech.filterbank import HOP, filter_bank
from pipeline.speech.voiceprints import BATCH, SIZE

if TYPE_CHECKING:
    import onnxruntime

THREADS = 2
PIECE = 3.0
"""Seconds embedded at a time; 1.5 and 6 s keep voices of development about as far apart."""
MOST = 120.0
"""Seconds of a voice that are listened to, spread over the meeting: more changes the mean hardly."""
SILENT = 1e-4
"""Of full scale: no microphone is as quiet as a stretch that stays under it."""
ROWS = round(RATE / HOP)
"""Rows of the filter bank a second."""


@dataclass(frozen=True)
class Voiceprint:
    """A voice in one meeting.

    Attributes
    ----------
    vector : ndarray, shape (192,)
        A unit vector; cosine similarity tells voices apart.
    seconds : float
        Seconds of speech that it is made of.
    """

    vector: NDArray[np.float32]
    seconds: float


def made_by() -> str:
    """Version of what makes voiceprints: this module's and the network's. Only equal ones are compared."""
    return f"1-{models.digest('campplus')}"


def session() -> onnxruntime.InferenceSession:
    """The network, opened once a process."""
    return keep_open(models.path("campplus", "campplus.onnx"), THREADS)


def voiceprint(sound: Sound, clock: Clock, spans: Sequence[Span]) -> Voiceprint:
    """The voice that is heard in stretches of a meeting.

    Parameters
    ----------
    sound : Sound
        What is listened to; where it is silent, or has ended, there is no voice.
    clock : Clock
        How its time becomes the meeting's.
    spans : sequence of (start, end)
        Seconds of the meeting.
    """
    own = [sound.between(clock.own(start), clock.own(end)) for start, end in spread(spans, MOST)]
    rows = [filter_bank(heard) for heard in own if np.max(np.abs(heard), initial=0.0) > SILENT]
    if not rows:
        return Voiceprint(np.zeros(SIZE, np.float32), 0.0)
    joined = np.concatenate(rows)
    return Voiceprint(mean_voice(embed(joined)), len(joined) / ROWS)


def spread(spans: Sequence[Span], most: float) -> list[Span]:
    """Stretches as they are if they last no longer than `most` seconds in all, else pieces of all of them."""
    if sum(end - start for start, end in spans) <= most:
        return list(spans)
    pieces = [
        (at, min(at + PIECE, end)) for start, end in spans for at in np.arange(start, end, PIECE).tolist()
    ]
    chosen = np.linspace(0, len(pieces) - 1, round(most / PIECE)).round().astype(int)
    return [pieces[i] for i in np.unique(chosen)]


def embed(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit vectors of pieces of about `PIECE` seconds.

    Parameters
    ----------
    rows : ndarray, shape (n, 80)
        Filter bank of one voice; stretches of it may follow each other.

    Returns
    -------
    ndarray, shape (pieces, 192)
    """
    count = max(1, round(len(rows) / (PIECE * ROWS)))
    length = len(rows) // count
    pieces = rows[: count * length].reshape(count, length, -1)
    features = pieces - pieces.mean(axis=1, keepdims=True)
    network, vectors = session(), np.zeros((count, SIZE), np.float32)
    for first in range(0, count, BATCH):
        vectors[first : first + BATCH] = network.run(None, {"feats": features[first : first + BATCH]})[0]
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-9))


def mean_voice(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The direction of the mean of unit vectors, shape (192,)."""
    mean = vectors.mean(axis=0)
    unit: NDArray[np.float32] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return unit
