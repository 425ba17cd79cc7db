"""The founding paper's transcripts come out as they were published."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pipeline.exports.draft import DraftLine, draft_lines
from pipeline.exports.formats import Options
from pipeline.exports.material import Material
from tests.exports import papers


@pytest.fixture
def printed(tmp_path: Path) -> Options:
    """The paper's notation: capitals as typed, lines as long as the page, no ] at a turn's end."""
    from pipeline.settings import configs_folder

    text = (configs_folder() / "notation" / "jefferson.yaml").read_text(encoding="utf-8")
    text = text.replace("overlap_end: always", "overlap_end: where_talk_follows").replace(
        "width: 58", "width: 70"
    )
    text = text.replace("capitals: none", "capitals: as_heard")
    own = tmp_path / "printed.yaml"
    own.write_text(text, encoding="utf-8")
    return Options(notation=str(own))


def published(text: str) -> list[tuple[str, str]]:
    """Speaker and talk of each turn and silence, lines that go on joined to the one before: where lines
    break is not determined by what was heard.
    """
    turns: list[tuple[str, str]] = []
    for line in text.splitlines():
        speaker, colon, talk = line.partition(": ")
        if colon:
            turns.append((speaker, talk.strip()))
        elif line.startswith("("):
            turns.append(("", line))
        else:
            turns[-1] = (turns[-1][0], f"{turns[-1][1]} {line}")
    return turns


def drafted(lines: Iterable[DraftLine]) -> list[tuple[str, str]]:
    turns: list[tuple[str, str]] = []
    for line in lines:
        if line.speaker or not line.participant:
            turns.append((line.speaker, line.text.strip()))
        else:
            turns[-1] = (turns[-1][0], f"{turns[-1][1]} {line.text}")
    return turns


@pytest.mark.parametrize(
    ("make", "text"), [(papers.holidays, papers.HOLIDAYS), (papers.papers, papers.PAPERS)], ids=["1", "2"]
)
def test_every_turn_mark_and_silence_is_as_published(
    make: Callable[[], Material], text: str, printed: Options
) -> None:
    assert drafted(draft_lines(make(), printed)) == published(text)


def test_the_overlapping_agreement_stands_under_what_it_overlaps(printed: Options) -> None:
    *_, big, agreed = draft_lines(papers.papers(), printed)
    assert big.text == "iso ero. [iso ero."
    assert agreed.text == "         [on."
    assert big.text.index("[") == agreed.text.index("[")
