"""A worker or the command killed or stopped, a full disk: nothing is lost and nothing computed twice."""

from __future__ import annotations

import os
import signal
import subprocess

import psutil
import pytest

from pipeline.batch.entries import entries_of
from pipeline.batch.journal import Journal
from pipeline.batch.plan import plan
from pipeline.settings import load_settings
from tests.batch.conftest import Batch, table


def test_a_killed_worker_is_replaced_and_its_meeting_taken_up(clips, quick, tmp_path):
    folder, out = clips("one", "two"), tmp_path / "out"
    batch = Batch(folder, "--out", out, "--config", quick, "--workers", 1)
    begun = batch.until("stage", stage="transcribe")["meeting"]
    family = [psutil.Process(batch.process.pid), *batch.workers()]
    listening = {c.laddr.ip for one in family for c in one.net_connections() if c.status == "LISTEN"}
    assert listening == {"127.0.0.1"}
    (worker,) = batch.workers()
    worker.send_signal(signal.SIGKILL)
    assert batch.end() == 0, batch.errors
    assert batch.ended() == ["one", "two"]
    for name in batch.ended():
        assert len(batch.computed(name)) == len(set(batch.computed(name)))
    cached = [e["stage"] for e in batch.seen if e["event"] == "stage_done" and e["cached"]]
    assert cached == ["decode", "find speech"]  # of the meeting that was begun
    assert {e["meeting"] for e in batch.seen if e["event"] == "stage_done" and e["cached"]} == {begun}
    assert "Traceback" not in batch.errors


def test_stopped_then_killed_then_finished(clips, quick, tmp_path):
    folder, out = clips("one", "two", "three"), tmp_path / "out"
    arguments = (folder, "--out", out, "--config", quick, "--workers", 1)
    stopped = Batch(*arguments)
    stopped.until("stage", stage="transcribe")
    os.killpg(stopped.process.pid, signal.SIGINT)  # as a terminal does: to the workers, too
    assert stopped.end() == 130
    assert stopped.errors == "rapport: stopped; what is done is kept, run the same command to go on.\n"
    (first,) = stopped.ended()
    assert sorted(row["state"] for row in table(out).values()) == ["done", "waiting", "waiting"]

    killed = Batch(*arguments)
    second = killed.until("stage", stage="diarise")["meeting"]
    workers = killed.workers()
    killed.process.kill()
    killed.process.wait()
    gone, _ = psutil.wait_procs(workers, timeout=10)
    assert len(gone) == len(workers) > 0  # no worker outlives the command

    last = Batch(*arguments)
    assert last.end() == 0, last.errors
    assert first not in last.ended() and len(last.ended()) == 2
    assert {"decode", "find speech", "transcribe"}.isdisjoint(last.computed(second))
    assert all(row["state"] == "done" for row in table(out).values())


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_stops_the_batch_with_one_sentence(clips, quick, tmp_path):
    folder, small = clips("one", "two", "three"), tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", small]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let tests mount a small disk")
    try:
        batch = Batch(folder, "--out", small, "--config", quick, "--workers", 1)
        assert batch.end() == 7
        (sentence,) = batch.errors.splitlines()
        assert "full" in sentence and batch.ended("failed") == []
        subprocess.run(["mount", "-o", "remount,size=20m", small], check=True)
        found = plan(
            entries_of(folder, small), Journal(small), load_settings(quick), retry=False, again=False
        )
        left = [one.folder.name for one in found if one.state == "waiting"]
        assert sorted(left + batch.ended()) == ["one", "three", "two"] and left
    finally:
        subprocess.run(["umount", small], check=True)
