"""How facial units move the landmarks in a picture, with person and camera known: a linear map, made once a photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray
from affectface.fitting.face_fit import FaceFit
from affectface.fitting.landmark_term import landmark_basis
from affectface.fitting.projection import place_points, projection_jacobian, state_of
from affectface.morphable import FaceModel


@dataclass(frozen=True, eq=False)
class LandmarkMotion:
    """Where landmarks go when the expression changes.

    Attributes
    ----------
    landmarks : ndarray of shape (478, 3), float32
        Where they are in the photo, with lips closed that are closed in its pictures, pixels.
    start : ndarray of shape (E,), float32
        The photo's strengths.
    index : ndarray of shape (L,), int
        The landmarks that have a place on the face model.
    moved : ndarray of shape (2 L, E), float32
        How far each facial unit moves these, pixels.
    frequent : ndarray of shape (E,), bool
        Which units are frequent in photographs.
    """

    landmarks: FloatArray
    start: FloatArray
    index: NDArray[np.intp]
    moved: FloatArray
    frequent: BoolArray

    def at(self, expression: FloatArray) -> FloatArray:
        """Return the landmarks (478, 3) at other strengths (E,); those without a place stay, as do the depths."""
        landmarks = self.landmarks.copy()
        landmarks[self.index, :2] += (self.moved @ (expression - self.start)).reshape(-1, 2)
        return landmarks


def landmark_motion(model: FaceModel, fit: FaceFit, landmarks: FloatArray) -> LandmarkMotion:
    """Return how facial units move the landmarks of a fitted face.

    Parameters
    ----------
    model : FaceModel
        The face model.
    fit : FaceFit
        The fit.
    landmarks : ndarray of shape (478, 3), float32
        Where the landmarks are with the fit's expression, pixels.

    Returns
    -------
    LandmarkMotion
        Right for small changes; a unit that moves the skin by 1 cm towards a camera at 60 cm makes it wrong by 2 %.
    """
    basis = landmark_basis(model, len(fit.identity))
    state = state_of(fit.camera, fit.identity[: basis.identities], fit.expression)
    points, turned, rotation = place_points(basis.mean, basis.shapes, state)
    units = np.ascontiguousarray(basis.shapes[:, :, basis.identities :])
    jacobian = projection_jacobian(points, turned, rotation, state.focal, units)
    moved = np.ascontiguousarray(jacobian[:, :, 7:].reshape(2 * len(points), -1))
    return LandmarkMotion(landmarks, fit.expression, basis.index, moved, basis.frequent)
