"""How many people speak in every frame, and local voices told apart: segmentation-3.0 on onnxruntime.

The network hears ten seconds at a time and gives, every 17 ms, the probability of seven classes: nobody,
one of three voices, or two of them together (Plaquet & Bredin 2023, powerset loss). Which voice is first,
second or third differs from window to window; `pipeline.speech.clustering` finds out who they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import runs
from pipeline.media.sound import RATE, Sound
from pipeline.speech.engines import Progress

if TYPE_CHECKING:
    import onnxruntime

WINDOW = 10 * RATE
"""Samples in a window."""
WINDOW_FRAMES = 589
STEP = 270
"""Samples between frames."""
CENTRE = 495
"""Sample on which frame 0 is centred."""
WINDOW_STEP = 118
"""Frames between the starts of two windows: 2 s, so that every frame is heard five times."""
BATCH = 16

VOICES = 3
POWERSET = np.array(
    [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], dtype=np.float32
)
"""Which of the local voices speak in each class."""

FRAME_SECONDS = STEP / RATE
FIRST_EDGE = (CENTRE - STEP / 2) / RATE
"""Second at which frame 0 begins."""


@dataclass(frozen=True)
class Segmentation:
    """Speech activity of a recording, frame by frame.

    Attributes
    ----------
    voices : ndarray of uint8, shape (windows, 589, 3)
        Probability of each local voice in each window, in 1/255.
    speech : ndarray, shape (frames,)
        Probability that somebody speaks, mean over the windows that hear the frame.
    overlap : ndarray, shape (frames,)
        Probability that two speak.
    change : ndarray, shape (frames,)
        Share of the windows in which the set of active voices changes at the frame.
    """

    voices: NDArray[np.uint8]
    speech: NDArray[np.float32]
    overlap: NDArray[np.float32]
    change: NDArray[np.float32]

    @property
    def starts(self) -> NDArray[np.int64]:
        """First frame of each window, shape (windows,)."""
        return np.arange(len(self.voices)) * WINDOW_STEP

    def times(self) -> NDArray[np.floating]:
        """Second in the middle of each frame."""
        return FIRST_EDGE + (np.arange(len(self.speech)) + 0.5) * FRAME_SECONDS

    def save(self, path: Path) -> None:
        """Write to an ``.npz`` file."""
        np.savez(path, voices=self.voices, speech=self.speech, overlap=self.overlap, change=self.change)

    @classmethod
    def load(cls, path: Path) -> Segmentation:
        """Read what `save` wrote."""
        with np.load(path) as arrays:
            return cls(**{name: arrays[name] for name in ("voices", "speech", "overlap", "change")})


def frame_at(seconds: float) -> int:
    """Frame in which an instant lies; may be outside the recording."""
    return int(np.floor((seconds - FIRST_EDGE) / FRAME_SECONDS))


def second_at(frame: float) -> float:
    """Second at which a frame begins."""
    return max(0.0, FIRST_EDGE + frame * FRAME_SECONDS)


def segment(sound: Sound, session: onnxruntime.InferenceSession, *, progress: Progress) -> Segmentation:
    """Run the network over a recording in overlapping windows and average what they say.

    Parameters
    ----------
    sound : Sound
        The recording, read a batch of windows at a time.
    session : onnxruntime.InferenceSession
        segmentation-3.0 as built by `pipeline.weights.segmentation`.
    progress : callable
        Called with the share done.
    """
    window_seconds, step_seconds = WINDOW / RATE, WINDOW_STEP * STEP / RATE
    count = 1 + max(0, int(np.ceil((sound.duration - window_seconds) / step_seconds)))
    total = (count - 1) * WINDOW_STEP + WINDOW_FRAMES
    voices = np.empty((count, WINDOW_FRAMES, VOICES), np.uint8)
    heard, silence, double, change = np.zeros((4, total), np.float32)
    several = POWERSET.sum(axis=1) == 2

    for first in range(0, count, BATCH):
        indices = range(first, min(first + BATCH, count))
        batch = np.stack(
            [sound.between(i * step_seconds, i * step_seconds + window_seconds)[None] for i in indices]
        )
        classes = np.exp(session.run(None, {"wav": batch})[0])
        voices[first : first + len(batch)] = np.round(classes @ POWERSET * 255)
        winners = classes.argmax(axis=2)
        for i, probability, winner in zip(indices, classes, winners, strict=True):
            span = slice(i * WINDOW_STEP, i * WINDOW_STEP + WINDOW_FRAMES)
            heard[span] += 1
            silence[span] += probability[:, 0]
            double[span] += probability[:, several].sum(axis=1)
            change[span][1:] += winner[1:] != winner[:-1]
        progress((first + len(batch)) / count)

    frames = min(total, max(1, frame_at(sound.duration) + 1))
    shares = np.stack([heard - silence, double, change]) / np.maximum(heard, 1)
    return Segmentation(voices, *shares[:, :frames].astype(np.float32))


def speech_regions(speech: NDArray[np.float32], *, onset: float, offset: float) -> list[tuple[float, float]]:
    """Stretches of speech in seconds, with hysteresis.

    Parameters
    ----------
    speech : ndarray, shape (frames,)
        Probability of speech.
    onset, offset : float
        Speech begins above `onset` and ends below `offset`.
    """
    above = speech >= offset
    return [(second_at(a), second_at(b)) for a, b in runs(above) if speech[a:b].max() >= onset]
