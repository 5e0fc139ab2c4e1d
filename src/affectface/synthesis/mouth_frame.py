"""A mouth however the head is tilted: coordinates along it, and its colours."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image

LESS_RED = 4.0
"""How much less red than lips teeth are, at least, in CIELAB's a."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Coordinates along a mouth: columns run from corner to corner, rows downwards, both in pixels.

    Attributes
    ----------
    origin : ndarray of shape (2,), float32
        The middle between the corners, where both are 0.
    along : ndarray of shape (2,), float32
        Unit vector along the columns.
    """

    origin: FloatArray
    along: FloatArray

    def of(self, points: FloatArray) -> FloatArray:
        """Return the column and row (..., 2) of points (..., 2)."""
        x, y = self.along
        turn = np.array([[x, -y], [y, x]], dtype=np.float32)
        return np.asarray((points - self.origin) @ turn, dtype=np.float32)

    def back(self, columns: FloatArray, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return x and y of columns and rows."""
        x, y = self.along
        return (
            (self.origin[0] + columns * x - rows * y).astype(np.float32),
            (self.origin[1] + columns * y + rows * x).astype(np.float32),
        )


def frame_of(lip: FloatArray) -> Frame:
    """Return the frame of a mouth.

    Parameters
    ----------
    lip : ndarray of shape (L, 2), float32
        The edge of a lip from corner to corner, pixels.

    Returns
    -------
    Frame
        With its columns along the line between the corners.
    """
    start, end = lip[0], lip[-1]
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
    return Frame(((start + end) / 2).astype(np.float32), along.astype(np.float32))


def row_of(points: FloatArray, columns: FloatArray) -> FloatArray:
    """Return the row of a lip's edge (L, 2), in a frame, at columns (n,)."""
    order = np.argsort(points[:, 0], kind="stable")
    return np.asarray(np.interp(columns, points[order, 0], points[order, 1]), dtype=np.float32)


def smoothed(values: FloatArray, sigma: float) -> FloatArray:
    """Return values (n,) along a mouth, blurred by a Gaussian of `sigma` values."""
    line = np.asarray(values, dtype=np.float32)[None]
    return np.asarray(cv2.GaussianBlur(line, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)[0], dtype=np.float32)


def cielab(pixels: Image) -> FloatArray:
    """Return pixels (..., 3) in CIELAB: light from 0 to 100, and the two colours."""
    shares = pixels.astype(np.float32) / 255  # of 8 bits, OpenCV first makes tables, for longer than a mouth takes
    return np.asarray(cv2.cvtColor(shares, cv2.COLOR_RGB2LAB), dtype=np.float32)
