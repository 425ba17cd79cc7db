"""What the page is shown: lists, rows, recordings, curves, transcripts and files."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from pipeline.review.curves import thinned
from pipeline.timeline.table import read
from tests.conftest import write_wave
from tests.review.made import MEDIA, change, client, make_meeting, rows_by_id

MEETING = "/api/meetings/meeting"


class TestList:
    def test_a_meeting_in_a_line(self, page: TestClient):
        base = {"coder": "Eva", "base": 0}
        edits = [{"do": "confirm", "id": "nod-0001"}, change("nod-0002", label="single")]
        page.post(f"{MEETING}/edits", json={**base, "edits": edits})
        (one,) = page.get("/api/meetings").json()["meetings"]
        assert (one["name"], one["duration"], one["rows"]) == ("meeting", 10.0, 20)
        assert (one["reviewed"], one["touched"]) == (2, 1)
        assert [who["name"] for who in one["people"]] == ["Sam", "Anna"]
        assert one["score"] is None

    def test_the_score_is_the_salespersons_while_it_holds(self, page: TestClient):
        scores = page.get(f"{MEETING}/score").json()["scores"]
        (one,) = page.get("/api/meetings").json()["meetings"]
        assert one["score"] == next(score["total"] for score in scores if score["who"] == ["S"])
        edits = {"coder": "Eva", "base": 0, "edits": [{"do": "reject", "id": "nod-0001"}]}
        edits["base"] = page.get(f"{MEETING}/rows").json()["version"]
        page.post(f"{MEETING}/edits", json=edits)
        assert page.get("/api/meetings").json()["meetings"][0]["score"] is None

    def test_a_folder_that_cannot_be_read_hides_no_other(self, page: TestClient, folder: Path):
        broken = make_meeting(folder.parent / "broken")
        (broken / "timeline.parquet").write_bytes(b"no table")
        assert [one["name"] for one in page.get("/api/meetings").json()["meetings"]] == ["meeting"]
        answer = page.get("/api/meetings/broken/rows")
        assert answer.status_code == 422 and "not a timeline" in answer.json()["error"]

    def test_names_of_any_letters(self, tmp_path: Path):
        make_meeting(tmp_path / "outputs" / "Kokous 3 – Åbo #2?")
        with client(tmp_path / "outputs") as page:
            assert (
                page.get("/api/meetings/Kokous%203%20%E2%80%93%20%C3%85bo%20%232%3F/rows").status_code == 200
            )


class TestMeeting:
    def test_everything_that_the_page_needs(self, page: TestClient):
        told = page.get(MEETING).json()
        assert [(who["id"], who["colour_index"]) for who in told["people"]] == [("S", 0), ("C", 1)]
        assert told["media"] == [
            {
                "number": 1,
                "name": "meeting.mp4",
                "kind": "video",
                "offset": 0.0,
                "clock_rate": 1.0,
                "duration": 10.0,
                "there": True,
                "playable": True,
            }
        ]
        groups = {tier["name"]: tier["group"] for tier in told["tiers"]}
        assert (groups["turn"], groups["laughter"], groups["nod"], groups["action"]) == (
            "said", "heard", "seen", "coded",
        )  # fmt: skip
        labels = {tier["name"]: tier["labels"] for tier in told["tiers"]}
        assert labels["gaze"][0] == "towards_partner"
        codes = {code["id"]: code for code in told["codes"]}
        assert codes["missed_opportunity"]["counter"] and not codes["small_talk"]["counter"]
        assert {"plain", "jefferson", "gat2", "mondada"} <= set(told["notations"])

    def test_rows_are_those_of_the_table(self, page: TestClient, folder: Path):
        told = page.get(f"{MEETING}/rows").json()
        table = read(folder / "timeline.parquet")
        rows = rows_by_id(told)
        assert list(rows) == list(table["id"])
        assert rows["word-0006"] == {
            "id": "word-0006", "tier": "word", "participant": "C", "start": 3.5, "end": 3.9, "label": "",
            "text": "it", "value": None, "confidence": None, "status": "auto", "coder": "", "evidence": "",
        }  # fmt: skip

    def test_tables_are_packed(self, page: TestClient):
        assert page.get(f"{MEETING}/rows").headers["content-encoding"] == "gzip"


class TestRecordings:
    def test_a_part(self, page: TestClient):
        answer = page.get("/media/meeting/1", headers={"range": "bytes=1000-1999"})
        assert (answer.status_code, answer.content) == (206, MEDIA[1000:2000])
        assert answer.headers["content-range"] == f"bytes 1000-1999/{len(MEDIA)}"
        assert answer.headers["content-type"] == "video/mp4"

    @pytest.mark.parametrize(
        ("asked", "part"),
        [("bytes=10000-", MEDIA[10000:]), ("bytes=-5", MEDIA[-5:]), ("bytes=0-0", MEDIA[:1])],
    )
    def test_open_ends(self, page: TestClient, asked: str, part: bytes):
        answer = page.get("/media/meeting/1", headers={"range": asked})
        assert (answer.status_code, answer.content) == (206, part)

    def test_the_whole(self, page: TestClient):
        answer = page.get("/media/meeting/1")
        assert (answer.status_code, answer.content) == (200, MEDIA)
        assert answer.headers["accept-ranges"] == "bytes"
        assert "content-encoding" not in answer.headers

    def test_past_the_end(self, page: TestClient):
        answer = page.get("/media/meeting/1", headers={"range": f"bytes={len(MEDIA)}-"})
        assert answer.status_code == 416
        assert answer.headers["content-range"] in (f"*/{len(MEDIA)}", f"bytes */{len(MEDIA)}")

    def test_one_that_was_moved_away(self, page: TestClient, folder: Path):
        (folder.parent.parent / "recordings" / "meeting.mp4").unlink()
        assert page.get("/media/meeting/1").status_code == 404
        assert page.get(MEETING).json()["media"][0]["there"] is False


class TestCurves:
    def test_of_whom_it_was_measured(self, page: TestClient, folder: Path):
        times = np.arange(0, 10, 0.01)
        rows = [
            pd.DataFrame({"participant": who, "time": times, "f0": f0, "level": -30.0})
            for who, f0 in (("S", 120.0), ("C", np.where(times < 5, np.nan, 210.0)))
        ]
        (folder / "signals").mkdir()
        pd.concat(rows).to_parquet(folder / "signals" / "voice.parquet")
        query = {"names": "pitch,smile", "from": 4, "to": 6, "points": 50}
        series = page.get(f"{MEETING}/signals", params=query).json()["series"]
        assert {(one["name"], one["participant"]) for one in series} == {("pitch", "S"), ("pitch", "C")}
        heard = next(one for one in series if one["participant"] == "C")
        assert len(heard["t"]) <= 50 and heard["t"][0] >= 4 and heard["t"][-1] <= 6
        assert heard["v"][0] is None and heard["v"][-1] == 210.0

    def test_the_camera_that_saw_somebody_longest(self, page: TestClient, folder: Path):
        rows = [("S", 0, t, 1.0) for t in range(5)] + [("S", 1, t, 9.0) for t in range(8)]
        (folder / "signals").mkdir()
        table = pd.DataFrame(rows, columns=["participant", "camera", "time", "pitch"])
        table.astype({"time": float}).to_parquet(folder / "signals" / "face.parquet")
        (series,) = page.get(f"{MEETING}/signals?names=pitch_head").json()["series"]
        assert series["v"] == [9.0] * 8

    @settings(deadline=None)
    @given(st.lists(st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6)), max_size=300), st.integers(2, 60))
    def test_no_peak_is_lost(self, values: list[float], points: int):
        curve = np.array(values, float)
        t, v = thinned(np.arange(len(curve), dtype=float), curve, points)
        assert len(t) <= max(points, 2)
        assert (np.diff(t) > 0).all()
        if not np.isnan(curve).all():
            assert (np.nanmin(v), np.nanmax(v)) == (np.nanmin(curve), np.nanmax(curve))

    def test_the_sound_of_all_recordings_in_the_meetings_time(self, folder: Path):
        rate, loud = 16_000, np.zeros(4 * 16_000)
        loud[2 * rate : 2 * rate + 100] = 0.5
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        wave = write_wave(folder.parent.parent / "recordings" / "sound.wav", loud)
        sound = {"path": str(wave), "sound": True, "pictures": False, "duration": 4.0}
        manifest["files"] = [
            {**manifest["files"][0], **sound},
            {**manifest["files"][0], **sound, "offset": 3.0},
        ]
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        with client(folder.parent) as page:
            for _ in range(2):  # the second time it is read from what was kept
                told = page.get(f"{MEETING}/waveform?points=70").json()
                assert told["dt"] == pytest.approx(0.11)
                loudest = [round(i * told["dt"], 1) for i, peak in enumerate(told["peaks"]) if peak > 0.4]
                assert loudest == [pytest.approx(2.0, abs=0.1), pytest.approx(5.0, abs=0.1)]
                wave.unlink(missing_ok=True)


class TestTranscript:
    def test_plain(self, page: TestClient):
        lines = page.get(f"{MEETING}/transcript").json()["lines"]
        told = [(line["speaker"], line["text"]) for line in lines]
        assert told == [
            ("Sam", "how was your holiday"), ("", "(1.1)"), ("Anna", "oh it was lovely thanks"),
            ("Sam", "that sounds great"),
        ]  # fmt: skip
        assert [line["turn"] for line in lines] == ["turn-0001", "gap-0001", "turn-0002", "turn-0003"]

    @pytest.mark.parametrize("notation", ["jefferson", "gat2", "mondada"])
    def test_in_notations(self, page: TestClient, notation: str):
        lines = page.get(f"{MEETING}/transcript", params={"notation": notation}).json()["lines"]
        assert {"turn-0001", "turn-0002", "turn-0003"} <= {line["turn"] for line in lines}
        assert any("thanks" in line["text"] for line in lines)

    def test_it_says_what_was_corrected(self, page: TestClient):
        edits = [change("turn-0003", text="that is great")]
        page.post(f"{MEETING}/edits", json={"coder": "Eva", "base": 0, "edits": edits})
        for notation in ("plain", "jefferson"):
            lines = page.get(f"{MEETING}/transcript", params={"notation": notation}).json()["lines"]
            assert any("that is great" in line["text"] for line in lines)


class TestExport:
    def test_a_document_with_the_corrections(self, page: TestClient):
        import docx

        edits = [change("turn-0003", text="that is great")]
        page.post(f"{MEETING}/edits", json={"coder": "Eva", "base": 0, "edits": edits})
        answer = page.post(f"{MEETING}/export", json={"format": "docx", "notation": "jefferson"})
        assert 'filename="meeting.jefferson.docx"' in answer.headers["content-disposition"]
        document = docx.Document(io.BytesIO(answer.content))
        texts = [p.text for p in document.paragraphs]
        texts += [c.text for table in document.tables for r in table.rows for c in r.cells]
        assert any("that is great" in text for text in texts)

    def test_a_name_that_no_header_can_hold(self, tmp_path: Path):
        make_meeting(tmp_path / "outputs" / 'Åbo "1"\nX')
        with client(tmp_path / "outputs") as page:
            name = "%C3%85bo%20%221%22%0AX"
            answer = page.post(f"/api/meetings/{name}/export", json={"format": "csv"})
            assert "filename*=UTF-8''%C3%85bo%20%221%22%0AX.csv" in answer.headers["content-disposition"]
