"""Texture coordinates for models that were published without.

The skin is unrolled from an upright cylinder through the head, cut at the back of it; pieces of their own, such as
eyeballs, are laid flat below it, side by side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.morphable.importers.parts import pieces

_BEHIND_EYES = 6.0
"""How far behind the outer eye corners the cylinder's axis lies, cm: midway between nose and nape."""
_STRIP = 0.12
"""Height of the strip for the other pieces, where there are some."""
_MARGIN = 0.004


def unwrap(vertices: NDArray[np.float64], triangles: IntArray, eyes: float) -> tuple[FloatArray, IntArray]:
    """Return texture coordinates.

    Parameters
    ----------
    vertices : ndarray of shape (V, 3)
        The mean, cm, y up, z out of the face.
    triangles : ndarray of shape (T, 3)
        The mesh.
    eyes : float
        The outer eye corners' z, cm.

    Returns
    -------
    uv : ndarray of shape (U, 2), float32
        Coordinates in [0, 1], v up; vertices on the cut have two.
    uv_triangles : ndarray of shape (T, 3), int32
        The triangles' corners in `uv`.
    """
    piece = pieces(vertices, triangles)
    largest = np.bincount(piece).argmax()
    angle = np.arctan2(vertices[:, 0], vertices[:, 2] - (eyes - _BEHIND_EYES))
    corners = np.stack([angle[triangles], vertices[triangles][..., 1]], axis=-1)
    # A triangle that spans half a turn lies across the cut: its corners on the far side are taken a turn further.
    across = np.ptp(corners[..., 0], axis=1) > np.pi
    corners[across, :, 0] = np.where(
        corners[across, :, 0] < 0, corners[across, :, 0] + 2 * np.pi, corners[across, :, 0]
    )
    others = [number for number in range(piece.max() + 1) if number != largest]
    floor = _STRIP if others else 0.0
    _fit(corners, piece == largest, (0.0, floor), (1.0, 1.0))
    for place, number in enumerate(others):
        mine = piece == number
        corners[mine] = vertices[triangles[mine]][..., :2]
        _fit(corners, mine, (place / len(others), 0.0), ((place + 1) / len(others), _STRIP))
    flat = np.concatenate([triangles.reshape(-1, 1), np.round(corners.reshape(-1, 2) * 1e6)], axis=1)
    _, first, index = np.unique(flat, axis=0, return_index=True, return_inverse=True)
    return corners.reshape(-1, 2)[first].astype(np.float32), index.reshape(triangles.shape).astype(np.int32)


def _fit(
    corners: NDArray[np.float64], mine: NDArray[np.bool_], low: tuple[float, float], high: tuple[float, float]
) -> None:
    """Stretch the coordinates of some triangles to a rectangle with a margin, in place."""
    inner, outer = np.array(low) + _MARGIN, np.array(high) - _MARGIN
    least, most = corners[mine].min(axis=(0, 1)), corners[mine].max(axis=(0, 1))
    share = (corners[mine] - least) / np.maximum(most - least, 1e-9)
    corners[mine] = inner + share * np.maximum(outer - inner, 0)
