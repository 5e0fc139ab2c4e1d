"""Continue what the moving skin does to the pixels around it, so that no seam appears.

Inside the mesh every pixel knows where in the photo it comes from. Around it, and in the holes of eyes and mouth, the
field is continued from the nearest skin and faded to exactly zero.
"""

from __future__ import annotations

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray

_COARSE = 112
"""Longer side, pixels, at which the continuation is computed: it is smooth."""
_LIGHT_BLUR = 0.05
"""Blur of the change of light, in reaches: the light on skin changes gently, the mesh in facets."""
_LIGHT_MARGIN = 0.6
"""Width, in reaches, of the margin inside the border in which the change of light fades."""


def continue_field(field: FloatArray, inside: BoolArray, reach: float) -> FloatArray:
    """Continue a field of displacements beyond the pixels where it is known.

    Parameters
    ----------
    field : ndarray of shape (H, W, 3), float32
        Where `inside` holds: two components of displacement, and the logarithm of a change of light.
    inside : ndarray of shape (H, W), bool
        Where the field is known.
    reach : float
        Distance, pixels, at which the continued displacement has faded to zero.

    Returns
    -------
    ndarray of shape (H, W, 3), float32
        The displacement itself well inside, its continuation outside, a soft change at the border. The light is
        smoothed, and fades to zero towards the outer border: what surrounds a face is not lit by it.
    """
    height, width = inside.shape
    scale = min(1.0, _COARSE / max(height, width))
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    mask = inside.astype(np.float32)
    coarse_mask = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(field * mask[..., None], size, interpolation=cv2.INTER_AREA)
    filled = _fill(coarse, coarse_mask)
    face = _without_holes(coarse_mask > 0.5)
    away = cv2.distanceTransform((~face).astype(np.uint8), cv2.DIST_L2, 5)
    depth = cv2.distanceTransform(np.pad(face, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    coarse_reach = max(reach * scale, 1.0)
    filled[..., :2] *= _smooth_step(1 - away / coarse_reach)[..., None]
    light = cv2.GaussianBlur(filled[..., 2], (0, 0), _LIGHT_BLUR * coarse_reach)
    filled[..., 2] = light * _smooth_step(depth / (_LIGHT_MARGIN * coarse_reach))
    outside = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR).reshape(field.shape)
    soft = np.clip(2 * cv2.blur(mask, (5, 5)) - 1, 0, 1) * mask
    outside[..., :2] += (field[..., :2] - outside[..., :2]) * soft[..., None]
    return np.asarray(outside, dtype=np.float32)


def _smooth_step(x: FloatArray) -> FloatArray:
    """A smooth rise from 0 at 0 to 1 at 1."""
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (3 - 2 * x), dtype=np.float32)


def _fill(values: FloatArray, mask: FloatArray) -> FloatArray:
    """Spread masked sums (h, w, C) into the pixels without any, from near to far."""
    filled = values / np.maximum(mask, 1e-6)[..., None]
    known = mask > 1e-3
    filled[~known] = 0
    sigma = 1.0
    while not known.all() and sigma <= 64:
        weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), sigma)
        spread = cv2.GaussianBlur(filled * known[..., None], (0, 0), sigma).reshape(filled.shape)
        reached = ~known & (weight > 0.02)
        filled[reached] = spread[reached] / weight[reached][:, None]
        known = known | reached
        sigma *= 2
    return filled


def _without_holes(mask: BoolArray) -> BoolArray:
    """The mask with every region that does not touch the border filled: the eyes' and the mouth's holes."""
    _, labels = cv2.connectedComponents((~np.pad(mask, 1)).astype(np.uint8), connectivity=4)
    return np.asarray(labels != labels[0, 0])[1:-1, 1:-1]
