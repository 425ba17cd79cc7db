"""Who spoke when, and who said which word."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from conversations import Conversation, conversations
from product import RATE, kept_activity, kept_words, timeline_of, write_wave
from scoring import (
    Labelled,
    TimedWord,
    boundary_speaker_errors,
    diarisation_error,
    overlap_frames,
    speaker_errors,
    words_of,
)
from words import read_sound

from pipeline.speech.engines import Activity

BRIDGE = 0.2
"""Seconds: shorter interruptions of a voice are filled, as in the references."""


def labelled(activity: Activity) -> list[Labelled]:
    """The diariser's decision as stretches with a speaker."""
    from pyannote.core import Segment, Timeline

    found = []
    for who, column in enumerate(activity.active.T):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], column, [False]]).astype(int)))
        seconds = activity.start + edges * activity.step
        spans = Timeline(Segment(a, b) for a, b in zip(seconds[::2], seconds[1::2], strict=True))
        found += [(span.start, span.end, str(who)) for span in spans.support(BRIDGE)]
    return found


def maximum_overlap(folder: Path) -> list[TimedWord]:
    """The usual way: each of the recogniser's words to the speaker whose label overlaps it most."""
    activity, found = kept_activity(folder), []
    for word in kept_words(folder):
        first = max(0, int((word.start - activity.start) / activity.step))
        last = max(first + 1, int((word.end - activity.start) / activity.step))
        shared = activity.active[first:last].sum(axis=0)
        if not shared.any():  # nobody is active: the nearest label
            far = [np.abs(np.flatnonzero(c) - first).min(initial=10**9) for c in activity.active.T]
            shared = -np.array(far)
        found.append(TimedWord(f"P{int(shared.argmax()) + 1}", word.start, word.end, word.text))
    return found


class Totals:
    """Adds up what several recordings gave."""

    def __init__(self) -> None:
        self.diarisation = {collar: Counter() for collar in (0.0, 0.25)}
        self.overlap = np.zeros(3, int)
        self.counted_right = self.recordings = 0
        self.seconds = 0.0

    def add(self, reference: list[Labelled], activity: Activity, seconds: float) -> None:
        """Score one recording."""
        found = labelled(activity)
        for collar, total in self.diarisation.items():
            total.update(diarisation_error(reference, found, seconds, collar))
        true, heard = overlap_frames(reference, seconds), overlap_frames(found, seconds)
        self.overlap += [(true & heard).sum(), heard.sum(), true.sum()]
        self.counted_right += activity.active.shape[1] == len({who for _, _, who in reference})
        self.recordings += 1
        self.seconds += seconds

    def rows(self, data: str, aims: tuple[str, str]) -> list[dict]:
        """Rows of the table."""
        data = f"{data}, {self.recordings} recordings, {self.seconds / 60:.0f} min"
        rows = []
        for (collar, total), aim in zip(self.diarisation.items(), aims, strict=True):
            parts = ("missed detection", "false alarm", "confusion")
            rate = 100 * sum(total[part] for part in parts) / total["total"]
            detail = ", ".join(f"{part} {100 * total[part] / total['total']:.1f}" for part in parts)
            name = f"diarisation error, collar {collar:g} s" if collar else "diarisation error, strict"
            rows.append({"measure": name, "value": f"{rate:.1f} %", "aim": aim, "data": f"{data} ({detail})"})
        both, heard, true = self.overlap
        value = f"{both / max(heard, 1):.2f} / {both / max(true, 1):.2f}"
        rows.append({"measure": "overlap precision / recall", "value": value, "aim": "", "data": data})
        value = f"{self.counted_right} of {self.recordings}"
        rows.append({"measure": "number of speakers right", "value": value, "aim": "", "data": data})
        return rows


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    return _mixes(data, out) + _meetings(data, out)


def _mixes(data: Path, out: Path) -> list[dict]:
    totals, errors = Totals(), {name: Counter() for name in ("ours", "maximum overlap")}
    for talk in conversations(data / "librispeech" / "librispeech_test-other", "test", _recognise()):
        path = write_wave(out / f"{talk.name}.wav", talk.samples)
        table = timeline_of(path, out)
        reference = [(a, b, who) for who, spans in talk.speech.items() for a, b in spans]
        totals.add(reference, kept_activity(out / talk.name), len(talk.samples) / RATE)
        for name, found in (("ours", words_of(table)), ("maximum overlap", maximum_overlap(out / talk.name))):
            _count(errors[name], talk, found)
    name = "two-speaker mixes of LibriSpeech test-other, speakers not used in development"
    rows = totals.rows(name, ("under 8 %", "under 2 %"))
    for way, count in errors.items():
        aims = ("3 % or less", "half of maximum overlap") if way == "ours" else ("", "")
        for (kind, of), aim in zip((("wrong", "words"), ("edge_wrong", "edge_words")), aims, strict=True):
            where = "word-speaker error" if kind == "wrong" else "the same, first and last two words of turns"
            value = f"{100 * count[kind] / count[of]:.2f} %"
            row = {"measure": f"{where}, {way}", "value": value, "aim": aim}
            rows.append({**row, "data": f"the same mixes, {count[kind]} of {count[of]} words"})
    return rows


def _count(count: Counter, talk: Conversation, found: list[TimedWord]) -> None:
    reference = sorted((TimedWord(*word) for word in talk.words), key=lambda word: word.middle)
    wrong, edges = speaker_errors(reference, found), boundary_speaker_errors(reference, found)
    count.update(wrong=sum(wrong), words=len(wrong), edge_wrong=sum(edges), edge_words=len(edges))


def _recognise():
    """The recogniser on a clean clip: start, end and text of its words."""
    from pipeline.speech.faster_whisper import FasterWhisper

    engine = FasterWhisper()

    def words(samples: np.ndarray) -> list[tuple[float, float, str]]:
        step = 28 * RATE
        return [
            (word.start + first / RATE, word.end + first / RATE, word.text)
            for first in range(0, len(samples), step)
            for word in engine.transcribe(samples[first : first + step], language=None, prompt=None).words
        ]

    return words


def _meetings(data: Path, out: Path) -> list[dict]:
    totals = Totals()
    for clip in sorted((data / "ami_clips").glob("trn*")):
        samples = read_sound(clip / "audio.flac")
        reference = [
            (float(f[3]), float(f[3]) + float(f[4]), f[7])
            for f in (line.split() for line in (clip / "ref.rttm").read_text().splitlines())
        ]
        try:
            timeline_of(write_wave(out / f"{clip.name}.wav", samples), out)
            activity = kept_activity(out / clip.name)
        except Exception:  # no speech heard: nothing is active
            activity = Activity(np.zeros((1, 1), np.float32), np.zeros((1, 1), bool), 1.0)
        totals.add(reference, activity, len(samples) / RATE)
    return totals.rows("AMI, headset mix, up to 4 speakers", ("", ""))
