"""A report opened by a double click in a real browser, by somebody who reads, listens and answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.report.make import write_report
from pipeline.report.options import ReportOptions
from tests.report.made import OPTIONS, private_meeting
from tests.review import browser
from tests.review.browser import WAIT, expect, player_time, until

chromium = browser.chromium
Reading = Callable[..., Any]


@pytest.fixture(scope="module")
def reports(short_meeting: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report without a recording, and one with a blurred one."""
    root = tmp_path_factory.mktemp("reports")
    folder = private_meeting(root, short_meeting)
    return {
        "read": write_report(folder, root / "read.html", ReportOptions(**OPTIONS)),
        "seen": write_report(folder, root / "seen.html", ReportOptions(video="blur", **OPTIONS)),
    }


@pytest.fixture()
def reading(chromium: Any) -> Iterator[Reading]:
    """Opens files; none may report a fault, or ask for anything but itself."""
    contexts: list[Any] = []
    faults: list[str] = []

    def tab(path: Path, **more: Any) -> Any:
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True, **more)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
        allowed = ("data:", "blob:", path.as_uri())
        page.on("request", lambda r: None if r.url.startswith(allowed) else faults.append(r.url))
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(path.as_uri())
        expect(page.locator(".line").first).to_be_visible(timeout=WAIT)
        return page

    yield tab
    for context in contexts:
        context.close()
    assert not faults


def drawn(page: Any) -> int:
    """Colours on the timeline's canvas."""
    return page.evaluate(
        """() => { const c = document.querySelector('canvas.lanes');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const found = new Set();
        for (let i = 0; i < d.length; i += 4) found.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
        return found.size; }"""
    )


def test_the_whole_meeting_is_there(reports: dict[str, Path], reading: Reading):
    page = reading(reports["read"])
    assert drawn(page) > 4
    headings = page.locator(".heading .fold").all_inner_texts()
    assert [text.strip("▾ \n") for text in headings] == ["Said", "Seen", "Coded"]
    assert page.locator(".lane-name .who", has_text="Maria").count() >= 3
    expect(page.locator(".top")).to_contain_text("Pekka")
    expect(page.locator(".note")).to_contain_text("of the meeting of Pekka and Maria")
    expect(page.locator(".player")).to_have_count(0)
    page.get_by_role("button", name="Close this note").click()
    assert page.locator("canvas.lanes").bounding_box()["height"] > 150, "the parts keep their places"
    page.get_by_role("tab", name="In detail").click()
    expect(page.locator(".line").first).to_contain_text("Maria")
    assert "irtanen" not in page.content()


def test_evidence_and_transcript_lead_to_the_event(reports: dict[str, Path], reading: Reading):
    page = reading(reports["read"])
    page.locator(".step summary").first.click()
    link = page.locator(".step[open] .moment-link").first
    link.click()
    expect(page.locator(".part .why").first).to_be_visible()
    page.locator(".line", has_text="sounds great").click()
    expect(page.locator(".event-head")).to_contain_text("Turn")
    expect(page.locator(".said")).to_contain_text("Maria's car is an COMPANY van")
    expect(page.locator(".evidence button").first).to_contain_text("that")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".said")).not_to_contain_text("sounds great")


def test_moments_zoom_and_keys(reports: dict[str, Path], reading: Reading):
    page = reading(reports["read"])
    whole = page.locator(".span").inner_text()
    page.get_by_role("tab", name="Moments").click()
    page.locator(".moment").first.click()
    expect(page.locator(".span")).not_to_have_text(whole)
    page.keyboard.press("0")
    expect(page.locator(".span")).to_have_text(whole)
    page.keyboard.press("+")
    expect(page.locator(".span")).not_to_have_text(whole)
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_contain_text("That is right")
    expect(page.locator("dialog")).not_to_contain_text("Split")
    page.keyboard.press("Escape")


def test_remarks_are_kept_and_saved(reports: dict[str, Path], reading: Reading):
    page = reading(reports["read"])
    page.locator(".line", has_text="gave it to us").click()
    page.get_by_role("button", name="Not so").click()
    page.get_by_label("Your remark").fill("It was a gift from my sister.")
    page.locator(".line").first.click()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="That is right")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="My remarks (2)").click()
    page.get_by_label("About the meeting as a whole").fill("A good talk.")
    page.reload()
    page.get_by_role("button", name="My remarks (3)").click(timeout=WAIT)
    page.locator(".remarks .moment", has_text="my sister").click()
    expect(page.get_by_label("Your remark")).to_have_value("It was a gift from my sister.")
    page.get_by_role("tab", name="Remarks").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my remarks").click()
    saved = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert download.value.suggested_filename == "my-remarks.json"
    assert saved["whole"] == "A good talk." and saved["people"] == {"P1": "Pekka", "P2": "Maria"}
    first, last = saved["remarks"]
    assert (first["id"], first["judgement"], first["remark"]) == ("turn-0001", "right", "")
    assert (last["id"], last["judgement"]) == ("turn-0004", "not so")
    assert (last["start"], last["text"]) == (16.0, "yes COMPANY gave it to us")


def test_remarks_where_the_browser_keeps_nothing(reports: dict[str, Path], reading: Reading, chromium: Any):
    page = reading(reports["read"])
    page.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', "
        "{configurable: true, get() { throw new DOMException('no', 'SecurityError'); }})"
    )
    page.reload()
    page.locator(".line").first.click(timeout=WAIT)
    page.get_by_role("button", name="That is right").click()
    expect(page.get_by_role("button", name="My remarks (1)")).to_be_visible()
    page.get_by_role("button", name="◐").or_(page.get_by_label("Light or dark (T)")).first.click()
    assert page.evaluate("document.documentElement.dataset.theme") in ("light", "dark")


def test_nothing_can_be_moved(reports: dict[str, Path], reading: Reading):
    page = reading(reports["read"])
    lane = page.locator('[data-lane="nod@P1"]')
    lane.scroll_into_view_if_needed()
    box, y = page.locator("canvas.lanes").bounding_box(), lane.bounding_box()["y"] + 8
    page.mouse.click(box["x"] + 6.3 / 20.5 * box["width"], y)
    expect(page.locator(".event-head")).to_contain_text("Nod")
    before = page.locator(".event-head .dim").inner_text()
    edge = box["x"] + 6.8 / 20.5 * box["width"]
    page.mouse.move(edge, y)
    page.mouse.down()
    page.mouse.move(edge + 80, y, steps=4)
    page.mouse.up()
    assert page.locator(".event-head .dim").inner_text() == before


def test_the_recording_plays_where_it_belongs(reports: dict[str, Path], reading: Reading):
    page = reading(reports["seen"])
    until(lambda: page.evaluate("document.querySelector('video').readyState") >= 2)
    assert page.evaluate("document.querySelector('video').src").startswith("blob:")
    page.locator(".line", has_text="sounds great").click()
    assert player_time(page) == pytest.approx(9.5, abs=0.1), "the recording began half a second later"
    page.get_by_role("button", name="Play (space)").click()
    until(lambda: player_time(page) > 10.0)
    expect(page.locator(".captions")).to_contain_text("Pekka")
    assert page.evaluate("document.querySelector('video').videoHeight") == 180
    expect(page.locator(".line.now")).to_contain_text("sounds great")


def test_on_a_telephone(reports: dict[str, Path], reading: Reading):
    page = reading(reports["seen"], color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="My remarks").scroll_into_view_if_needed()
    page.locator("canvas.lanes").scroll_into_view_if_needed()
    expect(page.locator(".line").first).to_be_visible()
