"""Fit a face model to 478 landmarks by Gauss-Newton with analytic Jacobians.

The unknowns are the camera's rotation, translation and focal length, the identity and the expression. The landmarks
pull with a robust weight (Geman-McClure); the model's own statistics are the prior. The start is in closed form: a
similarity Procrustes of the landmarks, whose depth is in the same scale as x and y, onto the mean face.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, check_array
from affectface.camera import MODEL_TO_CAMERA, Camera
from affectface.errors import ExtremePoseError, FaceTooSmallError
from affectface.fitting.face_fit import interocular_distance
from affectface.morphable import LANDMARKS, FaceModel

_FREQUENT = ("mouthSmile", "jawOpen", "mouthUpperUp", "mouthLowerDown", "cheekSquint", "mouthStretch", "cheekRaiser")
_LONGEST_FOCAL_STEP = 0.12
"""Bound of one step of the logarithm of the focal length."""


@dataclass(frozen=True, kw_only=True)
class LandmarkFitConfig:
    """How the dense-landmark fit weighs its terms."""

    landmark_noise: float = 0.03
    """Standard deviation of a landmark, in inter-ocular distances. MediaPipe repeats itself to 0.01; with three times
    that the identity of one person agrees best between photos, and a smile is removed most fully (London pairs)."""
    identity_components: int = 60
    """How many identity components are estimated; further ones move landmarks by less than their noise."""
    expression_scale: float = 0.12
    """Prior mean of a facial unit's strength above 0; the prior is exponential: few units are active, those freely."""
    frequent_scale: float = 2.0
    """The same for the units of smiling and talking, which photographs are full of."""
    negative_deviation: float = 0.03
    """Prior standard deviation below 0: a muscle does not push."""
    focal_deviation: float = 0.35
    """Prior standard deviation of the logarithm of the focal length, when it is not given."""
    focal_ratio: float = 1.6
    """Prior focal length over the image's longer side: 58 mm on a full-frame camera, a usual portrait."""
    outlier: float = 4.0
    """Residual, in standard deviations, from which a landmark loses its say."""
    iterations: int = 5
    """Gauss-Newton steps with all unknowns."""
    longest_residual: float = 0.05
    """Bound of a kept residual, in inter-ocular distances: a longer one is a misplaced landmark, not a face."""
    smallest_eye_distance: float = 12.0
    """Inter-ocular distance, pixels, under which a face is refused."""
    largest_yaw: float = 65.0
    """Angle between the face and the camera, degrees, beyond which a face is refused."""


@dataclass(frozen=True, eq=False)
class LandmarkFit:
    """Camera, identity, expression and residual found from landmarks; see `FaceFit` for shapes and units."""

    identity: FloatArray
    expression: FloatArray
    camera: Camera
    residual: FloatArray
    error: float


@dataclass(frozen=True, eq=False)
class _LandmarkBasis:
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
def _landmark_basis(model: FaceModel, components: int) -> _LandmarkBasis:
    index = np.flatnonzero(model.landmark_triangles >= 0)
    count = min(components, len(model.identity))
    frequent = np.array([name.startswith(_FREQUENT) for name in model.expression_names])
    bases = (model.identity[:count], model.expression)
    shapes = np.concatenate([model.at_landmarks(basis)[:, index] for basis in bases])
    mean = model.at_landmarks(model.vertices)[index]
    return _LandmarkBasis(index, mean, np.ascontiguousarray(shapes.transpose(1, 2, 0)), count, frequent)


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
    basis = _landmark_basis(model, config.identity_components)
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
    basis: _LandmarkBasis,
    landmarks: FloatArray,
    start: Camera,
    eye_distance: float,
    free_focal: bool,
    config: LandmarkFitConfig,
) -> LandmarkFit:
    observed = landmarks[basis.index, :2]
    i, shapes = basis.identities, basis.shapes
    unknowns = np.zeros(7 + shapes.shape[2], dtype=np.float32)  # rotation, translation, log focal, identity, expression
    rotation, translation, focal = start.rotation.astype(np.float64), start.translation.astype(np.float64), start.focal
    sigma = config.landmark_noise * eye_distance
    for step in range(2 + config.iterations):
        pose_only = step < 2
        model_points = basis.mean + shapes @ unknowns[7:]
        turned = model_points @ rotation.T
        points = (turned @ MODEL_TO_CAMERA + translation).astype(np.float32)
        jacobian, residual = _jacobian(points, turned, rotation, focal, start.centre, observed, shapes, pose_only)
        # from no outliers at all to the final bound: the mean face is far from everybody at first
        bound = config.outlier * sigma * max(1.0, 4.0 * (3.0 - step))
        weight = 1.0 / (1.0 + (residual**2).sum(axis=1) / bound**2) ** 2
        root = np.repeat(np.sqrt(weight) / sigma, 2).astype(np.float32)
        jacobian *= root[:, None]
        normal = jacobian.T @ jacobian
        gradient = jacobian.T @ (residual.ravel() * root)
        _add_priors(normal, gradient, unknowns[: len(gradient)], basis, free_focal and not pose_only, config)
        change = _bounded_step(normal.astype(np.float64), gradient.astype(np.float64))
        rotation = _rotation_matrix(change[:3]) @ rotation
        translation = translation + change[3:6]
        unknowns[6] += change[6]
        unknowns[7 : len(change)] += change[7:]
        focal = start.focal * float(np.exp(unknowns[6]))
    camera = Camera(rotation.astype(np.float32), translation.astype(np.float32), focal, start.centre)
    yaw = float(np.degrees(np.arccos(np.clip(rotation[2, 2], -1, 1))))
    if yaw > config.largest_yaw:
        raise ExtremePoseError(
            f"the face is turned {yaw:.0f} degrees away from the camera; at most {config.largest_yaw:.0f} can be "
            "fitted: use a photo that shows more of the face"
        )
    residual = np.zeros((LANDMARKS, 2), dtype=np.float32)
    final = basis.mean + shapes @ unknowns[7:]
    residual[basis.index] = observed - camera.project(final.astype(np.float32))[:, :2]
    length = np.linalg.norm(residual, axis=1, keepdims=True)
    error = float(np.median(length[basis.index]) / eye_distance)
    residual *= np.minimum(1.0, config.longest_residual * eye_distance / np.maximum(length, 1e-6))
    return LandmarkFit(unknowns[7 : 7 + i].copy(), unknowns[7 + i :].copy(), camera, residual, error)


def _jacobian(
    points: FloatArray,
    turned: NDArray[np.float64],
    rotation: NDArray[np.float64],
    focal: float,
    centre: tuple[float, float],
    observed: FloatArray,
    shapes: FloatArray,
    pose_only: bool,
) -> tuple[FloatArray, FloatArray]:
    """Return the Jacobian (2L, 7 or all) of the projections, and observed minus projected (L, 2), pixels."""
    count = len(points)
    inverse_depth = 1.0 / points[:, 2]
    normalised = points[:, :2] * inverse_depth[:, None]
    projected = focal * normalised + np.asarray(centre, dtype=np.float32)
    by_point = np.zeros((count, 2, 3), dtype=np.float32)  # d pixel / d camera-space point
    by_point[:, 0, 0] = by_point[:, 1, 1] = focal * inverse_depth
    by_point[:, :, 2] = -focal * normalised * inverse_depth[:, None]
    by_model = by_point @ MODEL_TO_CAMERA  # d pixel / d turned model-space point
    jacobian = np.empty((count, 2, 7 if pose_only else 7 + shapes.shape[2]), dtype=np.float32)
    # d(exp(w) x)/dw = -[x]_x, whose rows dotted with a row r of by_model give x × r
    jacobian[:, :, :3] = np.cross(turned[:, None, :], by_model)
    jacobian[:, :, 3:6] = by_point
    jacobian[:, :, 6] = focal * normalised
    if not pose_only:
        by_vertex = by_model @ rotation.astype(np.float32)
        moved = jacobian[:, :, 7:]
        np.multiply(by_vertex[:, :, :1], shapes[:, None, 0], out=moved)
        for axis in (1, 2):  # faster than many small matrix products
            moved += by_vertex[:, :, axis : axis + 1] * shapes[:, None, axis]
    return jacobian.reshape(2 * count, -1), (observed - projected).astype(np.float32)


def _add_priors(
    normal: FloatArray,
    gradient: FloatArray,
    unknowns: FloatArray,
    basis: _LandmarkBasis,
    free_focal: bool,
    config: LandmarkFitConfig,
) -> None:
    """Add the priors' curvature and pull to the normal equations, in place: they are this module's own arrays."""
    precision = np.zeros(len(gradient), dtype=np.float32)
    precision[6] = config.focal_deviation**-2 if free_focal else 1e8
    precision[7 : 7 + basis.identities] = 1.0
    strengths = unknowns[7 + basis.identities :]
    if len(strengths):
        scale = np.where(basis.frequent, config.frequent_scale, config.expression_scale)
        # an exponential prior, reweighted: its pull is the same at every strength
        exponential = 1.0 / (scale * np.maximum(strengths, scale))
        precision[7 + basis.identities :] = np.where(strengths < 0, config.negative_deviation**-2.0, exponential)
    normal[np.diag_indices_from(normal)] += precision
    gradient -= precision * unknowns


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


def _rotation_matrix(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation (3, 3) about an axis by its length in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * (skew @ skew))
