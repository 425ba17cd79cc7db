"""States of Whisper's encoder by faster-whisper: kept while it transcribes, or computed for themselves."""

from __future__ import annotations

from pathlib import Path
from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray

FRAMES = 3000
"""Frames of features that the encoder hears at once: 30 s."""
SAMPLES = 320
"""Samples of sound by state."""

States = NDArray[np.float32]


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

    def __call__(self, samples: NDArray[np.float32]) -> States:
        """States of at most 30 s of mono sound at 16 kHz, shape (ceil(n / 320), dimensions)."""
        return states_of(self._network, samples)


class KeptStates:
    """What a `faster_whisper.WhisperModel` last encoded in each thread, which it would forget.

    Parameters
    ----------
    network : faster_whisper.WhisperModel
        Its `encode` is replaced by one that keeps what it returns.
    """

    def __init__(self, network: Any) -> None:
        self._kept, encode = local(), network.encode

        def encode_and_keep(features: NDArray[np.float32]) -> Any:
            encoded = encode(features)
            if self.wanted:
                self._kept.first = encoded
            return encoded

        network.encode = encode_and_keep

    @property
    def wanted(self) -> bool:
        """Whether this thread waits for the states of its passage: the first ones, those of its beginning."""
        return getattr(self._kept, "first", None) is None

    def forget(self) -> None:
        """Begin a new passage in this thread."""
        self._kept.first = None

    def take(self, samples: int) -> States | None:
        """States of a passage of so many samples, shape (ceil(samples / 320), dimensions); None if none."""
        encoded = getattr(self._kept, "first", None)
        self.forget()
        return None if encoded is None else _of_samples(encoded, samples)


def states_of(network: Any, samples: NDArray[np.float32]) -> States:
    """States of at most 30 s of sound by a `faster_whisper.WhisperModel`, shape (ceil(n / 320), dimensions).

    What is missing to 30 s is filled as faster-whisper fills it while it transcribes, so that these states
    and those that transcribing makes are the same.
    """
    features = network.feature_extractor(samples)[:, :-1][:, :FRAMES]
    padded = np.pad(features, ((0, 0), (0, FRAMES - features.shape[1])))
    return _of_samples(network.encode(padded), len(samples))


def _of_samples(encoded: Any, samples: int) -> States:
    """States as an array, without those of the filling."""
    return np.array(encoded)[0, : -(-samples // SAMPLES)]
