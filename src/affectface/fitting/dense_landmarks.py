"""Fit a face model to 478 landmarks by Gauss-Newton with analytic Jacobians.

The unknowns are the camera's rotation, translation and focal length, the identity and the expression. The landmarks
pull with a robust weight (Geman-McClure); the model's own statistics are the prior. The start is in closed form: a
similarity Procrustes of the landmarks, whose depth is in the same scale as x and y, onto the mean face.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, check_array
from affectface.blas import one_blas_thread
from affectface.camera import MODEL_TO_CAMERA, Camera
from affectface.errors import ExtremePoseError, FaceTooSmallError
from affectface.fitting.face_fit import interocular_distance
from affectface.fitting.landmark_term import LandmarkBasis, landmark_basis, landmark_equations, landmark_residual
from affectface.fitting.priors import LandmarkFitConfig, prior_equations
from affectface.fitting.projection import state_of
from affectface.morphable import LANDMARKS, FaceModel

__all__ = ["LandmarkFit", "LandmarkFitConfig", "fit_landmarks"]

_LONGEST_FOCAL_STEP = 0.12
"""Bound of one step of the logarithm of the focal length."""


@dataclass(frozen=True, eq=False)
class LandmarkFit:
    """Camera, identity, expression and residual found from landmarks; see `FaceFit` for shapes and units."""

    identity: FloatArray
    expression: FloatArray
    camera: Camera
    residual: FloatArray
    error: float


@one_blas_thread()
def fit_landmarks(
    model: FaceModel,
    landmarks: FloatArray,
    image_size: tuple[int, int],
    *,
    focal: float | None = None,
    identity: FloatArray | None = None,
    config: LandmarkFitConfig | None = None,
) -> LandmarkFit:
    """Find camera, identity and expression of a face from its landmarks.

    Parameters
    ----------
    model : FaceModel
        The face model.
    landmarks : ndarray of shape (478, 3), float32
        Found landmarks, pixels, depth in the same scale.
    image_size : tuple of int
        Height and width of the image, pixels.
    focal : float, optional
        The focal length, pixels, where it is known; otherwise it is estimated.
    identity : ndarray of shape (I,), float32, optional
        The identity, where the person is known from another picture; then only camera and expression are estimated.
    config : LandmarkFitConfig, optional
        How the terms are weighed.

    Returns
    -------
    LandmarkFit
        The fit.

    Raises
    ------
    FaceTooSmallError
        If the eyes are too close to each other.
    ExtremePoseError
        If the face is turned too far away.
    """
    config = config or LandmarkFitConfig()
    landmarks = check_array("landmarks", landmarks, (LANDMARKS, 3))
    eye_distance = interocular_distance(landmarks)
    if eye_distance < config.smallest_eye_distance:
        raise FaceTooSmallError(
            f"the face's eyes are {eye_distance:.0f} px apart; {config.smallest_eye_distance:.0f} px are needed: "
            "use a larger photo"
        )
    basis = landmark_basis(model, config.identity_components)
    height, width = image_size
    prior_focal = focal or config.focal_ratio * max(height, width)
    camera = _procrustes_camera(basis.mean, landmarks[basis.index], prior_focal, (width / 2, height / 2))
    if identity is None:
        return _gauss_newton(basis, landmarks, camera, eye_distance, focal is None, config)
    known = min(len(identity), basis.identities)
    person = replace(
        basis,
        mean=(basis.mean + basis.shapes[:, :, :known] @ identity[:known]).astype(np.float32),
        shapes=np.ascontiguousarray(basis.shapes[:, :, basis.identities :]),
        identities=0,
    )
    found = _gauss_newton(person, landmarks, camera, eye_distance, focal is None, config)
    return replace(found, identity=identity)


def _procrustes_camera(mean: FloatArray, landmarks: FloatArray, focal: float, centre: tuple[float, float]) -> Camera:
    """The camera that a similarity transform from the mean face (L, 3) to the landmarks (L, 3) implies."""
    source = mean.mean(axis=0)
    target = landmarks.mean(axis=0)
    u, s, vt = np.linalg.svd((landmarks - target).T @ ((mean - source) @ MODEL_TO_CAMERA))
    sign = np.diag([1.0, 1.0, np.linalg.det(u @ vt)])
    turn = u @ sign @ vt
    scale = (s * np.diag(sign)).sum() / ((mean - source) ** 2).sum()
    depth = focal / scale
    centroid = np.array([(target[0] - centre[0]) / scale, (target[1] - centre[1]) / scale, depth])
    rotation = MODEL_TO_CAMERA @ turn @ MODEL_TO_CAMERA
    return Camera(
        rotation.astype(np.float32),
        (centroid - turn @ MODEL_TO_CAMERA @ source).astype(np.float32),
        float(focal),
        centre,
    )


def _gauss_newton(
    basis: LandmarkBasis,
    landmarks: FloatArray,
    start: Camera,
    eye_distance: float,
    free_focal: bool,
    config: LandmarkFitConfig,
) -> LandmarkFit:
    observed = landmarks[basis.index, :2]
    i = basis.identities
    none = np.zeros(basis.shapes.shape[2], dtype=np.float32)
    state = state_of(start, none[:i], none[i:])
    sigma = config.landmark_noise * eye_distance
    for step in range(2 + config.iterations):
        pose_only = step < 2
        # from no outliers at all to the final bound: the mean face is far from everybody at first
        bound = config.outlier * sigma * max(1.0, 4.0 * (3.0 - step))
        normal, gradient, _ = landmark_equations(basis, observed, state, sigma, bound, pose_only=pose_only)
        precision, pull = prior_equations(state, start.focal, basis.frequent, config)
        if pose_only or not free_focal:
            precision[6] = 1e8
            pull[6] = 0.0
        count = len(gradient)
        normal[np.diag_indices(count)] += precision[:count]
        step_taken = np.zeros(len(precision))
        step_taken[:count] = _bounded_step(normal, gradient - pull[:count])
        state = state.moved(step_taken)
    camera = state.camera()
    yaw = float(np.degrees(np.arccos(np.clip(camera.rotation[2, 2], -1, 1))))
    if yaw > config.largest_yaw:
        raise ExtremePoseError(
            f"the face is turned {yaw:.0f} degrees away from the camera; at most {config.largest_yaw:.0f} can be "
            "fitted: use a photo that shows more of the face"
        )
    residual, error = landmark_residual(basis, landmarks, state, config.longest_residual, eye_distance=eye_distance)
    return LandmarkFit(state.identity.astype(np.float32), state.expression.astype(np.float32), camera, residual, error)


def _bounded_step(normal: NDArray[np.float64], gradient: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Gauss-Newton step with a bounded change of focal length, and the rest at its best for that change.

    Focal length and distance nearly cancel each other, which is linear for short steps only.
    """
    step = np.asarray(np.linalg.solve(normal, gradient), dtype=np.float64)
    if abs(step[6]) <= _LONGEST_FOCAL_STEP:
        return step
    others = np.delete(np.arange(len(step)), 6)
    step[6] = np.copysign(_LONGEST_FOCAL_STEP, step[6])
    step[others] = np.linalg.solve(normal[np.ix_(others, others)], gradient[others] - normal[others, 6] * step[6])
    return step
