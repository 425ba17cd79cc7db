"""The review page with a long meeting in a real browser: how soon it is there, how smooth, what it costs."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from exports import EVENTS, WORDS, meeting

OPENINGS, EDITS, SECONDS = 5, 40, 4.0
DRAWN = "performance.getEntriesByName('timeline')[0]?.startTime ?? 0"
FRAMES = """() => {
  const mine = window.frames_drawn = [];
  const count = (time) => {
    mine.push(time);
    if (mine === window.frames_drawn) requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
}"""


def measure(data: Path, out: Path) -> list[dict]:
    """Rows of the table."""
    from playwright.sync_api import sync_playwright

    folder = meeting(out / "review" / "long")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with _served(folder) as (address, process), sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium)
        drawn = [_opened(browser, address) for _ in range(OPENINGS)]
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script("localStorage.setItem('coder', 'AK')")
        page.goto(address)
        page.locator(".line").first.wait_for()
        smooth = {
            "zooming": _frames(page, lambda i: page.mouse.wheel(0, -120 if i // 20 % 2 else 120)),
            "scrolling": _frames(page, lambda i: page.mouse.wheel(60 if i // 40 % 2 else -60, 0)),
        }
        before = _memory(process)
        waited = [_edited(page, i) for i in range(EDITS)]
        page.wait_for_timeout(15_000)  # until actions are coded anew
        after = _memory(process)
        browser.close()
    on = f"made-up meeting of 2 h, {WORDS} words, {EVENTS} events, no GPU, {os.cpu_count()} cores"
    first, *warm = drawn
    rows = [
        ("lanes drawn, first time / after that", f"{first:.2f} / {statistics.median(warm):.2f} s", "1.5 s"),
        *(
            (f"pictures a second, {name}: median / slowest tenth", f"{usual:.0f} / {slow:.0f}", "50")
            for name, (usual, slow) in smooth.items()
        ),
        (f"a correction saved, median of {EDITS}", f"{statistics.median(waited):.2f} s", ""),
        (f"server's memory before / after {EDITS} corrections", f"{before:.0f} / {after:.0f} MB", "flat"),
    ]
    return [{"measure": name, "value": value, "aim": aim, "data": on} for name, value, aim in rows]


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server of the meeting: its address and its process."""
    command = [sys.executable, "-m", "pipeline.cli", "review", str(folder), "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the server did not say where it is"
        yield found[0], process
    finally:
        process.terminate()
        process.wait()


def _opened(browser: Any, address: str) -> float:
    """Seconds from asking for the page until its lanes are drawn."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address)
    page.locator(".line").first.wait_for()
    seconds = page.evaluate(DRAWN) / 1000
    page.close()
    return float(seconds)


def _frames(page: Any, move: Any) -> tuple[float, float]:
    """Pictures a second while somebody turns the wheel: in the median, and of the slowest tenth."""
    box = page.locator("canvas.lanes").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.evaluate(FRAMES)
    end, i = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        move(i)
        i += 1
    times = page.evaluate("window.frames_drawn")
    gaps = sorted(later - sooner for sooner, later in pairwise(times))
    return 1000 / statistics.median(gaps), 1000 / gaps[int(0.9 * len(gaps))]


def _edited(page: Any, number: int) -> float:
    """Seconds until the server has answered a correction: another event is confirmed by its key."""
    page.locator("canvas.lanes").focus()
    page.keyboard.press("ArrowRight")
    began = time.monotonic()
    with page.expect_response(lambda answer: answer.url.endswith("/edits")):
        page.keyboard.press("Enter")
    return time.monotonic() - began


def _memory(process: subprocess.Popen[str]) -> float:
    """Megabytes that a process has in memory."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found
    return int(found[1]) / 1024
