"""What a mirror does to labels: the person's left becomes right."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray

_IBUG = (
    *range(16, -1, -1),  # 0-16: the jaw
    *range(26, 16, -1),  # 17-26: the brows
    *(27, 28, 29, 30),  # the bridge of the nose
    *range(35, 30, -1),  # 31-35: below the nose
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # 36-47: the eyes
    *range(54, 47, -1),  # 48-54: upper edge of the upper lip
    *range(59, 54, -1),  # 55-59: lower edge of the lower lip
    *range(64, 59, -1),  # 60-64: lower edge of the upper lip
    *range(67, 64, -1),  # 65-67: upper edge of the lower lip
)
_INNER_CORNERS = (60, 64)


def _among(kept: list[int]) -> NDArray[np.int64]:
    """The mirror of some of the 68 points, numbered among themselves."""
    return np.array([kept.index(_IBUG[point]) for point in kept])


MIRRORS: dict[int, NDArray[np.int64]] = {
    68: np.array(_IBUG),
    66: _among([point for point in range(68) if point not in _INNER_CORNERS]),
    51: _among(list(range(17, 68))),
    49: _among([point for point in range(17, 68) if point not in _INNER_CORNERS]),
    5: np.array([1, 0, 2, 4, 3]),
}
"""By the number of landmarks, which point is the mirror image of each: iBUG's 68; 66 and 49 are those without the inner
corners of the lips, 51 and 49 those without the jaw; 5 are eyes, tip of the nose, and corners of the mouth."""

_PARTNERS = {"51": "52", "52": "51", "55": "56", "56": "55", "61": "62", "62": "61"}
"""Action units that turn or tilt the head, or turn the eyes, to one side, and those to the other."""


def mirrored_landmarks(landmarks: FloatArray, width: float) -> FloatArray:
    """Return where landmarks are in the mirrored picture.

    Parameters
    ----------
    landmarks : ndarray of shape (N, 2), float32
        Landmarks, pixels; N is one of `MIRRORS`.
    width : float
        Width of the picture, pixels.

    Returns
    -------
    ndarray of shape (N, 2), float32
        The landmarks, numbered again so that the person's left stays left.

    Raises
    ------
    ValueError
        If it is not known which points are mirror images of each other.
    """
    points = np.asarray(landmarks, dtype=np.float32)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) not in MIRRORS:
        known = ", ".join(map(str, MIRRORS))
        raise ValueError(f"landmarks of shape {points.shape} cannot be mirrored; (N, 2), N one of {known}, is needed")
    return (points[MIRRORS[len(points)]] * (-1, 1) + (width, 0)).astype(np.float32)


def mirrored_action_units(action_units: Mapping[str, float]) -> dict[str, float]:
    """Return the strengths of action units in the mirrored face: `12L` becomes `12R`."""
    return {_mirrored_unit(unit): strength for unit, strength in action_units.items()}


def _mirrored_unit(unit: str) -> str:
    if unit[-1] in "LR":
        return unit[:-1] + ("R" if unit[-1] == "L" else "L")
    return _PARTNERS.get(unit, unit)
