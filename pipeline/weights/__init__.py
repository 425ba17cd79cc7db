"""Published weights without their framework: checkpoints of torch and dlib, written down as ONNX graphs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

BUILDER_VERSION = 1
"""Raised when a builder gives another graph: graphs that an older version built are built again."""


def builder(name: str) -> Callable[[Path], bytes]:
    """Return the function that turns a checkpoint file into a serialised ONNX model.

    Parameters
    ----------
    name : {"segmentation", "campplus", "dlib_faces"}
        As in ``build`` of ``configs/models.yaml``.

    Raises
    ------
    KeyError
        No such builder.
    """
    from pipeline.weights import campplus, dlib_faces, segmentation

    builders = {
        "segmentation": segmentation.build,
        "campplus": campplus.build,
        "dlib_faces": dlib_faces.build,
    }
    return builders[name]
