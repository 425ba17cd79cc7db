"""CHAT read: faults of a corrected file are told with their line, transcripts of others are kept whole."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import RapportError
from pipeline.exports.chat import chat_lines, read_chat, timeline_of_chat, write_chat
from pipeline.exports.formats import Options
from pipeline.exports.material import Material
from pipeline.exports.reading import FileFaultError
from tests.conftest import RECORDINGS
from tests.exports.lanes_told import of_rows
from tests.exports.made import material
from tests.exports.test_chat import ANNA, SAM, turn, written

CABNC = RECORDINGS / "cabnc_ca"
CLIPS = RECORDINGS / "chat"
REFUSED = {
    "021A-C0897X0026XX-AAZZP0": 14,
    "021A-C0897X0106XX-ABZZP0": 27,
    "021A-C0897X0140XX-ABZZP0": 24,
    "021A-C0897X0176XX-AAZZP0": 14,
    "021A-C0897X0188XX-ABZZP0": 268,
    "021A-C0897X0409XX-ABZZP0": 9,
    "021A-C0897X0519XX-ABZZP0": 1,
    "021A-C0897X0549XX-ABZZP0": 1,
    "021A-C0897X0556XX-ABZZP0": 18,
}
"""Files of the CABNC that hold lines which cannot be told to be talk or not, and the first such line."""


@pytest.fixture
def corrected(tmp_path: Path) -> tuple[Path, Material]:
    rows = of_rows(
        turn("S", 0, 1, "hi there"), {"tier": "gap", "start": 1, "end": 1.5}, turn("C", 1.5, 3, "hello")
    )
    meeting = material(rows, SAM, ANNA)
    return written(meeting, tmp_path), meeting


@pytest.mark.parametrize(
    ("old", "new", "after", "told"),
    [
        ("@Begin\n", "", None, "no @Begin"),
        ("@End\n", "", 2, "ends without @End"),
        (
            "*SAM:\t",
            "*TOM:\t",
            0,
            r"\*TOM is not among @Participants, who are SAM \(Sam\), ANN \(Anna_Maria\)",
        ),
        ("*SAM:\t", "*SAM\t", 0, "no colon"),
        ("*SAM:\t", "SAM:\t", 0, "begins with neither"),
        ("0_1000", "2000_1000", 0, "ends before it begins"),
        ("1500_3000", "500_3000", 2, "before the line above"),
        ("1500_3000", "1500-3000", 2, "mark of time is broken"),
        ("hi there", "⌈hi there", 0, "opened and not closed"),
        ("hi there", "hi there⌉", 0, "was not opened"),
        ("@End\n", "@End\n*SAM:\tbye\n", 4, "goes on after @End"),
    ],
)
def test_faults_are_named_with_their_line(
    corrected: tuple[Path, Material], old: str, new: str, after: int | None, told: str
) -> None:
    path, meeting = corrected
    text = path.read_text()
    line = 1 if after is None else text[: text.index("*SAM")].count("\n") + 1 + after
    path.write_text(text.replace(old, new))
    with pytest.raises(FileFaultError, match=f"{path.name}, line {line}: .*{told}"):
        read_chat(path, meeting)


def test_somebody_of_another_meeting_is_a_fault(corrected: tuple[Path, Material]) -> None:
    path, meeting = corrected
    path.write_text(path.read_text().replace("SAM", "TOM").replace(" Sam ", " Tom "))
    with pytest.raises(
        FileFaultError, match=r"line \d+: \*TOM is nobody of the meeting; .* SAM \(Sam\), ANN"
    ):
        read_chat(path, meeting)


def test_latin_1_is_refused_and_windows_line_ends_are_not(corrected: tuple[Path, Material]) -> None:
    path, meeting = corrected
    rows = read_chat(path, meeting).rows
    data = path.read_bytes()
    path.write_bytes(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))
    assert read_chat(path, meeting).rows == rows
    path.write_bytes(data.replace(b"hello", "hallå".encode("latin-1")))
    with pytest.raises(FileFaultError, match=r"line \d+: it is not UTF-8"):
        read_chat(path, meeting)


def test_a_line_put_in_lies_between_its_neighbours(corrected: tuple[Path, Material]) -> None:
    path, meeting = corrected
    text = path.read_text().replace("*ANN:", "@Comment:\tdoor slams\n%com:\tlooks up\n*ANN:\tmhm\n*ANN:")
    path.write_text(text.replace("\x151500_", "\x152500_"))
    rows = [row for row in read_chat(path, meeting).rows if row["tier"] == "turn"]
    assert [(row["participant"], row["start"], row["end"], row["text"]) for row in rows] == [
        ("S", 0.0, 1.0, "hi there"),
        ("C", 1.5, 2.5, "mhm"),
        ("C", 2.5, 3.0, "hello"),
    ]
    lines = [(line.speaker, line.text, line.start) for line in chat_lines(path)]
    assert lines[2:5] == [("", "[^ door slams]", None), ("", "[^ looks up]", None), ("ANN", "mhm", None)]


def stream(text: str) -> list[str]:
    """Headers, speakers, words and marks of time of a file in order, in whatever lines they stand."""
    found = []
    for row in re.split(r"\r\n?|\n", text.removeprefix("\ufeff")):
        if row.strip() == "@End":
            continue
        if head := re.match(r"(\*[^:\s]+|@[^:\t]+):?", row):
            found.append(head.group(1).strip())
            row = row[head.end() :]
        found += re.sub("(\x15\\d+_\\d+\x15)", r" \1 ", row).split()
    return found


def foreign() -> list[Path]:
    return sorted([*CABNC.glob("*.cha"), *CLIPS.glob("*.cha")])


@pytest.mark.shared
@pytest.mark.skipif(not CABNC.is_dir(), reason="the transcripts of the CABNC are not here")
def test_transcripts_of_others_are_written_again_as_they_were(tmp_path: Path) -> None:
    read = 0
    for path in foreign():
        if path.stem in REFUSED:
            with pytest.raises(RapportError, match=f"{path.name}, line {REFUSED[path.stem]}: "):
                timeline_of_chat(path)
            continue
        theirs = timeline_of_chat(path)
        again = written(theirs, tmp_path)
        assert stream(again.read_text()) == stream(path.read_text()), path.name
        assert (
            timeline_of_chat(again).table.drop(columns="details").equals(theirs.table.drop(columns="details"))
        )
        read += 1
    assert read == len(foreign()) - len(REFUSED) >= 21


@pytest.mark.shared
@pytest.mark.skipif(not CABNC.is_dir(), reason="the transcripts of the CABNC are not here")
def test_silences_after_a_tab_are_gaps_with_their_times() -> None:
    gaps = timelines_gaps(timeline_of_chat(CABNC / "KBK_3-manual.cha"))
    lines = (CABNC / "KBK_3-manual.cha").read_text().splitlines()
    told = [re.fullmatch("\t\\(([\\d.]+)\\)(?: \x15(\\d+)_(\\d+)\x15)?\\s*", line) for line in lines]
    assert [gap[0] for gap in gaps] == [float(one.group(1)) for one in told if one]
    timed = [(int(one.group(2)), int(one.group(3))) for one in told if one and one.group(2)]
    assert [gap[1:] for gap in gaps if gap[3]] == [(start, end, True) for start, end in timed]


def timelines_gaps(of: Material) -> list[tuple[float, int, int, bool]]:
    rows = of.table[of.table["tier"] == "gap"]
    return [
        (value, round(start * 1000), round(end * 1000), '"timed": false' not in details)
        for value, start, end, details in zip(
            rows["value"], rows["start"], rows["end"], rows["details"], strict=True
        )
    ]


@pytest.mark.shared
@pytest.mark.skipif(not CLIPS.is_dir(), reason="the clips of CHAT are not here")
def test_times_of_words_are_read() -> None:
    table = timeline_of_chat(CLIPS / "test.cha").table
    words = table[table["tier"] == "word"]
    assert list(words["text"][:3]) == ["Hello", "i'm", "going"]
    assert list(words["start"][:3]) == [0.125, 2.575, 2.795]
    turns = table[table["tier"] == "turn"]
    assert turns["evidence"].iloc[0] == words["id"].iloc[0]
    assert list(zip(turns["start"], turns["end"], strict=True))[1] == (0.985, 2.395)


def test_what_was_changed_in_a_foreign_transcript_is_written(tmp_path: Path) -> None:
    path = tmp_path / "theirs.cha"
    head = "@Font:\tCAfont\n@UTF8\n@Begin\n@Participants:\tCHR Chris Adult\n@Situation: \ttea\n"
    path.write_text(
        head + "\t(1.2) \x15100_1300\x15\n*CHR:  Oh ⌈yes⌉ \x151300_2000\x15\n*NOR:\tso\n\tit is.\n\n\tdoor\n"
    )
    theirs = timeline_of_chat(path)
    assert [(one.id, one.name) for one in theirs.people] == [("CHR", "Chris"), ("NOR", "NOR")]
    table = theirs.table.copy()
    said_ = table.index[table["text"] == "so it is"][0]
    table.loc[said_, ["status", "end", "details"]] = [
        "edited",
        3.5,
        table["details"][said_].replace("so it", "so is it"),
    ]
    table.loc[table.index[table["tier"] == "comment"], "status"] = "rejected"
    assert write_chat(replace(theirs, table=table), Options()).decode() == (
        "@Font:\tCAfont\n@UTF8\n@Begin\n@Participants:\tCHR Chris Adult\n@Situation:\ttea\n"
        "\t(1.2) \x15100_1300\x15\n*CHR:\tOh ⌈yes⌉ \x151300_2000\x15\n"
        "*NOR:\tso is it is. \x152000_3500\x15\n@End\n"
    )
