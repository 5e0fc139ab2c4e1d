"""The rigid motion that lays points best on others, which a few moved or wrong ones do not pull away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.morphable.building.procrustes import best_rotations

_ROUNDS = 25
_TOLERANCE = 1e-7


@dataclass(frozen=True, eq=False)
class Motion:
    """A rotation and a shift.

    Attributes
    ----------
    rotation : ndarray of shape (3, 3), float64
        Acts on columns.
    shift : ndarray of shape (3,), float64
        What is added after it, cm.
    """

    rotation: NDArray[np.float64]
    shift: NDArray[np.float64]

    def apply(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return moved points (..., 3)."""
        return np.asarray(points @ self.rotation.T + self.shift, dtype=np.float64)

    def undo(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return where points (..., 3) were before they were moved."""
        return np.asarray((points - self.shift) @ self.rotation, dtype=np.float64)

    def then(self, other: Motion) -> Motion:
        """Return this motion and after it another one."""
        return Motion(other.rotation @ self.rotation, other.rotation @ self.shift + other.shift)


def robust_motion(
    points: NDArray[np.floating],
    target: NDArray[np.floating],
    weight: NDArray[np.floating] | None = None,
    *,
    scale: float = 0.1,
) -> Motion:
    """Return the rigid motion of points onto a target that most of them agree on.

    Parameters
    ----------
    points : ndarray of shape (N, 3)
        Points; rows with NaN do not count.
    target : ndarray of shape (N, 3)
        Where they should go; rows with NaN do not count.
    weight : ndarray of shape (N,), optional
        How much each counts.
    scale : float
        Distance, cm, from which a point counts less: an expression moves part of a face by centimetres, and the motion
        asked for is that of the skull.

    Returns
    -------
    Motion
        The motion: Procrustes, reflections excluded, with Geman-McClure weights (s² / (s² + d²))² in turns.
    """
    known = np.isfinite(points).all(1) & np.isfinite(target).all(1)
    base = np.ones(int(known.sum())) if weight is None else weight[known].astype(np.float64)
    source, goal = points[known].astype(np.float64), target[known].astype(np.float64)
    trust, motion = base, Motion(np.eye(3), np.zeros(3))
    for _ in range(_ROUNDS):
        share = trust / max(trust.sum(), 1e-12)
        middle, aim = share @ source, share @ goal
        rotation = best_rotations((source - middle)[None], share[:, None] * (goal - aim))[0]
        found = Motion(rotation, aim - rotation @ middle)
        change = np.abs(found.rotation - motion.rotation).max() + np.abs(found.shift - motion.shift).max()
        motion = found
        if change < _TOLERANCE:
            break
        away = ((motion.apply(source) - goal) ** 2).sum(1)
        # From wide to narrow, so that a wrong start does not choose the wrong points.
        reach = max(scale**2, float(np.median(away)))
        trust = base * (reach / (reach + away)) ** 2
    return motion


def moved(points: FloatArray, motion: Motion) -> FloatArray:
    """Return points (N, 3) moved, in single precision."""
    return motion.apply(points).astype(np.float32)
