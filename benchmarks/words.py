"""Word error rate, and recall of minimal responses."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from product import RATE, timeline_of, write_wave
from scoring import TimedWord, plain, words_of

MINIMAL = {
    "mm",
    "mmm",
    "mhm",
    "mmhmm",
    "mmhm",
    "hmm",
    "hm",
    "uhhuh",
    "yeah",
    "yep",
    "okay",
    "ok",
    "kay",
    "right",
    "oh",
}
JFK = (
    "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
)


def read_sound(path: Path) -> np.ndarray:
    """Samples of a recording, mono at 16 kHz."""
    from faster_whisper.audio import decode_audio

    return decode_audio(str(path))


def telephone(samples: np.ndarray) -> np.ndarray:
    """The sound as a telephone carries it: 300 to 3400 Hz, 8 kHz, 8 bit mu-law."""
    from scipy.signal import butter, resample_poly, sosfilt

    narrow = resample_poly(sosfilt(butter(4, [300, 3400], "bandpass", fs=RATE, output="sos"), samples), 1, 2)
    narrow /= np.abs(narrow).max() + 1e-9
    squeezed = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    return resample_poly(np.sign(squeezed) * (256 ** np.abs(squeezed) - 1) / 255, 2, 1).astype(np.float32)


def said_in_chat(path: Path) -> str:
    """The words of a CHAT transcript without its codes."""
    lines = [
        line.split("\t", 1)[1] for line in path.read_text(encoding="utf-8").splitlines() if line[0] == "*"
    ]
    text = re.sub(
        r"\x15\d+_\d+\x15|\[[^\]]*\]|&[-+=~]?|\+\S*|@\S+|[<>]|\(\.+\)|\b\d+_\d+\b", " ", " ".join(lines)
    )
    return " ".join(filter(None, (plain(word) for word in text.split())))


def reference_of(clip: Path) -> list[TimedWord]:
    """The hand-transcribed words of an AMI clip."""
    words = json.loads((clip / "ref.json").read_text())["words"]
    return [TimedWord(w["spk"], w["start"], w["end"], w["text"]) for w in words if not w["punc"]]


def overlapped(words: Sequence[TimedWord]) -> list[tuple[float, float]]:
    """Where the words of two people overlap."""
    return [
        (max(a.start, b.start), min(a.end, b.end))
        for i, a in enumerate(words)
        for b in words[i + 1 :]
        if a.speaker != b.speaker and min(a.end, b.end) > max(a.start, b.start)
    ]


def outside(words: Sequence[TimedWord], spans: Sequence[tuple[float, float]]) -> list[TimedWord]:
    """Words that touch none of the spans."""
    return [word for word in words if not any(word.start < b and word.end > a for a, b in spans)]


def _text(words: Sequence[TimedWord]) -> str:
    return " ".join(filter(None, (plain(word.text) for word in sorted(words, key=lambda w: w.middle))))


def _is_minimal(word: TimedWord) -> bool:
    return plain(word.text).replace("'", "") in MINIMAL


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    import jiwer

    rows = []
    everything, alone, recalled, minimal = ([], []), ([], []), 0, 0
    for clip in sorted((data / "ami_clips").glob("trn*")):
        sound = write_wave(out / f"{clip.name}.wav", read_sound(clip / "audio.flac"))
        try:
            found = words_of(timeline_of(sound, out))
        except Exception as error:
            print(f"  {clip.name}: {error}")
            found = []
        reference = reference_of(clip)
        spans = overlapped(reference)
        everything[0].append(_text(reference))
        everything[1].append(_text(found))
        alone[0].append(_text(outside(reference, spans)))
        alone[1].append(_text(outside(found, spans)))
        for word in filter(_is_minimal, reference):
            minimal += 1
            recalled += any(_is_minimal(w) and abs(w.middle - word.middle) < 0.5 for w in found)
    for name, (reference, found) in (("overlap included", everything), ("overlap left out", alone)):
        count = sum(len(text.split()) for text in reference)
        value = 100 * jiwer.wer([t or "-" for t in reference], [t or "-" for t in found])
        rows.append(
            _row(f"word error rate, {name}", value, f"AMI, 8 clips of 30 s, headset mix, {count} words")
        )
    rows.append(
        _row(
            "minimal responses recalled",
            100 * recalled / minimal,
            f"the same, {minimal} of them, 'yeah', 'mm' ...",
        )
    )

    speech = read_sound(data / "speech" / "jfk.flac")
    chat = read_sound(data / "chat" / "test.mp3")
    chat_words = said_in_chat(data / "chat" / "test.cha")
    for name, samples, said in (
        ("jfk", speech, JFK),
        ("chat", chat, chat_words),
        ("jfk-telephone", telephone(speech), JFK),
        ("chat-telephone", telephone(chat), chat_words),
    ):
        found = _text(words_of(timeline_of(write_wave(out / f"{name}.wav", samples), out)))
        rows.append(
            _row(f"word error rate, {name}", 100 * jiwer.wer(said, found), f"{len(said.split())} words")
        )
    return rows


def _row(measure: str, value: float, data: str) -> dict:
    return {"measure": measure, "value": f"{value:.1f} %", "aim": "", "data": data}
