"""Recordings of known speakers, with where each is heard alone, and what human transcribers marked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from words import overlapped, read_sound, reference_of

from pipeline.media.sound import RATE, Sound

Span = tuple[float, float]


@dataclass(frozen=True)
class Take:
    """Sound of one or more known speakers, and where each is heard alone."""

    name: str
    sound: Sound
    speech: dict[str, list[Span]]


def readers(data: Path) -> Iterator[Take]:
    """All clips of each reader one after the other."""
    for folder in sorted((data / "librispeech" / "librispeech_test-other").iterdir()):
        if folder.is_dir():
            samples = np.concatenate([read_sound(path) for path in sorted(folder.glob("*.flac"))])
            yield Take(folder.name, sound_of(samples), {folder.name: [(0.0, len(samples) / RATE)]})


def meetings(data: Path) -> Iterator[Take]:
    """AMI clips; each speaker where the transcribers' words say that nobody else speaks."""
    for clip in sorted((data / "ami_clips").glob("trn*")):
        words = reference_of(clip)
        both = overlapped(words)
        speech = {
            who: joined_spans(
                (w.start, w.end)
                for w in words
                if w.speaker == who and not any(w.start < b and w.end > a for a, b in both)
            )
            for who in sorted({w.speaker for w in words})
        }
        yield Take(clip.name, sound_of(read_sound(clip / "audio.flac")), speech)


def others(data: Path) -> Iterator[Take]:
    """Recordings of one voice, or taken as one."""
    for path in (
        data / "speech" / "jfk.flac",
        data / "chat" / "test.mp3",
        data / "speech" / "diarizationExample.wav",
        data / "speech" / "diarizationExample2.wav",
    ):
        samples = read_sound(path)
        yield Take(path.stem, sound_of(samples), {path.stem: [(0.0, len(samples) / RATE)]})


def human_marks(folder: Path) -> tuple[Counter[str], int]:
    """Marks in conversations transcribed in CA notation, and the words there."""
    counts: Counter[str] = Counter()
    words = 0
    for path in sorted(folder.glob("*.cha")):
        if "automated" in path.name:
            continue
        text = path.read_text(encoding="utf-8")
        talk = "\n".join(re.findall(r"^\*\w+:\t(.*(?:\n\t.*)*)", text, re.MULTILINE))
        if "↑" not in talk and "\u0332" not in talk:  # transcribed without marks of the voice
            continue
        talk = re.sub(r"\x15\d+_\d+\x15|\b\d+_\d+\b|\(\([^)]*\)\)|\([\d.]+\)|\(\.\)", " ", talk)
        said = talk.split()
        words += sum(any(sign.isalpha() for sign in word) for word in said)
        counts["pitch steps"] += talk.count("↑") + talk.count("↓")
        counts["stress"] += sum("\u0332" in word for word in said)
        counts["stretching"] += sum(
            re.search(r"[a-z]\u0332?:", word, re.IGNORECASE) is not None for word in said
        )
        counts["quieter"] += talk.count("°") // 2
        counts["louder"] += sum(re.search(r"[A-Z]{2}", word) is not None for word in said)
        counts["faster"] += len(re.findall(r">[^<>\n]+<", talk))
        counts["slower"] += len(re.findall(r"<[^<>\n]+>", talk))
        counts["in-breaths"] += talk.count("∙h")
        counts["cut off"] += sum(re.search(r"\w-$", word.strip("⌉⌋)≈")) is not None for word in said)
        for sign in ".,?":
            counts[sign] += sum(word.strip("⌉⌋)≈°<>").endswith(sign) for word in said)
    return counts, words


def spelt_syllables(word: str) -> int:
    """Syllables of an English word by its vowels; right for 94 % of AMI's words in the CMU dictionary."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    if len(letters) > 3:
        letters = re.sub(r"(?<=[^aeiouylr])e$|(?<=[aeiouy].)e$", "", letters)
    return max(1, len(re.findall(r"[aeiouy]+", letters)))


def even_words(spans: Sequence[Span]) -> pd.DataFrame:
    rows = [(a, a + 0.3, "word") for start, end in spans for a in np.arange(start, end - 0.3, 0.3)]
    return pd.DataFrame(rows, columns=["start", "end", "text"])


def joined_spans(spans: Iterable[Span], gap: float = 0.2) -> list[Span]:
    """Spans joined over gaps."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] < gap:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def sound_of(samples: np.ndarray) -> Sound:
    return Sound(np.clip(np.asarray(samples) * 32768, -32768, 32767).astype(np.int16))
