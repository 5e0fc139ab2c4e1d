"""How sharp the border of a change is: moved skin fades into what surrounds it, a cut edge does not."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import Image

_SHARPEST = 98
"""Percentile of the steps along the border that is taken: a cut is seen where it is worst."""
_FEWEST = 12
"""Pixels of a border that are worth a word."""
_AROUND = np.ones((3, 3), np.uint8)
_MOVED = np.ones((9, 9), np.uint8)
"""How far an edge of the photo, such as that of hair over a cheek, may have moved."""


def seam_score(photo: Image, picture: Image) -> float:
    """Measure the steps along the outer border of what was changed that the photo has nowhere near.

    Parameters
    ----------
    photo : ndarray of shape (H, W, 3), uint8
        The photo.
    picture : ndarray of shape (H, W, 3), uint8
        What was made of it.

    Returns
    -------
    float
        Contrast of neighbouring pixels there beyond that of the photo, grey levels, where it is worst; 0 where nothing
        changed, or everything.
    """
    red, green, blue = cv2.split(cv2.absdiff(photo, picture))
    difference = cv2.max(cv2.max(red, green), blue)
    x, y, width, height = cv2.boundingRect(difference)
    if not width:
        return 0.0
    box = np.s_[max(y - 2, 0) : y + height + 2, max(x - 2, 0) : x + width + 2]
    border = _outer_border((difference[box] > 0).astype(np.uint8))
    if np.count_nonzero(border) < _FEWEST:
        return 0.0
    before = cv2.dilate(_contrast(photo[box]), _MOVED)
    beyond = cv2.subtract(_contrast(picture[box]), before)[border]
    return float(np.percentile(beyond, _SHARPEST))


def _outer_border(changed: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The changed pixels next to what surrounds the change: what stays in its middle, such as glasses, has none."""
    contours, _ = cv2.findContours(changed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = cv2.drawContours(np.zeros_like(changed), contours, -1, 1, cv2.FILLED)
    return np.asarray((whole > cv2.erode(whole, _AROUND)) & (changed > 0))


def _contrast(image: Image) -> NDArray[np.uint8]:
    """The largest difference between neighbours around each pixel, grey levels."""
    return np.asarray(cv2.morphologyEx(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.MORPH_GRADIENT, _AROUND))
