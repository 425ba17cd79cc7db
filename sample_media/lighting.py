"""Light every vertex once: sky, window and room by ray casting, then soft skin.

The head turns by a few degrees only, so the light of the neutral pose is kept while it moves.
"""

from __future__ import annotations

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from puppet import Part
from scipy import sparse

THIN = ("hair", "brows", "lashes")
LIFT = {
    "teeth": 3.6,
    "hair": 0.85,
    "tongue": 1.6,
    "eyes": 1.5,
}  # shining through from the lips and lids around them


def hemisphere(count: int) -> np.ndarray:
    """``(count, 3)`` cosine-weighted directions about +z (Fibonacci spiral, no random numbers)."""
    i = np.arange(count) + 0.5
    radius, angle = np.sqrt(i / count), i * np.pi * (3 - np.sqrt(5))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.sqrt(1 - radius**2)], 1)


def sky(direction: np.ndarray, side: float) -> np.ndarray:
    """Radiance of the room seen in a direction: a big soft window, a dim fill, ceiling and desk.

    Parameters
    ----------
    direction : numpy.ndarray
        ``(..., 3)`` unit vectors.
    side : float
        -1 puts the window at the left of the picture, 1 at the right.
    """

    def lobe(towards: tuple[float, float, float], sharpness: float) -> np.ndarray:
        axis = np.array(towards) / np.linalg.norm(towards)
        return np.exp(sharpness * (direction @ axis - 1))[..., None]

    room = np.array([0.42, 0.43, 0.46]) * (0.75 + 0.45 * direction[..., 1:2])
    window = np.array([1.0, 0.97, 0.93]) * 3.3 * lobe((side * 0.75, 0.55, 0.85), 7)
    screen = np.array([0.86, 0.93, 1.0]) * 0.9 * lobe((-side * 0.3, -0.05, 1.0), 5)
    edge = np.array([1.0, 0.95, 0.9]) * 1.1 * lobe((-side * 1.0, 0.4, -0.5), 8)
    return room + window + screen + edge


def vertex_normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """``(n, 3)`` unit normals, area weighted."""
    a, b, c = points[faces[:, 0]], points[faces[:, 1]], points[faces[:, 2]]
    normal = np.cross(b - a, c - a)
    out = np.stack([np.bincount(faces.ravel(), np.repeat(normal[:, k], 3), len(points)) for k in range(3)], 1)
    return out / (np.linalg.norm(out, axis=1, keepdims=True) + 1e-9)


def _scene(meshes: list[tuple[np.ndarray, np.ndarray]]) -> rtcore_scene.EmbreeScene:
    scene = rtcore_scene.EmbreeScene()
    for points, faces in meshes:
        TriangleMesh(scene, points[faces].astype(np.float32))
    return scene


def _hits(scene: rtcore_scene.EmbreeScene, origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
    return scene.run(origin.astype(np.float32), direction.astype(np.float32)) >= 0


def light_parts(parts: list[Part], posed: dict[str, np.ndarray], side: float, rays: int = 160) -> None:
    """Fill ``part.light`` of every part.

    Parameters
    ----------
    parts : list of Part
        The person.
    posed : dict of str to numpy.ndarray
        Positions to light, eyes half shut and mouth slightly open so that lids and lips are not lit as folds.
    side : float
        Side of the window, see :func:`sky`.
    rays : int
        Rays per vertex.
    """
    solid = _scene([(posed[p.name], p.faces) for p in parts if p.name in ("skin", "clothes")])
    thin = _scene([(posed[p.name], p.faces) for p in parts if p.name == "hair"])
    local = hemisphere(rays)
    for part in parts:
        points = posed[part.name]
        normal = vertex_normals(points, part.faces)
        if part.name in THIN:
            centre = points.mean(0)
            outward = (points - centre) / np.linalg.norm(points - centre, axis=1, keepdims=True)
            normal = (
                outward
                if part.name == "hair"
                else np.broadcast_to(np.array([0, 0, 1.0]), points.shape).copy()
            )
        part.light = _gather(points, normal, local, (solid, thin), side, part.name)
        part.light *= LIFT.get(part.name, 1.0)
        if part.name in ("skin", "teeth"):
            part.light = _soften(part.light, part.faces)


def _gather(
    points: np.ndarray, normal: np.ndarray, local: np.ndarray, scenes: tuple, side: float, name: str
) -> np.ndarray:
    """Mean radiance over the hemisphere, hair letting part of the light through."""
    helper = np.where(np.abs(normal[:, [1]]) < 0.9, [[0, 1.0, 0]], [[1.0, 0, 0]])
    tangent = np.cross(helper, normal)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    bitangent = np.cross(normal, tangent)
    start = points + normal * (0.05 if name in ("hair", "lashes", "brows") else 0.012)
    total = np.zeros((len(points), 3))
    for x, y, z in local:
        direction = x * tangent + y * bitangent + z * normal
        clear = ~_hits(scenes[0], start, direction) * 1.0
        through = 0.72 if name in ("hair", "brows", "lashes", "eyes") else 0.45
        clear *= np.where(_hits(scenes[1], start, direction), through, 1.0)
        bounce = np.array([0.16, 0.11, 0.09])
        total += clear[:, None] * sky(direction, side) + (1 - clear[:, None]) * bounce
    return total / len(local)


def _soften(light: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Spread light over the skin, red further than green and blue."""
    n = len(light)
    rows = faces[:, [0, 1, 2, 1, 2, 0]].ravel()
    columns = faces[:, [1, 2, 0, 0, 1, 2]].ravel()
    ring = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(n, n))
    ring = sparse.diags(1 / np.maximum(np.asarray(ring.sum(1)).ravel(), 1)) @ ring
    out = light.copy()
    for channel, steps in ((0, 10), (1, 4), (2, 3)):
        for _ in range(steps):
            out[:, channel] = 0.5 * out[:, channel] + 0.5 * (ring @ out[:, channel])
    return out
