"""Corrections through the page: saved at once, undone, and not lost between people, commands and kills."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.manifest import people_of, read_manifest, write_manifest
from pipeline.rapport.codebook import load_codebook
from pipeline.review.desk import ConflictError, Desk
from pipeline.review.edits import EditError
from pipeline.review.journal import EDIT, NAME, Change, Journal
from pipeline.scoring import code_meeting
from pipeline.timeline.rows import rows_of, with_rows
from pipeline.timeline.table import read, write
from tests.review.made import change, client, make_meeting, row, rows_by_id

EDITS, UNDO, REDO = (f"/api/meetings/meeting/{name}" for name in ("edits", "undo", "redo"))


def save(
    page: TestClient, *edits: dict[str, Any], coder: str = "Eva", base: int | None = None
) -> dict[str, Any]:
    base = page.get("/api/meetings/meeting/rows").json()["version"] if base is None else base
    answer = page.post(EDITS, json={"coder": coder, "base": base, "edits": list(edits)})
    return {"status": answer.status_code, **answer.json()}


def journal(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "edits.jsonl").read_text(encoding="utf-8").splitlines()]


class TestSaving:
    def test_a_change_is_in_the_tables_and_the_journal_at_once(self, page: TestClient, folder: Path):
        told = save(page, change("nod-0001", label="single"))
        assert (told["status"], told["version"], told["undo"]) == (200, 1, 1)
        assert row(folder, "nod-0001")["label"] == "single"
        assert ',"single",' in (folder / "timeline.csv").read_text(encoding="utf-8")
        (entry,) = journal(folder)
        before, after = entry["rows"]["nod-0001"]
        assert (entry["coder"], before["label"], after["label"]) == ("Eva", "repeated", "single")
        assert entry["at"].endswith("+00:00")

    def test_the_answer_has_the_rows_that_followed(self, page: TestClient):
        told = rows_by_id(save(page, change("word-0003", text="the")))
        assert told["turn-0001"]["text"] == "how was the holiday"
        assert told["word-0003"]["status"] == "edited"

    def test_what_changes_nothing_is_no_version(self, page: TestClient):
        save(page, {"do": "confirm", "id": "nod-0001"})
        assert save(page, {"do": "confirm", "id": "nod-0001"})["version"] == 1

    def test_a_new_name_is_everywhere(self, page: TestClient, folder: Path):
        save(page, {"do": "rename", "participant": "C", "name": "Åsa"})
        people = page.get("/api/meetings/meeting").json()["people"]
        assert {one["id"]: one["name"] for one in people} == {"S": "Sam", "C": "Åsa"}
        lines = page.get("/api/meetings/meeting/transcript").json()["lines"]
        assert {line["speaker"] for line in lines if line["participant"] == "C"} == {"Åsa"}
        page.post(UNDO, json={"coder": "Eva"})
        assert page.get("/api/meetings/meeting").json()["people"][1]["name"] == "Anna"

    def test_comments_come_with_the_rows(self, page: TestClient):
        save(page, {"do": "comment", "id": "nod-0001", "text": "or a shrug?"})
        assert page.get("/api/meetings/meeting/rows").json()["comments"] == {"nod-0001": "or a shrug?"}


class TestUndo:
    def test_undo_and_redo(self, page: TestClient, folder: Path):
        before = row(folder, "turn-0001")
        save(page, change("word-0003", text="the"))
        told = page.post(UNDO, json={"coder": "Eva"}).json()
        assert (told["undo"], told["redo"]) == (0, 1)
        assert row(folder, "turn-0001")["text"] == before["text"]
        assert row(folder, "word-0003")["status"] == "auto"
        page.post(REDO, json={"coder": "Eva"})
        assert row(folder, "turn-0001")["text"] == "how was the holiday"

    def test_edits_are_undone_one_after_the_other(self, page: TestClient, folder: Path):
        for label in ("one", "two", "three"):
            save(page, change("nod-0001", label=label))
        labels = []
        for _ in range(3):
            page.post(UNDO, json={"coder": "Eva"})
            labels.append(row(folder, "nod-0001")["label"])
        assert labels == ["two", "one", "repeated"]
        assert page.post(UNDO, json={"coder": "Eva"}).status_code == 422

    def test_everybody_undoes_their_own(self, page: TestClient, folder: Path):
        save(page, change("nod-0001", label="single"), coder="Eva")
        save(page, change("nod-0002", label="single"), coder="Max")
        page.post(UNDO, json={"coder": "Eva"})
        assert row(folder, "nod-0001")["label"] == "repeated"
        assert row(folder, "nod-0002")["label"] == "single"

    def test_words_of_one_turn_by_two_people(self, page: TestClient, folder: Path):
        save(page, change("word-0003", text="the"), coder="Eva")
        save(page, change("word-0004", text="party"), coder="Max")
        page.post(UNDO, json={"coder": "Eva"})
        assert row(folder, "turn-0001")["text"] == "how was your party"

    def test_what_another_changed_since_is_not_undone(self, page: TestClient, folder: Path):
        save(page, change("nod-0001", label="single"), coder="Eva")
        save(page, change("nod-0001", label="double"), coder="Max")
        answer = page.post(UNDO, json={"coder": "Eva"})
        assert (answer.status_code, answer.json()["conflicts"]) == (409, ["nod-0001"])
        assert row(folder, "nod-0001")["label"] == "double"

    def test_an_added_row_goes_and_comes_again(self, page: TestClient, folder: Path):
        fields = {"tier": "nod", "participant": "S", "start": 1.0, "end": 1.5, "label": "single"}
        (name,) = rows_by_id(save(page, {"do": "add", "row": fields}))
        save(page, {"do": "comment", "id": name, "text": "late"})
        page.post(UNDO, json={"coder": "Eva"})
        told = page.post(UNDO, json={"coder": "Eva"}).json()
        assert told["removed"] == [name]
        page.post(REDO, json={"coder": "Eva"})
        assert row(folder, name)["label"] == "single"

    def test_a_new_edit_leaves_nothing_to_redo(self, page: TestClient):
        save(page, change("nod-0001", label="single"))
        page.post(UNDO, json={"coder": "Eva"})
        assert save(page, change("nod-0002", label="single"))["redo"] == 0

    def test_they_survive_a_new_server(self, page: TestClient, folder: Path):
        save(page, change("turn-0003", text="that sounds really great"))
        with client(folder.parent) as other:
            assert other.post(UNDO, json={"coder": "Eva"}).status_code == 200
        assert row(folder, "turn-0003")["text"] == "that sounds great"
        assert set(read(folder / "timeline.parquet")["status"]) == {"auto"}


class TestTwoEditors:
    def test_the_later_one_is_told_and_nothing_is_overwritten(self, page: TestClient, folder: Path):
        save(page, change("nod-0001", label="single"), coder="Eva", base=0)
        told = save(page, change("nod-0001", label="double"), coder="Max", base=0)
        assert (told["status"], told["conflicts"], told["version"]) == (409, ["nod-0001"], 1)
        assert row(folder, "nod-0001")["coder"] == "Eva"

    def test_two_tabs_of_one_coder_are_two_editors(self, page: TestClient):
        save(page, change("nod-0001", label="single"), base=0)
        assert save(page, change("nod-0001", label="double"), base=0)["status"] == 409

    def test_different_rows_are_both_kept(self, page: TestClient, folder: Path):
        save(page, change("nod-0001", label="single"), coder="Eva", base=0)
        assert save(page, change("nod-0002", label="single"), coder="Max", base=0)["status"] == 200
        assert row(folder, "nod-0001")["coder"] == "Eva"
        assert row(folder, "nod-0002")["coder"] == "Max"

    def test_a_turn_is_another_since_one_of_its_words_is(self, page: TestClient):
        save(page, change("word-0003", text="the"), coder="Eva", base=0)
        assert save(page, change("turn-0001", text="how were you"), coder="Max", base=0)["status"] == 409
        assert save(page, change("word-0004", text="party"), coder="Max", base=0)["status"] == 200

    def test_a_base_that_is_not_there_yet_is_refused(self, page: TestClient):
        assert save(page, change("nod-0001", label="single"), base=7)["status"] == 409

    def test_what_changed_since(self, page: TestClient):
        save(page, change("nod-0001", label="single"), coder="Eva")
        save(page, {"do": "reject", "id": "nod-0002"}, coder="Max")
        told = page.get("/api/meetings/meeting/changes?since=1").json()
        assert set(rows_by_id(told)) == {"nod-0002"}
        assert [(one["version"], one["coder"], one["what"]) for one in told["by"]] == [(2, "Max", "reject")]

    def test_two_servers_at_once_lose_nothing(self, folder: Path):
        desks = Desk(folder), Desk(folder)
        names = [f"word-{i:04d}" for i in range(1, 13)]

        def work(desk: Desk, mine: list[str]) -> None:
            for name in mine:
                desk.edit("Eva", desk.look()[1], [change(name, text=f"x{name}")])

        halves = names[::2], names[1::2]
        threads = [threading.Thread(target=work, args=pair) for pair in zip(desks, halves, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        table = read(folder / "timeline.parquet")
        assert all(rows_of(table, [name])[name]["text"] == f"x{name}" for name in names)
        assert [entry["version"] for entry in journal(folder)] == list(range(1, 13))
        assert row(folder, "turn-0001")["text"] == " ".join(f"x{name}" for name in names[:4])


class TestOtherCommands:
    def relabelled(self, folder: Path, label: str) -> None:
        table = read(folder / "timeline.parquet")
        write(with_rows(table, [{**row(folder, "nod-0002"), "label": label}]), folder)

    def test_open_pages_learn_of_them(self, page: TestClient, folder: Path):
        save(page, change("nod-0001", label="single"))
        self.relabelled(folder, "single")
        told = page.get("/api/meetings/meeting/changes?since=1").json()
        assert (told["version"], set(rows_by_id(told))) == (2, {"nod-0002"})
        assert save(page, change("nod-0002", label="double"), base=1)["status"] == 409

    def test_also_of_what_happened_while_no_server_ran(self, page: TestClient, folder: Path):
        save(page, change("nod-0001", label="single"))
        self.relabelled(folder, "single")
        with client(folder.parent) as other:
            told = other.get("/api/meetings/meeting/changes?since=1").json()
            assert told["all"] and len(told["rows"]) == len(read(folder / "timeline.parquet"))
            assert save(other, change("nod-0001", label="double"), base=1)["status"] == 409

    def test_a_command_waits_for_a_page_that_is_writing(self, folder: Path):
        desk, done = Desk(folder), threading.Event()

        def command() -> None:
            code_meeting(folder, load_codebook(None))
            done.set()

        with desk._alone():
            waiting = threading.Thread(target=command)
            waiting.start()
            assert not done.wait(1.0)
        waiting.join(30)
        assert done.is_set()

    def test_a_coding_by_the_command_is_not_undone(self, page: TestClient, folder: Path):
        save(page, change("nod-0001", label="single"))
        self.relabelled(folder, "single")
        page.post(UNDO, json={"coder": "Eva"})
        assert row(folder, "nod-0002")["label"] == "single"


class TestKilled:
    """A server that ends between the journal and the tables, or in the middle of a line."""

    def test_what_is_in_the_journal_is_brought_into_the_timeline(self, folder: Path, monkeypatch):
        desk = Desk(folder)
        desk.edit("Eva", 0, [change("nod-0001", label="single")])

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(desk, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.edit(
                "Eva", 1, [change("turn-0003", text="that is great"), {"do": "confirm", "id": "smile-0001"}]
            )
        assert row(folder, "turn-0003")["text"] == "that sounds great"
        table, version = Desk(folder).look()
        assert version == 2
        assert rows_of(table, ["turn-0003"])["turn-0003"]["text"] == "that is great"
        assert row(folder, "word-0011")["text"] == "is"

    def test_so_is_a_name(self, folder: Path, monkeypatch):
        desk = Desk(folder)
        monkeypatch.setattr(desk, "_write", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            desk.edit("Eva", 0, [{"do": "rename", "participant": "C", "name": "Åsa"}])
        Desk(folder).look()
        assert "Åsa" in (folder / "manifest.json").read_text(encoding="utf-8")

    def test_a_coding_that_a_command_replaced_is_not_brought_back(self, folder: Path):
        desk = Desk(folder)
        desk.edit("Eva", 0, [change("nod-0001", label="single")])
        before, version = desk.look()
        action = {**row(folder, "nod-0002"), "id": "action-0001", "tier": "action", "label": "nod"}
        assert desk.put(before, with_rows(before, [{**action, "evidence": "nod-0002"}]), version, "", {})
        time.sleep(0.01)
        write(with_rows(before, (), ["nod-0002"]), folder)
        table, version = Desk(folder).look()
        assert not {"action-0001", "nod-0002"} & set(table["id"]) and version == 3

    def test_it_no_longer_names_rows_that_are_gone(self, folder: Path):
        old = row(folder, "smile-0001")
        new = {**old, "end": 4.5, "evidence": "nod-0002 nod-0001", "status": "edited", "coder": "Eva"}
        write(with_rows(read(folder / "timeline.parquet"), (), ["nod-0002"]), folder)
        Journal(folder / NAME).append(Change(EDIT, "Eva", "", {"smile-0001": (old, new)}, {}))
        smile = rows_of(Desk(folder).look()[0], ["smile-0001"])["smile-0001"]
        assert (smile["end"], smile["evidence"]) == (4.5, "nod-0001")

    def test_another_analysis_decides_about_names(self, folder: Path):
        Desk(folder).edit("Eva", 0, [{"do": "rename", "participant": "C", "name": "Åsa"}])
        time.sleep(0.01)
        manifest = read_manifest(folder)
        for who in manifest["meeting"]["participants"]:
            who["pseudonym"] = {"C": "Anna", "S": "Åsa"}[who["id"]]  # the voices changed places
        write_manifest(folder, manifest)
        Desk(folder).look()
        assert people_of(read_manifest(folder)) == {"C": "Anna", "S": "Åsa"}

    def test_what_is_sent_again_for_want_of_an_answer_is_done_once(self, page: TestClient, folder: Path):
        split = {
            "key": "1",
            "coder": "Eva",
            "base": 0,
            "edits": [{"do": "split", "id": "nod-0001", "at": 0.9}],
        }
        first = page.post(EDITS, json=split).json()
        Desk(folder).edit("Max", 1, [change("nod-0001", label="single")])
        again = page.post(EDITS, json=split)
        assert again.status_code == 200
        assert {one[0] for one in again.json()["rows"]} == {one[0] for one in first["rows"]}
        nods = read(folder / "timeline.parquet").query("tier == 'nod'")
        assert len(nods) == 3
        assert row(folder, "nod-0001")["label"] == "single", "what came meanwhile stays"

    def test_a_line_cut_short_is_passed_over(self, folder: Path):
        Desk(folder).edit("Eva", 0, [change("nod-0001", label="single")])
        with (folder / "edits.jsonl").open("ab") as file:
            file.write('{"version": 2, "coder": "Åsa'.encode()[:-1])
        desk = Desk(folder)
        answer = desk.edit("Eva", desk.look()[1], [change("nod-0002", label="single")])
        assert answer.version == 2
        again = Desk(folder)
        assert again.look()[1] == 2
        again.undo("Eva")
        again.undo("Eva")
        assert (row(folder, "nod-0001")["label"], row(folder, "nod-0002")["label"]) == (
            "repeated",
            "repeated",
        )

    def test_a_full_disk_is_told_and_the_change_comes_when_there_is_room(self, folder: Path, monkeypatch):
        desk = Desk(folder)
        monkeypatch.setattr(
            "pipeline.review.desk.write", lambda *_: (_ for _ in ()).throw(OSError(28, "full"))
        )
        with pytest.raises(Exception, match="full"):
            desk.edit("Eva", 0, [change("nod-0001", label="single")])
        monkeypatch.undo()
        assert rows_of(desk.look()[0], ["nod-0001"])["nod-0001"]["label"] == "single"


def test_conflicts_and_refusals_leave_no_line(folder: Path):
    desk = Desk(folder)
    desk.edit("Eva", 0, [change("nod-0001", label="single")])
    with pytest.raises(ConflictError):
        desk.edit("Max", 0, [change("nod-0001", label="double")])
    with pytest.raises(EditError):
        desk.edit("Max", 1, [change("nod-0099", label="double")])
    assert len(journal(folder)) == 1


def test_a_participant_who_is_in_no_meeting_file_gets_a_name(tmp_path: Path):
    folder = make_meeting(tmp_path / "outputs" / "meeting")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["meeting"]["participants"] = []
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with client(folder.parent) as page:
        save(page, {"do": "rename", "participant": "C", "name": "Anna"})
        names = {one["id"]: one["name"] for one in page.get("/api/meetings/meeting").json()["people"]}
        assert names == {"C": "Anna", "S": "S"}
