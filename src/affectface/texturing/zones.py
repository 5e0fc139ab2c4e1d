"""Where on a head there is skin beside what a photo shows of it, and which parts no fit puts where they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from affectface.arrays import BoolArray, FloatArray
from affectface.morphable import FaceModel

_TEMPLES, _BROWS, _CHIN = (234, 454), (105, 334), 152
"""Landmarks: where the ears begin, the middle of the brows, the chin."""

_BEHIND_EARS, _SOFT, _BORDER, _EAR = 3.0, 1.0, 2.5, 0.05
"""Depth of an ear; how far around it nothing is trusted; half the width of a border; how far outside the skull an ear
begins: cm."""


@dataclass(frozen=True, eq=False)
class Zones:
    """Parts of a head, for each vertex of a face model.

    Attributes
    ----------
    cheek : ndarray of shape (V,), float32
        1 from the cheeks to behind the ears, down to the jaw: skin, whatever hair or cloth is seen beside it.
    ear : ndarray of shape (V,), bool
        Ears, of whose many folds no landmark tells where they are.
    """

    cheek: FloatArray
    ear: BoolArray


@lru_cache(maxsize=4)
def zones_of(model: FaceModel) -> Zones:
    """Find the zones of a face model on its mean face; found once for each model.

    Parameters
    ----------
    model : FaceModel
        The face model.

    Returns
    -------
    Zones
        Its zones; empty ones if the landmarks that tell have no place on it.
    """
    count = len(model.vertices)
    if (model.landmark_triangles[[*_TEMPLES, *_BROWS, _CHIN]] < 0).any():
        return Zones(np.zeros(count, dtype=np.float32), np.zeros(count, dtype=np.bool_))
    places = model.at_landmarks(model.vertices)
    temples, brow, chin = places[list(_TEMPLES)], places[list(_BROWS), 1].mean(), places[_CHIN, 1]
    x, y, z = model.vertices.T
    skull = np.abs(x[y > brow + 2 * _SOFT])
    wide = max(float(skull.max(initial=0)), float(np.abs(temples[:, 0]).max())) + _EAR
    ear = (np.abs(x) > wide) & (y < brow + _SOFT) & (y > chin)
    back = float(np.median(z[ear])) if ear.any() else float(temples[:, 2].mean()) - _BEHIND_EARS
    if ear.any():
        ear |= cKDTree(model.vertices[ear]).query(model.vertices, distance_upper_bound=_SOFT)[0] < _SOFT
    return Zones(_above(z - back) * _above(brow - _SOFT - y) * _above(y - chin), ear)


def _above(distance: FloatArray) -> FloatArray:
    """0 below a border, 1 above, and a soft rise between."""
    t = np.clip(distance / (2 * _BORDER) + 0.5, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)
