"""Looking up a photo where texels lie close together or far apart, without aliasing."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image

_LEVELS = 9
_ROW = 4096


@dataclass(frozen=True, eq=False)
class Pyramid:
    """A picture and its halves, each the mean of four pixels of the one before (Williams 1983).

    Attributes
    ----------
    levels : tuple of ndarray of shape (h, w, 3), float32
        The finest first.
    """

    levels: tuple[FloatArray, ...]

    def at(self, pixels: FloatArray, level: FloatArray) -> FloatArray:
        """Return the colours (N, 3) at pixels (N, 2) of the finest level, averaged over 2 ** level (N,) pixels."""
        level = np.clip(level, 0, len(self.levels) - 1)
        below = np.minimum(level.astype(int), max(len(self.levels) - 2, 0))
        part = (level - below)[:, None].astype(np.float32)
        colours = np.zeros((len(pixels), 3), dtype=np.float32)
        for i, picture in enumerate(self.levels):
            for share, mine in ((1 - part, below == i), (part, below == i - 1)):
                mine &= share[:, 0] > 0
                if mine.any():
                    colours[mine] += share[mine] * look_up(picture, pixels[mine] / 2**i)
        return colours


def pyramid(image: Image) -> Pyramid:
    """Return a picture (H, W, 3) and its halves."""
    levels = [image.astype(np.float32)]
    while len(levels) < _LEVELS and min(levels[-1].shape[:2]) > 1:
        height, width = levels[-1].shape[:2]
        # an odd last line is doubled, so that a pixel of the half is at just half the coordinates
        even = cv2.copyMakeBorder(levels[-1], 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        half = cv2.resize(even, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(half, dtype=np.float32))
    return Pyramid(tuple(levels))


def look_up(picture: FloatArray, pixels: FloatArray, interpolation: int = cv2.INTER_CUBIC) -> FloatArray:
    """Return the values (N, ...) of a picture (H, W, ...) at pixels (N, 2); its edge goes on outside."""
    count = len(pixels)
    rows = -(-count // _ROW)
    maps = np.zeros((rows * _ROW, 2), dtype=np.float32)
    maps[:count] = pixels - 0.5  # OpenCV counts from pixel centres
    x, y = maps.T.reshape(2, rows, _ROW)
    found = cv2.remap(
        picture, np.ascontiguousarray(x), np.ascontiguousarray(y), interpolation, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(found.reshape(rows * _ROW, *picture.shape[2:])[:count], dtype=np.float32)
