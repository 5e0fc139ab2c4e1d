"""Values on a mesh that continue known ones as smoothly as a soap film: the Laplace equation, solved sparsely."""

from __future__ import annotations

import numpy as np
from scipy.sparse import diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from affectface.arrays import FloatArray, IntArray
from affectface.morphable.laplacian import corner_cotangents, edge_weights, laplacian, vertex_areas

_LEAST_COTANGENT, _MOST_COTANGENT = 1e-3, 1e3
"""Bounds of an edge's weight: slivers would make it negative or endless, and the film leave the range of what is
known."""

_LEAST_AREA = 1e-9
"""Area around a vertex, square centimetres, that one without triangles is given."""
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
    cotangents, areas = corner_cotangents(vertices, triangles)
    edges = edge_weights(np.clip(cotangents, -_MOST_COTANGENT, _MOST_COTANGENT), triangles, len(vertices))
    edges.data = np.clip(edges.data, _LEAST_COTANGENT, _MOST_COTANGENT)
    stiff, area = laplacian(edges), np.maximum(vertex_areas(areas, triangles, len(vertices)), _LEAST_AREA)
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
