"""Every model file the product uses: where it is, that it is whole, and how it gets there.

`configs/models.yaml` lists them. They live in one folder per model below `cache_dir`, which can be copied
to a machine without a network as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError
from pipeline.fetching import (
    Address,
    Downloads,
    SourceError,
    UnreachableError,
    Wheel,
    hash_file,
    place,
    sweep,
)
from pipeline.weights import BUILDER_VERSION, builder

BUILT = "built.json"
"""Lies beside the graphs built here: their sha256, what they were built from, by which version."""


Progress = Callable[[str, int, int | None, str], None]
"""Called with a model's name, the bytes done, the bytes in all where known, and what is going on."""


def silent(name: str, done: int, total: int | None, status: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class File:
    """A published file.

    Attributes
    ----------
    name : str
        Its name in the model's folder.
    size : int
        Bytes.
    sha256 : str
        In hexadecimal.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Built:
    """An ONNX graph that is built here from a published file.

    Attributes
    ----------
    name : str
        Its name in the model's folder.
    build : str
        Which builder of `pipeline.weights` makes it.
    origin : File
        What it is built from.
    """

    name: str
    build: str
    origin: File


@dataclass(frozen=True)
class Model:
    """An entry of ``configs/models.yaml``.

    Attributes
    ----------
    name, description, licence : str
        For the reader; `name` is also the name of the model's folder.
    sources : tuple of Address or Wheel
        Where its files can be had, in the order in which they are tried.
    files : tuple of File
        What is published.
    built : tuple of Built
        What is built from it.
    """

    name: str
    description: str
    licence: str
    sources: tuple[Address | Wheel, ...]
    files: tuple[File, ...]
    built: tuple[Built, ...]

    @property
    def size(self) -> int:
        """Bytes of the published files."""
        return sum(file.size for file in self.files)

    @property
    def used(self) -> list[str]:
        """Names of the files that the product opens: all but those that others are built from."""
        origins = {built.origin for built in self.built}
        published = [file.name for file in self.files if file not in origins]
        return published + [built.name for built in self.built]


@lru_cache(maxsize=1)
def registry() -> dict[str, Model]:
    """Return every known model by name, in the order of ``configs/models.yaml``."""
    import yaml

    here = Path(__file__).parent
    folders = (here / "configs", here.parent / "configs")  # in an installed wheel, in a source tree
    file = next(path for folder in folders if (path := folder / "models.yaml").exists())
    return {name: _parse(name, entry) for name, entry in yaml.safe_load(file.read_text("utf-8")).items()}


def _parse(name: str, entry: dict[str, Any]) -> Model:
    files = {item["name"]: File(**item) for item in entry["files"]}
    return Model(
        name=name,
        description=entry["description"],
        licence=entry["licence"],
        sources=tuple(
            Address(item["url"]) if "url" in item else Wheel(item["wheel"], item["member"])
            for item in entry["sources"]
        ),
        files=tuple(files.values()),
        built=tuple(
            Built(item["name"], item["build"], files[item["from"]]) for item in entry.get("built", ())
        ),
    )


def cache_dir() -> Path:
    """Return the folder of all models: ``RAPPORT_MODELS`` where it is set, else in the user's cache."""
    if chosen := os.environ.get("RAPPORT_MODELS"):
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("rapport", appauthor=False) / "models"


def path(name: str, file: str | None = None) -> Path:
    """Return where a model lies, having checked that it is whole (once per process and file).

    Parameters
    ----------
    name : str
        As in the registry.
    file : str, optional
        One of the model's files.

    Returns
    -------
    Path
        The file, or the model's folder.

    Raises
    ------
    ModelError
        Unknown, missing or damaged; the message says what to do.
    """
    model = _model(name)
    expected = _expected(model)
    if file is not None and file not in expected:
        raise ModelError(f"Model {name} has no file {file}: it has {', '.join(expected)}.")
    folder = cache_dir() / name
    wanted = [file] if file else model.used
    problems = _problems(model, wanted)
    if problems and not any((folder / key).exists() for key in wanted):
        raise ModelError(f"Model {name} is not in {folder.parent}: run `rapport models fetch {name}`.")
    if problems:
        raise ModelError(f"Model {name} is damaged ({problems[0]}): run `rapport models fetch {name}`.")
    return folder / file if file else folder


def verify(name: str) -> list[str]:
    """Hash every file of a model, including what was built, and return what is wrong, a phrase each.

    Raises
    ------
    ModelError
        There is no such model.
    """
    return _problems(_model(name))


def digest(name: str) -> str:
    """Return a short hash that changes whenever the model's files do, without reading them (12 hex digits).

    Raises
    ------
    ModelError
        There is no such model.
    """
    model = _model(name)
    parts = [f"{file.name} {file.sha256}" for file in model.files]
    parts += [f"{built.name} {built.build} {BUILDER_VERSION}" for built in model.built]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def ensure(names: Iterable[str], progress: Progress = silent) -> None:
    """Fetch those of the models that cannot be used as they are; see `fetch`."""
    models = map(_model, names)
    fetch(*(model.name for model in models if _problems(model, model.used)), progress=progress)


def fetch(*names: str, progress: Progress = silent) -> None:
    """Bring models into the cache: download what is missing or damaged, then build what is built here.

    A file appears in its place only when whole and verified, so a kill leaves nothing half done and
    two processes may fetch at once.

    Parameters
    ----------
    *names : str
        As in the registry. A wheel that serves several of them is downloaded once.
    progress : callable
        Told how it goes on, and why a source was passed over.

    Raises
    ------
    ModelError
        Unknown, or no source gave the right file.
    StorageError
        The cache cannot be written.
    """
    models = [_model(name) for name in names]
    with Downloads() as downloads:
        for model in models:
            _complete(model, downloads, progress)


def _complete(model: Model, downloads: Downloads, progress: Progress) -> None:
    folder = cache_dir() / model.name
    sweep(folder)
    for file in model.files:
        if _problems(model, [file.name]):
            _download(model, file, downloads, progress)
    for built in model.built:
        if _problems(model, [built.name]):
            progress(model.name, 0, None, f"building {built.name}")
            _build(built, folder)
    progress(model.name, model.size, model.size, "ready")


def _download(model: Model, file: File, downloads: Downloads, progress: Progress) -> None:
    """Try the sources of one file in order."""
    refusals: list[str] = []
    answered = False
    for source in model.sources:
        try:
            blocks = downloads.read(source, file.name, file.size, partial(progress, model.name))
            place(cache_dir() / model.name / file.name, blocks, file.sha256)
            return
        except SourceError as refusal:
            refusals.append(f"{source.name} {refusal}")
            answered = answered or not isinstance(refusal, UnreachableError)
            progress(model.name, 0, file.size, refusals[-1])
    raise ModelError(
        f"Model {model.name} is not in {cache_dir()} and none of its sources "
        f"{'gave the right ' + file.name if answered else 'could be reached'} "
        f"({'; '.join(refusals)}); copy the folder from another machine or set RAPPORT_MODELS."
    )


def _build(built: Built, folder: Path) -> None:
    """Build a graph and note its hash: its bytes may depend on library versions, so no registry can."""
    graph = builder(built.build)(folder / built.origin.name)
    sha256 = place(folder / built.name, [graph])
    notes = _notes(folder)
    notes[built.name] = {"sha256": sha256, "from": built.origin.sha256, "builder": BUILDER_VERSION}
    place(folder / BUILT, [json.dumps(notes, indent=2).encode()])


def _notes(folder: Path) -> dict[str, Any]:
    """Read what is noted of the graphs built here; nothing where there is no readable note."""
    try:
        notes = json.loads((folder / BUILT).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def _model(name: str) -> Model:
    known = registry()
    if name not in known:
        raise ModelError(f"There is no model {name}: choose from {', '.join(known)}.")
    return known[name]


def _expected(model: Model) -> dict[str, str | None]:
    """What each file must hash to; None for a graph that was not built by this version from these weights."""
    expected: dict[str, str | None] = {file.name: file.sha256 for file in model.files}
    notes = _notes(cache_dir() / model.name) if model.built else {}
    for built in model.built:
        note = notes.get(built.name, {})
        current = note.get("from") == built.origin.sha256 and note.get("builder") == BUILDER_VERSION
        expected[built.name] = note["sha256"] if current else None
    return expected


def _problems(model: Model, names: Iterable[str] | None = None) -> list[str]:
    """Say what is wrong with each of a model's files, or of those named, that is not as expected."""
    folder, expected = cache_dir() / model.name, _expected(model)
    problems = []
    for name in expected if names is None else names:
        try:
            status = (folder / name).stat()
            actual = _hash_once(folder / name, status.st_size, status.st_mtime_ns)
        except FileNotFoundError:
            problems.append(f"{name} is missing")
        except OSError as error:
            problems.append(f"{name} cannot be read: {error.strerror}")
        else:
            if expected[name] is None:
                problems.append(f"{name} was built by another version")
            elif actual != expected[name]:
                problems.append(f"{name} does not match its checksum")
    return problems


@lru_cache(maxsize=256)
def _hash_once(file: Path, _size: int, _mtime_ns: int) -> str:
    """Hash a file once per process and version of it; the embedded default takes about 0.1 s."""
    return hash_file(file)
