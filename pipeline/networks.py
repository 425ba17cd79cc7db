"""Opening ONNX networks on the processor."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnxruntime


def open_network(model: bytes | Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """Open a network.

    Parameters
    ----------
    model : bytes or Path
        An ONNX model, or the file that holds one.
    threads : int
        Cores that one call may use.
    """
    import onnxruntime  # its reports to Microsoft are switched off in `pipeline/__init__.py`

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    source = str(model) if isinstance(model, Path) else model
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


@lru_cache(maxsize=4)
def keep_open(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """Open a network and keep it open for the next recording of the same run."""
    return open_network(path, threads)
