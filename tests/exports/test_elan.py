"""ELAN files: valid, read alike by others, and back without loss."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pympi
import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from pipeline.exports.elan import annotation_id, read_elan, write_elan
from pipeline.exports.formats import Options
from pipeline.exports.material import Material, Medium, Person
from pipeline.exports.reading import FileFaultError
from tests.conftest import RECORDINGS
from tests.exports.lanes_told import expected, lanes_of, materials, of_rows, told
from tests.exports.made import material

SCHEMAS = RECORDINGS / "schemas"
needs_schemas = pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the formats' schemas are not here")
DIALOGUE = of_rows(
    {"tier": "turn", "participant": "S", "start": 0.5, "end": 2.0004, "text": 'Say "hi" & <go>'},
    {"tier": "turn", "participant": "C", "start": 1.5, "end": 3.0, "label": "no_words"},
    {"tier": "pause", "participant": "S", "start": 1.0, "end": 1.25},
    {"tier": "nod", "participant": "C", "start": 1.0, "end": 2.0, "label": "repeated", "coder": "Mia"},
    {"tier": "nod", "participant": "C", "start": 4.0, "end": 4.5, "label": "tilted", "coder": "Mia"},
    {"tier": "action", "participant": "S", "start": 0.5, "end": 2.0, "label": "small_talk", "text": "hi"},
    {"tier": "action", "participant": "S", "start": 0.6, "end": 1.9, "label": "own_code", "coder": "Mia"},
    {"tier": "gap", "start": 3.0, "end": 3.5, "label": "lapse"},
)
PEOPLE = (Person("S", "Sam", "salesperson", "en"), Person("C", "Anna", "customer", "nl"))


@pytest.fixture
def meeting() -> Material:
    return material(DIALOGUE, *PEOPLE)


def written(given_: Material, folder: Path) -> Path:
    path = folder / "meeting.eaf"
    path.write_bytes(write_elan(given_, Options()))
    return path


def document(given_: Material) -> etree._Element:
    return etree.fromstring(write_elan(given_, Options()))


def eaf(tmp_path: Path, tiers: str, slots: str = "", head: str = "") -> Path:
    """A file of few lines by hand; its tiers begin on line 8."""
    times = slots or "".join(
        f'<TIME_SLOT TIME_SLOT_ID="ts{i}" TIME_VALUE="{i * 1000}"/>' for i in range(1, 5)
    )
    path = tmp_path / "by_hand.eaf"
    path.write_text(
        f'<?xml version="1.0"?>\n{head}\n<ANNOTATION_DOCUMENT AUTHOR="" VERSION="2.8">\n'
        f"<HEADER/>\n<TIME_ORDER>\n{times}\n</TIME_ORDER>\n{tiers}\n</ANNOTATION_DOCUMENT>",
        encoding="utf-8",
    )
    return path


def aligned(name: str, first: int, second: int, text: str, more: str = "") -> str:
    """A tier of one annotation, which stands on the second line."""
    return (
        f'<TIER TIER_ID="{name}" LINGUISTIC_TYPE_REF="x"{more}>\n<ANNOTATION><ALIGNABLE_ANNOTATION'
        f' ANNOTATION_ID="a{first}{second}" TIME_SLOT_REF1="ts{first}" TIME_SLOT_REF2="ts{second}">'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>"
    )


@pytest.mark.shared
@needs_schemas
@given(materials())
@settings(max_examples=40, deadline=None)
def test_every_file_is_valid(random_meeting: Material) -> None:
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "EAFv3.0.xsd"))
    schema.assertValid(document(random_meeting))


@given(materials())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_tells_all_that_it_can_hold(tmp_path: Path, random_meeting: Material) -> None:
    reading = read_elan(written(random_meeting, tmp_path), random_meeting)
    assert told(reading, 1000) == expected(random_meeting, 1000)
    assert {row["id"] for row in reading.rows} == set(random_meeting.shown["id"])
    assert reading.tiers == lanes_of(random_meeting)


def test_an_independent_reader_sees_the_same(meeting: Material, tmp_path: Path) -> None:
    read = pympi.Elan.Eaf(str(written(meeting, tmp_path)))
    assert read.get_annotation_data_for_tier("turn@S") == [(500, 2000, 'Say "hi" & <go>')]
    assert read.get_annotation_data_for_tier("turn@C") == [(1500, 3000, "---")]
    assert sorted(read.get_annotation_data_for_tier("nod@C")) == [
        (1000, 2000, "repeated"),
        (4000, 4500, "tilted"),
    ]
    assert read.get_annotation_data_for_tier("pause@S") == [(1000, 1250, "pause")]
    assert read.get_annotation_data_for_tier("action@S") == [(500, 2000, "small_talk: hi")]
    assert read.get_annotation_data_for_tier("action@S~2") == [(600, 1900, "own_code")]
    assert read.get_parameters_for_tier("turn@C")["PARTICIPANT"] == "Anna"
    assert "single" in {value for value, _, _ in _entries(read, "nod")}


def _entries(read: pympi.Elan.Eaf, name: str) -> list[tuple[str, str, object]]:
    return [entry for entries, _ in read.get_cv_entries(name).values() for entry in entries]


def test_tiers_say_who_was_coded_and_who_coded(meeting: Material) -> None:
    tiers = {tier.get("TIER_ID"): dict(tier.attrib) for tier in document(meeting).iter("TIER")}
    assert tiers["nod@C"] == {
        "TIER_ID": "nod@C",
        "PARTICIPANT": "Anna",
        "ANNOTATOR": "Mia",
        "LINGUISTIC_TYPE_REF": "nod",
    }
    assert "ANNOTATOR" not in tiers["action@S"]
    assert "PARTICIPANT" not in tiers["gap"]
    assert (tiers["turn@S"]["LANG_REF"], tiers["turn@C"]["LANG_REF"]) == ("en", "nl")


def test_a_tier_has_no_annotator_where_several_coded(meeting: Material) -> None:
    two = meeting.table.assign(coder=["Mia" if i % 2 else "" for i in range(len(meeting.table))])
    tiers = {tier.get("TIER_ID"): tier for tier in document(replace(meeting, table=two)).iter("TIER")}
    assert two[two["tier"] == "nod"]["coder"].nunique() == 2
    assert tiers["nod@C"].get("ANNOTATOR") is None


def test_vocabularies_hold_the_tiers_labels_the_codebook_and_what_a_lab_added(meeting: Material) -> None:
    root = document(meeting)
    closed = {
        cv.get("CV_ID"): [value.text for value in cv.iter("CVE_VALUE")]
        for cv in root.iter("CONTROLLED_VOCABULARY")
    }
    assert closed["nod"] == ["single", "repeated", "tilted"]
    assert closed["pause"] == ["pause"]
    assert {"small_talk", "formulation", "own_code"} <= set(closed["action"])
    types = {one.get("LINGUISTIC_TYPE_ID"): one for one in root.iter("LINGUISTIC_TYPE")}
    assert types["nod"].get("CONTROLLED_VOCABULARY_REF") == "nod"
    assert types["turn"].get("CONTROLLED_VOCABULARY_REF") is None


def test_a_camera_that_began_later_has_a_negative_origin(meeting: Material) -> None:
    media = (
        Medium(Path("/rec/room one/Gespräch #1.mp4"), 0.0, 60.0, pictures=True),
        Medium(Path("/rec/cam2.xyz"), 2.5, 50.0, pictures=True),
        Medium(Path("/rec/table.wav"), -0.25, 61.0),
    )
    found = [dict(one.attrib) for one in document(replace(meeting, media=media)).iter("MEDIA_DESCRIPTOR")]
    assert found[0] == {
        "MEDIA_URL": "file:///rec/room one/Gespräch #1.mp4",
        "MIME_TYPE": "video/mp4",
        "RELATIVE_MEDIA_URL": "./Gespräch #1.mp4",
    }
    # What ELAN plays at the time of an annotation is that time plus the origin.
    assert (found[1]["TIME_ORIGIN"], found[1]["MIME_TYPE"]) == ("-2500", "video/*")
    assert found[2]["TIME_ORIGIN"] == "250"
    assert found[2]["MIME_TYPE"].startswith("audio/")


def test_annotations_have_the_same_ids_in_every_file(meeting: Material) -> None:
    ids = [{one.get("ANNOTATION_ID") for one in document(meeting).iter("ALIGNABLE_ANNOTATION")} for _ in "ab"]
    assert ids[0] == ids[1] == {annotation_id(row) for row in meeting.shown["id"]}
    assert len({annotation_id(row) for row in ("a:b", "a_b", "a_3a_b", "a.b", "é", "_e9_")}) == 6


def test_time_slots_are_in_order_and_nobodys_twice(meeting: Material) -> None:
    root = document(meeting)
    times = [int(slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")]
    edges = [one.get(f"TIME_SLOT_REF{i}") for one in root.iter("ALIGNABLE_ANNOTATION") for i in (1, 2)]
    assert times == sorted(times)
    assert len(set(edges)) == len(edges) == len(times)


@pytest.mark.shared
@pytest.mark.skipif(not (RECORDINGS / "ifadv").is_dir(), reason="the IFADV dialogue is not here")
def test_the_real_dialogue_of_an_older_version_is_read() -> None:
    path = RECORDINGS / "ifadv" / "DVA13U.eaf"
    nobody = material(of_rows(), Person("1", "spreker1"), Person("2", "spreker2"))
    reading = read_elan(path, nobody)
    assert len(reading.rows) == path.read_bytes().count(b"<ALIGNABLE_ANNOTATION") > 1000
    judge = pympi.Elan.Eaf(str(path))
    for name, who in (("spreker1 [v] (TIE0)", "1"), ("spreker2 [v] (TIE2)", "2")):
        ours = [(row["start"], row["end"]) for row in reading.rows if row["tier"] == name]
        assert {row["participant"] for row in reading.rows if row["tier"] == name} == {who}
        assert sorted(ours) == sorted(
            (s / 1000, e / 1000) for s, e, _ in judge.get_annotation_data_for_tier(name)
        )


@pytest.mark.shared
@needs_schemas
def test_tiers_that_hang_on_others_take_their_times_from_them(tmp_path: Path) -> None:
    path = tmp_path / "sample.eaf"
    path.write_bytes(gzip.decompress((SCHEMAS / "sample_3.0.eaf.gz").read_bytes()))
    reading = read_elan(path, material(of_rows()))
    table = pd.DataFrame(reading.rows)
    first = {tier: rows.head(5) for tier, rows in table.groupby("tier")}
    assert set(table["tier"]) == {
        "text",
        "words-timesub",
        "words-symsub",
        "gestures",
        "gest_included",
        "words-pos",
    }
    whole = first["text"].iloc[0]
    words = first["words-symsub"]
    assert list(words["label"]) == ["The", "quick", "brown", "fox", "001"]
    assert (words["start"].iloc[0], words["end"].iloc[-1]) == (whole["start"], whole["end"])
    assert words["end"].diff()[1:].round(6).nunique() == 1
    assert list(first["words-pos"]["start"]) == list(words["start"])
    # The words of the third sentence, which subdivide its time, have no times of their own in the file.
    third, parent = (table[table["tier"] == tier] for tier in ("words-timesub", "text"))
    third, parent = third.iloc[10:15], parent.iloc[2]
    lengths = third["end"] - third["start"]
    assert (third["start"].iloc[0], third["end"].iloc[-1]) == (parent["start"], parent["end"])
    assert lengths.max() - lengths.min() < 1e-9


def test_foreign_tiers_keep_their_names_and_go_to_whom_they_name(meeting: Material, tmp_path: Path) -> None:
    tiers = [
        aligned("gestures", 1, 2, "stroke", ' PARTICIPANT="anna"'),
        aligned("k-spk@room", 1, 3, "x", ' PARTICIPANT="Zoe"'),
        aligned("nod@Sam", 1, 4, "single"),
        aligned("pause", 2, 3, "", ' PARTICIPANT="Sam"'),
    ]
    reading = read_elan(eaf(tmp_path, "\n".join(tiers)), meeting)
    assert reading.tiers == {("gestures", "C"), ("k-spk@room", ""), ("nod", "S"), ("pause", "S")}
    assert reading.rows[0] == {
        **{"tier": "gestures", "participant": "C", "start": 1.0, "end": 2.0},
        **{"label": "stroke", "text": ""},
    }


def test_windows_files_with_a_byte_order_mark_are_read(meeting: Material, tmp_path: Path) -> None:
    path = written(meeting, tmp_path)
    unix = read_elan(path, meeting)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_elan(path, meeting) == unix


def test_parts_of_an_annotation_are_in_the_order_that_they_name(meeting: Material, tmp_path: Path) -> None:
    parts = "".join(
        f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="{one}" ANNOTATION_REF="a13"{before}>'
        f"<ANNOTATION_VALUE>{one}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"
        for one, before in (("last", ' PREVIOUS_ANNOTATION="first"'), ("first", ""))
    )
    child = f'<TIER TIER_ID="parts" PARENT_REF="whole" LINGUISTIC_TYPE_REF="y">{parts}</TIER>'
    reading = read_elan(eaf(tmp_path, child + aligned("whole", 1, 3, "x")), meeting)
    assert {row["label"]: (row["start"], row["end"]) for row in reading.rows} == {
        "first": (1.0, 2.0),
        "last": (2.0, 3.0),
        "x": (1.0, 3.0),
    }


REF = (
    '<TIER TIER_ID="t" LINGUISTIC_TYPE_REF="x"><ANNOTATION>\n<REF_ANNOTATION ANNOTATION_ID="b1"'
    ' ANNOTATION_REF="{}"><ANNOTATION_VALUE>hm</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>'
)
BOMB = '<!DOCTYPE a [<!ENTITY b "ha">]>'


@pytest.mark.parametrize(
    ("tiers", "head", "line", "what"),
    [
        (aligned("nod@Zoe", 1, 2, "x"), "", 8, "no participant 'Zoe'.*name one of S \\(Sam\\), C \\(Anna\\)"),
        (aligned("nod@S", 3, 2, "x"), "", 9, "'x' ends at 2 s, before it starts at 3 s"),
        (aligned("nod@S", 1, 9, "x"), "", 9, "time slot 'ts9' of 'x' does not exist"),
        (
            aligned("a", 1, 2, "x") + "\n" + aligned("b", 1, 2, "x"),
            "",
            11,
            "'a12' is used twice, before in line 9",
        ),
        (REF.format("b9"), "", 9, "'b9', which does not exist"),
        (REF.format("b1"), "", 9, "belongs to it in turn"),
        ("<TIER>", "", 9, "not well-formed XML"),
        (aligned("nod@S", 1, 2, "&b;"), BOMB, 2, "entities of its own"),
        (aligned("nod@S", 1, 2, "&b;"), "<!DOCTYPE a SYSTEM 'a.dtd'>", 9, "entities of its own"),
    ],
)
def test_mistakes_are_told_by_line(
    meeting: Material, tmp_path: Path, tiers: str, head: str, line: int, what: str
) -> None:
    path = eaf(tmp_path, tiers, head=head)
    with pytest.raises(
        FileFaultError, match=f"^{re.escape(str(path))}, line {line}: .*{what}.*Nothing was imported"
    ):
        read_elan(path, meeting)


def test_a_slot_that_no_neighbour_dates_is_a_fault(meeting: Material, tmp_path: Path) -> None:
    slots = '<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="5"/>\n<TIME_SLOT TIME_SLOT_ID="ts2"/>'
    with pytest.raises(FileFaultError, match=r"line 10: 'x' has no times"):
        read_elan(eaf(tmp_path, aligned("nod@S", 1, 2, "x"), slots), meeting)
    slots = slots.replace('"5"', '"five"')
    with pytest.raises(FileFaultError, match=r"line 6: the time 'five'"):
        read_elan(eaf(tmp_path, aligned("nod@S", 1, 2, "x"), slots), meeting)


def test_a_file_of_another_program_or_encoding_is_refused(meeting: Material, tmp_path: Path) -> None:
    path = tmp_path / "other.eaf"
    path.write_text("\n<html/>")
    with pytest.raises(FileFaultError, match=r"line 2: the file begins with <html>"):
        read_elan(path, meeting)
    path.write_bytes(b"<?xml version='1.0'?>\n<ANNOTATION_DOCUMENT AUTHOR='Andr\xe9'/>")
    with pytest.raises(FileFaultError, match=r"line 2: it is not UTF-8"):
        read_elan(path, meeting)
