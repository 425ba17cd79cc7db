"""Rapport actions on AMI meetings whose words, nods, looks and laughs people coded: how often, and how fast.

Nobody coded rapport there. The table is for checking sense: rates of every code, the measures' distributions
over participants, what is implausible, and the time that coding and scoring take.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.rapport import measures
from pipeline.rapport.actions import Action, action_rows
from pipeline.rapport.codebook import Codebook, load_codebook
from pipeline.rapport.coding import set_scene
from pipeline.rapport.exposure import Exposure
from pipeline.rapport.score import read_actions, score_all, trend
from pipeline.scoring import coded, exposure_of
from pipeline.timeline.table import numbered_by_tier, timeline
from pipeline.timeline.together import reciprocal_laughter_rows
from pipeline.timeline.turns import TurnSettings, turn_rows

JOIN = 0.3
"""Seconds of silence between words up to which talk is one stretch."""
LOOKS = {"person": "towards_partner", "place": "down", "unspecified": "unknown"}
SHARES = (5, 50, 95)
EVERYTHING = frozenset({"words", "face", "others_face", "voice"})
DENSE = 2600
"""Actions of a dense hour."""


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    return list(_rows(data))


def _rows(data: Path) -> Iterator[dict]:
    book = load_codebook()
    counts, minutes, spent, tables = {}, 0.0, 0.0, 0
    values: dict[str, list[float]] = {}
    totals: list[float] = []
    for path in sorted((data / "ami_timelines").glob("*.full.tsv.gz")):
        table = ami_timeline(path)
        begun = time.perf_counter()
        table, _ = coded(table, {}, "en", book)
        scene, _ = set_scene(table, {}, "en", book)
        acts, seen = read_actions(table), dict.fromkeys(scene.people, EVERYTHING)
        scores = score_all(acts, exposure_of(scene, seen), book)
        spent += time.perf_counter() - begun
        totals += [score.total for score in scores if len(score.who) == 1]
        minutes += scene.duration / 60
        tables += 1
        for code, number in acts["label"].value_counts().items():
            counts[code] = counts.get(code, 0) + int(number)
        for own in measures.measure(scene, acts, seen).values():
            for name, value in own.items():
                if value is not None:
                    values.setdefault(name, []).append(value)
    about = f"{tables} AMI meetings of four, {minutes:.0f} min, human words, nods, looks, laughs"
    yield _row("coding and scoring an hour, four people", f"{60 * spent / minutes:.1f} s", about, "5 s")
    yield _row(
        "scoring a dense hour", f"{_dense_hour(book):.1f} s", f"{DENSE} made-up actions, four people", "5 s"
    )
    yield _row("score of a participant, 5, 50, 95 %", _spread(totals), about)
    for code in book.codes:
        rate = 60 * counts.get(code, 0) / minutes
        yield _row(f"{code}, an hour and meeting", f"{rate:.1f}", about)
    for name, found in values.items():
        yield _row(f"{name}, 5, 50, 95 % of participants", _spread(found), about)


def _dense_hour(book: Codebook) -> float:
    """Seconds that scores and trends take of an hour with very many actions, of all codes at any time."""
    rng = np.random.default_rng(0)
    people = ("A", "B", "C", "D")
    who = rng.integers(0, 4, DENSE)
    start, length = rng.uniform(0, 3590, DENSE), rng.exponential(3.0, DENSE)
    code = rng.choice(list(book.codes), DENSE)
    rows = (
        Action(
            code[i], people[who[i]], people[who[i] - 1], start[i], start[i] + length[i], 0.7, (), "responsive"
        )
        for i in range(DENSE)
    )
    talk = {one: [(10.0 * i, 10.0 * i + 9) for i in range(k, 360, 4)] for k, one in enumerate(people)}
    exposure = Exposure(0.0, 3600.0, talk, dict.fromkeys(people, EVERYTHING))
    table = timeline(action_rows(rows, "made up"))
    begun = time.perf_counter()
    acts = read_actions(table)
    for score in score_all(acts, exposure, book):
        trend(acts, exposure, book, score.who)
    return time.perf_counter() - begun


def _spread(values: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in np.percentile(values, SHARES))


def _row(name: str, value: str, data: str, aim: str = "") -> dict:
    return {"measure": name, "value": value, "aim": aim, "data": data}


def ami_timeline(path: Path) -> pd.DataFrame:
    """The timeline of a meeting that people coded.

    Whoever looks at anybody looks at the partner; whoever looks at the table looks down; other places are
    away.
    """
    with gzip.open(path, "rt") as file:
        rows = pd.read_csv(file, sep="\t", quoting=3, keep_default_na=False)
    words = [
        {
            "participant": row.speaker,
            "start": row.start,
            "end": max(row.end, row.start),
            "text": str(row.value),
            "confidence": 1.0,
            "source": "human",
        }
        for row in rows[rows["stream"] == "word"].itertuples(index=False)
    ]
    stretches: dict[str, list[tuple[float, float]]] = {}
    for word in words:
        own = stretches.setdefault(word["participant"], [])
        if own and word["start"] - own[-1][1] <= JOIN:
            own[-1] = own[-1][0], max(own[-1][1], word["end"])
        else:
            own.append((word["start"], word["end"]))
    events = [event for row in rows.itertuples(index=False) if (event := _event(row))]
    talk = turn_rows(stretches, words, TurnSettings())
    events = numbered_by_tier(events)
    laughs = [event for event in events if event["tier"] == "laughter"]
    answers = numbered_by_tier(reciprocal_laughter_rows(laughs)) if laughs else []
    return timeline([*talk, *events, *answers])


def _event(row) -> dict | None:
    """A row of what a body did; None for other streams."""
    kind, _, what = str(row.value).partition("|")
    common = {
        "participant": row.speaker,
        "start": row.start,
        "end": max(row.end, row.start),
        "confidence": 1.0,
    }
    if row.stream == "head" and what in ("nod", "shake"):
        return {"tier": "nod" if what == "nod" else "head_shake", **common}
    if row.stream == "vocal" and "laugh" in str(row.value):
        return {"tier": "laughter", **common, "end": max(row.end, row.start + 0.5)}
    if row.stream == "gaze":
        label = "down" if what == "table" else "away" if kind == "place" else LOOKS.get(kind, "unknown")
        return {"tier": "gaze", **common, "label": label}
    return None
