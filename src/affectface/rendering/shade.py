"""Light as spherical harmonics, and colours in the linear light where it adds up.

Second-order harmonics hold 99 % of what a matt surface shows of any distant light (Basri & Jacobs 2003; Ramamoorthi &
Hanrahan 2001).
"""

from __future__ import annotations

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


def luminance(linear: FloatArray) -> FloatArray:
    """Return the luminance (...,) of linear RGB (..., 3), Rec. 709."""
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32), dtype=np.float32)


def to_linear(image: Image) -> FloatArray:
    """Return sRGB pixels (..., 3) uint8 as linear RGB in [0, 1]."""
    return _TO_LINEAR[image]


def to_srgb(linear: FloatArray) -> FloatArray:
    """Return linear RGB (..., 3) in [0, 1] as sRGB in [0, 255], not rounded."""
    return np.asarray(np.clip(linear, 0, 1) ** (1 / GAMMA) * 255, dtype=np.float32)
