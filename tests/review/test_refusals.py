"""Who may ask, and what: everything else is refused with its status and a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.review.made import TOKEN, change, client, make_meeting

ROWS = "/api/meetings/meeting/rows"
EDITS = "/api/meetings/meeting/edits"
GOOD = {"coder": "Eva", "base": 0, "edits": [change("nod-0001", label="single")]}


def refused(answer: Any, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert "error" in answer.json()
    assert answer.json()["error"].endswith(".")


class TestToken:
    @pytest.mark.parametrize(
        "path", ["/", "/meeting/meeting", "/api/meetings", ROWS, "/media/meeting/1", "/static/x.js"]
    )
    def test_nothing_without_it(self, folder: Path, path: str):
        with client(folder.parent, token="") as page:
            refused(page.get(path), 401)

    @pytest.mark.parametrize("token", ["wrong", TOKEN[:-1], TOKEN + "x", "pässword"])
    def test_nothing_with_another(self, folder: Path, token: str):
        with client(folder.parent, token="") as page:
            refused(page.get("/api/meetings", headers={"x-rapport-token": token.encode()}), 401)
            refused(page.get("/", params={"token": token}), 401)

    def test_a_page_with_it_in_the_address_gives_a_cookie(self, folder: Path):
        with client(folder.parent, token="") as page:
            answer = page.get("/", params={"token": TOKEN})
            assert answer.status_code == 200
            cookie = answer.headers["set-cookie"]
            assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
            assert page.get(ROWS).status_code == 200

    def test_in_the_address_it_opens_pages_only(self, folder: Path):
        with client(folder.parent, token="") as page:
            refused(page.get(ROWS, params={"token": TOKEN}), 401)
            refused(page.post(EDITS, params={"token": TOKEN}, json=GOOD), 401)


class TestWhoAsks:
    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example:8765", "10.0.0.1:8765", "",
                 "@:8765", "127.0.0.1:9999", "127.0.0.1", "user@127.0.0.1:8765", "[::1", "127.0.0.1:x"]
    )  # fmt: skip
    def test_by_another_name(self, page: TestClient, host: str):
        refused(page.get("/api/meetings", headers={"host": host}), 403)

    @pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765"])
    def test_by_this_machines_names(self, page: TestClient, host: str):
        assert page.get("/api/meetings", headers={"host": host}).status_code == 200

    @pytest.mark.parametrize(
        "origin",
        ["http://evil.example", "null", "", "https://127.0.0.1:8765", "http://127.0.0.1:9999", "file://"],
    )
    def test_from_another_page(self, page: TestClient, origin: str):
        refused(page.post(EDITS, json=GOOD, headers={"origin": origin}), 403)
        refused(page.get(ROWS, headers={"origin": origin}), 403)

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_from_another_site_without_origin(self, page: TestClient, site: str):
        refused(page.get("/media/meeting/1", headers={"sec-fetch-site": site}), 403)

    def test_from_its_own_page(self, page: TestClient):
        assert page.post(EDITS, json=GOOD, headers={"origin": "http://127.0.0.1:8765"}).status_code == 200


class TestPaths:
    @pytest.fixture(autouse=True)
    def beside(self, folder: Path) -> None:
        """Meetings that are not among the outputs, but near them."""
        make_meeting(folder.parent.parent / "secret")
        make_meeting(folder / "inside")
        (folder.parent / "link").symlink_to(folder.parent.parent / "secret")
        (folder.parent / "empty").mkdir()

    @pytest.mark.parametrize(
        "name", ["%2e%2e", "../secret", "..%2fsecret", "%2e%2e%2fsecret", "..%5csecret", ".", "",
                 "etc", "%2fetc%2fpasswd", "meeting%2finside", "meeting/inside", "link", "empty", "nothing",
                 "meeting%00", "MEETING%20", "manifest.json"]
    )  # fmt: skip
    @pytest.mark.parametrize(
        "address", ["/api/meetings/{}/rows", "/media/{}/1", "/meeting/{}", "/api/meetings/{}/score"]
    )
    def test_outside_of_the_outputs(self, page: TestClient, address: str, name: str):
        answer = page.get(address.format(name))
        refused(answer, 404)

    def test_only_meetings_right_inside_are_listed(self, page: TestClient):
        assert [one["name"] for one in page.get("/api/meetings").json()["meetings"]] == ["meeting"]

    @pytest.mark.parametrize("number", ["0", "2", "-1", "99999999999999999999", "..", "1/..", "x"])
    def test_recordings_that_are_none(self, page: TestClient, number: str):
        refused(page.get(f"/media/meeting/{number}"), 404)

    @pytest.mark.parametrize(
        "path", ["../server.py", "%2e%2e/server.py", "..%2fserver.py", "/etc/passwd", "%2fetc%2fpasswd"]
    )
    def test_static_files_outside_of_their_folder(self, page: TestClient, path: str):
        refused(page.get(f"/static/{path}"), 404)

    @pytest.mark.parametrize("notation", ["../../secret.yaml", "/etc/passwd", "/tmp/own.yaml", "none"])
    def test_a_notation_is_named_not_a_file(self, page: TestClient, notation: str, tmp_path: Path):
        refused(page.get("/api/meetings/meeting/transcript", params={"notation": notation}), 422)
        told = {"format": "docx", "notation": notation}
        refused(page.post("/api/meetings/meeting/export", json=told), 422)


class TestBodies:
    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"1", b"null", b'"text"', b"\xff\xfe", b'{"coder": NaN}', b"[" * 100_000]
    )
    @pytest.mark.parametrize("what", ["edits", "undo", "redo", "export"])
    def test_what_is_no_object(self, page: TestClient, what: str, body: bytes):
        refused(page.post(f"/api/meetings/meeting/{what}", content=body), 422)

    @pytest.mark.parametrize(
        "wrong", [
            {"coder": ""}, {"coder": " "}, {"coder": 5}, {"coder": None}, {"coder": "x" * 101},
            {"coder": "a\nb"},
            {"base": -1}, {"base": "0"}, {"base": True}, {"base": None}, {"base": 0.5},
            {"edits": []}, {"edits": {}}, {"edits": None}, {"edits": [1]}, {"edits": GOOD["edits"] * 501},
        ], ids=lambda wrong: str(wrong)[:40],
    )  # fmt: skip
    def test_fields_that_cannot_be_meant(self, page: TestClient, folder: Path, wrong: dict[str, Any]):
        refused(page.post(EDITS, json={**GOOD, **wrong}), 422)
        assert not (folder / "edits.jsonl").exists()

    def test_too_large(self, page: TestClient):
        refused(page.post(EDITS, content=b" " * ((1 << 20) + 1)), 413)

    def test_too_large_in_pieces(self, page: TestClient):
        refused(page.post(EDITS, content=(b" " * 65_536 for _ in range(17))), 413)

    def test_of_no_length(self, page: TestClient):
        refused(page.post(EDITS, content=b"{}", headers={"content-length": "many"}), 400)

    def test_asked_otherwise(self, page: TestClient):
        refused(page.get(EDITS), 405)
        refused(page.post(ROWS, json={}), 405)
        refused(page.put(EDITS, json=GOOD), 405)

    @pytest.mark.parametrize(
        "query", ["changes?since=x", "signals?names=pitch&from=x", "signals?names=passwd",
                  "signals?names=pitch&points=nan", "waveform?points=many"]
    )  # fmt: skip
    def test_queries(self, page: TestClient, query: str):
        refused(page.get(f"/api/meetings/meeting/{query}"), 422)

    def test_formats_that_are_none(self, page: TestClient):
        refused(page.post("/api/meetings/meeting/export", json={"format": "exe"}), 422)
        refused(page.post("/api/meetings/meeting/export", json={"format": ["docx"]}), 422)

    def test_actions_that_are_none(self, page: TestClient):
        refused(page.get("/api/meetings/meeting/explain/action-9999"), 404)


def test_pages_load_nothing_from_elsewhere(page: TestClient):
    for path in ("/api/meetings", ROWS, "/media/meeting/1", "/api/meetings/nothing/rows"):
        headers = page.get(path).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy.pop("default-src") == "'none'"
        assert policy["script-src"] == "'self'"
        assert not any("http" in value or "*" in value or "unsafe" in value for value in policy.values())
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_a_fault_of_ours_tells_nothing_of_the_inside(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("/home/eva/secret")

    monkeypatch.setattr("pipeline.review.api.about_meeting", broken)
    from pipeline.review.server import make_app

    app = make_app(folder.parent, TOKEN)
    with TestClient(
        app,
        base_url="http://127.0.0.1:8765",
        headers={"x-rapport-token": TOKEN},
        raise_server_exceptions=False,
    ) as page:
        answer = page.get("/api/meetings/meeting")
        assert answer.status_code == 500
        assert "secret" not in answer.text
