"""How sharp the border of a change is: moved skin fades into what surrounds it, a cut edge does not."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import Image

_NOTHING = np.zeros(3)
_SHARPEST = 0.98
"""Quantile of the steps along the border that is taken: a cut is seen where it is worst."""
_FEWEST = 12
"""Pixels of a border that are worth a word."""
_AROUND = np.ones((3, 3), np.uint8)
_MOVED = np.ones((9, 9), np.uint8)
"""How far an edge of the photo, such as that of hair over a cheek, may have moved."""


def steps_near(photo: Image) -> NDArray[np.uint8]:
    """Return the largest contrast of neighbouring pixels that a photo (H, W, 3) has near each pixel (H, W)."""
    return np.asarray(cv2.dilate(_contrast(photo), _MOVED), dtype=np.uint8)


def seam_score(
    photo: Image, steps: NDArray[np.uint8], picture: Image, part: tuple[slice, slice] | None = None
) -> float:
    """Measure the steps along the outer border of what was changed that the photo has nowhere near.

    Parameters
    ----------
    photo : ndarray of shape (H, W, 3), uint8
        The photo.
    steps : ndarray of shape (H, W), uint8
        What `steps_near` says of it.
    picture : ndarray of shape (H, W, 3), uint8
        What was made of it.
    part : tuple of slice, optional
        The part outside which both are the same, where that is known.

    Returns
    -------
    float
        Contrast of neighbouring pixels there beyond that of the photo, grey levels, where it is worst; 0 where nothing
        changed, or everything.
    """
    if part is not None:
        near = tuple(slice(max(side.start - 2, 0), side.stop + 2) for side in part)
        photo, steps, picture = photo[near], steps[near], picture[near]
    difference = cv2.absdiff(photo, picture)
    changed = cv2.bitwise_not(cv2.inRange(difference, _NOTHING, _NOTHING))
    border = _outer_border(np.asarray(changed, dtype=np.uint8))
    if cv2.countNonZero(border) < _FEWEST:
        return 0.0
    beyond = cv2.subtract(_contrast(picture), steps)[border > 0]
    worst = int(_SHARPEST * (len(beyond) - 1))
    return float(np.partition(beyond, worst)[worst])


def _outer_border(changed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The changed pixels next to what surrounds the change: what stays in its middle, such as glasses, has none."""
    around = cv2.copyMakeBorder(changed, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(around, None, (0, 0), 128)
    beside = cv2.dilate(cv2.inRange(around, 128, 128), _AROUND)[1:-1, 1:-1]
    return np.asarray(cv2.bitwise_and(beside, changed), dtype=np.uint8)


def _contrast(image: Image) -> NDArray[np.uint8]:
    """The largest difference between neighbours around each pixel, grey levels."""
    return np.asarray(cv2.morphologyEx(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.MORPH_GRADIENT, _AROUND))
