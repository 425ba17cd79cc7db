"""The file itself: what it must not tell, what holds without a network, and what cannot be made."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import RapportError
from pipeline.report import films
from pipeline.report.make import report_of, write_report
from pipeline.report.options import ReportError, ReportOptions
from pipeline.report.page import modules
from pipeline.timeline.table import read, write
from tests.conftest import rapport
from tests.report.made import OPTIONS, SECRETS, private_meeting


def whole(path: Path) -> str:
    """Everything in a report: the text, and what its Base64 stands for."""
    content = path.read_bytes()
    packed = re.findall(rb'base64,([A-Za-z0-9+/=]+)|class="medium" data-number="\d+">([^<]+)<', content)
    parts = [content, *(base64.b64decode(one or other) for one, other in packed)]
    return b"\n".join(parts).decode("utf-8", errors="replace").casefold()


def told(path: Path) -> dict:
    found = re.search(
        r'<script type="application/json"[^>]*>(.*?)</script>', path.read_text(encoding="utf-8"), re.S
    )
    assert found
    return json.loads(found[1])


class TestHidden:
    @pytest.mark.parametrize("video", ["leave-out", "blur"])
    def test_nothing_gives_a_name_away(self, tmp_path: Path, short_meeting: Path, video: str):
        folder = private_meeting(tmp_path, short_meeting)
        path = write_report(folder, tmp_path / "report.html", ReportOptions(video=video, **OPTIONS))
        content = whole(path)
        assert not [secret for secret in SECRETS if secret in content]
        assert "maria" in content and "pekka" in content
        assert list(path.parent.glob(".*")) == []

    def test_comments_titles_and_dates_where_they_are_wanted(self, tmp_path: Path):
        options = ReportOptions(comments=True, date=True, title="Talk with Acme", **OPTIONS)
        content = told(write_report(private_meeting(tmp_path), tmp_path / "report.html", options))
        assert content[""]["title"] == "Talk with COMPANY" and content[""]["start"] == "2024-05-17T10:00"
        (comment,) = (row for row in content["/rows"]["rows"] if row[1] == "comment")
        assert "coder's own note on COMPANY" in comment

    def test_rejected_rows_are_not_told(self, tmp_path: Path):
        content = told(write_report(private_meeting(tmp_path), tmp_path / "report.html", ReportOptions()))
        assert [row[0] for row in content["/rows"]["rows"] if row[1] == "nod"] == [
            f"nod-000{i}" for i in (1, 2, 3)
        ]

    def test_a_text_that_ends_a_script(self, tmp_path: Path):
        folder = private_meeting(tmp_path)
        evil = "</script><script>alert(1)</script><!--"
        table = read(folder / "timeline.parquet")
        write(table.assign(text=table["text"].where(table["id"] != "turn-0002", evil)), folder)
        path = write_report(folder, tmp_path / "report.html", ReportOptions(title=evil))
        assert evil not in path.read_text(encoding="utf-8")
        assert evil in [row[6] for row in told(path)["/rows"]["rows"]]


class TestPage:
    def test_every_module_is_in_it_once_and_names_no_other_place(self):
        found = modules()
        assert "api.js" not in found and "report.js" in found
        for text in found.values():
            imported = re.findall(r'^(?:import|} from|import .*? from) "(.*?)";$', text, re.M)
            assert set(imported) <= set(found)
        assert not re.search(
            r"\bfetch\(|XMLHttpRequest|EventSource|WebSocket|https?://", "".join(found.values())
        )

    def test_nothing_can_be_loaded(self, tmp_path: Path):
        text = write_report(private_meeting(tmp_path), tmp_path / "r.html", ReportOptions()).read_text(
            "utf-8"
        )
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
        assert policy and policy[1].startswith("default-src 'none'; script-src 'sha256-")
        assert "http" not in re.sub(r"http-equiv", "", text.split("<style>")[0])


class TestCommand:
    def test_the_sample_as_a_user_makes_it(self, tmp_path: Path, short_meeting: Path):
        folder = private_meeting(tmp_path, short_meeting)
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        options = ["--name", "virtanen=Maria", "--name", "korhonen=Pekka", "--hide", "Acme=COMPANY"]
        done = rapport("report", folder.name, "--out", folder.parent, *options)
        assert done.returncode == 0, done.stderr
        path = folder / "exports" / "report.html"
        assert done.stdout.startswith(str(path)) and path.stat().st_size < 1_000_000
        assert before == {one: one.read_bytes() for one in before}, "the meeting is as it was"

    def test_one_sentence_where_it_cannot_be(self, tmp_path: Path):
        folder = private_meeting(tmp_path)
        done = rapport("report", folder, "--name", "Olga=X")
        assert done.returncode != 0 and "Nobody in this meeting is called Olga" in done.stderr
        assert "Traceback" not in done.stderr and not list(folder.rglob("*.html"))


class TestRefusals:
    def test_no_meeting(self, tmp_path: Path):
        with pytest.raises(RapportError, match="no analysed meeting"):
            report_of(tmp_path, ReportOptions())

    @pytest.mark.parametrize(
        ("asked", "why"),
        [
            ({"video": "show"}, "The video cannot be show; it is leave-out, blur or include"),
            ({"notation": "runes"}, "There is no notation runes"),
            ({"video": "blur"}, "is no longer there; put it back, or leave video and sound out"),
            ({"hide": {" ": "X"}}, "neither may be empty"),
        ],
    )
    def test_what_cannot_be(self, tmp_path: Path, asked: dict, why: str):
        folder = private_meeting(tmp_path)
        with pytest.raises(ReportError, match=why):
            write_report(folder, folder / "exports" / "report.html", ReportOptions(**asked))
        assert not list(folder.rglob("*.html")) and not list(folder.rglob(".report*"))

    def test_no_pictures(self, tmp_path: Path):
        folder = private_meeting(tmp_path)
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        manifest["files"][0]["pictures"] = False
        (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
        with pytest.raises(ReportError, match="No recording of this meeting has pictures"):
            report_of(folder, ReportOptions(video="include"))

    def test_too_large(self, tmp_path: Path, short_meeting: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(films, "LARGEST", 100_000)
        folder = private_meeting(tmp_path, short_meeting)
        with pytest.raises(
            ReportError, match=r"larger than .* lower --height, blur the video, or leave it out"
        ):
            write_report(folder, tmp_path / "r.html", ReportOptions(video="blur"))
        assert not list(tmp_path.glob("*.html")) and not list(tmp_path.glob(".*"))

    def test_who_was_not_measured_counts_as_near(self, tmp_path: Path, short_meeting: Path):
        folder = private_meeting(tmp_path, short_meeting)
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        assert films.face_of(folder, manifest, manifest["files"][0]) == pytest.approx(148 / 360)
        path = folder / "signals" / "face.parquet"
        pd.read_parquet(path).assign(size=10.0).to_parquet(path)
        assert films.face_of(folder, manifest, manifest["files"][0]) == films.LEAST
        path.unlink()
        assert films.face_of(folder, manifest, manifest["files"][0]) == films.UNKNOWN
