"""Praat as the finder of pitch, through praat-parselmouth (GPL-3, so never installed unasked)."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.errors import SettingsError
from pipeline.intervals import runs
from pipeline.media.sound import RATE, Sound
from pipeline.voice.pitch import PitchSettings, PitchTrack
from pipeline.voice.signals import HOP, Spans, frame_count, frame_times, frames_in

_LONGEST = 6000
"""Frames (a minute) given to Praat at a time."""


class PraatPitch:
    """Praat as the configured engine.

    Raises
    ------
    SettingsError
        Where praat-parselmouth is not installed.
    """

    def __init__(self) -> None:
        self.version = f"praat-{_parselmouth().PRAAT_VERSION}"

    def __call__(
        self, sound: Sound, spans: Spans, settings: PitchSettings, *, floor: float, ceiling: float
    ) -> PitchTrack:
        """See `track_pitch`."""
        return track_pitch(sound, spans, settings, floor=floor, ceiling=ceiling)


def track_pitch(
    sound: Sound, spans: Spans, settings: PitchSettings, *, floor: float, ceiling: float
) -> PitchTrack:
    """Pitch by Praat's own autocorrelation method; see `pipeline.voice.pitch.track_pitch`.

    Praat chooses its own moments; the pitch is drawn straight, in log frequency, between two voiced ones. Its
    silence is measured against the loudest moment of each stretch.

    Raises
    ------
    SettingsError
        Where praat-parselmouth is not installed.
    """
    parselmouth = _parselmouth()
    frames = frame_count(sound.duration)
    f0, strength = np.full((2, frames), np.nan)
    times, margin = frame_times(frames), settings.periods / floor
    for start, end in runs(frames_in(spans, frames)):
        for first in range(start, end, _LONGEST):
            last = min(end, first + _LONGEST)
            begin = first * HOP - margin
            piece = parselmouth.Sound(sound.between(begin, last * HOP + margin).astype(float), RATE, begin)
            found = piece.to_pitch_ac(
                time_step=HOP,
                pitch_floor=floor,
                pitch_ceiling=ceiling,
                silence_threshold=settings.silence,
                voicing_threshold=settings.voicing,
                octave_cost=settings.octave,
                octave_jump_cost=settings.jump,
                voiced_unvoiced_cost=settings.onset,
            )
            candidates = found.selected_array
            moments, inside = found.xs(), times[first:last]
            f0[first:last] = np.exp(np.interp(inside, moments, _log(candidates["frequency"])))
            strength[first:last] = np.interp(inside, moments, candidates["strength"])
    return PitchTrack(f0, strength, floor, ceiling)


def _log(frequency: np.ndarray) -> np.ndarray:
    """Natural logarithm, NaN where Praat says 0: unvoiced."""
    return np.log(np.where(frequency > 0, frequency, np.nan))


def _parselmouth() -> Any:
    try:
        import parselmouth
    except ImportError:
        raise SettingsError(
            "Pitch by Praat needs praat-parselmouth; install it with `pip install praat-parselmouth`, "
            "or leave the pitch engine at its default."
        ) from None
    return parselmouth
