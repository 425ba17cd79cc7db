"""REFI-QDA projects are valid by their schema, and codes lie on the words and seconds that they mean."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.exports.draft import DraftLine
from pipeline.exports.formats import Options
from pipeline.exports.material import Material, Medium, Person
from pipeline.exports.qdpx import lay_out, project, write_qdpx
from pipeline.timeline.table import timeline
from tests.exports.made import material, timelines

Q = "{urn:QDA-XML:project:1.0}"
SAM, ANNA = Person("S", "Sam", "salesperson"), Person("C", "Anna", "customer")
LINES = [
    DraftLine(1, "S", "Sam", "so how was 😀 [Lisbon?]", 1.0, 3.0, "turn-1"),
    DraftLine(2, "C", "Anna", "             [oh love]ly <&", 2.5, 4.0, "turn-2"),
    DraftLine(3, "", "", "(1.0)", 4.0, 5.0),
    DraftLine(4, "S", "Sam", "we went there too", 5.0, 7.0, "turn-3"),
    DraftLine(5, "S", "", "last year", 7.0, 8.0, "turn-3"),
]


def row(tier: str, who: str, start: float, end: float, label: str = "", **more: object) -> dict:
    name = f"{tier}-{who}-{start}"
    return {"id": name, "tier": tier, "participant": who, "start": start, "end": end, "label": label, **more}


@pytest.fixture
def meeting() -> Material:
    rows = [
        row("action", "S", 1.2, 2.9, "small_talk", details={"to": "C", "opened_by": "S"}, confidence=0.667),
        row("action", "S", 5.5, 7.5, "second_story", status="added", coder="Eva"),
        row("action", "S", 6.0, 6.5, "topic_shift"),
        row("action", "C", 6.0, 6.5, "smile"),
        row("nod", "C", 0.5, 1.5, "repeated"),
        row("smile", "C", 9.0, 9.0),
        row("smile", "C", 2.0, 3.0, status="rejected"),
        row("laughter", "", 4.2, 20.0, "in_speech"),
        row("mutual_gaze", "", 11.0, 12.0, "both", text="S C"),
        row("word", "S", 1.0, 2.0),
    ]
    return material(timeline(rows), SAM, ANNA, duration=20.0)


def opened(data: bytes) -> tuple[etree._Element, dict[str, str]]:
    """The project, and its texts by the path under which it names them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = {
            name.replace("Sources/", "internal://"): archive.read(name).decode()
            for name in archive.namelist()
            if name.startswith("Sources/")
        }
        return etree.fromstring(archive.read("project.qde")), texts


def codes_of(root: etree._Element) -> dict[str, str]:
    return {code.get("guid"): code.get("name") for code in root.iter(f"{Q}Code")}


def coded(root: etree._Element, kind: str) -> list[tuple[str, etree._Element]]:
    """Selections of a kind with the names of their codes."""
    codes = codes_of(root)
    return [(codes[one.find(f".//{Q}CodeRef").get("targetGUID")], one) for one in root.iter(f"{Q}{kind}")]


def quotations(root: etree._Element, texts: dict[str, str]) -> dict[str, str]:
    """What is coded in the text by itself, by code."""
    text = texts[root.find(f".//{Q}TextSource").get("plainTextPath")]
    return {
        code: text[int(one.get("startPosition")) : int(one.get("endPosition"))]
        for code, one in coded(root, "PlainTextSelection")
    }


@pytest.fixture(scope="session")
def schema(recordings: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(recordings / "schemas" / "REFI-QDA-Project.xsd"))


def draft_of(table: pd.DataFrame, texts: list[str]) -> list[DraftLine]:
    """Lines over a timeline's turns, whatever is said in them."""
    turns = table[table["tier"] == "turn"].to_dict("records")
    return [
        DraftLine(i, turn["participant"], turn["participant"], text, turn["start"], turn["end"], turn["id"])
        for i, (turn, text) in enumerate(zip(turns, texts, strict=False), start=1)
    ]


# ------------------------------------------------------------------------------------------------ validity


@pytest.mark.shared
def test_a_project_is_valid_by_the_schema(meeting: Material, schema: etree.XMLSchema) -> None:
    root, _ = opened(project(meeting, LINES))
    schema.assertValid(root)


@pytest.mark.shared
@settings(deadline=None, max_examples=60)
@given(
    table=timelines(),
    texts=st.lists(st.text(max_size=20)),
    date=st.sampled_from(["", "2026-03-01T10:00:00Z"]),
)
def test_any_meeting_makes_a_valid_project_without_dangling_references(
    table: pd.DataFrame, texts: list[str], date: str, schema: etree.XMLSchema
) -> None:
    meeting = replace(material(table), date=date)
    root, files = opened(project(meeting, draft_of(table, texts)))
    schema.assertValid(root)
    guids = [one.get("guid") for one in root.iter() if one.get("guid")]
    assert len(guids) == len(set(guids))
    for one in root.iter():
        for name in ("targetGUID", "creatingUser", "creatingUserGUID", "fromSyncPoint", "toSyncPoint"):
            assert one.get(name) is None or one.get(name) in guids
        assert one.get("plainTextPath") is None or one.get("plainTextPath") in files


@pytest.mark.shared
def test_meetings_without_events_or_recordings_are_valid(meeting: Material, schema: etree.XMLSchema) -> None:
    for bare in (material(timeline([])), replace(meeting, media=())):
        root, _ = opened(project(bare, []))
        schema.assertValid(root)


def test_another_reader_finds_the_same_project(meeting: Material, tmp_path: Path) -> None:
    pyrefiqda = pytest.importorskip("pyrefiqda")
    path = tmp_path / "meeting.qdpx"
    path.write_bytes(project(meeting, LINES))
    found = pyrefiqda.RefiProject.load(path, tmp_path / "extracted")
    groups = found.code_book.codes.code
    assert [group.name for group in groups] == ["Rapport actions", "Seen", "Heard"]
    assert [case.name for case in found.cases.case] == ["Sam", "Anna"]
    (video,) = found.sources.video_source
    assert video.video_selection[0].name == "Anna: nod (repeated)"
    assert len(video.transcript[0].sync_point) == len(LINES) + 1


def test_the_same_state_makes_the_same_file(meeting: Material) -> None:
    assert project(meeting, LINES) == project(meeting, LINES)


# ------------------------------------------------------------------------------------------------ codes


def test_codes_are_those_of_the_meeting_with_what_the_codebook_says(meeting: Material) -> None:
    root, _ = opened(project(meeting, LINES))
    groups = root.findall(f"{Q}CodeBook/{Q}Codes/{Q}Code")
    assert {
        group.get("name"): [code.get("name") for code in group.findall(f"{Q}Code")] for group in groups
    } == {
        "Rapport actions": ["small talk", "second story", "smile", "topic shift"],
        "Seen": ["nod (repeated)", "smile", "mutual gaze (both)"],
        "Heard": ["laughter (in speech)"],
    }
    assert [group.get("isCodable") for group in groups] == ["false"] * 3
    actions = {code.get("name"): code for code in groups[0].findall(f"{Q}Code")}
    assert actions["small talk"].findtext(f"{Q}Description").startswith("talk that is not needed")
    assert actions["topic shift"].findtext(f"{Q}Description").endswith("(speaks against rapport)")
    assert actions["topic shift"].get("color") != actions["small talk"].get("color")


def test_codes_are_the_same_in_projects_of_different_meetings(meeting: Material) -> None:
    one, _ = opened(project(meeting, LINES))
    other, _ = opened(project(replace(meeting, name="second"), LINES))
    assert codes_of(one) == codes_of(other)
    sources = [root.find(f".//{Q}VideoSource").get("guid") for root in (one, other)]
    assert sources[0] != sources[1]


def test_a_codebook_that_has_moved_leaves_codes_without_descriptions(meeting: Material) -> None:
    gone = {"codebook": {"path": "/gone/codebook.yaml", "name": "lab", "version": 1, "digest": "0"}}
    root, _ = opened(project(replace(meeting, manifest=gone), LINES))
    code = next(code for code in root.iter(f"{Q}Code") if code.get("name") == "small talk")
    assert code.find(f"{Q}Description") is None


def test_who_coded_is_told_machine_or_person(meeting: Material) -> None:
    root, _ = opened(project(meeting, LINES))
    users = {user.get("guid"): user.get("name") for user in root.iter(f"{Q}User")}
    assert sorted(users.values()) == ["Eva", "rapport"]
    by = {code: users[one.get("creatingUser")] for code, one in coded(root, "VideoSelection")}
    assert (by["second story"], by["small talk"]) == ("Eva", "rapport")


def test_participants_are_cases_with_their_role_and_all_that_was_coded_of_them(meeting: Material) -> None:
    root, _ = opened(project(meeting, LINES))
    cases = {case.get("name"): case for case in root.iter(f"{Q}Case")}
    assert {name: case.findtext(f".//{Q}TextValue") for name, case in cases.items()} == {
        "Sam": "salesperson",
        "Anna": "customer",
    }
    names = {one.get("guid"): one.get("name") for one in root.iter() if one.get("guid")}
    of_anna = [names[ref.get("targetGUID")] for ref in cases["Anna"].iter(f"{Q}SelectionRef")]
    assert sorted(of_anna) == ["Anna: nod (repeated)", "Anna: smile", "Anna: smile"]


# ------------------------------------------------------------------------------------------------ places


def test_codings_in_the_text_are_the_lines_said_meanwhile(meeting: Material) -> None:
    root, texts = opened(project(meeting, LINES))
    assert quotations(root, texts) == {
        "small talk": "Sam:  so how was 😀 [Lisbon?]",
        "second story": "Sam:  we went there too\n      last year",
        "topic shift": "Sam:  we went there too",
    }


def test_windows_line_ends_are_counted(meeting: Material) -> None:
    root, texts = opened(project(meeting, LINES, crlf=True))
    assert quotations(root, texts)["second story"] == "Sam:  we went there too\r\n      last year"
    assert all(text.count("\n") == text.count("\r\n") == 5 for text in texts.values())


def test_the_transcript_jumps_to_the_second_of_each_line(meeting: Material) -> None:
    root, texts = opened(project(meeting, LINES))
    transcript = root.find(f".//{Q}Transcript")
    text = texts[transcript.get("plainTextPath")]
    points = {
        point.get("guid"): (int(point.get("position")), int(point.get("timeStamp")))
        for point in transcript.iter(f"{Q}SyncPoint")
    }
    *starts, (end, last) = points.values()
    assert [text[at:].split("\n")[0][:9] for at, _ in starts] == [
        "Sam:  so ", "Anna:    ", "      (1.", "Sam:  we ", "      las",
    ]  # fmt: skip
    assert [ms for _, ms in starts] == [1000, 2500, 4000, 5000, 7000]
    assert (end, last) == (len(text), 8000)
    found = {
        code: text[points[one.get("fromSyncPoint")][0] : points[one.get("toSyncPoint")][0]]
        for code, one in coded(root, "TranscriptSelection")
    }
    assert found["small talk"] == "Sam:  so how was 😀 [Lisbon?]\n"
    assert found["second story"] == "Sam:  we went there too\n      last year\n"


def test_overlaps_stay_aligned_below_each_other() -> None:
    first, second, *_ = lay_out(LINES, crlf=False).content.split("\n")
    # The emoji is one code point.
    assert first.index("[") - first.index("so") == len("so how was 😀 ")
    assert second.index("[") == 6 + 13


def test_events_are_coded_in_the_time_of_each_recording(meeting: Material) -> None:
    media = (
        Medium(Path("/recordings/room.mp4"), 0.0, 20.0, pictures=True),
        Medium(Path("/recordings/late.wav"), 1.0, 5.0),
        Medium(Path("C:/recordings/rest.wav"), 8.5, 0.0),
    )
    root, _ = opened(project(replace(meeting, media=media), LINES))
    sources = [one for one in root.find(f"{Q}Sources") if one.get("path")]
    assert [(one.tag.removeprefix(Q), one.get("path")) for one in sources] == [
        ("VideoSource", "absolute:///recordings/room.mp4"),
        ("AudioSource", "absolute:///recordings/late.wav"),
        ("AudioSource", "absolute:///C:/recordings/rest.wav"),
    ]
    places = [
        {
            one.get("name").partition(": ")[2] or one.get("name"): (
                int(one.get("begin")),
                int(one.get("end")),
            )
            for one in source
            if one.tag in (f"{Q}VideoSelection", f"{Q}AudioSelection")
        }
        for source in sources
    ]
    assert places[0]["nod (repeated)"] == (500, 1500)
    assert places[0]["laughter (in speech)"] == (4200, 20_000)
    assert places[1] == {
        "nod (repeated)": (0, 500),
        "small talk": (200, 1900),
        "laughter (in speech)": (3200, 5000),
        "second story": (4500, 5000),
    }
    assert places[2] == {
        "smile": (499, 500),
        "laughter (in speech)": (0, 11_500),
        "mutual gaze (both)": (2500, 3500),
    }
    said = [len(source.findall(f"{Q}Transcript/{Q}SyncPoint")) - 1 for source in sources]
    assert said == [5, 4, 0]


def test_what_is_known_of_an_action_is_told_with_its_coding(meeting: Material) -> None:
    root, _ = opened(project(meeting, LINES))
    about = {code: one.findtext(f"{Q}Description") for code, one in coded(root, "VideoSelection")}
    assert about["small talk"] == "to: Anna; opened by: Sam; confidence: 0.67\nrow action-S-1.2"
    assert about["mutual gaze (both)"].startswith("Sam, Anna\n")
    assert about["second story"] == "status: added\nrow action-S-5.5"


def test_sources_have_a_date_for_importers_stop_without(meeting: Material) -> None:
    root, _ = opened(project(replace(meeting, date="2026-03-01T10:00Z"), LINES))
    assert root.find(f".//{Q}TextSource").get("creationDateTime") == "2026-03-01T10:00:00+00:00"
    root, _ = opened(project(replace(meeting, date="last spring"), LINES))
    assert root.find(f".//{Q}Transcript").get("creationDateTime") == "1970-01-01T00:00:00Z"


@pytest.mark.shared
def test_the_draft_is_the_transcript(schema: etree.XMLSchema) -> None:
    turn = {
        "id": "turn-1",
        "tier": "turn",
        "participant": "S",
        "start": 1.0,
        "end": 2.0,
        "evidence": "word-1",
    }
    word = {"id": "word-1", "tier": "word", "participant": "S", "start": 1.0, "end": 2.0, "text": "hello"}
    action = row("action", "S", 1.2, 1.4, "small_talk")
    meeting = material(timeline([{**turn, "text": "hello"}, word, action]), SAM)
    root, texts = opened(write_qdpx(meeting, Options(crlf=True)))
    schema.assertValid(root)
    assert quotations(root, texts) == {"small talk": "Sam: hello"}
    assert all(text.endswith("\r\n") for text in texts.values())


@settings(deadline=None, max_examples=60)
@given(texts=st.lists(st.text(max_size=20), max_size=5), crlf=st.booleans())
def test_each_line_of_any_text_is_where_its_span_says(texts: list[str], crlf: bool) -> None:
    lines = [DraftLine(i, "S", "Sam", text, i, i + 1) for i, text in enumerate(texts)]
    text = lay_out(lines, crlf=crlf)
    ending = "\r\n" if crlf else "\n"
    assert [text.content[start:end] for start, end in text.spans] == text.content.split(ending)[:-1]
    assert len(text.spans) == len(texts)
