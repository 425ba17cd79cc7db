"""Signals of voices: what is measured every 10 ms, before anybody calls it a breath or a stress.

One table holds them, a row per participant and frame. Frames lie on one grid of the recording, centred on the
middle of their 10 ms. A participant has rows while they speak and for a moment around it, where breaths are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Spans = Sequence[tuple[float, float]]

HOP = 0.01
"""Seconds between frames."""

SIGNALS = {
    "time": "seconds from the meeting's start, middle of the frame",
    "speaking": "1 where the participant speaks, 0 beside it",
    "f0": "fundamental frequency in Hz; NaN where the voice does not sound, or not alone",
    "voicing": "strength of the best period, normalised autocorrelation, 0 to 1",
    "hnr": "harmonics-to-noise ratio in dB where there is `f0`",
    "level": "level in dB re full scale, 50 to 7000 Hz",
    "low": "level in dB, 50 to 1000 Hz",
    "middle": "level in dB, 1000 to 4000 Hz",
    "high": "level in dB, 4000 to 7000 Hz: sibilants; NaN where the recording has no such band (telephone)",
    "pulse_rate": "Hz at which single glottal pulses follow each other in creak; NaN where there are none",
    "clipped": "share of samples at full scale, 0 to 1",
}
"""Columns of a table of signals, all float. NaN: not measured, as where somebody else is heard too."""

KEYS = ("participant",)
"""Columns (str) that say whose voice it is."""


def frame_count(duration: float) -> int:
    """Frames of a recording that lasts so many seconds."""
    return int(np.ceil(round(duration / HOP, 6)))


def frame_times(frames: int) -> Floats:
    """Seconds at the middle of each frame, shape (frames,)."""
    return np.linspace(HOP / 2, (frames - 0.5) * HOP, frames)


def frames_in(spans: Spans, frames: int, margin: float = 0.0) -> NDArray[np.bool_]:
    """Which frames have their middle within `margin` seconds of a span, shape (frames,)."""
    mask = np.zeros(frames, bool)
    for start, end in spans:
        first = int(np.ceil(round((start - margin) / HOP - 0.5, 6)))
        last = int(np.ceil(round((end + margin) / HOP - 0.5, 6)))
        mask[max(0, first) : max(0, last)] = True
    return mask


def signal_table(participant: str, columns: Mapping[str, Any]) -> pd.DataFrame:
    """A table of one participant's signals; a column that is left out is NaN.

    Parameters
    ----------
    participant : str
        Whose voice it is.
    columns : mapping of str to ndarray, shape (frames,)
        Some of `SIGNALS`; `time` must be among them.
    """
    import pandas as pd

    frames = len(columns["time"])
    filled = {name: np.asarray(columns.get(name, np.full(frames, np.nan)), float) for name in SIGNALS}
    return pd.DataFrame({"participant": pd.Series([participant] * frames, dtype=str), **filled})


def semitones(frequency: Any, reference: Any) -> Any:
    """Interval from `reference` to `frequency`, both in Hz, in semitones; NaN stays NaN."""
    return 12 * np.log2(np.asarray(frequency, float) / reference)
