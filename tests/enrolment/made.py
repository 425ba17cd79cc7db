"""Meetings whose talk is known, laid over real sound, without an analysis."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.media.probe import fingerprint
from pipeline.timeline.table import read, timeline, write
from tests.conftest import write_wave

RATE = 16_000
Talk = Mapping[str, Sequence[tuple[float, float]]]


def telephone(samples: np.ndarray) -> np.ndarray:
    """300 to 3400 Hz at 8 kHz and 8 bit mu-law, as a telephone carries it."""
    from scipy.signal import butter, resample_poly, sosfilt

    narrow = resample_poly(sosfilt(butter(4, [300, 3400], "bandpass", fs=RATE, output="sos"), samples), 1, 2)
    narrow /= np.abs(narrow).max()
    squeezed = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    return resample_poly(np.sign(squeezed) * (256 ** np.abs(squeezed) - 1) / 255, 2, 1)


def file_entry(path: Path, **more: Any) -> dict[str, Any]:
    """What a manifest says of a recording."""
    entry = {"path": str(path), "sha256": fingerprint(path), "sound": True, "pictures": False, "offset": 0.0}
    return {**entry, "clock_rate": 1.0, "duration": 60.0, "problems": [], **more}


def make(
    folder: Path, samples: np.ndarray, talk: Talk, names: Mapping[str, str] | None = None, **more: Any
) -> Path:
    """An analysed meeting: who talks when, in a recording of samples; `names` as of a meeting file."""
    folder.mkdir(parents=True)
    recordings = folder.parent.parent / "recordings"
    recordings.mkdir(exist_ok=True)
    recording = write_wave(recordings / f"{folder.name}.wav", samples)
    spans = sorted((start, end, who) for who, own in talk.items() for start, end in own)
    rows = [
        {
            "id": f"turn-{i:04d}",
            "tier": "turn",
            "participant": who,
            "text": "said",
            "start": start,
            "end": end,
        }
        for i, (start, end, who) in enumerate(spans, start=1)
    ]
    write(timeline(rows), folder)
    people = [
        {"id": who, "role": "other", "pseudonym": name, "language": None, "file": None, "channel": None}
        for who, name in (names or {}).items()
    ]
    meeting = {
        "name": folder.name, "title": None, "start": None, "language": None, "participants": people,
        "files": [{"path": str(recording), "offset": None}],
    }  # fmt: skip
    manifest = {
        "meeting": meeting, "language": "en", "files": [file_entry(recording)], "stages": [], "warnings": [],
        **more,
    }  # fmt: skip
    write_manifest(folder, manifest)
    return folder


def manifest_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def between(talk: Talk, start: float, end: float, **called: str) -> dict[str, list[tuple[float, float]]]:
    """The talk between two seconds, in seconds from the first of them, people called otherwise."""
    return {
        called.get(who, who): [(a - start, b - start) for a, b in own if a >= start and b <= end]
        for who, own in talk.items()
    }


def names_of(folder: Path) -> dict[str, str]:
    """What everybody in a meeting is called."""
    from pipeline.manifest import names_of

    return names_of(manifest_of(folder), read(folder / "timeline.parquet"))


def unit(seed: int) -> np.ndarray:
    """Some direction."""
    vector = np.random.default_rng(seed).normal(size=192)
    return (vector / math.sqrt(float(vector @ vector))).astype(np.float32)
