"""Reading faces with MediaPipe's networks, found by CenterFace; all of it on onnxruntime.

What happens around the networks is done as in MediaPipe's FaceLandmarker: a square 1.5 times as large as
the face, turned so that the eyes are level, is given to the first network, which tells 478 points and
whether there is a face at all; 146 of the points are given to the second, which tells 52 blend shapes.

Sources
-------
Kartynnik and others, "Real-time facial surface geometry from monocular video on mobile GPUs", 2019;
Grishchenko and others, "Blendshapes GHUM: real-time monocular facial blendshape prediction", 2023.
MediaPipe's ``face_landmarks_to_roi`` and ``face_blendshapes_graph`` for sizes and numbers of points.
Rotation from points: Kabsch, 1976.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline import models
from pipeline.face.centerface import CenterFace
from pipeline.face.engines import MEASURED, Box, FaceLens, Found, Image, Reading
from pipeline.face.landmark_networks import MARGIN, Networks, Square

VERSION = 4
"""Raised when the same picture gives other values."""
PRESENCE = 0.5
"""Probability of a face below which nothing is read, as in MediaPipe."""

FULL_SIZE, NO_SIZE = 48.0, 16.0
"""Pixels from brow to chin from which a reading is as good as on large faces (smiles: AUC .98 at 48
pixels, .96 at 32, measured on labelled photographs made smaller), and at which nothing is left of it."""
BLEND_DEGREES = 30.0
"""Degrees of an eye that is turned as far as its blend shape goes (1.0), as in ARKit's face rig."""

SHAPES = {
    "brow_down": (1, 2),
    "brow_inner_up": (3,),
    "brow_outer_up": (4, 5),
    "blink": (9, 10),
    "look_down": (11, 12),
    "look_in": (13, 14),
    "look_out": (15, 16),
    "look_up": (17, 18),
    "jaw_open": (25,),
    "lip_down": (30, 31),
    "smile": (44, 45),
    "lip_stretch": (46, 47),
}
"""Numbers of the blend shapes that are used; of a pair the person's left comes first."""

ANCHOR_POINTS = (33, 133, 362, 263, 2)
IRISES = (468, 473)
LIPS, BROWS, CHIN = (13, 14), (105, 334), 152

RIGID = (168, 6, 197, 195, 5, 4, 1, 33, 133, 263, 362, 127, 356, 234, 454, 162, 389, 151, 9, 8, 10)
"""Points that no expression moves much: nose, corners of the eyes, temples, forehead."""
CANONICAL = np.array(
    [
        *((0, 3.27, 5.24), (0, 2.47, 5.79), (0, 1.73, 6.32), (0, 1.06, 6.77), (0, 0.37, 7.24)),
        *((0, -0.46, 7.59), (0, -1.13, 7.48), (-4.45, 2.66, 3.17), (-1.86, 2.59, 3.76)),
        *((4.45, 2.66, 3.17), (1.86, 2.59, 3.76), (-7.74, 2.36, -2.01), (7.74, 2.36, -2.01)),
        *((-7.66, 0.67, -2.44), (7.66, 0.67, -2.44), (-7.56, 4.11, -0.99), (7.56, 4.11, -0.99)),
        *((0, 6.55, 5.03), (0, 4.89, 5.39), (0, 4.02, 5.28), (0, 8.26, 4.48)),
    ]
)
"""Where `RIGID` lie in MediaPipe's canonical face, in centimetres: x to the picture's right, y up, z to the
viewer."""

PITCH_SEEN, YAW_SEEN = 0.66, 0.88
"""Degrees that the points turn for one of the head. The network draws every face back to the front. Seen were
0.55 and 0.73 on six real faces turned in 3-D, 0.78 and 1.06 on two modelled heads; these lie between."""

Array = NDArray[np.floating]


class MediapipeReader:
    """The built-in engine.

    Every call uses one core: pictures are looked through and faces are read side by side, and a network
    that has several cores keeps the idle ones busy with waiting.
    """

    def __init__(self) -> None:
        digests = (
            f"face_landmarker {models.digest('face_landmarker')}, centerface {models.digest('centerface')}"
        )
        self.version = f"mediapipe networks {VERSION}, {digests}"
        self._finder = CenterFace(models.path("centerface", "centerface.onnx"))
        self.networks = Networks(models.path("face_landmarker", "face_landmarker.task"))

    def find(self, image: Image) -> list[Found]:
        """Find all faces in a picture, the most certain first."""
        return self._finder.find(image)

    def lens(self) -> FaceLens:
        """Make a lens."""
        return MediapipeLens(self.networks)


class MediapipeLens:
    """Reads one face in picture after picture, each time in a square around where it was."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._square: Square | None = None

    def begin(self) -> None:
        """Forget the face that was read before."""
        self._square = None

    def read(self, image: Image, box: Box, time: float) -> Reading | None:
        """Read the face near `box`; see `pipeline.face.engines.FaceLens`."""
        square, self._square = self._square, None
        if square is None:
            # the box says nothing of the turn, and not exactly what the points say of place and size
            points, presence = self._networks.points(image, Square(*box.centre, MARGIN * box.size))
            if presence < PRESENCE:
                return None
            square = Square.around(points)
        points, presence = self._networks.points(image, square)
        if presence < PRESENCE:
            return None
        self._square = Square.around(points)
        return reading(points, self._networks.shapes(points), presence)

    def close(self) -> None:
        """Nothing is held."""


def reading(points: Array, shapes: Array, presence: float) -> Reading:
    """Measure a face.

    Parameters
    ----------
    points : ndarray, shape (478, 3)
        In pixels of the picture: x to the right, y down, z away from the viewer.
    shapes : ndarray, shape (52,)
        Blend shapes, 0 to 1.
    presence : float
        How probable it is that this is a face, 0 to 1.
    """
    low, high = points[:468, :2].min(axis=0), points[:468, :2].max(axis=0)
    span = max(float(np.linalg.norm(points[IRISES[0], :2] - points[IRISES[1], :2])), 1e-6)
    # MediaPipe's own matrix is fitted to points around the mouth as well: a full smile turns it by 4 degrees
    pitch, yaw, roll = angles(rotation(points[RIGID, :] * (1, -1, -1), CANONICAL))
    pitch, yaw = pitch / PITCH_SEEN, yaw / YAW_SEEN
    size = float(np.linalg.norm(points[BROWS, :2].mean(axis=0) - points[CHIN, :2]))
    seen = max(0.0, float(np.cos(np.radians(yaw)) * np.cos(np.radians(pitch))))  # share of the face's area
    sharp = float(np.clip((size - NO_SIZE) / (FULL_SIZE - NO_SIZE), 0, 1))
    shape = {name: shapes[list(numbers)].astype(float) for name, numbers in SHAPES.items()}
    right = shape["look_out"][0] + shape["look_in"][1]
    left = shape["look_in"][0] + shape["look_out"][1]
    down = shape["look_down"].mean() - shape["look_up"].mean()
    values = {
        "size": size,
        "pitch": pitch,
        "yaw": yaw,
        "roll": roll,
        "smile": float(shape["smile"].mean()),
        "mouth_open": float(shape["jaw_open"].mean()),
        "lip_gap": float(np.linalg.norm(points[LIPS[0], :2] - points[LIPS[1], :2])) / span,
        "eye_yaw": BLEND_DEGREES * float(right - left) / 2,
        "eye_pitch": BLEND_DEGREES * float(down),
        "blink": float(shape["blink"].mean()),
        "brow_down": float(shape["brow_down"].mean()),
        "brow_grief": max(0.0, float(shape["brow_inner_up"].mean() - shape["brow_outer_up"].mean())),
        "lip_down": float(shape["lip_down"].mean()),
        "lip_stretch": float(shape["lip_stretch"].mean()),
        "quality": seen * sharp * presence,
    }
    anchors = points[ANCHOR_POINTS, :2].astype(np.float32)
    return Reading(Box(*low.tolist(), *high.tolist()), anchors, tuple(values[name] for name in MEASURED))


def rotation(points: Array, model: Array) -> Array:
    """Rotation that brings a model nearest to points, up to scale and shift.

    Parameters
    ----------
    points, model : ndarray, shape (n, 3)
        The same points, measured and in the model.

    Returns
    -------
    ndarray, shape (3, 3)
    """
    left, _, right = np.linalg.svd((points - points.mean(axis=0)).T @ (model - model.mean(axis=0)))
    turned: Array = left @ np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))]) @ right
    return turned


def angles(turned: Array) -> tuple[float, float, float]:
    """Pitch, yaw and roll in degrees, with the signs of `pipeline.face.signals`.

    Parameters
    ----------
    turned : ndarray, shape (3, 3)
        Rotation of a face that looks at the viewer; x to the picture's right, y up, z to the viewer.
    """
    pitch = np.arctan2(turned[2, 1], turned[2, 2])
    yaw = np.arctan2(-turned[2, 0], np.hypot(turned[0, 0], turned[1, 0]))
    roll = np.arctan2(turned[1, 0], turned[0, 0])
    return float(np.degrees(pitch)), float(np.degrees(yaw)), float(np.degrees(roll))
