"""Which point of the valence-arousal plane a picture shows: the one whose expression moves the landmarks most alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from affectface.affect import ValenceArousal
from affectface.arrays import FloatArray
from affectface.augment.making.config import Models
from affectface.augment.making.landmark_motion import LandmarkMotion
from affectface.evaluation.consistency import Yardstick, yardstick
from affectface.gallery.driving import expression_of

_SEEN = 0.78
"""How much of a movement that was drawn the landmarker sees: 0.779 with ICT-FaceKit and 0.782 with the embedded model,
by least squares over 13 people of the London set. Lips move as far as they were drawn, cheeks and chin two thirds."""


@dataclass(frozen=True, eq=False)
class Plane:
    """What the points of the plane look like on a face model.

    Attributes
    ----------
    stick : Yardstick
        What coefficients mean.
    shown : ndarray of shape (K, E), float32
        Strengths of the facial units at each of its points.
    products : ndarray of shape (E, E), float32
        Products of the units' displacements of the landmarks.
    """

    stick: Yardstick
    shown: FloatArray
    products: FloatArray

    def length(self, change: FloatArray) -> float:
        """Return what a change (E,) does to the landmarks: root of the mean square, in inter-ocular distances."""
        count = len(self.stick.basis) // 3
        return float(np.sqrt(max(float(change @ self.products @ change), 0.0) / count))


@lru_cache(maxsize=4)
def plane_of(models: Models) -> Plane:
    """Return what the points of the plane look like on a face model; computed once for a pair of models."""
    stick = yardstick(models.face_model, models.affect_model)
    points = [ValenceArousal(*point) for point in stick.points.tolist()]
    shown = [expression_of(models.affect_model, models.face_model, point, 1.0) for point in points]
    return Plane(stick, np.array(shown, dtype=np.float32), stick.basis.T @ stick.basis)


@dataclass(frozen=True, eq=False)
class PlaneInPicture:
    """How far the points of the plane move the landmarks of one photo, as the landmarker sees it.

    Attributes
    ----------
    stick : Yardstick
        The points.
    changes : ndarray of shape (K, E), float64
        What each changes in the photo's strengths, times what is seen of it.
    norms : ndarray of shape (K,), float64
        Squared length of its movement, pixels.
    """

    stick: Yardstick
    changes: NDArray[np.float64]
    norms: NDArray[np.float64]

    def point(self, pull: NDArray[np.float64], squared: float) -> tuple[float, float]:
        """Return valence and arousal of a movement, by its products (E,) with the units' and its squared length."""
        distance = self.norms - 2 * (self.changes @ pull) + squared
        valence, arousal = self.stick.point_at(np.maximum(distance, 0).astype(np.float32)).tolist()
        return valence, arousal


def plane_in_picture(plane: Plane, motion: LandmarkMotion, resting: FloatArray) -> PlaneInPicture:
    """Return what the points of the plane look like in pictures of a photo.

    Parameters
    ----------
    plane : Plane
        What they look like on the face model.
    motion : LandmarkMotion
        How the photo's landmarks move.
    resting : ndarray of shape (E,), float32
        The face's strengths at rest.

    Returns
    -------
    PlaneInPicture
        To look movements up in.
    """
    changes = _SEEN * (plane.shown + (resting - motion.start)).astype(np.float64)
    products = (motion.moved.T @ motion.moved).astype(np.float64)
    return PlaneInPicture(plane.stick, changes, np.einsum("ke,ke->k", changes @ products, changes))
