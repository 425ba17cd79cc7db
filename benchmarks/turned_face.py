"""A real face turned in 3-D by known angles: films whose head movement is exactly known.

The points of a face with their depth are turned about the top of the neck and projected; the picture follows
them, rigid on the face and less and less around it. It is a real skin under a real camera, with noise and
compression, and only the angles are made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

HEIGHT, WIDTH = 360, 640
GRID = 4
"""Pixels between the places at which the displacement is computed."""


@dataclass
class Movement:
    """Angles in degrees at each picture, and the gestures among them."""

    times: np.ndarray
    pitch: np.ndarray
    yaw: np.ndarray
    roll: np.ndarray
    gestures: list[tuple[str, float, float, float, float]] = field(default_factory=list)
    """Kind, start, end, degrees peak to peak, rate in Hz."""


class TurnedFace:
    """A face in a picture that can be turned.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
    points : ndarray, shape (n, 3)
        Points of the face in pixels: x to the right, y down, z away from the viewer.
    size : float
        Height from forehead to chin that the face is to have in the film.
    forehead, chin : int
        Numbers of these points.
    """

    def __init__(
        self, image: np.ndarray, points: np.ndarray, size: float, forehead: int = 10, chin: int = 152
    ) -> None:
        import cv2
        from scipy.interpolate import LinearNDInterpolator

        scale = size / np.linalg.norm(points[forehead, :2] - points[chin, :2])
        middle = points[:, :2].mean(axis=0)
        shift = np.array([WIDTH / 2, HEIGHT / 2]) - scale * middle
        place = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        self._image = cv2.warpAffine(
            image, place, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
        )
        face = np.column_stack([scale * points[:, :2] + shift, scale * points[:, 2]])
        self._pivot = np.array([WIDTH / 2, HEIGHT / 2 + 0.55 * size, 0.45 * size])
        y, x = np.mgrid[0 : HEIGHT + 1 : 12, 0 : WIDTH + 1 : 12]
        around = np.column_stack([x.ravel(), y.ravel()]).astype(float)
        gaps = np.linalg.norm(around[:, None] - face[None, :, :2], axis=2)
        outside = gaps.min(axis=1) > 6
        nearest, away = gaps.argmin(axis=1)[outside], gaps.min(axis=1)[outside] / size
        depth = np.concatenate([face[:, 2], face[nearest, 2] + 0.3 * size * away])
        # Hair and ears go with the face; the neck and what is behind stay more and more.
        weight = np.concatenate([np.ones(len(face)), np.clip((0.9 - away) / 0.65, 0, 1)])
        known = np.concatenate([face[:, :2], around[outside]])
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        self._grid = x, y
        maps = LinearNDInterpolator(known, np.column_stack([depth, weight]))(x, y).astype(np.float32)
        self._depth, self._weight = np.ascontiguousarray(maps[..., 0]), np.ascontiguousarray(maps[..., 1])

    def turned(self, pitch: float, yaw: float, roll: float) -> np.ndarray:
        """The picture with the head turned down, to the right and anticlockwise by degrees."""
        import cv2

        a, b, c = np.radians([pitch, yaw, roll])
        down = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
        aside = np.array([[np.cos(b), 0, -np.sin(b)], [0, 1, 0], [np.sin(b), 0, np.cos(b)]])
        tilt = np.array([[np.cos(c), np.sin(c), 0], [-np.sin(c), np.cos(c), 0], [0, 0, 1]])
        change = (tilt @ aside @ down - np.eye(3)).astype(np.float32)
        goal_x, goal_y = (axis[::GRID, ::GRID] for axis in self._grid)
        x, y = goal_x, goal_y
        for _ in range(6):  # where must a point have been to be here now?
            depth, weight = (cv2.remap(m, x, y, cv2.INTER_LINEAR) for m in (self._depth, self._weight))
            place = (x - self._pivot[0], y - self._pivot[1], depth - self._pivot[2])
            x, y = (
                (goal - weight * sum(k * p for k, p in zip(row, place, strict=True))).astype(np.float32)
                for goal, row in zip((goal_x, goal_y), change[:2], strict=True)
            )
        shift = cv2.resize(
            np.dstack([x - goal_x, y - goal_y]), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR
        )
        x, y = self._grid[0] + shift[..., 0], self._grid[1] + shift[..., 1]
        return cv2.remap(self._image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def movement(seed: int, rate: float, sizes: tuple[float, ...]) -> Movement:
    """Nods and shakes of given sizes in turn, with looks down and aside, drift and sway between them."""
    rng = np.random.default_rng(seed)
    plan, at = [], 2.0
    for i, size in enumerate(sizes):
        for kind in ("nod", "head_shake"):
            hz, cycles = rng.choice([1.0, 1.5, 2.0, 2.5, 3.0]), rng.choice([1.5, 2.0, 3.0])
            plan.append((kind, at, at + cycles / hz, size, float(hz)))
            at += cycles / hz + rng.uniform(1.2, 2.0)
        if i % 2 == 0:
            plan.append((rng.choice(["down", "aside"]), at, at + 1.8, rng.uniform(6, 14), 0.0))
            at += 3.0
    times = np.arange(0, at + 1, 1 / rate)
    slow = [np.sin(2 * np.pi * rng.uniform(0.05, 0.2) * times + rng.uniform(0, 6)) for _ in range(3)]
    angles = {"pitch": 2 * slow[0], "yaw": 3 * slow[1], "roll": 1.5 * slow[2]}
    for kind, start, end, size, hz in plan:
        inside = (times >= start) & (times <= end)
        phase = (times[inside] - start) / (end - start)
        if kind in ("nod", "head_shake"):
            edge = np.clip(np.minimum(phase, 1 - phase) / 0.1, 0, 1)
            wave = size / 2 * np.sin(2 * np.pi * hz * (times[inside] - start)) * edge
            angles["pitch" if kind == "nod" else "yaw"][inside] += wave
        else:
            angles["pitch" if kind == "down" else "yaw"][inside] += size * np.sin(np.pi * phase) ** 2
    gestures = [event for event in plan if event[0] in ("nod", "head_shake")]
    return Movement(times, angles["pitch"], angles["yaw"], angles["roll"], gestures)


def film(
    path: Path, face: TurnedFace, moved: Movement, rate: int, *, noise: float = 4.0, crf: int = 28
) -> Path:
    """Write the film of a movement, with the camera's noise and compression."""
    import av

    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for pitch, yaw, roll in zip(moved.pitch, moved.yaw, moved.roll, strict=True):
            picture = face.turned(pitch, yaw, roll) + noise * rng.standard_normal((HEIGHT, WIDTH, 3)).astype(
                np.float32
            )
            frame = av.VideoFrame.from_ndarray(np.clip(picture, 0, 255).astype(np.uint8), format="rgb24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path
