"""Time to write a long meeting in every format, and all of them with one command."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

WORDS, EVENTS, SECONDS = 25_000, 20_000, 7200.0
PEOPLE = ("P1", "P2", "P3")
VOICE = ("stress", "stretch", "pitch_step", "pace", "loudness", "creak", "smile_voice", "cut_off")
BODY = ("nod", "smile", "gaze", "head_shake", "laughter", "breath_in", "action")
LABELS = {
    "pitch_step": ("up", "down"),
    "pace": ("faster", "slower"),
    "loudness": ("louder", "quieter"),
    "intonation": ("falling", "level", "rising"),
    "gaze": ("away", "down", "towards_partner"),
    "laughter": ("", "in_speech"),
    "action": ("small_talk", "formulation", "open_question"),
}
SOME_WORDS = ("so", "that", "we", "could", "begin", "with", "the", "monthly", "reporting", "maybe", "yeah")


class Meeting:
    """Rows of a made-up meeting of three who talk over each other, with all that is measured."""

    def __init__(self, seed: int = 7) -> None:
        self.random = random.Random(seed)
        self.rows: list[dict] = []
        self.counts: dict[str, int] = {}
        self.words = 0

    def add(self, tier: str, who: str, start: float, end: float, **more: object) -> str:
        """Add a row and tell its id."""
        number = self.counts[tier] = self.counts.get(tier, 0) + 1
        self.words += tier == "word"
        label = self.random.choice(LABELS.get(tier, ("",)))
        row = {"id": f"{tier}-{number:05d}", "tier": tier, "participant": who, "start": start, "end": end}
        self.rows.append({**row, "label": label, "source": "benchmark-1", **more})
        return str(row["id"])

    def events(self) -> int:
        """How many rows are no words."""
        return len(self.rows) - self.words

    def turn(self, who: str, at: float, words: int) -> tuple[str, float]:
        """A turn with its words, a pause now and then, and how it ends; its id and end."""
        ids, texts, start = [], [], at
        for _ in range(words):
            if texts and self.random.random() < 0.12:
                silence = self.random.uniform(0.1, 0.9)
                self.add("pause", who, at, at + silence, value=silence)
                at += silence
            length = self.random.uniform(0.12, 0.3)
            text = self.random.choice(SOME_WORDS)
            confidence = self.random.random() ** 0.2
            ids.append(self.add("word", who, at, at + length, text=text, confidence=confidence))
            texts.append(text)
            at += length
        self.add("intonation", who, at - 0.3, at)
        told = {"text": " ".join(texts), "evidence": " ".join(ids)}
        return self.add("turn", who, start, at, **told), at


def long_meeting() -> list[dict]:
    """Rows of two hours: 25,000 words and 20,000 events."""
    made = Meeting()
    chance, now, last, who = made.random, 1.0, ("", 0.0), ""
    while made.words < WORDS:
        who = chance.choice([person for person in PEOPLE if person != who])
        start = max(now + chance.gauss(0.2, 0.5), last[1] - 1.0, 0.0)
        turn, end = made.turn(who, start, min(1 + int(chance.expovariate(1 / 12)), WORDS - made.words))
        if last[0] and start < last[1]:
            made.add("overlap", who, start, min(last[1], end), evidence=f"{last[0]} {turn}")
        elif last[0] and start - last[1] < 0.1:
            made.add("latch", who, last[1], start, evidence=f"{last[0]} {turn}", label="")
        elif last[0]:
            made.add("gap", "", last[1], start, value=start - last[1], label="between")
        if end > last[1]:
            last = (turn, end)
        now = max(now, end)
    squeeze = SECONDS / now
    while made.events() < EVENTS:
        tier = chance.choice(VOICE + BODY)
        start = chance.uniform(0.0, now - 3.0)
        made.add(tier, chance.choice(PEOPLE), start, start + chance.uniform(0.1, 2.5), value=1.5)
    return [{**row, "start": row["start"] * squeeze, "end": row["end"] * squeeze} for row in made.rows]


def meeting(folder: Path) -> Path:
    """An analysed meeting with these rows."""
    from pipeline.timeline.table import timeline, write

    folder.mkdir(parents=True)
    write(timeline(long_meeting()), folder)
    recording = {"path": str(folder / "long.mp4"), "offset": 0.0, "duration": SECONDS, "pictures": True}
    people = [
        {"id": who, "pseudonym": name, "role": role}
        for who, name, role in zip(
            PEOPLE, ("Sam", "Anna", "Bea"), ("salesperson", "customer", "customer"), strict=True
        )
    ]
    about = {"name": "long", "title": "", "participants": people}
    manifest = {"meeting": about, "language": "en", "files": [recording]}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    from pipeline.exports.draft import draft_lines
    from pipeline.exports.formats import FORMATS, Options
    from pipeline.exports.material import material_of

    folder = meeting(out / "exports" / "long")
    on = f"processor time; made-up meeting of 2 h, {WORDS} words, {EVENTS} events, {os.cpu_count()} cores"
    rows = []
    draft = _seconds(lambda: draft_lines(material_of(folder), Options()))
    rows.append(
        {"measure": "read the meeting and draft it", "value": f"{draft:.2f} s", "aim": "2 s", "data": on}
    )
    for one in FORMATS:
        material = material_of(folder)
        taken = _seconds(lambda: one.write(material, Options()))  # noqa: B023
        rows.append({"measure": f"write {one.name}", "value": f"{taken:.2f} s", "aim": "2 s", "data": on})
    command = [sys.executable, "-m", "pipeline.cli", "export", str(folder), "--all"]
    begun, worked = time.monotonic(), _worked()
    subprocess.run(command, check=True, capture_output=True)
    taken, worked = time.monotonic() - begun, _worked() - worked
    told = f"{taken:.1f} s ({worked:.1f} s of processor)"
    rows.append({"measure": "rapport export --all", "value": told, "aim": "20 s", "data": on})
    return rows


def _seconds(work: Callable[[], object]) -> float:
    """Seconds of processor that work takes, on a machine that others may use too."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _worked() -> float:
    """Processor seconds of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
