"""Pitch, syllables, breaths and marks of the voice: against known truth, Praat, and human transcribers."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from voices import (
    even_words,
    human_marks,
    joined_spans,
    meetings,
    readers,
    sound_of,
    spelt_syllables,
)
from voices import (
    others as other_takes,
)
from words import overlapped, read_sound, reference_of, said_in_chat, telephone

from pipeline import models
from pipeline.media.sound import RATE, Sound
from pipeline.networks import open_network
from pipeline.speech.edges import EdgeSettings, find_speech
from pipeline.speech.segmentation import segment
from pipeline.voice import praat_pitch
from pipeline.voice.hum import without_hum
from pipeline.voice.labels import LabelSettings, VoiceEvent, label_voice
from pipeline.voice.loudness import band_levels
from pipeline.voice.measure import SignalSettings, voice_signals
from pipeline.voice.pitch import PitchSettings, speaker_pitch
from pipeline.voice.prosody import ProsodySettings, measure_prosody
from pipeline.voice.signals import frame_times, frames_in
from pipeline.voice.syllables import SyllableSettings, syllable_nuclei

SAMPLE = Path(__file__).parents[1] / "sample_media"
SETTINGS = PitchSettings()
JFK_SYLLABLES = 28
"""Counted by hand in the words of `words.JFK`."""
OCTAVE = 6.0
"""Semitones from which a difference is an octave error: nearer to an octave than to none."""
Span = tuple[float, float]


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    return [
        *against_truth(),
        *against_praat(data),
        *syllables(data),
        *breaths(data),
        *marks(data),
        *cost(data),
    ]


def against_truth() -> list[dict]:
    """Pitch of voices made by rule."""
    rng = np.random.default_rng(11)
    changes: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "clean": lambda x: x,
        "10 dB over white noise": lambda x: x + 0.0316 * rng.standard_normal(len(x)),
        "telephone": telephone,
        "clipped at a tenth of its peak": lambda x: np.clip(x, -0.1 * np.abs(x).max(), 0.1 * np.abs(x).max()),
    }
    rows = []
    for name, change in changes.items():
        off: list[np.ndarray] = []
        for middle in (90, 125, 180, 240, 330):
            track = middle * 2 ** (np.sin(np.linspace(0, 9, 4 * RATE)) * 5 / 12)
            sound = sound_of(change(_vowel(track)))
            found = speaker_pitch(sound, [(0, 4)], SETTINGS).f0
            true = np.interp(frame_times(400), np.arange(len(track)) / RATE, track)
            off.append(12 * np.log2(found / true)[5:-5])
        data = f"five voices of 90 to 330 Hz that glide by 5 semitones either way, 20 s, {name}"
        rows += _pitch_rows(np.concatenate(off), data)
    return rows


def against_praat(data: Path) -> list[dict]:
    """Pitch of real voices, beside Praat's by its defaults and in two passes (Hirst 2011) of its own."""
    rows = []
    for name, takes in (
        ("LibriSpeech test-other, 10 readers", list(readers(data))),
        ("AMI, 8 clips of 30 s, headset mix, where one speaks", list(meetings(data))),
        ("jfk, chat and two samples of diarisation", list(other_takes(data))),
    ):
        for limits in ("its defaults 75-600 Hz", "in two passes of its own"):
            off, same = [], []
            for take in takes:
                for spans in take.speech.values():
                    if not spans:
                        continue
                    ours = speaker_pitch(take.sound, spans, SETTINGS).f0
                    theirs = _praat(take.sound, spans, twice="two" in limits)
                    off.append(12 * np.log2(ours / theirs))
                    inside = frames_in(spans, len(ours))
                    same.append((np.isfinite(ours) == np.isfinite(theirs))[inside])
            about = f"{name}, against Praat, {limits}"
            rows += _pitch_rows(np.concatenate(off), about)
            rows.append(_row("frames on whose voicing both agree", f"{100 * _mean(same):.1f} %", about))
    return rows


def _praat(sound: Sound, spans: list[Span], *, twice: bool) -> np.ndarray:
    """Praat's pitch; the second time between 0.75 times its first quartile and 2.5 times its third."""
    found = praat_pitch.track_pitch(sound, spans, SETTINGS, floor=75, ceiling=600).f0
    voiced = found[np.isfinite(found)]
    if twice and len(voiced) > 100:
        low, high = np.percentile(voiced, [25, 75])
        found = praat_pitch.track_pitch(sound, spans, SETTINGS, floor=0.75 * low, ceiling=2.5 * high).f0
    return found


def syllables(data: Path) -> list[dict]:
    """Syllables counted in the sound, and by the spelling of the words said."""
    rows = []
    jfk = sound_of(read_sound(data / "speech" / "jfk.flac"))
    rows.append(_count_row(_nuclei(jfk, [(0, jfk.duration)]), JFK_SYLLABLES, "jfk, counted by hand"))
    chat = sound_of(read_sound(data / "chat" / "test.mp3"))
    said = sum(map(spelt_syllables, said_in_chat(data / "chat" / "test.cha").split()))
    rows.append(_count_row(_nuclei(chat, [(0, chat.duration)]), said, "chat, test.mp3, by spelling"))
    found, true, seconds = [], [], []
    for clip in sorted((data / "ami_clips").glob("trn*")):
        sound = sound_of(read_sound(clip / "audio.flac"))
        words = reference_of(clip)
        both = overlapped(words)
        alone = [w for w in words if not any(w.start < b and w.end > a for a, b in both)]
        for who in sorted({w.speaker for w in alone}):
            own = [w for w in alone if w.speaker == who]
            nuclei = _nuclei(sound, joined_spans((w.start, w.end) for w in own))
            for start, end in joined_spans((w.start, w.end) for w in own):
                inside = [w for w in own if start <= w.start < end]
                found.append(sum(start <= at < end for at in nuclei))
                true.append(sum(spelt_syllables(w.text) for w in inside))
                seconds.append(end - start)
    name = "AMI, headset mix, where one speaks, by the spelling of the words transcribed by hand"
    rows.append(_count_row(range(sum(found)), sum(true), name))
    rates = [(f / s, t / s) for f, t, s in zip(found, true, seconds, strict=True) if t >= 5]
    r = float(np.corrcoef(np.array(rates).T)[0, 1])
    rows.append(
        _row(
            "syllables per second found and said, correlation",
            f"{r:.2f}",
            f"the same, {len(rates)} stretches of 5 and more",
        )
    )
    return rows


def breaths(data: Path) -> list[dict]:
    """Noise like breath laid into voices that never breathe; no data with labelled breaths are at hand."""
    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    samples = read_sound(SAMPLE / "sample_meeting.mp4")
    own = [span for spans in truth["speech"].values() for span in spans]
    usual = np.sqrt(np.mean(np.concatenate([samples[int(a * RATE) : int(b * RATE)] for a, b in own]) ** 2))
    quiet = [span["start"] for who in truth["speech"].values() for span in _after_silence(who, own)]
    rows, rng = [], np.random.default_rng(6)
    none = [e for e in _breaths_in(sound_of(samples), truth["speech"]) if not _touches(e, truth)]
    data_name = "sample meeting (synthetic voices, which never breathe)"
    rows.append(_row("breaths found where there are none", str(len(none)), data_name))
    for name, low, high, decibels, wanted in (
        ("breath-like noise, 25 dB under the voice", 800, 4000, -25, True),
        ("breath-like noise, 35 dB under the voice", 800, 4000, -35, True),
        ("sibilants, 20 dB under the voice", 4500, 7500, -20, False),
        ("rumble, 20 dB under the voice", 60, 500, -20, False),
    ):
        mixed, laid = samples.copy(), []
        for start in quiet:
            piece = (
                _band(rng.standard_normal(int(0.4 * RATE)), low, high) * np.hanning(int(0.4 * RATE)) ** 0.5
            )
            at = int((start - 0.5) * RATE)
            mixed[at : at + len(piece)] += usual * 10 ** (decibels / 20) * piece / piece.std()
            laid.append((start - 0.5, start - 0.1))
        found = _breaths_in(sound_of(mixed), truth["speech"])
        hit = sum(any(e.start < b and e.end > a for e in found) for a, b in laid)
        measure_name = "in-breaths found" if wanted else "other sounds taken for breath"
        rows.append(
            _row(measure_name, f"{hit} of {len(laid)}", f"{name}, laid before turns of the {data_name}")
        )
    pauses = breathed = 0
    network = open_network(models.path("segmentation-3.0", "segmentation-3.0.onnx"))
    for take in readers(data):
        spans = find_speech(take.sound, segment(take.sound, network, progress=lambda _: None), EdgeSettings())
        wide = [(end, start) for (_, end), (start, _) in pairwise(spans) if start - end >= 0.3]
        found = [e for e in _breaths_in(take.sound, {take.name: spans}) if e.tier == "breath_in"]
        pauses += len(wide)
        breathed += sum(any(e.start < b and e.end > a for e in found) for a, b in wide)
    about = "LibriSpeech test-other, 10 readers, some gated; no breaths are labelled there"
    rows.append(_row("silences of 0.3 s and more with an in-breath", f"{breathed} of {pauses}", about))
    return rows


def marks(data: Path) -> list[dict]:
    """How often humans mark what the voice does, and how often it is marked here: other talk, same unit."""
    human, words = human_marks(data / "cabnc_ca")
    auto: Counter[str] = Counter()
    count = 0
    for clip in sorted((data / "ami_clips").glob("trn*")):
        found, heard = _events(clip)
        count += heard
        auto += Counter(f"{e.tier} {e.label}".strip() for e in found)
    rows = []
    for name, tiers in (
        ("pitch steps", ("pitch_step up", "pitch_step down")),
        ("stress", ("stress",)),
        ("stretching", ("stretch",)),
        ("quieter", ("loudness quieter",)),
        ("louder", ("loudness louder",)),
        ("faster", ("pace faster",)),
        ("slower", ("pace slower",)),
        ("in-breaths", ("breath_in",)),
        ("cut off", ("cut_off",)),
    ):
        ours = sum(auto[tier] for tier in tiers)
        value = f"{100 * human[name] / words:.1f} by hand, {100 * ours / count:.1f} here"
        about = f"by hand: CABNC in CA notation, {words} words; here: AMI, {count} other words"
        rows.append(_row(f"{name} per 100 words", value, about))
    ends = [auto[f"intonation {label}"] for label in ("falling", "level", "rising")]
    shares = [human[sign] for sign in ".,?"]
    value = " and ".join(
        "/".join(f"{100 * n / max(1, sum(counts)):.0f}" for n in counts) for counts in (shares, ends)
    )
    rows.append(_row("final falling/level/rising, %, by hand and here", value, about))
    return rows


def cost(data: Path) -> list[dict]:
    """CPU time of everything, on one reader after the other, silence included."""
    takes = list(readers(data))
    words = pd.DataFrame(columns=["participant", "start", "end", "text", "confidence"])
    spent = {"signals": 0.0, "events": 0.0}
    seconds = sum(take.sound.duration for take in takes)
    for warm in (takes[:1], takes):
        spent = dict.fromkeys(spent, 0.0)
        for take in warm:
            for spans in take.speech.values():
                begun = time.process_time()
                sound = without_hum(take.sound, spans)
                signals = voice_signals("A", sound, band_levels(sound), spans, [], SignalSettings())
                spent["signals"] += time.process_time() - begun
                words = even_words(spans)
                begun = time.process_time()
                label_voice(measure_prosody(signals, words, spans, ProsodySettings())[0], LabelSettings())
                spent["events"] += time.process_time() - begun
    about = f"LibriSpeech test-other, {seconds:.0f} s of one voice, a word every 0.3 s"
    rows = [
        _row(f"CPU seconds per second of sound, {name}", f"{1000 * value / seconds:.1f} ms", about)
        for name, value in spent.items()
    ]
    return [*rows, _row("both", f"{1000 * sum(spent.values()) / seconds:.1f} ms", about, "16 ms or less")]


def _pitch_rows(off: np.ndarray, data: str) -> list[dict]:
    known = off[np.isfinite(off)]
    about = f"{data}; {len(known)} frames"
    return [
        _row("pitch, median difference", f"{np.median(np.abs(known)):.3f} semitones", about, "under 0.3"),
        _row("octave errors", f"{100 * np.mean(np.abs(known) > OCTAVE):.2f} %", about, "under 1 %"),
    ]


def _events(clip: Path) -> tuple[list[VoiceEvent], int]:
    """Events of an AMI clip with the transcribers' words and punctuation, and how many words there are."""
    entries = json.loads((clip / "ref.json").read_text())["words"]
    words: list[dict] = []
    for entry in entries:
        mine = [w for w in words if w["participant"] == entry["spk"]]
        if entry["punc"] and mine:
            mine[-1]["text"] += entry["text"]
        elif not entry["punc"]:
            text = entry["text"] + ("-" if entry["trunc"] else "")
            words.append(
                {"participant": entry["spk"], "start": entry["start"], "end": entry["end"], "text": text}
            )
    sound, people = sound_of(read_sound(clip / "audio.flac")), sorted({w["participant"] for w in words})
    speech = {
        who: joined_spans((w["start"], w["end"]) for w in words if w["participant"] == who) for who in people
    }
    found = []
    levels = band_levels(sound)
    for who in people:
        others = [span for other in people if other != who for span in speech[other]]
        signals = voice_signals(who, sound, levels, speech[who], others, SignalSettings())
        own = pd.DataFrame([w for w in words if w["participant"] == who])
        measures, _ = measure_prosody(signals, own, speech[who], ProsodySettings(), language="en")
        found += label_voice(measures, LabelSettings())
    return found, len(words)


def _breaths_in(sound: Sound, speech: dict[str, Sequence[Sequence[float]]]) -> list[VoiceEvent]:
    """Breaths of everybody in a mixed recording."""
    levels, found = band_levels(sound), []
    for who in speech:
        own = [(a, b) for a, b in speech[who]]
        others = [(a, b) for other, spans in speech.items() if other != who for a, b in spans]
        signals = voice_signals(who, sound, levels, own, others, SignalSettings())
        measures, _ = measure_prosody(signals, even_words([])[:0], own, ProsodySettings())
        found += [e for e in label_voice(measures, LabelSettings()) if e.tier.startswith("breath")]
    return found


def _after_silence(spans: Sequence[Sequence[float]], everybody: Sequence[Sequence[float]]) -> list[dict]:
    """Beginnings of talk before which nobody is heard for 0.7 s."""
    return [
        {"start": start}
        for start, _ in spans
        if start > 0.8 and not any(a < start - 0.01 and b > start - 0.7 for a, b in everybody)
    ]


def _touches(event: VoiceEvent, truth: dict) -> bool:
    """Whether somebody laughs there: the made laughter is breathy."""
    laughs = [span for span in truth["turns"] if span["kind"] == "laugh"]
    return any(event.start < laugh["end"] and event.end > laugh["start"] for laugh in laughs)


def _nuclei(sound: Sound, spans: list[Span]) -> list[float]:
    if not spans:
        return []
    signals = voice_signals("A", sound, band_levels(sound), spans, [], SignalSettings())
    return syllable_nuclei(signals, SyllableSettings())["time"].tolist()


def _vowel(track: np.ndarray) -> np.ndarray:
    """A voice with this fundamental, with three formants, rms 0.1."""
    phase, voice = 2 * np.pi * np.cumsum(track) / RATE, np.zeros(len(track))
    for harmonic in range(1, int(7000 / track.min()) + 1):
        f = harmonic * track
        gain = np.where(f < 7000, 1 / harmonic, 0)
        for centre, width in ((600, 80), (1400, 100), (2500, 140)):
            gain = gain * centre**2 / np.sqrt((centre**2 - f**2) ** 2 + (width * f) ** 2)
        voice += gain * np.cos(harmonic * phase)
    return 0.1 * voice / voice.std()


def _band(samples: np.ndarray, low: float, high: float) -> np.ndarray:
    from scipy.signal import butter, sosfilt

    return sosfilt(butter(4, [low, high], "bandpass", fs=RATE, output="sos"), samples)


def _mean(parts: Sequence[np.ndarray]) -> float:
    return float(np.concatenate(parts).mean())


def _count_row(found: Sequence, true: int, data: str) -> dict:
    value = f"{len(found)} of {true} ({100 * len(found) / true:.0f} %)"
    return _row("syllables found", value, data)


def _row(measure: str, value: str, data: str, aim: str = "") -> dict:
    return {"measure": measure, "value": value, "aim": aim, "data": data}
