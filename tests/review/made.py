"""Meetings made by hand, and the page's server without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from pipeline.review.server import make_app
from pipeline.timeline.rows import rows_of
from pipeline.timeline.table import read, timeline, write

TOKEN = "let-me-in"
MEDIA = bytes(range(256)) * 40

TALK = (
    ("S", 0.0, "how was your holiday"),
    ("C", 3.0, "oh it was lovely thanks"),
    ("S", 7.0, "that sounds great"),
)


def make_meeting(folder: Path, **more: Any) -> Path:
    """An analysed meeting of three turns, two nods and a smile, with a recording that is no film."""
    folder.mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    number = 0
    for place, (who, start, text) in enumerate(TALK, start=1):
        ids = []
        for i, word in enumerate(text.split()):
            number += 1
            ids.append(f"word-{number:04d}")
            times = {"start": start + i / 2, "end": start + i / 2 + 0.4}
            rows.append({"id": ids[-1], "tier": "word", "participant": who, "text": word, **times})
        turn = {"id": f"turn-{place:04d}", "tier": "turn", "participant": who, "text": text, "start": start}
        rows.append({**turn, "end": start + len(ids) / 2 - 0.1, "evidence": " ".join(ids)})
    gap = {"tier": "gap", "label": "between", "value": 1.1, "evidence": "turn-0001 turn-0002"}
    rows.append({"id": "gap-0001", "start": 1.9, "end": 3.0, **gap})
    falling = {"tier": "intonation", "participant": "S", "label": "falling", "start": 1.5, "end": 1.9}
    rows.append({"id": "intonation-0001", **falling})
    for i, (who, start) in enumerate((("C", 0.5), ("S", 4.0)), start=1):
        nod = {"tier": "nod", "participant": who, "label": "repeated", "confidence": 0.8}
        rows.append({"id": f"nod-000{i}", "start": start, "end": start + 0.8, **nod})
    rows.append(
        {"id": "smile-0001", "tier": "smile", "participant": "C", "start": 3.0, "end": 5.0, "value": 0.7}
    )
    write(timeline(rows), folder)
    recording = folder.parent.parent / "recordings" / f"{folder.name}.mp4"
    recording.parent.mkdir(exist_ok=True)
    recording.write_bytes(MEDIA)
    people = [
        {"id": "S", "role": "salesperson", "pseudonym": "Sam", "language": None},
        {"id": "C", "role": "customer", "pseudonym": "Anna", "language": None},
    ]
    file = {
        "path": str(recording), "sha256": "0" * 64, "sound": False, "pictures": True, "offset": 0.0,
        "clock_rate": 1.0, "duration": 10.0, "problems": [],
    }  # fmt: skip
    meeting = {"name": folder.name, "title": None, "start": None, "language": None, "participants": people}
    manifest = {"meeting": meeting, "language": "en", "files": [file], "stages": [], "warnings": [], **more}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def client(root: Path, *, token: str = TOKEN) -> TestClient:
    """A browser of this machine that knows the token."""
    headers = {"x-rapport-token": token} if token else {}
    return TestClient(make_app(root, TOKEN), base_url="http://127.0.0.1:8765", headers=headers)


def row(folder: Path, name: str) -> dict[str, Any]:
    """A row as it is on the disk."""
    return rows_of(read(folder / "timeline.parquet"), [name])[name]


def rows_by_id(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Rows of an answer by id."""
    from pipeline.review.api import COLUMNS

    return {one[0]: dict(zip(COLUMNS, one, strict=True)) for one in told["rows"]}


def change(name: str, **fields: Any) -> dict[str, Any]:
    """An edit that changes a row."""
    return {"do": "change", "id": name, "set": fields}
