from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.review import made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An analysed meeting in an outputs folder.

    Actions are coded anew only where a test asks for the score, so that versions are the edits'.
    """
    monkeypatch.setattr("pipeline.review.coding.Coder.later", lambda self: None)
    return made.make_meeting(tmp_path / "outputs" / "meeting")


@pytest.fixture
def page(folder: Path) -> Iterator[TestClient]:
    """A browser that looks at the outputs."""
    with made.client(folder.parent) as client:
        yield client
