"""The fit of one face in one image, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from affectface.arrays import FloatArray
from affectface.camera import Camera
from affectface.landmarks.topology import LEFT_EYE_OUTER_CORNER, LIPS, RIGHT_EYE_OUTER_CORNER
from affectface.morphable import FaceModel

_DAMPING = 0.003
"""Keeps what undoes a smoothing from making much of what the smoothing leaves nothing of."""


@dataclass(frozen=True, eq=False)
class FaceFit:
    """Identity, expression, camera and lighting of one face in one image.

    Attributes
    ----------
    identity : ndarray of shape (I,), float32
        Identity coefficients, in standard deviations.
    expression : ndarray of shape (E,), float32
        Strength of each facial unit, mostly in [0, 1].
    camera : Camera
        Where the image's camera stood.
    lighting : ndarray of shape (9, 3), float32
        Spherical-harmonic coefficients of the light on the skin, albedo included, linear RGB in [0, 1].
    residual : ndarray of shape (478, 2), float32
        What the model does not explain: found landmark minus projected landmark, pixels; 0 where it has no place.
    image_size : tuple of int
        Height and width of the image, pixels.
    error : float
        Median length of the residual over the inter-ocular distance.
    method : "landmarks" or "photometric"
        What the fit was made from.
    reason : str
        Why the landmark fit was kept where a photometric one was asked for; empty otherwise.
    texture : ndarray of shape (K,), float32, or None
        Coefficients of the texture model's finest level, where there was one.
    """

    identity: FloatArray
    expression: FloatArray
    camera: Camera
    lighting: FloatArray
    residual: FloatArray
    image_size: tuple[int, int]
    error: float
    method: Literal["landmarks", "photometric"] = "landmarks"
    reason: str = ""
    texture: FloatArray | None = None


def interocular_distance(landmarks: FloatArray) -> float:
    """Return the distance of the outer eye corners of `landmarks` (478, 3), pixels, however the head is turned."""
    return float(np.linalg.norm(landmarks[LEFT_EYE_OUTER_CORNER] - landmarks[RIGHT_EYE_OUTER_CORNER]))


def fitted_vertices(model: FaceModel, fit: FaceFit) -> FloatArray:
    """Return the fitted face's vertices (V, 3), cm."""
    return model.shape(fit.identity, fit.expression)


def spread_over_vertices(model: FaceModel, movement: FloatArray) -> FloatArray:
    """Return the movement (V, 2) of the vertices that continues a movement (478, 2) of the landmarks, pixels."""
    # without SciPy's sparse matrices: to import them takes longer than all of a synthesis
    weights, landmarks = model.spread_weights, model.spread_landmarks
    axes = [np.einsum("vk,vk->v", weights, np.take(axis, landmarks)) for axis in movement.astype(np.float32).T]
    return np.stack(axes, axis=1)


def unsmoothed_lips(model: FaceModel, movement: FloatArray) -> FloatArray:
    """Return the movement (478, 2) that, spread over the vertices, moves the lips' landmarks by `movement` (478, 2).

    `spread_over_vertices` smooths: a vertex follows several landmarks. What that takes from the lips is added here.
    """
    wanted = np.zeros_like(movement)
    wanted[list(LIPS)] = _unsmoothed(model) @ movement[list(LIPS)]
    return wanted


@lru_cache(maxsize=4)
def _unsmoothed(model: FaceModel) -> FloatArray:
    """The matrix (L, L) that undoes what spreading takes from smooth movements of the lips' landmarks."""
    lips = list(LIPS)
    corners, weights = model.triangles[model.landmark_triangles[lips]], model.landmark_weights[lips]
    weights = np.where((model.landmark_triangles[lips] >= 0)[:, None], weights, 0)
    near, shares = model.spread_landmarks[corners], weights[..., None] * model.spread_weights[corners]
    smooth = np.stack([np.where(near == lip, shares, 0).sum(axis=(1, 2)) for lip in lips], axis=1)
    damped = smooth.T @ smooth + _DAMPING * np.eye(len(lips))
    return np.asarray(np.linalg.solve(damped, smooth.T), dtype=np.float32)


def landmark_shift(model: FaceModel, fit: FaceFit) -> FloatArray:
    """Return how far each vertex (V, 2) must move, pixels, so that the fitted landmarks meet the found ones exactly."""
    return spread_over_vertices(model, fit.residual)
