"""Light as spherical harmonics, and colours in the linear light where it adds up.

Second-order harmonics hold 99 % of what a matt surface shows of any distant light (Basri & Jacobs 2003; Ramamoorthi &
Hanrahan 2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image

GAMMA = 2.2
"""sRGB is close to this power of linear light; ratios of light become ratios of pixels by its inverse."""

_TO_LINEAR = ((np.arange(256) / 255.0) ** GAMMA).astype(np.float32)


def harmonics(normals: FloatArray) -> FloatArray:
    """Return the nine real spherical harmonics up to order 2, without constants, at unit normals (N, 3): (N, 9)."""
    basis = np.empty((9, len(normals)), dtype=np.float32)
    basis[0] = 1
    basis[1:4] = normals.T
    _, x, y, z = basis[:4]
    np.multiply(x, y, out=basis[4])
    np.multiply(y, z, out=basis[5])
    basis[6] = 3 * z * z - 1
    np.multiply(x, z, out=basis[7])
    basis[8] = x * x - y * y
    return basis.T


@dataclass(frozen=True, eq=False)
class Lit:
    """How the light on vertices was, so that its change can be told.

    Attributes
    ----------
    light : ndarray of shape (D,), float32
        The luminance on them, the least or more.
    lighting : ndarray of shape (9,), float32
        Harmonics of the luminance.
    least : float
        The luminance in the darkest shadow.
    bounds : tuple of float
        The least and the largest ratio of new and old luminance.
    share : float
        Factor on the logarithm of that ratio.
    """

    light: FloatArray
    lighting: FloatArray
    least: float
    bounds: tuple[float, float]
    share: float

    def change(self, normals: FloatArray) -> FloatArray:
        """Return the logarithm (D,) of the change of the pixels where the vertices' normals are now (D, 3)."""
        ratio = np.maximum(harmonics(normals) @ self.lighting, self.least) / self.light
        return np.asarray(np.log(np.clip(ratio, *self.bounds)) * np.float32(self.share), dtype=np.float32)


def luminance(linear: FloatArray) -> FloatArray:
    """Return the luminance (...,) of linear RGB (..., 3), Rec. 709."""
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32), dtype=np.float32)


def to_linear(image: Image) -> FloatArray:
    """Return sRGB pixels (..., 3) uint8 as linear RGB in [0, 1]."""
    return _TO_LINEAR[image]


def to_srgb(linear: FloatArray) -> FloatArray:
    """Return linear RGB (..., 3) in [0, 1] as sRGB in [0, 255], not rounded."""
    inside = np.clip(linear, 0, 1)  # OpenCV's power takes a fifth of numpy's time
    return np.asarray(cv2.pow(inside, 1 / GAMMA).reshape(inside.shape) * 255, dtype=np.float32)
