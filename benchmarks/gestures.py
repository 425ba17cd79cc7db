"""Nods and head shakes: from known movement, from somebody who nods on purpose, and as people count them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.signal import butter, sosfiltfilt

from pipeline.face.head_gestures import HeadGesture, HeadGestureSettings, find_head_gestures
from pipeline.face.signals import SIGNALS
from pipeline.intervals import coverage

AXES = {"nod": "pitch", "head_shake": "yaw"}
AMPLITUDES = (2, 3, 4, 5, 6, 8, 10, 12)
"""Degrees peak to peak."""
RATES, FRAME_RATES, NOISES = (1.0, 1.5, 2.0, 3.0), (10, 15, 25, 30), (0.3, 0.7)
SECONDS = 60.0
NOSE_DEPTH = 0.75
"""How far the nose lies before the line through the ears, in distances between the ears: 11 of 15 cm."""
WEBCAM = 30.0
"""Pictures a second of the landmarks, which have no times; assumed."""

Span = tuple[float, float]


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    return [
        *known_movement(),
        *while_talking(),
        *on_purpose(data / "head_landmarks"),
        *by_hand(data / "ami_timelines"),
    ]


@dataclass
class Count:
    """Events that were found, missed and invented."""

    found: int = 0
    missed: int = 0
    wrong: int = 0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.found / max(2 * self.found + self.missed + self.wrong, 1)

    def __add__(self, other: Count) -> Count:
        return Count(self.found + other.found, self.missed + other.missed, self.wrong + other.wrong)


def known_movement() -> list[dict]:
    """F1 where movement is made to measure, over sizes, rates, frame rates and noise."""
    cells = {
        (size, hz, frames, noise): _score(size, hz, frames, noise)
        for size in AMPLITUDES
        for hz in RATES
        for frames in FRAME_RATES
        for noise in NOISES
    }
    made = (
        "made to measure: nods and shakes of 2-4 cycles, wandering head, looks down and aside; "
        f"{RATES[0]:.0f}-{RATES[-1]:.0f} Hz, {FRAME_RATES[0]}-{FRAME_RATES[-1]} frames/s, noise {NOISES}"
    )
    over = {key: count for key, count in cells.items() if key[0] > 4}
    worst = min(over, key=lambda key: over[key].f1)
    rows = [
        _row("events over 4 degrees peak to peak, F1", sum(over.values(), Count()).f1, "0.95", made),
        _row(
            "the same, worst cell",
            over[worst].f1,
            "",
            "{} degrees, {} Hz, {} frames/s, noise {} degrees".format(*worst),
        ),
    ]
    for size in AMPLITUDES:
        count = sum((c for key, c in cells.items() if key[0] == size), Count())
        share = count.found / (count.found + count.missed)
        rows.append(_row(f"found at {size} degrees peak to peak", share, "", f"{count.wrong} invented"))
    return rows


def _score(size: float, hz: float, frames: int, noise: float) -> Count:
    total = Count()
    for seed, kind in enumerate(AXES):
        signals, events = _made(size, hz, frames, noise, kind, seed)
        found = find_head_gestures(signals, HeadGestureSettings())
        right = [g for g in found if g.kind == kind and any(_overlap(event, g) for event in events)]
        hit = [event for event in events if any(_overlap(event, g) for g in right)]
        total += Count(len(hit), len(events) - len(hit), len(found) - len(right))
    return total


def _overlap(event: Span, gesture: HeadGesture) -> bool:
    return event[0] < gesture.end and event[1] > gesture.start


def _made(
    size: float, hz: float, frames: int, noise: float, kind: str, seed: int
) -> tuple[pd.DataFrame, list[Span]]:
    """Signals of a head that wanders, looks down and aside, and makes gestures; and when it makes them."""
    rng = np.random.default_rng(seed)
    fine = np.arange(0, SECONDS, 0.01)
    angles = {axis: np.zeros(len(fine)) for axis in ("pitch", "yaw", "roll")}
    for angle in angles.values():
        for turns in rng.uniform(0.02, 0.25, 4):
            angle += rng.uniform(0.5, 1.5) * np.sin(2 * np.pi * turns * fine + rng.uniform(0, 6))
    events, at = [], 2.0
    while at < SECONDS - 6:
        cycles = int(rng.integers(2, 5))
        length = cycles / hz
        along = np.clip(fine - at, 0, length)
        if rng.random() < 0.5:  # from rest down and back, or up as well
            curve = (1 - np.cos(2 * np.pi * hz * along)) / 2
        else:
            ramp = np.clip(np.minimum(along, length - along) * 4 * hz, 0, 1)
            curve = ramp * np.sin(2 * np.pi * hz * along) / 2
        angles[AXES[kind]] += size * curve
        events.append((at, at + length))
        at += length + rng.uniform(2, 4)
        if rng.random() < 0.4 and at < SECONDS - 8:  # a look down or aside, for a while
            axis, far, ramp = rng.choice(["pitch", "yaw"]), rng.uniform(8, 25), rng.uniform(0.2, 0.8)
            level = np.clip(np.minimum(fine - at, at + 2.5 - fine) / ramp, 0, 1)
            angles[axis] += far * level**2 * (3 - 2 * level)
            at += 4.5
    count = int(SECONDS * frames)
    times = np.sort((np.arange(count) + rng.uniform(-0.2, 0.2, count)) / frames).clip(0, fine[-1])
    table = pd.DataFrame({name: np.zeros(count) for name in SIGNALS}).assign(
        time=times, size=120.0, quality=1.0
    )
    for axis, angle in angles.items():
        table[axis] = np.interp(times, fine, angle) + rng.normal(0, noise, count)
    return table, events


def while_talking() -> list[dict]:
    """Head shakes invented and found where a head turns with the words all the time."""
    rows = []
    for degrees in (1.0, 2.0, 3.0, 4.0):
        heads = [_talking(degrees, seed) for seed in range(10)]
        talk = [(0.0, SECONDS)]
        count = sum(len(_shakes(head, talk)) for head in heads) * 60 / SECONDS / len(heads)
        data = f"made: ten minutes of talk, head turning by noise of 0.3-3 Hz, {degrees:.0f} degrees rms"
        rows.append(_row("head shakes invented a minute of talk", count, "under 1", data))
    for size in (6.0, 8.0, 12.0):
        hit = 0
        for seed in range(20):
            head = _talking(1.0, seed)
            along = np.clip(head["time"] - 20, 0, 1.25)
            head["yaw"] += size / 2 * (1 - np.cos(2 * np.pi * 2 * along))
            hit += any(g.start < 21.25 and g.end > 20 for g in _shakes(head, [(0.0, SECONDS)]))
        data = "20 shakes of 2.5 cycles at 2 Hz, the same talk at 1 degree rms"
        rows.append(_row(f"shakes of {size:.0f} degrees found in talk", hit / 20, "", data))
    return rows


def _talking(degrees: float, seed: int) -> pd.DataFrame:
    """Signals of a head that turns with the words, mostly sideways."""
    rng = np.random.default_rng(seed)
    count = int(SECONDS * 15)
    table = pd.DataFrame({name: np.zeros(count) for name in SIGNALS})
    table = table.assign(time=np.arange(count) / 15, size=120.0, quality=1.0)
    band = butter(1, [0.3, 3.0], "band", fs=15, output="sos")
    for axis, share in (("yaw", 1.0), ("pitch", 0.6), ("roll", 0.5)):
        moved = sosfiltfilt(band, rng.normal(0, 1, count))
        table[axis] = degrees * share * moved / moved.std() + rng.normal(0, 0.3, count)
    return table


def _shakes(signals: pd.DataFrame, talk: list[Span]) -> list[HeadGesture]:
    found = find_head_gestures(signals, HeadGestureSettings(), speaking=talk)
    return [gesture for gesture in found if gesture.kind == "head_shake"]


def on_purpose(folder: Path) -> list[dict]:
    """Somebody who nods, turns the head to and fro, and does neither, before a webcam."""
    landmarks = np.load(folder / "landmarks.npz")
    names = [str(name) for name in landmarks["feature_names"]]
    rows = []
    for label in ("nodding", "turning", "stationary"):
        signals = _from_points(dict(zip(names, landmarks[label].T, strict=True)))
        seconds = float(signals["time"].iloc[-1])
        found = find_head_gestures(signals, HeadGestureSettings(), picture=(640, 480))
        shares = {kind: sum(g.end - g.start for g in found if g.kind == kind) / seconds for kind in AXES}
        name = (
            f"webcam, one person {label}, {seconds:.0f} s if at {WEBCAM:.0f} frames/s; angles from six points"
        )
        if label == "stationary":
            rows.append(_row("events a minute", 60 * len(found) / seconds, "under 1", name))
        else:
            aims = ("much", "none") if label == "nodding" else ("none", "much")
            rows += [
                _row(f"time covered by {kind}s", share, aim, name)
                for (kind, share), aim in zip(shares.items(), aims, strict=True)
            ]
    return rows


def _from_points(points: dict[str, np.ndarray]) -> pd.DataFrame:
    """Signals from the face detector's box and six points (shares of the picture).

    The tip of the nose lies before the line through the ears: how far it is off that line's middle, against
    the ears' distance, is the tangent of the turn. The box is square, which gives the picture's proportions.
    Neither a smile nor the mouth nor the eyes can be read from these points, and roll only from the eyes.
    """
    aspect = float(np.median(points["WIDTH"] / points["HEIGHT"]))
    x = {name: points[f"{name}_X"] for name in ("NOSE", "RIGHT_EAR", "LEFT_EAR", "RIGHT_EYE", "LEFT_EYE")}
    y = {name: points[f"{name}_Y"] * aspect for name in x}
    middle = (x["RIGHT_EAR"] + x["LEFT_EAR"]) / 2, (y["RIGHT_EAR"] + y["LEFT_EAR"]) / 2
    apparent = np.hypot(x["LEFT_EAR"] - x["RIGHT_EAR"], y["LEFT_EAR"] - y["RIGHT_EAR"])
    yaw = np.arctan((x["NOSE"] - middle[0]) / apparent / NOSE_DEPTH)
    breadth = apparent / np.cos(yaw)
    pitch = np.arctan((y["NOSE"] - middle[1]) / breadth / NOSE_DEPTH)
    roll = np.arctan2(y["RIGHT_EYE"] - y["LEFT_EYE"], x["LEFT_EYE"] - x["RIGHT_EYE"])
    count = len(yaw)
    table = pd.DataFrame({name: np.zeros(count) for name in SIGNALS})
    return table.assign(
        time=np.arange(count) / WEBCAM,
        x=points["X_MIN"] + points["WIDTH"] / 2,
        y=points["Y_MIN"] + points["HEIGHT"] / 2,
        size=points["HEIGHT"] * 480,
        pitch=np.degrees(pitch),
        yaw=np.degrees(yaw),
        roll=np.degrees(roll),
        quality=1.0,
    )


def by_hand(folder: Path) -> list[dict]:
    """What human coders count in AMI, to compare rates with."""
    lengths, own, others, minutes, shakes = [], [], [], 0.0, 0
    for meeting in _meetings(folder):
        end = meeting["end"].max()
        people = meeting.loc[meeting["stream"] == "head", "speaker"].unique()
        words = meeting[meeting["stream"] == "word"]
        hidden = meeting[(meeting["stream"] == "head") & meeting["value"].str.startswith("off_camera")]
        minutes += (len(people) * end - (hidden["end"] - hidden["start"]).sum()) / 60
        for who in people:
            mine, theirs = (
                coverage(_joined(part))
                for part in (words[words["speaker"] == who], words[words["speaker"] != who])
            )
            head = meeting[(meeting["stream"] == "head") & (meeting["speaker"] == who)]
            shakes += int(head["value"].str.endswith("|shake").sum())
            for nod in head[head["value"].str.endswith("|nod")].itertuples():
                length = max(nod.end - nod.start, 1e-3)
                lengths.append(length)
                own.append(mine(nod.start, nod.end) / length)
                others.append(theirs(nod.start, nod.end) / length)
    speaks, listens = np.array(own) > 0.5, (np.array(own) <= 0.5) & (np.array(others) > 0.5)
    low, median, high = np.percentile(lengths, [10, 50, 90])
    name = f"AMI, head movement coded by hand, {len(lengths)} nods in {minutes:.0f} person minutes"
    return [
        _row("nods a minute and person", len(lengths) / minutes, "", name),
        _row("head shakes a minute and person", shakes / minutes, "", f"the same, {shakes} shakes"),
        _row("length of a nod, median (10 to 90 %)", f"{median:.2f} ({low:.2f}-{high:.2f}) s", "", name),
        _row("share of nods while speaking", float(speaks.mean()), "", name),
        _row("share of nods while another speaks", float(listens.mean()), "", name),
    ]


def _meetings(folder: Path) -> Iterator[pd.DataFrame]:
    columns = ["start", "end", "speaker", "stream", "value"]
    for path in sorted([*folder.glob("*.head.tsv.gz"), *folder.glob("*.full.tsv.gz")]):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines = [line.rstrip("\n").split("\t", 4) for line in file][1:]
        table = pd.DataFrame([line for line in lines if len(line) == 5], columns=columns)
        table[["start", "end"]] = table[["start", "end"]].astype(float)
        if (table["stream"] == "head").any():
            yield table


def _joined(words: pd.DataFrame) -> list[Span]:
    """Words with less than half a second between them as one stretch of speech."""
    spans: list[Span] = []
    for start, end in sorted(zip(words["start"], words["end"], strict=True)):
        if spans and start - spans[-1][1] < 0.5:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _row(measure: str, value: float | str, aim: str, data: str) -> dict:
    shown = value if isinstance(value, str) else f"{value:.2f}"
    return {"measure": measure, "value": shown, "aim": aim, "data": data}
