"""Measures of how something was said: intonation, steps of pitch, stress, stretching, pace, loudness, creak.

Everything is measured against the same speaker's other talk in the meeting. Where that is too little, or the
voice does not sound alone, there is no measure. Thresholds that make events of these are in
`pipeline.voice.labels`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipeline.intervals import runs
from pipeline.voice.baseline import Baseline, speaker_baseline, standing
from pipeline.voice.breaths import BreathSettings, measure_breaths
from pipeline.voice.loudness import voice_level
from pipeline.voice.measures import Measure
from pipeline.voice.signals import HOP, Floats, Spans, semitones
from pipeline.voice.syllables import SyllableSettings, syllable_nuclei, whole_pieces
from pipeline.voice.units import Unit, UnitSettings, turn_units
from pipeline.voice.words import word_lengths

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ProsodySettings:
    """How prosody is measured; what is made of it is in `pipeline.voice.labels`.

    Attributes
    ----------
    units, syllables, breaths
        See there.
    tail : float
        Seconds of voice at the end of a unit in which its final movement is looked for: one or two syllables.
    late : float
        Seconds before the end of a unit at which the voice may stop (a final consonant) for the movement to
        be the unit's last.
    together : float
        Seconds between two syllables from which there is no step from one to the next.
    few : int
        Words, steps or stretches of a speaker that make the usual known.
    syllables_in_stretch : int
        Syllables that a stretch of talk must have for its pace: one more or less is then under 20 %.
    known : float
        Share of an interval in which the speaker must be heard alone.
    """

    units: UnitSettings = field(default_factory=UnitSettings)
    syllables: SyllableSettings = field(default_factory=SyllableSettings)
    breaths: BreathSettings = field(default_factory=BreathSettings)
    tail: float = 0.3
    late: float = 0.25
    together: float = 0.5
    few: int = 10
    syllables_in_stretch: int = 5
    known: float = 0.5


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


def measure_prosody(
    signals: pd.DataFrame, words: pd.DataFrame, speech: Spans, settings: ProsodySettings
) -> tuple[list[Measure], list[Unit]]:
    """Everything measured of one participant's voice, and the participant's turn units.

    Parameters
    ----------
    signals : DataFrame
        That participant's signals (`pipeline.voice.signals`).
    words : DataFrame
        That participant's words with `start`, `end`, `text`; may be empty.
    speech : sequence of (start, end)
        When the participant speaks, in the time of words and signals.
    settings : ProsodySettings
        See there.
    """
    signals = signals.sort_values("time", ignore_index=True)
    words = words.sort_values(["start", "end"], ignore_index=True)
    voice = Voice(
        signals=signals,
        words=words,
        nuclei=syllable_nuclei(signals, settings.syllables),
        speech=sorted(speech),
        units=turn_units(words, speech, signals, settings.units),
        usual=speaker_baseline(signals),
    )
    measures = [
        *measure_breaths(signals, speech, settings.breaths),
        *intonation(voice, settings),
        *pitch_steps(voice, settings),
        *word_measures(voice, settings),
        *pace(voice, settings),
        *creak(voice),
    ]
    return sorted(measures, key=lambda m: (m.start, m.end, m.kind)), voice.units


def intonation(voice: Voice, settings: ProsodySettings) -> list[Measure]:
    """The last movement of pitch in each unit, in semitones.

    It goes from the point in the last `settings.tail` seconds of voice that is furthest in pitch to the end.
    Details: its `seconds`; where the speaker's range is known, the `end` in semitones from the speaker's
    median, and its place in the range, `low`: 0 at the 5th percentile of the speaker's pitch, 1 at the 95th.
    """
    from scipy.ndimage import median_filter

    times, f0 = voice.times, voice.signals["f0"].to_numpy(float)
    strength = voice.signals["voicing"].to_numpy(float)
    usual = voice.usual
    lowest, range_ = (usual.f0_low, usual.f0_high - usual.f0_low) if usual else (0.0, 0.0)
    found = []
    for unit in voice.units:
        first, last = np.searchsorted(times, [unit.start, unit.end + HOP])
        rows = first + np.flatnonzero(np.isfinite(f0[first:last]))
        if not len(rows) or unit.end - times[rows[-1]] > settings.late:
            continue
        rows = rows[times[rows] > times[rows[-1]] - settings.tail]
        if len(rows) < 6:  # 60 ms: less is no movement that could be heard
            continue
        tones = median_filter(semitones(f0[rows], f0[rows[-1]]), 5, mode="nearest")
        end = float(np.median(tones[-3:]))
        furthest = int(np.argmax(np.abs(tones - end)))
        details = {"seconds": float(times[rows[-1]] - times[rows[furthest]])}
        if usual:
            details["end"] = end + float(semitones(f0[rows[-1]], usual.f0))
            details["low"] = (details["end"] - lowest) / range_ if range_ > 0 else 0.5
        quality = float(np.mean(strength[rows]))
        found.append(
            Measure(
                "intonation",
                min(float(times[rows[furthest]]), unit.end),  # the last frame may reach past the end
                unit.end,
                end - float(tones[furthest]),
                quality,
                details,
            )
        )
    return found


def pitch_steps(voice: Voice, settings: ProsodySettings) -> list[Measure]:
    """Steps of pitch between neighbouring syllables of a unit, in semitones.

    Details: `spreads` of the speaker's own steps that it is, and where it leads, `to`, in semitones from the
    speaker's median. Without the speaker's range there are none.
    """
    if voice.usual is None or not len(voice.nuclei):
        return []
    time, f0 = voice.nuclei["time"].to_numpy(float), voice.nuclei["f0"].to_numpy(float)
    tones = semitones(f0, voice.usual.f0)
    number = np.searchsorted([unit.start for unit in voice.units], time, side="right")
    same = (np.diff(number) == 0) & (np.diff(time) <= settings.together)
    if same.sum() < settings.few:
        return []
    steps = np.diff(tones)
    width = float(np.median(np.abs(steps[same]))) / 0.6745
    edges = (time[:-1] + time[1:]) / 2
    found = []
    for i in np.flatnonzero(same).tolist():
        end = (
            edges[i + 1]
            if i + 1 < len(same) and same[i + 1]
            else time[i + 1] + min(0.15, time[i + 1] - edges[i])
        )
        details = {"spreads": abs(float(steps[i])) / width if width > 0 else 0.0, "to": float(tones[i + 1])}
        found.append(Measure("pitch_step", float(edges[i]), float(end), float(steps[i]), 1.0, details))
    return found


def word_measures(voice: Voice, settings: ProsodySettings) -> list[Measure]:
    """Loudness, stress, stretching of each word, and how fragments end.

    Level is the 75th percentile of the word's frames, from 50 to 4000 Hz; pitch the highest syllable of the
    word, without syllables its 90th percentile. Stress is the mean of the spreads (`level`, `pitch`) by which
    both stand above the word's unit, in which there must be three words. Stretching: `pipeline.voice.words`.
    """
    words, few = voice.words, settings.few
    if not len(words):
        return []
    start, end = words["start"].to_numpy(float), words["end"].to_numpy(float)
    level, pitch, voiced, alone = _word_signals(voice, start, end, settings.known)
    found = []
    known = np.isfinite(level)
    if known.sum() >= few:
        over = level - np.median(level[known])
        found += [
            Measure("loudness", start[i], end[i], float(over[i]), float(alone[i]))
            for i in np.flatnonzero(known)
        ]
    unit_of = np.zeros(len(words), int)
    for number, unit in enumerate(voice.units):
        unit_of[list(unit.words)] = number
    level_stands, pitch_stands = (standing(_above(values, unit_of), few) for values in (level, pitch))
    both = (level_stands + pitch_stands) / 2
    found += [
        Measure(
            "stress",
            start[i],
            end[i],
            float(both[i]),
            float(voiced[i]),
            {"level": float(level_stands[i]), "pitch": float(pitch_stands[i])},
        )
        for i in np.flatnonzero(np.isfinite(both))
    ]
    final = np.zeros(len(words), bool)
    final[[unit.words[-1] for unit in voice.units if unit.words]] = True
    lengths = word_lengths(words, final, few)
    found += [
        Measure(
            "stretch",
            start[i],
            end[i],
            float(lengths.ratio[i]),
            float(alone[i]),
            {
                "expected": float(lengths.expected[i]),
                "spreads": float(lengths.spreads[i]),
                "voiced": float(voiced[i]),
            },
        )
        for i in np.flatnonzero(np.isfinite(lengths.spreads) & np.isfinite(level))
    ]
    return found + _fragments(voice, settings)


def pace(voice: Voice, settings: ProsodySettings) -> list[Measure]:
    """Articulation rate of each stretch without a silence, against the speaker's usual one.

    Details: `rate` in syllables per second, `syllables`, and `spreads` from the speaker's median.
    """
    time = voice.nuclei["time"].to_numpy(float)
    begins = np.array([unit.start for unit in voice.units])
    stretches = []
    for start, end in voice.speech:
        inside = begins[(begins > start + HOP) & (begins < end - HOP)]
        for a, b in pairwise([start, *inside.tolist(), end]):
            count = int(np.searchsorted(time, b) - np.searchsorted(time, a))
            known = float(np.isfinite(voice.column("level", a, b)).sum()) * HOP
            if count >= settings.syllables_in_stretch and known >= 0.9 * (b - a):
                stretches.append((a, b, count))
    rates = np.array([count / (b - a) for a, b, count in stretches])
    spreads = standing(rates, settings.few)
    return [
        Measure(
            "pace",
            a,
            b,
            float(rate / np.median(rates)),
            1 - 1 / count,
            {"rate": float(rate), "syllables": float(count), "spreads": float(far)},
        )
        for (a, b, count), rate, far in zip(stretches, rates, spreads, strict=True)
        if np.isfinite(far)
    ]


def creak(voice: Voice, fill: float = 0.05) -> list[Measure]:
    """Stretches of creak, joined over `fill` seconds; `value` is the median rate of pulses in Hz.

    Details: `below` the speaker's median pitch in semitones, where that is known.
    """
    times, rate = voice.times, voice.signals["pulse_rate"].to_numpy(float)
    creaks = np.isfinite(rate)
    for a, b in runs(~creaks):
        if a > 0 and b < len(creaks) and times[b] - times[a - 1] <= fill + HOP:
            creaks[a:b] = True
    found = []
    for a, b in whole_pieces(times, creaks):
        pulses = float(np.nanmedian(rate[a:b]))
        details = {"below": -float(semitones(pulses, voice.usual.f0))} if voice.usual else {}
        share = float(np.isfinite(rate[a:b]).mean())
        found.append(
            Measure("creak", float(times[a]) - HOP / 2, float(times[b - 1]) + HOP / 2, pulses, share, details)
        )
    return found


def _word_signals(
    voice: Voice, start: Floats, end: Floats, known: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Level in dB, highest pitch in semitones, share voiced and share heard alone, of each word."""
    first, last = np.searchsorted(voice.times, start), np.searchsorted(voice.times, end)
    heard, f0 = voice_level(voice.signals), voice.signals["f0"].to_numpy(float)
    nuclei, tops = voice.nuclei["time"].to_numpy(float), voice.nuclei["f0"].to_numpy(float)
    from_, to = np.searchsorted(nuclei, start), np.searchsorted(nuclei, end)
    level, pitch, voiced, alone = np.full((4, len(start)), np.nan)
    reference = voice.usual.f0 if voice.usual else 100.0
    for i, (a, b) in enumerate(zip(first, last, strict=True)):
        loud, tones = heard[a:b], f0[a:b]
        alone[i] = np.isfinite(loud).mean() if b > a else 0.0
        voiced[i] = np.isfinite(tones).mean() if b > a else 0.0
        if alone[i] < known:
            continue
        level[i] = np.nanpercentile(loud, 75)
        if to[i] > from_[i]:
            pitch[i] = semitones(tops[from_[i] : to[i]].max(), reference)
        elif np.isfinite(tones).sum() >= 3:
            pitch[i] = semitones(np.nanpercentile(tones, 90), reference)
    return level, pitch, voiced, alone


def _above(values: Floats, group: np.ndarray) -> Floats:
    """How far each value lies above the median of its group; NaN in groups of fewer than three."""
    import pandas as pd

    groups = pd.Series(values).groupby(group)
    above = values - groups.transform("median").to_numpy(float)
    return np.where(groups.transform("count").to_numpy(float) >= 3, above, np.nan)


def _fragments(voice: Voice, settings: ProsodySettings) -> list[Measure]:
    """Words that the recogniser wrote as fragments (``wor-``), and how far their sound falls at the end."""
    found = []
    columns = (voice.words[name].tolist() for name in ("text", "start", "end"))
    for text, start, end in zip(*columns, strict=True):
        if not is_fragment(text):
            continue
        before, after = voice.column("level", end - 0.05, end), voice.column("level", end, end + 0.05)
        if np.isfinite(before).any() and np.isfinite(after).any():
            drop = float(np.nanmax(before) - np.nanmin(after))
            found.append(Measure("cut_off", start, end, drop, 1 - 0.5 ** (max(drop, 0.0) / 10)))
    return found


def is_fragment(text: str) -> bool:
    """Whether a word is written as cut off."""
    bare = text.rstrip("\"'”’»)],.?! ")
    return len(bare) > 1 and bare[-1] in "-‐‑–—" and bare[-2].isalnum()
