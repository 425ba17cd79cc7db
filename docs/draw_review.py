"""Draw the pictures of docs/review.md: ``python docs/draw_review.py [MEETING] [OUT]``.

Reviews a copy of the analysed sample meeting in a real browser, as docs/review.md tells it, and photographs
the steps. Needs Playwright and a Chromium.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Error, sync_playwright

SIZE = {"width": 1280, "height": 800}
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OWN = 96
"""Colours of the page that stay exactly as they are."""
SETTLED = 900
"""Milliseconds in which the page comes to rest."""
PRACTICE = (28.3, 29.3)
"""Seconds of the nod that is added."""

Shoot = Callable[[str], None]


def draw(meeting: Path, out: Path) -> None:
    """Photograph the review of a copy of a meeting."""
    with TemporaryDirectory() as scratch:
        shutil.copytree(meeting, Path(scratch) / meeting.name)
        with serving(Path(scratch) / meeting.name) as address, browsing() as page:

            def shoot(name: str) -> None:
                page.wait_for_timeout(SETTLED)
                save(page.screenshot(), out / f"{name}.png")

            enter(page, address)
            look(page, shoot)
            correct_the_speaker(page, shoot)
            add_a_nod(page, shoot)
            code_without_the_mouse(page, shoot)
            page.keyboard.press("o")
            shoot("export")
            page.keyboard.press("Escape")
            look_closer_in_the_dark(page, shoot)


@contextmanager
def serving(meeting: Path) -> Iterator[str]:
    """Address of the review page of a meeting."""
    command = [sys.executable, "-m", "pipeline.cli", "review", str(meeting), "--no-browser", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        found = re.search(r"http://\S+", server.stdout.readline() if server.stdout else "")
        if not found:
            raise SystemExit("The review page could not be started.")
        yield found[0]
    finally:
        server.kill()
        server.wait()


@contextmanager
def browsing() -> Iterator[Any]:
    """A page of a browser in the light theme."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=BROWSER)
        yield browser.new_context(viewport=SIZE, color_scheme="light").new_page()
        browser.close()


def save(picture: bytes, path: Path) -> None:
    """Write a picture of 256 colours: those of the page as they are, those of the recording nearly so."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    colours, places, counts = np.unique(
        np.asarray(image).reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    own = colours[np.argsort(-counts)[:OWN]]
    others = np.array(image.quantize(256 - OWN, Image.Quantize.MEDIANCUT).getpalette()).reshape(-1, 3)
    palette = np.concatenate([own, others])[:256].astype(int)
    nearest = ((colours[:, None].astype(int) - palette) ** 2).sum(axis=2).argmin(axis=1)
    written = Image.fromarray(nearest[places].reshape(image.height, image.width).astype(np.uint8), "P")
    written.putpalette(palette.astype(np.uint8).tobytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    written.save(path, optimize=True)


def enter(page: Any, address: str) -> None:
    """Open the meeting, and wait for its score."""
    for _ in range(50):
        try:
            page.goto(address)
            break
        except Error:  # the server is just starting
            page.wait_for_timeout(100)
    page.locator(".total b").wait_for()


def look(page: Any, shoot: Shoot) -> None:
    """A moment that the score rests on."""
    page.locator(".step summary", has_text="common").click()
    page.locator(".step[open] .moment-link").first.click()
    page.locator(".step[open] .why").first.wait_for()
    shoot("meeting")


def correct_the_speaker(page: Any, shoot: Shoot) -> None:
    """Of a turn in which two talk at once; Anna's score rises."""
    page.get_by_role("tab", name="Plain").click()
    page.locator(".line", has_text="company next month").click()
    page.locator("canvas.lanes").focus()
    page.keyboard.press("z")
    page.keyboard.press("w")
    page.get_by_label("Who is it?: type to narrow").wait_for()
    shoot("speaker")
    page.keyboard.type("Sam")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Who is coding?").fill("Eva")
    page.keyboard.press("Enter")
    page.wait_for_timeout(SETTLED)
    page.keyboard.press("0")
    page.get_by_role("tab", name="Score").click()
    page.get_by_label("Whose score").select_option(label="Anna")
    page.wait_for_timeout(3 * SETTLED)  # until the transcript was written anew
    page.locator(".line", has_text="company next month").scroll_into_view_if_needed()
    shoot("score")


def add_a_nod(page: Any, shoot: Shoot) -> None:
    """By dragging over an empty stretch of its lane."""
    lane, sheet = page.locator('[data-lane="nod@S"]'), page.locator("canvas.lanes")
    lane.scroll_into_view_if_needed()
    page.mouse.move(sheet.bounding_box()["x"] + 400, lane.bounding_box()["y"])
    page.keyboard.down("Alt")
    page.mouse.wheel(0, 80)  # the bar below a range must not cover the lane
    page.keyboard.up("Alt")
    page.wait_for_timeout(SETTLED)
    row, box, end = lane.bounding_box(), sheet.bounding_box(), duration(page)
    first, last = (box["x"] + second / end * box["width"] for second in PRACTICE)
    page.mouse.move(first, row["y"] + 8)
    page.mouse.down()
    page.mouse.move(last, row["y"] + 8, steps=5)
    page.mouse.up()
    shoot("nod")
    page.get_by_role("button", name="+ Add nod of Sam").click()
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_timeout(SETTLED)


def duration(page: Any) -> float:
    """Seconds of the meeting."""
    return float(
        page.evaluate(
            "() => fetch(`/api/meetings/${location.pathname.split('/').pop()}`)"
            ".then((answer) => answer.json()).then((meeting) => meeting.duration)"
        )
    )


def code_without_the_mouse(page: Any, shoot: Shoot) -> None:
    """A coding pass over nods."""
    page.locator("canvas.lanes").focus()
    for key in ("g", "Enter", "Enter", "x", "Enter"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)
    shoot("coding")


def look_closer_in_the_dark(page: Any, shoot: Shoot) -> None:
    """Signals under the lanes, in the dark theme."""
    page.keyboard.press("z")
    for name in ("Head pitch", "Smile"):
        page.get_by_role("button", name=name, exact=True).click()
    page.keyboard.press("t")
    shoot("signals")


if __name__ == "__main__":
    root = Path(__file__).parents[1]
    given = [Path(one) for one in sys.argv[1:]]
    draw(
        given[0] if given else root / "outputs" / "sample_meeting",
        given[1] if given[1:] else root / "docs/review",
    )
