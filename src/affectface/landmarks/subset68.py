"""The 68 landmarks of the iBUG annotation (Sagonas et al. 2013, 300 Faces in-the-Wild) among the 478."""

from __future__ import annotations

import numpy as np

from affectface.arrays import FloatArray
from affectface.landmark_numbers import LANDMARKS68

__all__ = ["LANDMARKS68", "landmarks68"]


def landmarks68(landmarks: FloatArray) -> FloatArray:
    """Return the iBUG subset of a face's landmarks.

    Parameters
    ----------
    landmarks : array_like of shape (468, D) or (478, D)
        Landmarks of one face; D is 2 or 3.

    Returns
    -------
    ndarray of shape (68, D), float32
        The 68 points, in iBUG's order.

    Raises
    ------
    ValueError
        If the shape is another one.
    """
    points = np.asarray(landmarks, dtype=np.float32)
    if points.ndim != 2 or points.shape[0] not in (468, 478) or points.shape[1] not in (2, 3):
        raise ValueError(f"landmarks has shape {points.shape}; (478, 3), or (478, 2) or (468, ...), is needed")
    return points[list(LANDMARKS68)]
