"""The cotangent Laplacian of a mesh (Pinkall & Polthier 1993): smoothness along a surface, not through space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix, diags

from affectface.arrays import FloatArray, IntArray


def corner_cotangents(vertices: FloatArray, triangles: IntArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the cotangents of a mesh's angles.

    Parameters
    ----------
    vertices : ndarray of shape (V, 3)
        Positions.
    triangles : ndarray of shape (T, 3), int32
        Corners.

    Returns
    -------
    cotangents : ndarray of shape (T, 3), float64
        That of the angle at each corner; of what has no area it is large.
    areas : ndarray of shape (T,), float64
        The triangles' areas.
    """
    corners = vertices.astype(np.float64)[triangles]
    ahead, behind = np.roll(corners, -1, axis=1) - corners, np.roll(corners, -2, axis=1) - corners
    doubled = np.linalg.norm(np.cross(ahead[:, 0], behind[:, 0]), axis=1)
    return (ahead * behind).sum(axis=2) / np.maximum(doubled, 1e-12)[:, None], doubled / 2


def edge_weights(weights: NDArray[np.float64], triangles: IntArray, count: int) -> csc_matrix:
    """Return the symmetric matrix (V, V) of an edge's weights: half the sum of those (T, 3) of its opposite corners."""
    opposite = np.roll(triangles, -1, axis=1).ravel(), np.roll(triangles, -2, axis=1).ravel()
    half = coo_matrix((weights.ravel() / 2, opposite), shape=(count, count)).tocsc()
    return csc_matrix(half + half.T)


def laplacian(edges: csc_matrix) -> csc_matrix:
    """Return the positive Laplacian (V, V) of edge weights (V, V)."""
    return csc_matrix(diags(np.asarray(edges.sum(axis=1)).ravel()) - edges)


def vertex_areas(areas: NDArray[np.float64], triangles: IntArray, count: int) -> NDArray[np.float64]:
    """Return a third of the area (V,) around each vertex, from the triangles' areas (T,)."""
    return np.asarray(np.bincount(triangles.ravel(), np.repeat(areas / 3, 3), minlength=count), dtype=np.float64)
