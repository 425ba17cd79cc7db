"""Whose face is whose voice: meetings of two laid together from signals of real talkers and listeners.

There is no recording of two people in conversation among the data. So each participant's face is laid
together from signals of real clips: while speaking, those of somebody who really speaks; while listening,
those of people who are silent but move (they shake their heads, pull faces, laugh). Turns have the lengths of
people's turns in meetings. The voices are taken as known; the mouths are real.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.face.mediapipe_reader import MediapipeReader
from pipeline.face.watch import watch
from pipeline.people.link import LinkSettings, link_voices

TALKING = ("st_AOC.mp4", "st_KatieHill.mp4")
SILENT = ("lp_d3.mp4", "lp_d9.mp4", "lp_d18.mp4", "pyfeat_WolfgangLanger_Pexels.mp4")
"""Clips in whose own sound nobody speaks: people who shake their heads, pull faces, cry, laugh, smile."""
LENGTHS = (30, 60, 120, 300)
MEETINGS = 100


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    reader = MediapipeReader()
    gaps = {name: _lip_gap(data / "video" / name, reader) for name in TALKING + SILENT}
    turns = _turn_lengths(data / "ami_timelines")
    rows = []
    for seconds in LENGTHS:
        right = wrong = 0
        for seed in range(MEETINGS):
            voices, faces = _meeting(np.random.default_rng(seed), seconds, gaps, turns)
            links = {link.voice: link.face for link in link_voices(voices, faces, LinkSettings())}
            right += links == {"A": 0, "B": 1}
            wrong += any(links.get(voice, face) != face for voice, face in (("A", 0), ("B", 1)))
        people = f"mouths of {len(TALKING)} real talkers and {len(SILENT)} silent people"
        rows.append(
            {
                "measure": f"both faces linked to the right voices, {seconds} s",
                "value": f"{right / MEETINGS:.0%} (wrong {wrong / MEETINGS:.0%}, else left open)",
                "aim": "95 % from 60 s on",
                "data": f"{MEETINGS} meetings of two, {people}",
            }
        )
    return rows


def _lip_gap(path: Path, reader: MediapipeReader) -> np.ndarray:
    """Distance of the lips of a clip's longest face, 15 times a second."""
    signals = watch(path, reader, rate=15.0).signals
    rows = signals[signals["track"] == signals["track"].mode().iloc[0]]
    times = np.arange(rows["time"].iloc[0], rows["time"].iloc[-1], 1 / 15)
    return np.interp(times, rows["time"], rows["lip_gap"])


def _turn_lengths(folder: Path) -> np.ndarray:
    """Seconds of runs of one person's words, pauses under a second included, in meetings coded by hand."""
    lengths: list[float] = []
    for path in sorted(folder.glob("*.full.tsv.gz"))[:4]:
        table = pd.read_csv(path, sep="\t")
        words = table[table["stream"] == "word"].sort_values("start")
        for _, own in words.groupby("speaker"):
            new = (own["start"].to_numpy()[1:] - own["end"].to_numpy()[:-1]) > 1
            starts = own["start"].to_numpy()[np.concatenate([[True], new])]
            ends = own["end"].to_numpy()[np.concatenate([new, [True]])]
            lengths += (ends - starts).tolist()
    found = np.array(lengths)
    return found[(found > 0.2) & (found < 60)]


def _meeting(rng, seconds: float, gaps: dict[str, np.ndarray], turns: np.ndarray):
    """Voices and faces of a meeting: two talkers in turn, some answers inside the other's turn."""
    times = np.arange(0, seconds, 1 / 15)
    spans: dict[str, list] = {"A": [], "B": []}
    at, who = 0.5, int(rng.integers(2))
    while at < seconds:
        end = min(seconds, at + float(rng.choice(turns)))
        spans["AB"[who]].append((at, end))
        if end - at > 4 and rng.random() < 0.5:  # a short answer by the listener
            answer = at + rng.uniform(1, end - at - 1)
            spans["AB"[1 - who]].append((answer, answer + 0.4))
        at, who = end + rng.uniform(-0.1, 0.8), 1 - who
    talkers = rng.permutation(TALKING)
    faces = {}
    for number, voice in enumerate("AB"):
        gap = _play(rng, gaps, SILENT, len(times))
        talk = _play(rng, gaps, (talkers[number],), len(times))
        for start, end in spans[voice]:
            inside = (times >= start) & (times < end)
            gap[inside] = talk[inside]
        faces[number] = pd.DataFrame({"camera": 0, "track": number, "time": times, "lip_gap": gap})
    return {voice: sorted(own) for voice, own in spans.items()}, faces


def _play(rng, gaps: dict[str, np.ndarray], names, count: int) -> np.ndarray:
    """Signals of clips one after the other, each from a random place on, until there are enough."""
    parts, length = [], 0
    while length < count:
        gap = gaps[str(rng.choice(names))]
        part = gap[int(rng.integers(len(gap) // 2)) :]
        parts.append(part)
        length += len(part)
    return np.concatenate(parts)[:count].copy()
