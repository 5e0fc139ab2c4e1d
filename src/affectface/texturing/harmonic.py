"""Values on a mesh that continue known ones as smoothly as a soap film: the Laplace equation, solved sparsely."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from affectface.arrays import FloatArray, IntArray

_LEAST_COTANGENT, _MOST_COTANGENT = 1e-3, 1e3
"""Bounds of an edge's weight: slivers would make it negative or endless, and the film leave the range of what is
known."""

_NOTHING = 1e-9
"""What holds a piece of the mesh on which nothing is known, per square centimetre."""


def harmonic_fill(
    vertices: FloatArray, triangles: IntArray, values: FloatArray, weight: FloatArray, *, reach: float
) -> FloatArray:
    """Continue what is known over a mesh so that the Laplacian is 0 wherever nothing is known.

    Parameters
    ----------
    vertices : ndarray of shape (V, 3), float32
        Positions, cm; the cotangent Laplacian (Pinkall & Polthier 1993) knows how long the edges are.
    triangles : ndarray of shape (T, 3), int32
        The mesh.
    values : ndarray of shape (V, D), float32
        What is to be continued.
    weight : ndarray of shape (V,), float32
        How surely it is known: 0 to 1.
    reach : float
        Distance, cm, over which what is surely known is made smooth; near 0 it stays as it is.

    Returns
    -------
    ndarray of shape (V, D), float32
        The minimum x of Σ area weight (x - value)² + reach² ∫ |∇x|². A piece of the mesh on which nothing is known
        gets the mean of what is known elsewhere, and 0 if that is nothing.
    """
    stiff, area = _laplacian(vertices, triangles)
    known = weight * area
    total = float(known.sum())
    mean = known @ values / total if total > 0 else np.zeros(values.shape[1])
    piece = connected_components(stiff, directed=False)[1]
    known_there = np.bincount(piece, known)[piece]
    alone = known_there <= 0
    right = known[:, None] * (values - mean)  # the film hangs on the mean: pieces without values get just that
    system = (diags(known + np.where(alone, _NOTHING + area, 0)) + reach**2 * stiff).tocsc()
    solved = splu(system, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(right.astype(np.float64))
    return np.asarray(mean + solved, dtype=np.float32)


def _laplacian(vertices: FloatArray, triangles: IntArray) -> tuple[csr_matrix, NDArray[np.float64]]:
    """The positive cotangent Laplacian (V, V), and a third of the area around each vertex (V,), cm²."""
    points, count = vertices.astype(np.float64), len(vertices)
    rows, columns, weights = [], [], []
    area = np.zeros(count)
    for k in range(3):
        apex, i, j = (triangles[:, (k + step) % 3] for step in range(3))
        a, b = points[i] - points[apex], points[j] - points[apex]
        double = np.linalg.norm(np.cross(a, b), axis=1)
        area += np.bincount(apex, double / 6, minlength=count)
        cotangent = np.clip((a * b).sum(axis=1) / np.maximum(double, 1e-12), -_MOST_COTANGENT, _MOST_COTANGENT) / 2
        rows += [i, j]
        columns += [j, i]
        weights += [cotangent, cotangent]
    shape = (count, count)
    edges = coo_matrix((np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape).tocsr()
    edges.data = np.clip(edges.data, _LEAST_COTANGENT, _MOST_COTANGENT)
    return (diags(np.asarray(edges.sum(axis=1)).ravel()) - edges).tocsr(), np.maximum(area, 1e-9)
