"""The review page in a browser: somebody who was given no instructions, the keys, and what is never lost."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from pipeline.review.server import STATIC
from tests.review import browser
from tests.review.browser import WAIT, Review, expect, place, player_time, saved, total, until

GROUNDS = ("--panel", "--bg", "--hi", "--on-colour")
COLOURS = ("--ink", "--soft", "--good", "--miss", "--nobody", *GROUNDS)
PEOPLE = tuple(f"--person-{i}" for i in range(8))
chromium, opened, review, served = browser.chromium, browser.opened, browser.review, browser.served


def test_somebody_without_instructions_corrects_adds_and_exports(review: Review):
    page = review.opened("")
    page.goto(review.served.address)
    page.get_by_label("Find a meeting or a person").fill(review.folder.name[:30])
    page.locator(f'a[href="/meeting/{review.folder.name}"]').click()
    expect(page.locator(".line").first).to_be_visible(timeout=WAIT)

    page.mouse.click(*place(page, review, 30.0))
    assert player_time(page) == pytest.approx(30.0, abs=0.2)

    page.locator(".line", has_text="Portugal, we were").or_(
        page.locator(".line", has_text="grilled")
    ).first.click()
    turn = review.rows("turn", participant="S").iloc[1]
    assert player_time(page) == pytest.approx(turn["start"], abs=6)
    page.get_by_role("tab", name="Event").click()
    expect(page.locator(".event-head")).to_contain_text("Turn")
    page.get_by_label("Who", exact=True).select_option(label="Anna")
    page.get_by_label("Who is coding?").last.fill("Eva")  # asked once, with the first change
    page.keyboard.press("Enter")
    saved(page)
    changed = review.row(turn["id"])
    assert (changed["participant"], changed["status"], changed["coder"]) == ("C", "edited", "Eva")

    page.get_by_role("tab", name="Score").click()
    page.get_by_label("Whose score").select_option(label="Anna")
    page.wait_for_timeout(1000)  # turns that follow are coded anew
    expect(page.locator(".score:not(.stale)")).to_be_visible(timeout=WAIT)
    before = total(page)
    page.get_by_role("button", name="Whole meeting (0)").click()
    start, y = place(page, review, 36.0, "nod@C")
    end, _ = place(page, review, 37.2, "nod@C")
    page.mouse.move(start, y)
    page.mouse.down()
    page.mouse.move(end, y, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="+ Add nod of Anna").click()
    page.get_by_role("button", name="Add", exact=True).click()
    saved(page)
    nod = review.rows("nod", status="added").iloc[0]
    assert nod["participant"] == "C" and nod["start"] == pytest.approx(36.0, abs=0.2)
    page.get_by_role("tab", name="Score").click()
    expect(page.locator(".total b")).not_to_have_attribute("data-total", str(before), timeout=WAIT)
    assert total(page) > before, "a nod shows rapport work"

    page.get_by_role("button", name="Export").click()
    with page.expect_download(timeout=WAIT) as download:
        page.get_by_role("button", name="Export", exact=True).last.click()
    docx = pytest.importorskip("docx")
    text = "\n".join(
        p.text for p in docx.Document(io.BytesIO(Path(download.value.path()).read_bytes())).paragraphs
    )
    assert "Anna" in text and download.value.suggested_filename.endswith(".docx")


def test_evidence_of_a_score_is_shown_where_it_happened(review: Review):
    page = review.open()
    page.locator(".step summary").first.click(timeout=WAIT)
    link = page.locator(".step[open] .moment-link").first
    link.click()
    minutes, seconds = link.inner_text().split()[0].split(":")
    assert player_time(page) == pytest.approx(int(minutes) * 60 + float(seconds), abs=0.2)
    expect(page.locator(".step[open] .why").first).to_contain_text("serves", timeout=WAIT)
    page.get_by_role("tab", name="Moments").click()
    page.locator(".moment").nth(1).click()
    assert player_time(page) > 5
    page.keyboard.press("Space")


def test_a_coding_pass_needs_no_mouse(review: Review):
    page = review.open()
    nods = review.rows("nod")["id"].tolist()
    press = page.keyboard.press
    press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Confirm")
    press("Escape")
    press("g")
    expect(page.locator('.coding-line[aria-selected="true"]')).to_contain_text("repeated")
    press("Enter")
    press("x")
    press("l")
    page.keyboard.type("sing")
    press("Enter")
    press("ArrowRight")
    press("n")
    press("Enter")
    expect(page.locator(".coding [role=status]")).to_have_text("4 of 10 reviewed")
    saved(page)
    found = [review.row(name) for name in nods]
    assert [row["status"] for row in found[:3]] == ["confirmed", "rejected", "edited"]
    assert found[2]["label"] == "single"
    assert sum(row["status"] == "confirmed" for row in found) == 2
    assert {row["coder"] for row in found if row["status"] != "auto"} == {"AK"}
    press("Control+z")
    expect(page.locator(".coding [role=status]")).to_have_text("3 of 10 reviewed", timeout=WAIT)
    press("Control+Shift+z")
    expect(page.locator(".coding [role=status]")).to_have_text("4 of 10 reviewed", timeout=WAIT)


def test_words_times_parts_comments_and_names_are_corrected(review: Review):
    page = review.open()
    page.locator(".line", has_text="Sam").first.click()
    first, second = review.rows("turn", participant="S").iloc[0], review.rows("turn", participant="S").iloc[1]
    words = page.get_by_role("textbox", name="Words")
    words.fill("Hello Anna, how was your holiday?")
    words.press("Enter")
    saved(page)
    assert review.row(first["id"])["text"] == "Hello Anna, how was your holiday?"

    page.keyboard.press("c")
    page.get_by_role("textbox", name="Comment on this event").fill("a warm start")
    page.keyboard.press("Enter")
    saved(page)
    assert review.rows("comment").iloc[0]["text"] == "a warm start"

    x, y = place(page, review, first["end"], "turn@S")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=5)
    page.mouse.up()
    saved(page)
    assert review.row(first["id"])["end"] > first["end"] + 0.5

    page.keyboard.press("s")
    expect(page.get_by_label("To", exact=True)).not_to_have_value("", timeout=WAIT)
    saved(page)
    assert (
        len(review.rows("turn", participant="S"))
        == len(review.rows("turn", participant="S", status="auto")) + 2
    )
    page.keyboard.press("m")
    saved(page)
    assert review.row(first["id"])["end"] > first["end"] + 0.5
    assert review.row(second["id"])["status"] == "auto"

    page.get_by_role("button", name="Rename Sam").click()
    page.get_by_role("textbox", name="Rename everywhere").fill("Sven")
    page.keyboard.press("Enter")
    expect(page.locator(".line .speaker").first).to_have_text("Sven:", timeout=WAIT)
    manifest = json.loads((review.folder / "manifest.json").read_text(encoding="utf-8"))
    assert "Sven" in [who["pseudonym"] for who in manifest["meeting"]["participants"]]


def test_zoom_reaches_100_ms_and_signals_show_on_demand(review: Review):
    page = review.open()
    page.mouse.move(*place(page, review, 40.0, "turn@C"))
    for _ in range(40):
        page.mouse.wheel(0, -400)
    expect(page.locator(".span")).to_have_text(re.compile(r"^0:(39|40)\.\d\d – 0:(39|40)\.\d\d$"))
    start, end = (float(one.split(":")[1]) for one in page.locator(".span").inner_text().split(" – "))
    assert end - start == pytest.approx(0.1, abs=0.015)
    page.keyboard.press("0")
    expect(page.locator(".span")).to_have_text(re.compile("^0:00 – 1:"))
    with page.expect_response(lambda answer: "/signals?" in answer.url and "pitch" in answer.url) as told:
        page.get_by_role("button", name="Pitch", exact=True).click()
    assert {one["participant"] for one in told.value.json()["series"]} == {"S", "C"}
    expect(page.locator(".signal-lanes")).to_be_visible()


def test_the_event_plays_from_one_second_before(review: Review):
    page = review.open()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    start = player_time(page)
    page.keyboard.press("p")
    until(lambda: page.evaluate("!document.querySelector('video').paused") and player_time(page) < start)
    assert player_time(page) >= max(0, start - 1.1)
    page.keyboard.press("Space")


def test_sound_alone_shows_its_waveform(review: Review):
    path = review.folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"][0]["pictures"] = False
    path.write_text(json.dumps(manifest), encoding="utf-8")
    page = review.open()
    box = page.locator(".waveform").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".clock")).to_have_text(re.compile("^0:(39|40)"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_and_controls_have_names(review: Review, scheme: str):
    page = review.opened("AK", color_scheme=scheme)
    page.goto(review.served.meeting(review.folder.name))
    expect(page.locator(".total")).to_be_visible(timeout=WAIT)
    colours = page.evaluate(
        """names => {
            const style = getComputedStyle(document.documentElement);
            return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name).trim()]));
        }""",
        [*COLOURS, *PEOPLE],
    )
    pairs = [(name, "--panel") for name in COLOURS + PEOPLE if name not in GROUNDS]
    pairs += [(name, "--on-colour") for name in (*PEOPLE, "--good", "--miss", "--nobody")]
    pairs += [("--soft", "--bg"), ("--ink", "--bg"), ("--ink", "--hi"), ("--soft", "--hi")]
    ratios = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert not {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5}
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, textarea, canvas')]
        .filter((e) => e.offsetParent)
        .filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length))
        .map((e) => e.outerHTML)"""
    )
    assert nameless == []


def test_every_module_is_fetched_at_once():
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'href="/static/(\w+\.js)"', page)
    assert named == sorted(
        path.name for path in STATIC.glob("*.js") if path.name not in ("main.js", "early.js")
    )


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_reload_in_mid_edit(review: Review):
    page = review.open()
    page.locator(".line", has_text="Sam").first.click()
    page.get_by_role("textbox", name="Words").press_sequentially("half a thou")
    page.reload()
    words = page.get_by_role("textbox", name="Words")
    expect(words).to_have_value(re.compile("half a thou"), timeout=WAIT)
    expect(words).to_be_focused()
    page.keyboard.type("ght")
    page.keyboard.press("Enter")
    saved(page)
    first = review.rows("turn", participant="S").iloc[0]
    assert "half a thought" in first["text"] and first["status"] == "edited"


def test_a_report_for_a_participant(review: Review):
    page = review.open()
    page.get_by_role("button", name="Export").click()
    page.get_by_label("Format").select_option("report")
    page.get_by_label("Anna is called").fill("Maria")
    page.get_by_label("Words to replace").fill("Peter = PERSON")
    with page.expect_download(timeout=WAIT * 4) as download:
        page.locator("dialog").get_by_role("button", name="Export").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert download.value.suggested_filename == "report.html"
    assert "Maria" in text and "PERSON stayed until the night" in text
    assert "Anna" not in text and "Peter" not in text and review.folder.name not in text
    until(lambda: not list(review.folder.glob(".report-*")))  # nothing is left of the making


def test_a_report_is_not_made_with_a_word_that_would_not_be_hidden(review: Review):
    page = review.open()
    page.get_by_role("button", name="Export").click()
    page.get_by_label("Format").select_option("report")
    words = page.get_by_label("Words to replace")
    words.fill("Peter = PERSON\nnight: TIME")
    page.locator("dialog").get_by_role("button", name="Export").click()
    expect(page.locator("dialog")).to_be_visible()
    told = words.evaluate("box => box.validationMessage")
    assert told == "“night: TIME” does not say what it becomes; write OLD = NEW."
    words.fill("Peter = PERSON\n\nnight = TIME")
    with page.expect_download(timeout=WAIT * 4) as download:
        page.locator("dialog").get_by_role("button", name="Export").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "PERSON stayed until the TIME" in text


def test_a_killed_server(review: Review):
    page = review.open()
    page.keyboard.press("g")
    expect(page.locator('.coding-line[aria-selected="true"]')).to_be_visible()
    review.served.kill()
    page.keyboard.press("Enter")
    page.keyboard.press("x")
    expect(page.locator(".state")).to_have_text("not saved yet", timeout=WAIT)
    page.close()
    review.served.start()
    again = page.context.new_page()
    again.goto(review.served.meeting(review.folder.name))
    expect(again.locator(".progress")).to_have_text(re.compile("^2 of"), timeout=WAIT)
    saved(again)
    assert review.rows("nod")["status"].tolist()[:2] == ["confirmed", "rejected"]


def test_undo_while_the_server_is_away_loses_nothing(review: Review):
    page = review.open()
    page.keyboard.press("g")
    expect(page.locator('.coding-line[aria-selected="true"]')).to_be_visible()
    page.keyboard.press("Enter")
    saved(page)
    review.served.kill()
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    expect(page.locator(".state")).to_have_text("not saved yet", timeout=WAIT)
    page.keyboard.press("Control+z")
    expect(page.locator("#notices")).to_contain_text("not saved yet; undo when it is", timeout=WAIT)
    review.served.start()
    page.goto(review.served.meeting(review.folder.name))
    saved(page)
    assert review.rows("nod")["status"].tolist()[:3] == ["confirmed", "rejected", "confirmed"]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    saved(page)
    until(lambda: review.rows("nod")["status"].tolist()[:3] == ["confirmed", "auto", "auto"])


def test_two_coders_see_each_other_and_do_not_overwrite(review: Review):
    mine, theirs = review.open("Eva"), review.open("Max")
    for page in (mine, theirs):
        page.locator(".line", has_text="Sam").first.click()
    mine.get_by_role("textbox", name="Words").fill("what Eva heard")
    theirs.get_by_role("textbox", name="Words").fill("what Max heard")
    theirs.get_by_role("textbox", name="Words").press("Enter")
    saved(theirs)
    expect(mine.locator(".notice")).to_contain_text("Max changed this meeting", timeout=WAIT)
    expect(mine.locator(".progress")).to_have_text(theirs.locator(".progress").inner_text(), timeout=WAIT)
    expect(mine.get_by_role("textbox", name="Words")).to_have_value("what Eva heard")

    mine.get_by_role("textbox", name="Words").press("Enter")
    dialog = mine.get_by_role("dialog", name="Two people changed this")
    expect(dialog).to_contain_text("what Eva heard", timeout=WAIT)
    expect(dialog).to_contain_text("what Max heard")
    turn = review.rows("turn", participant="S").iloc[0]
    assert (turn["text"], turn["coder"]) == ("what Max heard", "Max")
    dialog.get_by_role("button", name="Keep mine").click()
    saved(mine)
    assert review.row(turn["id"])["text"] == "what Eva heard"
    expect(theirs.get_by_role("textbox", name="Words")).to_have_value("what Eva heard", timeout=WAIT)


def test_cameras_keep_time_together(review: Review):
    path = review.folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"].append({**manifest["files"][0], "offset": 1.5})
    path.write_text(json.dumps(manifest), encoding="utf-8")
    page = review.open()
    page.mouse.click(*place(page, review, 20.0))
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.locator("video")).to_have_count(2)
    times = page.evaluate("[...document.querySelectorAll('video')].map((video) => video.currentTime)")
    assert times[0] - times[1] == pytest.approx(1.5, abs=0.05)
    page.get_by_role("button", name="Cam 2").click()
    expect(page.locator("video")).to_have_count(1)
    assert player_time(page) == pytest.approx(times[1], abs=0.05)
