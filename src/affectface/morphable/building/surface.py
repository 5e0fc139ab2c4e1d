"""Meshes with the right triangles whose surface is wrong all the same: mirrored, or folded over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, IntArray
from affectface.morphable.building.procrustes import AlignedMeshes, Array64
from affectface.morphable.building.progress import Advance

MOST_FOLDED = 0.1
"""The share of the surface that may look the other way than the mean's. Of 150 people drawn from ICT-FaceKit and from
the embedded model the most have 0.0001 and 0.001, of people three times as far apart 0.03 and 0.08, of faces with many
units at work 0.003 and 0.005."""


def mirrored(meshes: AlignedMeshes, first: Array64, advance: Advance) -> BoolArray:
    """Return which meshes (N,) are mirror images of a mesh.

    Parameters
    ----------
    meshes : AlignedMeshes
        The meshes, lying anyhow.
    first : ndarray of shape (V, 3), float64
        The mesh.
    advance : callable
        Told of each mesh.

    Returns
    -------
    ndarray of shape (N,), bool
        Whether a reflection brings it closer than any rotation: the sign of the determinant of the covariance (Kabsch
        1976).
    """
    found = np.empty(len(meshes), dtype=bool)
    target = first - first.mean(0)
    for part, block in meshes.blocks():
        found[part] = np.linalg.det(target.T @ (block - block.mean(1, keepdims=True))) < 0
        advance(len(block))
    return found


def folded(meshes: AlignedMeshes, mean: Array64, triangles: IntArray, advance: Advance) -> NDArray[np.float64]:
    """Return which share of each mesh's surface looks the other way.

    Parameters
    ----------
    meshes : AlignedMeshes
        Meshes aligned to the mean.
    mean : ndarray of shape (V, 3), float64
        The mean.
    triangles : ndarray of shape (T, 3), int32
        The triangles of both.
    advance : callable
        Told of each mesh.

    Returns
    -------
    ndarray of shape (N,), float64
        The share, by the mean's area, of the triangles whose normals are more than 90 degrees from the mean's.
    """
    wanted = _normals(mean, triangles)
    area = np.linalg.norm(wanted, axis=1)
    share = np.empty(len(meshes))
    for part, block in meshes.blocks():
        for row, mesh in zip(range(part.start, part.stop), block, strict=True):
            against = (_normals(mesh, triangles) * wanted).sum(1) < 0
            share[row] = area[against].sum() / max(area.sum(), 1e-12)
        advance(len(block))
    return share


def _normals(vertices: Array64, triangles: IntArray) -> Array64:
    """Return twice the area of each triangle as a vector (T, 3) along its normal."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    return np.asarray(np.cross(b - a, c - a), dtype=np.float64)
