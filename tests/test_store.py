import errno
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.errors import StorageError
from pipeline.store import Store, _running, stage_key, write_whole


@dataclass(frozen=True)
class Limits:
    low: float = 1.0
    high: float = 2.0


def test_a_key_changes_with_each_of_its_parts_and_with_nothing_else():
    keys = [
        stage_key("words", "1", Limits(), ["a", "b"]),
        stage_key("voices", "1", Limits(), ["a", "b"]),
        stage_key("words", "2", Limits(), ["a", "b"]),
        stage_key("words", "1", Limits(low=1.5), ["a", "b"]),
        stage_key("words", "1", Limits(), ["b", "a"]),
        stage_key("words", "1", Limits(), ["ab"]),
        stage_key("words", "1", None, ["a", "b"]),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == stage_key("words", "1", {"high": 2.0, "low": 1.0}, ["a", "b"])


def fill(folder: Path) -> None:
    (folder / "one").write_text("1")
    (folder / "two").write_text("2")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_result_is_found_again(tmp_path):
    store = Store(tmp_path / "deep" / "results")
    assert store.find("words", "k") is None
    made = store.make("words", "k", fill)
    assert Store(store.root).find("words", "k") == made
    assert files(store.root) == ["words/k/one", "words/k/two"]
    assert store.find("words", "other") is store.find("voices", "k") is None


@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt, OSError(errno.EIO, "broken")])
def test_a_failed_stage_leaves_nothing(tmp_path, problem):
    store = Store(tmp_path)

    def fail(folder: Path) -> None:
        (folder / "one").write_text("1")
        assert store.find("words", "k") is None
        raise problem

    with pytest.raises(problem if isinstance(problem, type) else OSError):
        store.make("words", "k", fail)
    assert store.find("words", "k") is None
    assert files(tmp_path) == []
    assert files(store.make("words", "k", fill)) == ["one", "two"]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.ENOSPC, "is full"), (errno.EDQUOT, "is full"), (errno.EROFS, "cannot be written")],
)
def test_a_full_or_closed_disk_is_told_in_a_sentence(tmp_path, number, sentence):
    def fail(folder: Path) -> None:
        raise OSError(number, os.strerror(number))

    store = Store(tmp_path)
    with pytest.raises(StorageError, match=sentence) as caught:
        store.make("words", "k", fail)
    assert str(tmp_path) in str(caught.value)
    assert files(tmp_path) == []


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        Store(tmp_path / "results")


def python(code: str, *arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.store import Store

def compute(folder):
    (folder / "one").write_text("1")
    os.kill(os.getpid(), signal.SIGKILL)

Store(Path(sys.argv[1])).make("words", "k", compute)
"""


def test_a_killed_process_leaves_no_result_and_its_leftovers_are_swept(tmp_path):
    assert python(KILLED, tmp_path).wait() == -signal.SIGKILL
    assert len(files(tmp_path)) == 1  # what it had written so far
    store = Store(tmp_path)
    assert store.find("words", "k") is None
    assert files(tmp_path) == []


def test_the_work_of_a_running_process_is_not_swept(tmp_path):
    store = Store(tmp_path)

    def compute(folder: Path) -> None:
        fill(folder)
        Store(tmp_path)

    assert files(store.make("words", "k", compute)) == ["one", "two"]


def test_leftovers_under_our_own_process_number_do_not_get_into_a_result(tmp_path):
    # In a container every run has the same process number.
    leftover = tmp_path / "words" / f".k.{os.getpid()}"
    leftover.mkdir(parents=True)
    (leftover / "stale").write_text("half")
    assert files(Store(tmp_path).make("words", "k", fill)) == ["one", "two"]


def test_on_windows_no_process_is_asked_whether_it_runs(monkeypatch):
    # There, os.kill would end it.
    with monkeypatch.context() as patched:
        patched.setattr(os, "name", "nt")
        patched.setattr(os, "kill", lambda *_: pytest.fail("a process was killed"))
        running = _running(1)
    assert running


TWO = """
import sys, time
from pathlib import Path
from pipeline.store import Store

root, me, other = Path(sys.argv[1]), *sys.argv[2:]

def compute(folder):
    (folder / "one").write_text(me)
    (root / me).touch()
    while not (root / other).exists():
        time.sleep(0.005)
    (folder / "two").write_text(me)

folder = Store(root / "results").make("words", "k", compute)
print((folder / "one").read_text(), (folder / "two").read_text())
"""


def test_two_processes_may_make_the_same_at_once(tmp_path):
    both = [python(TWO, tmp_path, "a", "b"), python(TWO, tmp_path, "b", "a")]
    said = [process.communicate(timeout=60)[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1]
    assert len(set(said[0])) == 1  # whole, from one of the two
    assert files(tmp_path / "results") == ["words/k/one", "words/k/two"]


def test_a_text_is_replaced_whole(tmp_path):
    path = tmp_path / "note.txt"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half\ud800")
    assert path.read_text() == "old"
    write_whole(path, "né\n")
    assert path.read_text(encoding="utf-8") == "né\n"
