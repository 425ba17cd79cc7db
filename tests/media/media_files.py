"""Odd recordings with a known truth, made with PyAV: tone bursts and pictures at known times."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

BURSTS = (0.5, 1.25, 2.0)
"""Seconds at which the tone bursts begin."""

BURST_LENGTH = 0.05
PICTURE_SIZE = (64, 48)


def tone(channel: int) -> float:
    """Hz of a channel's bursts: each channel has its own."""
    return 600.0 + 200.0 * channel


def bursts(
    rate: int, channels: int = 1, duration: float = 3.0, times: Sequence[float] = BURSTS
) -> NDArray[np.float32]:
    """Sound with a burst at each time, shape (channels, samples)."""
    sound = np.zeros((channels, round(duration * rate)), np.float32)
    for channel in range(channels):
        for time in times:
            count = round(BURST_LENGTH * rate)
            first = round(time * rate)
            wave = 0.5 * np.sin(2 * np.pi * tone(channel) * np.arange(count) / rate)
            room = sound[channel, first : first + count]
            room[:] = wave[: len(room)]
    return sound


def heard(samples: NDArray[np.int16], channel: int, near: float, rate: int = 16000) -> float:
    """When the burst of a channel nearest to a time begins, in seconds, by a matched filter."""
    count = round(BURST_LENGTH * rate)
    template = np.exp(2j * np.pi * tone(channel) * np.arange(count) / rate)
    first = max(0, round((near - 0.3) * rate))
    piece = samples[first : round((near + 0.3) * rate)].astype(float) / 32768
    likeness = np.abs(np.correlate(piece, template, "valid"))
    return (first + int(np.argmax(likeness))) / rate


def level(samples: NDArray[np.int16], channel: int, time: float, rate: int = 16000) -> float:
    """Amplitude of a channel's tone in the burst at a time."""
    count = round(BURST_LENGTH * rate)
    first = round(time * rate)
    template = np.exp(2j * np.pi * tone(channel) * np.arange(count) / rate)
    return float(2 * np.abs(np.mean(samples[first : first + count] / 32768 * template)))


def write_recording(
    path: Path,
    sounds: Sequence[tuple[str, int, NDArray[np.float32]]] = (),
    *,
    starts: Sequence[float] | None = None,
    lost: tuple[float, float] | None = None,
    picture_times: Sequence[float] = (),
    video_codec: str = "libx264",
    rotation: int = 0,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a recording.

    `sounds` are (codec, rate, samples) per stream, `starts` when each begins; packets of sound in the stretch
    `lost` are left out. For the pictures see `picture`.
    """
    with av.open(str(path), "w", options=options or {}) as out:
        streams = [
            out.add_stream(codec, rate=rate, layout=LAYOUTS[len(samples)]) for codec, rate, samples in sounds
        ]
        video = None
        if picture_times:
            video = out.add_stream(video_codec, rate=25)
            video.width, video.height = PICTURE_SIZE
            video.pix_fmt = "yuv420p"
            video.time_base = video.codec_context.time_base = Fraction(1, 1000)
            video.codec_context.gop_size = 12
            if rotation:
                video.set_display_rotation(rotation)
        packets = []
        for stream, (_, rate, samples), start in zip(
            streams, sounds, starts or [0.0] * len(streams), strict=True
        ):
            packets += [p for p in _encode_sound(stream, rate, samples, start) if not _inside(p, lost)]
        if video is not None:
            for time in picture_times:
                frame = av.VideoFrame.from_ndarray(picture(time), format="rgb24").reformat(format="yuv420p")
                frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
                packets += video.encode(frame)
            packets += video.encode(None)
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            out.mux(packet)
    return path


LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 5: "5.0", 6: "5.1"}


def picture(time: float) -> NDArray[np.uint8]:
    """Left half black, right half grey that tells the time, top left corner red."""
    width, height = PICTURE_SIZE
    image = np.zeros((height, width, 3), np.uint8)
    image[:, width // 2 :] = round(40 + time * 20) % 256
    image[: height // 3, : width // 3] = (255, 0, 0)
    return image


def _inside(packet: av.Packet, lost: tuple[float, float] | None) -> bool:
    return lost is not None and lost[0] <= float(packet.pts * packet.time_base) < lost[1]


def _encode_sound(
    stream: av.AudioStream, rate: int, samples: NDArray[np.float32], start: float
) -> list[av.Packet]:
    packets = []
    for first in range(0, samples.shape[1], 1000):
        piece = np.ascontiguousarray(samples[:, first : first + 1000])
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=LAYOUTS[len(samples)])
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = first + round(start * rate)
        packets += stream.encode(frame)
    return packets + stream.encode(None)
