"""Fits as records: numbers in JSON's types."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.camera import quaternion_of
from affectface.fitting.face_fit import FaceFit
from affectface.morphable import FaceModel


def record_of_fit(model: FaceModel, fit: FaceFit, landmarks: FloatArray) -> dict[str, Any]:
    """Return a fit in JSON's types.

    Parameters
    ----------
    model : FaceModel
        The face model that was fitted.
    fit : FaceFit
        The fit.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks, pixels.

    Returns
    -------
    dict
        `identity` in standard deviations; `expression` by unit name; the `camera` with rotation (3 x 3), the same as
        `quaternion` (scalar first), translation (cm), focal length and centre (pixels); `lighting` (9 x 3); `landmarks`
        (478 x 3, pixels); `error` as a fraction of the inter-ocular distance; the `method`, and the `reason` why it is
        not the one that was asked for.
    """
    camera = fit.camera
    record = {
        "face_model": model.name,
        "image_size": [int(n) for n in fit.image_size],
        "identity": numbers(fit.identity),
        "expression": dict(zip(model.expression_names, numbers(fit.expression), strict=True)),
        "camera": {
            "rotation": numbers(camera.rotation),
            "quaternion": numbers(quaternion_of(camera.rotation)),
            "translation": numbers(camera.translation),
            "focal": float(camera.focal),
            "centre": [float(c) for c in camera.centre],
        },
        "lighting": numbers(fit.lighting),
        "landmarks": numbers(landmarks),
        "error": float(fit.error),
        "method": fit.method,
    }
    return record | ({"reason": fit.reason} if fit.reason else {})


def numbers(array: NDArray[Any]) -> list[Any]:
    """Return an array as nested lists of numbers with six digits."""
    flat = [float(f"{value:.6g}") for value in np.ravel(array).tolist()]
    nested: list[Any] = np.array(flat).reshape(np.shape(array)).tolist()
    return nested
