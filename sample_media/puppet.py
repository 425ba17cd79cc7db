"""Build a person's meshes: shape, subdivision, textures, and everything that moves as linear maps."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from makehuman import BODY_VERTICES, MakeHuman, Proxy
from people import UNITS, Look, Person
from scipy import sparse

FLOOR_Y = 2.6  # decimetres; everything lower is outside the picture


@dataclass
class Part:
    """One textured mesh of a person.

    Parameters
    ----------
    name : str
        ``skin``, ``hair``, ``eyes`` ...
    rest : numpy.ndarray
        ``(n, 3)`` neutral positions in decimetres.
    morphs : dict of str to numpy.ndarray
        Face unit name to ``(n, 3)`` displacement; only units that move this part.
    triangles : numpy.ndarray
        ``(t, 3)`` indices into the drawn vertices.
    source : numpy.ndarray
        ``(m,)`` for every drawn vertex its row in ``rest`` (seams have several drawn vertices).
    uv : numpy.ndarray
        ``(m, 2)`` texture coordinates, origin at the lower left.
    texture : numpy.ndarray
        ``(h, w, 4)`` uint8, RGBA.
    head : numpy.ndarray
        ``(n,)`` share of the head's rotation.
    gloss, power : float
        Strength and exponent of the highlight.
    light : numpy.ndarray
        ``(n, 3)`` irradiance, filled in by :mod:`lighting`.
    """

    name: str
    rest: np.ndarray
    morphs: dict[str, np.ndarray]
    triangles: np.ndarray
    source: np.ndarray
    uv: np.ndarray
    texture: np.ndarray
    head: np.ndarray
    gloss: float = 0.0
    power: float = 20.0
    light: np.ndarray = field(default_factory=lambda: np.ones((0, 3)))

    @property
    def faces(self) -> np.ndarray:
        """``(t, 3)`` triangles as rows of ``rest``."""
        return self.source[self.triangles]


def quads_to_triangles(quads: np.ndarray) -> np.ndarray:
    """``(f, 4)`` quads (a repeated last corner means a triangle) to ``(t, 3)`` triangles."""
    second = quads[quads[:, 2] != quads[:, 3]]
    return np.vstack([quads[:, [0, 1, 2]], second[:, [0, 2, 3]]])


def _edges(quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unique undirected edges and, for every face corner, the edge to the next corner."""
    pairs = np.stack([quads, np.roll(quads, -1, axis=1)], axis=2).reshape(-1, 2)
    unique, inverse = np.unique(np.sort(pairs, axis=1), axis=0, return_inverse=True)
    return unique, inverse.reshape(quads.shape)


def _split(quads: np.ndarray, edge_of: np.ndarray, points: int, edges: int) -> np.ndarray:
    """Four new quads per quad; new points are ordered old, edges, faces."""
    centre = (points + edges + np.arange(len(quads)))[:, None]
    after = points + edge_of
    before = np.roll(after, 1, axis=1)
    return np.stack(
        [np.hstack([quads[:, [k]], after[:, [k]], centre, before[:, [k]]]) for k in range(4)], 1
    ).reshape(-1, 4)


def _average(rows: np.ndarray, width: int) -> sparse.csr_matrix:
    """Matrix whose row i averages the columns listed in ``rows[i]``."""
    n, k = rows.shape
    return sparse.csr_matrix(
        (np.full(n * k, 1 / k), (np.repeat(np.arange(n), k), rows.ravel())), shape=(n, width)
    )


def catmull_clark(quads: np.ndarray, points: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """One step of Catmull-Clark subdivision as a matrix.

    Parameters
    ----------
    quads : numpy.ndarray
        ``(f, 4)`` faces.
    points : int
        Number of vertices the faces index.

    Returns
    -------
    matrix : scipy.sparse.csr_matrix
        ``(new, points)``; new positions are ``matrix @ old``.
    faces : numpy.ndarray
        ``(4 f, 4)``.
    """
    edges, edge_of = _edges(quads)
    face_mean, middle = _average(quads, points), _average(edges, points)
    ones = np.ones(quads.size)
    owner = sparse.csr_matrix(
        (ones, (edge_of.ravel(), np.repeat(np.arange(len(quads)), 4))), shape=(len(edges), len(quads))
    )
    sides = np.asarray(owner.sum(1)).ravel()
    inner = sparse.diags((sides == 2).astype(float))
    edge_new = (
        inner @ (0.5 * middle + 0.25 * owner @ face_mean) + sparse.diags((sides != 2).astype(float)) @ middle
    )
    around_face = sparse.csr_matrix(
        (ones, (quads.ravel(), np.repeat(np.arange(len(quads)), 4))), shape=(points, len(quads))
    )
    around_edge = sparse.csr_matrix(
        (np.ones(edges.size), (edges.ravel(), np.repeat(np.arange(len(edges)), 2))),
        shape=(points, len(edges)),
    )
    valence = np.maximum(np.asarray(around_face.sum(1)).ravel(), 1)
    degree = np.maximum(np.asarray(around_edge.sum(1)).ravel(), 1)
    border = np.zeros(points, bool)
    border[edges[sides != 2].ravel()] = True
    smooth = (
        sparse.diags(1 / valence**2) @ around_face @ face_mean
        + sparse.diags(2 / (degree * valence)) @ around_edge @ middle
        + sparse.diags((valence - 3) / valence)
    )
    free = sparse.diags((~border).astype(float))
    point_new = free @ smooth + sparse.diags(border.astype(float))
    return sparse.vstack([point_new, edge_new, face_mean]).tocsr(), _split(quads, edge_of, points, len(edges))


def subdivide_uv(quads: np.ndarray, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Subdivide texture coordinates by plain averaging; the new faces match :func:`catmull_clark`."""
    edges, edge_of = _edges(quads)
    new = np.vstack([uv, uv[edges].mean(1), uv[quads].mean(1)])
    return new, _split(quads, edge_of, len(uv), len(edges))


def _drawn(
    quads: np.ndarray, uv_quads: np.ndarray, uv: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merge equal (point, texel) corners: triangles, source rows and texture coordinates."""
    triangles, texels = quads_to_triangles(quads), quads_to_triangles(uv_quads)
    keys, inverse = np.unique(np.stack([triangles.ravel(), texels.ravel()], 1), axis=0, return_inverse=True)
    return inverse.reshape(-1, 3), keys[:, 0], uv[keys[:, 1]]


def _compact(quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Renumber faces to the used points only: (used points, faces)."""
    used, inverse = np.unique(quads, return_inverse=True)
    return used, inverse.reshape(quads.shape)


def read_texture(path: Path, look: Look) -> np.ndarray:
    """RGBA picture: pattern calmed, tinted, thinned, and enlarged with fine grain if it is small."""
    img = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if img is None:
        raise FileNotFoundError(f"No picture at {path}")
    img = cv2.cvtColor(img, cv2.COLOR_BGRA2RGBA if img.shape[2] == 4 else cv2.COLOR_BGR2RGBA).astype(
        np.float32
    )
    colour = img[..., :3]
    if look.calm:
        opaque = img[..., 3] > 128
        colour += look.calm * (colour[opaque].mean(0) - colour)
    if look.dye is not None:
        grey = colour.mean(2, keepdims=True)
        colour[:] = (grey / grey[img[..., 3] > 128].mean()) ** 0.75 * np.float32(look.dye)
    colour *= np.float32(look.tint)
    _bleed(img)
    img[..., 3] *= look.opacity
    if look.size > img.shape[0]:
        img = cv2.resize(img, (look.size, look.size), interpolation=cv2.INTER_CUBIC)
        grain = np.random.default_rng(7).standard_normal(img.shape[:2]).astype(np.float32)
        fine = cv2.GaussianBlur(grain, (0, 0), 1.2) * 3.0 + cv2.GaussianBlur(grain, (0, 0), 7) * 6
        img[..., :3] *= 1 + 0.014 * fine[..., None]
    return np.clip(img, 0, 255).astype(np.uint8)


def _bleed(img: np.ndarray) -> None:
    """Carry the colour of opaque texels into transparent ones (in place), against dark fringes."""
    solid = (img[..., 3:] > 96).astype(np.float32)
    if solid.all():
        return
    for sigma in (2, 8, 40):
        weight = cv2.GaussianBlur(solid, (0, 0), sigma)[..., None]
        spread = cv2.GaussianBlur(img[..., :3] * solid, (0, 0), sigma) / np.maximum(weight, 1e-4)
        fill = (solid == 0) & (weight > 1e-3)
        img[..., :3] = np.where(fill, spread, img[..., :3])
        solid = np.maximum(solid, fill.astype(np.float32))


def lower_arms(base: np.ndarray, source: MakeHuman, degrees: float) -> None:
    """Turn both arms of the base mesh down about the shoulders (changed in place)."""
    for side, sign in (("L", -1), ("R", 1)):
        joint = base[source.joint(f"joint-{side.lower()}-shoulder")].mean(0)
        for share, prefixes in (
            (0.25, ("clavicle", "shoulder01")),
            (1.0, ("upperarm", "lowerarm", "wrist", "finger", "metacarpal")),
        ):
            angle = np.radians(sign * degrees * share)
            turn = np.array(
                [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
            )
            weight = source.bone_weight(tuple(f"{prefix}" for prefix in prefixes), side)[:, None]
            base += weight * ((base - joint) @ turn.T + joint - base)


class Builder:
    """Turns a :class:`people.Person` into parts."""

    def __init__(self, source: MakeHuman, person: Person) -> None:
        self.source, self.person = source, person
        self.base = source.points.copy()
        for name, weight in person.shape.items():
            self.base += weight * source.target(name)
        lower_arms(self.base, source, person.arms)
        self.units = {name: source.target(f"unit/{name}") for name in UNITS}

    def build(self) -> list[Part]:
        """All parts, opaque ones first."""
        pieces = {name: self.source.proxy(path) for name, path in self.person.proxies.items()}
        covered = np.zeros(len(self.base), bool)
        for name in ("clothes",):
            covered[pieces[name].hidden] = True
        parts = [self._skin(covered)]
        parts += [self._proxy(name, piece) for name, piece in pieces.items()]
        return parts

    def _skin(self, covered: np.ndarray) -> Part:
        uv, faces, uv_faces = self.source.body
        keep = (
            (self.base[faces, 1].max(1) > FLOOR_Y) & ~covered[faces].all(1) & (faces < BODY_VERTICES).all(1)
        )
        faces, uv_faces = faces[keep], uv_faces[keep]
        used, compact = _compact(faces)
        matrix, quads = catmull_clark(compact, len(used))
        uv_new, uv_quads = subdivide_uv(uv_faces, uv)
        select = sparse.csr_matrix(
            (np.ones(len(used)), (np.arange(len(used)), used)), shape=(len(used), len(self.base))
        )
        return self._part("skin", (matrix @ select).tocsr(), 0.0, (quads, uv_quads, uv_new))

    def _proxy(self, name: str, piece: Proxy) -> Part:
        rest = piece.binding @ self.base + piece.offsets
        keep = rest[piece.faces, 1].max(1) > FLOOR_Y
        return self._part(
            name, piece.binding, piece.offsets, (piece.faces[keep], piece.uv_faces[keep], piece.uv)
        )

    def _part(self, name: str, matrix: sparse.csr_matrix, offsets: np.ndarray | float, mesh: tuple) -> Part:
        triangles, source, uv = _drawn(*mesh)
        used, source = np.unique(source, return_inverse=True)
        matrix = matrix[used]
        offsets = offsets[used] if isinstance(offsets, np.ndarray) else offsets
        morphs = {unit: matrix @ move for unit, move in self.units.items()}
        morphs = {unit: move.astype(np.float32) for unit, move in morphs.items() if np.abs(move).max() > 2e-3}
        look = self.person.looks[name]
        head = np.clip(matrix @ self.source.head_weight, 0, 1)
        if name in ("hair", "eyes", "teeth", "tongue", "lashes", "brows"):
            head = np.ones(len(used))
        if name == "hair":  # long hair rests on the shoulders
            rest = matrix @ self.base + offsets
            chin = self.base[self.source.joint("joint-jaw"), 1].mean() - 0.5
            head = np.clip((rest[:, 1] - (chin - 1.6)) / 1.6, 0, 1)
        texture = read_texture(self.source.texture(look.texture), look)
        if name == "clothes":
            texture[..., 3] = 255
        return Part(
            name,
            matrix @ self.base + offsets,
            morphs,
            triangles,
            source.ravel(),
            uv,
            texture,
            head,
            look.gloss,
            look.power,
        )
