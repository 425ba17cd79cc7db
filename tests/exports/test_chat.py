"""CHAT written: read by another program as it is meant, and back without loss."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pylangacq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.exports.chat import chat_lines, read_chat, write_chat
from pipeline.exports.chat_text import THREE_LETTERS, language_code, meant, said, wrapped
from pipeline.exports.draft import draft_lines
from pipeline.exports.formats import Options
from pipeline.exports.material import Material, Medium, Person
from pipeline.timeline.table import timeline
from tests.exports.lanes_told import materials, of_rows
from tests.exports.made import material

SAM, ANNA = Person("S", "Sam", "salesperson", "en"), Person("C", "Anna Maria", "customer", "fi")
FIVE = tuple(
    Person(who, name) for who, name in zip("ABCDE", ("Åsa", "Bo", "Bo", "李, 雷|", "5"), strict=True)
)
AWKWARD = (
    "[x",
    "]",
    "<a>",
    "a@b.se",
    "&=x",
    "^y",
    "C++",
    '"',
    "’s",
    "20°",
    "04",
    "4-0",
    "xx",
    "XXX",
    "a(.)",
    "...",
    "?",
)
HARD = ("\x15", "\t", "\n", "\0", "⌈", "∆", "\u2028", "*SAM:", "@End", "%wor:", "\u0332", "9")
WORDS = st.one_of(st.sampled_from((*AWKWARD, *HARD, "yes", "mä")), st.text(max_size=6))


def written(of: Material, folder: Path, name: str = "") -> Path:
    path = folder / f"{name or of.name}.cha"
    path.write_bytes(write_chat(of, Options()))
    return path


def talk(path: Path) -> list[tuple[str, tuple[int, int], list[str]]]:
    """Speaker, time mark and tokens of every line of talk, as an independent reader has them."""
    found = []
    for one in pylangacq.read_chat(str(path)).utterances():
        if one.changeable_header is None:
            found.append((one.participant, one.time_marks, [token.word for token in one.tokens]))
    return found


def turn(who: str, start: float, end: float, text: str = "", **more: Any) -> dict[str, Any]:
    return {"tier": "turn", "participant": who, "start": start, "end": end, "text": text, **more}


def spoken(who: str, start: float, text: str, name: str, each: float = 0.5) -> list[dict[str, Any]]:
    """A turn and its words, each as long as the others."""
    words = [
        {"tier": "word", "participant": who, "start": start + i * each, "end": start + (i + 1) * each}
        | {"text": word, "id": f"{name}w{i}", "confidence": 0.9}
        for i, word in enumerate(text.split())
    ]
    evidence = " ".join(word["id"] for word in words)
    return [*words, turn(who, start, words[-1]["end"], text, id=name, evidence=evidence)]


def overlap(who: str, start: float, end: float, *turns: str) -> dict[str, Any]:
    return {"tier": "overlap", "participant": who, "start": start, "end": end, "evidence": " ".join(turns)}


def body(of: Material) -> list[str]:
    """Lines of talk without their times, each on one line."""
    text = write_chat(of, Options()).decode().replace("\n\t", " ")
    return [re.sub(" ?\x15.*", "", line) for line in text.splitlines() if line.startswith("*")]


@st.composite
def talks(draw: st.DrawFn, words: st.SearchStrategy[str] = WORDS) -> Material:
    """Up to five people over each other, also over themselves, in any letters."""
    moments = st.one_of(st.integers(0, 9).map(float), st.floats(0, 9))
    rows: list[dict[str, Any]] = []
    turns: list[str] = []
    for number in range(draw(st.integers(0, 9))):
        who, name = draw(st.sampled_from("ABCDE")), f"t{number}"
        start, end = sorted((draw(moments), draw(moments)))
        said_ = [draw(words) for _ in range(draw(st.integers(0, 4)))]
        length = (end - start) / max(len(said_), 1)
        for i, word in enumerate(said_):
            row = {"tier": "word", "id": f"{name}w{i}", "participant": who, "text": word}
            row |= {"start": start + i * length, "end": start + (i + 1) * length}
            rows.append(row | {"status": draw(st.sampled_from(("auto", "edited")))})
        evidence = " ".join(f"{name}w{i}" for i in range(len(said_)))
        rows.append(turn(who, start, max(end, rows[-1]["end"]) if said_ else end, " ".join(said_)))
        rows[-1] |= {"id": name, "evidence": evidence}
        turns.append(name)
    by_id = {row["id"]: row for row in rows}
    for number in range(draw(st.integers(0, 6))):
        if len(turns) > 1:
            pair = draw(st.lists(st.sampled_from(turns), min_size=2, max_size=2, unique=True))
            second = by_id[max(pair, key=lambda name: by_id[name]["start"])]
            until = min(by_id[name]["end"] for name in pair)
            rows.append(
                {"id": f"o{number}", **overlap(second["participant"], second["start"], until, *pair)}
                | {"end": max(until, second["start"])}
            )
    for number in range(draw(st.integers(0, 3))):
        start, end = sorted((draw(moments), draw(moments)))
        rows.append({"id": f"g{number}", "tier": "gap", "start": start, "end": end})
    return material(timeline(rows), *FIVE)


@given(talks())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_another_reader_finds_every_turn_its_speaker_and_its_time(tmp_path: Path, meeting: Material) -> None:
    path = written(meeting, tmp_path)
    found = talk(path)
    starts = [marks[0] for _, marks, _ in found]
    assert starts == sorted(starts)
    for who, code in meeting.codes().items():
        rows = meeting.table[(meeting.table["tier"] == "turn") & (meeting.table["participant"] == who)]
        mine = [marks for speaker, marks, _ in found if speaker == code]
        assert len(mine) == len(rows)
        assert all(before[1] <= after[0] for before, after in pairwise(mine))
        alone = sorted(
            (round(s * 1000), round(e * 1000)) for s, e in zip(rows["start"], rows["end"], strict=True)
        )
        if all(before[1] < after[0] for before, after in pairwise(alone)):
            assert mine == [(start, max(end, start + 1)) for start, end in alone]
    people = pylangacq.read_chat(str(path)).participants()
    assert [one.code for one in people] == list(meeting.codes().values())
    assert {one.role for one in people} == {"Participant"}


@given(materials())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_another_reader_takes_any_meeting(tmp_path: Path, meeting: Material) -> None:
    shown = meeting.shown
    found = talk(written(meeting, tmp_path))
    said_by = shown[(shown["tier"] == "turn") & (shown["participant"] != "")]
    assert len(found) >= len(said_by)


@given(talks())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_that_nobody_changed_says_what_it_said(tmp_path: Path, meeting: Material) -> None:
    path = written(meeting, tmp_path)
    reading = read_chat(path, meeting)
    table = meeting.table
    assert Counter(row["participant"] for row in reading.rows if row["tier"] == "turn") == Counter(
        table[table["tier"] == "turn"]["participant"]
    )
    gaps = [(round(r["start"] * 1000), round(r["end"] * 1000)) for r in reading.rows if r["tier"] == "gap"]
    silences = table[table["tier"] == "gap"]
    assert sorted(gaps) == sorted(
        (round(s * 1000), max(round(e * 1000), round(s * 1000) + 1))
        for s, e in zip(silences["start"], silences["end"], strict=True)
    )
    assert all(line.start is not None for line in chat_lines(path))


def test_words_come_back_as_they_were(tmp_path: Path) -> None:
    meeting = material(of_rows(*spoken("S", 0, "mail a@b.se for C++ at 20°C it’s <b> 04", "t1")), SAM, ANNA)
    path = written(meeting, tmp_path)
    (row,) = read_chat(path, meeting).rows
    assert row["text"] == "mail a@b.se for C++ at 20°C it’s b 04"
    (line,) = chat_lines(path)
    assert line.text == "mail a@b.se for C++ at 20°C it’s <b> 04"
    assert talk(path)[0][2] == ["mail", "a＠b.se", "for", "C＋＋", "at", "20˚C", "it＇s", "＜b＞", "０4"]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Lo", "Nd"])))
def test_letters_that_chat_takes_for_codes_are_undone(text: str) -> None:
    held = re.sub("[⌈⌉⌊⌋∆∇◉⁎☺♋⁇\ufffe\uffff]", "\ufffd", text)
    if not re.search("[\uff00-\uff5e˚]", text):
        assert meant(said(text)) == held
    assert not set(said(text)) & set('[]<>@&^+"’‘°')


def test_who_comes_in_stands_below_who_was_first() -> None:
    rows = [*spoken("S", 0, "we could begin now", "t1"), *spoken("C", 1, "yes let us", "t2")]
    rows.append(overlap("C", 1, 2, "t1", "t2"))
    assert body(material(of_rows(*rows), SAM, ANNA)) == [
        "*SAM:\twe could ⌈begin now⌉",
        "*ANN:\t⌊yes let⌋ us",
    ]


def test_overlaps_of_one_turn_have_numbers() -> None:
    rows = [*spoken("S", 0, "one two three four five six", "t1"), *spoken("C", 0.5, "mhm", "t2")]
    rows += [
        *spoken("D", 1.5, "yes", "t3"),
        overlap("C", 0.5, 1, "t1", "t2"),
        overlap("D", 1.5, 2, "t1", "t3"),
    ]
    assert body(material(of_rows(*rows), SAM, ANNA)) == [
        "*SAM:\tone ⌈two⌉ three ⌈2four⌉2 five six",
        "*ANN:\t⌊mhm⌋",
        "*DXX:\t⌊2yes⌋2",
    ]


def test_a_third_voice_is_below_both() -> None:
    rows = [*spoken("S", 0, "one two three four", "t1"), *spoken("C", 0.5, "no no no", "t2")]
    rows += [*spoken("D", 1, "hey", "t3"), overlap("C", 0.5, 2, "t1", "t2")]
    rows += [overlap("D", 1, 1.5, "t1", "t3"), overlap("D", 1, 1.5, "t2", "t3")]
    assert body(material(of_rows(*rows), SAM, ANNA)) == [
        "*SAM:\tone ⌈two ⌈2three⌉2 four⌉",
        "*ANN:\t⌊no ⌈2no⌉2 no⌋",
        "*DXX:\t⌊2hey⌋2",
    ]


def test_a_digit_after_a_bracket_is_not_its_number(tmp_path: Path) -> None:
    rows = [
        *spoken("S", 0, "by 2026 then", "t1"),
        *spoken("C", 0.5, "3 weeks", "t2"),
        overlap("C", 0.5, 1, "t1", "t2"),
    ]
    meeting = material(of_rows(*rows), SAM, ANNA)
    assert body(meeting) == ["*SAM:\tby ⌈22026⌉2 then", "*ANN:\t⌊23⌋2 weeks"]
    assert [row["text"] for row in read_chat(written(meeting, tmp_path), meeting).rows] == [
        "by 2026 then",
        "3 weeks",
    ]


def test_what_a_person_marked_is_written_as_typed_and_read_back(tmp_path: Path) -> None:
    typed = "⌊2y̲es (0.4)   ∆I know∆⌋2 fiu@s:hun [% sighs] &=coughs" + " and so on" * 12
    details = {"marked": typed, "notation": "chat"}
    meeting = material(of_rows(turn("S", 1, 2, "yes", details=details, status="edited")), SAM, ANNA)
    (row,) = read_chat(written(meeting, tmp_path), meeting).rows
    assert row["details"] == meeting.table["details"][0]
    assert row["text"].startswith("yes I know fiu and so on")


def test_marks_of_chat_are_drawn_in_another_notation() -> None:
    details = {"marked": "⌊2yes⌋2 ∆so it is∆↘", "notation": "chat"}
    meeting = material(of_rows(turn("S", 1, 2, "yes so it is", details=details, status="edited")), SAM)
    assert [line.text for line in draft_lines(meeting, Options())] == ["[yes] >so it is<."]


def test_quality_marks_come_in_pairs_and_bodies_are_no_words(tmp_path: Path) -> None:
    rows = [*spoken("S", 0, "well that is fine then", "t1")]
    for tier, label in (("pace", "faster"), ("loudness", "louder"), ("creak", ""), ("smile_voice", "")):
        rows.append({"tier": tier, "participant": "S", "start": 0.5, "end": 1.6, "label": label})
    rows.append({"tier": "nod", "participant": "S", "start": 1.1, "end": 1.4, "label": "single"})
    rows.append({"tier": "laughter", "participant": "C", "start": 4, "end": 5})
    meeting = material(of_rows(*rows), SAM, ANNA)
    said_, laughed = body(meeting)
    assert all(said_.count(sign) == 2 for sign in "∆◉⁎☺")
    assert "[^ nods]" in said_
    assert laughed == "*ANN:\t&=laughs"
    _, _, tokens = talk(written(meeting, tmp_path))[0]
    assert [re.sub("[^a-z]", "", token) for token in tokens] == ["well", "that", "is", "fine", "then"]


def test_headers_tell_who_takes_part_and_what_was_recorded(tmp_path: Path) -> None:
    rows = of_rows(turn("S", 0, 1, "hi"), {"tier": "gap", "start": 1.0, "end": 1.84})
    meeting = replace(material(rows, SAM, ANNA), date="2026-07-01T09:00:00", language="fi")
    text = write_chat(meeting, Options()).decode().replace("\n\t", " ")
    for line in (
        "@UTF8\n@Begin\n@Languages:\tfin, eng\n@Participants:\tSAM Sam Participant, ANN Anna_Maria Partic",
        "\n@Options:\tCA\n",
        "\n@ID:\teng|rapport|SAM|||||Participant||salesperson|\n",
        "\n@ID:\tfin|rapport|ANN|||||Participant||customer|\n",
        "@Media:\tmeeting, video\n",
        "@Comment:\tState: a draft by machine, not yet corrected by an analyst\n",
        "@Date:\t01-JUL-2026\n",
        "@Comment:\t(0.8) \x151000_1840\x15\n@End\n",
    ):
        assert line in text
    assert pylangacq.read_chat(str(written(meeting, tmp_path))).languages() == ["fin", "eng"]
    sound = replace(meeting, media=(Medium(Path("a.wav")),))
    assert "@Media:\tmeeting, audio\n" in write_chat(sound, Options()).decode()
    assert "@Media" not in write_chat(replace(meeting, media=()), Options()).decode()


def test_languages_have_three_letters() -> None:
    known = {"en": "eng", "fi": "fin", "sv": "swe", "de": "deu", "zh": "zho", "ja": "jpn", "en-GB": "eng"}
    assert {two: language_code(two) for two in known} == known
    assert language_code("yue") == "yue"
    assert language_code("?") == language_code("") == "und"
    assert len(THREE_LETTERS) == 186
    assert all(len(two) == 2 and len(three) == 3 for two, three in THREE_LETTERS.items())


@given(
    st.lists(st.one_of(st.just(""), st.text("ab(\x15[", min_size=1, max_size=30)), max_size=60).map(" ".join)
)
def test_long_lines_are_continued_after_a_tab(text: str) -> None:
    line = f"*SAM:\t{text}"
    rows = wrapped(line).split("\n")
    assert rows[0] + "".join(f" {row[1:]}" for row in rows[1:]) == line
    assert all(row[0] == "\t" and row[1] not in " (\x15[" for row in rows[1:])
    assert all(len(row) <= 81 or not re.search(r"\S [ab]", row[1:]) for row in rows)
