"""The statistics of an evaluation, on plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray


def area_under_curve(scores: NDArray[np.floating[Any]], positive: BoolArray) -> float:
    """Return how often a positive scores above a negative (N,); ties count one half; NaN where one kind is missing."""
    inside, outside = scores[positive], scores[~positive]
    if not len(inside) or not len(outside):
        return float("nan")
    difference = inside[:, None] - outside[None]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def slope(asked: NDArray[np.floating[Any]], achieved: NDArray[np.floating[Any]]) -> float:
    """Return the slope of the least-squares line of achieved over asked (N,); NaN where asked does not vary."""
    centred = asked - asked.mean()
    spread = float(centred @ centred)
    return float(centred @ achieved / spread) if spread > 0 else float("nan")


def spearman(asked: NDArray[np.floating[Any]], achieved: NDArray[np.floating[Any]]) -> float:
    """Return Spearman's rank correlation of two arrays (N,); 0 where one does not vary."""
    from scipy.stats import spearmanr

    if np.ptp(asked) == 0 or np.ptp(achieved) == 0:
        return 0.0
    return float(spearmanr(asked, achieved).statistic)


def angle_between(first: NDArray[np.floating[Any]], second: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the smallest angle, degrees, 0 to 180, between directions (N,) given in degrees."""
    return np.asarray(np.abs((first - second + 180) % 360 - 180), dtype=np.float64)


def circular_mean(degrees: NDArray[np.floating[Any]]) -> float:
    """Return the circular mean of angles (N,), degrees, in (-180, 180]; NaN for none."""
    if not len(degrees):
        return float("nan")
    turn = np.radians(degrees)
    return float(np.degrees(np.arctan2(np.sin(turn).mean(), np.cos(turn).mean())))


def harmonic_mean(first: float, second: float) -> float:
    """Return the harmonic mean of two shares; 0 where one is 0."""
    return 2 * first * second / (first + second) if first > 0 and second > 0 else 0.0
