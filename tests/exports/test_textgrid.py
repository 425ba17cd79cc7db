"""TextGrids: tiled as Praat demands, read alike by others, and back without loss."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from praatio import textgrid as praatio

from pipeline.exports.formats import Options
from pipeline.exports.material import Material, Person
from pipeline.exports.reading import FileFaultError
from pipeline.exports.textgrid import TICKS, read_textgrid, write_textgrid
from pipeline.exports.tiers import meant, shown
from pipeline.exports.xml import clean
from tests.exports.lanes_told import AWKWARD, expected, lanes_of, materials, of_rows, told
from tests.exports.made import material

DIALOGUE = of_rows(
    {"tier": "turn", "participant": "S", "start": 0.5, "end": 2.0, "text": 'Say "hi"\nthen'},
    {"tier": "turn", "participant": "C", "start": 1.5, "end": 3.0, "label": "no_words"},
    {"tier": "pause", "participant": "S", "start": 1.0, "end": 1.25},
    {"tier": "pause", "participant": "S", "start": 1.25, "end": 1.5},
    {"tier": "action", "participant": "S", "start": 0.5, "end": 2.0, "label": "small_talk", "text": "hi"},
    {"tier": "action", "participant": "S", "start": 0.6, "end": 1.9, "label": "smile"},
    {"tier": "gap", "start": 3.0, "end": 3.5, "label": "lapse"},
)


@pytest.fixture
def meeting() -> Material:
    return material(DIALOGUE, Person("S", "Sam"), Person("C", "Anna"), duration=10.0)


def written(given_: Material, folder: Path) -> Path:
    path = folder / "meeting.TextGrid"
    path.write_bytes(write_textgrid(given_, Options()))
    return path


def lf(text: str) -> str:
    """A text as a TextGrid holds it."""
    return clean(text).replace("\r\n", "\n").replace("\r", "\n")


@given(materials())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_tells_all_that_it_can_hold(tmp_path: Path, random_meeting: Material) -> None:
    reading = read_textgrid(written(random_meeting, tmp_path), random_meeting)
    assert told(reading, TICKS) == expected(random_meeting, TICKS, lf)
    assert reading.tiers == lanes_of(random_meeting)


@given(materials())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_intervals_of_every_tier_lie_side_by_side(tmp_path: Path, random_meeting: Material) -> None:
    content = written(random_meeting, tmp_path).read_text(encoding="utf-8")
    first, last = re.findall(r"^xm(?:in|ax) = (\S+)", content, re.M)
    for tier in re.split(r"^    item \[\d+\]:", content, flags=re.M)[1:]:
        edges = re.findall(r"^            xm(?:in|ax) = (\S+)$", tier, re.M)
        assert math.isclose(float(edges[0]), float(first))
        assert edges[-1] == last
        assert edges[1:-1:2] == edges[2::2]
        assert all(float(start) < float(end) for start, end in zip(edges[::2], edges[1::2], strict=True))


def test_an_independent_reader_sees_the_same(meeting: Material, tmp_path: Path) -> None:
    read = praatio.openTextgrid(str(written(meeting, tmp_path)), includeEmptyIntervals=False)
    assert read.maxTimestamp == 10.0
    assert [tuple(one) for one in read.getTier("turn@Sam").entries] == [(0.5, 2.0, 'Say "hi"\nthen')]
    assert [tuple(one) for one in read.getTier("turn@Anna").entries] == [(1.5, 3.0, "---")]
    assert [tuple(one) for one in read.getTier("pause@Sam").entries] == [
        (1, 1.25, "pause"),
        (1.25, 1.5, "pause"),
    ]
    assert [tuple(one) for one in read.getTier("action@Sam").entries] == [(0.5, 2.0, "small_talk: hi")]
    assert [tuple(one) for one in read.getTier("action@Sam~2").entries] == [(0.6, 1.9, "smile")]
    assert [tuple(one) for one in read.getTier("gap").entries] == [(3.0, 3.5, "lapse")]


def test_praat_opens_it_and_what_praat_saves_is_read(meeting: Material, tmp_path: Path) -> None:
    parselmouth = pytest.importorskip("parselmouth", reason="praat-parselmouth is not installed")
    path = written(meeting, tmp_path)
    ours = read_textgrid(path, meeting)
    grid = parselmouth.read(str(path))
    assert parselmouth.praat.call(grid, "Get label of interval", 2, 2) == 'Say "hi"\nthen'
    for save in ("Save as text file", "Save as short text file"):
        saved = tmp_path / f"{save}.TextGrid"
        parselmouth.praat.call(grid, save, str(saved))
        assert told(read_textgrid(saved, meeting), TICKS) == told(ours, TICKS)


@pytest.mark.parametrize("tier", ["pause", "word", "turn"])
def test_what_says_nothing_says_its_tier_and_nothing_else_is_taken_for_it(tier: str) -> None:
    texts = ["", "pause", "\\pause", "\\\\pause", "∅", "\\∅", "word", *AWKWARD]
    assert all(shown(tier, text) for text in texts)
    assert [meant(tier, shown(tier, text)) for text in texts] == texts
    assert len({shown(tier, text) for text in texts}) == len(set(texts))
    assert shown(tier, "hello") == "hello"


def test_a_name_that_is_somebody_elses_id_is_not_used() -> None:
    table = of_rows(
        *({"tier": "turn", "participant": who, "start": 0, "end": 1, "text": who} for who in "SC")
    )
    content = write_textgrid(material(table, Person("S", "C"), Person("C", "Anna")), Options()).decode()
    assert re.findall(r'name = "(.*)"', content) == ["turn@Anna", "turn@S"]


SHORT = (
    '"ooTextFile"\n"TextGrid"\n0\n5\n<exists>\n2\n"IntervalTier"\n"nod@Sam"\n0\n5\n3\n'
    '0\n1\n""\n1\n2.5\n"a ""b""\nc"\n2.5\n5\n""\n"TextTier"\n"comment"\n0\n5\n1\n1.5e0\n"click"\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_short_form_points_and_other_encodings_are_read(
    meeting: Material, tmp_path: Path, encoding: str, end: str
) -> None:
    path = tmp_path / "short.TextGrid"
    path.write_bytes(("File type = " + SHORT).replace("\n", end).encode(encoding))
    reading = read_textgrid(path, meeting)
    assert reading.tiers == {("nod", "S"), ("comment", "")}
    assert [tuple(row.values()) for row in reading.rows] == [
        ("nod", "S", 1.0, 2.5, 'a "b"\nc', ""),
        ("comment", "", 1.5, 1.5, "", "click"),
    ]


def test_a_foreign_tier_keeps_its_name(meeting: Material, tmp_path: Path) -> None:
    path = tmp_path / "foreign.TextGrid"
    path.write_text(SHORT.replace("nod@Sam", "phones~2"))
    assert ("phones~2", "") in read_textgrid(path, meeting).tiers


def test_a_grid_without_tiers_holds_nothing(meeting: Material, tmp_path: Path) -> None:
    path = tmp_path / "empty.TextGrid"
    path.write_text('"ooTextFile"\n"TextGrid"\n0 5 <absent>\n')
    assert read_textgrid(path, meeting).rows == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("nod@Sam", "nod@Zoe", 8, "no participant 'Zoe'.*name one of S \\(Sam\\), C \\(Anna\\)"),
        ("1\n2.5\n", "1\n0.5\n", 15, "ends at 0.5 s, before it starts at 1 s"),
        ("1\n2.5\n", "0.5\n2.5\n", 15, "starts at 0.5 s, the one before it ends at 1 s"),
        ('"a ""b""', '"a "b""', 17, "a time is expected where"),
        ('\n"click"', '\n"click', 28, "no closing"),
        ("\n3\n0\n1", "\n4\n0\n1", 22, "a time is expected where 'TextTier' stands"),
        ("\n3\n0\n1", "\n2.5\n0\n1", 11, "cannot be 2.5"),
        ("\n3\n0\n1", "\n1e999\n0\n1", 11, "cannot be inf"),
        ("TextTier", "PitchTier", 22, "'PitchTier' is no class of tier"),
        ('"TextGrid"', '"Pitch"', 2, "not a TextGrid"),
        ('"click"\n', "", 27, "the file ends where a text"),
    ],
)
def test_mistakes_are_told_by_line(
    meeting: Material, tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    path = tmp_path / "by_hand.TextGrid"
    path.write_text(SHORT.replace(old, new, 1))
    with pytest.raises(FileFaultError, match=f"line {line}: .*{what}.*Nothing was imported"):
        read_textgrid(path, meeting)


def test_latin_1_is_refused_with_its_line(meeting: Material, tmp_path: Path) -> None:
    path = tmp_path / "latin.TextGrid"
    path.write_bytes(SHORT.replace("click", "né").encode("latin-1"))
    with pytest.raises(FileFaultError, match=r"line 28: it is not UTF-8"):
        read_textgrid(path, meeting)
