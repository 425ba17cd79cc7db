"""Voices learnt in one recording and recognised in another, as a user does it."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest

from pipeline.enrolment import recognise as room
from pipeline.enrolment.learn import learn
from pipeline.enrolment.recognise import recognise
from pipeline.enrolment.voices import Known, known_in, read_voice
from pipeline.manifest import called, people_of, write_manifest
from pipeline.review.desk import Desk
from pipeline.store import write_whole
from tests.conftest import RECORDINGS, who_is_who
from tests.enrolment import made
from tests.enrolment.conftest import HALF, Command


def how(found: room.Recognition) -> dict[str, tuple[str, str]]:
    return {voice.id: (voice.name, voice.how) for voice in found.voices}


def rename(folder: Path, coder: str = "AK", **names: str) -> None:
    desk = Desk(folder)
    edits = [{"do": "rename", "participant": who, "name": name} for who, name in names.items()]
    desk.edit(coder, desk.look()[1], edits)


def test_names_carry_over_from_an_analysed_meeting(
    command: Command, tmp_path: Path, analysed: Path, truth: dict, later: Path
):
    first = shutil.copytree(analysed, tmp_path / "outputs" / "first")
    assert not list(tmp_path.rglob("*.voice.json"))
    manifest = made.manifest_of(first)
    manifest["files"][0]["path"] = str(tmp_path / "gone.mp4")  # the decoded sound is enough
    made.write_manifest(first, manifest)
    people = who_is_who(Desk(first).look()[0], truth)
    rename(first, **{who: {"S": "Sam", "C": "Anna"}[person] for who, person in people.items()})

    done = command("learn", first, "--voices", tmp_path / "voices")
    assert done.returncode == 0, done.stderr
    done = command("recognise", tmp_path / "outputs", "--voices", tmp_path / "voices")
    assert done.returncode == 0, done.stderr
    assert "check names in `rapport review`" in done.stdout
    assert made.names_of(later) == {"P1": "Anna", "P2": "Sam"}
    assert made.names_of(first) == {who: {"S": "Sam", "C": "Anna"}[person] for who, person in people.items()}
    assert "Anna:" in (later / "transcript.txt").read_text(encoding="utf-8")


def test_where_a_name_came_from_is_kept_and_it_is_given_once(later: Path, voices: Path):
    known = known_in(voices)
    assert recognise(later, known, write=False).new and made.names_of(later) == {"P1": "P1", "P2": "P2"}
    assert not (later / "edits.jsonl").exists()
    found = recognise(later, known)
    assert how(found) == {"P1": ("Anna", "recognised"), "P2": ("Sam", "recognised")}
    manifest = made.manifest_of(later)
    assert manifest["renamed"] == {"P1": ["P1", "Anna"], "P2": ["P2", "Sam"]}
    about = manifest["recognised"]["P1"]
    assert about["name"] == "Anna" and 0.45 <= about["similarity"] <= 1 and about["model"]
    assert how(recognise(later, known)) == {"P1": ("Anna", "before"), "P2": ("Sam", "before")}
    assert len((later / "edits.jsonl").read_text().splitlines()) == 1


def test_an_open_page_learns_of_it_and_loses_nothing(later: Path, voices: Path):
    page = Desk(later)
    version = page.look()[1]
    page.edit("AK", version, [{"do": "change", "id": "turn-0001", "set": {"text": "corrected"}}])
    recognise(later, known_in(voices))
    assert [change["what"] for change in page.since(version)["by"]] == ["change", "rename 2"]
    page.edit("AK", page.look()[1], [{"do": "rename", "participant": "P2", "name": "Samuel"}])
    assert made.names_of(later) == {"P1": "Anna", "P2": "Samuel"}
    assert "corrected" in set(page.look()[0]["text"])


def test_what_a_person_decided_stays(later: Path, voices: Path):
    known = known_in(voices)
    recognise(later, known, coder="AK")
    Desk(later).undo("AK")
    assert made.names_of(later) == {"P1": "P1", "P2": "P2"}
    assert how(recognise(later, known)) == {"P1": ("P1", "changed"), "P2": ("P2", "changed")}


def test_a_name_that_was_given_is_never_changed_nor_given_twice(later: Path, voices: Path):
    manifest = made.manifest_of(later)
    made.write_manifest(later, called(manifest, {"P1": "Sam"}))  # a mistake, but a person's
    found = {voice.id: voice for voice in recognise(later, known_in(voices)).voices}
    assert found["P1"].how == "given" and found["P2"].how == "unknown"
    assert found["P2"].note == "like Sam, who is in the meeting already"
    assert made.names_of(later) == {"P1": "Sam", "P2": "P2"}


def test_one_person_heard_as_two_voices_gets_one_name(tmp_path: Path, sample_sound, talk, voices: Path):
    said = made.between(talk, HALF, 1e9)
    split = {"P1": said["S"][::2], "P2": said["S"][1::2]}
    sound = sample_sound[int(HALF * made.RATE) :]
    folder = made.make(tmp_path / "outputs" / "split", sound, split)
    found = [voice.how for voice in recognise(folder, known_in(voices)).voices]
    assert sorted(found) == ["recognised", "unknown"]
    assert sorted(made.names_of(folder).values())[-1] == "Sam"


def test_a_name_that_somebody_gives_meanwhile_wins(later: Path, voices: Path, monkeypatch):
    """Fault injection: while the voices are listened to, a person names one of them as the other is."""
    listen = room._listen

    def slow(folder: Path, *rest):
        heard = listen(folder, *rest)
        rename(folder, P1="Sam")
        return heard

    monkeypatch.setattr(room, "_listen", slow)
    found = recognise(later, known_in(voices))
    assert not found.new and made.names_of(later) == {"P1": "Sam", "P2": "P2"}
    assert "recognised" not in made.manifest_of(later)


def test_a_participants_own_file_with_its_own_clock_is_used(tmp_path: Path, sample_sound, talk, voices: Path):
    """Everybody's own file holds all the talk, 5 s earlier by a faster clock: only there it is in place."""
    rate = 1.02
    said = {who: [(a * rate + 5, b * rate + 5) for a, b in own] for who, own in talk.items()}
    folder = made.make(tmp_path / "outputs" / "own", np.zeros(made.RATE), said, {"S": "S", "C": "C"})
    manifest = made.manifest_of(folder)
    path = made.write_wave(tmp_path / "own.wav", sample_sound)
    manifest["files"].append(made.file_entry(path, offset=5.0, clock_rate=rate))
    manifest["meeting"]["files"].append({"path": str(path), "offset": 5.0})
    for person in manifest["meeting"]["participants"]:
        person |= {"file": str(path), "pseudonym": None}
    made.write_manifest(folder, manifest)
    found = recognise(folder, known_in(voices))
    assert how(found) == {"S": ("Sam", "recognised"), "C": ("Anna", "recognised")}
    assert min(voice.similarity for voice in found.voices) > 0.9
    assert people_of(made.manifest_of(folder)) == {"S": "Sam", "C": "Anna"}


@pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the real development recordings are not beside the project"
)
@pytest.mark.parametrize("clip", ["trn03_EN2001e", "trn05_EN2004a"])
def test_a_stranger_stays_unknown(tmp_path: Path, voices: Path, clip: str):
    from pipeline.media.decode import TrackSpec, decode_audio
    from pipeline.media.sound import Sound

    decode_audio(RECORDINGS / "ami_clips" / clip / "audio.flac", {TrackSpec(): tmp_path / "clip.wav"})
    sound, talk = Sound.open(tmp_path / "clip.wav"), {}
    for line in (RECORDINGS / "ami_clips" / clip / "ref.rttm").read_text().splitlines():
        start, length, who = float(line.split()[3]), float(line.split()[4]), line.split()[7]
        talk.setdefault(who, []).append((start, start + length))
    names = {who: f"P{i}" for i, who in enumerate(sorted(talk), start=1)}
    talk = {names[who]: own for who, own in talk.items()}
    folder = made.make(tmp_path / "outputs" / clip, sound.between(0, sound.duration), talk)
    found = recognise(folder, known_in(voices))
    assert {voice.how for voice in found.voices} == {"unknown", "short"}
    assert made.names_of(folder) == {who: who for who in talk}


# ------------------------------------------------------------------------------------------ learning


def test_files_are_small_readable_and_their_owners_only(voices: Path):
    assert stat.S_IMODE(voices.stat().st_mode) == 0o700
    files = sorted(voices.glob("*.voice.json"))
    assert [path.name.split("-")[0] for path in files] == ["Anna", "Sam"]
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and path.stat().st_size < 4000
        told = json.loads(path.read_text(encoding="utf-8"))
        assert "biometric" in told["about"] and told["meetings"][0]["meeting"] == "first"
        assert told["meetings"][0]["seconds"] >= 10 and told["meetings"][0]["model"].startswith("1-")


def test_a_second_meeting_is_added_and_the_same_one_is_replaced(later: Path, voices: Path, tmp_path: Path):
    mine = shutil.copytree(voices, tmp_path / "voices")
    rename(later, P2="Sam")
    for _ in range(2):
        assert [one.name for one in learn(later, [], mine) if one.path] == ["Sam"]
    sam = known_in(mine).person("Sam")
    assert [lesson.meeting for lesson in sam.lessons] == ["first", "later"]
    assert np.linalg.norm(sam.vector) == pytest.approx(1, abs=1e-5)


def test_a_name_by_voice_teaches_only_if_asked(command: Command, later: Path, voices: Path, tmp_path: Path):
    mine = shutil.copytree(voices, tmp_path / "voices")
    recognise(later, known_in(mine))
    done = command("learn", later, "--voices", mine)
    assert done.returncode == 5 and "Nobody who is heard in later was given a name" in done.stderr
    assert [one.name for one in learn(later, ["Sam"], mine)] == ["Sam"]


def test_odd_lessons_are_told(later: Path, voices: Path, tmp_path: Path):
    mine = shutil.copytree(voices, tmp_path / "voices")
    rename(later, P2="Anna", P1="Maria")
    told = {one.name: " ".join(one.doubts) for one in learn(later, ["Anna"], mine)}
    assert "sounds unlike Anna in first" in told["Anna"] and "sounds like Sam" in told["Anna"]


def test_too_little_speech_is_told_with_the_seconds(
    command: Command, tmp_path: Path, sample_sound, talk, voices: Path
):
    said = {who: own[:4] for who, own in talk.items()}
    folder = made.make(tmp_path / "outputs" / "brief", sample_sound, said, {"S": "Sam"})
    done = command("learn", folder, "--voices", tmp_path / "mine")
    assert done.returncode == 1 and "10 s are needed" in done.stdout
    assert not list((tmp_path / "mine").glob("*.voice.json"))
    found = {voice.id: voice for voice in recognise(folder, known_in(voices)).voices}
    assert found["C"].how == "short" and "5 s" in found["C"].note


# ------------------------------------------------------------------------------------------ forgetting


def test_forgetting_removes_the_file_and_says_what_stays(
    command: Command, later: Path, voices: Path, tmp_path: Path
):
    mine = shutil.copytree(voices, tmp_path / "voices")
    recognise(later, known_in(mine))
    done = command("forget", "Anna", "--voices", mine)
    assert done.returncode == 0 and "Names that meetings have already stay" in done.stdout
    assert [person.name for person in known_in(mine).people] == ["Sam"]
    assert made.names_of(later)["P1"] == "Anna"
    vector = read_voice(next(voices.glob("Anna*"))).lessons[0].vector[0]
    assert f"{vector:.5f}" not in (later / "manifest.json").read_text()
    write_whole(mine / "Eve-00000000.voice.json", "damaged")
    (mine / ".Sam-1.voice.json.123").write_text("half written")
    assert command("forget", "--all", "--voices", mine).returncode == 0
    assert not list(mine.glob("*voice.json*"))


def test_copies_in_the_folder_are_forgotten_as_well(command: Command, voices: Path, tmp_path: Path):
    mine = shutil.copytree(voices, tmp_path / "voices")
    (anna,) = mine.glob("Anna*")
    shutil.copy(anna, mine / anna.name.replace(".voice", "(1).voice"))
    shutil.copy(anna, mine / f".{anna.name}.77")
    assert command("forget", "Anna", "--voices", mine).returncode == 0
    assert [path.name[:3] for path in mine.iterdir() if "voice.json" in path.name] == ["Sam"]
    for path in mine.glob("Sam*"):
        path.rename(mine / f".{path.name}.77")
    assert command("forget", "--all", "--voices", mine).returncode == 0
    assert not list(mine.glob("*voice.json*"))


# ------------------------------------------------------------------------------------------ bad input


def refused(command: Command, *arguments: object, code: int = 5) -> str:
    done = command(*arguments)
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    return done.stderr + done.stdout


def test_a_recording_that_is_gone_or_another_one_is_told(command: Command, later: Path, voices: Path):
    recording = Path(made.manifest_of(later)["files"][0]["path"])
    recording.write_bytes(recording.read_bytes()[:-100])
    assert "is not the one that was analysed" in refused(
        command, "recognise", later, "--voices", voices, code=3
    )
    recording.unlink()
    assert "is no longer there" in refused(command, "recognise", later, "--voices", voices, code=3)
    assert made.names_of(later) == {"P1": "P1", "P2": "P2"}


@pytest.mark.parametrize("text", ["{", "{}", "null", '{"meeting": []}'])
def test_one_bad_meeting_stops_no_other(text: str, command: Command, later: Path, voices: Path):
    (later.parent / "broken").mkdir()
    (later.parent / "broken" / "manifest.json").write_text(text)
    told = refused(command, "recognise", later.parent, "--voices", voices)
    assert "broken: There is no analysed meeting" in told
    assert made.names_of(later) == {"P1": "Anna", "P2": "Sam"}


def test_voices_of_another_model_or_damaged_are_told_and_left_aside(
    command: Command, later: Path, voices: Path, tmp_path: Path
):
    mine = shutil.copytree(voices, tmp_path / "voices")
    for path in mine.glob("Anna*"):
        path.write_text(path.read_text().replace('"model": "1-', '"model": "0-'))
    for path in mine.glob("Sam*"):
        path.write_text(path.read_text().replace('"vector": "', '"vector": "9 '))
    told = refused(command, "recognise", later, "--voices", mine)
    assert "Anna was learnt with another model in first" in told and "is damaged and left aside" in told
    assert "No learnt voice can be used" in told
    assert made.names_of(later) == {"P1": "P1", "P2": "P2"}
    done = command("list", "--voices", mine)
    assert "another model" in done.stdout and "damaged" in done.stderr


LISTED = '{"name": "A", "meetings": [{"vector": [1], "seconds": 1}]}'
NESTED = "[" * 100_000


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"name": "A"}', '{"name": "A", "meetings": []}', "\xff", LISTED, NESTED]
)
def test_no_damaged_file_is_taken_for_a_voice(tmp_path: Path, text: str):
    (tmp_path / "A.voice.json").write_bytes(text.encode("latin-1"))
    known = known_in(tmp_path)
    assert known.people == () and "damaged" in known.doubts[0]


def test_names_that_nobody_has_and_folders_without_voices(
    command: Command, later: Path, voices: Path, tmp_path: Path
):
    assert "Nobody who is heard in later is called Eve" in refused(
        command, "learn", later, "Eve", "--voices", voices
    )
    assert "P1 in later has no name yet" in refused(command, "learn", later, "P1", "--voices", voices)
    assert "No voice of Eve is in" in refused(command, "forget", "Eve", "--voices", voices)
    assert "or --all" in refused(command, "forget", "--voices", voices)
    nothing = tmp_path / "nothing"
    for words in (("recognise", later), ("list",), ("forget", "--all")):
        assert "There are no voices in" in refused(command, *words, "--voices", nothing)
    assert "There is no analysed meeting" in refused(command, "learn", tmp_path / "no", "--voices", nothing)
    assert not nothing.exists()


def test_a_folder_that_cannot_be_written_is_told(command: Command, later: Path, tmp_path: Path):
    rename(later, P2="Sam")
    (tmp_path / "file").write_text("")
    assert "--voices" in refused(command, "learn", later, "--voices", tmp_path / "file", code=7)


def test_nobody_known_leaves_all_unknown(later: Path):
    with pytest.raises(Exception, match="No learnt voice can be used"):
        recognise(later, Known(()))


def test_silence_is_nobodys_voice(tmp_path: Path, talk, sample_sound, voices: Path):
    silent = np.zeros(len(sample_sound))
    quiet = made.make(tmp_path / "outputs" / "quiet", silent, talk, {"S": "Eve", "C": "Ann"})
    assert [(one.path, one.seconds) for one in learn(quiet, [], tmp_path / "new")] == [(None, 0), (None, 0)]
    unnamed = made.make(tmp_path / "outputs" / "unnamed", silent, talk)
    assert {voice.how for voice in recognise(unnamed, known_in(voices)).voices} == {"short"}


def test_what_was_learnt_before_is_not_replaced_where_it_is_damaged(
    command: Command, later: Path, voices: Path, tmp_path: Path
):
    mine = shutil.copytree(voices, tmp_path / "voices")
    rename(later, P2="Sam")
    (sam,) = mine.glob("Sam*")
    sam.write_text("damaged")
    assert "is damaged" in refused(command, "learn", later, "--voices", mine, code=1)
    assert sam.read_text() == "damaged"


def test_a_listed_name_of_somebody_who_is_not_heard_is_taken(later: Path, voices: Path):
    manifest = made.manifest_of(later)
    listed = {"id": "C", "role": "customer", "pseudonym": "Anna", "language": None}
    manifest["meeting"]["participants"].append({**listed, "file": None, "channel": None})
    write_manifest(later, manifest)
    recognise(later, known_in(voices))
    assert list(people_of(made.manifest_of(later)).values()).count("Anna") == 1
