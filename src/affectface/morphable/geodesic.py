"""Distances along a surface, by the heat method (Crane, Weischedel, Wardetzky: Geodesics in Heat, ACM TOG 2013).

Heat that flows from a point for a short time decreases along the shortest ways; the function whose gradient has length
one along them is the distance. Two sparse systems are factorised once, so that each further source costs milliseconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from affectface.arrays import FloatArray, IntArray

_RIDGE = 1e-9
"""Share of the Laplacian's diagonal that makes it regular: distances are known but for a constant."""


class Geodesics:
    """Distances along one triangle mesh.

    Parameters
    ----------
    vertices : ndarray of shape (V, 3), float32
        Positions.
    triangles : ndarray of shape (T, 3), int32
        Corners; those without area are left out.
    """

    def __init__(self, vertices: FloatArray, triangles: IntArray) -> None:
        points = vertices.astype(np.float64)
        first, second, third = (points[triangles[:, corner]] for corner in range(3))
        crossed = np.cross(second - first, third - first)
        doubled = np.linalg.norm(crossed, axis=1)
        kept = doubled > 1e-12 * max(float(doubled.max(initial=0)), 1e-300)
        self._triangles, self._normals = triangles[kept], crossed[kept] / doubled[kept, None]
        self._corners, self._doubled = points[self._triangles], doubled[kept]
        count = len(points)
        cotangents, rows, columns = [], [], []
        for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):  # the angle at k stands opposite the edge from i to j
            a, b = self._corners[:, i] - self._corners[:, k], self._corners[:, j] - self._corners[:, k]
            cotangents.append((a * b).sum(axis=1) / self._doubled / 2)
            rows.append(self._triangles[:, i])
            columns.append(self._triangles[:, j])
        weight, row, column = map(np.concatenate, (cotangents, rows, columns))
        off = coo_matrix((weight, (row, column)), shape=(count, count))
        off = (off + off.T).tocsc()
        degree = np.asarray(off.sum(axis=1)).ravel()
        area = np.bincount(self._triangles.ravel(), np.repeat(self._doubled / 6, 3), minlength=count)
        self._used = area > 0
        edges = np.linalg.norm(self._corners - np.roll(self._corners, -1, axis=1), axis=2)
        time = float(edges.mean()) ** 2
        laplacian = diags(degree) - off
        unused = diags((~self._used).astype(float))
        self._heat = splu(csc_matrix(diags(area) + time * laplacian + unused))
        ridge = _RIDGE * max(float(np.abs(degree).max(initial=0)), 1e-300)
        self._poisson = splu(csc_matrix(laplacian + ridge * diags(self._used.astype(float)) + unused))
        _, self._part = connected_components(off != 0, directed=False)

    def from_vertex(self, vertex: int) -> FloatArray:
        """Return the distance (V,) of every vertex from one, in the vertices' unit; infinite where no way leads."""
        start = np.zeros(len(self._used))
        start[vertex] = 1
        direction = self._gradient(self._heat.solve(start))
        length = np.linalg.norm(direction, axis=1, keepdims=True)
        direction = -direction / np.maximum(length, 1e-300)
        distance = self._poisson.solve(-self._divergence(direction))
        distance -= distance[vertex]
        reached = (self._part == self._part[vertex]) & self._used
        return np.where(reached, np.maximum(distance, 0), np.inf).astype(np.float32)

    def _gradient(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The gradient (T, 3) of values of the vertices (V,)."""
        opposite = np.roll(self._corners, -2, axis=1) - np.roll(self._corners, -1, axis=1)
        turned = np.cross(self._normals[:, None], opposite)
        # far from the source heat is less than the smallest number: only its direction counts, so it is scaled first
        own = values[self._triangles]
        own = own / np.maximum(np.abs(own).max(axis=1, keepdims=True), 1e-300)
        return np.asarray((turned * own[:, :, None]).sum(axis=1) / self._doubled[:, None])

    def _divergence(self, field: NDArray[np.float64]) -> NDArray[np.float64]:
        """The divergence (V,) of a field (T, 3), integrated around each vertex."""
        total = np.zeros(len(self._used))
        for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            for to, opposite in ((j, k), (k, j)):
                edge = self._corners[:, to] - self._corners[:, i]
                a, b = (
                    self._corners[:, i] - self._corners[:, opposite],
                    self._corners[:, to] - self._corners[:, opposite],
                )
                cotangent = (a * b).sum(axis=1) / self._doubled
                total += np.bincount(
                    self._triangles[:, i], cotangent * (edge * field).sum(axis=1) / 2, minlength=len(total)
                )
        return total
