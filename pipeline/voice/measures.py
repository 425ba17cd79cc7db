"""What was measured of a voice, before a threshold made it an event.

Whatever could become an event is kept with its values, so that a threshold can be moved without hearing the
meeting again: the rows of the timeline are made of these and of settings (`pipeline.voice.labels`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

KINDS = {
    "breath": "dB of a sound like breath under the speaker's usual level, beside speech",
    "intonation": "semitones of the last movement of pitch in a turn unit",
    "pitch_step": "semitones from one syllable of a unit to the next",
    "stress": "spreads by which a word stands out of its unit in level and pitch",
    "stretch": "how long a word lasts against what the speaker's other words let expect, ratio",
    "cut_off": "dB by which the sound falls within 50 ms at the end of a fragment",
    "pace": "syllables per second of a stretch of talk, over the speaker's usual, ratio",
    "loudness": "dB of a word over the speaker's usual level",
    "creak": "Hz of separate glottal pulses",
}
"""Kinds of measures, and what `value` is."""


@dataclass(frozen=True)
class Measure:
    """Something measured in an interval.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    start, end : float
        Seconds.
    value : float
        See `KINDS`. Never NaN: what could not be measured has no measure.
    quality : float
        0 to 1: how well it could be measured.
    details : mapping of str to float
        Further measures, named where they are made (`pipeline.voice.prosody`, `pipeline.voice.breaths`).
    """

    kind: str
    start: float
    end: float
    value: float
    quality: float
    details: Mapping[str, float] = field(default_factory=dict)


def measure_table(measures: Mapping[str, Iterable[Measure]]) -> pd.DataFrame:
    """Measures of each participant as one table; `details` are a JSON object."""
    import pandas as pd

    rows = [
        {
            "participant": who,
            "kind": m.kind,
            "start": m.start,
            "end": m.end,
            "value": m.value,
            "quality": m.quality,
            "details": json.dumps({name: round(value, 4) for name, value in m.details.items()}),
        }
        for who, found in measures.items()
        for m in found
    ]
    return pd.DataFrame(rows, columns=["participant", "kind", "start", "end", "value", "quality", "details"])


def measures_of(table: pd.DataFrame) -> dict[str, list[Measure]]:
    """The measures of each participant, from such a table."""
    found: dict[str, list[Measure]] = {}
    names = ("participant", "kind", "start", "end", "value", "quality", "details")
    for who, kind, *numbers, details in zip(*(table[name].tolist() for name in names), strict=True):
        start, end, value, quality = numbers
        found.setdefault(who, []).append(Measure(kind, start, end, value, quality, json.loads(details)))
    return found
