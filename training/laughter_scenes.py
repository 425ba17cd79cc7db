"""Scenes of half a minute made of single sounds: talk of several people, laughter alone or under it, noise.

Where laughter is in a scene is known because it was put there. Talk of several at once, coughs, gasps, shouts
and screams are put in beside it: a head that never heard them takes them for laughter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, resample, sosfilt

RATE = 16_000
SCENE = 30 * RATE
STEP = RATE // 10
"""Samples per label."""
DOUBT = 2
"""Label of steps that are neither trained on nor counted: edges of laughter, and laughter that is buried."""
KINDS = ("laugh", "talk", "vocal", "sound")

Samples = NDArray[np.float32]
Random = np.random.Generator


@dataclass(frozen=True)
class Clip:
    """A sound that a scene can be made of.

    Attributes
    ----------
    samples : ndarray of float32, shape (n,)
        Mono, 16 kHz, loudness made equal.
    kind : {"laugh", "talk", "vocal", "sound"}
        `vocal` are coughs, gasps, moans, shouts; `sound` is anything else: music, bangs, wind.
    voice : str
        Whose voice it is; clips of one voice are never in different folds.
    source : str
        What it was taken from; those of a kind are heard equally often.
    """

    samples: Samples
    kind: str
    voice: str
    source: str


@dataclass(frozen=True)
class Scene:
    """Sound with the truth about its laughter.

    Attributes
    ----------
    samples : ndarray of float32, shape (n,)
        At most 30 s.
    labels : ndarray of uint8, shape (ceil(n / 1600),)
        1 laughter, 0 none, 2 not to be counted; one every 0.1 s.
    fold : int
    """

    samples: Samples
    labels: NDArray[np.uint8]
    fold: int


def level(samples: Samples) -> Samples:
    """The sound with its sounding parts at -23 dBFS."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    power = (frames**2).mean(axis=1)
    loud = power >= power.max() * 10**-2.5
    return (samples * (0.07 / (np.sqrt(power[loud].mean()) + 1e-9))).astype(np.float32)


def sounding(samples: Samples, drop: float = 28.0) -> NDArray[np.bool_]:
    """Which steps sound: within `drop` dB of the loudest, holes of up to 0.4 s (breath) filled."""
    padded = np.pad(samples, (0, -len(samples) % STEP)).reshape(-1, STEP)
    power = (padded**2).mean(axis=1)
    mask = power >= power.max() * 10 ** (-drop / 10)
    where = np.flatnonzero(mask)
    for a, b in pairwise(where):
        if b - a <= 4:
            mask[a:b] = True
    return mask


def faster(samples: Samples, factor: float) -> Samples:
    """The sound at another speed and pitch."""
    return resample(samples, max(1, round(len(samples) / factor))).astype(np.float32)


def in_room(samples: Samples, rng: Random) -> Samples:
    """The sound in a small room of random reverberation (0.15 to 0.7 s), some metres away."""
    seconds = rng.uniform(0.15, 0.7)
    t = np.arange(int(seconds * RATE)) / RATE
    tail = rng.standard_normal(len(t)) * 10 ** (-3 * t / seconds) * rng.uniform(0.01, 0.08)
    tail[0] = 1.0
    return fftconvolve(samples, tail)[: len(samples)].astype(np.float32)


def band(samples: Samples, low: float, high: float) -> Samples:
    """What passes between two frequencies."""
    return sosfilt(butter(4, [low, high], "bandpass", fs=RATE, output="sos"), samples).astype(np.float32)


def cough(rng: Random) -> Samples:
    """A bout of one to four coughs, made of noise: a burst, breath through a throat, a rough voice."""
    coughs = []
    formants = rng.uniform((350, 900, 2000), (800, 1700, 3200))
    pitch = rng.uniform(120, 380)
    for _ in range(rng.integers(1, 5)):
        t = np.arange(int(rng.uniform(0.15, 0.45) * RATE)) / RATE
        breath = rng.standard_normal(len(t)) * np.exp(-t / rng.uniform(0.04, 0.15))
        buzz = np.sign(np.sin(2 * np.pi * np.cumsum(pitch * (1 + 0.1 * rng.standard_normal(len(t)))) / RATE))
        voiced = buzz * rng.uniform(0, 0.6) * np.exp(-(((t - 0.6 * t[-1]) / 0.08) ** 2))
        throat = sum(band(breath + voiced, 0.8 * f, 1.25 * f) for f in formants)
        coughs += [throat + 0.3 * breath, np.zeros(int(rng.uniform(0.02, 0.5) * RATE))]
    return np.concatenate(coughs).astype(np.float32)


def noise(size: int, rng: Random) -> Samples:
    """Noise of a random colour, from white to brown."""
    spectrum = np.fft.rfft(rng.standard_normal(size))
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 20)
    coloured = np.fft.irfft(spectrum * frequency ** -rng.uniform(0, 1), size)
    return (coloured / coloured.std()).astype(np.float32)


class Stage:
    """Lays clips into a scene.

    Parameters
    ----------
    clips : sequence of Clip
        Of one fold.
    rng : numpy.random.Generator
    """

    def __init__(self, clips: Sequence[Clip], rng: Random) -> None:
        self._rng = rng
        self._by_kind = {
            kind: [clip for clip in clips if clip.kind == kind]
            for kind in ("laugh", "talk", "vocal", "sound")
        }

    def scene(self, fold: int) -> Scene:
        """One scene."""
        rng = self._rng
        size = SCENE if rng.random() < 0.6 else int(rng.uniform(4, 29) * RATE)
        talk = self._talk(size)
        other = self._scattered(size, "vocal", rng.poisson(2.5)) + self._scattered(
            size, "sound", rng.poisson(0.7)
        )
        laugh, mask = self._laughter(size)
        room = rng.random() < 0.6
        mixed = talk + other
        labels = self._labels(laugh, mask, mixed)
        mixed = mixed + laugh
        if room:
            mixed = in_room(mixed, rng)
        return Scene(self._recorded(mixed), labels, fold)

    def _pick(self, kind: str) -> Clip:
        """A clip of a random voice of a random source, so that none is frequent because it has many clips.

        Sources of laughter are too uneven for that: there every voice is as frequent as the others.
        """
        clips = self._by_kind[kind]
        if kind != "laugh":
            clips = self._one_of(clips, lambda clip: clip.source)
        own = self._one_of(clips, lambda clip: clip.voice)
        return own[self._rng.integers(len(own))]

    def _one_of(self, clips: Sequence[Clip], name: Callable[[Clip], str]) -> list[Clip]:
        """The clips that share one randomly chosen name."""
        names = sorted({name(clip) for clip in clips})
        chosen = names[self._rng.integers(len(names))]
        return [clip for clip in clips if name(clip) == chosen]

    def _changed(self, clip: Clip, low: float, high: float) -> Samples:
        """A clip at another speed, in another loudness (dB)."""
        rng = self._rng
        return faster(clip.samples, rng.uniform(0.85, 1.18)) * np.float32(10 ** (rng.uniform(low, high) / 20))

    def _talk(self, size: int) -> Samples:
        """Turns of up to four people, now and then at the same time."""
        rng = self._rng
        sound = np.zeros(size, np.float32)
        if rng.random() < 0.12:
            return sound
        for _ in range(rng.choice([1, 1, 2, 2, 3, 4])):
            place = int(rng.uniform(0, 3) * RATE)
            while place < size:
                turn = self._changed(self._pick("talk"), -8, 3)[: int(rng.uniform(0.5, 8) * RATE)]
                piece = turn[: size - place]
                sound[place : place + len(piece)] += piece
                place += len(turn) + int(rng.exponential(2.5) * RATE)
        return sound

    def _scattered(self, size: int, kind: str, count: int) -> Samples:
        """Some clips at random moments."""
        rng = self._rng
        sound = np.zeros(size, np.float32)
        for _ in range(count):
            clip = self._changed(self._pick(kind), -14, 5)[: 6 * RATE]
            place = int(rng.integers(0, size))
            piece = clip[: size - place]
            sound[place : place + len(piece)] += piece
        return sound

    def _laughter(self, size: int) -> tuple[Samples, NDArray[np.bool_]]:
        """Laughter of none, one or several people and where it sounds."""
        rng = self._rng
        sound = np.zeros(size, np.float32)
        mask = np.zeros(-(-size // STEP), bool)
        count = rng.choice([0, 0, 1, 1, 2, 3]) if size > 8 * RATE else rng.choice([0, 1])
        place = 0
        for _ in range(count):
            clip = self._changed(self._pick("laugh"), -16, 4)
            shared = place and rng.random() < 0.25  # somebody else joins in
            start = (
                max(0, place - len(clip) // 2) if shared else int(rng.integers(0, max(1, size - len(clip))))
            )
            start = start // STEP * STEP
            piece = clip[: size - start]
            sound[start : start + len(piece)] += piece
            heard = sounding(piece)
            mask[start // STEP : start // STEP + len(heard)] |= heard
            place = start + len(piece)
        return sound, mask

    def _labels(self, laugh: Samples, mask: NDArray[np.bool_], rest: Samples) -> NDArray[np.uint8]:
        """Labels with doubt where laughter begins and ends, and where it is more than 8 dB under the rest."""
        labels = mask.astype(np.uint8)
        edge = np.flatnonzero(np.diff(labels.astype(int)))
        labels[edge], labels[np.minimum(edge + 1, len(labels) - 1)] = DOUBT, DOUBT

        def power(sound: Samples) -> NDArray[np.floating]:
            steps = np.pad(sound, (0, -len(sound) % STEP)).reshape(-1, STEP)
            return np.convolve((steps**2).mean(axis=1), np.ones(7) / 7, "same")

        buried = power(laugh) * 10**0.8 < power(rest)
        labels[mask & buried] = DOUBT
        return labels

    def _recorded(self, sound: Samples) -> Samples:
        """The scene as a microphone, a line and a level control leave it."""
        rng = self._rng
        loud = np.sqrt((sound**2).mean()) + 1e-4
        sound = sound + noise(len(sound), rng) * np.float32(loud * 10 ** (-rng.uniform(8, 50) / 20))
        if rng.random() < 0.15:
            hum = np.sin(2 * np.pi * rng.choice([50, 60, 100, 120]) * np.arange(len(sound)) / RATE)
            sound = sound + (hum * loud * rng.uniform(0.05, 0.6)).astype(np.float32)
        if rng.random() < 0.2:
            sound = band(sound, 300, 3400)
        elif rng.random() < 0.3:
            sound = band(sound, rng.uniform(40, 150), rng.uniform(3500, 7800))
        peak = np.abs(sound).max() + 1e-9
        sound = sound / peak * 10 ** (-rng.uniform(1, 30) / 20)
        if rng.random() < 0.08:
            limit = np.abs(sound).max() * rng.uniform(0.15, 0.6)
            sound = np.clip(sound, -limit, limit)
        return sound.astype(np.float32)
