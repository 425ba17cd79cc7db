"""Subtitles open in pysubs2 and webvtt-py, and say who says what when."""

from __future__ import annotations

import html
import io
import re

import pandas as pd
import pysubs2
import pytest
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.exports.formats import Options
from pipeline.exports.material import Material, Person
from pipeline.exports.subtitles import WIDTH, cues, write_srt, write_vtt
from pipeline.timeline.table import timeline
from tests.exports.made import material, timelines

SAM, ANNA = Person("S", "Sam", "salesperson"), Person("C", "Anna <A&B>", "customer")
LONG = (
    "well we have been thinking about this for quite a long time now and in the end we decided that it would"
    " be best to wait until 2027"
)


def talk(who: str, start: float, text: str, name: str, each: float = 0.5) -> list[dict]:
    """A turn and its words, one every `each` seconds."""
    words = [
        {
            "id": f"{name}-word-{i}",
            "tier": "word",
            "participant": who,
            "start": start + i * each,
            "end": start + i * each + 0.4 * each,
            "text": word,
        }
        for i, word in enumerate(text.split())
    ]
    turn = {
        "id": name,
        "tier": "turn",
        "participant": who,
        "start": start,
        "end": words[-1]["end"],
        "text": text,
    }
    return [*words, {**turn, "evidence": " ".join(word["id"] for word in words)}]


def laughter(who: str, start: float, end: float, name: str) -> dict:
    return {"id": name, "tier": "laughter", "participant": who, "start": start, "end": end}


@pytest.fixture
def meeting() -> Material:
    rows = [
        *talk("S", 1.0, LONG, "turn-1"),
        *talk("C", 2.0, "mm & <i>hm</i> --> yes", "turn-2"),
        {"id": "turn-3", "tier": "turn", "participant": "C", "start": 5, "end": 6, "label": "no_words"},
        laughter("C", 5.2, 5.8, "laughter-1"),
        laughter("S", 1.5, 2, "laughter-2"),
        laughter("", 30, 31, "laughter-3"),
        *talk("S", 40.0, "zero", "turn-4", each=0.0),
        {**talk("S", 41.0, "gone", "turn-5")[-1], "status": "rejected", "evidence": ""},
    ]
    return material(timeline(rows), SAM, ANNA)


def srt(meeting: Material) -> pysubs2.SSAFile:
    return pysubs2.SSAFile.from_string(
        write_srt(meeting, Options()).decode(), format_="srt", keep_html_tags=True
    )


def vtt(meeting: Material) -> list[webvtt.Caption]:
    return webvtt.from_buffer(io.StringIO(write_vtt(meeting, Options()).decode())).captions


def test_who_says_what_when(meeting: Material) -> None:
    assert [(cue.start, cue.end, cue.text.replace(r"\N", "|")) for cue in srt(meeting)] == [
        (1000, 7200, "Sam: well we have been thinking|about this for quite a long time now"),
        (2000, 4200, "Anna <A&B>: mm & <i>hm</i> --> yes"),
        (5200, 5800, "Anna <A&B>: [laughs]"),
        (7500, 14_700, "Sam: and in the end we decided that|it would be best to wait until 2027"),
        (30_000, 31_000, "[laughter]"),
        (40_000, 40_001, "Sam: zero"),
    ]


def test_a_long_turn_becomes_several_cues_at_its_words_times(meeting: Material) -> None:
    own = [cue for cue in cues(meeting, prefix=True) if cue.name == "Sam" and cue.start < 30_000]
    assert len(own) == 2
    assert all(len(cue.lines) <= 2 and len(line) <= WIDTH for cue in own for line in cue.lines)
    texts = [" ".join(cue.lines).removeprefix("Sam: ") for cue in own]
    assert " ".join(texts) == LONG
    words = meeting.table[meeting.table["id"].str.startswith("turn-1-word")]
    first = len(texts[0].split())
    assert own[0].end == round(words["end"].iloc[first - 1] * 1000)
    assert own[1].start == round(words["start"].iloc[first] * 1000)


def test_no_word_flashes_up_alone() -> None:
    text = "portugal we were there last summer and my kids still talk about the grilled fish"
    made = cues(material(timeline(talk("S", 0, text, "turn-1")), SAM), prefix=True)
    assert [len(" ".join(cue.lines).split()) > 5 for cue in made] == [True, True]


def test_talk_without_words_and_laughter_inside_a_turn_are_left_out(meeting: Material) -> None:
    texts = [cue.text for cue in srt(meeting)]
    assert sum("[laughs]" in text for text in texts) == 1
    assert not any("---" in text or "gone" in text for text in texts)


def test_vtt_names_the_voice_and_escapes_what_is_markup(meeting: Material) -> None:
    captions = vtt(meeting)
    assert [html.unescape(caption.voice or "") for caption in captions[:2]] == ["Sam", "Anna <A&B>"]
    raw = captions[1].raw_text
    assert raw == "<v Anna &lt;A&amp;B&gt;>mm &amp; &lt;i&gt;hm&lt;/i&gt; --&gt; yes</v>"
    assert "[laughter]" in {caption.raw_text for caption in captions}


def test_a_number_at_the_end_of_a_cue_is_not_taken_for_the_next_ones() -> None:
    words = "a" * 36 + " " + "1234567"
    meeting = material(timeline(talk("S", 0, words, "turn-1")), SAM)
    (cue,) = srt(meeting)
    assert cue.text == f"Sam: {words}"


def test_words_that_a_person_typed_are_shown_over_the_turns_time() -> None:
    rows = talk("S", 10.0, "one two three", "turn-1")
    rows[-1] |= {"text": "quite other words than before", "status": "edited"}
    (cue,) = srt(material(timeline(rows), SAM))
    assert (cue.text, cue.start) == ("Sam: quite other words than before", 10_000)


def test_a_meeting_of_over_nine_hours_keeps_its_times() -> None:
    meeting = material(timeline(talk("S", 36_000.0, "late", "turn-1")), SAM)
    assert srt(meeting)[0].start == 36_000_000
    assert vtt(meeting)[0].start == "10:00:00.000"


@pytest.mark.parametrize("write", [write_srt, write_vtt])
def test_a_meeting_without_words_makes_an_empty_file(write) -> None:
    assert write(material(timeline([])), Options()) in (b"", b"WEBVTT\n")


def plain(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())


@settings(deadline=None, max_examples=60)
@given(table=timelines())
def test_vtt_loses_no_word_of_any_timeline(table: pd.DataFrame) -> None:
    meeting = material(table, *(Person(who, f"N&{who}") for who in set(table["participant"]) - {""}))
    found = sorted(
        (html.unescape(caption.voice or ""), html.unescape(re.sub(r"</?v[^>]*>", "", caption.raw_text)))
        for caption in vtt(meeting)
    )
    made = cues(meeting, prefix=False)
    assert found == sorted((cue.name, "\n".join(cue.lines)) for cue in made)
    assert all(cue.start < cue.end for cue in made)
    shown = table[
        (table["tier"] == "turn") & (table["status"] != "rejected") & (table["label"] != "no_words")
    ]
    typed = shown[shown["evidence"] == ""]
    said = " ".join(" ".join(cue.lines) for cue in made).split()
    for text in typed["text"]:
        assert set(plain(text).split()) <= set(said)


@settings(deadline=None, max_examples=60)
@given(table=timelines(texts=st.text(st.characters(codec="utf-8", exclude_characters="<>{}\\"), max_size=12)))
def test_srt_loses_no_cue_of_any_timeline(table: pd.DataFrame) -> None:
    meeting = material(table)
    made = cues(meeting, prefix=True)
    found = srt(meeting)
    assert [(cue.start, cue.end) for cue in found] == [(cue.start, cue.end) for cue in made]
    assert [cue.text.replace(r"\N", " ") for cue in found] == [" ".join(cue.lines) for cue in made]
