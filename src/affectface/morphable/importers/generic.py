"""Models of one's own: a mean mesh (OBJ, PLY or GLB) and an `.npz` of bases, or all in one `.npz`.

Keys of the `.npz`, for a mesh of V vertices in the mesh file's order; only `identity` or `expression` must be there:

=================== ==================== =====================================================
`identity`          (I, V, 3) numbers    displacement of one standard deviation of each component
`identity_sd`       (I,)                 where `identity` has unit components: their deviations
`expression`        (E, V, 3)            displacement of each unit at full strength
`expression_names`  (E,) text            ARKit's names where they mean the same
`vertices`          (V, 3)               the mean, where there is no mesh file
`triangles`         (T, 3)               the same, counted from 0
`colour`            (V, 3)               sRGB in [0, 1]
`uv`                (U, 2)               texture coordinates, v up
`uv_triangles`      (T, 3)               the triangles' corners in `uv`; `triangles` where it is missing
`landmarks68`       (68,)                vertices of the iBUG 68 points
`unit`              one number           centimetres in one of the file's units
=================== ==================== =====================================================

Bases may also be flat, (I, 3 V). Axes need not be said: they are found by looking at the face.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.errors import ModelFileError
from affectface.morphable.importers.published import PublishedModel
from affectface.morphable.mesh_reading import Mesh

FIELDS = (
    *("identity", "identity_sd", "expression", "expression_names", "vertices", "triangles", "colour", "uv"),
    *("uv_triangles", "landmarks68", "unit"),
)


def read_generic(arrays: dict[str, NDArray[Any]], mesh: Mesh | None, path: Path) -> PublishedModel:
    """Return a model from a mesh and arrays.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Those of `FIELDS` that are there.
    mesh : Mesh or None
        The mean, where it is a file of its own; `vertices` and `triangles` otherwise.
    path : Path
        Where from, for messages and the name.

    Returns
    -------
    PublishedModel
        The model.

    Raises
    ------
    ModelFileError
        If something is missing or does not fit.
    """
    vertices = _numbers(arrays, "vertices", path) if mesh is None else mesh.vertices
    triangles = _numbers(arrays, "triangles", path) if mesh is None else mesh.triangles
    if vertices is None or triangles is None:
        raise ModelFileError(f"{path}: no vertices and triangles in it; give the mean mesh, with --bases for this file")
    count = len(vertices)
    identity, expression = _basis(arrays, "identity", count, path), _basis(arrays, "expression", count, path)
    if not len(identity) + len(expression):
        raise ModelFileError(f"{path}: a mesh alone is no model; give its bases, an .npz with 'identity' (I, V, 3)")
    deviations = _numbers(arrays, "identity_sd", path)
    if deviations is not None:
        if deviations.shape != (len(identity),):
            raise ModelFileError(f"{path}: identity_sd has shape {deviations.shape}; ({len(identity)},) is needed")
        identity = identity * deviations[:, None, None].astype(np.float32)
    uv, uv_triangles = _texture(arrays, mesh, triangles, path)
    colour = _numbers(arrays, "colour", path)
    colour = mesh.colour if colour is None and mesh is not None else colour
    points, unit = _numbers(arrays, "landmarks68", path), _numbers(arrays, "unit", path)
    return PublishedModel(
        name=path.stem,
        kind="mesh and bases",
        vertices=vertices.astype(np.float64),
        triangles=triangles.astype(np.int32),
        identity=identity,
        expression=expression,
        expression_names=_names(arrays, len(expression)),
        colour=None if colour is None else np.clip(colour.astype(np.float32), 0, 1),
        uv=uv,
        uv_triangles=uv_triangles,
        landmarks68=None if points is None else points.astype(np.int32).ravel(),
        unit=float(unit.ravel()[0]) if unit is not None and unit.size == 1 and 1e-6 < unit.ravel()[0] < 1e6 else None,
        licence="your own",
    )


def _numbers(arrays: dict[str, NDArray[Any]], name: str, path: Path) -> NDArray[Any] | None:
    found = arrays.get(name)
    if found is not None and found.dtype.kind not in "fiu":
        raise ModelFileError(f"{path}: {name} is {found.dtype}, not numbers; write it as numbers")
    return found


def _basis(arrays: dict[str, NDArray[Any]], name: str, count: int, path: Path) -> FloatArray:
    """Return displacements (N, V, 3), from that shape or a flat one."""
    found = _numbers(arrays, name, path)
    if found is None:
        return np.zeros((0, count, 3), np.float32)
    if found.ndim == 2 and found.shape[1] == 3 * count:
        found = found.reshape(-1, count, 3)
    if found.ndim != 3 or found.shape[1:] != (count, 3):
        raise ModelFileError(f"{path}: {name} has shape {found.shape}; (any, {count}, 3) is needed for this mesh")
    return found.astype(np.float32)


def _names(arrays: dict[str, NDArray[Any]], count: int) -> tuple[str, ...]:
    found = arrays.get("expression_names")
    if found is None or found.dtype.kind not in "US" or found.size != count:
        return tuple(f"expression{row:03d}" for row in range(1, count + 1))
    return tuple(name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name) for name in found.ravel())


def _texture(
    arrays: dict[str, NDArray[Any]], mesh: Mesh | None, triangles: NDArray[Any], path: Path
) -> tuple[FloatArray | None, NDArray[np.int32] | None]:
    """Return texture coordinates (U, 2) and corners (T, 3) in them, from the arrays or the mesh."""
    uv, corners = _numbers(arrays, "uv", path), _numbers(arrays, "uv_triangles", path)
    if uv is not None:
        return uv.astype(np.float32), (triangles if corners is None else corners).astype(np.int32)
    if mesh is None or mesh.uv is None:
        return None, None
    unique, index = np.unique(mesh.uv.reshape(-1, 2), axis=0, return_inverse=True)
    return unique, index.reshape(triangles.shape).astype(np.int32)
