"""How much of the sky each place of a head sees: little in nostrils and in folds of an ear, which hence are dark."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from affectface.arrays import FloatArray
from affectface.mesh import vertex_normals
from affectface.morphable import FaceModel
from affectface.rendering.rasterise import NO_LABEL, rasterise

_DIRECTIONS = 48
_SIDE = 512
_SLACK = 0.15
"""Depth, cm, within which a vertex is what is seen."""


@lru_cache(maxsize=4)
def openness(model: FaceModel) -> FloatArray:
    """Return how open each vertex of the mean face lies; found once for each model.

    Parameters
    ----------
    model : FaceModel
        The face model.

    Returns
    -------
    ndarray of shape (V,), float32
        Share of the light of an even sky that reaches it, 0 to 1 (ambient occlusion: Zhukov et al. 1998).
    """
    rows = ~model.region("eyelashes")
    triangles = model.triangles[rows]
    labels = np.zeros(len(triangles), dtype=np.uint8)
    normals = vertex_normals(model.vertices, triangles)
    middle = model.vertices.mean(axis=0)
    reach = float(np.linalg.norm(model.vertices - middle, axis=1).max())
    lit, possible = np.zeros((2, len(normals)), dtype=np.float32)
    for direction in _sphere(_DIRECTIONS):
        across = np.cross([0.0, 1.0, 0.0], direction)
        across /= np.linalg.norm(across)
        axes = np.stack([across, -np.cross(direction, across), -direction]).astype(np.float32)
        points = (model.vertices - middle) @ axes.T
        points[:, :2] = (points[:, :2] / reach + 1) * (_SIDE / 2)
        values = np.zeros((len(points), 4), dtype=np.float32)
        values[:, 0] = points[:, 2]
        raster = rasterise(points, triangles, labels, values, (_SIDE, _SIDE))
        depth = np.where(raster.label == NO_LABEL, np.inf, raster.values[..., 0])
        column, row = np.clip(points[:, :2].astype(int), 0, _SIDE - 1).T
        facing = np.clip(normals @ direction.astype(np.float32), 0, None)
        possible += facing
        lit += np.where(points[:, 2] <= depth[row, column] + _SLACK / np.maximum(facing, 0.2), facing, 0)
    return np.asarray(lit / np.maximum(possible, 1e-6), dtype=np.float32)


def _sphere(count: int) -> FloatArray:
    """Directions (N, 3) spread evenly over the sphere: a Fibonacci spiral, which never looks straight up."""
    i = np.arange(count) + 0.5
    height, angle = 1 - 2 * i / count, np.pi * (1 + 5**0.5) * i
    level = np.sqrt(1 - height**2)
    return np.stack([level * np.cos(angle), height, level * np.sin(angle)], axis=1)
