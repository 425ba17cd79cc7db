"""States of Whisper's encoder by faster-whisper, for measures that read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FRAMES = 3000
"""Frames of features that the encoder hears at once: 30 s."""
SAMPLES = 320
"""Samples of sound by state."""


class WhisperStates:
    """Whisper's encoder. Several threads may call it at once, each working on one core.

    Parameters
    ----------
    folder : Path
        A Whisper model in the form of CTranslate2.
    compute_type : str
        Number format of CTranslate2.
    threads : int
        Calls that may run at the same time.
    """

    def __init__(self, folder: Path, *, compute_type: str = "int8", threads: int = 2) -> None:
        from faster_whisper import WhisperModel

        self._network: Any = WhisperModel(
            str(folder), device="cpu", compute_type=compute_type, cpu_threads=1, num_workers=threads
        )

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """States of at most 30 s of mono sound at 16 kHz, shape (ceil(n / 320), dimensions)."""
        return states_of(self._network, samples)


def states_of(network: Any, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """States of at most 30 s of sound by a `faster_whisper.WhisperModel`, shape (ceil(n / 320), dimensions).

    What is missing to 30 s is filled as faster-whisper fills it while it transcribes, so that these states
    and those that transcribing makes are the same.
    """
    features = network.feature_extractor(samples)[:, :-1][:, :FRAMES]
    padded = np.pad(features, ((0, 0), (0, FRAMES - features.shape[1])))
    return np.array(network.encode(padded))[0, : -(-len(samples) // SAMPLES)]
