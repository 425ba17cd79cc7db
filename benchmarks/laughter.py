"""Laughter: events and frames in real meetings, false alarms in read speech, clips, laughter under speech."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from words import read_sound, telephone

from pipeline import models
from pipeline.media.sound import RATE, Sound
from pipeline.networks import keep_open
from pipeline.speech.segmentation import segment
from pipeline.speech.transcribe import passages
from pipeline.voice.laughter import (
    STEP,
    Head,
    LaughSettings,
    find_laughs,
    laughter_curve,
    spread,
    unknown,
)
from pipeline.whisper_states import WhisperStates

SAMPLE = Path(__file__).parents[1] / "sample_media"
Span = tuple[float, float]
Curves = Callable[[NDArray[np.float32]], NDArray[np.float32]]

SPEAKERS = ("2609", "3005", "3080", "3331", "367", "533")
"""Speakers of LibriSpeech that the head did not hear in training."""
DOUBT = 1.0
"""Seconds around a laugh of which only the moment is known, in which nothing is counted."""


def curves() -> Curves:
    """A function from samples to the curve of laughter, as in an analysis.

    Where somebody speaks, the states are those of the passages that are transcribed.
    """
    encode, head = WhisperStates(models.path("whisper-tiny.en")), Head.load()
    network = keep_open(models.path("segmentation-3.0", "segmentation-3.0.onnx"), 2)

    def curve(samples: NDArray[np.float32]) -> NDArray[np.float32]:
        sound = Sound(np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16))
        speech = segment(sound, network, progress=lambda share: None)
        heard = unknown(sound.duration)
        for passage in passages(speech, sound.duration):
            spread(heard, encode(passage.samples(sound)), passage.pieces, head)
        return laughter_curve(sound, encode, head, heard=heard, progress=lambda share: None)

    return curve


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans that touch or overlap as one: two people who laugh together are one event."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(end, result[-1][1])
        else:
            result.append((start, end))
    return result


def count_events(found: Sequence[Span], true: Sequence[Span], ignored: Sequence[Span]) -> NDArray[np.int_]:
    """Laughs that were found, missed, and false ones; one found event counts for one true one at most.

    An event counts as found where the two share any time, as in the published figures; a found event that
    matches none and touches an ignored stretch is not counted.
    """
    left, hits = list(found), 0
    for start, end in true:
        shared = [min(end, b) - max(start, a) for a, b in left]
        if shared and max(shared) > 0:
            hits += 1
            left.pop(int(np.argmax(shared)))
    false = [s for s in left if not any(s[0] < b and a < s[1] for a, b in [*ignored, *true])]
    return np.array([hits, len(true) - hits, len(false)])


def count_frames(
    found: Sequence[Span], true: Sequence[Span], ignored: Sequence[Span], duration: float
) -> NDArray[np.int_]:
    """The same in steps of 0.1 s."""
    middles = np.arange(0, duration, STEP) + STEP / 2

    def inside(spans: Sequence[Span]) -> NDArray[np.bool_]:
        return np.any([(middles >= a) & (middles < b) for a, b in spans] or [middles < 0], axis=0)

    heard, real = inside(found), inside(true)
    counted = ~inside(ignored) | real
    return np.array([(heard & real).sum(), (real & ~heard).sum(), (heard & ~real & counted).sum()])


def f1(counts: NDArray[np.int_]) -> float:
    """F1 of counts of found, missed and false."""
    found, missed, false = counts
    return 2 * found / max(1, 2 * found + missed + false)


def interval(counts: Sequence[NDArray[np.int_]], times: int = 2000) -> tuple[float, float]:
    """95 % of the F1 of clips drawn again with replacement."""
    rng = np.random.default_rng(0)
    drawn = [
        f1(np.sum([counts[i] for i in rng.integers(0, len(counts), len(counts))], 0)) for _ in range(times)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def spans_of(curve: NDArray[np.float32]) -> list[Span]:
    """Where laughter is found."""
    return [(laugh.start, laugh.end) for laugh in find_laughs(curve, LaughSettings())]


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    curve = curves()
    return [
        *_meetings(data, curve),
        *_sample(curve),
        *_read_speech(data, curve),
        *_clips(data, curve),
        *_under_speech(data, curve),
        *_bad_input(data, curve),
    ]


def _row(measure: str, value: object, data: str, aim: str = "") -> dict:
    return {"measure": measure, "value": value, "aim": aim, "data": data}


def _meetings(data: Path, curve: Curves) -> list[dict]:
    """AMI: none of it was heard in training."""
    events, frames, seconds = [], [], 0.0
    for clip in sorted((data / "ami_clips").glob("trn*")):
        reference = json.loads((clip / "ref.json").read_text(encoding="utf-8"))
        samples = read_sound(clip / "audio.flac")
        true = merged((e["start"], e["end"]) for e in reference["laugh_intervals"])
        ignored = [(e["start"] - DOUBT, e["start"] + DOUBT) for e in reference["laugh_points"]]
        found = spans_of(curve(samples))
        events.append(count_events(found, true, ignored))
        frames.append(count_frames(found, true, ignored, len(samples) / RATE))
        seconds += len(samples) / RATE
    found, missed, false = np.sum(events, axis=0)
    name = f"AMI headset mix, {len(events)} clips, {seconds / 60:.0f} min, {found + missed} laughs"
    low, high = interval(events)
    detail = f"{name}: {found} found, {missed} missed, {false} false; 95 % interval {low:.2f} to {high:.2f}"
    return [
        _row("laughs, event F1", f"{f1(np.sum(events, axis=0)):.2f}", detail, "0.65 or better"),
        _row("laughs, frame F1 (0.1 s)", f"{f1(np.sum(frames, axis=0)):.2f}", name),
    ]


def _sample(curve: Curves) -> list[dict]:
    """The sample meeting's two laughs answer one another: one event."""
    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    true = merged((laugh["start"], laugh["end"]) for laugh in truth["laughs"])
    found, missed, false = count_events(spans_of(curve(read_sound(SAMPLE / "sample_meeting.mp4"))), true, [])
    name = "sample meeting (synthetic voices and laughter)"
    return [_row("laughs found, missed, false", f"{found}, {missed}, {false}", name)]


def _read_speech(data: Path, curve: Curves) -> list[dict]:
    """False alarms in speech without laughter: one voice, and two at once."""
    alone, both = _read(data)
    rows = []
    for name, samples in (("one voice", alone), ("two voices at once", both)):
        hours = len(samples) / RATE / 3600
        false = len(spans_of(curve(samples)))
        text = f"LibriSpeech test-other, {len(SPEAKERS)} voices not in training, {name}, {hours * 60:.1f} min"
        rows.append(_row("false laughs an hour", f"{false / hours:.0f} ({false} in all)", text))
    return rows


def _read(data: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Clips one after the other, and two halves of them at the same time."""
    paths = [p for s in SPEAKERS for p in sorted((data / "librispeech").glob(f"*/{s}/*.flac"))]
    clips = [_equal(read_sound(path)) for path in paths]
    half = len(clips) // 2
    first, second = np.concatenate(clips[:half]), np.concatenate(clips[half:])
    size = min(len(first), len(second))
    return np.concatenate(clips), (first[:size] + second[:size]) / 2


def _equal(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Peak at half of full scale."""
    return samples / (np.abs(samples).max() + 1e-9) * 0.5


def _row_of_clips(data: Path, gap: float = 1.5) -> tuple[NDArray[np.float32], list[tuple[str, Span]]]:
    """Clips of one sound each, one after the other with silence between: samples, kind and place of each."""
    parts, places, second = [], [], 0.0
    quiet = np.zeros(round(gap * RATE), np.float32)
    for path in sorted((data / "laughter" / "student_set").glob("*_*.flac")):
        sound = _equal(read_sound(path))[: 5 * RATE]
        if len(sound) >= 0.25 * RATE:
            parts += [quiet, sound]
            second += gap
            places.append((path.stem.split("_")[0], (second, second + len(sound) / RATE)))
            second += len(sound) / RATE
    return np.concatenate(parts), places


def _touched(spans: Sequence[Span], places: Iterable[Span]) -> NDArray[np.bool_]:
    """Which places share time with any of the spans."""
    return np.array([any(a < d and c < b for c, d in spans) for a, b in places])


def _clips(data: Path, curve: Curves) -> list[dict]:
    """Whether a clip holds laughter. None was heard in training, so that no folds are needed."""
    samples, places = _row_of_clips(data)
    heard = _touched(spans_of(curve(samples)), (span for _, span in places))
    kinds = np.array([kind for kind, _ in places])
    true = kinds == "laugh"
    counts = np.array([(true & heard).sum(), (true & ~heard).sum(), (~true & heard).sum()])
    false = [f"{(heard & (kinds == kind)).sum()} {kind}" for kind in sorted(set(kinds[~true & heard]))]
    name = f"student set: {true.sum()} laughs, {(~true).sum()} coughs, claps, knocks, alarms, one person"
    return [
        _row("clips, F1", f"{f1(counts):.2f}", f"{name}; taken for laughter: {', '.join(false) or 'none'}")
    ]


def _under_speech(data: Path, curve: Curves) -> list[dict]:
    """Laughter under somebody's speech, and the same speech over coughs and other sounds."""
    speech, _ = _read(data)
    sounds, places = _row_of_clips(data)
    speech = np.resize(speech, len(sounds))
    laughs = np.array([kind == "laugh" for kind, _ in places])
    rows = []
    for decibels in (0, 5, 10):
        mixed = speech.copy()
        for _, (start, end) in places:
            part = slice(round(start * RATE), round(end * RATE))
            ratio = np.sqrt((speech[part] ** 2).mean() / ((sounds[part] ** 2).mean() + 1e-9))
            mixed[part] += sounds[part] * ratio * 10 ** (decibels / 20)
        values = curve(_equal(mixed))
        score = np.array([np.nanmax(values[int(a * 10) : int(b * 10) + 1]) for _, (a, b) in places])
        heard = _touched(spans_of(values), (span for _, span in places))
        area = np.mean(score[laughs][:, None] > score[~laughs][None, :])
        found, false = heard[laughs].mean(), heard[~laughs].mean()
        value = f"AUC {area:.2f}, found {found:.0%}, others taken for it {false:.0%}"
        text = f"student set in LibriSpeech: {laughs.sum()} laughs, {(~laughs).sum()} other sounds"
        rows.append(_row(f"laughter {decibels} dB over speech", value, text))
    return rows


def _bad_input(data: Path, curve: Curves) -> list[dict]:
    """The laughter clips in bad recordings, and sounds in which there is no laughter."""
    samples, places = _row_of_clips(data)
    laughs = np.concatenate(
        [samples[round((a - 1) * RATE) : round(b * RATE)] for kind, (a, b) in places if kind == "laugh"]
    )
    lengths = np.cumsum([1 + b - a for kind, (a, b) in places if kind == "laugh"])
    true = list(zip(np.concatenate([[0], lengths[:-1]]) + 1, lengths, strict=True))
    rng = np.random.default_rng(0)
    t = np.arange(len(laughs)) / RATE
    hum = 0.3 * np.sin(2 * np.pi * 50 * t) + 0.15 * np.sin(2 * np.pi * 150 * t)
    noise = rng.standard_normal(len(laughs))
    cases = {
        "as they are": laughs,
        "clipped at a tenth": np.clip(laughs, -0.05, 0.05),
        "telephone": telephone(laughs),
        "strong hum": laughs * 0.5 + hum,
        "two at once": (laughs + np.roll(laughs, 3 * RATE)) / 2,
        "noise at 5 dB": laughs + noise * np.sqrt((laughs**2).mean() / 10**0.5),
    }
    rows = []
    for name, bad in cases.items():
        found = _touched(spans_of(curve(bad.astype(np.float32))), true).sum()
        rows.append(_row("laughter found", f"{found} of {len(true)}", f"student set in a row, {name}"))
    nothing = {"silence": 0 * noise, "noise": 0.1 * noise, "hum": hum}
    for name, sound in nothing.items():
        count = len(spans_of(curve(sound[: 30 * RATE].astype(np.float32))))
        rows.append(_row("laughs invented", count, f"30 s of {name}"))
    return rows
