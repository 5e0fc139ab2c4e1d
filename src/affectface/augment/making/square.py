"""The part of a photo that is drawn, at the size in which it is kept: photo, landmarks and fit in its pixels.

The fit is made on the full photo, where landmarks are surest; what is drawn is small. Around the square that is kept
lies as much again as hands are looked for in and moving skin may look up from, so that its border is no border.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.fitting.face_fit import FaceFit
from affectface.landmarks.crop import shrink

_WIDE = 2.6
"""Side of the part that is drawn over the longer side of the face's bounds: hands are looked for in 2.5."""


_HALVED = 4
"""A picture that shrinks to less than a quarter is halved first: the rest takes a quarter of the time."""


@dataclass(frozen=True, eq=False)
class Square:
    """A part of a photo, resized, and the square within it that is kept.

    Attributes
    ----------
    image : ndarray of shape (h, w, 3), uint8
        The part; beyond the photo its edge is repeated.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks in it, pixels.
    fit : FaceFit
        The fit in it.
    x, y, width, height : int
        What of it is kept, pixels.
    """

    image: Image
    landmarks: FloatArray
    fit: FaceFit
    x: int
    y: int
    width: int
    height: int

    @property
    def box(self) -> tuple[slice, slice]:
        """What is kept, as an index of the image."""
        return np.s_[self.y : self.y + self.height, self.x : self.x + self.width]


def whole_photo(image: Image, landmarks: FloatArray, fit: FaceFit) -> Square:
    """Return a photo as it is, all of it kept."""
    return Square(image, landmarks, fit, 0, 0, image.shape[1], image.shape[0])


def square_around(image: Image, landmarks: FloatArray, fit: FaceFit, *, size: int, room: float) -> Square:
    """Cut a square around a face out of a photo, and resize it.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks, pixels.
    fit : FaceFit
        Its fit.
    size : int
        Side of the square that is kept, pixels.
    room : float
        That side over the longer side of the landmarks' bounds.

    Returns
    -------
    Square
        The part, as if it had been photographed so.
    """
    low, high = landmarks[:, :2].min(axis=0).astype(np.float64), landmarks[:, :2].max(axis=0).astype(np.float64)
    longer = float((high - low).max())
    margin = int(np.ceil(size * max(_WIDE / room - 1, 0) / 2))
    drawn = size + 2 * margin
    side = max(2, 2 * round(room * longer * drawn / size / 2))
    corner = np.floor((low + high) / 2 - side / 2 + 0.5).astype(int)
    scale = drawn / side
    part = _resized(_cut(image, corner[0], corner[1], side), drawn)
    shift, factor = np.array([*corner, 0], dtype=np.float32), np.float32(scale)
    camera = fit.camera.shifted(float(corner[0]), float(corner[1])).scaled(scale)
    moved = replace(fit, camera=camera, residual=fit.residual * factor, image_size=(drawn, drawn))
    points = ((landmarks - shift) * factor).astype(np.float32)
    return Square(part, points, moved, margin, margin, size, size)


def _cut(image: Image, x: int, y: int, side: int) -> Image:
    """A square of an image, whose edge pixels are repeated where it leaves the image."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + side, width), min(y + side, height)
    if x1 - x0 == side and y1 - y0 == side:
        return image[y0:y1, x0:x1]
    part = image[min(y0, height - 1) : max(y1, 1), min(x0, width - 1) : max(x1, 1)]
    above, left = min(max(-y, 0), side - 1), min(max(-x, 0), side - 1)
    below, right = side - above - part.shape[0], side - left - part.shape[1]
    return np.asarray(cv2.copyMakeBorder(part, above, below, left, right, cv2.BORDER_REPLICATE), dtype=np.uint8)


def _resized(image: Image, side: int) -> Image:
    """A square picture in another size: averaged where it shrinks, interpolated where it grows."""
    if image.shape[0] == side:
        return image
    image = shrink(image, 2 if image.shape[0] % 2 == 0 and image.shape[0] >= _HALVED * side else 1)
    method = cv2.INTER_AREA if image.shape[0] > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (side, side), interpolation=method), dtype=np.uint8)
