"""Square, turned crops of an image, and the way back from their pixels to the image's."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, cos, log2, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image

SHRINK_LIMIT = 12.0
"""A bilinear lookup may skip up to this many pixels; what shrinks more is halved first, by averaging. MediaPipe never
averages, and below this limit its sampling is kept to the letter: half a pixel elsewhere moves the mesh by 0.4 % of the
inter-ocular distance, and averaging was not measured to be steadier."""


@dataclass(frozen=True)
class Crop:
    """A square in an image, which need not lie inside it.

    Attributes
    ----------
    x, y : float
        Its centre, pixels.
    side : float
        Its side, pixels.
    roll : float
        The direction of its upper edge, from left to right: radians from the image's x axis towards its y axis.
    """

    x: float
    y: float
    side: float
    roll: float = 0.0

    def to_image(self, resolution: int) -> NDArray[np.float64]:
        """Return the affine map (2, 3) from the crop drawn at `resolution` to the image."""
        step = self.side / resolution
        turn = step * np.array([[cos(self.roll), -sin(self.roll)], [sin(self.roll), cos(self.roll)]])
        corner = np.array([self.x, self.y]) - turn @ np.full(2, resolution / 2)
        return np.column_stack([turn, corner])

    def place(self, points: FloatArray, resolution: int) -> NDArray[np.float64]:
        """Return points (..., 2) of the crop drawn at `resolution` in the image's pixels."""
        matrix = self.to_image(resolution)
        return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], dtype=np.float64)

    def scaled(self, factor: float) -> Crop:
        """Return the same crop of the same image resized by `factor`."""
        return Crop(self.x * factor, self.y * factor, self.side * factor, self.roll)


def cut(image: Image, crop: Crop, resolution: int, *, border: int = cv2.BORDER_REPLICATE) -> Image:
    """Draw a crop as a `resolution` x `resolution` picture.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        Any image.
    crop : Crop
        What to draw.
    resolution : int
        The side of the result, pixels.
    border : int
        OpenCV's border mode for what lies outside the image.

    Returns
    -------
    ndarray of shape (resolution, resolution, 3), uint8
        The crop. Its pixel in row i, column j is the image at the place where `Crop.to_image` takes (j, i), plus
        (0.5, 0.5): MediaPipe gives the networks pixel corners for pixel centres, and they get what they are used to.
    """
    matrix = crop.to_image(resolution)
    factor = shrink_factor(crop.side / resolution)
    if factor > 1:
        image, corner = _shrunk_part(image, crop, factor)
        matrix[:, 2] -= corner
        # Pixel i of the shrunk part is the mean of factor * i ... factor * i + factor - 1.
        matrix[:, 2] -= (factor - 1) / 2
        matrix /= factor
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    drawn = cv2.warpAffine(image, matrix, (resolution, resolution), flags=flags, borderMode=border)
    return np.asarray(drawn, dtype=np.uint8)


def shrink_factor(ratio: float) -> int:
    """Return the power of two by which to shrink an image so that `ratio` is brought down to `SHRINK_LIMIT`."""
    return 1 << max(0, ceil(log2(ratio / SHRINK_LIMIT)))


def shrink(image: Image, factor: int) -> Image:
    """Return an image averaged over squares of `factor` pixels, a power of two; an odd last row or column is lost."""
    while factor > 1:  # halving is the one case that OpenCV has vectorised, and four times as fast as doing it at once
        width, height = max(1, image.shape[1] // 2), max(1, image.shape[0] // 2)
        whole = image[: height * 2, : width * 2]
        image = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        factor //= 2
    return image


def _shrunk_part(image: Image, crop: Crop, factor: int) -> tuple[Image, NDArray[np.float64]]:
    """Return the part of the image that a crop needs, shrunk, and the (x, y) where the part begins."""
    corners = crop.place(np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=np.float32), 1)
    last = np.array(image.shape[1::-1]) - 1
    low = np.clip(np.floor(corners.min(axis=0)) - 2 * factor, 0, last).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)) + 2 * factor, low, last).astype(int)
    part = image[low[1] : high[1] + 1, low[0] : high[0] + 1]
    return shrink(part, factor), low.astype(np.float64)
