"""Work in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.manifest import read_manifest
from pipeline.review.apart import apart

SERVER = """
import os
from pipeline.review.apart import apart
if __name__ == "__main__":
    print(apart(os.getpid), flush=True)
    apart(__import__("time").sleep, 60)
"""


def test_it_is_another_process():
    assert apart(os.getpid) != os.getpid()


def test_a_fault_is_the_callers(tmp_path: Path):
    with pytest.raises(SettingsError, match="no analysed meeting"):
        apart(read_manifest, tmp_path)


def test_one_that_was_killed_is_begun_again():
    killed = apart(os.getpid)
    os.kill(killed, 9)
    assert apart(os.getpid) != killed


def test_it_ends_with_a_server_that_is_killed(tmp_path: Path):
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    server = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    worker = Path("/proc", server.stdout.readline().strip())
    if not worker.parent.is_dir():
        pytest.skip("this system does not list its processes in /proc")
    assert worker.is_dir()
    server.kill()
    server.wait()
    end = time.monotonic() + 15
    while worker.is_dir() and "Z" not in (worker / "stat").read_text().split(")")[-1].split()[0]:
        assert time.monotonic() < end, "it went on"
        time.sleep(0.1)
