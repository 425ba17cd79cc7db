"""A face whose movement is known, as a table of signals."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.face.signals import SIGNALS

SAMPLE = Path(__file__).parents[2] / "sample_media" / "truth.json"


def still(seconds: float, rate: float = 25.0, *, jitter: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """A face that does nothing, with uneven times if wanted (share of a step)."""
    count = int(seconds * rate)
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({name: np.zeros(count) for name in SIGNALS})
    table["time"] = np.sort((np.arange(count) + jitter * rng.uniform(-0.5, 0.5, count)) / rate).clip(min=0)
    table[["x", "y"]] = 0.5
    table["size"], table["quality"] = 120.0, 1.0
    table.insert(0, "track", 0)
    table.insert(0, "camera", 0)
    return table


def swing(table: pd.DataFrame, axis: str, start: float, *, cycles: float, hz: float, size: float) -> float:
    """Add a nod or shake of `size` degrees peak to peak, down and up from rest; return its end."""
    end = start + cycles / hz
    along = np.clip(table["time"] - start, 0, end - start)
    table[axis] += size / 2 * (1 - np.cos(2 * np.pi * hz * along))
    return end


def shift(
    table: pd.DataFrame, column: str, start: float, end: float, size: float, ramp: float = 0.15
) -> pd.DataFrame:
    """Add a plateau with smooth ramps."""
    times = table["time"]
    up = np.clip((times - start) / ramp, 0, 1)
    down = np.clip((end - times) / ramp, 0, 1)
    level = np.minimum(up, down)
    table[column] += size * level**2 * (3 - 2 * level)
    return table


def noisy(table: pd.DataFrame, degrees: float = 0.5, *, drift: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Add noise of the measurement (0.1 to 0.5 degrees on real faces), and a slow wandering of the head."""
    rng = np.random.default_rng(seed)
    table = table.copy()
    for axis in ("pitch", "yaw", "roll"):
        turns = rng.uniform(0.03, 0.2, 3)
        wander = sum(np.sin(2 * np.pi * f * table["time"] + rng.uniform(0, 6)) for f in turns)
        table[axis] += drift * wander + rng.normal(0, degrees, len(table))
    for axis in ("eye_yaw", "eye_pitch"):
        table[axis] += rng.normal(0, degrees, len(table))
    for name in ("smile", "mouth_open", "blink"):
        table[name] = (table[name] + rng.normal(0, 0.015, len(table))).clip(0, 1)
    return table


def sample() -> Any:
    """What the people of the sample meeting do, exactly."""
    return json.loads(SAMPLE.read_text(encoding="utf-8"))


def sample_face(truth: Any, who: str, rate: float, seed: int = 0) -> pd.DataFrame:
    """The curves of one person of the sample meeting as a landmarker would measure them."""
    curves = {name: np.array(curve) for name, curve in truth["curves"][who].items()}
    own = np.arange(truth["frames"]) / truth["fps"]
    table = still(truth["duration"] - 0.1, rate, jitter=0.3, seed=seed)

    def at(name: str) -> np.ndarray:
        return np.interp(table["time"], own, curves[name])

    smile, opened = at("smile"), at("open")
    # A smile and an open mouth shift the measured pitch by about this much (STACK.md).
    table["pitch"] = 0.8 * at("pitch") + 2.5 * smile - 1.7 * opened
    table["yaw"], table["roll"] = 0.9 * at("yaw"), at("roll")
    table["smile"] = 0.06 + 0.85 * smile
    table["mouth_open"], table["lip_gap"] = 0.7 * opened, 0.4 * opened
    table["eye_yaw"], table["eye_pitch"] = 12 * at("gaze_x"), 8 * at("gaze_y")
    table["blink"] = 0.1 + 0.7 * at("blink")
    table["eye_pitch"] += 10 * at("blink")  # the eyes seem to look down when the lids come down
    return noisy(table, seed=seed)


def overlaps(start: float, end: float, other: Any) -> bool:
    """Whether an event shares time with another one."""
    return start < other.end and end > other.start
