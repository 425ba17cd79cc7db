"""Say the script: exact word edges, exact pauses, two dry tracks and a room mix.

Phone lengths place the words; where a word borders on silence its edge is moved to where the sound itself
begins or ends, and what lies beyond is set to zero, so that every pause is a real silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from engines import RATE, Engine, Flite, Piper, Span, Utterance, bare
from laughter import laugh
from scipy.signal import butter, fftconvolve, sosfilt
from script import SCRIPT, Turn

AUDIBLE_DB = -38.0  # level under the utterance's loudest part at which sound counts as begun or ended
SPEECH_RMS = 0.06
FLOOR_DB = -48.0  # noise under speech
TAIL = 1.4  # seconds after the last turn
JOIN = 0.05  # seconds; words closer than this are one stretch of speech
UNMARKED = 0.15  # seconds; a shorter silence that the script does not ask for is a stop consonant
HOP = 0.002  # seconds between two level values
PAUSE_MARK = re.compile(r"\((\d*\.\d+|\d+)\)")


@dataclass
class Spoken:
    """A turn with its place in the meeting; all times in seconds."""

    turn: Turn
    start: float
    end: float
    words: list[Span]
    phones: list[Span]
    calls: list[tuple[float, float]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Name of the turn."""
        return self.turn.id

    @property
    def speaker(self) -> str:
        """Key of the person."""
        return self.turn.speaker

    @property
    def kind(self) -> str:
        """What the turn does."""
        return self.turn.kind


@dataclass
class Talk:
    """The whole meeting as sound.

    Parameters
    ----------
    duration : float
        Seconds.
    spoken : list of Spoken
        Turns in the order of the script.
    dry : dict of str to numpy.ndarray
        One clean track per person, 48 kHz.
    mix : numpy.ndarray
        What the microphone hears.
    """

    duration: float
    spoken: list[Spoken]
    dry: dict[str, np.ndarray]
    mix: np.ndarray


def parse_pauses(text: str) -> tuple[str, dict[int, float]]:
    """Split marked text into plain text and {number of the word before: pause in seconds}."""
    words, pauses = [], {}
    for token in text.split():
        mark = PAUSE_MARK.fullmatch(token)
        if mark:
            pauses[len(words) - 1] = float(mark.group(1))
        else:
            words.append(token)
    return " ".join(words), pauses


def envelope_db(samples: np.ndarray, window: float = 0.012) -> np.ndarray:
    """Level in dB under the loudest window, one value per ``HOP`` seconds."""
    step, size = int(HOP * RATE), int(window * RATE)
    power = np.convolve(samples**2, np.hanning(size) / np.hanning(size).sum(), "same")[::step]
    return 10 * np.log10(power / power.max() + 1e-12)


def _quiet_run(level: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """Longest stretch of inaudible sound between two times; (low, low) if there is none."""
    first, last = int(np.ceil(low / HOP)), int(high / HOP)
    quiet = np.concatenate([[0], level[first : last + 1] <= AUDIBLE_DB, [0]]).astype(int)
    starts, ends = np.flatnonzero(np.diff(quiet) == 1), np.flatnonzero(np.diff(quiet) == -1)
    if not len(starts):
        return low, low
    best = np.argmax(ends - starts)
    return (first + starts[best]) * HOP, (first + ends[best]) * HOP


def snap(utterance: Utterance, marked: set[int], reach: float = 0.12) -> Utterance:
    """Move word edges to the edges of the sound.

    Where a real silence lies between two words, their edges become the edges of that silence; otherwise the
    two words meet where the sound is weakest.

    Parameters
    ----------
    utterance : Utterance
        Speech with word times from phone lengths.
    marked : set of int
        Numbers of the words after which the script wants a pause.
    reach : float
        How far an edge may move into a word, in seconds; never past the word's middle.
    """
    level = envelope_db(utterance.samples)
    words = utterance.words
    total = len(utterance.samples) / RATE
    audible = np.flatnonzero(level > AUDIBLE_DB) * HOP
    starts, ends = [w.start for w in words], [w.end for w in words]
    starts[0] = max(audible[0], words[0].start - reach / 4)
    ends[-1] = min(audible[-1] + HOP, words[-1].end + reach / 4, total)
    for i, (word, following) in enumerate(pairwise(words)):
        low = max(word.end - reach, (word.start + word.end) / 2)
        high = min(following.start + reach, (following.start + following.end) / 2)
        quiet_from, quiet_to = _quiet_run(level, low, high)
        if quiet_to - quiet_from >= (JOIN / 2 if i in marked else UNMARKED):
            ends[i], starts[i + 1] = quiet_from, quiet_to
        else:
            first, last = int(word.end / HOP) - 3, int(following.start / HOP) + 4
            ends[i] = starts[i + 1] = (first + int(np.argmin(level[first:last]))) * HOP
    return utterance._replace(
        words=[Span(w.label, float(a), float(b)) for w, a, b in zip(words, starts, ends, strict=True)]
    )


def _fade(samples: np.ndarray, seconds: float = 0.006) -> np.ndarray:
    """Copy with short smooth ends."""
    out, count = samples.copy(), min(int(seconds * RATE), len(samples) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, count))
    out[:count] *= ramp
    out[len(out) - count :] *= ramp[::-1]
    return out


def _moved(spans: list[Span], start: float, end: float, shift: float) -> list[Span]:
    """The part of the spans inside [start, end], moved by ``shift``."""
    return [
        Span(s.label, max(s.start, start) + shift, min(s.end, end) + shift)
        for s in spans
        if s.end > start and s.start < end
    ]


def set_pauses(utterance: Utterance, pauses: dict[int, float]) -> Utterance:
    """Cut at every silence between words and lay the pieces out again with exact pauses.

    Silences that the script does not mention keep the engine's length.
    """
    words = utterance.words
    breaks = [i for i in range(len(words) - 1) if i in pauses or words[i + 1].start - words[i].end >= JOIN]
    pieces, clock, first = [], 0.0, 0
    out_words, out_phones = [], []
    for index in [*breaks, len(words) - 1]:
        start, end = words[first].start, words[index].end
        shift = clock - start
        samples = _fade(utterance.samples[round(start * RATE) : round(end * RATE)])
        pieces.append((round(clock * RATE), samples))
        out_words += [Span(w.label, w.start + shift, w.end + shift) for w in words[first : index + 1]]
        out_phones += _moved(utterance.phones, start, end, shift)
        clock += end - start
        if index < len(words) - 1:
            clock += pauses.get(index, words[index + 1].start - end)
        first = index + 1
    out = np.zeros(int(np.ceil(clock * RATE)) + 2)
    for at, samples in pieces:
        out[at : at + len(samples)] += samples[: len(out) - at]
    return Utterance(out, out_words, out_phones)


def speak(turn: Turn, engine: Engine) -> Utterance:
    """One turn, trimmed to its sound and brought to speech level."""
    text, pauses = parse_pauses(turn.text)
    spoken = engine.say(turn.say or text, bare(text) if turn.say else "")
    if not turn.say and len(spoken.words) != len(text.split()):
        raise RuntimeError(
            f"{turn.id}: {len(text.split())} words written, {len(spoken.words)} found in the speech"
        )
    spoken = set_pauses(snap(spoken, set(pauses)), pauses)
    active = spoken.samples[np.abs(spoken.samples) > 0.02 * np.abs(spoken.samples).max()]
    level = SPEECH_RMS * (0.7 if turn.kind == "minimal" else 1)
    return spoken._replace(samples=spoken.samples * level / np.sqrt(np.mean(active**2)))


def laugh_aloud(turn: Turn) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """One bout at a little under speech level, trimmed to its sound."""
    samples, calls = laugh(turn.speaker, turn.calls, turn.seed)
    loud = np.flatnonzero(envelope_db(samples) > AUDIBLE_DB) * HOP
    samples = _fade(samples[int(loud[0] * RATE) : int(loud[-1] * RATE)])
    calls = [(max(a - loud[0], 0.0), b - loud[0]) for a, b in calls]
    return 0.9 * SPEECH_RMS * samples / np.sqrt(np.mean(samples**2)), calls


def _start_of(turn: Turn, done: dict[str, Spoken], talk_end: float) -> float:
    if turn.at is None:
        return talk_end + turn.gap
    name, where, offset = turn.at
    other = done[name]
    anchor = (
        {"start": other.start, "end": other.end}[where] if isinstance(where, str) else other.words[where].end
    )
    return anchor + offset


def room(samples: np.ndarray, seed: int) -> np.ndarray:
    """A small furnished room: a short, quiet tail."""
    rng, count = np.random.default_rng(seed), int(0.12 * RATE)
    tail = rng.standard_normal(count) * np.exp(-np.arange(count) / (0.018 * RATE)) * 0.005
    tail[: int(0.004 * RATE)] = 0
    tail[0] = 1
    return fftconvolve(samples, tail)[: len(samples)]


def room_noise(count: int, rms: float, seed: int) -> np.ndarray:
    """Soft, dark noise of a given level."""
    white = np.random.default_rng(seed).standard_normal(count)
    dark = sosfilt(butter(1, [60, 900], "band", fs=RATE, output="sos"), white) + 0.04 * white
    return dark * rms / np.sqrt(np.mean(dark**2))


def perform(script: tuple[Turn, ...] = SCRIPT) -> Talk:
    """Say the whole script."""
    engines: dict[str, Engine] = {"S": Piper(), "C": Flite("slt", stretch=0.98, melody=1.25)}
    spoken, done, sounds, talk_end = [], {}, [], 0.0
    for turn in script:
        if turn.kind == "laugh":
            samples, calls = laugh_aloud(turn)
            words, phones = [], []
        else:
            samples, words, phones = speak(turn, engines[turn.speaker])
            calls = []
        start = _start_of(turn, done, talk_end)
        length = words[-1].end if words else len(samples) / RATE
        result = Spoken(
            turn,
            start,
            start + length,
            _moved(words, 0, length, start),
            _moved(phones, 0, length, start),
            [(a + start, b + start) for a, b in calls],
        )
        done[turn.id] = result
        spoken.append(result)
        sounds.append(samples)
        if turn.kind != "minimal":
            talk_end = max(talk_end, result.end)
    return _mix(spoken, sounds, list(engines), talk_end + TAIL)


def _mix(spoken: list[Spoken], sounds: list[np.ndarray], speakers: list[str], duration: float) -> Talk:
    count = int(duration * RATE)
    dry = {speaker: np.zeros(count) for speaker in speakers}
    for result, samples in zip(spoken, sounds, strict=True):
        at = round(result.start * RATE)
        dry[result.speaker][at : at + len(samples)] += samples
    wet = sum(room(track, seed) for seed, track in enumerate(dry.values()))
    mix = wet + room_noise(count, SPEECH_RMS * 10 ** (FLOOR_DB / 20), 5)
    gain = 0.7 / np.abs(mix).max()
    return Talk(duration, spoken, {speaker: gain * track for speaker, track in dry.items()}, gain * mix)
