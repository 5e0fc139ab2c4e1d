"""Estimate the light on a face from the photo's own skin."""

from __future__ import annotations

import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.camera import Camera
from affectface.mesh import vertex_normals
from affectface.morphable import FaceModel
from affectface.rendering.shade import harmonics, to_linear

_SAMPLES = 1500
_RIDGE = 0.02
"""Pull of each harmonic towards none, per sample: a face shows the light of one half of the world only."""


def fit_lighting(
    model: FaceModel, vertices: FloatArray, points: FloatArray, camera: Camera, image: Image
) -> FloatArray:
    """Find the spherical-harmonic light that explains the skin, which is taken to have one albedo.

    Parameters
    ----------
    model : FaceModel
        The face model.
    vertices : ndarray of shape (V, 3), float32
        The fitted vertices, cm.
    points : ndarray of shape (V, 3), float32
        The same, projected into the image, pixels.
    camera : Camera
        The fitted camera.
    image : ndarray of shape (H, W, 3), uint8
        The photo.

    Returns
    -------
    ndarray of shape (9, 3), float32
        Coefficients of the harmonics for linear red, green and blue.
    """
    normals = vertex_normals(vertices, model.triangles) @ camera.direction_to_camera().T
    skin = np.unique(model.triangles[model.region("face")])
    height, width = image.shape[:2]
    x, y = np.floor(points[skin, :2]).astype(int).T
    seen = (normals[skin, 2] < -0.25) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
    chosen = np.flatnonzero(seen)[:: max(1, int(seen.sum()) // _SAMPLES)]
    if len(chosen) < 20:
        ambient = np.zeros((9, 3), dtype=np.float32)
        ambient[0] = 0.4
        return ambient
    basis = harmonics(normals[skin[chosen]])
    colour = to_linear(image[y[chosen], x[chosen]])
    weight = np.ones(len(chosen), dtype=np.float32)
    ridge = np.diag([0.0] + [1.0] * 3 + [3.0] * 5) * _RIDGE * len(chosen)
    light = np.zeros((9, 3), dtype=np.float32)
    for _ in range(4):  # brows, nostrils, beard and highlights are outliers
        weighted = basis * weight[:, None]
        light = np.linalg.solve(weighted.T @ basis + ridge, weighted.T @ colour).astype(np.float32)
        misfit = np.abs(colour - basis @ light).mean(axis=1)
        scale = 2 * float(np.median(misfit)) + 1e-4
        weight = (1 / (1 + (misfit / scale) ** 2)).astype(np.float32)
    return light
