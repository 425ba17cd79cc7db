"""One participant's voice with all that is known of it, ready to be measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.voice.baseline import Baseline
from pipeline.voice.signals import Floats, Spans
from pipeline.voice.units import Unit

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Voice:
    """One participant's voice, ready to be measured.

    Attributes
    ----------
    signals, words, nuclei : DataFrame
        Rows of this participant, in order of time.
    speech : sequence of (start, end)
        When the participant speaks.
    units : list of Unit
        Turn units.
    usual : Baseline or None
        None where too little is heard.
    """

    signals: pd.DataFrame
    words: pd.DataFrame
    nuclei: pd.DataFrame
    speech: Spans
    units: list[Unit]
    usual: Baseline | None

    def column(self, name: str, start: float, end: float) -> Floats:
        """A signal from `start` to `end` seconds."""
        first, last = np.searchsorted(self.times, [start, end])
        return self.signals[name].to_numpy(float)[first:last]

    @property
    def times(self) -> Floats:
        """Seconds of each row of the signals."""
        return self.signals["time"].to_numpy(float)
