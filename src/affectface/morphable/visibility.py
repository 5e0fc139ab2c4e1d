"""What of a mesh is seen from where: an exact depth buffer, for work done once per face model.

Drawing pictures is the business of `affectface.rendering`; this answers "which triangle is seen at this pixel", on any
machine, for the landmark embedding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, IntArray
from affectface.device import put, run_kernel, warp_runtime


def triangle_buffer(pixels: FloatArray, triangles: IntArray, shape: tuple[int, int]) -> tuple[IntArray, FloatArray]:
    """Return which triangle each pixel sees, and where in it.

    Parameters
    ----------
    pixels : ndarray of shape (V, 3), float32
        Projected vertices: x and y in pixels, and the depth (smaller is nearer).
    triangles : ndarray of shape (T, 3), int32
        The mesh.
    shape : tuple of int
        Height and width of the buffer.

    Returns
    -------
    triangle : ndarray of shape (H, W), int32
        The nearest triangle at each pixel's centre, -1 where there is none.
    weights : ndarray of shape (H, W, 3), float32
        Barycentric coordinates in it.
    """
    warp = warp_runtime()
    from affectface.morphable import kernels

    triangle = np.full(shape, -1, dtype=np.int32)
    weights = np.zeros((*shape, 3), dtype=np.float32)
    nearest = np.full(shape, np.inf)
    run_kernel(
        kernels.see_triangles,
        1,
        [
            put(pixels.astype(np.float64), warp.vec3d, "cpu"),
            put(triangles.astype(np.int32, copy=False), warp.vec3i, "cpu"),
            put(nearest, warp.float64, "cpu"),
            put(triangle, warp.int32, "cpu"),
            put(weights, warp.vec3, "cpu"),
        ],
        "cpu",
    )
    return triangle, weights


def look_up(pixels: FloatArray, triangles: IntArray, points: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the nearest triangle under each 2D point, exactly, and where in it; -1 beside the mesh.

    Parameters
    ----------
    pixels : ndarray of shape (V, 3), float32
        Projected vertices, as for `triangle_buffer`.
    triangles : ndarray of shape (T, 3), int32
        The mesh.
    points : ndarray of shape (N, 2), float32
        Where to look, pixels.

    Returns
    -------
    triangle : ndarray of shape (N,), int32
        The triangle seen at each point, -1 where there is none.
    weights : ndarray of shape (N, 3), float32
        Barycentric coordinates in it.
    """
    corners = pixels[triangles].astype(np.float64)
    (left, top), (right, bottom) = corners[..., :2].min(1).T.copy(), corners[..., :2].max(1).T.copy()
    triangle = np.full(len(points), -1, dtype=np.int32)
    weights = np.zeros((len(points), 3), dtype=np.float32)
    for index, point in enumerate(points):
        near = np.flatnonzero((left <= point[0]) & (right >= point[0]) & (top <= point[1]) & (bottom >= point[1]))
        bary = _barycentric(corners[near], np.broadcast_to(point, (len(near), 2)))
        inside = (bary >= -1e-9).all(1)
        if inside.any():
            near, bary = near[inside], bary[inside]
            best = int(np.argmin((bary * corners[near, :, 2]).sum(1)))
            triangle[index], weights[index] = near[best], bary[best]
    return triangle, weights


def nearest_on_surface(
    points: FloatArray, vertices: FloatArray, triangles: IntArray, among: BoolArray | None = None
) -> tuple[IntArray, FloatArray]:
    """Return the closest point of a mesh to each point, as triangle and barycentric coordinates.

    Parameters
    ----------
    points : ndarray of shape (N, 3), float32
        The points.
    vertices : ndarray of shape (V, 3), float32
        The mesh's vertices.
    triangles : ndarray of shape (T, 3), int32
        The mesh's triangles.
    among : ndarray of shape (T,), bool, optional
        The triangles that count; all by default.

    Returns
    -------
    triangle : ndarray of shape (N,), int32
        The closest triangle.
    weights : ndarray of shape (N, 3), float32
        Barycentric coordinates in it.
    """
    from scipy.spatial import cKDTree

    rows = np.arange(len(triangles)) if among is None else np.flatnonzero(among)
    corners = vertices[triangles[rows]].astype(np.float64)
    count = min(24, len(rows))
    _, near = cKDTree(corners.mean(1)).query(points, k=count)
    near = np.asarray(near).reshape(len(points), count)
    bary = closest_barycentric(corners[near], points[:, None].astype(np.float64))
    reached = np.einsum("nkc,nkcd->nkd", bary, corners[near])
    best = np.argmin(((reached - points[:, None]) ** 2).sum(-1), axis=1)
    pick = np.arange(len(points))
    return rows[near[pick, best]].astype(np.int32), bary[pick, best].astype(np.float32)


def _barycentric(corners: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return barycentric coordinates (N, 3) of 2D points (N, 2) in triangles (N, 3, >=2); -1 in degenerate ones."""
    a, b, c = (corners[:, i, :2] for i in range(3))
    first = _cross(b - points, c - points)
    second = _cross(c - points, a - points)
    area = _cross(b - a, c - a)
    flat = np.abs(area) < 1e-12
    area = np.where(flat, 1, area)
    u, v = first / area, second / area
    bary = np.stack([u, v, 1 - u - v], axis=1)
    bary[flat] = -1
    return bary


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def closest_barycentric(corners: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return barycentric coordinates (..., 3) of the closest point of each triangle (..., 3, 3) to points (..., 3)."""
    candidates = []
    a, b, c = (corners[..., i, :] for i in range(3))
    e, f, d = b - a, c - a, points - a
    ee, ef, ff, de, df = ((p * q).sum(-1) for p, q in ((e, e), (e, f), (f, f), (d, e), (d, f)))
    scale = np.maximum(ee * ff - ef**2, 1e-18)
    v, w = (ff * de - ef * df) / scale, (ee * df - ef * de) / scale
    inner = np.stack([1 - v - w, v, w], axis=-1)
    candidates.append(inner)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        start, edge = corners[..., i, :], corners[..., j, :] - corners[..., i, :]
        t = ((points - start) * edge).sum(-1) / np.maximum((edge**2).sum(-1), 1e-18)
        side = np.zeros_like(inner)
        side[..., j] = np.clip(t, 0, 1)
        side[..., i] = 1 - side[..., j]
        candidates.append(side)
    stack = np.stack(candidates)
    distance = ((np.einsum("s...c,...cd->s...d", stack, corners) - points) ** 2).sum(-1)
    distance[0] = np.where((inner >= 0).all(-1), -1.0, np.inf)
    best = np.argmin(distance, axis=0)
    return np.asarray(np.take_along_axis(stack, best[None, ..., None], axis=0)[0])
