"""The way of somebody who was told nothing: list, meeting, a wrong speaker, a missed nod, score, Word."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from tests.review import browser
from tests.review.browser import WAIT, Review, expect, player_time, saved, total, until

chromium, opened, review, served = browser.chromium, browser.opened, browser.review, browser.served
TALKED_OVER = 64.0
"""Second of the sample meeting at which both talk, and Sam's words are given to Anna."""
LISTENED = (28.3, 29.3)
"""Seconds of the sample meeting in which Anna tells her story."""


def test_from_the_list_to_a_corrected_document(review: Review):
    page = review.opened("")
    turns = review.rows("turn", participant="C")
    wrong = turns[(turns["start"] < TALKED_OVER + 1) & (turns["end"] > TALKED_OVER)].iloc[-1]
    words = review.rows("word", participant="C")
    given = words[words["id"].isin(str(wrong["evidence"]).split())]
    everywhere = " ".join(review.rows("word")["text"]).lower()
    theirs = max(given["text"], key=lambda word: (everywhere.count(word.lower()) == 1, len(word)))

    page.goto(review.served.address)
    page.get_by_role("link").filter(has_text="Sam").filter(has_text="Anna").first.wait_for(timeout=WAIT)
    entry = page.locator(f'a[href="/meeting/{review.folder.name}"]')
    expect(entry.locator(".figure")).to_have_text(re.compile(r"^\d+score$"), timeout=WAIT)
    entry.click()
    page.get_by_role("tab", name="Score").click()
    page.get_by_label("Whose score").select_option(label="Sam", timeout=WAIT)
    sams = total(page)

    page.get_by_role("tab", name="Plain").click()
    page.locator(".line", has_text=str(wrong["text"])).click(timeout=WAIT)
    assert player_time(page) == pytest.approx(wrong["start"], abs=0.1)
    page.keyboard.press("w")
    page.keyboard.type("sa")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Who is coding?").fill("Eva")
    page.keyboard.press("Enter")
    saved(page)
    changed = review.row(wrong["id"])
    assert (changed["participant"], changed["status"], changed["coder"]) == ("S", "edited", "Eva")
    assert {review.row(name)["participant"] for name in given["id"]} == {"S"}
    corrected = page.locator(".line", has_text=str(wrong["text"]))
    expect(corrected.locator(".speaker")).to_have_text("Sam:", timeout=WAIT)
    page.get_by_role("tab", name="Score").click()
    until(lambda: total(page) != sams)

    sams = total(page)
    page.keyboard.press("Escape")
    page.locator("canvas.lanes").focus()
    page.keyboard.press("a")
    asked = page.get_by_role("dialog", name="Add an event")
    asked.get_by_label("What").select_option(label="Nod")
    expect(asked.get_by_label("Words")).to_be_hidden()
    asked.get_by_label("Who").select_option(label="Sam")
    for name, second in zip(("From", "To"), LISTENED, strict=True):
        asked.get_by_label(name).fill(f"0:{second}")
    page.keyboard.press("Enter")
    saved(page)
    nod = review.rows("nod", status="added").iloc[0]
    assert (nod["participant"], nod["start"], nod["end"], nod["coder"]) == ("S", *LISTENED, "Eva")
    page.get_by_role("tab", name="Score").click()
    until(lambda: total(page) > sams)

    page.keyboard.press("o")
    with page.expect_download(timeout=WAIT) as download:
        page.get_by_role("dialog", name="Export").get_by_role("button", name="Export").click()
    assert download.value.suggested_filename.endswith(".docx")
    assert speakers_of(Path(download.value.path()), theirs) == ["Sam"]


def speakers_of(document: Path, word: str) -> list[str]:
    """Who says a word, everywhere in a draft transcript: number, speaker, talk, by tabs."""
    docx = pytest.importorskip("docx")
    speaker, found = "", []
    for line in docx.Document(io.BytesIO(document.read_bytes())).paragraphs:
        number, *rest = line.text.split("\t")
        if not number.strip().isdigit() or len(rest) != 2:
            continue
        speaker = rest[0].strip().rstrip(":") or speaker
        found += [speaker] * (word.lower() in rest[1].lower())
    return found
