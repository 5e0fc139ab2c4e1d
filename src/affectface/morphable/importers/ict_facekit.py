"""ICT-FaceKit light (MIT, USC Institute for Creative Technologies) -> face model.

Li et al.: Learning Formation of Physically-Based Face Attributes, CVPR 2020. Two layouts are read: the packed ``.npz``
that the asset registry knows, and a folder of OBJ files as the ICT-FaceKit repository publishes them (neutral mesh,
``identity000.obj`` and on, one OBJ an expression, ``vertex_indices.json``).

The model's own units are centimetres, y is up, z comes out of the face, and `_L` shapes move the +x side, which is the
person's left: no axis has to be turned. One identity coefficient is one standard deviation already (the published code
draws them from a standard normal distribution).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from affectface.arrays import FloatArray, IntArray
from affectface.errors import ModelFileError
from affectface.morphable.face_model import LANDMARKS, FaceModel
from affectface.morphable.gaze import gaze
from affectface.regions import REGIONS

NAME = "ict-facekit"
_VERTICES = 26719
_RANGES: dict[str, tuple[int, int]] = {
    "face": (0, 9409),
    "head": (9409, 11248),
    "mouth_socket": (11248, 13294),
    "eye_socket": (13294, 14062),
    "gums": (14062, 17039),
    "teeth_upper": (17039, 21451),
    "eye_left": (21451, 23021),
    "eye_right": (23021, 24591),
    "eyelashes": (25351, 26719),
}
"""Vertices of each part (README of ICT-FaceKit). Left out: lacrimal fluid, eye blend and eye occlusion, which are
shells for a renderer's shaders and would hide the eyes here."""


@dataclass(frozen=True)
class _Raw:
    """The model as published."""

    vertices: FloatArray
    identity: NDArray[np.floating]
    expression: NDArray[np.floating]
    expression_names: tuple[str, ...]
    faces: IntArray
    uv: FloatArray
    uv_faces: IntArray
    landmarks68: IntArray


def import_ict_facekit(path: str | os.PathLike[str]) -> FaceModel:
    """Read ICT-FaceKit light, packed or in its native layout.

    Parameters
    ----------
    path : path-like
        ``ict_facekit_light.npz``, or the folder ``FaceXModel`` of the ICT-FaceKit repository. Of the folder's identity
        and expression shapes, those that are there are taken.

    Returns
    -------
    FaceModel
        The model, without a landmark embedding (see `affectface.morphable.embedding.with_landmarks`).

    Raises
    ------
    ModelFileError
        If the neutral mesh, ``vertex_indices.json`` or all shapes are missing, or do not fit together.
    """
    path = Path(path)
    raw = _read_folder(path) if path.is_dir() else _read_packed(path)
    if raw.vertices.shape != (_VERTICES, 3):
        raise ModelFileError(f"{path}: {len(raw.vertices)} vertices; ICT-FaceKit light has {_VERTICES}")
    if raw.faces.max() >= _VERTICES or raw.uv_faces.max() >= len(raw.uv) or raw.landmarks68.shape != (68,):
        raise ModelFileError(f"{path}: faces, texture coordinates or landmarks do not fit the vertices")
    triangles, uv_triangles = _triangulate(raw.faces), _triangulate(raw.uv_faces)
    regions = _regions(triangles, uv_triangles, raw)
    kept = regions >= 0
    triangles, uv_triangles, regions = triangles[kept], uv_triangles[kept], regions[kept]
    _turn_eyes(raw)
    used = np.unique(triangles)
    number = np.full(_VERTICES, -1, dtype=np.int32)
    number[used] = np.arange(len(used))
    if (number[raw.landmarks68] < 0).any():
        raise ModelFileError(f"{path}: landmarks lie on parts that are left out; the file is damaged")
    return FaceModel(
        name=NAME,
        vertices=raw.vertices[used],
        identity=raw.identity[:, used].astype(np.float32),
        expression=raw.expression[:, used].astype(np.float32),
        expression_names=raw.expression_names,
        triangles=number[triangles],
        triangle_regions=regions.astype(np.uint8),
        uv=raw.uv,
        uv_triangles=uv_triangles,
        landmark_triangles=np.full(LANDMARKS, -1, dtype=np.int32),
        landmark_weights=np.zeros((LANDMARKS, 3), dtype=np.float32),
        landmarks68=number[raw.landmarks68],
        spread_landmarks=np.zeros((len(used), 1), dtype=np.int16),
        spread_weights=np.zeros((len(used), 1), dtype=np.float32),
    )


def _triangulate(faces: IntArray) -> IntArray:
    """Split quads (F, 4), where -1 pads a triangle, into triangles."""
    quads = faces[:, 3] >= 0
    return np.concatenate([faces[:, :3], faces[quads][:, [0, 2, 3]]]).astype(np.int32)


def _regions(triangles: IntArray, uv_triangles: IntArray, raw: _Raw) -> NDArray[np.int64]:
    """Return each triangle's index into `REGIONS`, -1 for parts that are left out."""
    part = np.full(_VERTICES, len(REGIONS))
    for name, (start, stop) in _RANGES.items():
        part[start:stop] = REGIONS.index(name)
    # Triangles between two parts go to the outer one: lips and lid margins are skin.
    regions = np.where((part[triangles] == len(REGIONS)).any(1), -1, part[triangles].min(1))
    jaw = _jaw_motion(raw)
    if jaw is None:
        return regions
    teeth = regions == REGIONS.index("teeth_upper")
    regions[teeth & (jaw[triangles].mean(1) > 0.5)] = REGIONS.index("teeth_lower")
    # The mouth's lining is one sheet; its texture islands tell gums, tongue and throat apart.
    lining = np.flatnonzero(regions == REGIONS.index("gums"))
    for island in _islands(uv_triangles[lining], len(raw.uv)):
        rows = lining[island]
        points, moved = raw.vertices[triangles[rows]].reshape(-1, 3), jaw[triangles[rows]]
        if moved.min() > 1 and np.ptp(points[:, 0]) < 4.4:
            regions[rows] = REGIONS.index("tongue")
        elif moved.min() < 1 < moved.max() or len(rows) < 120:
            regions[rows] = REGIONS.index("mouth_socket")
    return regions


def _turn_eyes(raw: _Raw) -> None:
    """Add the eyeballs' rotation to the `eyeLook*` shapes, in place: as published, they move the lids alone."""
    for eye in ("eye_left", "eye_right"):
        rows = slice(*_RANGES[eye])
        points = raw.vertices[rows]
        offsets = points - (points.max(0) + points.min(0)) / 2
        # The cornea makes the eyeball longer than wide; its centre lies half a width in front of its back.
        offsets[:, 2] = points[:, 2] - (points[:, 2].min() + np.ptp(points[:, 0]) / 2)
        for row, name in enumerate(raw.expression_names):
            if name.startswith("eyeLook"):
                raw.expression[row, rows] = gaze(name, offsets, left=eye == "eye_left")


def _jaw_motion(raw: _Raw) -> FloatArray | None:
    """Return how far `jawOpen` moves each vertex (V,), cm; None if the model lacks it."""
    if "jawOpen" not in raw.expression_names:
        return None
    moved = raw.expression[raw.expression_names.index("jawOpen")].astype(np.float32)
    return np.asarray(np.linalg.norm(moved, axis=1), dtype=np.float32)


def _islands(uv_triangles: IntArray, count: int) -> list[NDArray[np.int_]]:
    """Return the rows of each connected part."""
    edges = uv_triangles[:, [0, 1, 1, 2]].reshape(-1, 2)
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(count, count))
    label = connected_components(graph, directed=False)[1][uv_triangles[:, 0]]
    return [np.flatnonzero(label == part) for part in np.unique(label)]


def _read_packed(path: Path) -> _Raw:
    """Read the packed `.npz`."""
    wanted = ("vertices", "identity", "expression", "expression_names", "faces", "uv", "uv_faces", "landmarks68")
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays: dict[str, NDArray[Any]] = {name: archive[name] for name in wanted if name in archive.files}
    except FileNotFoundError:
        raise ModelFileError(
            f"{path}: there is no such file; give the packed .npz or the repository's folder"
        ) from None
    except Exception as error:  # a damaged archive makes numpy and zlib fail in any way
        raise ModelFileError(f"{path}: not a readable .npz ({type(error).__name__}); download it again") from None
    missing = [name for name in wanted if name not in arrays]
    if missing:
        raise ModelFileError(f"{path}: {', '.join(missing)} missing; this is not the packed ICT-FaceKit light model")
    shapes = {
        "vertices": (_VERTICES, 3),
        "faces": (None, 4),
        "uv": (None, 2),
        "uv_faces": (None, 4),
        "landmarks68": (68,),
    }
    for name, shape in shapes.items():
        array = arrays[name]
        kind = "f" if name in ("vertices", "uv") else "iu"
        fits = array.ndim == len(shape) and all(w in (None, h) for w, h in zip(shape, array.shape, strict=True))
        if not fits or array.dtype.kind not in kind:
            raise ModelFileError(f"{path}: {name} is {array.dtype} of shape {array.shape}; the file is damaged")
    for name in ("identity", "expression"):
        if arrays[name].shape[1:] != (_VERTICES, 3) or arrays[name].dtype.kind != "f":
            raise ModelFileError(f"{path}: {name} has shape {arrays[name].shape}; (any, {_VERTICES}, 3) is needed")
    names = tuple(str(name) for name in arrays.pop("expression_names").ravel())
    return _Raw(expression_names=names, **arrays)


def _read_folder(folder: Path) -> _Raw:
    """Read the native layout."""
    neutral, indices = folder / "generic_neutral_mesh.obj", folder / "vertex_indices.json"
    for file in (neutral, indices):
        if not file.is_file():
            raise ModelFileError(f"{file}: missing; give the folder FaceXModel of the ICT-FaceKit repository")
    try:
        landmarks = np.array(json.loads(indices.read_text())["idx_to_landmark_verts"], dtype=np.int32)
    except (ValueError, KeyError, TypeError):
        raise ModelFileError(f"{indices}: no list 'idx_to_landmark_verts' in it; download it again") from None
    vertices, uv, faces, uv_faces = _read_obj(neutral)
    identity = sorted(folder.glob("identity*.obj"))
    expression = sorted(p for p in folder.glob("*.obj") if p != neutral and p not in identity)
    if not identity or not expression:
        raise ModelFileError(f"{folder}: no identity or expression shapes (.obj); download the whole folder FaceXModel")
    shapes = []
    for file in identity + expression:
        shape = _read_obj(file)[0]
        if shape.shape != vertices.shape:
            raise ModelFileError(f"{file}: {len(shape)} vertices; the neutral mesh has {len(vertices)}")
        shapes.append(shape - vertices)
    moved = np.stack(shapes)
    names = tuple(file.stem for file in expression)
    # Differences are taken in double and kept in half precision, as in the packed file: both give the same numbers.
    moved = moved.astype(np.float16)
    neutral_vertices = vertices.astype(np.float32)
    return _Raw(neutral_vertices, moved[: len(identity)], moved[len(identity) :], names, faces, uv, uv_faces, landmarks)


def _read_obj(path: Path) -> tuple[NDArray[np.float64], FloatArray, IntArray, IntArray]:
    """Read vertices (V, 3), texture coordinates (U, 2), faces (F, 4) and their texture corners of an OBJ file."""
    lines: dict[str, list[str]] = {"v": [], "vt": [], "f": []}
    try:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, rest = line.partition(" ")
            if key in lines:
                lines[key].append(rest)
        vertices = np.array([line.split()[:3] for line in lines["v"]], dtype=np.float64)
        uv = np.array([line.split()[:2] for line in lines["vt"]], dtype=np.float32)
        corners = np.full((len(lines["f"]), 4, 2), -1, dtype=np.int32)
        for row, line in enumerate(lines["f"]):
            for column, corner in enumerate(line.split()):
                corners[row, column] = [int(part) - 1 for part in corner.split("/")[:2]]
    except (ValueError, IndexError):
        raise ModelFileError(f"{path}: not an OBJ file with triangles and quads; download it again") from None
    return vertices, uv, corners[..., 0], corners[..., 1]
