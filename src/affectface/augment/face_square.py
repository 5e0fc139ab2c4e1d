"""The square around a face that is cut out of a picture, by the face's box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image


@dataclass(frozen=True, eq=False)
class CutSquare:
    """A square of a picture, resized.

    Attributes
    ----------
    image : ndarray of shape (S, S, 3), uint8
        The square; beyond the picture its edge is repeated.
    corner : ndarray of shape (2,), float64
        Where its corner is in the picture, pixels.
    scale : ndarray of shape (2,), float64
        Its pixels for one of the picture's, in x and y; they differ only where all of a picture was taken.
    """

    image: Image
    corner: NDArray[np.float64]
    scale: NDArray[np.float64]

    def place(self, points: Any) -> FloatArray:
        """Return where points (N, 2) of the picture are in the square, pixels."""
        return np.asarray((np.asarray(points) - self.corner) * self.scale, dtype=np.float32)


def cut_square(image: Image, box: tuple[float, float, float, float] | None, side: int, room: float) -> CutSquare:
    """Cut the square around a face out of a picture.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The picture.
    box : tuple of float or None
        Left, top, width and height of the face, pixels; without one all of the picture is taken.
    side : int
        Side of the result, pixels.
    room : float
        Side of the square, in longer sides of the box.

    Returns
    -------
    CutSquare
        The square.
    """
    height, width = image.shape[:2]
    left, top, across, down = box or (0.0, 0.0, float(width), float(height))
    size = np.array([across, down]) if box is None else np.full(2, room * max(across, down))
    corner = np.array([left + across / 2, top + down / 2]) - size / 2
    low = np.floor(corner).astype(int)
    high = np.maximum(np.ceil(corner + size).astype(int), low + 1)
    rows = np.clip(np.arange(low[1], high[1]), 0, height - 1)
    columns = np.clip(np.arange(low[0], high[0]), 0, width - 1)
    part = image[np.ix_(rows, columns)]
    if part.shape[:2] != (side, side):
        method = cv2.INTER_AREA if min(part.shape[:2]) > side else cv2.INTER_LINEAR
        part = np.asarray(cv2.resize(part, (side, side), interpolation=method), dtype=np.uint8)
    return CutSquare(part, low.astype(np.float64), side / (high - low))
