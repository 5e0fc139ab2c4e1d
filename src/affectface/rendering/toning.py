"""Photographs with one colour, or none: black and white, sepia, cyanotype.

What is drawn into such a photo has no colour of its own either, but that which the photo gives its brightness.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image
from affectface.rendering.shade import luminance

_SIDE = 128
"""Pixels along the longer side of the small picture whose colours are compared."""
_STEP = 8
"""Width of the steps of brightness in which they are, of 256."""
_ONE_COLOUR = 3.0
"""Difference of two colours (Cr, Cb) of the same brightness, of 256, that is noise if it holds for all but a twentieth.
On 15 monochrome photographs it is 2 at most, on 180 faces in colour, of all skins, 5 at least."""

_TO_RGB = np.array([[1.403, -0.714, 0], [0, -0.344, 1.773]])
"""What Cr and Cb add to a grey value's red, green and blue (OpenCV's YCrCb, after BT.601)."""


def toning_of(image: Image) -> FloatArray | None:
    """Return which colour a monochrome photograph gives to each brightness.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo, or the part of it that shows the face.

    Returns
    -------
    ndarray of shape (256, 3), float32, or None
        What is added to a grey value to make it sRGB; None for a photo in colour.
    """
    scale = min(1.0, _SIDE / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).reshape(-1, 1, 3)
    luma, *chroma = cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb)[:, 0].T.astype(np.intp)
    steps = luma // _STEP
    counts = [np.bincount(256 * steps + values, minlength=256 * 256 // _STEP).reshape(-1, 256) for values in chroma]
    present = np.flatnonzero(counts[0].any(axis=1))
    medians = [_medians(count[present]) for count in counts]
    rank = np.searchsorted(present, steps)
    difference = np.maximum(*(np.abs(values - median[rank]) for values, median in zip(chroma, medians, strict=True)))
    if np.percentile(difference, 95) > _ONE_COLOUR:
        return None
    grey = np.arange(256, dtype=np.float32)
    red, blue = (np.interp(grey, (present + 0.5) * _STEP, median - 128) for median in medians)
    return np.asarray(np.stack([red, blue], axis=-1) @ _TO_RGB, dtype=np.float32)


def _medians(counts: NDArray[np.intp]) -> FloatArray:
    """The medians (N,) of numbers from 0 to 255, of which each is there so many times (N, 256)."""
    below = counts.cumsum(axis=1)
    middle = [(below > rank).argmax(axis=1) for rank in ((below[:, -1:] - 1) // 2, below[:, -1:] // 2)]
    return np.asarray((middle[0] + middle[1]) / 2, dtype=np.float32)


def toned(colours: FloatArray, toning: FloatArray) -> FloatArray:
    """Return colours as a monochrome photograph shows them.

    Parameters
    ----------
    colours : ndarray of shape (..., 3), float32
        SRGB colours, 0 to 255.
    toning : ndarray of shape (256, 3), float32
        What `toning_of` found.

    Returns
    -------
    ndarray of shape (..., 3), float32
        As bright as they were, in the photo's colour.
    """
    grey = luminance(colours)
    return np.asarray(grey[..., None] + toning[np.clip(grey, 0, 255).astype(np.uint8)], dtype=np.float32)
