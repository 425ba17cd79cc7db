"""Names that people gave in the review, after another analysis."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.manifest import called, called_again, people_of


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


@pytest.mark.parametrize("names", [{"C": "Anna"}, {"C": "Maria", "P3": "Ben"}])
def test_a_name_of_before_is_no_rename(names: dict[str, str]):
    first = called(manifest(C="Anna"), names)
    back = called(first, {"C": "Anna"})
    assert "C" not in back["renamed"] and people_of(back)["C"] == "Anna"
