r"""Measure the finished film against its truth with MediaPipe FaceLandmarker, dlib and Whisper.

python sample_media/check_sample.py --folder sample_media --landmarker face_landmarker.task \\
        [--whisper MODEL_FOLDER] [--identity]
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
from pathlib import Path

import av
import numpy as np
from scipy.signal import butter, sosfiltfilt
from scipy.stats import rankdata

SIGNALS = ("pitch", "yaw", "roll", "smile", "jaw", "gaze_x", "blink")


def euler(matrix: np.ndarray) -> np.ndarray:
    """Pitch, yaw and roll in degrees from a facial transformation matrix."""
    r = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    angles = [
        np.arctan2(r[2, 1], r[2, 2]),
        np.arctan2(-r[2, 0], np.hypot(r[0, 0], r[1, 0])),
        np.arctan2(r[1, 0], r[0, 0]),
    ]
    return np.degrees(angles)


def read_face(result: object) -> list[float]:
    """``SIGNALS`` of the first face of a FaceLandmarker result, NaN where there is none."""
    if not result.face_landmarks:
        return [np.nan] * len(SIGNALS)
    b = {c.category_name: c.score for c in result.face_blendshapes[0]}
    aside = (b["eyeLookOutLeft"] + b["eyeLookInRight"] - b["eyeLookInLeft"] - b["eyeLookOutRight"]) / 2
    smile, blink = ((b[f"{name}Left"] + b[f"{name}Right"]) / 2 for name in ("mouthSmile", "eyeBlink"))
    return [*euler(np.array(result.facial_transformation_matrixes[0])), smile, b["jawOpen"], aside, blink]


def track(video: Path, model: Path, truth: dict) -> tuple[dict[str, dict[str, np.ndarray]], float]:
    """Signals per person, and the share of frames in which both faces are found in the whole picture."""
    import mediapipe as mp

    vision = mp.tasks.vision

    def finder(faces: int) -> vision.FaceLandmarker:
        options = {
            "running_mode": vision.RunningMode.VIDEO,
            "num_faces": faces,
            "output_face_blendshapes": True,
            "output_facial_transformation_matrixes": True,
        }
        base = mp.tasks.BaseOptions(model_asset_path=str(model))
        return vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(base_options=base, **options)
        )

    whole, single = finder(2), {who: finder(1) for who in truth["people"]}
    rows: dict[str, list] = {who: [] for who in single}
    both = []
    with av.open(str(video)) as box:
        for i, frame in enumerate(box.decode(video=0)):
            picture, at = frame.to_ndarray(format="rgb24"), int(i * 1000 / truth["fps"])
            both.append(
                len(whole.detect_for_video(mp.Image(mp.ImageFormat.SRGB, picture), at).face_landmarks) == 2
            )
            for who, person in truth["people"].items():
                x, y, w, h = person["tile"]
                tile = np.ascontiguousarray(picture[y : y + h, x : x + w])
                rows[who].append(
                    read_face(single[who].detect_for_video(mp.Image(mp.ImageFormat.SRGB, tile), at))
                )
    for landmarker in (whole, *single.values()):
        landmarker.close()
    return {who: dict(zip(SIGNALS, np.array(r).T, strict=True)) for who, r in rows.items()}, float(
        np.mean(both)
    )


def swings(signal: np.ndarray, fps: int, degrees: float) -> tuple[list[tuple[float, float]], np.ndarray]:
    """Runs of at least two half swings of ``degrees`` lasting 0.1 to 0.9 s each, and the filtered signal."""
    y = sosfiltfilt(butter(2, [0.6, 4.0], "band", fs=fps, output="sos"), signal)
    turns = [0, *(np.flatnonzero(np.diff(np.sign(np.diff(y)))) + 1), len(y) - 1]
    runs, run = [], []
    for a, b in [*itertools.pairwise(turns), (0, 0)]:
        if abs(y[b] - y[a]) >= degrees and 0.1 <= (b - a) / fps <= 0.9:
            run.append((a, b))
            continue
        if len(run) >= 2:
            runs.append((run[0][0] / fps, run[-1][1] / fps))
        run = []
    return runs, y


def find_gestures(
    signals: dict[str, np.ndarray], fps: int, degrees: float = 4.0
) -> dict[str, list[tuple[float, float]]]:
    """Nods (pitch swings that dominate yaw) and shakes (the reverse)."""
    (nods, pitch), (shakes, yaw) = (
        swings(signals["pitch"], fps, degrees),
        swings(signals["yaw"], fps, degrees),
    )

    def dominates(one: np.ndarray, other: np.ndarray, span: tuple[float, float]) -> bool:
        inside = slice(int(span[0] * fps), int(span[1] * fps) + 1)
        return np.ptp(one[inside]) > 1.2 * np.ptp(other[inside])

    return {
        "nods": [s for s in nods if dominates(pitch, yaw, s)],
        "shakes": [s for s in shakes if dominates(yaw, pitch, s)],
    }


def hits(found: list[tuple[float, float]], true: list[dict]) -> str:
    """Found of all, and false ones, by overlap in time."""
    touches = [[min(b, e["end"]) > max(a, e["start"]) for a, b in found] for e in true]
    false = [f"{a:.1f}" for k, (a, _) in enumerate(found) if not any(row[k] for row in touches)]
    return f"{sum(any(row) for row in touches)} of {len(true)}, false {false or 0}"


def auc(score: np.ndarray, positive: np.ndarray) -> float:
    """Probability that a positive frame scores higher than a negative one."""
    n, m = positive.sum(), (~positive).sum()
    return float((rankdata(score)[positive].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


def report_person(who: str, signals: dict[str, np.ndarray], truth: dict) -> None:
    """Print how well one person's commanded movement is recovered."""
    fps, found_share = truth["fps"], np.isfinite(signals["pitch"]).mean()
    s = {k: np.nan_to_num(v, nan=np.nanmean(v)) for k, v in signals.items()}
    c = {k: np.array(v)[: len(s["pitch"])] for k, v in truth["curves"][who].items()}
    t = np.arange(len(s["pitch"])) / fps
    print(f"--- {truth['people'][who]['name']}: face found in {found_share:.2%} of {len(t)} frames")
    for name in ("pitch", "yaw", "roll"):
        gain, offset = np.polyfit(c[name], s[name], 1)
        r, rms = np.corrcoef(c[name], s[name])[0, 1], np.std(s[name] - c[name])
        print(f"{name}: r {r:.3f}, gain {gain:.2f}, offset {offset:+.1f}, rms {rms:.2f} degrees")
    for kind, found in find_gestures(s, fps).items():
        print(f"{kind}: {hits(found, [e for e in truth[kind] if e['person'] == who and e['end'] < t[-1]])}")
    rest, full = s["smile"][c["smile"] < 0.05].mean(), s["smile"][c["smile"] > 0.7].mean()
    print(f"smile: rest {rest:.2f}, over .7 {full:.2f}, AUC {auc(s['smile'], c['smile'] > 0.5):.3f}")
    print(f"mouth: jawOpen r {np.corrcoef(c['open'], s['jaw'])[0, 1]:.3f}")
    middle = s["gaze_x"] - np.median(s["gaze_x"])
    sides = [
        (e["gaze_x"], middle[(t > e["start"] + 0.15) & (t < e["end"] - 0.15)].mean())
        for e in truth["gaze"]
        if e["person"] == who and e["end"] < t[-1]
    ]
    print(
        f"gaze: AUC aside {auc(np.abs(middle), np.abs(c['gaze_x']) > 0.9):.3f}; commanded and found "
        + ", ".join(f"{x:+.1f} {y:+.2f}" for x, y in sides)
    )
    peaks = [s["blink"][(t >= b) & (t < b + 0.32)].max() for b in truth["blinks"][who] if b + 0.32 < t[-1]]
    base = np.median(s["blink"])
    seen = sum(p > base + 0.15 for p in peaks)
    print(f"blinks: {seen} of {len(peaks)} seen, median {base:.2f}, peak {np.mean(peaks):.2f}")


def identity_distances(video: Path, truth: dict) -> None:
    """Print dlib face embedding distances within and between the two people (0.6 is dlib's usual limit)."""
    import dlib
    import face_recognition_models as models

    finder, encoder = (
        dlib.get_frontal_face_detector(),
        dlib.face_recognition_model_v1(models.face_recognition_model_location()),
    )
    shaper = dlib.shape_predictor(models.pose_predictor_five_point_model_location())
    codes: dict[str, list] = {who: [] for who in truth["people"]}
    with av.open(str(video)) as box:
        for i, frame in enumerate(box.decode(video=0)):
            if i % 75:
                continue
            picture = frame.to_ndarray(format="rgb24")
            for who, person in truth["people"].items():
                x, y, w, h = person["tile"]
                tile = np.ascontiguousarray(picture[y : y + h, x : x + w])
                for face in finder(tile, 1)[:1]:
                    codes[who].append(np.array(encoder.compute_face_descriptor(tile, shaper(tile, face))))
    a, b = (np.array(v) for v in codes.values())

    def far(one: np.ndarray, two: np.ndarray) -> np.ndarray:
        return np.linalg.norm(one[:, None] - two[None], axis=2)

    same, other = max(far(a, a).max(), far(b, b).max()), far(a, b).min()
    print(f"identity: same person at most {same:.2f}, two people at least {other:.2f}")


def read_sound(video: Path) -> tuple[np.ndarray, int]:
    """Mono sound of the film as floats, and its rate."""
    with av.open(str(video)) as box:
        rate = box.streams.audio[0].rate
        return np.concatenate([f.to_ndarray()[0] for f in box.decode(audio=0)]), rate


def report_silences(video: Path, truth: dict) -> None:
    """Print how quiet the scripted silences are under the speech."""
    sound, rate = read_sound(video)

    def level(spans: list[tuple[float, float]]) -> float:
        cut = [sound[int(a * rate) : int(b * rate)] for a, b in spans if b > a]
        return 10 * np.log10(np.mean(np.concatenate(cut) ** 2))

    speech = level([span for spans in truth["speech"].values() for span in spans])
    quiet = level([(p["start"] + 0.12, p["end"] - 0.03) for p in truth["pauses"] if p["seconds"] > 0.25])
    print(f"silences: {speech - quiet:.1f} dB under speech")


def report_words(video: Path, truth: dict, model: Path) -> None:
    """Print Whisper's word error rate and how far its word starts are from the truth."""
    from faster_whisper import WhisperModel
    from faster_whisper.audio import decode_audio

    segments, _ = WhisperModel(str(model), device="cpu", compute_type="int8").transcribe(
        decode_audio(str(video)), language="en", beam_size=5, word_timestamps=True
    )
    heard = [(re.sub(r"[^a-z']", "", w.word.lower()), w.start) for s in segments for w in s.words]
    true = [(re.sub(r"[^a-z']", "", w["word"].lower()), w["start"]) for w in truth["words"]]
    table = np.zeros((len(true) + 1, len(heard) + 1), int)
    table[:, 0], table[0] = np.arange(len(true) + 1), np.arange(len(heard) + 1)
    for i, (a, _) in enumerate(true):
        for j, (b, _) in enumerate(heard):
            table[i + 1, j + 1] = min(table[i, j] + (a != b), table[i, j + 1] + 1, table[i + 1, j] + 1)
    shifts, i, j = [], len(true), len(heard)
    while i and j:
        if table[i, j] == table[i - 1, j - 1] + (true[i - 1][0] != heard[j - 1][0]):
            i, j = i - 1, j - 1
            if true[i][0] == heard[j][0]:
                shifts.append(heard[j][1] - true[i][1])
        elif table[i, j] == table[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    low, mid, high = np.percentile(shifts, [10, 50, 90])
    print(
        f"words: error rate {table[-1, -1] / len(true):.3f} of {len(true)}; "
        f"start minus truth median {mid:+.2f}, p10 {low:+.2f}, p90 {high:+.2f} s"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, required=True, help="folder with sample_meeting.mp4 and truth.json"
    )
    parser.add_argument("--landmarker", type=Path, required=True, help="face_landmarker.task")
    parser.add_argument("--whisper", type=Path, help="folder of a faster-whisper model")
    parser.add_argument("--identity", action="store_true", help="also compare the two faces with dlib")
    options = parser.parse_args()
    video, truth = (
        options.folder / "sample_meeting.mp4",
        json.loads((options.folder / "truth.json").read_text("utf-8")),
    )
    signals, both = track(video, options.landmarker, truth)
    print(f"whole picture: both faces in {both:.2%} of frames")
    for who in truth["people"]:
        report_person(who, signals[who], truth)
    report_silences(video, truth)
    if options.identity:
        identity_distances(video, truth)
    if options.whisper:
        report_words(video, truth, options.whisper)


if __name__ == "__main__":
    main()
