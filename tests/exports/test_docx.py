"""The draft for Word, as another library and a person's program see it, and a corrected one read back."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import Phase, given, settings

from pipeline.exports.docx import FONT, read_lines, write_docx
from pipeline.exports.draft import draft_lines
from pipeline.exports.formats import Options
from pipeline.exports.reading import FileFaultError
from pipeline.timeline.table import timeline
from tests.exports.made import conversations, material
from tests.exports.test_marking import TEXT

docx = pytest.importorskip("docx", reason="python-docx judges Word files")


@pytest.fixture
def talk():
    """A turn with stress on one word."""
    words = [
        {"id": f"w{i}", "tier": "word", "participant": "A", "start": float(i), "end": i + 1.0, "text": word}
        for i, word in enumerate(TEXT.split())
    ]
    turn = {"id": "t", "tier": "turn", "participant": "A", "start": 0.0, "end": 4.0, "text": TEXT}
    turn["evidence"] = "w0 w1 w2 w3"
    stress = {"id": "s", "tier": "stress", "participant": "A", "start": 1.0, "end": 2.0}
    gap = {"id": "g", "tier": "gap", "start": 4.0, "end": 5.0, "value": 1.0}
    return material(timeline([*words, turn, stress, gap]))


def test_a_line_is_a_paragraph_with_stress_underlined_and_spelling_unchecked(talk, tmp_path: Path) -> None:
    path = tmp_path / "draft.docx"
    path.write_bytes(write_docx(talk, Options(translation=True)))
    document = docx.Document(str(path))
    lines = [p for p in document.paragraphs if p.style.name == "Line"]
    assert [p.text for p in lines] == ["01\tA:\tand then we talked", "02\t\t(1.0)"]
    assert [run.text for run in lines[0].runs if run.underline] == ["then"]
    assert [p.text for p in document.paragraphs if p.style.name == "Translation"] == ["\t\t"]
    normal = document.styles["Normal"]
    assert normal.font.name == FONT
    assert normal.font.no_proof
    assert all(document.styles[name].base_style == normal for name in ("Line", "Translation", "Body"))


@settings(max_examples=15, deadline=None, phases=[Phase.reuse, Phase.generate])
@given(conversations())
def test_the_lines_come_back_as_they_were_written(tmp_path_factory: pytest.TempPathFactory, table) -> None:
    made = material(table)
    path = tmp_path_factory.mktemp("docx") / "draft.docx"
    path.write_bytes(write_docx(made, Options()))
    lines = draft_lines(made, Options(), underline=True)
    assert [(one.speaker, one.text) for one in read_lines(path)] == [(one.speaker, one.text) for one in lines]


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def document(*paragraphs: str, before: str = "") -> str:
    body = "".join(f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>" for text in paragraphs)
    return f'{before}<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'.replace(
        "\t", "</w:t><w:tab/><w:t>"
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "is no Word document"),
        ({"word/other.xml": ""}, "is no Word document"),
        ({"word/document.xml": document("1\tA:\tso", before='<!DOCTYPE x [<!ENTITY a "b">]>')}, "entities"),
        ({"word/document.xml": document("1\tA:\tso", "who said that?")}, "paragraph 2"),
        ({"word/document.xml": document("only prose")}, "no lines of a draft"),
        ({"word/document.xml": "<w:document"}, "damaged"),
    ],
)
def test_a_fault_is_one_sentence(content: dict[str, str] | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "draft.docx"
    path.write_bytes(b"no zip")
    if content is not None:
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in content.items():
                archive.writestr(name, text)
    with pytest.raises(FileFaultError) as fault:
        read_lines(path)
    assert told in str(fault.value)
    assert str(fault.value).endswith("Nothing was imported.")
    assert "\n" not in str(fault.value)
