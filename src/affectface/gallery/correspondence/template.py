"""The template: the mesh whose vertices every registered mesh has, and what registration needs to know about it.

Scans show skin: correspondences are sought for it. Eyeballs, teeth, tongue and sockets hang on the skin and follow it
(`affectface.gallery.correspondence.hanging`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix, diags
from scipy.spatial import cKDTree

from affectface.arrays import BoolArray, FloatArray, IntArray
from affectface.morphable.face_model import FaceModel
from affectface.morphable.laplacian import corner_cotangents, edge_weights, laplacian, vertex_areas

FACE_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150),
    *(136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""The landmarks of the face's outline. They slide along the cheek as the head turns: on scans of known faces they are
off by 5 to 40 mm, all others by 2 mm (medians), so they say nothing of correspondence."""
CHIN = (148, 152, 377)
"""Those of the outline that do not slide, and tell how far the jaw is open."""
_FIRST_IRIS = 468
NEAR = 2.5
"""Distance from a landmark, cm, within which skin belongs to the face: what lies beyond is ears, neck and scalp."""
_LEAST_COTANGENT, _MOST_COTANGENT, _LEAST_AREA = 1e-2, 1e2, 1e-4


@dataclass(frozen=True, eq=False)
class RegistrationTemplate:
    """A face model's mean, cut into what is registered and what follows.

    Attributes
    ----------
    model : FaceModel
        The face model.
    skin : ndarray of shape (S,), int32
        Its vertices of face and head.
    triangles : ndarray of shape (T, 3), int32
        The triangles of face and head, in numbers of `skin`.
    landmarks : ndarray of shape (L,), int32
        The landmarks that lie on skin and stay on one point of it: neither irises nor the face's outline.
    at_landmarks : csr_matrix of shape (L, S)
        Takes values of the skin to those landmarks.
    """

    model: FaceModel
    skin: IntArray
    triangles: IntArray
    landmarks: IntArray
    at_landmarks: csr_matrix

    @cached_property
    def vertices(self) -> NDArray[np.float64]:
        """The skin of the mean face (S, 3), cm."""
        return self.model.vertices[self.skin].astype(np.float64)

    @cached_property
    def landmark_places(self) -> FloatArray:
        """All 478 landmarks on the mean face, cm; NaN where one has no place."""
        found = self.model.at_landmarks(self.model.vertices).copy()
        found[self.model.landmark_triangles < 0] = np.nan
        return found

    @cached_property
    def identity(self) -> NDArray[np.float64]:
        """What one standard deviation of each identity component moves the skin by (I, S, 3), cm."""
        return self.model.identity[:, self.skin].astype(np.float64)

    @cached_property
    def units(self) -> NDArray[np.float64]:
        """What each facial unit at full strength moves the skin by (E, S, 3), cm."""
        return self.model.expression[:, self.skin].astype(np.float64)

    @cached_property
    def areas(self) -> NDArray[np.float64]:
        """The area around each vertex of the skin (S,), cm²."""
        _, areas = corner_cotangents(self.vertices.astype(np.float32), self.triangles)
        return np.maximum(vertex_areas(areas, self.triangles, len(self.skin)), _LEAST_AREA)

    @cached_property
    def bending(self) -> csc_matrix:
        """The bending energy (S, S) of a displacement of the skin: the area integral of its squared Laplacian."""
        cotangents, _ = corner_cotangents(self.vertices.astype(np.float32), self.triangles)
        edges = edge_weights(np.clip(cotangents, _LEAST_COTANGENT, _MOST_COTANGENT), self.triangles, len(self.skin))
        stiff = laplacian(edges)
        return csc_matrix(stiff @ diags(1 / self.areas) @ stiff)

    @cached_property
    def face(self) -> BoolArray:
        """Which vertices of the skin (S,) belong to the face."""
        places = self.landmark_places[:_FIRST_IRIS]
        near = cKDTree(places[np.isfinite(places).all(1)]).query(self.vertices)[0]
        return np.asarray(near < NEAR)

    @cached_property
    def far(self) -> NDArray[np.float64]:
        """How far each vertex of the skin (S,) is from the nearest landmark, cm."""
        places = self.landmark_places[self.landmarks]
        return np.asarray(cKDTree(places).query(self.vertices)[0], dtype=np.float64)


def registration_template(model: FaceModel) -> RegistrationTemplate:
    """Return what registration needs to know about a face model.

    Parameters
    ----------
    model : FaceModel
        The face model, with its landmark embedding.

    Returns
    -------
    RegistrationTemplate
        The template.
    """
    rows = model.triangles[model.region("face", "head")]
    skin, index = np.unique(rows, return_inverse=True)
    number = np.full(len(model.vertices), -1)
    number[skin] = np.arange(len(skin))
    corners = number[model.triangles[model.landmark_triangles]]
    on_skin = (model.landmark_triangles >= 0) & (corners >= 0).all(1)
    on_skin[_FIRST_IRIS:] = False
    on_skin[[number for number in FACE_OVAL if number not in CHIN]] = False
    landmarks = np.flatnonzero(on_skin)
    count = len(landmarks)
    places = (np.repeat(np.arange(count), 3), corners[landmarks].ravel())
    at_landmarks = csr_matrix((model.landmark_weights[landmarks].ravel(), places), shape=(count, len(skin)))
    return RegistrationTemplate(
        model,
        skin.astype(np.int32),
        index.reshape(-1, 3).astype(np.int32),
        landmarks.astype(np.int32),
        at_landmarks,
    )
