"""What the documentation must say is there."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.meeting import Meeting, MeetingFile, Participant
from pipeline.settings import Settings
from pipeline.speech import guard
from pipeline.timeline.table import COLUMNS

ROOT = Path(__file__).parents[1]


def test_every_column_and_every_doubt_is_documented():
    text = (ROOT / "docs" / "timeline.md").read_text(encoding="utf-8")
    for name, meaning in COLUMNS.items():
        assert f"| `{name}` | {meaning} |" in text
    marks = re.findall(r"``(\w+)``", guard.__doc__ or "")
    assert marks and all(f"`{mark}`" in text for mark in marks)


def test_every_field_of_a_meeting_file_is_documented():
    text = (ROOT / "docs" / "meeting.md").read_text(encoding="utf-8")
    for model in (Meeting, MeetingFile, Participant):
        for name in model.model_fields:
            assert re.search(rf"\b{name}:", text) or name == "path", name


def test_every_setting_stands_in_the_default_configuration():
    text = (ROOT / "configs" / "embedded.yaml").read_text(encoding="utf-8")

    def names(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from names(inner)

    assert all(f"{name}:" in text for name in names(Settings().model_dump()))


def test_files_fit_in_the_head():
    long = [
        str(path.relative_to(ROOT))
        for folder in ("pipeline", "benchmarks", "sample_media", "docs")
        for path in (ROOT / folder).rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > 420
    ]
    assert long == []
