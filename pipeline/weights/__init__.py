"""Published weights without their framework: torch checkpoints are read and written down as ONNX graphs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

BUILDER_VERSION = 1
"""Raised when a builder gives another graph: graphs that an older version built are built again."""


def builder(name: str) -> Callable[[Path], bytes]:
    """Return the function that turns a checkpoint file into a serialised ONNX model.

    Parameters
    ----------
    name : {"segmentation", "campplus"}
        As in ``build`` of ``configs/models.yaml``.

    Raises
    ------
    KeyError
        No such builder.
    """
    from pipeline.weights import campplus, segmentation

    return {"segmentation": segmentation.build, "campplus": campplus.build}[name]
