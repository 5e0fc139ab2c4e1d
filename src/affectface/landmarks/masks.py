"""Landmarks -> pixels."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.landmarks.topology import (
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    LEFT_EYEBROW_LOWER,
    LEFT_EYEBROW_UPPER,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
    RIGHT_EYEBROW_LOWER,
    RIGHT_EYEBROW_UPPER,
)

RIGHT_EYE, LEFT_EYE = RIGHT_EYE_LOWER + RIGHT_EYE_UPPER, LEFT_EYE_LOWER + LEFT_EYE_UPPER
"""The whole edge of the lids of each eye."""

EYES_AND_BROWS = (
    LEFT_EYE,
    RIGHT_EYE,
    LEFT_EYEBROW_LOWER + LEFT_EYEBROW_UPPER,
    RIGHT_EYEBROW_LOWER + RIGHT_EYEBROW_UPPER,
)
"""Each eye and each eyebrow."""


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


def ball(radius: float) -> NDArray[np.uint8]:
    """Return the disc by which masks grow, shrink or close.

    Parameters
    ----------
    radius : float
        Its radius, pixels; rounded, and 1 at least.

    Returns
    -------
    ndarray of shape (S, S), uint8
        1 within the disc, otherwise 0.
    """
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), dtype=np.uint8)


def nearest_outside(mask: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which pixel outside of a mask lies nearest to each.

    Parameters
    ----------
    mask : ndarray of shape (H, W), uint8
        Not 0 within; 0 somewhere.

    Returns
    -------
    tuple of two ndarrays of shape (H, W), int
        Its row and its column; a pixel outside is the nearest to itself.
    """
    _, labels = cv2.distanceTransformWithLabels(mask, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    outside = np.nonzero(mask == 0)
    table = np.zeros((2, int(labels.max()) + 1), dtype=np.intp)
    table[:, labels[outside]] = outside
    return table[0][labels], table[1][labels]
