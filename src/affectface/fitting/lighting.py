"""Estimate the light on a face from the photo's own skin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image, IntArray
from affectface.camera import Camera
from affectface.mesh import vertex_normals
from affectface.morphable import FaceModel
from affectface.rendering.shade import harmonics, to_linear

_SAMPLES = 700
_FEWEST = 20
_RIDGE = 0.02
"""Pull of each harmonic towards none, per sample: a face shows the light of one half of the world only."""


@dataclass(frozen=True, eq=False)
class _Samples:
    """A few vertices of the skin with the triangles around them, as a small model of its own."""

    mean: FloatArray
    identity: FloatArray
    expression: FloatArray
    triangles: IntArray
    chosen: NDArray[np.intp]


@lru_cache(maxsize=4)
def _samples(model: FaceModel) -> _Samples:
    skin = model.triangles[model.region("face")]
    vertices = np.unique(skin)
    chosen = vertices[:: max(1, len(vertices) // _SAMPLES)]
    around = skin[np.isin(skin, chosen).any(axis=1)]
    index, own = np.unique(around, return_inverse=True)
    return _Samples(
        model.vertices[index],
        np.ascontiguousarray(model.identity[:, index]),
        np.ascontiguousarray(model.expression[:, index]),
        own.reshape(around.shape).astype(np.int32),
        np.searchsorted(index, chosen),
    )


def fit_lighting(
    model: FaceModel, identity: FloatArray, expression: FloatArray, camera: Camera, image: Image
) -> FloatArray:
    """Find the spherical-harmonic light that explains the skin, which is taken to have one albedo.

    Parameters
    ----------
    model : FaceModel
        The face model.
    identity : ndarray of shape (I,), float32
        The fitted identity.
    expression : ndarray of shape (E,), float32
        The fitted expression.
    camera : Camera
        The fitted camera.
    image : ndarray of shape (H, W, 3), uint8
        The photo.

    Returns
    -------
    ndarray of shape (9, 3), float32
        Coefficients of the harmonics for linear red, green and blue.
    """
    few = _samples(model)
    vertices = few.mean + np.tensordot(identity, few.identity[: len(identity)], axes=1)
    vertices += np.tensordot(expression, few.expression, axes=1)
    normals = (vertex_normals(vertices, few.triangles) @ camera.direction_to_camera().T)[few.chosen]
    x, y = np.floor(camera.project(vertices[few.chosen])[:, :2]).astype(int).T
    height, width = image.shape[:2]
    seen = (normals[:, 2] < -0.25) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
    if seen.sum() < _FEWEST:
        return ambient_light()
    return _robust_light(harmonics(normals[seen]), to_linear(image[y[seen], x[seen]]))


def ambient_light() -> FloatArray:
    """Return light (9, 3) from everywhere, for faces whose light is not known."""
    ambient = np.zeros((9, 3), dtype=np.float32)
    ambient[0] = 0.4
    return ambient


def _robust_light(basis: FloatArray, colour: FloatArray) -> FloatArray:
    """The light (9, 3) that explains colours (N, 3) by harmonics (N, 9); brows, beard and highlights are outliers."""
    weight = np.ones(len(basis), dtype=np.float32)
    ridge = np.diag([0.0] + [1.0] * 3 + [3.0] * 5) * _RIDGE * len(basis)
    light = np.zeros((9, 3), dtype=np.float32)
    for _ in range(4):
        weighted = basis * weight[:, None]
        light = np.linalg.solve(weighted.T @ basis + ridge, weighted.T @ colour).astype(np.float32)
        misfit = np.abs(colour - basis @ light).mean(axis=1)
        scale = 2 * float(np.median(misfit)) + 1e-4
        weight = (1 / (1 + (misfit / scale) ** 2)).astype(np.float32)
    return light
