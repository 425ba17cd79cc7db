"""Length of pauses and gaps."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from conversations import conversations, sounding_of_clean
from product import timeline_of, write_wave
from words import read_sound, reference_of

SAMPLE = Path(__file__).parents[1] / "sample_media"
Span = tuple[float, float]


def compare(true: list[Span], table) -> tuple[list[tuple[float, float]], int]:
    """Errors in seconds of start and end of the silences found again, and how many were not."""
    found = table[table["tier"].isin(["pause", "gap", "latch"])]
    errors, missed = [], 0
    for start, end in true:
        shared = found["end"].clip(upper=end) - found["start"].clip(lower=start)
        if len(shared) == 0 or shared.max() <= 0:
            missed += 1
        else:
            best = found.loc[shared.idxmax()]
            errors.append((best["start"] - start, best["end"] - end))
    return errors, missed


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    table = timeline_of(SAMPLE / "sample_meeting.mp4", out)
    true = [(s["start"], s["end"]) for s in truth["pauses"] if s["seconds"] >= 0.1]
    rows = _rows("sample meeting (synthetic voices, exact truth)", *compare(true, table))

    errors, missed = [], 0
    folder = data / "librispeech" / "librispeech_test-other"
    for talk in conversations(folder, "test", speech_of=sounding_of_clean):
        table = timeline_of(write_wave(out / f"praat-{talk.name}.wav", talk.samples), out)
        found, lost = compare(_silences(span for spans in talk.speech.values() for span in spans), table)
        errors, missed = errors + found, missed + lost
    rows += _rows("two-speaker mixes, Praat's silences of 0.3 s and more on the clean voices", errors, missed)

    errors, missed = [], 0
    for clip in sorted((data / "ami_clips").glob("trn*")):
        path = write_wave(out / f"{clip.name}.wav", read_sound(clip / "audio.flac"))
        try:
            table = timeline_of(path, out)
        except Exception as error:
            print(f"  {clip.name}: {error}")
            continue
        found, lost = compare(_silences((w.start, w.end) for w in reference_of(clip)), table)
        errors, missed = errors + found, missed + lost
    return rows + _rows("AMI, silences of 0.3 s and more between force-aligned words", errors, missed)


def _silences(sounding: Iterable[Span]) -> list[Span]:
    """Silences of at least 0.3 s between anybody's words or sounds."""
    silences, last = [], np.inf
    for start, end in sorted(sounding):
        if start - last >= 0.3:
            silences.append((last, start))
        last = end if last == np.inf else max(last, end)
    return silences


def _rows(name: str, errors: list[tuple[float, float]], missed: int) -> list[dict]:
    starts, ends = np.array(errors).T
    length = np.abs(ends - starts)
    same = length[length < 0.5]
    data = f"{name}: {len(errors)} found, {missed} not"
    between = f"{name}: {len(same)}; at the others a word was missed, or more was heard"
    onset = f"{name}: moment at which speech begins again"

    def row(measure: str, seconds: float, data: str, aim: str = "") -> dict:
        return {"measure": measure, "value": f"{1000 * seconds:.0f} ms", "aim": aim, "data": data}

    return [
        row("silences, median error", float(np.median(length)), data, "60 ms or less"),
        row("silences, 90th percentile", float(np.percentile(length, 90)), data),
        row("those less than 0.5 s off", float(np.median(same)), between, "60 ms or less"),
        row("their ends, median error", float(np.median(np.abs(ends))), onset),
    ]
