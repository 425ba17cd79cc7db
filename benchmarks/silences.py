"""Length of pauses and gaps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from product import timeline_of, write_wave
from words import read_sound, reference_of

SAMPLE = Path(__file__).parents[1] / "sample_media"
Span = tuple[float, float]


def compare(true: list[Span], table) -> tuple[list[float], int]:
    """Errors in seconds of the silences found again, and how many were not."""
    found = table[table["tier"].isin(["pause", "gap", "latch"])]
    errors, missed = [], 0
    for start, end in true:
        shared = found["end"].clip(upper=end) - found["start"].clip(lower=start)
        if len(shared) == 0 or shared.max() <= 0:
            missed += 1
        else:
            best = found.loc[shared.idxmax()]
            errors.append((best["end"] - best["start"]) - (end - start))
    return errors, missed


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    table = timeline_of(SAMPLE / "sample_meeting.mp4", out)
    true = [(s["start"], s["end"]) for s in truth["pauses"] if s["seconds"] >= 0.1]
    rows = _rows("sample meeting (synthetic voices, exact truth)", *compare(true, table))

    errors, missed = [], 0
    for clip in sorted((data / "ami_clips").glob("trn*")):
        path = write_wave(out / f"{clip.name}.wav", read_sound(clip / "audio.flac"))
        try:
            table = timeline_of(path, out)
        except Exception as error:
            print(f"  {clip.name}: {error}")
            continue
        found, lost = compare(_silences_of(clip), table)
        errors, missed = errors + found, missed + lost
    return rows + _rows("AMI, silences of 0.3 s and more between force-aligned words", errors, missed)


def _silences_of(clip: Path) -> list[Span]:
    """Silences of at least 0.3 s between anybody's words."""
    words = sorted(reference_of(clip), key=lambda word: word.start)
    spans, last = [], words[0].end if words else 0.0
    for word in words[1:]:
        if word.start - last >= 0.3:
            spans.append((last, word.start))
        last = max(last, word.end)
    return spans


def _rows(name: str, errors: list[float], missed: int) -> list[dict]:
    size = np.abs(errors)
    same = size[size < 0.5]
    data = f"{name}: {len(errors)} found, {missed} not"
    median = {
        "measure": "silences, median error",
        "value": f"{1000 * np.median(size):.0f} ms",
        "aim": "60 ms or less",
    }
    tail = {
        "measure": "silences, 90th percentile",
        "value": f"{1000 * np.percentile(size, 90):.0f} ms",
        "aim": "",
    }
    value = f"{1000 * np.median(same):.0f} ms"
    alike = {"measure": "those less than 0.5 s off", "value": value, "aim": "60 ms or less"}
    between = f"{name}: {len(same)}; at the others a word was missed, or more was heard"
    return [{**median, "data": data}, {**tail, "data": data}, {**alike, "data": between}]
