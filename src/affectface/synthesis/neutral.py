"""How much expression a photo shows, and what to remove to make it neutral."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from affectface.arrays import FloatArray, smooth_step
from affectface.fitting.face_fit import FaceFit, interocular_distance, spread_over_vertices, unsmoothed_lips
from affectface.fitting.landmark_term import landmark_basis
from affectface.landmarks.topology import (
    LIPS_INNER_LOWER,
    LIPS_INNER_UPPER,
    LIPS_OUTER_LOWER,
    LIPS_OUTER_UPPER,
)
from affectface.morphable import FaceModel
from affectface.synthesis.mouth_frame import frame_of

_NOTHING, _EVERYTHING = 0.012, 0.030
"""Movement of the most moved tenth of the landmarks, in inter-ocular distances: below the first a photo counts as
neutral, above the second all of its expression is removed."""

_RESTING = {"brow": 0.45, "mouthSmile": 0.1, "jawOpen": 0.06, "mouthLowerDown": 0.15, "mouthUpperUp": 0.15}
_RESTING_OTHERWISE = 0.2
"""Strength up to which a unit, by the beginning of its name, belongs to the person: nine tenths of neutral photographs
of the London set stay below it. Brows are the highest, because how they lie differs most between people."""

_MISSED = {"mouthSmile": 1.2}
"""Strength over the fitted one that takes a unit away: a fit takes part of a smile for the person's own mouth. In 51
pairs of a smiling and a neutral photo 1.3 would halve how much of the smile stays; but from such a neutral, a new fit
finds the directions of the plane farther from where they were asked (42 degrees on the example instead of under 35)."""

_OWN_SHARE = 0.25
"""Share of the resting strengths that `amount_of_expression` leaves to the person. With it, of all pairs of one of 51
neutral and one of 51 smiling photos of the London set, the smile has the larger amount in 94 % (embedded) and 91 %
(ICT-FaceKit); with the whole strengths in 94 % and 90 %, with what exceeds the resting ones in 93 % and 91 %."""

_TOUCHING, _PARTED = 0.03, 0.06
"""Widest gap of the lips, in inter-ocular distances: below the first they are closed, above the second open."""

_PRESSED = 0.006
"""How much lips that were open lie over each other when they are closed, in inter-ocular distances."""

_GAZE = "eyeLook"


def shown_expression(model: FaceModel, fit: FaceFit) -> FloatArray:
    """Return the part of a fit's expression that makes its photo not neutral.

    A neutral face never fits with all strengths at zero: small strengths belong to the person, not to an affect, and
    stay. Between neutral and expressive the share that is removed grows smoothly.

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
    resting = np.array(
        [_by_beginning(_RESTING, name, _RESTING_OTHERWISE) for name in model.expression_names], dtype=np.float32
    )
    shown = fit.expression * smooth_step(np.abs(fit.expression) / resting - 1)
    shown[[name.startswith(_GAZE) for name in model.expression_names]] = 0
    amount = (_movement(model, shown) - _NOTHING) / (_EVERYTHING - _NOTHING)
    shown *= np.array([_by_beginning(_MISSED, name, 1.0) for name in model.expression_names], dtype=np.float32)
    return np.asarray(shown * smooth_step(np.float32(amount)), dtype=np.float32)


def amount_of_expression(model: FaceModel, fit: FaceFit) -> float:
    """Measure how far a fit is from a neutral face.

    Parameters
    ----------
    model : FaceModel
        The face model.
    fit : FaceFit
        The fit.

    Returns
    -------
    float
        How far the expression moves the most moved tenth of the landmarks, in inter-ocular distances, after small
        strengths, which belong to the person, are taken from it. Where the eyes look does not count.
    """
    own = _OWN_SHARE * np.array([_by_beginning(_RESTING, name, _RESTING_OTHERWISE) for name in model.expression_names])
    beyond = np.sign(fit.expression) * np.maximum(np.abs(fit.expression) - own, 0)
    beyond[[name.startswith(_GAZE) for name in model.expression_names]] = 0
    return _movement(model, np.asarray(beyond, dtype=np.float32))


def lip_closing(
    model: FaceModel, fit: FaceFit, resting: FloatArray, edges: tuple[FloatArray, FloatArray], eye_distance: float
) -> FloatArray:
    """Return how far vertices must move in the image so that lips that should rest on each other do.

    A smile that is taken away by facial units leaves its lips a little apart: part of the gap was taken for identity
    or for noise. The rest of it is closed here, in the image, across the mouth.

    Parameters
    ----------
    model : FaceModel
        The face model.
    fit : FaceFit
        The fit.
    resting : ndarray of shape (E,), float32
        The expression coefficients of the photo made neutral.
    edges : tuple of two ndarrays of shape (L, 2), float32
        The inner edges of the upper and the lower lip with that expression, from corner to corner, pixels.
    eye_distance : float
        Inter-ocular distance, pixels.

    Returns
    -------
    ndarray of shape (V, 2), float32
        Movement, pixels; all zero for a photo that was neutral to begin with.
    """
    frame = frame_of(edges[0])
    down = np.array([-frame.along[1], frame.along[0]], dtype=np.float32)
    gap = (edges[1] - edges[0]) @ down
    removed = (_movement(model, fit.expression - resting) - _NOTHING) / (_EVERYTHING - _NOTHING)
    parted = (float(gap.max()) / eye_distance - _TOUCHING) / (_PARTED - _TOUCHING)
    over = max(_PRESSED * eye_distance, 1.0)  # a mesh is no curve: in small pictures holes of a pixel would be left
    pressed = np.maximum(gap, 0) + over * smooth_step(gap / (_TOUCHING * eye_distance))
    move = (pressed * smooth_step(np.float32(max(removed, parted))))[:, None] * down
    change = np.zeros_like(fit.residual)
    for lip, part in ((LIPS_INNER_UPPER, 0.35), (LIPS_OUTER_UPPER, 0.3)):
        change[list(lip)] = part * move
    for lip, part in ((LIPS_INNER_LOWER, -0.65), (LIPS_OUTER_LOWER, -0.5)):
        change[list(lip)] = part * move
    return spread_over_vertices(model, unsmoothed_lips(model, change))


def _by_beginning(strengths: dict[str, float], name: str, otherwise: float) -> float:
    return next((strength for start, strength in strengths.items() if name.startswith(start)), otherwise)


def _movement(model: FaceModel, expression: FloatArray) -> float:
    """How far the most moved tenth of the landmarks is moved, in inter-ocular distances."""
    moved = landmark_basis(model, 0).shapes @ expression
    return float(np.percentile(np.linalg.norm(moved, axis=1), 90)) / _eyes_apart(model)


@lru_cache(maxsize=4)
def _eyes_apart(model: FaceModel) -> float:
    """The mean face's inter-ocular distance, cm."""
    return interocular_distance(model.at_landmarks(model.vertices))
