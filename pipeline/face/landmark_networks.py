"""The two networks of MediaPipe's face landmarker, and the square of a picture that the first one sees.

Sources
-------
Kartynnik and others, "Real-time facial surface geometry from monocular video on mobile GPUs", 2019;
Grishchenko and others, "Blendshapes GHUM: real-time monocular facial blendshape prediction", 2023.
MediaPipe's ``face_landmarks_to_roi`` and ``face_blendshapes_graph`` for sizes and numbers of points.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.face.engines import Image
from pipeline.face.tflite import to_onnx
from pipeline.networks import open_network

SIDE = 256
"""Pixels of the square that the network sees."""
MARGIN = 1.5
"""Side of that square in sizes of the face."""
EYE_CORNERS = (33, 263)
"""Outer corners of the eyes among the points, the person's right one first."""

# fmt: off
SUBSET = (
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67,
    70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146,
    148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181,
    185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293,
    295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361,
    362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398,
    400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
)
"""Points that the network of the blend shapes takes."""
# fmt: on

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Square:
    """A turned square in a picture: its middle and side in pixels, its turn in radians, clockwise."""

    x: float
    y: float
    side: float
    turn: float = 0.0

    @classmethod
    def around(cls, points: Array) -> Square:
        """Square around the points of a face, shape (478, 3), with the eyes level."""
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        x, y = (low + high) / 2
        across, down = points[EYE_CORNERS[1], :2] - points[EYE_CORNERS[0], :2]
        return cls(float(x), float(y), MARGIN * float((high - low).max()), float(np.arctan2(down, across)))

    def to_picture(self) -> NDArray[np.float64]:
        """Affine map from the network's square of `SIDE` pixels to the picture, shape (2, 3)."""
        scale = self.side / SIDE
        cos, sin = scale * np.cos(self.turn), scale * np.sin(self.turn)
        half = SIDE / 2
        return np.array([[cos, -sin, self.x - (cos - sin) * half], [sin, cos, self.y - (sin + cos) * half]])

    def cut_out(self, image: Image) -> NDArray[np.float32]:
        """Lay the square straight and scale it, as the network takes it.

        Returns
        -------
        ndarray, shape (1, 3, SIDE, SIDE)
            Red, green and blue, 0 to 1; black beyond the picture.
        """
        import cv2

        back = self.to_picture()
        corners = back @ np.array([(0, SIDE, 0, SIDE), (0, 0, SIDE, SIDE), (1, 1, 1, 1)])
        height, width = image.shape[:2]
        left, top = np.clip(np.floor(corners.min(axis=1)) - 1, 0, (width, height)).astype(int).tolist()
        right, bottom = np.clip(np.ceil(corners.max(axis=1)) + 2, 0, (width, height)).astype(int).tolist()
        piece = image[top:bottom, left:right]
        if not piece.size:
            return np.zeros((1, 3, SIDE, SIDE), np.float32)
        back[:, 2] -= left, top
        # OpenCV turns four channels in less than half the time of three, and comes to the same
        wide = cv2.cvtColor(piece, cv2.COLOR_RGB2RGBA)
        straight = cv2.warpAffine(wide, back, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        return np.divide(np.stack(cv2.split(straight)[:3])[None], 255, dtype=np.float32)


class Networks:
    """The two networks of ``face_landmarker.task``; may be used by several threads at once."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as task:
            self._points = open_network(to_onnx(task.read("face_landmarks_detector.tflite"), planes=True))
            self._shapes = open_network(to_onnx(task.read("face_blendshapes.tflite")))

    def points(self, image: Image, square: Square) -> tuple[Array, float]:
        """Points of the face in a square of a picture.

        Returns
        -------
        points : ndarray, shape (478, 3)
            In pixels of the picture: x to the right, y down, z away from the viewer.
        presence : float
            How probable it is that there is a face, 0 to 1.
        """
        marks, presence, _ = self._points.run(None, {"in0": square.cut_out(image)})
        points, back = marks.reshape(-1, 3).astype(np.float64), square.to_picture()
        flat = points[:, :2] @ back[:, :2].T + back[:, 2]
        deep = points[:, 2:] * square.side / SIDE
        return np.concatenate([flat, deep], axis=1), float(1 / (1 + np.exp(-presence.item())))

    def shapes(self, points: Array) -> Array:
        """Blend shapes of a face, shape (52,), 0 to 1."""
        chosen = points[None, SUBSET, :2].astype(np.float32)
        shapes: Array = self._shapes.run(None, {"in0": chosen})[0]
        return shapes
