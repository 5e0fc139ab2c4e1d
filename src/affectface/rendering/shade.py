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
    """Return the nine real spherical harmonics up to order 2, without their constants, at unit normals (N, 3): (N, 9)."""
    x, y, z = normals.T
    return np.stack(
        [np.ones_like(x), x, y, z, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], axis=1, dtype=np.float32
    )


def shade(lighting: FloatArray, normals: FloatArray) -> FloatArray:
    """Return the linear RGB (N, 3) of skin with unit normals (N, 3) under lighting (9, 3)."""
    return np.asarray(harmonics(normals) @ lighting, dtype=np.float32)


def luminance(linear: FloatArray) -> FloatArray:
    """Return the luminance (...,) of linear RGB (..., 3), Rec. 709."""
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32), dtype=np.float32)


def to_linear(image: Image) -> FloatArray:
    """Return sRGB pixels (..., 3) uint8 as linear RGB in [0, 1]."""
    return _TO_LINEAR[image]


def to_srgb(linear: FloatArray) -> FloatArray:
    """Return linear RGB (..., 3) in [0, 1] as sRGB in [0, 255], not rounded."""
    return np.asarray(np.clip(linear, 0, 1) ** (1 / GAMMA) * 255, dtype=np.float32)
