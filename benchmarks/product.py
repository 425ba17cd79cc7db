"""Runs the product on sound, as a user would, and gives the timeline and what the stages kept."""

from __future__ import annotations

import json
import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.engines import Engines
from pipeline.meeting import meeting_of
from pipeline.progress import Quiet, Speeds
from pipeline.run import analyse
from pipeline.settings import Settings, load_settings
from pipeline.speech.engines import Activity, Word

RATE = 16_000


def write_wave(path: Path, samples: np.ndarray) -> Path:
    """Write samples in -1 to 1 as 16 bit WAV at 16 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


@lru_cache(maxsize=1)
def _engines() -> Engines:
    return Engines(load_settings(None))


def timeline_of(
    path: Path, out: Path, *, settings: Settings | None = None, speakers: int | None = None
) -> pd.DataFrame:
    """The timeline of a recording."""
    reporter = Quiet()
    reporter.meeting(path.stem, 1, 1)
    result = analyse(
        meeting_of(path),
        settings or load_settings(None),
        out / path.stem,
        engines=_engines(),
        reporter=reporter,
        speeds=Speeds(out / "speeds.json"),
        speakers=speakers,
    )
    return result.table


def kept_words(folder: Path) -> list[Word]:
    """The recogniser's words with its own times, as the stage kept them."""
    file = next((folder / ".stages" / "transcribe").glob("*/transcript.json"))
    return [Word(**word) for word in json.loads(file.read_text())["words"]]


def kept_activity(folder: Path) -> Activity:
    """The diariser's result, as the stage kept it."""
    with np.load(next((folder / ".stages" / "diarise").glob("*/activity.npz"))) as arrays:
        return Activity(
            arrays["probability"], arrays["active"], float(arrays["step"]), float(arrays["start"])
        )
