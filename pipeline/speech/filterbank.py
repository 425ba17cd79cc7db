"""Log mel filter bank as Kaldi computes it (Povey window, no dither), which CAM++ was trained on."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.media.sound import RATE

HOP = 160
LENGTH = 400
BINS = 80
_FFT = 512


@lru_cache(maxsize=1)
def _mel_weights() -> NDArray[np.float32]:
    """Triangular mel filters from 20 Hz to 8 kHz, shape (257, 80)."""

    def mel(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return np.asarray(1127 * np.log(1 + np.asarray(hertz) / 700))

    edges = np.linspace(mel(20.0), mel(RATE / 2), BINS + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    bins = mel(np.arange(_FFT // 2 + 1) * RATE / _FFT)[:, None]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


def filter_bank(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log mel energies of samples at 16 kHz, shape (frames, 80), one frame every 10 ms."""
    if len(samples) < LENGTH:
        return np.zeros((0, BINS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, LENGTH)[::HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    previous = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    window = np.hanning(LENGTH).astype(np.float32) ** 0.85
    spectrum = np.fft.rfft((frames - 0.97 * previous) * window, _FFT, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    energies: NDArray[np.float32] = np.log(np.maximum(power @ _mel_weights(), np.finfo(np.float32).eps))
    return energies
