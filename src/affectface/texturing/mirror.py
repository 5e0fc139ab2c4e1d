"""Which place of a face is the mirror image of which, found on the mean face, whatever its mesh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from affectface.arrays import FloatArray, IntArray
from affectface.morphable import FaceModel
from affectface.morphable.visibility import nearest_on_surface
from affectface.regions import REGIONS

_PARTNER = {"eye_left": "eye_right", "eye_right": "eye_left"}
"""Regions whose mirror image is another one; the others are their own."""


@dataclass(frozen=True, eq=False)
class Mirror:
    """The mirror image of each vertex of a face model.

    Attributes
    ----------
    corners : ndarray of shape (V, 3), int32
        Vertices of the triangle on which the mirror image lies.
    weights : ndarray of shape (V, 3), float32
        Barycentric coordinates in it.
    """

    corners: IntArray
    weights: FloatArray

    def of(self, values: FloatArray) -> FloatArray:
        """Return what the mirror image of each vertex has of values (V, D): (V, D)."""
        return np.asarray(np.einsum("vk,vkd->vd", self.weights, values[self.corners]), dtype=np.float32)


@lru_cache(maxsize=4)
def mirror_of(model: FaceModel) -> Mirror:
    """Find the mirror image of each vertex about the plane x = 0; found once for each model.

    Parameters
    ----------
    model : FaceModel
        The face model; its mesh need not be symmetric.

    Returns
    -------
    Mirror
        Where the mirror images lie, each on the region where it belongs.
    """
    count = len(model.vertices)
    flipped = model.vertices * np.array([-1, 1, 1], dtype=np.float32)
    corners = np.tile(np.arange(count, dtype=np.int32)[:, None], (1, 3))
    weights = np.tile(np.array([1, 0, 0], dtype=np.float32), (count, 1))
    for name in REGIONS:
        mine = np.unique(model.triangles[model.region(name)])
        others = model.region(_PARTNER.get(name, name))
        if len(mine) and others.any():
            triangle, weight = nearest_on_surface(flipped[mine], model.vertices, model.triangles, others)
            corners[mine], weights[mine] = model.triangles[triangle], weight
    return Mirror(corners, weights)
