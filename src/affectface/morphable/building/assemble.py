"""A mean and bases -> a face model, with what the meshes do not tell taken of another model of the same topology."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from affectface.arrays import FloatArray
from affectface.errors import MeshSetError
from affectface.morphable.building.expressions import Units
from affectface.morphable.building.procrustes import Array64
from affectface.morphable.building.topology import Topology
from affectface.morphable.face_model import LANDMARKS, FaceModel
from affectface.regions import REGIONS


def topology_like(model: FaceModel) -> Topology:
    """Return the topology of a face model."""
    return Topology(model.vertices, model.triangles, None, f"the face model {model.name!r}")


def assemble(
    name: str, mean: Array64, identity: FloatArray, topology: Topology, units: Units | None, like: FaceModel | None
) -> FaceModel:
    """Return the face model of a mean and bases.

    Parameters
    ----------
    name : str
        What it is called.
    mean : ndarray of shape (V, 3)
        The mean face, cm.
    identity : ndarray of shape (I, V, 3), float32
        One standard deviation of each component, cm.
    topology : Topology
        The triangles, and texture coordinates where there are some.
    units : Units or None
        Expression units; those of `like` where there are none.
    like : FaceModel or None
        A model of the same topology: of it are the regions, the texture coordinates, the 68 points, and where the
        landmarks lie, which is on the same triangles.

    Returns
    -------
    FaceModel
        The model. Without `like` all of it is face, and its landmarks have no place yet
        (`affectface.morphable.embedding`).
    """
    vertices = mean.astype(np.float32)
    expression = units.displacements if units else np.zeros((0, *vertices.shape), dtype=np.float32)
    names = units.names if units else ()
    if like is not None:
        if units is None:
            expression, names = like.expression, like.expression_names
        return replace(
            like, name=name, vertices=vertices, identity=identity, expression=expression, expression_names=names
        )
    if topology.uv is None:
        uv, uv_triangles = _around(vertices), topology.triangles
    else:
        uv, places = np.unique(topology.uv.reshape(-1, 2), axis=0, return_inverse=True)
        uv_triangles = places.reshape(-1, 3).astype(np.int32)
    return FaceModel(
        name=name,
        vertices=vertices,
        identity=identity,
        expression=expression,
        expression_names=names,
        triangles=topology.triangles,
        triangle_regions=np.full(len(topology.triangles), REGIONS.index("face"), dtype=np.uint8),
        uv=uv.astype(np.float32),
        uv_triangles=uv_triangles,
        landmark_triangles=np.full(LANDMARKS, -1, dtype=np.int32),
        landmark_weights=np.zeros((LANDMARKS, 3), dtype=np.float32),
        landmarks68=np.zeros(68, dtype=np.int32),
        spread_landmarks=np.zeros((len(vertices), 1), dtype=np.int16),
        spread_weights=np.zeros((len(vertices), 1), dtype=np.float32),
    )


def check_size(mean: Array64, unit: str) -> None:
    """Refuse a mean face (V, 3), cm, that is too large or small to be one.

    Parameters
    ----------
    mean : ndarray of shape (V, 3)
        The mean, cm.
    unit : str
        The unit that the meshes were said to have, for the message.

    Raises
    ------
    MeshSetError
        If it is not between 8 and 100 cm high or wide: faces are 15 to 35, and busts are scanned too.
    """
    extent = float(np.ptp(mean, axis=0).max())
    if not 8 <= extent <= 100:
        raise MeshSetError(
            f"the mean mesh is {extent:.3g} cm long if its unit is {unit}; give --unit mm, cm or m so that it is a face"
        )


def _around(vertices: FloatArray) -> FloatArray:
    """Return texture coordinates (V, 2) on a cylinder around the face, seam at the back."""
    x, y, z = (vertices - (vertices.max(0) + vertices.min(0)) / 2).T
    z = z + np.ptp(z) / 2  # the axis lies at the back of a face mask, so that its rim is at the sides
    u = 0.5 + np.arctan2(x, z) / (2 * np.pi)
    v = (y - y.min()) / max(float(np.ptp(y)), 1e-9)
    return np.stack([u, v], axis=1).astype(np.float32)
