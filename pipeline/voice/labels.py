"""From measures to events: what is falling, louder, faster ... by thresholds that can be moved afterwards.

A pure function of measures and settings, so that a researcher can label again without hearing again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.voice.measures import Measure


@dataclass(frozen=True)
class BreathLimits:
    """What of the sounds beside speech is breath, and in which direction.

    Direction is told from the place: speakers breathe in before they speak, and an out-breath follows the
    last word; the sound at one microphone does not tell it.

    Attributes
    ----------
    before : float
        Seconds from an in-breath to the participant's next word at most.
    after : float
        Seconds from the last word to an out-breath at most.
    apart : float
        Seconds of dip between breath and word: less is friction that belongs to the word, unless it lasts
    touching : float
        seconds, longer than any fricative (Jongman, Wayland & Wong 2000: up to 0.2 s).
    over : float
        Decibels over the noise of the room, from 1 to 4 kHz: 10 are heard as twice as loud (Stevens 1955).
    seconds : float
        That a breath lasts: Jefferson's single h is about a tenth of a second, two are the rule.
    under : float
        Decibels under the speaker's usual level at most: what is quieter is hardly audible.
    voicing : float
        Strength of the period above which it is voice (Praat's threshold).
    tilt : float
        Decibels of 50-1000 Hz over 1-4 kHz above which it is no breath: vowels have 10 and more.
    sibilance : float
        Decibels of 4-7 kHz over 1-4 kHz above which it is a sibilant.
    """

    before: float = 0.6
    after: float = 0.3
    apart: float = 0.03
    touching: float = 0.25
    over: float = 10.0
    seconds: float = 0.15
    under: float = 45.0
    voicing: float = 0.45
    tilt: float = 6.0
    sibilance: float = 3.0


@dataclass(frozen=True)
class LabelSettings:
    """Thresholds, each with where it comes from.

    Attributes
    ----------
    movement : float
        Semitones of a final rise or fall: smaller ones play no part in communication ('t Hart 1981).
    low_fall, low : float
        A smaller fall also counts where it ends in the lowest part `low` of the speaker's own range (5th to
        95th percentile): 1.5 semitones are heard as different (Rietveld & Gussenhoven 1985).
    glissando : float
        A movement of T seconds is heard as one from ``glissando / T`` semitones on, 0.32 in running speech
        ('t Hart, Collier & Cohen 1990; Mertens 2004).
    step : float
        Semitones of a step between syllables ('t Hart 1981), that must also be `step_spreads` of the
        speaker's own steps (2: of normal ones one in twenty) and lead away from the speaker's median.
    step_spreads : float
        See `step`.
    largest_step : float
        Semitones that a step has at most: what leaps further than an octave from one syllable to the next is
        taken for an error of the pitch.
    stress : float
        Spreads by which level and pitch together stand above the unit: 1.5, of normal measures one word in
        sixty if they were independent, one in fifteen if they were the same.
    stretch : float
        Spreads of the speaker's own word lengths (2: one in forty would be longer by chance), and
    stretch_seconds : float
        seconds longer than expected; Jefferson's colon stands for about a tenth of a second.
    stretch_voiced : float
        Share of the word in which the voice sounds: a stop or a silence inside is no stretching.
    pace : float
        Ratio to the speaker's usual rate, up or down: four times the just noticeable 5 % (Quene 2007), and
    pace_spreads : float
        spreads of the speaker's own rates.
    loudness : float
        Decibels over or under the speaker's usual: the step between the levels of vocal effort of ISO 9921.
    loud_seconds : float
        Seconds that louder or quieter talk lasts; a single short word is stress, or a function word.
    cut_off : float
        Decibels by which the sound falls at the end of a fragment that is not written as one, only resumed by
        the next word: 10 are heard as half as loud (Stevens 1955).
    creak_seconds : float
        Seconds that creak lasts, at least.
    creak_below : float
        Semitones that the pulses lie under the speaker's median pitch. Fry lies about an octave under modal
        voice (Blomgren et al. 1998); half of that is required.
    breath : BreathLimits
        See there.
    """

    movement: float = 3.0
    low_fall: float = 1.5
    low: float = 0.1
    glissando: float = 0.32
    step: float = 3.0
    step_spreads: float = 2.0
    largest_step: float = 12.0
    stress: float = 1.5
    stretch: float = 2.0
    stretch_seconds: float = 0.1
    stretch_voiced: float = 0.5
    pace: float = 1.2
    pace_spreads: float = 1.0
    loudness: float = 6.0
    loud_seconds: float = 0.4
    cut_off: float = 10.0
    creak_seconds: float = 0.06
    creak_below: float = 6.0
    breath: BreathLimits = field(default_factory=BreathLimits)


@dataclass(frozen=True)
class VoiceEvent:
    """Something the voice did, ready for the timeline.

    Attributes
    ----------
    tier : str
        ``breath_in``, ``breath_out``, ``intonation``, ``pitch_step``, ``stress``, ``stretch``, ``cut_off``,
        ``pace``, ``loudness``, ``creak``.
    start, end : float
        Seconds.
    label : str
        ``falling``, ``level``, ``rising``; ``up``, ``down``; ``faster``, ``slower``; ``louder``, ``quieter``;
        else empty.
    value : float
        As in `pipeline.voice.measures.KINDS`.
    confidence : float
        0 to 1; orders events, is no probability.
    details : mapping of str to float
        Further measures.
    """

    tier: str
    start: float
    end: float
    label: str
    value: float
    confidence: float
    details: Mapping[str, float] = field(default_factory=dict)


TIERS = (
    "breath_in",
    "breath_out",
    "intonation",
    "pitch_step",
    "stress",
    "stretch",
    "cut_off",
    "pace",
    "loudness",
    "creak",
)


def label_voice(measures: Iterable[Measure], settings: LabelSettings) -> list[VoiceEvent]:
    """Events of one participant's measures, in order of time.

    Words that are louder or quieter one after the other become one event, with the mean of their values.
    """
    measures = sorted(measures, key=lambda m: (m.start, m.end))
    events = []
    for measure in measures:
        if measure.kind == "loudness":
            continue
        tier, label, margin = _judged(measure, settings)
        if tier:
            trust = measure.quality * (1 - 0.5**margin)
            events.append(
                VoiceEvent(tier, measure.start, measure.end, label, measure.value, trust, measure.details)
            )
    events += _loudness([m for m in measures if m.kind == "loudness"], settings)
    return sorted(events, key=lambda event: (event.start, event.end, event.tier))


def alone_in_their_time(found: Mapping[str, list[VoiceEvent]]) -> dict[str, list[VoiceEvent]]:
    """On one track for all, a breath is one person's: the surer of two that overlap stays.

    Parameters
    ----------
    found : mapping of participant to list of VoiceEvent
        All in the same recording.
    """
    breaths = sorted(
        (
            (who, event)
            for who, events in found.items()
            for event in events
            if event.tier.startswith("breath")
        ),
        key=lambda pair: -pair[1].confidence,
    )
    kept: list[tuple[str, VoiceEvent]] = []
    for who, event in breaths:
        if not any(event.start < other.end and other.start < event.end for _, other in kept):
            kept.append((who, event))
    return {
        who: [e for e in events if not e.tier.startswith("breath") or (who, e) in kept]
        for who, events in found.items()
    }


def _judged(m: Measure, s: LabelSettings) -> tuple[str, str, float]:
    """Tier, label and how many times the threshold a measure is; no tier where it is no event."""
    size, details = abs(m.value), m.details
    if m.kind == "intonation":
        least = max(s.movement, s.glissando / max(details["seconds"], 0.01))
        low = m.value <= -s.low_fall and details.get("low", 1.0) <= s.low
        label = "rising" if m.value >= least else "falling" if m.value <= -least or low else "level"
        return m.kind, label, size / s.low_fall if label != "level" else 2 - min(size / s.movement, 1.0)
    if m.kind == "pitch_step":
        margin = min(size / s.step, details["spreads"] / s.step_spreads)
        away = details["to"] * m.value > 0 and size <= s.largest_step
        return m.kind if margin >= 1 and away else "", "up" if m.value > 0 else "down", margin
    if m.kind == "stress":
        return m.kind if m.value >= s.stress else "", "", m.value / s.stress
    if m.kind == "stretch":
        longer = (m.value - 1) * details["expected"]
        margin = min(details["spreads"] / s.stretch, longer / s.stretch_seconds)
        return m.kind if margin >= 1 and details["voiced"] >= s.stretch_voiced else "", "", margin
    if m.kind == "pace":
        margin = min(max(m.value, 1 / m.value) - 1, 1.0) / (s.pace - 1)
        enough = margin >= 1 and abs(details["spreads"]) >= s.pace_spreads
        return m.kind if enough else "", "faster" if m.value > 1 else "slower", margin
    if m.kind == "cut_off":
        believed = details.get("written", 1.0) or m.value >= s.cut_off
        return m.kind if believed else "", "", 2.0
    if m.kind == "creak":
        margin = (m.end - m.start) / s.creak_seconds
        return m.kind if margin >= 1 and details.get("below", -1.0) >= s.creak_below else "", "", margin
    if m.kind == "breath":
        return _breath(m, s.breath)
    return m.kind, "", 2.0


def _breath(m: Measure, s: BreathLimits) -> tuple[str, str, float]:
    """In before the participant speaks, out after; beside both, in: that is what the silence is for."""
    d = m.details
    after, before = d["after"], d["before"]
    noise = d["voicing"] <= s.voicing and d["tilt"] <= s.tilt and d.get("sibilance", 0.0) <= s.sibilance
    least = s.seconds if min(after, before) >= s.apart else s.touching
    whole = m.end - m.start >= least and m.value >= -s.under and d["over"] >= s.over
    if noise and whole and before <= s.before:
        return "breath_in", "", 2 - before / s.before
    if noise and whole and after <= s.after:
        return "breath_out", "", 2 - after / s.after
    return "", "", 0.0


def _loudness(words: list[Measure], s: LabelSettings) -> list[VoiceEvent]:
    """Runs of words that are all louder, or all quieter, than the speaker's usual."""
    run: list[Measure] = []
    events: list[VoiceEvent] = []

    def side(word: Measure) -> int:
        return (word.value >= s.loudness) - (word.value <= -s.loudness)

    def close() -> None:
        if run and side(run[0]) and run[-1].end - run[0].start >= s.loud_seconds:
            value = sum(w.value for w in run) / len(run)
            quality = sum(w.quality for w in run) / len(run)
            label = "louder" if value > 0 else "quieter"
            trust = quality * (1 - 0.5 ** (abs(value) / s.loudness))
            details = {"words": float(len(run))}
            events.append(VoiceEvent("loudness", run[0].start, run[-1].end, label, value, trust, details))

    for word in words:
        if run and (side(word) != side(run[0]) or word.start - run[-1].end > 1.0):
            close()
            run = []
        run.append(word)
    close()
    return events
