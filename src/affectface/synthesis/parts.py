"""Which triangles of a face model are drawn: what closes the view, and the inside of the mouth behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, IntArray
from affectface.landmarks.topology import (
    CHIN_FRONT,
    FACE_OVAL,
    LIPS_INNER_LOWER,
    LIPS_INNER_UPPER,
    LIPS_OUTER_LOWER,
    LIPS_OUTER_UPPER,
)
from affectface.morphable import FaceModel
from affectface.regions import REGIONS
from affectface.rendering.drawn_mesh import DrawnMesh, drawn_mesh
from affectface.rendering.mouth import INTERIOR
from affectface.synthesis.hairs import with_stiff_hairs

_OUTLINE = 1.02
"""How much larger than the landmarks' outline the drawn face is."""
_TURNED_AWAY = -0.3
"""Cosine of the angle to the front beyond which skin is the back of the head."""
SKIN, EYE = 0, 1
"""Labels of the front's triangles."""


@dataclass(frozen=True, eq=False)
class Contour:
    """Landmarks in a row on a drawn mesh.

    Attributes
    ----------
    corners : ndarray of shape (L, 3), int
        Vertices of the mesh.
    weights : ndarray of shape (L, 3), float32
        How much of each.
    """

    corners: NDArray[np.intp]
    weights: FloatArray

    def of(self, points: FloatArray) -> FloatArray:
        """Return where the landmarks (L, 2) are for the mesh's projected points (D, 2 or 3)."""
        return np.asarray(np.einsum("lc,lcd->ld", self.weights, points[self.corners, :2]), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Parts:
    """The two meshes that are drawn, on the vertices that they use together.

    Attributes
    ----------
    used : ndarray of shape (U,), int32
        Those of the face model's vertices that are drawn: the back of the head need not be moved.
    expression : ndarray of shape (E, U, 3), float32
        What the facial units do to them, cm; brows and lashes are stiff.
    front : DrawnMesh
        Skin and eyes, labelled `SKIN` and `EYE`.
    mouth : DrawnMesh
        The inside of the mouth, labelled by index into `REGIONS`.
    upper_jaw : ndarray of int
        Vertices of `mouth` on the upper teeth and their gums.
    lips : ndarray of int
        Vertices of `front` around the lips; the inside of the mouth is seen within their bounds.
    eyes : tuple of ndarray of int
        Vertices of `front` of each eyeball; the lids meet within their bounds.
    lip_edges : tuple of two `Contour`, or None
        The edges between which the mouth opens, of the upper and the lower lip; None where the model lacks one.
    """

    used: IntArray
    expression: FloatArray
    front: DrawnMesh
    mouth: DrawnMesh
    upper_jaw: NDArray[np.intp]
    lips: NDArray[np.intp]
    eyes: tuple[NDArray[np.intp], ...]
    lip_edges: tuple[Contour, Contour] | None


@lru_cache(maxsize=4)
def parts_of(model: FaceModel) -> Parts:
    """Return the parts of a face model that are drawn; found once for each model.

    Parameters
    ----------
    model : FaceModel
        The face model.

    Returns
    -------
    Parts
        Front and mouth.
    """
    skin = _face_proper(model)
    balls = _seen_half(model, "eye_left"), _seen_half(model, "eye_right")
    front = skin | balls[0] | balls[1]
    mouth = model.region(*INTERIOR) & ~_never_seen(model)
    used, own = np.unique(model.triangles[front | mouth], return_inverse=True)
    triangles = np.zeros_like(model.triangles)
    triangles[front | mouth] = own.reshape(-1, 3)
    front_mesh = drawn_mesh(triangles[front], np.where(skin[front], SKIN, EYE))
    mouth_mesh = drawn_mesh(triangles[mouth], model.triangle_regions[mouth])
    on_lips = model.landmark_triangles[[*LIPS_OUTER_UPPER, *LIPS_OUTER_LOWER]]
    lips = np.isin(front_mesh.index, triangles[on_lips[on_lips >= 0]])
    drawn_skin = front_mesh.index[np.unique(front_mesh.triangles[front_mesh.labels == SKIN])]
    expression = with_stiff_hairs(model, np.ascontiguousarray(model.expression[:, used]), used, drawn_skin)
    eyes = tuple(np.flatnonzero(np.isin(front_mesh.index, triangles[ball])) for ball in balls if ball.any())
    edges = [_contour(model, front_mesh, used, line) for line in (LIPS_INNER_UPPER, LIPS_INNER_LOWER)]
    lip_edges = None if edges[0] is None or edges[1] is None else (edges[0], edges[1])
    jaw = _upper_jaw(mouth_mesh, model.vertices[used[mouth_mesh.index], 1])
    return Parts(used, expression, front_mesh, mouth_mesh, jaw, np.flatnonzero(lips), eyes, lip_edges)


def _upper_jaw(mouth: DrawnMesh, height: FloatArray) -> NDArray[np.intp]:
    """Vertices of the upper teeth and their gums; `height` (D,) in the mean face tells them from the lower ones."""
    upper, lower, gums = (
        np.unique(mouth.triangles[mouth.labels == REGIONS.index(name)])
        for name in ("teeth_upper", "teeth_lower", "gums")
    )
    if not len(upper):
        return upper
    bite = height[upper].mean() if not len(lower) else 0.5 * (height[upper].mean() + height[lower].mean())
    return np.concatenate([upper, gums[height[gums] > bite]])


def _contour(model: FaceModel, mesh: DrawnMesh, used: IntArray, line: tuple[int, ...]) -> Contour | None:
    """A row of landmarks on a mesh that is drawn; None where not all of them lie on it."""
    on = model.landmark_triangles[list(line)]
    wanted, drawn = model.triangles[on], used[mesh.index]
    if (on < 0).any() or not np.isin(wanted, drawn).all():
        return None
    return Contour(np.searchsorted(drawn, wanted), model.landmark_weights[list(line)])


def _face_proper(model: FaceModel) -> BoolArray:
    """Which triangles (T,) are skin within the outline of the face, as it is seen from the front.

    Ears, skull, throat and the underside of the chin follow the face from outside. Where its edge lies is known to a
    pixel or two only, and a chin that moved over a throat that did not would leave its old edge behind.
    """
    face, wanted = model.region("face"), [*FACE_OVAL, CHIN_FRONT]
    on = model.landmark_triangles[wanted]
    if (on < 0).any():
        return face
    places = model.at_landmarks(model.vertices)[wanted]
    outline, chin_height = places[:-1, :2], places[-1, 1]
    centre = outline.mean(axis=0)
    outline = (centre + _OUTLINE * (outline - centre)).astype(np.float32)
    middles, normals = model.vertices[model.triangles].mean(axis=1), _normals(model)
    underside = (middles[:, 1] < chin_height) & (normals[:, 1] < -0.5)
    candidates = np.flatnonzero(face & (normals[:, 2] > _TURNED_AWAY) & ~underside)
    kept = np.zeros_like(face)
    kept[candidates[_within(outline, middles[candidates, :2])]] = True
    return kept


def _within(outline: FloatArray, points: FloatArray) -> BoolArray:
    """Which points (N, 2) lie in a polygon (M, 2): a ray from them crosses it an odd number of times.

    OpenCV tests one point a call, which for a mesh takes longer than the rest of these parts.
    """
    x, y = points[:, :1], points[:, 1:]
    start, end = outline, np.roll(outline, -1, axis=0)
    straddles = (start[:, 1] > y) != (end[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = start[:, 0] + (y - start[:, 1]) / (end[:, 1] - start[:, 1]) * (end[:, 0] - start[:, 0])
    return np.asarray((straddles & (x < crossing)).sum(axis=1) % 2 == 1)


def _never_seen(model: FaceModel) -> BoolArray:
    """Which triangles (T,) look into the mouth or, behind the lips, backwards: nobody ever sees them."""
    forward = _normals(model)[:, 2]
    backs = (forward < -0.5) & model.region("teeth_upper", "teeth_lower", "gums")
    return np.asarray(backs | ((forward < -0.3) & model.region("mouth_socket", "tongue")))


def _normals(model: FaceModel) -> FloatArray:
    """Unit normals (T, 3) of the mean face's triangles."""
    corners = model.vertices[model.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


def _seen_half(model: FaceModel, eye: str) -> BoolArray:
    """Which triangles (T,) are the front half of an eyeball, wherever it looks."""
    ball = model.region(eye)
    depth = model.vertices[model.triangles, 2].mean(axis=1)
    return np.asarray(ball & (depth > np.median(depth[ball]))) if ball.any() else ball
