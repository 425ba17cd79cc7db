"""How it was said in a meeting: everybody's voice measured in the sound they are heard in, and labelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.engines import Engines
from pipeline.hearing import Heard, Track
from pipeline.laughing import Laughter
from pipeline.media.clock import Clock
from pipeline.stages import Run
from pipeline.timeline.table import numbered_by_tier
from pipeline.timeline.turns import LAUGHTER
from pipeline.voice.labels import LabelSettings, VoiceEvent, alone_in_their_time, label_voice
from pipeline.voice.measures import measures_of
from pipeline.voice.signals import SIGNALS

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.voice.pitch import PitchEngine

Span = tuple[float, float]
SOURCE = "voice-2"
FINE = 3
"""Decimals of the signals: no decibel or hertz is known better."""


@dataclass(frozen=True)
class Said:
    """How things were said, in the meeting's time.

    Attributes
    ----------
    rows : list of dict
        Rows of the timeline.
    signals : DataFrame
        See `pipeline.voice.signals`.
    measures : DataFrame
        See `pipeline.voice.measures`, with the number of the `track` they were measured in: the rows are made
        of these, and can be made anew with other limits.
    """

    rows: list[dict[str, Any]]
    signals: pd.DataFrame
    measures: pd.DataFrame


def listen(run: Run, engines: Engines, tracks: Sequence[Track], heard: Heard, laughter: Laughter) -> Said:
    """Measure how everybody speaks.

    Parameters
    ----------
    run : Run
        The meeting on its way.
    engines : Engines
        Shared by the meetings of a call.
    tracks : sequence of Track
        One in which everybody is heard, or one for each participant.
    heard : Heard
        Who says what when.
    laughter : Laughter
        Who laughs when: that is no way of speaking, so nothing else is measured there.
    """
    import pandas as pd

    signals, measures = [], []
    for number, track in enumerate(tracks):
        present = [track.participant] if track.participant else sorted(heard.speech)
        speech = {who: heard.speech.get(who, []) for who in present}
        words = [w for w in heard.words if w["participant"] in speech and w["label"] != LAUGHTER]
        laughs = [span for who in [*present, ""] for span in laughter.spans.get(who, [])]
        folder = _measure(
            run, engines.pitch_tracker, track, speech, words, sorted(laughs), language=heard.language
        )
        signals.append(pd.read_parquet(folder / "voice.parquet"))
        measures.append(pd.read_parquet(folder / "measures.parquet").assign(track=number))
    together = pd.concat(measures, ignore_index=True)
    rows = voice_rows(together, run.settings.voice.labels)
    return Said(rows, pd.concat(signals, ignore_index=True), together)


def voice_rows(measures: pd.DataFrame, settings: LabelSettings) -> list[dict[str, Any]]:
    """Rows of the timeline made of measures, numbered."""
    rows = []
    for _, own in measures.groupby("track", sort=True):
        found = {who: label_voice(part, settings) for who, part in measures_of(own).items()}
        rows += [_row(who, event) for who, events in alone_in_their_time(found).items() for event in events]
    return numbered_by_tier(rows)


def _row(who: str, event: VoiceEvent) -> dict[str, Any]:
    return {
        "participant": who,
        "tier": event.tier,
        "start": max(0.0, event.start),
        "end": max(0.0, event.end),
        "label": event.label,
        "value": event.value,
        "confidence": min(max(event.confidence, 0.0), 1.0),
        "source": SOURCE,
        "details": dict(event.details),
    }


def _measure(
    run: Run,
    tracker: PitchEngine,
    track: Track,
    speech: Mapping[str, Sequence[Span]],
    words: Sequence[Mapping[str, Any]],
    laughs: Sequence[Span],
    *,
    language: str,
) -> Path:
    """Signals and measures of all that are heard in a track, kept in a folder."""
    settings, clock = run.settings.voice, track.source.clock

    def compute(folder: Path) -> None:
        signals = _signals(run, tracker, track, speech, laughs)
        measures = _measures(run, signals, speech, words, language=language)
        measures.to_parquet(folder / "measures.parquet", index=False)
        values = [name for name in SIGNALS if name != "time"]  # single precision is not enough for hours
        signals[values] = signals[values].astype("float32").round(FINE)
        signals.to_parquet(folder / "voice.parquet", index=False, compression="zstd")

    said = [(word["participant"], word["start"], word["end"], word["text"]) for word in words]
    wanted = [asdict(settings.signals), asdict(settings.prosody), asdict(clock), dict(speech), said, laughs]
    wanted.append(language)
    return run.stage("measure voices", f"2-{tracker.version}", wanted, [track.key], compute).folder


def _signals(
    run: Run,
    tracker: PitchEngine,
    track: Track,
    speech: Mapping[str, Sequence[Span]],
    laughs: Sequence[Span],
) -> pd.DataFrame:
    """Signals of all that are heard in a track, in the meeting's time."""
    import pandas as pd

    from pipeline.voice.hum import without_hum
    from pipeline.voice.loudness import band_levels
    from pipeline.voice.measure import voice_signals

    clock: Clock = track.source.clock
    own = {who: [(clock.own(a), clock.own(b)) for a, b in spans] for who, spans in speech.items()}
    laughed = [(clock.own(start), clock.own(end)) for start, end in laughs]
    everybody = sorted(span for spans in own.values() for span in spans)
    sound = without_hum(track.source.sound(track.spec), everybody)
    levels = band_levels(sound)
    run.reporter.progress(0.4)
    parts = []
    for number, (who, spans) in enumerate(own.items(), start=1):
        others = [span for other, theirs in own.items() if other != who for span in theirs] + laughed
        table = voice_signals(who, sound, levels, spans, others, run.settings.voice.signals, tracker=tracker)
        parts.append(table.assign(time=clock.meeting(table["time"].to_numpy(float))))
        run.reporter.progress(0.4 + 0.5 * number / len(own))
    return pd.concat(parts, ignore_index=True)


def _measures(
    run: Run,
    signals: pd.DataFrame,
    speech: Mapping[str, Sequence[Span]],
    words: Sequence[Mapping[str, Any]],
    *,
    language: str,
) -> pd.DataFrame:
    """Measures of all whose signals are there, in the meeting's time."""
    import pandas as pd

    from pipeline.voice.measures import measure_table
    from pipeline.voice.prosody import measure_prosody

    table = pd.DataFrame(words, columns=["participant", "start", "end", "text"])
    found = {}
    for who, spans in speech.items():
        own = table[table["participant"] == who].drop(columns="participant")
        mine = signals[signals["participant"] == who]
        found[who], _ = measure_prosody(mine, own, spans, run.settings.voice.prosody, language=language)
    return measure_table(found)
