"""Short sound for batches, and the command as a process that tests can watch, stop and kill."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import write_wave

RATE = 16_000
STANDINS = Path(__file__).parent / "standins"


class Batch:
    """``rapport batch`` as a process of its own, with its events."""

    def __init__(self, *arguments: object, environment: dict[str, str] | None = None) -> None:
        self.seen: list[dict] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", "batch", *map(str, arguments), "--json-lines"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def events(self) -> Iterator[dict]:
        for line in self.process.stdout:
            self.seen.append(json.loads(line))
            yield self.seen[-1]

    def until(self, event: str, **fields: object) -> dict:
        """Read on until an event comes."""
        for one in self.events():
            if one["event"] == event and all(one.get(name) == value for name, value in fields.items()):
                return one
        raise AssertionError(f"no {event}: {self.seen} {self.process.stderr.read()}")

    def end(self) -> int:
        """Read to the end; give the exit code."""
        list(self.events())
        self.errors = self.process.stderr.read()
        return self.process.wait(timeout=120)

    def ended(self, state: str = "done") -> list[str]:
        return sorted(one["meeting"] for one in self.seen if one["event"] == state)

    def computed(self, meeting: str) -> list[str]:
        """The stages that were computed for a meeting."""
        done = [e for e in self.seen if e["event"] == "stage_done" and e["meeting"] == meeting]
        return [e["stage"] for e in done if not e["cached"]]

    @property
    def said(self) -> str:
        return "\n".join(one["text"] for one in self.seen if one["event"] == "batch")

    def workers(self):
        """Its worker processes."""
        import psutil

        return [
            child
            for child in psutil.Process(self.process.pid).children(recursive=True)
            if "spawn_main" in " ".join(child.cmdline())
        ]


def table(out: Path) -> dict[str, dict[str, str]]:
    """The rows of the batch's table by the meeting."""
    with (out / "batch.csv").open(encoding="utf-8", newline="") as file:
        return {row["meeting"]: row for row in csv.DictReader(file)}


def write_clips(folder: Path, sound: np.ndarray, *names: str) -> None:
    """Write recordings of five seconds, each another part of the sound."""
    for name in names:
        path = folder / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        start = 4 * RATE * sum(1 for _ in folder.rglob("*.wav"))
        write_wave(path, sound[start : start + 5 * RATE])


@pytest.fixture
def clips(tmp_path, sample_sound):
    """Makes a folder of recordings."""

    def make(*names: str) -> Path:
        write_clips(tmp_path / "recordings", sample_sound, *names)
        return tmp_path / "recordings"

    return make


@pytest.fixture
def quick(tmp_path) -> Path:
    """A configuration for words only."""
    path = tmp_path / "quick.yaml"
    path.write_text("voice: {listen: false}\nrapport: {code: false}\n")
    return path


@pytest.fixture
def slurm(tmp_path) -> dict[str, str]:
    """An environment in which the stand-ins are SLURM's commands."""
    notes = tmp_path / "slurm"
    notes.mkdir()
    return {"PATH": f"{STANDINS}:{os.environ['PATH']}", "STANDIN_SLURM": str(notes)}


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own; gives what sets its size in kilobytes and tells where it is."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    place = tmp_path / "small"
    place.mkdir()

    def resize(kilobytes: int) -> Path:
        options = f"{'remount,' if place.is_mount() else ''}size={kilobytes}k"
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("this machine does not let tests mount a small disk")
        return place

    yield resize
    if place.is_mount():
        subprocess.run(["umount", place], check=True)
