"""How the time of one recording becomes the meeting's time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Time = TypeVar("Time", float, NDArray[np.floating])


@dataclass(frozen=True)
class Clock:
    """``meeting's time = recording's time * rate + offset``.

    Attributes
    ----------
    offset : float
        Second of the meeting at which the recording began.
    rate : float
        Seconds of the meeting in one of the recording: not quite 1 for a recorder with a clock of its own.
    """

    offset: float = 0.0
    rate: float = 1.0

    def meeting(self, time: Time) -> Time:
        """A time of the recording in the meeting's time, in seconds."""
        return time * self.rate + self.offset

    def own(self, time: Time) -> Time:
        """A time of the meeting in the recording's time, in seconds."""
        return (time - self.offset) / self.rate

    def later(self, seconds: float) -> Clock:
        """The same clock for a meeting that began `seconds` earlier."""
        return replace(self, offset=self.offset + seconds)
