"""Which part of the head each connected piece of a mesh is, where its layout is not known.

Most published models are one sheet of skin. Those with eyeballs, teeth or lashes have them as pieces of their own; the
skin is the piece that the landmarks lie on, an eyeball a sphere behind the lids.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from affectface.arrays import FloatArray, IntArray
from affectface.regions import REGIONS

_EYES = (("eye_right", (33, 133, 159, 145)), ("eye_left", (263, 362, 386, 374)))
_MOUTH = (61, 291, 13, 14)
_RADIUS = (0.8, 1.7)
"""Of an eyeball, cm: 1.2 in adults, more where the model's cornea or the white's rim are separate."""
_ROUND = 0.08
"""How far an eyeball's vertices may lie off its sphere, over its radius."""
_NEAR = 2.5
"""Distance from the eye or the mouth, cm, within which a small piece belongs to it."""


def pieces(vertices: NDArray[np.floating], triangles: IntArray) -> NDArray[np.int32]:
    """Return the number (T,) of the connected piece each triangle belongs to; vertices in one place are one vertex.

    Parameters
    ----------
    vertices : ndarray of shape (V, 3)
        Positions.
    triangles : ndarray of shape (T, 3)
        The mesh; some files split their vertices along texture seams.

    Returns
    -------
    ndarray of shape (T,), int32
        Pieces, counted from 0.
    """
    size = float(np.ptp(vertices, axis=0).max())
    _, same = np.unique(np.round(vertices / size * 1e6).astype(np.int64), axis=0, return_inverse=True)
    corners = same.reshape(-1)[triangles]
    edges = corners[:, [0, 1, 1, 2]].reshape(-1, 2)
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(vertices), len(vertices)))
    label = connected_components(graph, directed=False)[1][corners[:, 0]]
    return np.unique(label, return_inverse=True)[1].reshape(-1).astype(np.int32)


def find_parts(vertices: NDArray[np.float64], triangles: IntArray, landmarks: FloatArray) -> NDArray[np.uint8]:
    """Return the region of each triangle.

    Parameters
    ----------
    vertices : ndarray of shape (V, 3)
        The mean, cm.
    triangles : ndarray of shape (T, 3)
        The mesh.
    landmarks : ndarray of shape (478, 3)
        Roughly where the landmarks lie, cm; NaN where that is unknown.

    Returns
    -------
    ndarray of shape (T,), uint8
        Index into `REGIONS`: eyeballs, pieces inside the mouth (`mouth_socket`), small pieces before the eyes
        (`eyelashes`), and `face` for all else.
    """
    piece = pieces(vertices, triangles)
    regions = np.zeros(len(triangles), dtype=np.uint8)
    if piece.max() == 0:
        return regions
    middles = vertices[triangles].mean(axis=1)
    known = landmarks[np.isfinite(landmarks).all(axis=1)]
    skin = np.bincount(piece[cKDTree(middles).query(known)[1]], minlength=piece.max() + 1).argmax()
    for number in range(piece.max() + 1):
        mine = piece == number
        if number == skin or mine.sum() > 0.2 * len(triangles):
            continue
        regions[mine] = REGIONS.index(_part(vertices[np.unique(triangles[mine])], landmarks))
    return regions


def _part(points: NDArray[np.float64], landmarks: FloatArray) -> str:
    """Return the region of one small piece."""
    centre, radius, off = _sphere(points)
    for eye, around in _EYES:
        place = np.nanmean(landmarks[list(around)], axis=0)
        if _RADIUS[0] < radius < _RADIUS[1] and off < _ROUND * radius and np.linalg.norm(centre - place) < _NEAR:
            return eye
        if np.linalg.norm(points.mean(axis=0) - place) < _NEAR:
            return "eyelashes"
    mouth = np.nanmean(landmarks[list(_MOUTH)], axis=0)
    inside = points[:, 2].mean() < mouth[2] - 0.3
    return "mouth_socket" if inside and np.linalg.norm(points.mean(axis=0) - mouth) < 3 * _NEAR else "face"


def _sphere(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, float]:
    """Return centre and radius of the sphere that fits points best, and their mean distance from it."""
    system = np.hstack([2 * points, np.ones((len(points), 1))])
    solution = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)[0]
    radius = float(np.sqrt(max(solution[3] + solution[:3] @ solution[:3], 0)))
    off = float(np.abs(np.linalg.norm(points - solution[:3], axis=1) - radius).mean())
    return solution[:3], radius, off
