"""One participant's signals and words, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.media.sound import RATE, Sound
from pipeline.voice.loudness import band_levels
from pipeline.voice.measure import SignalSettings, voice_signals
from pipeline.voice.measures import Measure
from pipeline.voice.prosody import ProsodySettings, measure_prosody
from tests.voice.voices import silence, sound_of, swell, vowel

Span = tuple[float, float]


def words_of(*rows: tuple[float, float, str]) -> pd.DataFrame:
    """A table of one participant's words."""
    table = pd.DataFrame(rows, columns=["start", "end", "text"])
    return table.assign(participant="A", confidence=1.0)


def signals_of(sound: Sound, speech: Sequence[Span], others: Sequence[Span] = ()) -> pd.DataFrame:
    return voice_signals("A", sound, band_levels(sound), speech, others, SignalSettings())


def measured(
    sound: Sound, speech: Sequence[Span], words: pd.DataFrame, others: Sequence[Span] = ()
) -> list[Measure]:
    return measure_prosody(signals_of(sound, speech, others), words, speech, ProsodySettings())[0]


def curve(*points: float, seconds: float) -> np.ndarray:
    """Pitch in Hz through these points, evenly apart, straight in semitones."""
    share = np.linspace(0, 1, round(seconds * RATE))
    return np.exp(np.interp(share, np.linspace(0, 1, len(points)), np.log(points)))


class Talk:
    """A participant who speaks in units of a second each, with a silence after every one."""

    def __init__(self) -> None:
        self.parts: list[np.ndarray] = [silence(1.0)]
        self.speech: list[Span] = []
        self.words: list[tuple[float, float, str]] = []

    @property
    def time(self) -> float:
        return sum(map(len, self.parts)) / RATE

    def say(
        self,
        f0: np.ndarray | float = 120.0,
        *,
        seconds: float = 1.0,
        syllables: int = 4,
        gain: float = 1.0,
        text: str = "ba ba ba ba.",
        pause: float = 1.2,
    ) -> Talk:
        start = self.time
        self.parts += [gain * swell(vowel(f0, seconds), syllables), silence(pause)]
        self.speech.append((start, start + seconds))
        names = text.split()
        edges = np.linspace(start, start + seconds, len(names) + 1)
        self.words += list(zip(edges[:-1].tolist(), edges[1:].tolist(), names, strict=True))
        return self

    def sound(self, floor: float = 0.0003) -> Sound:
        return sound_of(*self.parts, floor=floor)

    def measures(self, others: Sequence[Span] = ()) -> list[Measure]:
        return measured(self.sound(), self.speech, words_of(*self.words), others)
