"""Reads PyTorch checkpoints (torch 1.6 or later) into numpy arrays: no torch needed, no code run.

A checkpoint is a zip archive: ``<prefix>/data.pkl`` is a pickle that describes the tensors, and each file in
``<prefix>/data/`` holds the raw numbers of one storage.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[Any]]
"""Arrays by the name that the network's module gives them."""

ELEMENTS = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}
"""numpy's name for the element type of each torch storage class."""


class Ignored:
    """Takes the place of what lies beside the weights: hyper-parameters, versions. Keeps and does nothing."""

    def __init__(self, *args: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


def _tensor(
    storage: NDArray[Any], offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> NDArray[Any]:
    """Cut one tensor out of its storage."""
    contiguous = tuple(prod(shape[axis + 1 :]) for axis in range(len(shape)))
    if strides != contiguous or not 0 <= offset <= offset + prod(shape) <= len(storage):
        raise pickle.UnpicklingError("a tensor does not lie whole and in order in its storage")
    return storage[offset : offset + prod(shape)].reshape(shape)


KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch.torch_version", "TorchVersion"): Ignored,
    ("pyannote.audio.core.task", "Specifications"): Ignored,
    ("pyannote.audio.core.task", "Problem"): Ignored,
    ("pyannote.audio.core.task", "Resolution"): Ignored,
}
"""Everything that a checkpoint may name; nothing is ever imported on its behalf."""


class RestrictedUnpickler(pickle.Unpickler):
    """Reads a checkpoint's pickle, refusing every name outside `KNOWN` and torch's storage classes."""

    def __init__(self, archive: zipfile.ZipFile, prefix: str) -> None:
        super().__init__(io.BytesIO(archive.read(f"{prefix}data.pkl")))
        self._archive, self._prefix = archive, prefix

    def find_class(self, module: str, name: str) -> Any:
        """Map a name to what stands for it here."""
        if module == "torch" and name in ELEMENTS:
            return np.dtype(ELEMENTS[name])
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no checkpoint needs")
        return KNOWN[module, name]

    def persistent_load(self, reference: Any) -> NDArray[Any]:
        """Read the storage that ``("storage", element type, key, device, count)`` refers to."""
        _, element, key, _, count = reference
        entry = self._archive.getinfo(f"{self._prefix}data/{key}")
        if entry.file_size != count * element.itemsize:  # before it is unpacked
            raise pickle.UnpicklingError("a storage has the wrong size")
        return np.frombuffer(self._archive.read(entry), element)


def _named(node: object, name: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """Walk nested dictionaries down to their arrays."""
    if isinstance(node, np.ndarray):
        yield name, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _named(value, f"{name}.{key}" if name else str(key))


def read_checkpoint(path: Path) -> Tensors:
    """Read every tensor of a checkpoint.

    Parameters
    ----------
    path : Path
        What ``torch.save`` made of a state dictionary, or of a dictionary with one as ``state_dict``.

    Returns
    -------
    dict of str to ndarray
        Shapes and element types as saved; the arrays are read-only.

    Raises
    ------
    ValueError
        Not such a file, damaged, or asks for something that a checkpoint does not need.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            (description,) = (entry for entry in archive.namelist() if entry.endswith("/data.pkl"))
            root = RestrictedUnpickler(archive, description.removesuffix("data.pkl")).load()
    except Exception as error:  # a damaged pickle fails in many ways
        raise ValueError(f"{path} is not a checkpoint that can be read safely: {error}") from error
    return dict(_named(root.get("state_dict", root) if isinstance(root, dict) else root, ""))
