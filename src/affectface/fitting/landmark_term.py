"""The landmark term of a fit: normal equations of found minus projected landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.fitting.face_fit import interocular_distance
from affectface.fitting.projection import FaceState, place_points, projected, projection_jacobian
from affectface.morphable import LANDMARKS, FaceModel

_FREQUENT = ("mouthSmile", "jawOpen", "mouthUpperUp", "mouthLowerDown", "cheekSquint", "mouthStretch", "cheekRaiser")


@dataclass(frozen=True, eq=False)
class LandmarkBasis:
    """The face model, restricted to the landmarks it has a place for."""

    index: NDArray[np.intp]
    mean: FloatArray
    """(L, 3)"""
    shapes: FloatArray
    """(L, 3, I + E): identity components, then expression units"""
    identities: int
    frequent: NDArray[np.bool_]
    """(E,): which units are frequent in photographs"""


@lru_cache(maxsize=8)
def landmark_basis(model: FaceModel, components: int) -> LandmarkBasis:
    """Return the face model at its landmarks, with the first identity components; kept for the next call."""
    index = np.flatnonzero(model.landmark_triangles >= 0)
    count = min(components, len(model.identity))
    frequent = np.array([name.startswith(_FREQUENT) for name in model.expression_names])
    bases = (model.identity[:count], model.expression)
    shapes = np.concatenate([model.at_landmarks(basis)[:, index] for basis in bases])
    mean = model.at_landmarks(model.vertices)[index]
    return LandmarkBasis(index, mean, np.ascontiguousarray(shapes.transpose(1, 2, 0)), count, frequent)


def landmark_equations(
    basis: LandmarkBasis,
    observed: FloatArray,
    state: FaceState,
    sigma: float,
    bound: float,
    *,
    pose_only: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return the normal equations of the landmark term, linearised where a fit stands.

    Parameters
    ----------
    basis : LandmarkBasis
        The face model at the landmarks.
    observed : ndarray of shape (L, 2), float32
        Where they were found, pixels.
    state : FaceState
        Where the fit stands.
    sigma : float
        Noise of a landmark, pixels.
    bound : float
        Residual from which a landmark loses its say (Geman-McClure), pixels.
    pose_only : bool
        Whether only the camera is unknown.

    Returns
    -------
    normal : ndarray of shape (P, P), float64
        Curvature of half the cost.
    gradient : ndarray of shape (P,), float64
        Its descent direction: the step solves ``normal @ step = gradient``.
    cost : float
        Sum of the weighted squared residuals, in sigmas.
    """
    points, turned, rotation = place_points(basis.mean, basis.shapes, state)
    residual = observed - projected(points, state.focal, state.centre)
    jacobian = projection_jacobian(points, turned, rotation, state.focal, None if pose_only else basis.shapes)
    weight = 1.0 / (1.0 + (residual**2).sum(axis=1) / bound**2) ** 2
    root = np.repeat(np.sqrt(weight) / sigma, 2).astype(np.float32)
    flat = jacobian.reshape(2 * len(points), -1)
    flat *= root[:, None]
    error = residual.ravel() * root
    normal = (flat.T @ flat).astype(np.float64)
    # Geman-McClure itself, whose derivative the weights are
    cost = float(((residual**2).sum(axis=1) / (1 + (residual**2).sum(axis=1) / bound**2)).sum()) / sigma**2
    return normal, (flat.T @ error).astype(np.float64), cost


def landmark_residual(
    basis: LandmarkBasis,
    landmarks: FloatArray,
    state: FaceState,
    longest: float,
    *,
    eye_distance: float | None = None,
) -> tuple[FloatArray, float]:
    """Return what the model leaves of the landmarks, as `FaceFit` keeps it.

    Parameters
    ----------
    basis : LandmarkBasis
        The face model at the landmarks.
    landmarks : ndarray of shape (478, 3), float32
        Where they were found, pixels; with `eye_distance`, any points that the basis numbers.
    state : FaceState
        The fit.
    longest : float
        Bound of a kept residual, in inter-ocular distances.
    eye_distance : float, optional
        The inter-ocular distance, pixels, where it is known.

    Returns
    -------
    residual : ndarray of shape (478, 2), float32
        Found minus projected, pixels; 0 where a landmark has no place on the model.
    error : float
        Median length before it was bounded, in inter-ocular distances.
    """
    eye_distance = eye_distance or interocular_distance(landmarks)
    residual = np.zeros((LANDMARKS, 2), dtype=np.float32)
    points, _, _ = place_points(basis.mean, basis.shapes, state)
    residual[basis.index] = landmarks[basis.index, :2] - projected(points, state.focal, state.centre)
    length = np.linalg.norm(residual, axis=1, keepdims=True)
    error = float(np.median(length[basis.index]) / eye_distance)
    residual *= np.minimum(1.0, longest * eye_distance / np.maximum(length, 1e-6))
    return residual, error
