"""Laughter by source and filter, without any recording.

A bout is a chain of calls at about five per second. Every call is a breathy [h] and a voiced burst with an
arched melody; pitch, loudness and rate fall along the bout, which ends with an audible breath in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, lfilter, resample_poly, sosfilt

RATE = 22050
OUT_RATE = 48000


@dataclass(frozen=True)
class Voice:
    """Pitch of the first and last call (Hz), formants and bandwidths (Hz), calls per second."""

    pitch: tuple[float, float]
    formants: tuple[float, ...]
    bands: tuple[float, ...]
    rate: float


VOICES = {
    "S": Voice((290, 150), (720, 1300, 2500, 3500, 4500), (110, 130, 200, 280, 380), 4.8),
    "C": Voice((420, 250), (880, 1560, 2850, 3900, 5000), (130, 150, 220, 300, 400), 5.2),
}


def resonate(samples: np.ndarray, formants: np.ndarray, bands: np.ndarray) -> np.ndarray:
    """Cascade of two-pole resonators, each with unit gain at 0 Hz."""
    for centre, band in zip(formants, bands, strict=True):
        r = np.exp(-np.pi * band / RATE)
        poles = [1, -2 * r * np.cos(2 * np.pi * centre / RATE), r * r]
        samples = lfilter([sum(poles)], poles, samples)
    return samples


def glottal_flow(pitch: np.ndarray, rng: np.random.Generator, opening: float = 0.62) -> np.ndarray:
    """Rosenberg pulses that follow a pitch contour (Hz per sample), with jitter and shimmer."""
    wander = lfilter([0.02], [1, -0.98], rng.standard_normal(len(pitch))) * 0.084
    phase = np.cumsum(pitch * (1 + wander)) / RATE
    cycle = phase.astype(int)
    loudness = 1 + 0.08 * rng.standard_normal(cycle[-1] + 2)
    within, rise, fall = phase - cycle, opening * 0.67, opening * 0.33
    opened = np.where(
        within < rise, 0.5 * (1 - np.cos(np.pi * within / rise)), np.cos(0.5 * np.pi * (within - rise) / fall)
    )
    return np.where(within < opening, opened, 0) * loudness[cycle]


def swell(length: int, attack: float, release: float) -> np.ndarray:
    """Envelope that rises and falls smoothly within ``length`` samples."""
    t = np.arange(length) / RATE
    return np.clip(t / attack, 0, 1) ** 0.8 * np.clip((length / RATE - t) / release, 0, 1) ** 1.2


def _unit(samples: np.ndarray) -> np.ndarray:
    return samples / (np.abs(samples).max() + 1e-9)


def _call(
    voice: Voice, along: float, period: float, first: bool, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """One call at the place ``along`` (0..1) of the bout: samples and audible length in seconds."""
    breath, voiced = int(period * 0.40 * RATE), int(period * (0.56 - 0.10 * along) * RATE)
    top = (
        voice.pitch[0]
        * (voice.pitch[1] / voice.pitch[0]) ** (along**0.8)
        * (1 + 0.05 * rng.standard_normal())
    )
    t = np.linspace(0, 1, voiced)
    arch = 0.86 + 0.20 * np.sin(np.pi * np.clip(t * 1.15, 0, 1)) - 0.16 * t
    flow = glottal_flow(top * (0.88 if first else 1) * arch, rng)
    source = np.diff(flow, prepend=flow[0]) * RATE / 2000
    hiss = rng.standard_normal(voiced) * (0.25 + 0.9 * flow)
    formants = (
        np.array(voice.formants) * (1 + 0.05 * rng.standard_normal(len(voice.formants))) * (1 - 0.05 * along)
    )
    bands = np.array(voice.bands)
    total = breath + voiced + int(0.05 * RATE)
    aspiration, vowel = np.zeros(total), np.zeros(total)
    aspiration[: breath + voiced // 5] = swell(breath + voiced // 5, 0.035, 0.05)
    aspiration = resonate(rng.standard_normal(total) * aspiration, formants, bands * 2.2)
    vowel[breath : breath + voiced] = (source + 0.16 * hiss) * swell(voiced, 0.022, 0.055)
    vowel = resonate(vowel, formants, bands * 1.25)
    loudness = (1 - 0.62 * along) * (1 + 0.14 * rng.standard_normal()) * (0.75 if first else 1)
    return loudness * (_unit(vowel) + (0.16 + 0.10 * along) * _unit(aspiration)), (breath + voiced) / RATE


def laugh(speaker: str, calls: int, seed: int) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """One bout of laughter.

    Parameters
    ----------
    speaker : str
        Key of :data:`VOICES`.
    calls : int
        Number of calls.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    samples : numpy.ndarray
        Mono at 48 kHz, peak 0.7.
    spans : list of (float, float)
        Start and end of every call in seconds.
    """
    rng, voice = np.random.default_rng(seed), VOICES[speaker]
    out, spans, clock = np.zeros(int(RATE * (calls / voice.rate * 1.5 + 1.6))), [], 0.01
    for number in range(calls):
        along = number / max(calls - 1, 1)
        period = (1 + 0.05 * rng.standard_normal()) / (voice.rate * (1.06 - 0.22 * along))
        samples, length = _call(voice, along, period, number == 0, rng)
        start = int(clock * RATE)
        out[start : start + len(samples)] += samples
        spans.append((clock, clock + length))
        clock += period
    count, start = int(0.42 * RATE), int((clock + 0.10) * RATE)
    breath = rng.standard_normal(count) * np.sin(np.pi * np.linspace(0, 1, count)) ** 1.5
    breath = resonate(breath, np.array([500, 1750, 2900, 4200]), np.array([400, 400, 500, 600]))
    out[start : start + count] += 0.07 * _unit(breath)
    out = sosfilt(butter(2, [90, 7500], "band", fs=RATE, output="sos"), out[: start + count])
    return resample_poly(0.7 * _unit(out), 320, 147), spans
