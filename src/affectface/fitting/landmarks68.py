"""Fit a face model to the 68 points of the iBUG annotation alone, from whatever annotator, file or predictor.

They are flat, so the start is the affine camera of mean face and points; then it is the Gauss-Newton of the dense
landmarks. The points of the jaw are no places of the skin: they slide along the visible outline of a turned face. Each
is taken for the place, among those of the same height in front of the jaw, that lies outermost in the image (landmark
marching: Zhu et al. 2015, High-Fidelity Pose and Expression Normalization).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from affectface.arrays import FloatArray, IntArray, read_only
from affectface.camera import MODEL_TO_CAMERA, Camera
from affectface.errors import FaceNotFoundError, FaceTooSmallError
from affectface.fitting.dense_landmarks import LandmarkFit, LandmarkFitConfig, _gauss_newton
from affectface.fitting.landmark_term import LandmarkBasis, landmark_basis
from affectface.landmarks import Face
from affectface.morphable import LANDMARKS, FaceModel

_SLIDING = (*range(6), *range(11, 17))
"""Points of the jaw that slide; around the chin a turned head moves them little."""

_SAME_HEIGHT, _INWARD, _BEHIND = 0.3, 0.4, 0.3
"""Half the height, cm, of the strip in which a point slides, how far towards the middle, as a share of its own distance
from it, and how far behind itself, cm."""

_FEWEST = 20
"""Points that are needed: fewer say little about an identity."""

_RIGHT_EYE, _LEFT_EYE = 36, 45
_SMOOTHING = 0.3


@dataclass(frozen=True, kw_only=True)
class Fit68Config:
    """How the fit to 68 points goes."""

    landmarks: LandmarkFitConfig = field(default_factory=lambda: LandmarkFitConfig(landmark_noise=0.02))
    """Noise, priors and bounds. A seventh of the points, so each counts for more than one of the 478."""
    sliding_contour: bool = True
    """Whether the jaw's points lie on the visible outline; otherwise they are the model's own vertices."""
    passes: int = 3
    """How often the outline is looked up again, each time with the face found so far."""


@dataclass(frozen=True, eq=False)
class Fit68:
    """What 68 points say about a face.

    Attributes
    ----------
    fit : LandmarkFit
        Camera, identity and expression; its residual, known at the points, is continued to the 478 landmarks.
    vertices : ndarray of shape (68,), int32
        The model's vertex that each point was taken for.
    landmarks : ndarray of shape (478, 3), float32
        Where the 478 landmarks should be seen, pixels, depth in the same scale: what the model says, moved as the
        points near by are.
    """

    fit: LandmarkFit
    vertices: IntArray
    landmarks: FloatArray


def fit_landmarks68(
    model: FaceModel,
    points: FloatArray,
    image_size: tuple[int, int],
    *,
    focal: float | None = None,
    config: Fit68Config | None = None,
) -> Fit68:
    """Find camera, identity and expression of a face from its 68 iBUG points.

    Parameters
    ----------
    model : FaceModel
        The face model.
    points : array_like of shape (68, 2), float32
        The points, pixels; NaN for missing ones.
    image_size : tuple of int
        Height and width of the image, pixels.
    focal : float, optional
        The focal length, pixels, where it is known; otherwise it is estimated.
    config : Fit68Config, optional
        How the fit goes.

    Returns
    -------
    Fit68
        The fit, what each point was taken for, and the 478 landmarks that go with it.

    Raises
    ------
    ValueError
        If the shape is another one.
    FaceNotFoundError
        If fewer than 20 points are there, or they are no face.
    FaceTooSmallError
        If the face has too few pixels.
    ExtremePoseError
        If the face is turned too far away.
    """
    config = config or Fit68Config()
    points = np.asarray(points, dtype=np.float32)
    if points.shape != (68, 2):
        raise ValueError(f"points has shape {points.shape}; (68, 2) is needed")
    there = np.flatnonzero(np.isfinite(points).all(axis=1))
    if len(there) < _FEWEST:
        raise FaceNotFoundError(f"{len(there)} of 68 points are there; at least {_FEWEST} are needed to fit a face")
    vertices = model.landmarks68.copy()
    prior_focal = focal or config.landmarks.focal_ratio * max(image_size)
    camera = _affine_camera(model.vertices[vertices[there]], points[there], prior_focal, image_size)
    eyes = model.vertices[vertices[[_RIGHT_EYE, _LEFT_EYE]]]
    eye_distance = float(np.linalg.norm(eyes[1] - eyes[0])) * prior_focal / float(camera.translation[2])
    if not eye_distance >= config.landmarks.smallest_eye_distance:
        raise FaceTooSmallError(
            f"the face's eyes are {eye_distance:.0f} px apart; {config.landmarks.smallest_eye_distance:.0f} px are "
            "needed: use a larger photo"
        )
    shape = model.vertices
    for _ in range(config.passes if config.sliding_contour else 1):
        if config.sliding_contour:
            vertices = _slid(model, shape, camera)
        basis = _basis68(model, vertices, there, config.landmarks.identity_components)
        start = replace(camera, focal=prior_focal, translation=camera.translation * _back(camera.focal, prior_focal))
        fit = _gauss_newton(basis, points, start, eye_distance, focal is None, config.landmarks)
        camera, shape = fit.camera, model.shape(fit.identity, fit.expression)
    residual = _continued(model, vertices[there], fit.residual[there])
    landmarks = _seen_landmarks(model, shape, camera)
    landmarks[:, :2] += residual
    return Fit68(replace(fit, residual=residual), vertices, read_only(landmarks))


def face_from_points68(
    model: FaceModel, points: FloatArray, image_size: tuple[int, int], *, focal: float | None = None
) -> Face:
    """Return a face of which only the 68 points are known, with all landmarks, for `Portrait.open`.

    Parameters
    ----------
    model : FaceModel
        The face model by which the other landmarks are found.
    points : array_like of shape (68, 2), float32
        The points, pixels; NaN for missing ones.
    image_size : tuple of int
        Height and width of the image, pixels.
    focal : float, optional
        The focal length, pixels, where it is known.

    Returns
    -------
    Face
        The face; who placed the points was sure, hence its score is 1.
    """
    landmarks = fit_landmarks68(model, points, image_size, focal=focal).landmarks
    x0, y0 = landmarks[:, :2].min(axis=0).tolist()
    x1, y1 = landmarks[:, :2].max(axis=0).tolist()
    return Face(landmarks, 1.0, (x0, y0, x1, y1))


def _back(focal: float, other: float) -> NDArray[np.float32]:
    """What a translation (3,) is multiplied by so that another focal length shows a face as large."""
    return np.array([1, 1, other / focal], dtype=np.float32)


def _basis68(model: FaceModel, vertices: IntArray, there: NDArray[np.intp], components: int) -> LandmarkBasis:
    """The face model at the vertices that the points `there` were taken for."""
    dense = landmark_basis(model, components)
    count, mine = dense.identities, vertices[there]
    shapes = np.concatenate([model.identity[:count, mine], model.expression[:, mine]])
    shapes = np.ascontiguousarray(shapes.transpose(1, 2, 0))
    return LandmarkBasis(there, model.vertices[mine], shapes, count, dense.frequent)


def _affine_camera(mean: FloatArray, points: FloatArray, focal: float, image_size: tuple[int, int]) -> Camera:
    """The camera far away that shows the mean face (L, 3) as close as possible to the points (L, 2)."""
    source, target = mean.mean(axis=0), points.mean(axis=0)
    affine = np.linalg.lstsq(mean - source, points - target, rcond=None)[0].T
    u, scales, vt = np.linalg.svd(affine, full_matrices=False)
    scale = float(scales.mean())
    if not scale > 1e-6:
        raise FaceNotFoundError("the points lie on one spot: they are no face; check the file")
    rows = u @ vt
    turn = np.vstack([rows, np.cross(rows[0], rows[1])])
    centre = (image_size[1] / 2, image_size[0] / 2)
    depth = focal / scale
    middle = np.array([*((target - centre) / scale), depth])
    rotation = (MODEL_TO_CAMERA @ turn).astype(np.float32)
    return Camera(rotation, (middle - turn @ source).astype(np.float32), float(focal), centre)


@lru_cache(maxsize=4)
def _strips(model: FaceModel) -> tuple[NDArray[np.intp], ...]:
    """The vertices among which each point of `_SLIDING` slides, itself first."""
    skin = np.unique(model.triangles[model.region("face", "head")])
    x, y, z = model.vertices[skin].T
    strips = []
    for i in _SLIDING:
        own = model.landmarks68[i]
        a, b, c = model.vertices[own]
        beside = x * np.sign(a) > _INWARD * abs(a)
        near = beside & (np.abs(y - b) < _SAME_HEIGHT) & (z > c - _BEHIND)
        strips.append(np.concatenate([[own], skin[near]]).astype(np.intp))
    return tuple(strips)


def _slid(model: FaceModel, shape: FloatArray, camera: Camera) -> IntArray:
    """The vertex (68,) that each point shows when a face of vertices (V, 3) is seen by a camera."""
    up = camera.direction_to_camera()[:2, 1]
    right = np.array([-up[1], up[0]]) / max(float(np.linalg.norm(up)), 1e-9)
    vertices = model.landmarks68.copy()
    for i, strip in zip(_SLIDING, _strips(model), strict=True):
        side = np.sign(model.vertices[strip[0], 0])
        vertices[i] = strip[int(np.argmax(camera.project(shape[strip])[:, :2] @ right * side))]
    return vertices


def _continued(model: FaceModel, vertices: IntArray, residual: FloatArray) -> FloatArray:
    """The residual (L, 2) of some vertices, continued smoothly to the 478 landmarks; 0 where one has no place."""
    placed = np.flatnonzero(model.landmark_triangles >= 0)
    known, first = np.unique(vertices, return_index=True)
    smooth = RBFInterpolator(model.vertices[known], residual[first], kernel="linear", smoothing=_SMOOTHING)
    everywhere = np.zeros((LANDMARKS, 2), dtype=np.float32)
    everywhere[placed] = smooth(model.at_landmarks(model.vertices)[placed])
    return everywhere


def _seen_landmarks(model: FaceModel, shape: FloatArray, camera: Camera) -> FloatArray:
    """The landmarks (478, 3) of a face of vertices (V, 3), as a landmarker gives them; the mean where one has none."""
    landmarks = camera.project(model.at_landmarks(shape))
    placed = model.landmark_triangles >= 0
    middle = landmarks[placed, 2].mean()
    landmarks[:, 2] = (landmarks[:, 2] - middle) * camera.focal / middle
    landmarks[~placed] = landmarks[placed].mean(axis=0)
    return landmarks.astype(np.float32)
