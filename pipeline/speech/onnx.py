"""Opening ONNX networks."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnxruntime


@lru_cache(maxsize=4)
def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """Open a network for the processor; kept open for the next recording of the same run."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
