"""Nothing leaves the machine: no library that is used calls home."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ADDRESS = re.compile(r"\b(connect|sendto|sendmsg|sendmmsg)\(.*(AF_INET6?|sin6?_addr)|\bsend(to|mmsg)\(")


def calls_home(*command: object, folder: Path, **environment: str) -> list[str]:
    """System calls by which a command, or a process that it starts, turns to the network."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed, so connections cannot be seen")
    log = folder / "calls.txt"
    watched = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-e",
        "trace=%network",
        "-o",
        str(log),
        sys.executable,
        *map(str, command),
    ]
    done = subprocess.run(
        watched, capture_output=True, text=True, env={**os.environ, **environment}, timeout=280
    )
    if not log.is_file() or "ptrace" in done.stderr:
        pytest.skip("processes may not be watched here")
    assert done.returncode == 0, done.stderr
    return [line for line in log.read_text(errors="replace").splitlines() if ADDRESS.search(line)]


def test_a_whole_analysis_turns_to_no_network(short_meeting, tmp_path):
    assert (
        calls_home("-m", "pipeline.cli", "analyse", short_meeting, "--out", tmp_path, "-q", folder=tmp_path)
        == []
    )


def test_the_watch_would_notice(tmp_path):
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))"
    assert calls_home("-c", code, folder=tmp_path)


def test_onnxruntime_is_told_not_to_report_its_use():
    """Its published builds look up a Microsoft address a few seconds after the first network is opened."""
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
