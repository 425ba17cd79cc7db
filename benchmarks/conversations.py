"""Two-person conversations with exact references, made of real read speech (LibriSpeech test-other).

Every turn is a piece of one speaker's clip, cut in silence, laid beside turns of another speaker with gaps
and overlaps that are known to the sample. Speech is known from the clean clip before mixing, by Silero VAD,
which no part of the product uses. Words are those that
the recogniser hears on the clean clip, so that what is measured on the mix is the speaker of a word, not its
spelling.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
PAIRS = {"dev": [(0, 1), (2, 3), (0, 3), (1, 2)], "test": [(4, 5), (6, 7), (8, 9), (4, 7), (6, 9), (5, 8)]}
"""Speakers by number; no speaker of the test conversations is in a development one."""
GAPS = (-0.8, -0.4, -0.2, 0.05, 0.1, 0.3, 0.6, 1.0)


@dataclass
class Conversation:
    """Sound and its exact truth."""

    name: str
    samples: NDArray[np.float32]
    speech: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    turns: list[tuple[str, float, float]] = field(default_factory=list)
    words: list[tuple[str, float, float, str]] = field(default_factory=list)
    """Speaker, start, end, text."""


@dataclass(frozen=True)
class Clip:
    """One speaker's clean recording."""

    speaker: str
    samples: NDArray[np.float32]
    speech: list[tuple[float, float]]
    words: list[tuple[float, float, str]]


def speech_of_clean(samples: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Stretches of speech of a clean clip by Silero VAD, silences under 0.2 s filled, 40 ms at the edges."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(threshold=0.5, min_silence_duration_ms=200, speech_pad_ms=40)
    return [(span["start"] / RATE, span["end"] / RATE) for span in get_speech_timestamps(samples, options)]


def sounding_of_clean(samples: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Stretches of sound of a clean clip as phoneticians find them: Praat's own detector, its own defaults.

    Silent is what lies 25 dB under the loudest moment for 0.1 s and more.
    """
    import parselmouth

    sound = parselmouth.Sound(samples.astype(float), RATE)
    grid = parselmouth.praat.call(
        sound, "To TextGrid (silences)", 100, 0.0, -25.0, 0.1, 0.1, "silent", "sounding"
    )
    count = parselmouth.praat.call(grid, "Get number of intervals", 1)
    spans = []
    for i in range(1, count + 1):
        if parselmouth.praat.call(grid, "Get label of interval", 1, i) == "sounding":
            edges = (parselmouth.praat.call(grid, f"Get {edge} point", 1, i) for edge in ("start", "end"))
            spans.append(tuple(edges))
    return spans


def load_clips(folder: Path, transcribe=None, speech_of=speech_of_clean) -> dict[str, list[Clip]]:
    """Clips of every speaker, made equally loud; `transcribe` gives (start, end, text) of words."""
    import av

    clips: dict[str, list[Clip]] = {}
    for path in sorted(folder.glob("*/*.flac")):
        with av.open(str(path)) as container:
            parts = [frame.to_ndarray() for frame in container.decode(audio=0)]
        samples = np.concatenate(parts, axis=1)[0].astype(np.float32) / 32768
        samples *= 0.05 / (np.sqrt((samples**2).mean()) + 1e-9)
        words = transcribe(samples) if transcribe else []
        clips.setdefault(path.parent.name, []).append(
            Clip(path.parent.name, samples, speech_of(samples), words)
        )
    return clips


def _pieces(clip: Clip, rng: random.Random) -> Iterator[tuple[float, float]]:
    """Cut a clip in its silences into turns of 1 to 9 seconds."""
    begin, limit = clip.speech[0][0], rng.uniform(1, 9)
    for (_, end), (start, _) in zip(clip.speech, clip.speech[1:], strict=False):
        if end - begin >= limit and start - end >= 0.15:
            yield begin, end
            begin, limit = start, rng.uniform(1, 9)
    yield begin, clip.speech[-1][1]


def converse(name: str, first: list[Clip], second: list[Clip], seed: int) -> Conversation:
    """Lay the turns of two speakers one after the other, with gaps and overlaps."""
    rng = random.Random(seed)
    queues = [[(clip, piece) for clip in clips for piece in _pieces(clip, rng)] for clips in (first, second)]
    length = sum(b - a + 1.2 for queue in queues for _, (a, b) in queue) + 2
    talk = Conversation(name, np.zeros(int(length * RATE), np.float32))
    position, speaker = 0.5, 0
    while any(queues):
        if not queues[speaker]:
            speaker = 1 - speaker
        clip, (a, b) = queues[speaker].pop(0)
        start = max(0.2, position + rng.choice(GAPS))
        _lay(talk, clip, a, b, start)
        position = start + b - a
        speaker = 1 - speaker if rng.random() < 0.85 else speaker
    talk.samples = talk.samples[: int((position + 0.5) * RATE)]
    noise = np.random.default_rng(seed).standard_normal(len(talk.samples))
    talk.samples += 0.0008 * noise.astype(np.float32)
    return talk


def _lay(talk: Conversation, clip: Clip, a: float, b: float, start: float) -> None:
    """Put seconds `a` to `b` of a clip at second `start` of the conversation."""
    pad = 0.03
    piece = clip.samples[int(max(0, a - pad) * RATE) : int((b + pad) * RATE)].copy()
    fade = int(0.01 * RATE)
    piece[:fade] *= np.linspace(0, 1, fade)
    piece[-fade:] *= np.linspace(1, 0, fade)
    at = int((start - min(pad, a)) * RATE)
    talk.samples[at : at + len(piece)] += piece
    shift = start - a
    talk.speech.setdefault(clip.speaker, []).extend(
        (s + shift, e + shift) for s, e in clip.speech if a <= s < b
    )
    talk.turns.append((clip.speaker, start, start + b - a))
    talk.words.extend(
        (clip.speaker, s + shift, e + shift, text) for s, e, text in clip.words if a <= (s + e) / 2 < b
    )


def conversations(
    folder: Path, part: str, transcribe=None, speech_of=speech_of_clean
) -> Iterator[Conversation]:
    """The conversations of a part, ``dev`` or ``test``."""
    clips = load_clips(folder, transcribe, speech_of)
    names = sorted(clips)
    for seed, (i, j) in enumerate(PAIRS[part]):
        yield converse(f"{part}-{names[i]}-{names[j]}", clips[names[i]], clips[names[j]], seed)
