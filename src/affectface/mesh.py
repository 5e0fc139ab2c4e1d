"""Facts about a triangle mesh that need no picture: normals, adjacency."""

from __future__ import annotations

import numpy as np

from affectface.arrays import FloatArray, IntArray


def vertex_normals(vertices: FloatArray, triangles: IntArray) -> FloatArray:
    """Return unit normals (V, 3) of vertices (V, 3), triangles (T, 3) counted by their area; 0 for unused vertices."""
    corners = vertices[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.empty_like(vertices)
    index = triangles.ravel()
    for axis in range(3):
        normals[:, axis] = np.bincount(index, np.repeat(faces[:, axis], 3), minlength=len(vertices))
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.maximum(length, 1e-12), dtype=np.float32)
