"""Which triangles of a face model are drawn: what closes the view, and the inside of the mouth behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, IntArray
from affectface.landmarks.topology import LIPS_OUTER_LOWER, LIPS_OUTER_UPPER
from affectface.morphable import FaceModel
from affectface.rendering.drawn_mesh import DrawnMesh, drawn_mesh
from affectface.rendering.mouth import INTERIOR

_STILL = 0.2
"""Movement, cm, that no unit exceeds on skin that is not drawn: ears, skull and neck follow the face from outside."""
_MAINLAND = 0.02
"""Share of the skin's vertices from which connected still skin is skull, ear or neck."""
SKIN, EYE = 0, 1
"""Labels of the front's triangles."""


@dataclass(frozen=True, eq=False)
class Parts:
    """The two meshes that are drawn.

    Attributes
    ----------
    front : DrawnMesh
        Skin and eyes, labelled `SKIN` and `EYE`.
    mouth : DrawnMesh
        The inside of the mouth, labelled by index into `REGIONS`.
    lips : ndarray of int
        Vertices of `front` around the lips; the inside of the mouth is seen within their bounds.
    """

    front: DrawnMesh
    mouth: DrawnMesh
    lips: NDArray[np.intp]


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
    skin = _moving_skin(model)
    front = skin | _seen_half(model, "eye_left") | _seen_half(model, "eye_right")
    mouth = model.region(*INTERIOR) & ~_backs_of_teeth(model)
    front_mesh = drawn_mesh(model.triangles[front], np.where(skin[front], SKIN, EYE))
    on_lips = model.landmark_triangles[[*LIPS_OUTER_UPPER, *LIPS_OUTER_LOWER]]
    lips = np.isin(front_mesh.index, model.triangles[on_lips[on_lips >= 0]])
    return Parts(front_mesh, drawn_mesh(model.triangles[mouth], model.triangle_regions[mouth]), np.flatnonzero(lips))


def _moving_skin(model: FaceModel) -> BoolArray:
    """Which triangles (T,) are skin that expressions move, or still but amid it, as the bridge of a nose may be."""
    face = model.region("face")
    reach = np.sqrt((model.expression**2).sum(axis=-1).max(axis=0))
    still = face & (reach[model.triangles].max(axis=1) <= _STILL)
    corners = model.triangles[still]
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]]])
    island = _islands(edges, len(model.vertices))
    size = np.bincount(island)[island[model.triangles[:, 0]]]
    return np.asarray(face & ~(still & (size > _MAINLAND * len(np.unique(model.triangles[face])))))


def _islands(edges: IntArray, count: int) -> NDArray[np.intp]:
    """Number the connected parts of `count` vertices by `edges` (N, 2): each vertex's lowest neighbour, and on from it.

    SciPy would do it too, but its graph module takes longer to import than the rest of a start.
    """
    label = np.arange(count)
    while True:
        lowest = label[edges].min(axis=1)
        joined = label.copy()
        for end in (0, 1):
            np.minimum.at(joined, label[edges[:, end]], lowest)
        joined = joined[joined]
        if np.array_equal(joined, label):
            return label
        label = joined


def _backs_of_teeth(model: FaceModel) -> BoolArray:
    """Which triangles (T,) of teeth and gums look into the mouth: nobody ever sees them."""
    corners = model.vertices[model.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    backwards = normals[:, 2] < -0.5 * np.linalg.norm(normals, axis=1)
    return np.asarray(backwards & model.region("teeth_upper", "teeth_lower", "gums"))


def _seen_half(model: FaceModel, eye: str) -> BoolArray:
    """Which triangles (T,) are the front half of an eyeball, wherever it looks."""
    ball = model.region(eye)
    depth = model.vertices[model.triangles, 2].mean(axis=1)
    return np.asarray(ball & (depth > np.median(depth[ball]))) if ball.any() else ball
