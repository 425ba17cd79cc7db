"""A meeting whose files and words are full of names that a participant's report must not tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.timeline.table import timeline, write

SECRETS = (
    "virtanen", "korhonen", "acme", "secret_interview", "camera_anna", "/recordings", "eva_coder", "/tmp",
    "/home", "coder's own note", "2024-05-17",
)  # fmt: skip
"""What must be nowhere in a report of this meeting, in small letters or capitals."""
OPTIONS = {
    "names": {"virtanen": "Maria", "korhonen": "Pekka"},
    "hide": {"Acme Tools": "COMPANY", "Acme": "COMPANY"},
}
TALK = (
    ("korhonen", 0.0, "Hi Anna Virtanen how was your holiday"),
    ("virtanen", 4.0, "oh it was lovely thanks Mikko we were by the sea"),
    ("korhonen", 10.0, "that sounds great and Virtanen's car is an Acme tools van"),
    ("virtanen", 16.0, "yes ACME gave it to us"),
)


def private_meeting(root: Path, video: Path | None = None) -> Path:
    """An analysed meeting of four turns, nods, smiles and a comment, whose names are all over it."""
    folder = root / "outputs" / "secret_interview_virtanen"
    folder.mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    number = 0
    for place, (who, start, text) in enumerate(TALK, start=1):
        ids = []
        for i, word in enumerate(text.split()):
            number += 1
            ids.append(f"word-{number:04d}")
            times = {"start": start + i * 0.4, "end": start + i * 0.4 + 0.35}
            rows.append({"id": ids[-1], "tier": "word", "participant": who, "text": word, **times})
        turn = {"id": f"turn-{place:04d}", "tier": "turn", "participant": who, "text": text, "start": start}
        rows.append({**turn, "end": start + len(ids) * 0.4, "evidence": " ".join(ids), "coder": "eva_coder"})
    for i, (who, start) in enumerate((("virtanen", 1.0), ("korhonen", 6.0), ("korhonen", 12.0)), start=1):
        nod = {"tier": "nod", "participant": who, "label": "repeated", "confidence": 0.8, "source": "/home/x"}
        rows.append({"id": f"nod-000{i}", "start": start, "end": start + 0.8, **nod})
    for i, (who, start) in enumerate((("korhonen", 3.5), ("virtanen", 4.2)), start=1):
        smile = {"tier": "smile", "participant": who, "value": 0.7, "confidence": 0.9}
        rows.append({"id": f"Virtanen-smile:{i}", "start": start, "end": start + 2, **smile})
    gaze = {"tier": "mutual_gaze", "label": "both", "text": "virtanen korhonen", "start": 2.0, "end": 5.0}
    rows.append({"id": "mutual_gaze-0001", **gaze})
    note = {
        "tier": "comment",
        "text": "coder's own note on Acme",
        "evidence": "turn-0001",
        "coder": "eva_coder",
    }
    rows.append({"id": "comment-0001", "start": 0.0, "end": 2.0, "status": "added", **note})
    rejected = {"tier": "nod", "participant": "virtanen", "status": "rejected", "coder": "eva_coder"}
    rows.append({"id": "nod-0009", "start": 17.0, "end": 17.5, **rejected})
    write(timeline(rows), folder)
    recording = root / "recordings" / "camera_anna_virtanen.mp4"
    if video:
        recording.parent.mkdir()
        recording.write_bytes(video.read_bytes())
        faces = {"camera": 0, "participant": "virtanen", "time": [0.0, 1.0], "size": [140.0, 148.0]}
        (folder / "signals").mkdir()
        pd.DataFrame(faces).to_parquet(folder / "signals" / "face.parquet")
    people = [
        {"id": "korhonen", "role": "salesperson", "pseudonym": "Mikko", "language": None},
        {"id": "virtanen", "role": "customer", "pseudonym": "Anna Virtanen", "language": None},
    ]
    file = {
        "path": str(recording), "sha256": "0" * 64, "sound": True, "pictures": True, "offset": 0.5,
        "clock_rate": 1.0, "duration": 20.0, "problems": [],
    }  # fmt: skip
    meeting = {"name": folder.name, "title": None, "start": "2024-05-17T10:00", "language": "en"}
    manifest = {
        "meeting": {**meeting, "participants": people}, "language": "en", "files": [file], "stages": [],
        "warnings": [f"The sound of {recording} is poor."],
        "codebook": {"name": "acme", "version": 1, "digest": "old", "path": "/home/virtanen/acme.yaml"},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
