"""The same person recognised by voice: false names, names not given, and how they depend on seconds.

Threshold and margin were chosen on the readers of the development conversations (`conversations.PAIRS`);
all rows but those that say so are other people. Each reader has one session only, so a voice is learnt from
the first half of it and recognised in the second: as it is, as a telephone carries it, and in an echoing room
with noise. One person of AMI is heard in two meetings, with the same kind of microphone in the same room.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from conversations import PAIRS, RATE, Conversation, converse, load_clips, speech_of_clean
from numpy.typing import NDArray
from product import timeline_of, write_wave
from words import read_sound, telephone

from pipeline.enrolment.assign import MARGIN, THRESHOLD, assign
from pipeline.enrolment.learn import learn
from pipeline.enrolment.prints import PIECE, ROWS, embed, mean_voice
from pipeline.enrolment.recognise import recognise
from pipeline.enrolment.voices import known_in
from pipeline.review.desk import Desk
from pipeline.speech.filterbank import filter_bank
from pipeline.timeline.table import tier

PIECES = (1, 2, 4, 6)
"""How many pieces of `PIECE` seconds a voice is recognised by."""
ACROSS = ("MEO069", "trn03_EN2001e", "trn00_EN2001a")
"""Who is heard for more than a second in two of the AMI clips, and in which."""
LEARNT, LEAST = 10.0, 5.0
"""Seconds that AMI voices are learnt from, and recognised from, at least: as in the product."""


@dataclass
class Reader:
    """Somebody's voice: as learnt, and pieces of their other half by how it was recorded."""

    learnt: NDArray[np.float32]
    pieces: dict[str, NDArray[np.float32]]


@dataclass
class Trials:
    """Similarities of voices to their own person and to others, and the decisions of the product."""

    own: list[float] = field(default_factory=list)
    other: list[float] = field(default_factory=list)
    decided: Counter[str] = field(default_factory=Counter)

    def add(self, voice: NDArray[np.float32], who: str, people: dict[str, NDArray[np.float32]]) -> None:
        """Compare a voice with everybody, and with everybody but its own person."""
        alike = {name: float(voice @ vector) for name, vector in people.items()}
        self.other += [value for name, value in alike.items() if name != who]
        if who in alike:
            self.own.append(alike[who])
            named = _named(alike)
            self.decided["right" if named == who else "wrong" if named else "not named"] += 1
        stranger = _named({name: value for name, value in alike.items() if name != who})
        self.decided["stranger named" if stranger else "stranger left"] += 1

    @property
    def equal_error(self) -> float:
        """Share of errors where as many voices are wrongly refused as accepted; between 0 and 1."""
        own, other = np.array(self.own), np.array(self.other)
        limits = np.unique(np.concatenate([own, other]))
        refused, accepted = (own < limits[:, None]).mean(axis=1), (other >= limits[:, None]).mean(axis=1)
        best = np.abs(refused - accepted).argmin()
        return float(refused[best] + accepted[best]) / 2

    def row(self, measure: str, data: str) -> dict:
        """Row of the table."""
        count = self.decided
        known = count["right"] + count["wrong"] + count["not named"]
        strangers = count["stranger named"] + count["stranger left"]
        value = (
            f"{100 * count['not named'] / known:.1f} / {100 * count['wrong'] / known:.1f} / "
            f"{100 * count['stranger named'] / strangers:.1f} %, EER {100 * self.equal_error:.1f} %"
        )
        own, other = min(self.own), max(self.other)
        detail = f"{known} voices of known people, {strangers} of strangers; least own similarity {own:.2f}"
        return {
            "measure": f"known voice not named / named wrongly / stranger named, {measure}",
            "value": value,
            "aim": "",
            "data": f"{data}; {detail}, greatest of another person {other:.2f}",
        }


def _named(alike: dict[str, float]) -> str:
    """Whom the product names; empty for nobody."""
    match = assign(np.array([list(alike.values())]))[0]
    return "" if match.person is None else list(alike)[match.person]


def in_a_room(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sound in a room that echoes for 0.5 s (RT60), with white noise 15 dB under it."""
    from scipy.signal import fftconvolve

    chance, seconds = np.random.default_rng(0), np.arange(RATE // 2) / RATE
    echo = chance.normal(size=len(seconds)) * np.exp(-np.log(1000) * seconds / 0.5)
    echo[0] = 8
    heard = fftconvolve(samples, echo / np.linalg.norm(echo))[: len(samples)]
    level = np.sqrt((heard**2).mean()) * 10 ** (-15 / 20)
    return (heard + chance.normal(size=len(heard)) * level).astype(np.float32)


WAYS = {"as it was": lambda samples: samples, "by telephone": telephone, "in a noisy room": in_a_room}


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    rows = [
        {
            "measure": "limits",
            "value": f"{THRESHOLD:g}, ahead by {MARGIN:g}",
            "aim": "",
            "data": "chosen on four readers",
        }
    ]
    for part in ("dev", "test"):
        readers = dict(_readers(data / "librispeech" / "librispeech_test-other", part))
        people = {name: reader.learnt for name, reader in readers.items()}
        about = f"LibriSpeech test-other, {len(readers)} readers, one session each, halves"
        about += ", limits chosen on them" if part == "dev" else ", other readers than the limits'"
        rows += [
            _read(readers, people, way, count).row(f"{way}, {count * PIECE:g} s", about)
            for way in WAYS
            for count in (PIECES if part == "test" else PIECES[2:3])
        ]
    return [*rows, *_strangers(data, people), *_meetings(data, people), *_whole(data, out)]


def _read(readers: dict[str, Reader], people: dict[str, NDArray[np.float32]], way: str, count: int) -> Trials:
    trials = Trials()
    for name, reader in readers.items():
        pieces = reader.pieces[way]
        for first in range(0, len(pieces) - count + 1, count):
            trials.add(mean_voice(pieces[first : first + count]), name, people)
    return trials


def _readers(folder: Path, part: str) -> Iterator[tuple[str, Reader]]:
    """The readers of a part of the conversations: what is learnt of the first half, pieces of the second."""
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    for number in sorted({who for pair in PAIRS[part] for who in pair}):
        files = sorted((folder / names[number]).glob("*.flac"))
        first, second = (
            np.concatenate([read_sound(file) for file in half])
            for half in (files[: len(files) // 2], files[len(files) // 2 :])
        )
        spoken = speech_of_clean(second)
        pieces = {way: embed(_rows(heard_as(second), spoken)) for way, heard_as in WAYS.items()}
        yield names[number], Reader(mean_voice(embed(_rows(first, speech_of_clean(first)))), pieces)


def _rows(samples: NDArray[np.float32], spans: list[tuple[float, float]]) -> NDArray[np.float32]:
    """The filter bank of spans of seconds."""
    return np.concatenate([filter_bank(samples[round(a * RATE) : round(b * RATE)]) for a, b in spans])


# ------------------------------------------------------------------------------------------ other recordings


def _strangers(data: Path, people: dict[str, NDArray[np.float32]]) -> list[dict]:
    """Voices of other recordings, of whom nobody is known."""
    named, alike = [], []
    for voice in _voices_of_examples(data / "speech"):
        similarity = {name: float(voice @ vector) for name, vector in people.items()}
        alike.append(max(similarity.values()))
        named.append(bool(_named(similarity)))
    return [
        {
            "measure": "strangers of other recordings named",
            "value": f"{sum(named)} of {len(named)}",
            "aim": "0",
            "data": f"two recordings of four and six speakers, and a speech; most alike {max(alike):.2f}",
        }
    ]


def _voices_of_examples(folder: Path) -> Iterator[NDArray[np.float32]]:
    for labels in sorted(folder.glob("*.segments")):
        samples, spans = read_sound(labels.with_suffix(".wav")), {}
        for line in filter(str.strip, labels.read_text().splitlines()):
            start, end, who = line.split()
            spans.setdefault(who, []).append((float(start), float(end)))
        for own in spans.values():
            yield mean_voice(embed(_rows(samples, own)))
    speech = read_sound(folder / "jfk.flac")
    yield mean_voice(embed(_rows(speech, speech_of_clean(speech))))


def _meetings(data: Path, people: dict[str, NDArray[np.float32]]) -> list[dict]:
    """The voices of AMI that are heard alone for long enough; one of them in two meetings."""
    who, taught, asked = ACROSS
    heard = {clip.name: _alone(clip) for clip in sorted((data / "ami_clips").glob("trn*"))}
    voices = {
        (clip, person): embed(rows)
        for clip, everybody in heard.items()
        for person, rows in everybody.items()
        if len(rows) >= LEAST * ROWS
    }
    learnt = {**people, who: mean_voice(voices[taught, who])}
    again = mean_voice(embed(heard[asked][who]))
    named = _named({name: float(again @ vector) for name, vector in learnt.items()})
    halves, strangers, alike = Trials(), [], []
    for (_, person), pieces in voices.items():
        if person == who:
            continue
        strangers.append(_named({n: float(mean_voice(pieces) @ v) for n, v in learnt.items()}))
        alike.append(max(float(mean_voice(pieces) @ v) for v in learnt.values()))
        if len(pieces) * PIECE >= 2 * LEARNT - PIECE:
            half = len(pieces) // 2
            everybody = {**learnt, person: mean_voice(pieces[:half])}
            halves.add(mean_voice(pieces[half:]), person, everybody)
    return [
        {
            "measure": "recognised in another meeting",
            "value": f"{int(named == who)} of 1 (similarity {float(again @ learnt[who]):.2f})",
            "aim": "1",
            "data": f"AMI, {who}, EN2001e to EN2001a, {len(heard[asked][who]) / ROWS:.1f} s (5 s are "
            "asked for), same room and kind of microphone",
        },
        {
            "measure": "recognised in the other half of a meeting",
            "value": f"{halves.decided['right']} of {len(halves.own)} (least alike {min(halves.own):.2f})",
            "aim": "all",
            "data": "AMI, headset mix, people with 17 s alone and more",
        },
        {
            "measure": "strangers of meetings named",
            "value": f"{sum(map(bool, strangers))} of {len(strangers)}",
            "aim": "0",
            "data": f"AMI, people with {LEAST:g} s alone and more; most alike {max(alike):.2f}",
        },
    ]


def _alone(clip: Path) -> dict[str, NDArray[np.float32]]:
    """The filter bank of each person where nobody else speaks, by the reference."""
    lines = [line.split() for line in (clip / "ref.rttm").read_text().splitlines()]
    samples = read_sound(clip / "audio.flac")
    bank = filter_bank(samples)
    speaks: dict[str, NDArray[np.bool_]] = {}
    for line in lines:
        start, end = float(line[3]), float(line[3]) + float(line[4])
        mask = speaks.setdefault(line[7], np.zeros(len(bank), bool))
        mask[round(start * ROWS) : round(end * ROWS)] = True
    single = sum(mask.astype(int) for mask in speaks.values()) == 1
    return {who: bank[mask & single] for who, mask in speaks.items()}


# ------------------------------------------------------------------------------------------ the whole product


def _whole(data: Path, out: Path) -> list[dict]:
    """Recordings analysed, four voices learnt, all recognised beside other partners and two strangers."""
    clips = load_clips(data / "librispeech" / "librispeech_test-other")
    names, voices = sorted(clips), out / "voices"
    for i, j in PAIRS["test"][:2]:
        talk = _talk("learnt", names[i], names[j], clips, slice(None, 5))
        folder = _analysed(talk, talk.samples, out)
        edits = [{"do": "rename", "participant": p, "name": who} for p, who in _truth(folder, talk).items()]
        Desk(folder).edit("truth", 0, edits)
        learn(folder, [], voices)
    known = known_in(voices)
    learnt, rows = {person.name for person in known.people}, []
    for way in ("as it was", "by telephone"):
        count: Counter[str] = Counter()
        for i, j in PAIRS["test"][3:]:
            talk = _talk(way.replace(" ", "-"), names[i], names[j], clips, slice(5, None))
            folder = _analysed(talk, WAYS[way](talk.samples), out)
            truth = _truth(folder, talk)
            for voice in recognise(folder, known, write=False).voices:
                given = voice.name if voice.how == "recognised" else ""
                count["known" if truth[voice.id] in learnt else "strangers"] += 1
                count["right" if given == truth[voice.id] else "wrong" if given else "left"] += 1
        rows.append(
            {
                "measure": f"whole product, {way}: known voices named rightly; anybody named wrongly",
                "value": f"{count['right']} of {count['known']}; {count['wrong']}",
                "aim": "all; 0",
                "data": "two-speaker mixes, learnt in two, recognised in three with other partners; one "
                f"session of each reader; voices of strangers: {count['strangers']}",
            }
        )
    return rows


def _talk(way: str, one: str, other: str, clips: dict, half: slice) -> Conversation:
    return converse(f"{way}-{one}-{other}", clips[one][half], clips[other][half], 0)


def _analysed(talk: Conversation, samples: NDArray[np.float32], out: Path) -> Path:
    timeline_of(write_wave(out / f"{talk.name}.wav", samples), out)
    return out / talk.name


def _truth(folder: Path, talk: Conversation) -> dict[str, str]:
    """Which reader each voice is, by time spoken together."""
    turns = tier(Desk(folder).look()[0], "turn")

    def together(own, who: str) -> float:
        return sum(
            max(0, min(t.end, e) - max(t.start, s)) for t in own.itertuples() for s, e in talk.speech[who]
        )

    return {
        str(voice): max(talk.speech, key=lambda who, own=own: together(own, who))
        for voice, own in turns.groupby("participant")
    }
