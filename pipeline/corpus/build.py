"""Build a corpus: one part a meeting and table, written anew only where the meeting changed.

What is kept of a meeting is marked by its digest in ``.built``. The mark goes before the parts are replaced
and comes back after them, so that a build that was stopped half way is taken up there.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from pipeline.corpus.tables import PARTITION, TABLES, VERSION, part_of, schema
from pipeline.errors import RapportError, SettingsError, StorageError
from pipeline.manifest import read_manifest
from pipeline.settings import configs_folder
from pipeline.store import storage_errors, write_whole

MARKS = ".built"
Kept = tuple[str, str, str]
"""A meeting's name, ``written`` or ``kept``, and why it is broken; empty where it is not."""


@dataclass(frozen=True)
class Built:
    """What a build did; names of meetings.

    Attributes
    ----------
    written, kept, removed : list of str
    broken : dict of str to str
        Why a meeting is not in the corpus.
    """

    written: list[str]
    kept: list[str]
    removed: list[str]
    broken: dict[str, str]


def build(
    outputs: Path, corpus: Path, workers: int = 1, tell: Callable[[str], object] = lambda _: None
) -> Built:
    """Write all analysed meetings of a folder into a corpus.

    Parameters
    ----------
    outputs : Path
        Folder whose folders are analysed meetings.
    corpus : Path
        Folder of the corpus; made if it is missing.
    workers : int
        Processes; each holds one meeting at a time.
    tell : callable
        Told the name of every meeting that was read.

    Raises
    ------
    SettingsError
        Where there is no analysed meeting, or `corpus` holds something else.
    """
    folders = sorted(path.parent for path in outputs.glob("*/manifest.json"))
    if not folders:
        raise SettingsError(f"There is no analysed meeting in {outputs}; run rapport analyse first.")
    marks = corpus / MARKS
    if corpus.is_dir() and any(corpus.iterdir()) and not marks.is_dir():
        raise SettingsError(f"{corpus} holds something that is no corpus; give another folder with --to.")
    with storage_errors(corpus):
        marks.mkdir(parents=True, exist_ok=True)
        for leftover in corpus.glob(".making-*"):
            shutil.rmtree(leftover, ignore_errors=True)
    done: dict[str, list[str]] = {"written": [], "kept": []}
    broken: dict[str, str] = {}
    for name, how, why in _each(folders, corpus, workers):
        if why:
            broken[name] = why
        else:
            done[how].append(name)
        tell(name)
    stay = {quote(name, safe=" ") for name in (*done["written"], *done["kept"])}
    removed = _remove_others(corpus, stay)
    return Built(**done, removed=sorted(set(removed) - set(broken)), broken=broken)


def _each(folders: list[Path], corpus: Path, workers: int) -> Iterator[Kept]:
    """Keep every meeting; several processes share those that changed."""
    changed = []
    for folder in folders:
        if unchanged := _unchanged(folder, corpus):
            yield unchanged
        else:
            changed.append(folder)
    workers = min(workers, len(changed))
    if workers < 2:
        yield from (keep(folder, corpus) for folder in changed)
        return
    context = multiprocessing.get_context("spawn")  # threads of numpy and Arrow do not survive a fork
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(keep, changed, [corpus] * len(changed))


def _mark(folder: Path, corpus: Path) -> Path:
    return corpus / MARKS / quote(folder.name, safe=" ")


def _unchanged(folder: Path, corpus: Path) -> Kept | None:
    """That a meeting is in the corpus as it is; None where it must be read."""
    mark = _mark(folder, corpus)
    try:
        if mark.is_file() and mark.read_text(encoding="utf-8") == digest(folder):
            return folder.name, "kept", ""
    except (RapportError, OSError, AttributeError, TypeError):
        pass  # `keep` says why
    return None


def digest(folder: Path) -> str:
    """What a meeting's parts depend on: its timeline, its manifest, the codebook, product and layout."""
    import pipeline

    made = hashlib.sha256(f"{VERSION} {pipeline.__version__}".encode())
    for name in ("timeline.parquet", "manifest.json"):
        path = folder / name
        made.update(hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b"-")
    made.update(_codebook_file(folder))
    return made.hexdigest()[:20]


def _codebook_file(folder: Path) -> bytes:
    """Hash of the file of the codebook that a meeting is read by."""
    path = Path(read_manifest(folder).get("codebook", {}).get("path") or "")
    path = path if path.is_file() else configs_folder() / "codebook.yaml"
    return _hash(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _hash(path: Path, _changed: int) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def keep(folder: Path, corpus: Path) -> Kept:
    """Write one meeting's parts: its name, ``written``, and why it is broken."""
    name = folder.name
    try:
        state = digest(folder)
        _write(folder, corpus)
        write_whole(_mark(folder, corpus), state)
    except StorageError:
        raise  # a full disk is not the meeting's fault
    except RapportError as error:
        return name, "", " ".join(str(error).split())
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        return name, "", f"Its manifest or timeline cannot be read ({said}); analyse the meeting again."
    return name, "written", ""


def _write(folder: Path, corpus: Path) -> None:
    """Write the parts of one meeting beside the old ones, then put them in their place."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from pipeline.corpus.gather import gather

    tables = gather(folder)
    making = corpus / f".making-{quote(folder.name, safe=' ')}.{os.getpid()}"
    with storage_errors(corpus):
        making.mkdir()
        try:
            for name in TABLES:
                part = pa.Table.from_pandas(tables[name], schema=schema(name), preserve_index=False)
                pq.write_table(part.replace_schema_metadata(None), making / name, compression="zstd")
            _mark(folder, corpus).unlink(missing_ok=True)
            for name in TABLES:
                target = part_of(corpus, name, folder.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                (making / name).replace(target)
        finally:
            shutil.rmtree(making, ignore_errors=True)


def _remove_others(corpus: Path, stay: set[str]) -> list[str]:
    """Remove meetings that are no longer there, or broken now; gives their names."""
    from urllib.parse import unquote

    gone = set()
    with storage_errors(corpus):
        for mark in (corpus / MARKS).iterdir():
            if mark.name not in stay:
                mark.unlink()
        for table in TABLES:
            for part in corpus.glob(f"{table}/{PARTITION}=*"):
                name = part.name.partition("=")[2]
                if name not in stay:
                    gone.add(unquote(name))
                    shutil.rmtree(part)
    return sorted(gone)
