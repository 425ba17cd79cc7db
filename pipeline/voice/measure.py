"""All signals of one participant's voice, from the sound they are heard in."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pipeline.intervals import runs
from pipeline.media.sound import Sound
from pipeline.voice.loudness import Levels
from pipeline.voice.pitch import PitchSettings, PitchTracker, harmonics_to_noise, speaker_pitch, track_pitch
from pipeline.voice.quality import PulseSettings, pulse_rate
from pipeline.voice.signals import HOP, Spans, frame_times, frames_in, signal_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SignalSettings:
    """How voices are measured.

    Attributes
    ----------
    pitch, pulses
        See there.
    around : float
        Seconds before and after a participant's speech for which there are signals; breaths lie there.
    friction : float
        Decibels by which what lies under 1 kHz may be under the whole: a voice has its energy there, and a
        period found in a sibilant is chance.
    clipped : float
        Share of samples at full scale from which harmonics, tilt and creak of a frame are not believed.
    """

    pitch: PitchSettings = field(default_factory=PitchSettings)
    pulses: PulseSettings = field(default_factory=PulseSettings)
    around: float = 1.5
    friction: float = 15.0
    clipped: float = 0.01


def voice_signals(
    participant: str,
    sound: Sound,
    levels: Levels,
    speech: Spans,
    others: Spans,
    settings: SignalSettings,
    *,
    tracker: PitchTracker = track_pitch,
) -> pd.DataFrame:
    """Signals of a participant's voice.

    Parameters
    ----------
    participant : str
        Whose voice it is.
    sound : Sound
        The recording it is heard in, without hum (`pipeline.voice.hum`).
    levels : Levels
        Of the same recording (`pipeline.voice.loudness`).
    speech : sequence of (start, end)
        When the participant speaks, in seconds of the recording.
    others : sequence of (start, end)
        When somebody else is heard in the same recording: nothing is measured there.
    settings : SignalSettings
        See there.
    tracker : PitchTracker
        What finds the pitch.

    Returns
    -------
    DataFrame
        See `pipeline.voice.signals`; times are the recording's.
    """
    frames = len(levels.level)
    speaking = frames_in(speech, frames)
    alone = ~frames_in(others, frames)
    spans = [(a * HOP, b * HOP) for a, b in runs(speaking & alone)]
    kept = frames_in(speech, frames, settings.around)
    near = [(a * HOP, b * HOP) for a, b in runs(kept & alone)]  # beside speech, to tell breath from voice
    # near another's voice the next pulse could be theirs
    apart = speaking & ~frames_in(others, frames, settings.pulses.longest)
    creaking = [(a * HOP, b * HOP) for a, b in runs(apart)]
    pitch = speaker_pitch(sound, spans, settings.pitch, near=near, tracker=tracker)
    rate = pulse_rate(sound, creaking, pitch, settings.pulses)
    voice = speaking & (levels.low > levels.level - settings.friction)
    f0 = np.where(voice, pitch.f0, np.nan)
    clean = levels.clipped < settings.clipped
    columns = {
        **{name: np.where(alone, values, np.nan) for name, values in asdict(levels).items()},
        "time": frame_times(frames),
        "speaking": speaking,
        "f0": f0,
        "voicing": pitch.strength,
        "hnr": np.where(np.isfinite(f0) & clean, harmonics_to_noise(pitch.strength), np.nan),
        "pulse_rate": np.where(clean & apart, rate, np.nan),
    }
    return signal_table(participant, {name: values[kept] for name, values in columns.items()})
