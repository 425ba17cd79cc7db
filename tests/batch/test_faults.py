"""A worker or the command killed or stopped, a full disk: nothing is lost and nothing computed twice."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from pipeline.batch.journal import Journal, write_table
from pipeline.errors import StorageError
from pipeline.manifest import read_manifest, write_manifest
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
    folder, out = clips("one", "two"), tmp_path / "out"
    arguments = (folder, "--out", out, "--config", quick, "--workers", 1)
    stopped = Batch(*arguments)
    stopped.until("stage", stage="find speech")
    os.killpg(stopped.process.pid, signal.SIGINT)  # as a terminal does: to the workers, too
    assert stopped.end() == 130
    assert stopped.errors == "rapport: stopped; what is done is kept, run the same command to go on.\n"
    (first,) = stopped.ended()
    assert sorted(row["state"] for row in table(out).values()) == ["done", "waiting"]

    killed = Batch(*arguments)
    second = killed.until("stage", stage="diarise")["meeting"]
    workers = killed.workers()
    killed.process.kill()
    killed.process.wait()
    gone, _ = psutil.wait_procs(workers, timeout=10)
    assert len(gone) == len(workers) > 0  # no worker outlives the command

    last = Batch(*arguments)
    assert last.end() == 0, last.errors
    assert first != second and last.ended() == [second]
    assert {"decode", "find speech", "transcribe"}.isdisjoint(last.computed(second))
    assert all(row["state"] == "done" for row in table(out).values())


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file of a meeting's results that is of use, stages included."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name[0] != "."}


def test_a_full_disk_stops_the_batch_and_the_same_command_goes_on_when_there_is_room(
    clips, quick, small_disk
):
    folder, small = clips("one", "two"), small_disk(360)  # one meeting takes 280
    arguments = (folder, "--out", small, "--config", quick, "--workers", 1)
    full = Batch(*arguments)
    assert full.end() == 7
    (sentence,) = full.errors.splitlines()
    assert "free some space" in sentence and full.ended("failed") == []
    (first,) = full.ended()
    kept = contents(small / first)
    assert json.loads((small / "batch.jsonl").read_text())["state"] == "done"
    assert sorted(row["state"] for row in table(small).values()) == ["done", "waiting"]

    small_disk(20_000)
    again = Batch(*arguments)
    assert again.end() == 0, again.errors
    (second,) = again.ended()
    assert first != second and contents(small / first) == kept
    computed = full.computed(second) + again.computed(second)
    assert len(computed) == len(set(computed)) == len(full.computed(first))
    assert {row["state"] for row in table(small).values()} == {"done"}


def test_what_a_full_disk_does_not_take_leaves_journal_table_and_manifest_as_they_were(small_disk):
    out, before = small_disk(64), {"meeting": {"participants": []}, "files": ["before"]}
    journal, line = Journal(out), {"state": "done", "file": "x" * 1000}
    journal.note({**line, "meeting": "0"})
    rows = write_table(out, [{"meeting": "0"}]).read_bytes()
    write_manifest(out, before)
    with pytest.raises(StorageError, match="full"):
        for number in range(1, 100):
            journal.note({**line, "meeting": f"{number}"})
    with pytest.raises(StorageError, match="full"):
        write_table(out, [{"meeting": "y" * 10_000}])
    with pytest.raises(OSError, match="No space"):
        write_manifest(out, {"files": ["z" * 10_000]})
    assert (out / "batch.csv").read_bytes() == rows
    assert read_manifest(out) == before

    small_disk(20_000)
    Journal(out).note({**line, "meeting": "after"})
    noted = [name for name in ("after", *map(str, range(100))) if Journal(out).last(name)]
    assert noted == ["after", *map(str, range(number))]  # all that was taken whole
