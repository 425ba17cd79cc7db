"""Workers that are not the batch's own: of a running scheduler, and jobs of a stand-in for SLURM."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from pipeline.batch.drive import of_error
from pipeline.batch.slurm import cluster_of, news_of, read_slurm
from pipeline.batch.workers import require_dask, resources, scheduler
from pipeline.errors import SettingsError
from pipeline.settings import Settings, configs_folder, load_settings
from tests.batch.conftest import STANDINS, Batch, table
from tests.conftest import ROOT


@contextmanager
def dask(command, *arguments):
    """``dask scheduler`` or ``dask worker`` as a process."""
    line = [sys.executable, "-m", f"distributed.cli.dask_{command}", *map(str, arguments), "--no-dashboard"]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


def test_a_scheduler_that_comes_back_is_given_what_is_left(clips, quick, tmp_path, address):
    folder, out = clips("one", "two"), tmp_path / "out"
    port = address.rpartition(":")[2]
    serve = ("scheduler", "--host", "127.0.0.1", "--port", port)
    help_out = ("worker", address, "--nthreads", 1, "--no-nanny", "--death-timeout", 30)
    with ExitStack() as again:
        with dask(*serve) as first, dask(*help_out):
            batch = Batch(folder, "--out", out, "--config", quick, "--scheduler", address)
            begun = batch.until("stage", stage="diarise")["meeting"]
            first.kill()
            first.wait()
        again.enter_context(dask(*serve))
        again.enter_context(dask(*help_out))
        assert batch.end() == 0, batch.errors
    assert batch.ended() == ["one", "two"] and "waiting for it to come back" in batch.said
    assert {"decode", "find speech", "transcribe"}.isdisjoint(batch.computed(begun)[3:])
    assert {row["state"] for row in table(out).values()} == {"done"}


def test_a_scheduler_that_cannot_help_is_told(address):
    with (
        pytest.raises(SettingsError, match="No scheduler answers"),
        scheduler(address, Settings(), patience=1),
    ):
        pass


def test_jobs_of_slurm_do_the_work_and_end_with_it(clips, quick, tmp_path, slurm):
    (tmp_path / "slurm.yaml").write_text("jobs: 2\ncores: 3\nqueue: short\nresources: {GPU: 1}\n")
    folder, out = clips("one", "two"), tmp_path / "out"
    batch = Batch(
        folder, "--out", out, "--config", quick, "--slurm", tmp_path / "slurm.yaml", environment=slurm
    )
    assert batch.end() == 0, batch.errors
    assert batch.ended() == ["one", "two"] and "2 jobs of SLURM" in batch.said
    notes = Path(slurm["STANDIN_SLURM"])
    script = (notes / "1.sh").read_text()
    for part in ("#SBATCH -p short", "--cpus-per-task=3", "--mem=4G", "--nthreads 1", "--resources GPU=1"):
        assert part in script
    jobs = [psutil.Process(int(pid.read_text())) for pid in notes.glob("*.pid") if running(pid)]
    assert psutil.wait_procs(jobs, timeout=15)[1] == []
    assert not list(out.glob(".dask*"))  # the keys are gone


def test_what_slurm_says_when_it_refuses_the_jobs_is_told(clips, quick, tmp_path, slurm):
    (tmp_path / "slurm.yaml").write_text("jobs: 2\nqueue: lnog\n")
    out = tmp_path / "out"
    batch = Batch(
        clips("one"), "--out", out, "--config", quick, "--slurm", tmp_path / "slurm.yaml", environment=slurm
    )
    assert batch.end() == SettingsError.exit_code
    assert "invalid partition specified: lnog" in batch.errors and "Traceback" not in batch.errors
    assert table(out)["one"]["state"] == "waiting"


def test_jobs_that_do_not_work_are_told_once_and_waited_for():
    at, job = [0.0], SimpleNamespace(refused="")
    cluster = SimpleNamespace(workers={0: job, 1: job}, scheduler_info={"workers": {}})
    news = news_of(cluster, clock=lambda: at[0])
    told = []
    for at[0], workers in ((59.0, {}), (61.0, {}), (300.0, {}), (301.0, {"w": {}}), (361.5, {}), (362.0, {})):
        cluster.scheduler_info["workers"] = workers
        told.append("squeue" in news())
    assert told == [False, True, False, False, True, False]
    cluster.workers[1] = SimpleNamespace(refused="no such account")
    assert news() == ""  # the other may still begin
    cluster.workers[0] = cluster.workers[1]
    with pytest.raises(SettingsError, match="no such account"):
        news()


def test_the_script_for_one_node_runs_until_it_is_cancelled_and_then_goes_on(clips, quick, tmp_path, slurm):
    folder, out = clips("one"), tmp_path / "out"
    (tmp_path / "bin").mkdir()
    rapport = tmp_path / "bin" / "rapport"
    rapport.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pipeline.cli "$@"\n')
    rapport.chmod(0o755)
    slurm = {**os.environ, **slurm, "PATH": f"{tmp_path / 'bin'}:{slurm['PATH']}"}
    line = ["sbatch", ROOT / "scripts" / "batch.slurm", folder, out, "--config=" + str(quick)]
    notes = Path(slurm["STANDIN_SLURM"])

    def ran(until: Path, cancel: bool) -> str:
        number = 1 + len(list(notes.glob("*.sh")))
        said = subprocess.run(line, env=slurm, cwd=ROOT, capture_output=True, text=True, check=True)
        assert said.stdout == f"Submitted batch job {number}\n"
        pid = notes / f"{number}.pid"
        deadline = time.monotonic() + 90
        while running(pid) and not (cancel and until.exists()) and time.monotonic() < deadline:
            time.sleep(0.1)
        if cancel:
            subprocess.run(["scancel", str(number)], env=slurm, check=True)
        while running(pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        return (notes / f"{number}.log").read_text()

    begun = out / "one" / ".stages" / "decode"
    assert "rapport: stopped; what is done is kept" in ran(begun, cancel=True)
    assert "1 done: " in ran(out, cancel=False)


def running(pid: Path) -> bool:
    """Whether a job's process is there and not merely waited for by nobody."""
    number = int(pid.read_text())
    return psutil.pid_exists(number) and psutil.Process(number).status() != psutil.STATUS_ZOMBIE


def test_a_graphics_card_is_asked_for_by_its_tag(tmp_path, monkeypatch):
    gpu = load_settings(configs_folder() / "gpu.yaml")
    assert resources(gpu) == {"GPU": 1} and resources(Settings()) == {}
    monkeypatch.setenv("PATH", str(STANDINS), prepend=":")
    with pytest.raises(SettingsError, match="wants a GPU"):
        cluster_of(read_slurm(configs_folder() / "slurm.yaml"), resources(gpu), tmp_path)


def test_without_dask_the_user_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingsError, match=r"rapport-pipeline\[batch\]"):
        require_dask()


def test_a_meeting_whose_worker_dies_each_time_is_told():
    from distributed import KilledWorker

    line = of_error(KilledWorker("task", None, 3))
    assert line["state"] == "failed" and "memory" in line["why"] and "--retry" in line["why"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("jobs: 0\n", "jobs: "), ("corse: 2\n", "corse"), ("memory: 4GB\ncores: many\n", "cores: ")],
)
def test_a_wrong_configuration_of_slurm_is_told(tmp_path, monkeypatch, text, words):
    monkeypatch.setenv("PATH", str(STANDINS), prepend=":")
    (tmp_path / "slurm.yaml").write_text(text)
    with pytest.raises(SettingsError, match=words):
        cluster_of(read_slurm(tmp_path / "slurm.yaml"), {}, tmp_path)
