"""The surface of a scan, asked for its closest points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from affectface.arrays import BoolArray, IntArray
from affectface.mesh import vertex_normals
from affectface.morphable.visibility import closest_barycentric

_CANDIDATES = 6
"""Triangles, by their middles, among which the closest point is sought."""


@dataclass(frozen=True, eq=False)
class ScanSurface:
    """A scan's triangles, ready to be searched.

    Attributes
    ----------
    triangles : ndarray of shape (T, 3), int32
        Counter-clockwise seen from outside.
    corners : ndarray of shape (T, 3, 3), float64
        Where they are, cm.
    normals : ndarray of shape (V, 3), float64
        Of the vertices.
    border : ndarray of shape (V,), bool
        Vertices at an edge that has one triangle only: beyond it nothing was measured.
    tree : cKDTree
        The triangles' middles.
    """

    triangles: IntArray
    corners: NDArray[np.float64]
    normals: NDArray[np.float64]
    border: BoolArray
    tree: cKDTree


@dataclass(frozen=True, eq=False)
class Closest:
    """The points of a scan closest to given ones.

    Attributes
    ----------
    points : ndarray of shape (N, 3), float64
        The closest points, cm.
    normals : ndarray of shape (N, 3), float64
        The scan's normals there.
    distance : ndarray of shape (N,), float64
        How far away they are, cm.
    border : ndarray of shape (N,), bool
        Whether they lie at the scan's border: the surface meant may not have been measured.
    """

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    distance: NDArray[np.float64]
    border: BoolArray


def scan_surface(vertices: NDArray[np.floating], triangles: IntArray) -> ScanSurface:
    """Return a scan's surface, ready to be searched.

    Parameters
    ----------
    vertices : ndarray of shape (V, 3)
        Positions, cm.
    triangles : ndarray of shape (T, 3), int32
        Counter-clockwise seen from outside.

    Returns
    -------
    ScanSurface
        The surface.
    """
    corners = vertices.astype(np.float64)[triangles]
    normals = vertex_normals(vertices.astype(np.float32), triangles).astype(np.float64)
    border = np.zeros(len(vertices), dtype=bool)
    border[open_edges(triangles)] = True
    return ScanSurface(triangles, corners, normals, border, cKDTree(corners.mean(1)))


def open_edges(triangles: IntArray) -> IntArray:
    """Return the edges (E, 2) that only one triangle has."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    return np.asarray(unique[count == 1], dtype=np.int32)


def closest_points(surface: ScanSurface, points: NDArray[np.floating]) -> Closest:
    """Find the points of a scan that are closest to others.

    Parameters
    ----------
    surface : ScanSurface
        The scan.
    points : ndarray of shape (N, 3)
        The others, cm.

    Returns
    -------
    Closest
        The closest points.
    """
    count = min(_CANDIDATES, len(surface.corners))
    near = np.asarray(surface.tree.query(points, k=count)[1]).reshape(len(points), count)
    weights = closest_barycentric(surface.corners[near], points[:, None].astype(np.float64))
    reached = np.einsum("nkc,nkcd->nkd", weights, surface.corners[near])
    best = ((reached - points[:, None]) ** 2).sum(-1).argmin(1)
    pick = np.arange(len(points))
    corner, weight, found = surface.triangles[near[pick, best]], weights[pick, best], reached[pick, best]
    normal = np.einsum("nc,ncd->nd", weight, surface.normals[corner])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    at_border = ((weight > 1e-6) & surface.border[corner]).any(1)
    return Closest(found, normal, np.linalg.norm(found - points, axis=1), at_border)


def matching(closest: Closest, normals: NDArray[np.floating], farthest: float, least_cosine: float = 0.5) -> BoolArray:
    """Return which closest points (N,) may be what was looked for.

    Parameters
    ----------
    closest : Closest
        What was found.
    normals : ndarray of shape (N, 3)
        Normals of the surface that looks for its counterpart.
    farthest : float
        Distance, cm, beyond which a point is another one.
    least_cosine : float
        Of the angle between the normals: 0.5 is 60 degrees, which keeps an upper lip off the lower one.

    Returns
    -------
    ndarray of shape (N,), bool
        Neither at the border, nor too far away, nor facing elsewhere (Amberg et al. 2007, section 4.4).
    """
    same = (closest.normals * normals).sum(1) > least_cosine
    return np.asarray(~closest.border & same & (closest.distance < farthest))
