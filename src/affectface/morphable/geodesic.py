"""Distances along a surface, by the heat method (Crane, Weischedel, Wardetzky: Geodesics in Heat, ACM TOG 2013).

Heat that flows from a point for a short time decreases along the shortest ways; the function whose gradient has length
one along them is the distance. Two sparse systems are factorised once, so that each further source costs milliseconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from affectface.arrays import FloatArray, IntArray
from affectface.morphable.laplacian import corner_cotangents, edge_weights, laplacian, vertex_areas

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
        points, count = vertices.astype(np.float64), len(vertices)
        _, areas = corner_cotangents(vertices, triangles)
        kept = areas > 1e-12 * max(float(areas.max(initial=0)), 1e-300)
        self._triangles, self._corners, areas = triangles[kept], points[triangles[kept]], areas[kept]
        self._cotangents, _ = corner_cotangents(vertices, self._triangles)
        self._doubled = 2 * areas
        first, second, third = np.moveaxis(self._corners, 1, 0)
        self._normals = np.cross(second - first, third - first) / self._doubled[:, None]
        weights = edge_weights(self._cotangents, self._triangles, count)
        stiff, area = laplacian(weights), vertex_areas(areas, self._triangles, count)
        self._used = area > 0
        edges = np.linalg.norm(self._corners - np.roll(self._corners, -1, axis=1), axis=2)
        time = float(edges.mean()) ** 2
        unused = diags((~self._used).astype(float))
        self._heat = splu(csc_matrix(diags(area) + time * stiff + unused))
        ridge = _RIDGE * max(float(np.abs(stiff.diagonal()).max(initial=0)), 1e-300)
        self._poisson = splu(csc_matrix(stiff + ridge * diags(self._used.astype(float)) + unused))
        _, self._part = connected_components(weights != 0, directed=False)

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
                along = ((self._corners[:, to] - self._corners[:, i]) * field).sum(axis=1)
                flow = self._cotangents[:, opposite] * along / 2
                total += np.bincount(self._triangles[:, i], flow, minlength=len(total))
        return total
