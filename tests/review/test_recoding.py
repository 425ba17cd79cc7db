"""Scores follow corrections, and actions keep their ids."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from starlette.testclient import TestClient

from pipeline.review.coding import Coder, with_actions
from pipeline.review.desk import Desk
from pipeline.timeline.rows import rows_of
from pipeline.timeline.table import check, read, timeline
from tests.review.made import change, row, rows_by_id

MEETING = "/api/meetings/meeting"


def action(name: str, start: float, label: str = "nod", who: str = "S", **more: object) -> dict:
    times = {"start": start, "end": start + 1}
    return {"id": name, "tier": "action", "participant": who, "label": label, **times, **more}


class TestIds:
    def kept(self, before: list[dict], found: list[dict]) -> pd.DataFrame:
        return check(with_actions(timeline(before), timeline(found)))

    def test_actions_after_a_new_one_keep_theirs(self):
        before = [action("action-0001", 1), action("action-0002", 5)]
        found = [action("action-0001", 1), action("action-0002", 3), action("action-0003", 5)]
        table = self.kept(before, found)
        assert dict(zip(table["start"], table["id"], strict=True)) == {
            1.0: "action-0001", 5.0: "action-0002", 3.0: "action-0003",
        }  # fmt: skip

    def test_one_that_moved_keeps_its_own(self):
        table = self.kept([action("action-0007", 1)], [action("action-0001", 1.2)])
        assert list(table["id"]) == ["action-0007"]

    def test_of_another_code_it_is_another(self):
        table = self.kept([action("action-0001", 1)], [action("action-0001", 1, label="smile")])
        assert list(table["id"]) == ["action-0002"]

    def test_a_comment_stays_with_its_action_and_forgets_one_that_is_gone(self):
        comments = [
            {"id": f"comment-{i}", "tier": "comment", "start": 1, "end": 2, "evidence": f"action-000{i}"}
            for i in (1, 2)
        ]
        table = self.kept(
            [action("action-0001", 1), action("action-0002", 5), *comments], [action("action-0001", 5)]
        )
        cited = {name: one["evidence"] for name, one in rows_of(table, ["comment-1", "comment-2"]).items()}
        assert cited == {"comment-1": "", "comment-2": "action-0002"}

    def test_a_persons_action_keeps_its_id(self):
        human = action("action-0001", 5, status="edited", coder="Eva")
        table = self.kept([action("action-0002", 1), human], [action("action-0002", 1), human])
        assert dict(zip(table["start"], table["id"], strict=True)) == {1.0: "action-0002", 5.0: "action-0001"}


class TestScore:
    def totals(self, page: TestClient) -> dict[str, float]:
        scores = page.get(f"{MEETING}/score").json()["scores"]
        return {" ".join(score["who"]): score["whole_meeting"] for score in scores}

    def edit(self, page: TestClient, *edits: dict) -> dict:
        base = page.get(f"{MEETING}/rows").json()["version"]
        answer = page.post(f"{MEETING}/edits", json={"coder": "Eva", "base": base, "edits": list(edits)})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def test_an_added_action_raises_it_and_undo_brings_it_back(self, page: TestClient):
        before = self.totals(page)
        fields = {"tier": "action", "participant": "S", "start": 7.0, "end": 8.0, "label": "compliment"}
        self.edit(page, {"do": "add", "row": fields})
        assert self.totals(page)["S"] > before["S"]
        page.post(f"{MEETING}/undo", json={"coder": "Eva"})
        assert self.totals(page) == before

    def test_coding_is_a_line_of_the_journal_that_pages_learn_of(self, page: TestClient, folder: Path):
        self.totals(page)
        since = page.get(f"{MEETING}/rows").json()["version"]
        self.edit(page, change("turn-0001", text="the price is ten euros"))
        self.totals(page)
        told = page.get(f"{MEETING}/changes?since={since}").json()
        assert [one["coder"] for one in told["by"]] == ["Eva", ""]
        questions = [r for r in rows_by_id(told).values() if r["tier"] == "action"]
        assert questions or any(name.startswith("action") for name in told["removed"])

    def test_what_it_rests_on_is_in_the_rows(self, page: TestClient):
        report = page.get(f"{MEETING}/score").json()
        rows = rows_by_id(page.get(f"{MEETING}/rows").json())
        parts = [
            part for score in report["scores"] for step in score["steps"].values() for part in step["parts"]
        ]
        named = {name for part in parts for name in part["actions"]}
        assert named and named <= set(rows)
        name = sorted(named)[0]
        assert name in page.get(f"{MEETING}/explain/{name}").json()["text"]

    def test_the_report_beside_the_results_is_the_pages(self, page: TestClient, folder: Path):
        import json

        told = page.get(f"{MEETING}/score").json()
        assert json.loads((folder / "rapport.json").read_text(encoding="utf-8")) == told

    def test_a_rejected_action_stays_rejected(self, page: TestClient, folder: Path):
        self.totals(page)
        table = read(folder / "timeline.parquet")
        name = table.loc[table["tier"] == "action", "id"].iloc[0]
        self.edit(page, {"do": "reject", "id": name})
        self.edit(page, change("turn-0003", text="that sounds really great"))
        self.totals(page)
        assert row(folder, name)["status"] == "rejected"

    def test_the_transcript_beside_the_results_follows(self, page: TestClient, folder: Path):
        self.edit(
            page,
            change("turn-0003", text="that is great"),
            {"do": "rename", "participant": "S", "name": "Sue"},
        )
        self.totals(page)
        assert "Sue:  that is great" in (folder / "transcript.txt").read_text(encoding="utf-8")


def test_coding_that_somebody_corrects_into_begins_anew(folder: Path, monkeypatch: pytest.MonkeyPatch):
    desk = Desk(folder)
    coder = Coder(desk, ThreadPoolExecutor(1))
    recoded, times = coder._recoded, []

    def corrected_meanwhile(table: pd.DataFrame) -> object:
        found = recoded(table)
        if not times:
            desk.edit("Eva", desk.look()[1], [change("turn-0003", text="that is great")])
        times.append(1)
        return found

    monkeypatch.setattr(coder, "_recoded", corrected_meanwhile)
    coder.now()
    assert len(times) == 2
    assert row(folder, "turn-0003")["text"] == "that is great"


def test_with_a_codebook_that_has_moved_nothing_is_coded_anew(page: TestClient, folder: Path):
    import json

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["codebook"] = {"name": "own", "version": 1, "digest": "x", "path": str(folder / "gone.yaml")}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    report = page.get(f"{MEETING}/score").json()
    assert any("no longer at" in warning for warning in report["warnings"])
    assert not (read(folder / "timeline.parquet")["tier"] == "action").any()
    assert any("no longer at" in warning for warning in page.get(MEETING).json()["warnings"])
