"""Decoded sound on disk: mono, 16 kHz, 16 bit, read in pieces so that memory does not grow with length."""

from __future__ import annotations

import mmap
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Samples per second of every decoded track."""

WAVE_HEADER = 44
"""Bytes before the samples in the WAV files that `pipeline.media.decode` writes."""


@dataclass(frozen=True)
class Sound:
    """Mono sound at 16 kHz, most often mapped from a file.

    Attributes
    ----------
    samples : ndarray of int16, shape (n,)
        Full scale is 32768.
    """

    samples: NDArray[np.int16]

    @classmethod
    def open(cls, path: Path) -> Sound:
        """Map the samples of a WAV file that `pipeline.media.decode` wrote."""
        with wave.open(str(path)) as file:
            count = file.getnframes()
        if count == 0:
            return cls(np.zeros(0, np.int16))
        return cls(np.memmap(path, np.int16, "r", WAVE_HEADER, (count,)))

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / RATE

    def between(self, start: float, end: float) -> NDArray[np.float32]:
        """Samples from `start` to `end` seconds, in -1 to 1; silence outside the recording."""
        first, last = round(start * RATE), round(end * RATE)
        piece = np.zeros(max(0, last - first), np.float32)
        inside = self.samples[max(0, first) : max(0, last)]
        offset = max(0, -first)
        piece[offset : offset + len(inside)] = inside / np.float32(32768)
        self._let_go()
        return piece

    def _let_go(self) -> None:
        """Give mapped pages back, or a long recording would fill the memory as it is read."""
        mapped = getattr(self.samples, "_mmap", None)
        if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            mapped.madvise(mmap.MADV_DONTNEED)
