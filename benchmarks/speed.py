"""Time and memory of a whole analysis, sound only, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from conversations import conversations
from product import RATE, write_wave


def long_talk(data: Path, minutes: float) -> np.ndarray:
    """Conversations one after the other until they are long enough."""
    parts, samples = [], 0
    talks = [t.samples for t in conversations(data / "librispeech" / "librispeech_test-other", "test")][:1]
    while samples < minutes * 60 * RATE:
        parts += talks
        samples += sum(len(talk) for talk in talks)
    return np.concatenate(parts)[: int(minutes * 60 * RATE)]


def analyse(path: Path, out: Path) -> tuple[float, float]:
    """Wall seconds and peak memory in GB of ``rapport analyse``."""
    begun, peak = time.monotonic(), 0
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", "analyse", str(path), "--out", str(out), "-q"]
    )
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = max(peak, int(status.split("VmHWM:")[1].split()[0])) if "VmHWM:" in status else peak
        time.sleep(0.1)
    if process.returncode:
        raise RuntimeError(f"the analysis of {path} failed")
    return time.monotonic() - begun, peak / 1024**2


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    rows = []
    for minutes in (5, 120):
        path = write_wave(out / f"long-{minutes}.wav", long_talk(data, minutes))
        seconds, memory = analyse(path, out / "speed")
        name = f"two-speaker mix, {minutes} min, sound only, {os.cpu_count()} cores"
        speed = f"{minutes * 60 / seconds:.1f} x real time"
        rows.append({"measure": "whole analysis", "value": speed, "aim": "12 x or better", "data": name})
        rows.append(
            {"measure": "peak memory", "value": f"{memory:.2f} GB", "aim": "1.5 GB, flat", "data": name}
        )
    times = []
    for _ in range(5):
        begun = time.monotonic()
        subprocess.run([sys.executable, "-m", "pipeline.cli", "--help"], capture_output=True, check=True)
        times.append(time.monotonic() - begun)
    rows.append(
        {
            "measure": "rapport --help",
            "value": f"{np.median(times):.2f} s",
            "aim": "under 0.5 s",
            "data": "median of 5",
        }
    )
    return rows
