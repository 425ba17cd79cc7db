from datetime import datetime
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.meeting import Meeting, meeting_of, read_meeting


def meeting(folder: Path, text: str, *recordings: Path, name: str = "meeting.yaml") -> Meeting:
    (folder / name).write_text(text, encoding="utf-8")
    return read_meeting(folder / name, recordings)


FULL = """
name: first-visit
title: First visit
start: 2024-05-17 10:30:00
language: en
consent: signed by both
files:
  - room.mp4
  - {path: sound/seller.wav, offset: 1.25}
  - path: sound/customer.wav
participants:
  - {id: SP, role: salesperson, file: sound/seller.wav, camera: room.mp4}
  - {id: CU, role: customer, pseudonym: Ms Grey, language: de, file: sound/customer.wav}
"""


def test_a_full_meeting_file(tmp_path):
    found = meeting(tmp_path, FULL)
    assert [file.path for file in found.files] == [
        tmp_path / "room.mp4",
        tmp_path / "sound/seller.wav",
        tmp_path / "sound/customer.wav",
    ]
    assert [file.offset for file in found.files] == [None, 1.25, None]
    assert found.start == datetime(2024, 5, 17, 10, 30)
    assert [person.name for person in found.participants] == ["SP", "Ms Grey"]
    assert found.participants[0].camera == tmp_path / "room.mp4"
    assert found.separate


def test_voices_of_a_mixed_recording(tmp_path):
    found = meeting(tmp_path, "files: [a.wav]\nparticipants: [{id: SP, voice: 2}, {id: CU, voice: 1}]")
    assert not found.separate
    assert [person.voice for person in found.participants] == [2, 1]


def test_a_participant_has_one_face_or_several(tmp_path):
    people = "[{id: A, face: 4}, {id: B, face: [1, 3]}, {id: C}, {id: D, face: }]"
    found = meeting(tmp_path, f"files: [a.mp4]\nparticipants: {people}")
    assert [person.face for person in found.participants] == [(4,), (1, 3), (), ()]


def test_what_came_of_a_meeting_and_what_a_study_compares_by(tmp_path):
    told = (
        "outcome: order\nnext_step: visit\nrating: 6\nmetadata: {site: 12, remote: true, dyad: A-B, fee: 1.5}"
    )
    found = meeting(tmp_path, f"files: [a.wav]\n{told}")
    assert (found.outcome, found.next_step, found.rating) == ("order", "visit", 6.0)
    assert found.metadata == {"site": 12, "remote": True, "dyad": "A-B", "fee": 1.5}
    assert [type(value) for value in found.metadata.values()] == [int, bool, str, float]
    assert found.model_dump(mode="json")["metadata"] == found.metadata
    silent = meeting(tmp_path, "files: [a.wav]")
    assert (silent.outcome, silent.next_step, silent.rating, silent.metadata) == (None, None, None, {})


def test_what_the_meeting_is_called(tmp_path):
    (tmp_path / "tuesday").mkdir()
    assert meeting(tmp_path / "tuesday", "files: [a.wav]").name == "tuesday"
    assert meeting(tmp_path, "files: [a.wav]", name="visit-3.yaml").name == "visit-3"
    assert meeting(tmp_path, "name:\nfiles: [a.wav]", name="visit-4.yaml").name == "visit-4"
    assert meeting_of(Path("x/visit 4.final.mp4")).name == "visit 4.final"


def test_recordings_from_the_command_line_are_the_files(tmp_path):
    recording = tmp_path / "elsewhere" / "a.wav"
    assert [file.path for file in meeting(tmp_path, "title: x", recording).files] == [recording]
    assert [file.path.name for file in meeting(tmp_path, "files: [b.wav]", recording).files] == ["b.wav"]


def test_participants_may_name_a_recording_from_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("meeting.yaml").write_text("participants: [{id: SP, file: a.wav}]")
    found = read_meeting(Path("meeting.yaml"), (Path("a.wav"),))
    assert found.participants[0].file == found.files[0].path == tmp_path / "a.wav"


def test_one_file_is_one_path_however_it_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("b.wav").symlink_to("a.wav")
    assert meeting_of(Path("x/../b.wav")).files[0].path == tmp_path / "a.wav"
    assert meeting_of(Path("b.wav")).name == "b"
    assert meeting(tmp_path, "files: [x/../a.wav]\nparticipants: [{id: SP, file: ./b.wav}]").separate


def test_one_file_may_be_named_without_a_list(tmp_path):
    assert [file.path for file in meeting(tmp_path, "files: room.mp4").files] == [tmp_path / "room.mp4"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("titel: x\nfiles: [a.wav]", "titel"),
        ("title: x", "files"),
        ("files: [{path: a.wav, ofset: 1}]", "ofset"),
        ("files: [a.wav]\nname: a/b", "name"),
        ("files: [a.wav]\nname: ..", "name"),  # results would be written beside the outputs
        ("files: [a.wav]\nname: .", "name"),
        ("files: {room: a.wav}", "files: it must be a list"),
        ("files: [a.wav]\nparticipants: [{id: S P}]", "id"),
        ("files: [a.wav]\nparticipants: [{id: SP, role: boss}]", "role"),
        ("files: [a.wav]\nparticipants: [{id: SP, voice: 0}]", "voice"),
        ("files: [a.wav]\nparticipants: [{id: SP}, {id: SP}]", "same id"),
        ("files: [a.wav]\nparticipants: [{id: SP, file: b.wav}]", "b.wav is not among"),
        ("files: [a.wav]\nparticipants: [{id: SP, camera: b.mp4}]", "b.mp4 is not among"),
        ("files: [a.wav]\nparticipants: [{id: SP, channel: 0}, {id: CU}]", "either every participant"),
        ("files: [a.wav]\nparticipants: [{id: SP, voice: 1}, {id: CU, voice: 1}]", "voice"),
        ("files: [a.wav]\nparticipants: [{id: SP, channel: 0, voice: 1}]", "voice"),
        ("files: [a.wav]\nparticipants: [{id: SP, channel: 0}, {id: CU, channel: 0}]", "channel"),
        ("files: [a.wav]\nparticipants: [{id: SP, file: a.wav}, {id: CU, channel: 0}]", "same file"),
        ("files: [a.wav]\nparticipants: [{id: SP, face: 3}, {id: CU, face: [1, 3]}]", "same face, number 3"),
        ("files: [a.wav]\nparticipants: [{id: SP, face: [1, 0]}]", "face"),
        ("files: [a.wav]\nparticipants: [{id: SP, face: left}]", "face.*integer"),
        ("files: [a.wav]\nparticipants: [{id: SP, face: {of: 1}}]", "face.*integer"),
        ("files: [a.wav]\nstart: 2026-02-30 09:00:00", "date or number is not valid"),
        ("files: [a.wav]\nrating: good", "rating"),
        ("files: [a.wav]\nrating: .nan", "rating"),
        ("files: [a.wav]\nmetadata: {site: [1, 2]}", "metadata"),
        ("files: [a.wav]\nmetadata: tall", "metadata"),
        ("files: [a.wav, ./a.wav]", "a.wav is named twice"),
        ("files: [a.wav, {path: b.wav, offset: .nan}]", "offset"),
        ("files: [a.wav, {path: b.wav, offset: .inf}]", "offset"),
        ("files: [a.wav]\nparticipants: [SP, CU]", "laid out wrongly"),
        ("- a.wav", "names and values"),
        ("files: [a.wav", "line"),
    ],
)
def test_a_fault_is_told_in_one_sentence(tmp_path, text, complaint):
    with pytest.raises(SettingsError, match=complaint) as caught:
        meeting(tmp_path, text)
    sentence = str(caught.value)
    assert str(tmp_path / "meeting.yaml") in sentence
    assert "\n" not in sentence
    assert ", : " not in sentence  # faults of the whole meeting have no place
    assert "alue error" not in sentence


def test_a_missing_meeting_file(tmp_path):
    with pytest.raises(SettingsError, match=r"There is no meeting file .*none\.yaml"):
        read_meeting(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("path", "name"), [("week\\1.mp4", "week_1"), ("..", "meeting"), ("/", "meeting"), (".mp4", ".mp4")]
)
def test_a_recording_with_any_name_is_a_meeting(path, name):
    assert meeting_of(Path(path)).name == name
