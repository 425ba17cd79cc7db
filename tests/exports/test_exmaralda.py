"""EXMARaLDA files: valid by their DTD and by the editor's own rules, and back without loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from pipeline.exports.chat import write_chat
from pipeline.exports.elan import write_elan
from pipeline.exports.exmaralda import read_exmaralda, write_exmaralda
from pipeline.exports.formats import Options
from pipeline.exports.material import Material, Person
from pipeline.exports.reading import FileFaultError
from pipeline.exports.textgrid import write_textgrid
from tests.conftest import RECORDINGS
from tests.exports.lanes_told import expected, lanes_of, long_meeting, materials, of_rows, told
from tests.exports.made import material

DTD = RECORDINGS / "schemas" / "EXMARaLDA-basic-transcription.dtd"
DIALOGUE = of_rows(
    {"tier": "turn", "participant": "S", "start": 0.5, "end": 2.0, "text": 'Say "hi" & <go>'},
    {"tier": "turn", "participant": "S", "start": 1.0, "end": 1.5, "text": "and again"},
    {"tier": "turn", "participant": "C", "start": 1.5, "end": 3.0, "label": "no_words"},
    {"tier": "nod", "participant": "C", "start": 1.0, "end": 2.0, "label": "repeated"},
    {"tier": "gap", "start": 3.0, "end": 3.5, "label": "lapse"},
)


@pytest.fixture
def meeting() -> Material:
    people = (Person("S", "Sam", "salesperson", "en"), Person("C", "Anna", "customer", "nl"))
    return material(DIALOGUE, *people)


def document(given_: Material) -> etree._Element:
    return etree.fromstring(write_exmaralda(given_, Options()))


def written(given_: Material, folder: Path) -> Path:
    path = folder / "meeting.exb"
    path.write_bytes(write_exmaralda(given_, Options()))
    return path


@pytest.mark.shared
@pytest.mark.skipif(not DTD.is_file(), reason="the format's DTD is not here")
@given(materials())
@settings(max_examples=40, deadline=None)
def test_every_file_is_valid(random_meeting: Material) -> None:
    dtd = etree.DTD(str(DTD))
    for media in (random_meeting.media, ()):
        dtd.assertValid(document(replace(random_meeting, media=media)))


@given(materials())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_tells_all_that_it_can_hold(tmp_path: Path, random_meeting: Material) -> None:
    reading = read_exmaralda(written(random_meeting, tmp_path), random_meeting)
    assert told(reading, 1000) == expected(random_meeting, 1000)
    assert reading.tiers == lanes_of(random_meeting)


@given(materials())
@settings(max_examples=40, deadline=None)
def test_the_editors_structure_check_finds_nothing(random_meeting: Material) -> None:
    root = document(random_meeting)
    times = [float(tli.get("time")) for tli in root.iter("tli")]
    transcribers = Counter(tier.get("speaker") for tier in root.iter("tier") if tier.get("type") == "t")
    assert times == sorted(set(times))
    assert None not in transcribers
    assert set(transcribers.values()) <= {1}
    order = {tli.get("id"): number for number, tli in enumerate(root.iter("tli"))}
    for tier in root.iter("tier"):
        edges = [order[event.get(edge)] for event in tier.iter("event") for edge in ("start", "end")]
        assert edges == sorted(edges)


def test_speakers_have_their_names_and_roles(meeting: Material) -> None:
    root = document(meeting)
    assert [one.text for one in root.iter("abbreviation")] == ["Sam", "Anna"]
    assert [one.get("lang") for one in root.iter("language")] == ["en", "nl"]
    about = [
        one.text for one in root.iterfind(".//ud-speaker-information/ud-information[@attribute-name='role']")
    ]
    assert about == ["salesperson", "customer"]
    tiers = [
        tuple(tier.get(key) for key in ("speaker", "category", "type", "display-name"))
        for tier in root.iter("tier")
    ]
    assert tiers == [
        ("SPK1", "v", "t", "Anna [v]"),
        ("SPK0", "v", "t", "Sam [v]"),
        ("SPK0", "turn", "d", "Sam [turn] 2"),
        (None, "gap", "d", "[gap]"),
        ("SPK1", "nod", "d", "Anna [nod]"),
    ]
    assert [event.text for event in root.iter("event")] == [
        "---",
        'Say "hi" & <go>',
        "and again",
        "lapse",
        "repeated",
    ]


FOREIGN = """<?xml version="1.0" encoding="UTF-8"?>
<basic-transcription><head><meta-information/><speakertable>
<speaker id="SPK0"><abbreviation>ANNA</abbreviation></speaker>
<speaker id="S"/>
</speakertable></head><basic-body><common-timeline>
<tli id="T0" time="0.5"/>
<tli id="T1"/>
<tli id="T2" type="intp"/>
<tli id="T3" time="2.0"/>
<tli id="T4"/>
</common-timeline>
<tier id="TIE0" speaker="SPK0" category="v" type="t" display-name="X [v]">
<event start="T0" end="T1">one <ud-information attribute-name="a">aside</ud-information>two</event>
<event start="T1" end="T3">three</event>
</tier>
<tier id="TIE1" speaker="S" category="gesture" type="d"><event start="T1" end="T2">points</event></tier>
</basic-body></basic-transcription>
"""


def test_a_foreign_file_is_read_and_points_without_a_time_lie_between_the_others(
    meeting: Material, tmp_path: Path
) -> None:
    path = tmp_path / "foreign.exb"
    path.write_bytes(b"\xef\xbb\xbf" + FOREIGN.replace("\n", "\r\n").encode())
    reading = read_exmaralda(path, meeting)
    assert reading.tiers == {("turn", "C"), ("gesture", "S")}
    assert [tuple(row.values()) for row in reading.rows] == [
        ("turn", "C", 0.5, 1.0, "", "one two"),
        ("turn", "C", 1.0, 2.0, "", "three"),
        ("gesture", "S", 1.0, 1.5, "points", ""),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        (">ANNA<", ">Zoe<", 12, "no participant 'Zoe'.*name one of S \\(Sam\\), C \\(Anna\\)"),
        ('speaker="SPK0"', 'speaker="SPK9"', 12, "'SPK9' of the tier is not in the table of speakers"),
        ('time="2.0"', 'time="0.2"', 9, "'T3' is at 0.2 s, after one at 0.5 s"),
        ('time="2.0"', 'time="2,0"', 9, "'2,0' is no number of seconds"),
        ('time="2.0"', 'time="nan"', 9, "'nan' is no number of seconds"),
        ('end="T3"', 'end="T9"', 14, "the end of 'three', 'T9', is not in the timeline"),
        ('end="T3"', 'end="T4"', 14, "the end of 'three', 'T4', has no time"),
        ('start="T1" end="T3"', 'start="T3" end="T1"', 14, "ends at 1 s, before it starts at 2 s"),
        ("</tier>", "", 17, "not well-formed XML"),
    ],
)
def test_mistakes_are_told_by_line(
    meeting: Material, tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    path = tmp_path / "by_hand.exb"
    path.write_text(FOREIGN.replace(old, new, 1))
    with pytest.raises(FileFaultError, match=f"line {line}: .*{what}.*Nothing was imported"):
        read_exmaralda(path, meeting)


def test_another_kind_of_transcription_is_refused(meeting: Material, tmp_path: Path) -> None:
    path = tmp_path / "other.exs"
    path.write_text(FOREIGN.replace("basic-transcription", "segmented-transcription"))
    with pytest.raises(FileFaultError, match="line 2: the file begins with <segmented-transcription>"):
        read_exmaralda(path, meeting)


@pytest.mark.timeout(120)  # a writer that is not linear takes longer
@pytest.mark.parametrize("write", [write_chat, write_elan, write_textgrid, write_exmaralda])
def test_a_two_hour_meeting_is_written(write: Callable[[Material, Options], bytes]) -> None:
    assert len(write(long_meeting(), Options())) > 100_000
