"""Laughter, found in the states of Whisper's encoder by a small linear head.

The encoder turns 30 seconds of sound into one vector every 20 ms. It has learnt what is heard besides words:
mean and standard deviation of the vectors over about a second tell laughter from talk by logistic regression
(how the head was trained: `training/laughter.py` and `docs/model_cards/laughter.md`). A state depends on the
whole window that it was computed in; the head was trained on states of full and of padded windows, and the
first and last second of a window are left to its neighbours where there are any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import runs
from pipeline.media.sound import RATE, Sound

States = NDArray[np.floating]
"""Encoder states, shape (frames, dimensions)."""
Curve = NDArray[np.float32]
"""One value per step of `STEP` seconds; NaN where nothing can be said."""
Encoder = Callable[[NDArray[np.float32]], States]
"""Turns up to 30 s of mono sound at 16 kHz into states, one per 20 ms of the sound given."""

WEIGHTS = Path(__file__).with_name("weights") / "laughter.npz"
FRAME = 0.02
"""Seconds per state."""
HOP = 5
"""States per step of the curve."""
STEP = FRAME * HOP
"""Seconds between values of the curve."""
WINDOW = 30.0
"""Seconds that the encoder hears at once."""
MARGIN = 1.0
"""Seconds at the edges of a window that are left to the neighbouring one."""
POSSIBLE = 0.1
"""Probability in a passage from which laughter is not ruled out; of 141 laughs in made scenes one is less."""
FAINTER = 15.0
"""Decibels under the talk's median level beyond which sound without words is taken for none of a voice."""
SILENT = 1e-4
"""Loudest sample (of 1) below which nothing was recorded: -80 dBFS, under the noise of any microphone."""


@dataclass(frozen=True)
class Head:
    """Logistic regression on pooled states.

    Attributes
    ----------
    mean, scale : ndarray, shape (2 * dimensions,)
        Of the pooled states in training.
    weights : ndarray, shape (2 * dimensions,)
    bias : float
    reach : int
        States on either side of a step that are pooled.
    encoder : str
        The model whose states it reads; those of another mean nothing to it.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: float
    reach: int
    encoder: str

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Head:
        """Read what `training/laughter.py` wrote, the head that comes with the package if nothing is said."""
        with np.load(path) as arrays:
            mean, scale, weights = (arrays[name].astype(np.float32) for name in ("mean", "scale", "weights"))
            return cls(
                mean, scale, weights, float(arrays["bias"]), int(arrays["reach"]), str(arrays["encoder"])
            )

    def probability(self, states: States) -> Curve:
        """How probable laughter is at each step of a window, shape (ceil(frames / 5),).

        Parameters
        ----------
        states : ndarray, shape (frames, dimensions)
            Of one window, in order.
        """
        pooled = pool(states, self.reach)
        score = (pooled - self.mean) / self.scale @ self.weights + self.bias
        return (1 / (1 + np.exp(-score))).astype(np.float32)


def pool(states: States, reach: int) -> NDArray[np.float32]:
    """Mean and standard deviation of the states around each step, shape (steps, 2 * dimensions).

    Parameters
    ----------
    states : ndarray, shape (frames, dimensions)
    reach : int
        States on either side of a step's middle; at the edges only those that there are.
    """
    frames = len(states)
    middles = np.arange(0, frames, HOP) + HOP // 2
    first, last = np.maximum(middles - reach, 0), np.minimum(middles + reach + 1, frames)
    exact = np.asarray(states, np.float64)
    zero = np.zeros((1, exact.shape[1]))
    sums, squares = (np.concatenate([zero, np.cumsum(part, axis=0)]) for part in (exact, exact**2))
    count = (last - first)[:, None]
    mean = (sums[last] - sums[first]) / count
    variance = np.maximum((squares[last] - squares[first]) / count - mean**2, 0)
    return np.hstack([mean, np.sqrt(variance)]).astype(np.float32)


def windows(duration: float) -> list[tuple[float, float]]:
    """Windows of up to 30 s that overlap by at least twice `MARGIN` and cover the whole recording.

    The last one reaches back, so that it is not a short one with little for the encoder to go by.
    """
    step = WINDOW - 2 * MARGIN
    count = 1 + max(0, int(np.ceil((duration - WINDOW) / step)))
    latest = max(0.0, np.ceil((duration - WINDOW) / STEP) * STEP)
    starts = [float(min(i * step, latest)) for i in range(count)]
    return [(start, min(start + WINDOW, duration)) for start in starts]


def laughter_curve(
    sound: Sound,
    encode: Encoder,
    head: Head,
    *,
    heard: Curve | None = None,
    progress: Callable[[float], None],
) -> Curve:
    """How probable laughter is at every step of a recording.

    Parameters
    ----------
    sound : Sound
        The recording, read a window at a time.
    encode : callable
        The encoder that the head was trained on.
    head : Head
    heard : ndarray, shape (steps,), optional
        What the head says of the passages that were transcribed, NaN elsewhere. The head learnt from windows
        of unbroken sound, and passages are packed of pieces; so this tells only where laughter is out of the
        question. Windows in which it is not are encoded by themselves.
    progress : callable
        Called with the share done.

    Returns
    -------
    ndarray, shape (steps,)
        NaN where nothing was recorded or, outside the passages, nothing as loud as a voice.
    """
    curve = unknown(sound.duration) if heard is None else heard.copy()
    asked = np.ones(len(curve), bool) if heard is None else open_to_laughter(sound, heard)
    spans = windows(sound.duration)
    for i, (start, end) in enumerate(spans):
        skip = round(MARGIN / STEP) if i else 0
        place = slice(round(start / STEP) + skip, round(end / STEP) + 1)
        if asked[place].any():
            samples = sound.between(start, end)
            loud = recorded(samples)
            if loud.any():
                values = np.where(loud, head.probability(encode(samples))[: len(loud)], np.nan)
                room = curve[place]
                room[: len(values) - skip] = values[skip : skip + len(room)]
        progress((i + 1) / len(spans))
    return curve


def open_to_laughter(sound: Sound, heard: Curve) -> NDArray[np.bool_]:
    """Steps in which there may be laughter, shape (steps,).

    These are those of the passages where the head does not rule it out, and, outside of them, those that are
    nearly as loud as the talk: what nobody says anything in is seldom heard.

    Parameters
    ----------
    sound : Sound
    heard : ndarray, shape (steps,)
        What the head says of the passages, NaN elsewhere.
    """
    known = ~np.isnan(heard)
    levels = np.concatenate(
        [
            _levels(sound.between(first * STEP, min((first + 1000) * STEP, sound.duration)))
            for first in range(0, len(heard), 1000)
        ]
        or [np.zeros(0, np.float32)]
    )[: len(heard)]
    talk = np.median(levels[known]) if known.any() else -np.inf
    return np.where(known, heard >= POSSIBLE, levels >= talk - FAINTER)


def _levels(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Level of each step in dB of full scale, shape (steps,)."""
    size = round(STEP * RATE)
    padded = np.pad(samples, (0, -len(samples) % size)).reshape(-1, size)
    return (10 * np.log10(np.mean(np.square(padded, dtype=np.float32), axis=1) + 1e-12)).astype(np.float32)


def spread(
    curve: Curve,
    states: States,
    pieces: Sequence[tuple[float, float]],
    head: Head,
    *,
    silence: float = 0.0,
) -> None:
    """Put what the head says of a window that was packed of pieces of a recording where these pieces were.

    Each piece is pooled by itself, so that nothing of a
    neighbour in the window that is none in the recording gets into it.

    Parameters
    ----------
    curve : ndarray, shape (steps,)
        Of the whole recording; changed.
    states : ndarray, shape (frames, dimensions)
        Of the window, in which the pieces lie one after the other.
    pieces : sequence of (start, end)
        Seconds in the recording, in the order in which they were packed.
    head : Head
    silence : float
        Seconds of silence that were put after each piece.
    """
    middles = (np.arange(len(curve)) + 0.5) * STEP
    begin = 0.0
    for start, end in pieces:
        own = states[round(begin / FRAME) : round((begin + end - start) / FRAME)]
        begin += end - start + silence
        if len(own) == 0:
            continue
        values = head.probability(own)
        inside = np.flatnonzero((middles >= start) & (middles < end))
        source = np.minimum(((middles[inside] - start) / STEP).astype(int), len(values) - 1)
        curve[inside] = values[source]


def unknown(duration: float) -> Curve:
    """The curve of a recording of which nothing is known yet, shape (steps,)."""
    return np.full(int(np.ceil(duration / STEP - 1e-6)), np.nan, np.float32)


def recorded(samples: NDArray[np.float32]) -> NDArray[np.bool_]:
    """In which steps there is any sound at all, shape (steps,)."""
    size = round(STEP * RATE)
    padded = np.pad(np.abs(samples), (0, -len(samples) % size))
    return padded.reshape(-1, size).max(axis=1) >= SILENT


@dataclass(frozen=True)
class LaughSettings:
    """How a curve becomes events; chosen on training voices that the head had not heard.

    Attributes
    ----------
    onset, offset : float
        A laugh holds a probability of `onset` and reaches as far as it is at least `offset`.
    shortest : float
        Seconds that a laugh lasts at least.
    join : float
        Laughs with at most so many seconds between them are one bout.
    overlap : float
        How much of the confidence is taken away where two people talk all along.
    """

    onset: float = 0.4
    offset: float = 0.05
    shortest: float = 0.3
    join: float = 0.4
    overlap: float = 0.5


@dataclass(frozen=True)
class Laugh:
    """One bout of laughter.

    Attributes
    ----------
    start, end : float
        Seconds.
    confidence : float
        0 to 1: mean probability, less where others talk at the same time.
    """

    start: float
    end: float
    confidence: float


def find_laughs(
    curve: Curve,
    settings: LaughSettings,
    *,
    overlap: Callable[[float, float], float] | None = None,
    start: float = 0.0,
) -> list[Laugh]:
    """Bouts of laughter in a curve of probabilities.

    Parameters
    ----------
    curve : ndarray, shape (steps,)
        NaN is never part of a laugh.
    settings : LaughSettings
    overlap : callable, optional
        ``overlap(start, end)``: seconds between two moments in which several people talk. Talk of several
        voices at once sounds somewhat like laughter to the head, so that it is believed less there.
    start : float
        Second at which the curve begins.
    """
    values = np.nan_to_num(curve)
    laughs = []
    for a, b in joined(runs(values >= settings.offset), round(settings.join / STEP)):
        if values[a:b].max() < settings.onset or (b - a) * STEP < settings.shortest - 1e-9:
            continue
        begin, end = start + a * STEP, start + b * STEP
        covered = overlap(begin, end) / (end - begin) if overlap else 0.0
        confidence = float(values[a:b].mean()) * (1 - settings.overlap * min(covered, 1.0))
        laughs.append(Laugh(begin, end, confidence))
    return laughs


def joined(spans: Sequence[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Runs with at most `gap` steps between them as one."""
    bouts: list[tuple[int, int]] = []
    for a, b in spans:
        if bouts and a - bouts[-1][1] <= gap:
            bouts[-1] = bouts[-1][0], b
        else:
            bouts.append((a, b))
    return bouts


def laughers(
    laughs: Sequence[Laugh], activity: Callable[[float, float], NDArray[np.floating]], *, sure: float = 0.3
) -> Iterator[tuple[int, ...]]:
    """Who laughs in each bout: those whose voice is active in enough of it, the most active first.

    Parameters
    ----------
    laughs : sequence of Laugh
    activity : callable
        ``activity(start, end)``: share of the time between two moments in which each voice is active, shape
        (voices,).
    sure : float
        Share of the bout from which a voice is said to laugh.

    Yields
    ------
    tuple of int
        Voices; empty where no voice is active enough, so that nobody is named.
    """
    for laugh in laughs:
        share = activity(laugh.start, laugh.end)
        order = np.argsort(-share, kind="stable")
        yield tuple(int(i) for i in order if share[i] >= sure)
