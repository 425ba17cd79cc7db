"""Names that people gave in the review, after another analysis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.manifest import called, called_again, people_of, read_manifest, write_manifest
from pipeline.publish import _with_human_parts


def manifest(**people: str) -> dict[str, Any]:
    """What a meeting file with these people, by id, makes of a manifest."""
    listed = [
        {"id": who, "pseudonym": name, "role": "other", "language": None} for who, name in people.items()
    ]
    return {"meeting": {"participants": listed}}


def again(
    before: dict[str, Any], names: dict[str, str], after: dict[str, Any], **now: str
) -> tuple[dict[str, str], list[str]]:
    """What everybody is called, and what is doubted, after a rename and another analysis."""
    renamed = called(before, names)["renamed"]
    found, doubts = called_again(after, renamed, now)
    assert called_again(after, found["renamed"], {who: who for who in now.values()})[0] == found
    return people_of(found), doubts


def test_a_name_stays_with_whom_the_meeting_file_lists():
    file = manifest(S="Sam", C="Anna")
    assert again(file, {"C": "Anne"}, file, S="C", C="S") == ({"S": "Sam", "C": "Anne"}, [])


def test_names_may_be_exchanged():
    file = manifest(S="Sam", C="Anna")
    assert again(file, {"S": "Anna", "C": "Sam"}, file) == ({"S": "Anna", "C": "Sam"}, [])


def test_a_name_goes_with_the_voice_of_whom_no_file_lists():
    assert again(manifest(), {"P1": "Anna"}, manifest(), P1="P2", P2="P1") == ({"P2": "Anna"}, [])
    assert again(manifest(), {"P1": "Anna"}, manifest(C="C"), P1="C") == ({"C": "Anna"}, [])


def test_a_later_name_in_the_meeting_file_is_kept_and_told():
    named, doubts = again(manifest(C="Anna"), {"C": "Anne"}, manifest(C="Maria"))
    assert named == {"C": "Maria"}
    assert doubts == ["The meeting file now calls C Maria; the name Anne of before is not kept."]
    assert again(manifest(C="Anna"), {"C": "Maria"}, manifest(C="Maria")) == ({"C": "Maria"}, [])


def test_two_people_are_never_called_the_same():
    named, doubts = again(manifest(C="Anna", S="Sam"), {"C": "Maria"}, manifest(C="Anna", S="Maria"))
    assert named == {"C": "Anna", "S": "Maria"}
    assert doubts == ["C is no longer called Maria, as somebody else is; rename one of them."]


def test_where_two_voices_are_one_now_its_own_name_stays():
    now = {"P1": "P1", "P2": "P1", "P3": "P2"}
    names = {"P1": "Sam", "P2": "Anna", "P3": "Ben"}
    named, doubts = again(manifest(), names, manifest(), **now)
    assert named == {"P1": "Anna", "P2": "Ben"}
    assert doubts == ["P1 is another voice now; the name Sam of before is not kept."]


def test_a_rename_of_an_early_version_is_kept(tmp_path: Path):
    told = called(manifest(C="Anna"), {"C": "Jo"})
    write_manifest(tmp_path, {**told, "renamed": {"C": "Jo"}})
    known = read_manifest(tmp_path)
    found, doubts = called_again(manifest(C="Anna"), known["renamed"], {})
    assert people_of(found) == {"C": "Jo"} and not doubts
    assert people_of(called(known, {"C": "Eva"})) == {"C": "Eva"}


def test_a_name_by_voice_leaves_a_code_that_is_another_voice_now(tmp_path: Path):
    before = called(manifest(C="C", S="S"), {"C": "Anna", "S": "Sam"})
    by_voice = {"C": {"name": "Anna"}, "S": {"name": "Sam"}}
    write_manifest(tmp_path, {**before, "recognised": by_voice})
    after = _with_human_parts(tmp_path, manifest(C="C", S="S"), Warned(), {"C": "S", "S": "C"})
    assert people_of(after) == {"C": "C", "S": "S"} and not after.get("recognised")
    same = _with_human_parts(tmp_path, manifest(C="C", S="S"), Warned(), {"C": "C", "S": "S"})
    assert people_of(same) == {"C": "Anna", "S": "Sam"} and same["recognised"] == by_voice


class Warned:
    """Takes the place of a run, for what it is warned of."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def warn(self, sentence: str) -> None:
        self.said.append(sentence)


@pytest.mark.parametrize("names", [{"C": "Anna"}, {"C": "Maria", "P3": "Ben"}])
def test_a_name_of_before_is_no_rename(names: dict[str, str]):
    first = called(manifest(C="Anna"), names)
    back = called(first, {"C": "Anna"})
    assert "C" not in back["renamed"] and people_of(back)["C"] == "Anna"
