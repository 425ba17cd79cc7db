"""A real browser, and a server of copies of the sample meeting for it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.timeline.table import read

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SERVE = """
import sys
import time
from pathlib import Path
from pipeline.review.server import serve
serve(Path(sys.argv[1]), port=int(sys.argv[2]), browser=False)
"""
WAIT = 15_000
"""Milliseconds that something may take on a busy machine."""


class Served:
    """`rapport review` on a folder, to be stopped and started again on the same port."""

    def __init__(self, outputs: Path) -> None:
        self.outputs, self.port = outputs, 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-c", SERVE, str(self.outputs), str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        found = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=\S+", self._process.stdout.readline())
        assert found, "the server did not say where it is"
        self.address, self.port = found[0], int(found[1])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def meeting(self, name: str) -> str:
        return self.address.replace("/?", f"/meeting/{name}?")


@dataclass
class Review:
    """A copy of the sample meeting, and how to look at it in a browser."""

    served: Served
    folder: Path
    opened: Callable[..., Any]

    def open(self, coder: str = "AK") -> Any:
        """A tab of a browser of its own with the meeting."""
        page = self.opened(coder)
        page.goto(self.served.meeting(self.folder.name))
        expect(page.locator(".line").first).to_be_visible(timeout=WAIT)
        return page

    @property
    def table(self) -> pd.DataFrame:
        return read(self.folder / "timeline.parquet")

    def row(self, name: str) -> dict[str, Any]:
        return self.table.set_index("id").loc[name].to_dict()

    def rows(self, tier: str, **wanted: str) -> pd.DataFrame:
        table = self.table
        for column, value in {"tier": tier, **wanted}.items():
            table = table[table[column] == value]
        return table.sort_values(["start", "id"])


@pytest.fixture(scope="module")
def served(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    one = Served(tmp_path_factory.mktemp("reviewed"))
    yield one
    one.kill()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if BROWSER is None:
        pytest.skip("there is no chromium on this machine")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=BROWSER, args=["--autoplay-policy=no-user-gesture-required"]
        )
        yield browser
        browser.close()


@pytest.fixture()
def opened(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens tabs; none of them may report an error or ask another host."""
    contexts: list[Any] = []
    faults: list[str] = []

    def tab(coder: str = "AK", **more: Any) -> Any:
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True, **more)
        contexts.append(context)
        if coder:
            context.add_init_script(
                f"localStorage.getItem('coder') ?? localStorage.setItem('coder', '{coder}')"
            )
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda m: faults.append(m.text) if "Content Security Policy" in m.text else None)
        page.on(
            "request",
            lambda r: (
                None if "//127.0.0.1:" in r.url or r.url[:5] in ("data:", "blob:") else faults.append(r.url)
            ),
        )
        return page

    yield tab
    for context in contexts:
        context.close()
    assert not faults


@pytest.fixture()
def review(
    request: pytest.FixtureRequest, served: Served, analysed: Path, opened: Callable[..., Any]
) -> Review:
    folder = served.outputs / request.node.name
    shutil.copytree(analysed, folder)
    name_people(folder)
    return Review(served, folder, opened)


def name_people(folder: Path) -> None:
    """Call the sample meeting's people as its meeting file does, without another analysis."""
    from pipeline.manifest import read_manifest, write_manifest
    from pipeline.scoring import code_meeting
    from pipeline.timeline.table import read, write

    ids = {"P1": "S", "P2": "C"}
    manifest, table = read_manifest(folder), read(folder / "timeline.parquet")
    people = {"S": ("Sam", "salesperson"), "C": ("Anna", "customer")}
    manifest["meeting"]["participants"] = [
        {"id": who, "pseudonym": name, "role": role, "language": None} for who, (name, role) in people.items()
    ]
    table = table[table["tier"] != "action"]
    table = table.assign(participant=table["participant"].replace(ids))
    named = table["tier"].isin(("mutual_gaze", "reciprocal_laughter"))
    texts = [
        " ".join(sorted(ids.get(who, who) for who in text.split())) if there else text
        for text, there in zip(table["text"], named, strict=True)
    ]
    write(table.assign(text=texts), folder)
    for path in (folder / "signals").glob("*.parquet"):
        signals = pd.read_parquet(path)
        if "participant" in signals:
            signals.assign(participant=signals["participant"].replace(ids)).to_parquet(path, index=False)
    write_manifest(folder, manifest)
    code_meeting(folder, None)


def place(page: Any, review: Review, second: float, lane: str = "") -> tuple[float, float]:
    """Where a second is on a lane, or on the ruler, while the whole meeting is shown."""
    box = page.locator("canvas.lanes").bounding_box()
    duration = float(
        page.evaluate(
            "name => fetch(`/api/meetings/${name}`).then(r => r.json()).then(m => m.duration)",
            review.folder.name,
        )
    )
    y = box["y"] + 10
    if lane:
        name = page.locator(f'[data-lane="{lane}"]')
        name.scroll_into_view_if_needed()
        row = name.bounding_box()
        y = row["y"] + 8
    return box["x"] + second / duration * box["width"], y


def saved(page: Any) -> None:
    """Until every change is on the disk; what was pressed last may take a moment to begin."""
    page.wait_for_timeout(200)
    expect(page.locator(".state")).to_have_text("saved", timeout=WAIT)


def until(told: Callable[[], bool]) -> None:
    """Wait for something that the page cannot be asked to wait for: its policy forbids to evaluate texts."""
    end = time.monotonic() + WAIT / 1000
    while not told():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def total(page: Any) -> float:
    return float(page.locator(".total b").get_attribute("data-total"))


def player_time(page: Any) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))
