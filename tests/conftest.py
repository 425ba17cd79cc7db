"""What all tests share: the sample meeting, its analysis, the development recordings where they are."""

from __future__ import annotations

import json
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from pipeline.timeline.table import tier

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_media" / "sample_meeting.mp4"
RECORDINGS = ROOT.parent / "shared" / "data"

settings.register_profile("rapport", deadline=None)  # a busy machine is no fault
settings.load_profile("rapport")


def rapport(*arguments: object, timeout: float = 280) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


def write_wave(path: Path, samples: np.ndarray, rate: int = 16_000) -> Path:
    """Write samples in -1 to 1, shape (n,) or (n, channels), as 16 bit WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def who_is_who(table: pd.DataFrame, truth: dict) -> dict[str, str]:
    """Which participant of a timeline is which person of the truth, by time spoken together."""

    def together(participant: str, person: str) -> float:
        return sum(
            max(0, min(turn.end, end) - max(turn.start, start))
            for turn in tier(table, "turn", participant).itertuples()
            for start, end in truth["speech"][person]
        )

    people = sorted(set(tier(table, "turn")["participant"]))
    return {p: max(truth["speech"], key=lambda q: together(p, q)) for p in people}


@pytest.fixture(scope="session")
def truth() -> dict:
    """What is true of the sample meeting."""
    return json.loads((SAMPLE.parent / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample meeting's folder after an undisturbed run of the embedded default."""
    out = tmp_path_factory.mktemp("outputs")
    done = rapport("analyse", SAMPLE, "--out", out, "--quiet")
    assert done.returncode == 0, done.stderr
    return out / "sample_meeting"


@pytest.fixture(scope="session")
def short_meeting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 20 seconds of the sample meeting, for what has to be run many times."""
    import av

    path = tmp_path_factory.mktemp("short") / "short.mp4"
    with av.open(str(SAMPLE)) as source, av.open(str(path), "w") as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None and packet.dts * packet.time_base < 20:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    return path


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Folder of the real development recordings."""
    if not RECORDINGS.is_dir():
        pytest.skip("the real development recordings are not beside the project")
    return RECORDINGS


@pytest.fixture(scope="session")
def sample_sound(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """The sample meeting's sound, mono at 16 kHz, in -1 to 1."""
    from pipeline.media.decode import TrackSpec, decode_audio
    from pipeline.media.sound import Sound

    path = tmp_path_factory.mktemp("sound") / "sample.wav"
    decode_audio(SAMPLE, {TrackSpec(): path})
    sound = Sound.open(path)
    return sound.between(0, sound.duration)
