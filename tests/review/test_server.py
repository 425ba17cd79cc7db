"""The server as a process of its own: killed, asked rawly, watched by several pages."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.timeline.rows import rows_of
from pipeline.timeline.table import read
from pipeline.timeline.turns import LAUGHTER
from tests.review.made import change, make_meeting

SCRIPT = (
    "import sys; from pathlib import Path; from pipeline.review.server import serve;"
    "serve(Path(sys.argv[1]), port=0, browser=False)"
)
MEETING = "/api/meetings/meeting"


@dataclass
class Served:
    """A running server."""

    process: subprocess.Popen[str]
    port: int
    token: str

    def browser(self) -> httpx.Client:
        headers = {"x-rapport-token": self.token}
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=30, trust_env=False
        )

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@contextmanager
def served(outputs: Path) -> Iterator[Served]:
    command = [sys.executable, "-c", SCRIPT, str(outputs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:(\d+)/(\S*)\?token=(\S+)", process.stdout.readline())
            assert found
            one = Served(process, int(found[1]), found[3])
            wait_for(one)
            yield one
        finally:
            process.kill()


def wait_for(one: Served) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", one.port), 1).close()
            return
        except OSError:
            time.sleep(0.05)


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    make_meeting(tmp_path / "outputs" / "meeting")
    return tmp_path / "outputs"


def edit(browser: httpx.Client, *edits: dict[str, Any], coder: str = "Eva") -> dict[str, Any]:
    base = browser.get(f"{MEETING}/changes?since=999999").json()["version"]
    answer = browser.post(f"{MEETING}/edits", json={"coder": coder, "base": base, "edits": list(edits)})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_kill_in_the_middle_of_corrections_loses_nothing_that_was_saved(outputs: Path):
    """Killed again and again while somebody corrects: what was answered is there, and tables are valid."""
    saved: dict[str, str] = {}
    for round_ in range(4):
        with served(outputs) as one, one.browser() as browser:
            killer = threading.Timer(0.4 + 0.13 * round_, one.kill)
            try:
                for i in range(10_000):
                    name, text = f"word-{i % 12 + 1:04d}", f"r{round_}n{i}"
                    edit(browser, change(name, text=text))
                    saved[name] = text
                    if i == 0:
                        killer.start()
            except httpx.TransportError:
                pass
            killer.join()
            attempted = name, text
        table = read(outputs / "meeting" / "timeline.parquet")  # valid, whatever was under way
        assert len(table) >= 20
    with served(outputs) as one, one.browser() as browser:
        told = browser.get(f"{MEETING}/rows").json()
    rows = rows_of(read(outputs / "meeting" / "timeline.parquet"), saved)
    texts = {name: row["text"] for name, row in rows.items()}
    expected = {name: {text} for name, text in saved.items()}
    expected[attempted[0]] = {*expected.get(attempted[0], set()), attempted[1]}
    assert all(texts[name] in expected[name] for name in saved)
    lines = (outputs / "meeting" / "edits.jsonl").read_bytes().splitlines()
    assert told["version"] >= len(saved)
    assert told["version"] <= len(lines)
    turn = rows_of(read(outputs / "meeting" / "timeline.parquet"), ["turn-0001"])["turn-0001"]
    words = rows_of(read(outputs / "meeting" / "timeline.parquet"), turn["evidence"].split())
    said = [w["text"] for w in sorted(words.values(), key=lambda w: w["start"]) if w["label"] != LAUGHTER]
    assert turn["text"].split() == said


def test_two_people_correct_at_the_same_time(outputs: Path):
    with served(outputs) as one:

        def work(coder: str, numbers: range) -> None:
            with one.browser() as browser:
                for i in numbers:
                    edit(browser, change(f"word-{i:04d}", text=f"{coder}{i}"), coder=coder)

        threads = [
            threading.Thread(target=work, args=a) for a in (("Eva", range(1, 7)), ("Max", range(7, 13)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    rows = rows_of(read(outputs / "meeting" / "timeline.parquet"), [f"word-{i:04d}" for i in range(1, 13)])
    assert {name: row["text"] for name, row in rows.items()} == {
        f"word-{i:04d}": f"{'Eva' if i < 7 else 'Max'}{i}" for i in range(1, 13)
    }
    turn = rows_of(read(outputs / "meeting" / "timeline.parquet"), ["turn-0002"])["turn-0002"]
    assert turn["text"] == "Eva5 Eva6 Max7 Max8 Max9"


def test_another_tab_is_told_of_a_change_and_of_the_coding(outputs: Path):
    with served(outputs) as one, one.browser() as browser, one.browser() as tab:
        with tab.stream("GET", f"{MEETING}/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            versions = (
                json.loads(line[5:])["version"] for line in stream.iter_lines() if line.startswith("data:")
            )
            assert next(versions) == 0
            told = edit(browser, change("turn-0001", text="the price is ten euros"))
            assert next(versions) == told["version"] == 1
            assert next(versions) == 2  # the actions, in the background
        by = browser.get(f"{MEETING}/changes?since=1").json()["by"]
        assert [(one["coder"], one["what"]) for one in by] == [("", "actions coded anew")]


def raw(port: int, target: str, headers: str) -> str:
    """The status line of a request that no client would send."""
    with socket.create_connection(("127.0.0.1", port), 5) as line:
        line.sendall(f"GET {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n".encode())
        return line.makefile("rb").readline().decode().split(" ")[1]


def test_raw_paths_and_names(outputs: Path):
    make_meeting(outputs.parent / "secret")
    with served(outputs) as one:
        good = f"Host: 127.0.0.1:{one.port}\r\nX-Rapport-Token: {one.token}\r\n"
        assert raw(one.port, "/api/meetings", good) == "200"
        for path in (
            *("/api/meetings/../secret/rows", "/api/meetings/..%2fsecret/rows", "/media/../secret/1"),
            *("/static/../server.py", "/static/%2e%2e/server.py", "//etc/passwd", "/../../etc/passwd"),
            *("/meeting/../../secret", "/static//etc/passwd", "/media/%2fetc%2fpasswd/1"),
        ):
            assert raw(one.port, path, good) == "404", path
        token = f"X-Rapport-Token: {one.token}\r\n"
        assert raw(one.port, "/api/meetings", f"Host: evil.example\r\n{token}") == "403"
        assert raw(one.port, "/api/meetings", f"Host: 127.0.0.1:1\r\n{token}") == "403"
        assert raw(one.port, "http://evil.example/api/meetings", f"Host: evil.example\r\n{token}") == "403"
        assert raw(one.port, "/api/meetings", f"Host: 127.0.0.1:{one.port}\r\n") == "401"


def test_it_listens_on_this_machine_only(outputs: Path):
    with served(outputs) as one:
        others = {
            info[4][0]
            for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
            if not str(info[4][0]).startswith("127.")
        }
        for address in others:
            with pytest.raises(OSError), socket.create_connection((address, one.port), 2):
                pass
        assert others or Path("/proc/net/tcp").read_text(encoding="ascii").count(f"0100007F:{one.port:04X}")


def test_a_stopped_server_goes_with_pages_open(outputs: Path):
    with served(outputs) as one, one.browser() as tab, tab.stream("GET", f"{MEETING}/events") as stream:
        next(stream.iter_lines())
        one.process.send_signal(signal.SIGINT)
        assert one.process.wait(15) == 0


def test_a_meeting_is_opened_by_its_own_folder(outputs: Path):
    with served(outputs / "meeting") as one, one.browser() as browser:
        assert browser.get(f"/meeting/meeting?token={one.token}").status_code == 200


def test_the_command_says_what_is_wrong(tmp_path: Path):
    from pipeline.errors import SettingsError
    from pipeline.review.server import serve

    with pytest.raises(SettingsError, match="no folder"):
        serve(tmp_path / "nothing", browser=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingsError, match="taken"):
            serve(tmp_path, port=taken.getsockname()[1], browser=False)
