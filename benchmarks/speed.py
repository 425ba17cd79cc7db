"""Time and memory of a whole analysis, in a process of its own: sound only, and with two faces."""

from __future__ import annotations

import os
import resource
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


def two_faces(data: Path, path: Path, minutes: int) -> Path:
    """A call of two in 720p, 25 pictures a second: two real faces side by side, with a talk's sound.

    A minute is encoded and repeated as it is.
    """
    import av

    sound = long_talk(data, minutes)
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "25"})
        video.width, video.height, video.pix_fmt = 1280, 720, "yuv420p"
        audio = output.add_stream("aac", rate=RATE)
        minute = [packet for picture in _tiles(data / "video") for packet in video.encode(_frame(picture))]
        minute += video.encode(None)
        for number in range(minutes):
            for packet in minute:
                copy = av.Packet(bytes(packet))
                copy.stream, copy.time_base, copy.is_keyframe = video, packet.time_base, packet.is_keyframe
                shift = round(60 * number / packet.time_base)
                copy.pts, copy.dts = packet.pts + shift, packet.dts + shift
                output.mux(copy)
            piece = sound[number * 60 * RATE : (number + 1) * 60 * RATE]
            for first in range(0, len(piece), RATE):
                block = piece[None, first : first + RATE].astype(np.float32)
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                frame.rate, frame.pts = RATE, number * 60 * RATE + first
                output.mux(audio.encode(frame))
        output.mux(audio.encode(None))
    return path


def _frame(picture: np.ndarray):
    import av

    return av.VideoFrame.from_ndarray(picture, format="rgb24")


def _tiles(folder: Path):
    """A minute of pictures with two people side by side."""
    import cv2

    from pipeline.media.pictures import frames

    def endless(name: str):
        while True:
            for _, picture in frames(folder / name, rate=25):
                yield cv2.resize(picture, (640, 640))

    left, right = endless("st_AOC.mp4"), endless("st_KatieHill.mp4")
    for _ in range(60 * 25):
        picture = np.full((720, 1280, 3), 40, np.uint8)
        picture[40:680, :640], picture[40:680, 640:] = next(left), next(right)
        yield picture


def analyse(path: Path, out: Path) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak memory in GB of ``rapport analyse``."""
    begun, worked, peak = time.monotonic(), _worked(), 0
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", "analyse", str(path), "--out", str(out), "-q"]
    )
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = max(peak, int(status.split("VmHWM:")[1].split()[0])) if "VmHWM:" in status else peak
        time.sleep(0.1)
    if process.returncode:
        raise RuntimeError(f"the analysis of {path} failed")
    return time.monotonic() - begun, _worked() - worked, peak / 1024**2


def _worked() -> float:
    """Processor seconds of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    rows = []
    for minutes in (5, 120):
        path = write_wave(out / f"long-{minutes}.wav", long_talk(data, minutes))
        seconds, _, memory = analyse(path, out / "speed")
        name = f"two-speaker mix, {minutes} min, sound only, {os.cpu_count()} cores"
        speed = f"{minutes * 60 / seconds:.1f} x real time"
        rows.append({"measure": "whole analysis", "value": speed, "aim": "12 x or better", "data": name})
        rows.append(
            {"measure": "peak memory", "value": f"{memory:.2f} GB", "aim": "1.5 GB, flat", "data": name}
        )
    for minutes in (5, 30):
        path = two_faces(data, out / f"faces-{minutes}.mp4", minutes)
        seconds, worked, memory = analyse(path, out / "speed")
        name = f"two real faces, 720p, {minutes} min, {os.cpu_count()} cores"
        share = f"{seconds / minutes / 60:.2f} of real time"
        rows.append(
            {"measure": "whole analysis with faces", "value": share, "aim": "under 0.2", "data": name}
        )
        share = f"{worked / minutes / 60:.2f} s a second"
        rows.append({"measure": "the same, processor time", "value": share, "aim": "", "data": name})
        rows.append({"measure": "peak memory", "value": f"{memory:.2f} GB", "aim": "flat", "data": name})
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
