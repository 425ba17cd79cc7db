"""Mains hum: found in the silences, taken out before pitch is looked for.

A strong hum is periodic, and a pitch tracker takes it for a voice wherever the voice does not sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import runs
from pipeline.media.sound import RATE, Sound
from pipeline.voice.signals import HOP, Spans, frame_count, frames_in

MAINS = (50.0, 60.0)
"""Hertz of the world's mains."""
HIGHEST = 1000.0
"""Hertz up to which multiples are looked for."""
STANDS_OUT = 12.0
"""Decibels over the neighbouring hertz from which a multiple counts: where noise alone is heard, lines stay
within 8 of the neighbours' median over five pieces."""
LEAST = 5
"""Pieces of a second of silence that are needed."""
MOST = 40
"""Pieces looked at."""
_SHARP = 25.0
"""Quality of each notch: 2 Hz wide at 50 Hz, so that a gliding voice passes."""
_LEAD = 1.0
"""Seconds that the notches need to settle."""


@dataclass(frozen=True)
class Quietened(Sound):
    """A sound whose hum is filtered out as it is read.

    Attributes
    ----------
    lines : tuple of float
        Hertz that are taken out.
    """

    lines: tuple[float, ...] = ()

    def between(self, start: float, end: float) -> NDArray[np.float32]:
        """See `Sound.between`."""
        from scipy.signal import iirnotch, sosfilt, tf2sos

        sections = np.concatenate([tf2sos(*iirnotch(line, _SHARP, fs=RATE)) for line in self.lines])
        count = round(end * RATE) - round(start * RATE)
        filtered = sosfilt(sections, super().between(start - _LEAD, end))
        return filtered[len(filtered) - count :].astype(np.float32)


def without_hum(sound: Sound, speech: Spans) -> Sound:
    """The sound without its mains hum, itself where there is none.

    Parameters
    ----------
    sound : Sound
        The recording.
    speech : sequence of (start, end)
        Seconds in which anybody speaks: hum is looked for outside, since a voice may hold a tone.
    """
    lines = find_hum(sound, speech)
    return Quietened(sound.samples, lines) if lines else sound


def find_hum(sound: Sound, speech: Spans) -> tuple[float, ...]:
    """Multiples of 50 or 60 Hz that stand out of the silence; none where it cannot be known."""
    frames, piece = frame_count(sound.duration), round(1 / HOP)
    silent = ~frames_in(speech, frames, 0.1)
    begins = [at for a, b in runs(silent) for at in range(a, b - piece + 1, piece)]
    if len(begins) < LEAST:
        return ()
    chosen = begins[:: max(1, len(begins) // MOST)][:MOST]
    window = np.hanning(RATE)
    spectra = [np.abs(np.fft.rfft(sound.between(at * HOP, at * HOP + 1) * window)) ** 2 for at in chosen]
    level = 10 * np.log10(np.median(spectra, axis=0) + 1e-12)
    best: tuple[float, ...] = ()
    for mains in MAINS:
        lines = tuple(
            line for line in np.arange(mains, HIGHEST + 1, mains).tolist() if _stands_out(level, line)
        )
        if len(lines) > len(best):
            best = lines
    return best if len(best) > 1 else ()


def _stands_out(level: NDArray[np.float64], line: float) -> bool:
    at = round(line)
    around = np.concatenate([level[at - 20 : at - 4], level[at + 5 : at + 21]])
    return bool(level[at - 1 : at + 2].max() - np.median(around) >= STANDS_OUT)
