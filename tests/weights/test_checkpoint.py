"""Reading checkpoints without torch, and without trusting them."""

from __future__ import annotations

import io
import os
import pickle
import sys
import types
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import models
from pipeline.weights.checkpoint import read_checkpoint


def write_archive(path: Path, description: bytes, storages: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", description)
        for key, content in storages.items():
            archive.writestr(f"archive/data/{key}", content)
    return path


def _rebuild_tensor_v2(*_: object) -> None:
    """Stands for torch's function while a checkpoint is written."""


_rebuild_tensor_v2.__module__ = "torch._utils"


class FloatStorage:
    """Stands for torch's class while a checkpoint is written."""

    __module__ = "torch"


class Tensor:
    """Pickled the way torch pickles a tensor."""

    def __init__(self, count: int, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> None:
        self.count, self.parts = count, (offset, shape, strides, False, {})

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_tensor_v2, (("storage", FloatStorage, "0", "cpu", self.count), *self.parts)


@pytest.fixture
def describe(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that pickles objects as torch does, without torch."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    monkeypatch.setattr(torch, "FloatStorage", FloatStorage, raising=False)
    monkeypatch.setattr(utils, "_rebuild_tensor_v2", _rebuild_tensor_v2, raising=False)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    class Pickler(pickle.Pickler):
        def persistent_id(self, item: object) -> object:
            return item if isinstance(item, tuple) and item[:1] == ("storage",) else None

    def describe(item: object) -> bytes:
        buffer = io.BytesIO()
        Pickler(buffer, protocol=2).dump(item)
        return buffer.getvalue()

    return describe


NUMBERS = np.arange(6, dtype="<f4")


def test_tensors_are_read_by_their_dotted_names(tmp_path: Path, describe: Any) -> None:
    content = {"epoch": 3, "state_dict": {"net": {"weight": Tensor(6, (2, 2), (2, 1), offset=2)}}}
    path = write_archive(tmp_path / "a.pt", describe(content), {"0": NUMBERS.tobytes()})
    tensors = read_checkpoint(path)
    assert list(tensors) == ["net.weight"]
    np.testing.assert_array_equal(tensors["net.weight"], [[2, 3], [4, 5]])
    assert tensors["net.weight"].dtype == np.float32


@pytest.mark.parametrize(
    ("tensor", "problem"),
    [
        (Tensor(6, (2, 4), (4, 1)), "does not lie whole"),  # longer than its storage
        (Tensor(6, (2,), (1,), offset=5), "does not lie whole"),
        (Tensor(6, (2,), (1,), offset=-2), "does not lie whole"),
        (Tensor(6, (2, 3), (1, 2)), "does not lie whole"),  # transposed
        (Tensor(5, (5,), (1,)), "wrong size"),
    ],
)
def test_a_tensor_outside_its_storage_is_refused(
    tensor: Tensor, problem: str, tmp_path: Path, describe: Any
) -> None:
    path = write_archive(tmp_path / "a.pt", describe({"w": tensor}), {"0": NUMBERS.tobytes()})
    with pytest.raises(ValueError, match=problem):
        read_checkpoint(path)


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self.parts = function, arguments

    def __reduce__(self) -> Any:
        return self.parts


@pytest.mark.parametrize("function", [os.system, eval, __import__, getattr, pickle.loads])
def test_nothing_is_run(function: Any, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    code = {os.system: f"touch {trace}", eval: f"open({str(trace)!r}, 'w')"}.get(function, "os")
    path = write_archive(tmp_path / "a.pt", pickle.dumps({"state_dict": Call(function, code)}), {})
    with pytest.raises(ValueError, match="which no checkpoint needs"):
        read_checkpoint(path)
    assert not trace.exists()


def test_what_is_not_a_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(b"not a zip archive")
    with pytest.raises(ValueError, match="not a checkpoint"):
        read_checkpoint(tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "b.pt", "w") as archive:
        archive.writestr("readme", "no tensors here")
    with pytest.raises(ValueError, match="not a checkpoint"):
        read_checkpoint(tmp_path / "b.pt")


@given(st.binary(max_size=200))
def test_any_other_pickle_ends_in_a_value_error_or_no_tensors(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = write_archive(tmp_path_factory.mktemp("any") / "a.pt", content, {})
    with suppress(ValueError):
        assert read_checkpoint(path) == {}


@pytest.mark.parametrize(
    ("model", "file"),
    [("segmentation-3.0", "pytorch_model.bin"), ("campplus", "campplus_cn_en_common.pt")],
)
def test_the_published_weights_are_read_as_torch_reads_them(model: str, file: str) -> None:
    torch = pytest.importorskip("torch", reason="the comparison needs torch")
    if model == "segmentation-3.0":
        pytest.importorskip("pyannote.audio", reason="torch unpickles classes of pyannote.audio in this file")
    models.ensure([model])
    path = models.path(model, file)
    theirs = torch.load(path, map_location="cpu", weights_only=False)
    theirs = theirs.get("state_dict", theirs)
    ours = read_checkpoint(path)
    assert set(ours) == set(theirs)
    for name, tensor in theirs.items():
        np.testing.assert_array_equal(ours[name], tensor.numpy())
        assert ours[name].dtype == tensor.numpy().dtype
