"""How much expression a photo shows, and what to remove to make it neutral."""

from __future__ import annotations

import numpy as np

from affectface.arrays import FloatArray
from affectface.fitting.face_fit import LEFT_EYE_OUTER, RIGHT_EYE_OUTER, FaceFit
from affectface.morphable import FaceModel

_NOTHING, _EVERYTHING = 0.012, 0.030
"""Movement of the most moved tenth of the landmarks, in inter-ocular distances: below the first a photo counts as
neutral, above the second all of its expression is removed."""

_GAZE = "eyeLook"


def shown_expression(model: FaceModel, fit: FaceFit) -> FloatArray:
    """Return the part of a fit's expression that makes its photo not neutral.

    A neutral face never fits with all strengths at zero. What moves the landmarks no farther than their noise belongs
    to the person, not to an affect, and stays. Between neutral and expressive the share grows smoothly.

    Parameters
    ----------
    model : FaceModel
        The face model.
    fit : FaceFit
        The fit.

    Returns
    -------
    ndarray of shape (E,), float32
        Strengths to subtract; all zero for a neutral photo. Where the eyes look is kept.
    """
    expression = fit.expression.copy()
    expression[[name.startswith(_GAZE) for name in model.expression_names]] = 0
    amount = float(np.clip((_movement(model, expression) - _NOTHING) / (_EVERYTHING - _NOTHING), 0, 1))
    return np.asarray(expression * amount * amount * (3 - 2 * amount), dtype=np.float32)


def _movement(model: FaceModel, expression: FloatArray) -> float:
    """How far the most moved tenth of the landmarks is moved, in inter-ocular distances."""
    placed = np.flatnonzero(model.landmark_triangles >= 0)
    corners = model.triangles[model.landmark_triangles]
    moved = np.einsum("lc,lcd->ld", model.landmark_weights, model.deformation(expression)[corners])
    mean = np.einsum("lc,lcd->ld", model.landmark_weights, model.vertices[corners])
    eyes = float(np.linalg.norm(mean[LEFT_EYE_OUTER] - mean[RIGHT_EYE_OUTER]))
    return float(np.percentile(np.linalg.norm(moved[placed], axis=1), 90)) / eyes
