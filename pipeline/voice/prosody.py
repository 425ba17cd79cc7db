"""Measures of how something was said: intonation, steps of pitch, stress, stretching, pace, loudness, creak.

Everything is measured against the same speaker's other talk in the meeting. Where that is too little, or the
voice does not sound alone, there is no measure. Thresholds that make events of these are in
`pipeline.voice.labels`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipeline.voice.baseline import speaker_baseline, standing
from pipeline.voice.breaths import BreathSettings, measure_breaths
from pipeline.voice.fragments import find_fragments
from pipeline.voice.loudness import voice_level
from pipeline.voice.measures import Measure
from pipeline.voice.quality import creak
from pipeline.voice.signals import HOP, Floats, Spans, semitones
from pipeline.voice.speaker import Voice
from pipeline.voice.spelling import spelt_syllables
from pipeline.voice.syllables import SyllableSettings, syllable_nuclei
from pipeline.voice.units import Unit, UnitSettings, turn_units
from pipeline.voice.words import word_lengths

if TYPE_CHECKING:
    import pandas as pd

LEAST = 3
"""Voiced frames from which a word's level and pitch are known."""
WHOLE = 0.9
"""Share of a word heard alone from which its length is known: what others cover is not counted as voice."""


@dataclass(frozen=True)
class ProsodySettings:
    """How prosody is measured; what is made of it is in `pipeline.voice.labels`.

    Attributes
    ----------
    units, syllables, breaths
        See there.
    tail : float
        Seconds of voice at the end of a unit in which its final movement is looked for: one or two syllables.
    final : float
        Seconds of voice that must sound in it for a movement: between an unstressed vowel (0.07) and a
        stressed one (0.13; Klatt 1976).
    late : float
        Seconds before the end of a unit at which the voice may stop (a final consonant) for the movement to
        be the unit's last.
    voiced : float
        Share of the frames around a syllable's peak in which the voice must sound for its pitch to be known:
        a lone period found in noise is chance.
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
    final: float = 0.1
    late: float = 0.25
    voiced: float = 0.5
    together: float = 0.5
    few: int = 10
    syllables_in_stretch: int = 5
    known: float = 0.5


def measure_prosody(
    signals: pd.DataFrame,
    words: pd.DataFrame,
    speech: Spans,
    settings: ProsodySettings,
    *,
    language: str = "",
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
    language : str
        ISO 639-1 code of the words, if known: `pace` counts syllables by spelling where that tells them.
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
        *pace(voice, settings, language),
        *creak(voice),
    ]
    return sorted(measures, key=lambda m: (m.start, m.end, m.kind)), voice.units


def intonation(voice: Voice, settings: ProsodySettings) -> list[Measure]:
    """The last movement of pitch in each unit, in semitones.

    It goes from the point in the last `settings.tail` seconds of voice that is furthest in pitch to the end.
    Only frames in which the voice sounds count; where it sounds for less than `settings.final` seconds of
    these, or ends too early, the unit has none.
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
        if len(rows) * HOP < settings.final - 1e-9:
            continue
        # mirrored, so that a slip in the very last frame is filtered too
        tones = median_filter(semitones(f0[rows], f0[rows[-1]]), 5, mode="mirror")
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
    """Steps of pitch between neighbouring syllables of a unit that are both voiced, in semitones.

    Details: `spreads` of the speaker's own steps that it is, and where it leads, `to`, in semitones from the
    speaker's median. Without the speaker's range there are none.
    """
    if voice.usual is None or not len(voice.nuclei):
        return []
    time, f0, voiced = (voice.nuclei[name].to_numpy(float) for name in ("time", "f0", "voiced"))
    sounds = voiced >= settings.voiced
    tones = semitones(f0, voice.usual.f0)
    number = np.searchsorted([unit.start for unit in voice.units], time, side="right")
    same = (np.diff(number) == 0) & (np.diff(time) <= settings.together) & sounds[:-1] & sounds[1:]
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

    Only frames in which the voice sounds count; a whispered word has no measure. Level is their 75th
    percentile, from 50 to 4000 Hz; pitch the highest syllable of the word, without syllables their 90th
    percentile; length the time in which they sound. Stress is the mean of the spreads (`level`, `pitch`) by
    which both stand above the word's unit, in which there must be three words. Stretching:
    `pipeline.voice.words`.
    """
    words, few = voice.words, settings.few
    if not len(words):
        return []
    start, end = words["start"].to_numpy(float), words["end"].to_numpy(float)
    level, pitch, voiced, alone = _word_signals(voice, start, end, settings)
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
    whole = np.isfinite(level) & (alone >= WHOLE)
    lengths = word_lengths(words, np.where(whole, voiced * (end - start), np.nan), final, few)
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
        for i in np.flatnonzero(np.isfinite(lengths.spreads))
    ]
    return found + _fragments(voice, settings)


def pace(voice: Voice, settings: ProsodySettings, language: str = "") -> list[Measure]:
    """Articulation rate of each stretch without a silence, against the speaker's usual one.

    Syllables are those that the words are written with; in a language whose spelling does not tell them,
    those that are heard. Never one here and the other there: fewer are heard than said. Details: `rate` in
    syllables per second, `syllables`, `heard` in the sound, whether `spelt` (1 or 0), and `spreads` from the
    speaker's median.
    """
    nuclei = voice.nuclei["time"].to_numpy(float)
    middles = (voice.words["start"].to_numpy(float) + voice.words["end"].to_numpy(float)) / 2
    written = [spelt_syllables(text, language) for text in voice.words["text"]]
    spelt = any(count is not None for count in written)
    begins = np.array([unit.start for unit in voice.units])
    stretches = []
    for start, end in voice.speech:
        inside = begins[(begins > start + HOP) & (begins < end - HOP)]
        for a, b in pairwise([start, *inside.tolist(), end]):
            heard = int(np.searchsorted(nuclei, b) - np.searchsorted(nuclei, a))
            said = [written[i] for i in np.flatnonzero((middles >= a) & (middles < b))]
            count = _said(said, heard) if spelt else heard
            known = float(np.isfinite(voice.column("level", a, b)).sum()) * HOP
            if count >= settings.syllables_in_stretch and known >= 0.9 * (b - a):
                stretches.append((a, b, count, heard))
    rates = np.array([count / (b - a) for a, b, count, _ in stretches])
    spreads = standing(rates, settings.few)
    return [
        Measure(
            "pace",
            a,
            b,
            float(rate / np.median(rates)),
            1 - 1 / count,
            {
                "rate": float(rate),
                "syllables": float(count),
                "heard": float(heard),
                "spelt": float(spelt),
                "spreads": float(far),
            },
        )
        for (a, b, count, heard), rate, far in zip(stretches, rates, spreads, strict=True)
        if np.isfinite(far)
    ]


def _said(counts: Sequence[int | None], heard: int) -> int:
    """Syllables of the words in a stretch; none where a word is unknown or, since more are heard, missing."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) and sum(known) + 1 >= heard else 0


def _word_signals(
    voice: Voice, start: Floats, end: Floats, settings: ProsodySettings
) -> tuple[Floats, Floats, Floats, Floats]:
    """Level in dB, highest pitch in semitones, share voiced and share heard alone, of each word."""
    first, last = np.searchsorted(voice.times, start), np.searchsorted(voice.times, end)
    heard, f0 = voice_level(voice.signals), voice.signals["f0"].to_numpy(float)
    sure = voice.nuclei[voice.nuclei["voiced"] >= settings.voiced]
    nuclei, tops = sure["time"].to_numpy(float), sure["f0"].to_numpy(float)
    from_, to = np.searchsorted(nuclei, start), np.searchsorted(nuclei, end)
    level, pitch, voiced, alone = np.full((4, len(start)), np.nan)
    reference = voice.usual.f0 if voice.usual else 100.0
    for i, (a, b) in enumerate(zip(first, last, strict=True)):
        loud, tones = heard[a:b], f0[a:b]
        alone[i] = np.isfinite(loud).mean() if b > a else 0.0
        voiced[i] = np.isfinite(tones).mean() if b > a else 0.0
        sounds = np.isfinite(tones) & np.isfinite(loud)
        if alone[i] < settings.known or sounds.sum() < LEAST:
            continue
        level[i] = np.percentile(loud[sounds], 75)
        top = tops[from_[i] : to[i]].max() if to[i] > from_[i] else np.percentile(tones[sounds], 90)
        pitch[i] = semitones(top, reference)
    return level, pitch, voiced, alone


def _above(values: Floats, group: np.ndarray) -> Floats:
    """How far each value lies above the median of its group; NaN in groups of fewer than three."""
    import pandas as pd

    groups = pd.Series(values).groupby(group)
    above = values - groups.transform("median").to_numpy(float)
    return np.where(groups.transform("count").to_numpy(float) >= 3, above, np.nan)


def _fragments(voice: Voice, settings: ProsodySettings) -> list[Measure]:
    """Fragments of words, and how far their sound falls at the end.

    Details say what tells in the text, 1 or 0: `written` as cut off, `resumed` by the next word.
    """
    found = []
    texts, starts, ends = (voice.words[name].tolist() for name in ("text", "start", "end"))
    for fragment in find_fragments(texts, starts, ends, settings.together):
        start, end = starts[fragment.word], ends[fragment.word]
        before, after = voice.column("level", end - 0.05, end), voice.column("level", end, end + 0.05)
        if np.isfinite(before).any() and np.isfinite(after).any():
            drop = float(np.nanmax(before) - np.nanmin(after))
            details = {"written": float(fragment.written), "resumed": float(fragment.resumed)}
            found.append(Measure("cut_off", start, end, drop, 1 - 0.5 ** (max(drop, 0.0) / 10), details))
    return found
