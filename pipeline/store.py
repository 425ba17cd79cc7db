"""Results of stages, kept so that nothing is computed twice and a kill loses at most the running stage.

A stage's result is a folder named by a key: the hash of the stage's name and version, its own settings and
its inputs' keys. It is made under a temporary name and renamed when whole.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import RapportError, StorageError

LOCK = ".edits.lock"
"""File by which processes that write the same meeting wait for each other."""
PATIENCE = 20.0
"""Seconds to wait for another one."""


class BusyError(RapportError):
    """Another process has held a meeting for too long."""


def stage_key(stage: str, version: str, settings: Any, inputs: list[str]) -> str:
    """Key of a stage's result: 20 hexadecimal digits."""
    if is_dataclass(settings) and not isinstance(settings, type):
        settings = asdict(settings)
    content = json.dumps([stage, version, settings, inputs], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:20]


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn a full disk or a missing permission into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"The disk with {folder} is full; free some space and run again, what is done is kept."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise StorageError(
                f"{folder} cannot be written; choose another folder with --out or mend its permissions."
            ) from error
        raise


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a meeting alone among processes, while its timeline is read, changed and written.

    Within a thread it may be held again while it is held.

    Raises
    ------
    BusyError
        Where another process has held it for longer than `PATIENCE`.
    """
    from filelock import FileLock, Timeout

    with storage_errors(folder):
        held = FileLock(folder / LOCK, timeout=PATIENCE, is_singleton=True)
        try:
            held.acquire()
        except Timeout as error:
            raise BusyError(
                f"Another process has been writing {folder.name} for {PATIENCE:g} s; try again."
            ) from error
        try:
            yield
        finally:
            held.release()


class Store:
    """The kept results of one meeting.

    Parameters
    ----------
    root : Path
        Folder of the results; made if it is missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        with storage_errors(root):
            root.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def find(self, stage: str, key: str) -> Path | None:
        """Folder of a kept result, or None."""
        folder = self.root / stage / key
        return folder if folder.is_dir() else None

    def make(self, stage: str, key: str, compute: Callable[[Path], None]) -> Path:
        """Compute a result into a new folder and keep it.

        Parameters
        ----------
        stage, key : str
            Name of the stage, key of the result.
        compute : callable
            Writes the result's files into the folder it is given.
        """
        folder = self.root / stage / key
        temporary = self.root / stage / f".{key}.{os.getpid()}"
        with storage_errors(self.root):
            if temporary.exists():  # of a killed run: in a container every run has the same process number
                shutil.rmtree(temporary)
            temporary.mkdir(parents=True)
            try:
                compute(temporary)
                temporary.rename(folder)
            except OSError:
                if not folder.is_dir():  # else another process has just made the same
                    raise
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        return folder

    def _sweep(self) -> None:
        """Remove what processes that no longer run left half done."""
        for leftover in self.root.glob("*/.*.*"):
            process = leftover.suffix[1:]
            if process.isdigit() and not _running(int(process)):
                shutil.rmtree(leftover, ignore_errors=True)


def _running(process: int) -> bool:
    if os.name == "nt":  # where os.kill ends the process that it asks about
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file to write that takes the place of `path` when whole; else nothing of it is left."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with replacing(path) as new:
        new.write_text(text, encoding="utf-8")
