"""Voices made by rule, so that pitch, level, syllables and breaths are known exactly."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, lfilter, resample_poly, sosfilt

from pipeline.media.sound import RATE, Sound

FORMANTS = ((600, 80), (1400, 100), (2500, 140), (3500, 200))
"""Hertz and bandwidths of an open vowel."""


def resonance(frequency: np.ndarray, widened: float = 1.0) -> np.ndarray:
    """How strongly the mouth passes a frequency."""
    gain = np.ones_like(frequency, float)
    for centre, width in ((centre, widened * width) for centre, width in FORMANTS):
        gain *= centre**2 / np.sqrt((centre**2 - frequency**2) ** 2 + (width * frequency) ** 2)
    return gain


def vowel(f0: np.ndarray | float, seconds: float = 1.0) -> np.ndarray:
    """A voice with this fundamental (Hz, one per sample or constant), rms 0.1."""
    track = np.broadcast_to(np.asarray(f0, float), round(seconds * RATE))
    phase = 2 * np.pi * np.cumsum(track) / RATE
    voice = np.zeros(len(track))
    for harmonic in range(1, int(7000 / track.min()) + 1):
        frequency = harmonic * track
        voice += np.where(frequency < 7000, resonance(frequency) / harmonic, 0) * np.cos(harmonic * phase)
    return 0.1 * voice / voice.std()


def pulses(times: np.ndarray, seconds: float) -> np.ndarray:
    """Single glottal pulses at these times, each dying away in the mouth."""
    train = np.zeros(round(seconds * RATE))
    train[(np.asarray(times) * RATE).astype(int)] = 1.0
    for centre, width in FORMANTS:
        radius = np.exp(-np.pi * width * 2 / RATE)
        train = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * centre / RATE), radius**2], train)
    return 0.1 * train / train.std()


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """White noise, rms 0.1."""
    return 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def band_noise(seconds: float, low: float, high: float, seed: int = 0) -> np.ndarray:
    """Noise between two frequencies, rms 0.1."""
    made = sosfilt(butter(4, [low, high], "bandpass", fs=RATE, output="sos"), noise(seconds, seed))
    return 0.1 * made / made.std()


def whisper(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise through the mouth of a vowel; the open glottis widens its resonances."""
    spectrum = np.fft.rfft(noise(seconds, seed))
    made = np.fft.irfft(spectrum * resonance(np.fft.rfftfreq(round(seconds * RATE), 1 / RATE), 3))
    return 0.1 * made / made.std()


def hum(seconds: float, mains: float = 50.0, level: float = 0.1) -> np.ndarray:
    """Mains hum with its multiples."""
    time = np.arange(round(seconds * RATE)) / RATE
    made = sum(np.sin(2 * np.pi * mains * n * time + n) / n for n in (1, 2, 3, 4, 6))
    return level * made / made.std()


def swell(samples: np.ndarray, syllables: int, depth: float = 12.0) -> np.ndarray:
    """The samples as so many syllables: the level dips by `depth` dB between them."""
    share = np.arange(len(samples)) / len(samples) * syllables
    return samples * 10 ** (-depth / 20 * (0.5 + 0.5 * np.cos(2 * np.pi * share)))


def telephone(samples: np.ndarray) -> np.ndarray:
    """300 to 3400 Hz at 8 kHz."""
    band = butter(6, [300, 3400], "bandpass", fs=RATE, output="sos")
    return resample_poly(resample_poly(sosfilt(band, samples), 1, 2), 2, 1)[: len(samples)]


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE))


def sound_of(*parts: np.ndarray, floor: float = 0.0) -> Sound:
    """The parts one after the other, over a floor of white noise (rms)."""
    samples = np.concatenate(parts)
    samples = samples + floor * np.random.default_rng(9).standard_normal(len(samples))
    return Sound(np.clip(samples * 32768, -32768, 32767).astype(np.int16))


def whole(sound: Sound) -> list[tuple[float, float]]:
    """One span over all of it."""
    return [(0.0, sound.duration)]
