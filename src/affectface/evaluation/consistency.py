"""Does a picture show what was asked? Without any network: fit it anew, and compare expression coefficients.

Coefficients are compared by what they do to the landmarks, as several units move them alike: the product of two vectors
is that of the displacements which they cause on the mean face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.affect import ValenceArousal
from affectface.arrays import FloatArray
from affectface.fitting.dense_landmarks import LandmarkFit, LandmarkFitConfig, fit_landmarks
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.driving import expression_of
from affectface.landmarks.topology import MESH_COUNT
from affectface.morphable import FaceModel

_KNOWN_PERSON = LandmarkFitConfig(expression_scale=0.5)
"""With the identity known, landmarks are trusted to say more about rare units."""
_ANGLES, _RADII = 72, 10
"""Grid of the disc in which the point nearest to found coefficients is looked for."""


@dataclass(frozen=True, eq=False)
class Yardstick:
    """What a face model's expression coefficients mean: displacements of landmarks, and points of the plane.

    Attributes
    ----------
    basis : ndarray of shape (3 L, E), float32
        Displacement of the landmarks by each unit, in inter-ocular distances.
    points : ndarray of shape (K, 2), float32
        Points of the disc.
    shown : ndarray of shape (K, 3 L), float32
        The displacements that the affect model shows there.
    """

    basis: FloatArray
    points: FloatArray
    shown: FloatArray

    def displacement(self, expression: FloatArray) -> FloatArray:
        """Return the displacement (3 L,) of coefficients (E,)."""
        return np.asarray(self.basis @ expression, dtype=np.float32)

    def valence_arousal(self, displacement: FloatArray) -> FloatArray:
        """Return the point (2,) of the plane that shows a displacement (3 L,) best.

        The best of a grid, moved to the minimum of the parabola through its neighbours.
        """
        return self.point_at(((self.shown - displacement) ** 2).sum(axis=1))

    def point_at(self, distance: FloatArray) -> FloatArray:
        """Return the point (2,) of the plane that lies at squared distances (K,) from what is shown at `points`."""
        near = np.argsort(distance)[:9]
        weights = 1 / np.maximum(distance[near] - 0.9 * distance[near[0]], 1e-9)
        return np.asarray(weights @ self.points[near] / weights.sum(), dtype=np.float32)


def yardstick(face_model: FaceModel, affect_model: AffectModel) -> Yardstick:
    """Return how expression coefficients of a face model are compared.

    Parameters
    ----------
    face_model : FaceModel
        The face model that is fitted.
    affect_model : AffectModel
        What the points of the plane look like.

    Returns
    -------
    Yardstick
        To compare coefficients with.
    """
    mean = face_model.at_landmarks(face_model.vertices)
    placed = np.flatnonzero(face_model.landmark_triangles[:MESH_COUNT] >= 0)
    eyes = float(np.linalg.norm(mean[33] - mean[263]))
    basis = face_model.at_landmarks(face_model.expression)[:, placed] / eyes
    flat = basis.reshape(len(basis), -1).T
    turns = np.arange(_ANGLES) * 2 * np.pi / _ANGLES
    radii = np.arange(1, _RADII + 1) / _RADII
    points = [(0.0, 0.0), *((float(r * np.cos(a)), float(r * np.sin(a))) for r in radii for a in turns)]
    shown = [flat @ expression_of(affect_model, face_model, ValenceArousal(v, a), 1.0) for v, a in points]
    return Yardstick(flat, np.array(points, dtype=np.float32), np.array(shown, dtype=np.float32))


def refit(face_model: FaceModel, photo: LandmarkFit, landmarks: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Return the expression coefficients (E,) that are found in a picture of a known person.

    Identity, focal length, and what the model does not explain of the person's landmarks are the photo's: a free fit
    takes half of an expression for identity.

    Parameters
    ----------
    face_model : FaceModel
        The face model.
    photo : LandmarkFit
        The fit of the photo that the picture was made from.
    landmarks : ndarray of shape (478, 3), float32
        The landmarks found in the picture, pixels of the photo.
    size : tuple of int
        Height and width of both.

    Returns
    -------
    ndarray of shape (E,), float32
        The coefficients.
    """
    explained = landmarks.copy()
    explained[:, :2] -= photo.residual
    found = fit_landmarks(
        face_model, explained, size, focal=photo.camera.focal, identity=photo.identity, config=_KNOWN_PERSON
    )
    return found.expression


def gain(asked: NDArray[np.float32], found: NDArray[np.float32]) -> float:
    """Return how much of an asked displacement (N,) is found: 1 is all of it, 0 none; NaN where none was asked."""
    norm = float(asked @ asked)
    return float(asked @ found) / norm if norm > 0 else float("nan")


def likeness(asked: NDArray[np.float32], found: NDArray[np.float32]) -> float:
    """Return the cosine of two displacements (N,); NaN where one is none."""
    norm = float(np.linalg.norm(asked) * np.linalg.norm(found))
    return float(asked @ found) / norm if norm > 0 else float("nan")
