"""Landmarks -> pixels."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray


def hull_mask(rings: Iterable[FloatArray], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return where rings of points lie in a picture.

    Parameters
    ----------
    rings : iterable of ndarray of shape (N, 2), float32
        The points of each ring, pixels.
    size : tuple of int
        Height and width of the picture.

    Returns
    -------
    ndarray of shape (H, W), uint8
        1 within the convex hull of any of them, otherwise 0.
    """
    mask = np.zeros(size, dtype=np.uint8)
    for ring in rings:
        cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(ring).astype(np.int32)), 1)
    return mask
