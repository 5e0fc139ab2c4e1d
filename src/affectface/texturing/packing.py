"""Rectangles into a square: large ones first, each into the free corner that it fills best, the rest cut in two.

Jylänki 2010, A Thousand Ways to Pack the Bin: guillotine packing, best short side fit, split along the shorter axis.
"""

from __future__ import annotations

import numpy as np

from affectface.arrays import FloatArray

_HALVINGS = 24


def pack(sizes: FloatArray, gap: float) -> tuple[FloatArray, float]:
    """Place rectangles in the unit square, all scaled by one factor that is as large as this packing allows.

    Parameters
    ----------
    sizes : ndarray of shape (N, 2), float32
        Widths and heights, in any unit.
    gap : float
        Room that is kept around each, as a share of the square's side.

    Returns
    -------
    corners : ndarray of shape (N, 2), float32
        Lower left corners.
    factor : float
        What the sizes are multiplied by.
    """
    area = float((sizes[:, 0] * sizes[:, 1]).sum())
    low, high = 0.0, min(1 / max(area, 1e-12) ** 0.5, (1 - 2 * gap) / max(float(sizes.max()), 1e-12))
    best = np.zeros_like(sizes)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        corners = _placed(sizes * middle + 2 * gap)
        if corners is None:
            high = middle
        else:
            low, best = middle, corners
    return (best + gap).astype(np.float32), low


def _placed(sizes: FloatArray) -> FloatArray | None:
    """Corners (N, 2) of rectangles (N, 2) in the unit square; None if they do not fit."""
    free = [(0.0, 0.0, 1.0, 1.0)]
    corners = np.zeros_like(sizes)
    for i in np.argsort(-sizes.max(axis=1), kind="stable"):
        wide, tall = map(float, sizes[i])
        fitting = [place for place in free if wide <= place[2] and tall <= place[3]]
        if not fitting:
            return None
        x, y, w, h = place = min(fitting, key=lambda rest: min(rest[2] - wide, rest[3] - tall))
        corners[i] = x, y
        free.remove(place)
        if w - wide < h - tall:  # the longer rest stays whole
            free += [(x + wide, y, w - wide, tall), (x, y + tall, w, h - tall)]
        else:
            free += [(x + wide, y, w - wide, h), (x, y + tall, wide, h - tall)]
    return corners
