"""Where the skin of one face lies on the skin of another, of any topology.

Both mean faces know where the 478 landmarks lie. One is turned, moved and scaled onto the other by them (Umeyama 1991),
bent onto it by a thin-plate spline through them (Bookstein 1989), and each of its vertices takes the nearest point of
the other whose surface looks the same way: an upper lip touches the lower one, but looks down where that looks up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.errors import TopologyMismatchError
from affectface.gallery.surface import SKIN, Surface
from affectface.mesh import vertex_normals
from affectface.morphable import FaceModel
from affectface.morphable.visibility import closest_barycentric

Array64 = NDArray[np.float64]

_FEWEST_LANDMARKS = 30
_FIRST_IRIS = 468
_SMOOTHING = 0.05
"""Of the spline: landmarks are right to a millimetre or two, and the skin between two of them is not wavy."""
_LOOKS_THE_SAME_WAY = 0.5
"""What a difference of the normals, which is at most 2, counts as, cm."""
_CANDIDATES = 8
_NEAR, _FAR = 0.2, 0.6
"""Distance from the other skin up to which a match is trusted, and from which there is none, cm."""
_MOST_VERTICES = 2500
"""Vertices that are matched: fifty for each unit that they determine."""


@dataclass(frozen=True, eq=False)
class Match:
    """Where some vertices of a face lie on a surface.

    Attributes
    ----------
    vertices : ndarray of shape (N,), int32
        The face's vertices.
    corners : ndarray of shape (N, 3), int32
        The corners of the triangle of the surface that each lies on.
    weights : ndarray of shape (N, 3), float64
        Barycentric coordinates in it.
    trust : ndarray of shape (N,), float64
        1 where the two skins meet, 0 where the surface has no such part, such as a neck.
    linear : ndarray of shape (3, 3), float64
        Turn and scale of the surface's displacements into the face's.
    """

    vertices: IntArray
    corners: IntArray
    weights: Array64
    trust: Array64
    linear: Array64

    def moved(self, displacements: FloatArray) -> Array64:
        """Return what displacements of the surface (N, V, 3) do to the face's vertices (N, M, 3), cm."""
        found = np.einsum("mc,nmcd->nmd", self.weights, displacements[:, self.corners])
        return np.asarray(found @ self.linear.T)


def match_faces(surface: Surface, model: FaceModel) -> Match:
    """Find where the face of a model lies on a surface.

    Parameters
    ----------
    surface : Surface
        A mean face.
    model : FaceModel
        The face model.

    Returns
    -------
    Match
        For vertices of the model's face, evenly picked where it has very many.

    Raises
    ------
    TopologyMismatchError
        If the two have too few landmarks in common.
    """
    face, triangles = np.unique(model.triangles[model.region("face")]), surface.triangles[surface.skin]
    seen = surface.landmarks[:_FIRST_IRIS]
    placed = np.isfinite(seen).all(axis=1) & (model.landmark_triangles[:_FIRST_IRIS] >= 0)
    if placed.sum() < _FEWEST_LANDMARKS or not len(face) or not len(triangles):
        raise TopologyMismatchError(
            f"{surface.name!r} and {model.name!r} have {int(placed.sum())} landmarks in common; {_FEWEST_LANDMARKS} "
            "are needed: give face models with a landmark embedding"
        )
    face = face[:: -(-len(face) // _MOST_VERTICES)]
    own = seen[placed].astype(np.float64)
    other = model.at_landmarks(model.vertices)[:_FIRST_IRIS][placed].astype(np.float64)
    turn, shift = _similarity(other, own)
    bent = _bent(model.vertices[face] @ turn.T + shift, other @ turn.T + shift, own)
    normals = vertex_normals(model.vertices, model.triangles[model.region(*SKIN)])[face] @ turn.T
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    corners, weights, distance = _nearest(bent, normals, surface.vertices, triangles)
    trust = np.clip((_FAR - distance) / (_FAR - _NEAR), 0, 1)
    return Match(face.astype(np.int32), corners, weights, trust, np.asarray(np.linalg.inv(turn), dtype=np.float64))


def _similarity(points: Array64, target: Array64) -> tuple[Array64, Array64]:
    """Turn and scale (3, 3), and shift (3,), that bring points (L, 3) nearest to a target."""
    centre, goal = points.mean(axis=0), target.mean(axis=0)
    left, strengths, right = np.linalg.svd((target - goal).T @ (points - centre))
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    scale = float((strengths * signs).sum() / ((points - centre) ** 2).sum())
    linear = scale * (left * signs) @ right
    return linear, goal - linear @ centre


def _bent(points: Array64, landmarks: Array64, target: Array64) -> Array64:
    """Points (N, 3) bent as landmarks (L, 3) are to reach a target."""
    from scipy.interpolate import RBFInterpolator

    spline = RBFInterpolator(landmarks, target - landmarks, kernel="thin_plate_spline", smoothing=_SMOOTHING)
    return np.asarray(points + spline(points))


def _nearest(
    points: Array64, normals: Array64, vertices: FloatArray, triangles: IntArray
) -> tuple[IntArray, Array64, Array64]:
    """Corners (N, 3), barycentric weights (N, 3) and distance (N,) of the nearest triangle that looks the same way."""
    from scipy.spatial import cKDTree

    places = vertices[triangles].astype(np.float64)
    looks = np.cross(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0])
    looks /= np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-12)
    tree = cKDTree(np.hstack([places.mean(axis=1), _LOOKS_THE_SAME_WAY * looks]))
    count = min(_CANDIDATES, len(triangles))
    _, near = tree.query(np.hstack([points, _LOOKS_THE_SAME_WAY * normals]), k=count)
    near = np.asarray(near).reshape(len(points), count)
    wanted = points[:, None]
    weights = closest_barycentric(places[near], wanted)
    away = ((np.einsum("nkc,nkcd->nkd", weights, places[near]) - wanted) ** 2).sum(axis=-1)
    best, rows = away.argmin(axis=1), np.arange(len(points))
    return triangles[near[rows, best]].astype(np.int32), weights[rows, best], np.sqrt(away[rows, best])
