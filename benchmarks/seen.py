"""What faces did: the sample meeting, real faces turned by known angles, real clips."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from product import timeline_of
from turned_face import TurnedFace, film, movement

from pipeline.face.head_gestures import HeadGestureSettings, find_head_gestures
from pipeline.face.landmark_networks import Square
from pipeline.face.mediapipe_reader import MediapipeReader
from pipeline.face.rows import SeenSettings, face_rows
from pipeline.face.watch import watch
from pipeline.media.pictures import frames

SAMPLE = Path(__file__).parents[1] / "sample_media"
FACES = ("st_AOC.mp4", "lp_d18.mp4", "pyfeat_single_face.mp4")
"""Clips whose first picture shows a real face from the front."""
TURNED = (4.5, 6.0, 8.0, 12.0)
"""Degrees peak to peak."""
SIZES, RATES = (120, 48), (10, 15, 30)
SHAKES = {"lp_d9.mp4": (4.6, 11.9), "intel_no.mkv": None}
"""Clips with a head shake: when, or that there is one."""


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    reader = MediapipeReader()
    return [*sample_meeting(out), *turned(data / "video", out, reader), *clips(data / "video", reader)]


def _row(measure: str, value: str, data: str, aim: str = "") -> dict:
    return {"measure": measure, "value": value, "aim": aim, "data": data}


def sample_meeting(out: Path) -> list[dict]:
    """Events of the sample meeting against its truth."""
    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    table = timeline_of(SAMPLE / "sample_meeting.mp4", out)
    signals = pd.read_parquet(out / "sample_meeting" / "signals" / "face.parquet")
    left = signals.groupby("participant")["x"].median().idxmin()
    who = {
        person: left if person == "S" else next(p for p in signals["participant"].unique() if p != left)
        for person in "SC"
    }
    name = "sample meeting, drawn faces, exact truth"
    rows = []
    for tier, key in (("nod", "nods"), ("head_shake", "shakes"), ("smile", "smiles")):
        count, edges = np.zeros(3, int), []
        for person, participant in who.items():
            ours = table[(table["tier"] == tier) & (table["participant"] == participant)]
            true = [(e["start"], e["end"]) for e in truth[key] if e["person"] == person]
            count += _matches(true, list(zip(ours["start"], ours["end"], strict=True)), edges)
        rows.append(_row(f"{tier}: found, missed, false", " / ".join(map(str, count)), name, "F1 .95"))
        rows.append(_row(f"{tier}: edges, median error", f"{1000 * np.median(np.abs(edges)):.0f} ms", name))
    right = []
    for person, participant in who.items():
        gaze = table[(table["tier"] == "gaze") & (table["participant"] == participant)]
        for time in np.arange(0.5, truth["duration"] - 0.5, 0.1):
            looks = [
                e for e in truth["gaze"] if e["person"] == person and e["start"] - 0.2 < time < e["end"] + 0.2
            ]
            if looks and not looks[0]["start"] + 0.2 < time < looks[0]["end"] - 0.2:
                continue  # on the way
            state = gaze[(gaze["start"] <= time) & (gaze["end"] > time)]["label"]
            at_partner = len(state) > 0 and state.iloc[0] == "towards_partner"
            right.append(at_partner != bool(looks))
    rows.append(
        _row(
            "gaze: towards the partner or not, right",
            f"{np.mean(right):.1%}",
            f"{name}, {len(right)} moments",
        )
    )
    for signal in ("pitch", "yaw", "roll"):
        errors = [
            _angle(signals[signals["participant"] == p], truth["curves"][q][signal], truth["fps"], signal)
            for q, p in who.items()
        ]
        rows.append(
            _row(f"{signal}, rms error without offset", f"{np.sqrt(np.mean(np.square(errors))):.1f}°", name)
        )
    return rows


def _angle(signals: pd.DataFrame, curve: list[float], fps: float, name: str) -> float:
    """Root mean square of the difference to the true curve, their means apart."""
    difference = signals[name] - np.interp(signals["time"], np.arange(len(curve)) / fps, curve)
    return float(np.std(difference))


def _matches(true: list, found: list, edges: list[float]) -> np.ndarray:
    """Found, missed and false by overlap in time; errors of the edges are added to a list."""
    hit = 0
    for start, end in true:
        near = [f for f in found if f[0] < end and f[1] > start]
        hit += bool(near)
        if near:
            edges += [near[0][0] - start, near[-1][1] - end]
    false = sum(not any(f[0] < b and f[1] > a for a, b in true) for f in found)
    return np.array([hit, len(true) - hit, false])


def turned(folder: Path, out: Path, reader: MediapipeReader) -> list[dict]:
    """Real faces turned in 3-D: F1 by size of the face and frame rate, and error of the angles."""
    counts, errors, gains = {}, {"pitch": [], "yaw": [], "roll": []}, {"pitch": [], "yaw": []}
    hits: dict[float, list[bool]] = {degrees: [] for degrees in TURNED}
    for number, clip in enumerate(FACES):
        _, image = next(frames(folder / clip, rate=15))
        box = reader.find(image)[0].box
        points, _ = reader.networks.points(image, Square(*box.centre, 1.5 * box.size))
        for size in SIZES:
            face = TurnedFace(image, points, size)
            for rate in RATES:
                moved = movement(100 * number + 10 * size + rate, rate, TURNED)
                path = film(out / f"turned-{number}-{size}-{rate}.mp4", face, moved, rate)
                seen = watch(path, reader, rate=15.0)
                best = seen.signals["track"].mode().iloc[0] if len(seen.signals) else None
                signals = seen.signals[seen.signals["track"] == best].sort_values("time")
                ours = find_head_gestures(signals, HeadGestureSettings(), picture=(640, 360))
                counts[size, rate] = counts.get((size, rate), 0) + _gestures(ours, moved)
                for kind, start, end, degrees, _ in moved.gestures:
                    near = [g for g in ours if g.kind == kind and g.start < end and g.end > start]
                    hits[degrees].append(bool(near))
                for name in errors:
                    if len(signals):
                        true = np.interp(signals["time"], moved.times, getattr(moved, name))
                        errors[name].append(float(np.std(signals[name] - true)))
                        if name in gains:
                            gains[name].append(float(np.polyfit(true, signals[name], 1)[0]))
    rows = []
    span = f"{TURNED[0]} to {TURNED[-1]:.0f}° peak to peak, 1 to 3 Hz"
    name = f"{len(FACES)} real faces turned in 3-D by {span}, noise and H.264"
    total = sum(counts.values())
    rows.append(
        _row(
            "nods and shakes, F1", _f1(total), f"{name}: found, missed, false {tuple(map(int, total))}", ".95"
        )
    )
    for degrees, found in hits.items():
        rows.append(
            _row(f"of those of {degrees:g}°, found", f"{np.mean(found):.0%}", f"{len(found)} of them", "95 %")
        )
    for signal, values in gains.items():
        low, middle, high = np.percentile(values, [10, 50, 90])
        span = f"{middle:.2f} ({low:.2f} to {high:.2f})"
        rows.append(_row(f"{signal}: measured degrees by true degree", span, f"{name}, median (10 to 90 %)"))
    for size in SIZES:
        part = sum(count for (s, _), count in counts.items() if s == size)
        rows.append(_row(f"the same, face {size} px high", _f1(part), name, ".95"))
    for rate in RATES:
        part = sum(count for (_, r), count in counts.items() if r == rate)
        rows.append(_row(f"the same, {rate} pictures/s", _f1(part), name, ".95"))
    for signal, values in errors.items():
        rows.append(
            _row(
                f"{signal}, rms error without offset",
                f"{np.median(values):.1f}°",
                f"{name}, median of {len(values)} films",
            )
        )
    return rows


def _f1(count: np.ndarray) -> str:
    return f"{2 * count[0] / max(1, 2 * count[0] + count[1] + count[2]):.2f}"


def _gestures(ours: list, moved) -> np.ndarray:
    """Found, missed and false gestures of both kinds."""
    total = np.zeros(3, int)
    for kind in ("nod", "head_shake"):
        true = [(a, b) for k, a, b, _, _ in moved.gestures if k == kind]
        total += _matches(true, [(g.start, g.end) for g in ours if g.kind == kind], [])
    return total


def clips(folder: Path, reader: MediapipeReader) -> list[dict]:
    """False nods, shakes and smiles a minute on clips of people who talk and pull faces; shakes found."""
    seconds, false, found, listed = 0.0, 0, 0, []
    for path in sorted(folder.iterdir()):
        seen = watch(path, reader, rate=15.0)
        video = next(frames(path, rate=1))[1].shape if len(seen.looks) else (0, 0)
        for track, signals in seen.signals.groupby("track"):
            rows = face_rows(
                str(track),
                signals,
                seen.looks["time"].to_numpy(),
                SeenSettings(),
                pictures={0: (video[1], video[0])},
            )
            gestures = [r for r in rows if r["tier"] in ("nod", "head_shake")]
            if path.name in SHAKES:
                span = SHAKES[path.name] or (0, np.inf)
                found += any(
                    r["tier"] == "head_shake" and r["start"] < span[1] and r["end"] > span[0]
                    for r in gestures
                )
                gestures = [
                    r
                    for r in gestures
                    if r["tier"] == "nod" or not (r["start"] < span[1] and r["end"] > span[0])
                ]
            listed += [f"{path.stem} {r['tier']} {r['start']:.1f}" for r in gestures]
            false += len(gestures)
            seconds += len(signals) / 15
    which = ", ".join(listed) or "none"
    data = f"{seconds / 60:.1f} face minutes of real clips, looked at during development: {which}"
    return [
        _row("false nods and shakes a minute", f"{false / seconds * 60:.1f}", data, "under 1"),
        _row("clips with a head shake in which it is found", f"{found} of {len(SHAKES)}", ", ".join(SHAKES)),
    ]
