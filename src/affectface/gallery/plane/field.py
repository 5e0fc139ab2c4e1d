"""Values known at the classes of the valence-arousal plane, at any point of it: smooth, or the nearest class's.

The mean face of a class of few frames is partly who was in it. So the spline need not go through the classes: how far
it may stay away from each is chosen by leaving each class out in turn, and it stays nearer to those of many frames
(Wahba 1990, chapter 4).

Beyond the classes nothing is known, and a spline would go on as it came: the smile of a gallery of pleasant faces would
be turned round at the unpleasant end. A point out there is therefore brought back to the edge of what the classes
enclose.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray

SMOOTHINGS = (0.0, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0)
"""What is tried; of two halves of 30 simulated people, 0.1 and 0.3 bring the splines nearest together."""
_MARGIN = 0.05
"""How far beyond the classes the spline is followed: a class's centre lies inside its labels."""


@dataclass(frozen=True, eq=False)
class PlaneField:
    """Values at points of the plane.

    Attributes
    ----------
    points : ndarray of shape (K, 2), float32
        Where they are known.
    values : ndarray of shape (K, U), float32
        The values.
    support : ndarray of shape (K,), int32
        How many frames stand behind each.
    smoothing : float
        How far the spline may stay away from them; at 0 it goes through all.
    """

    points: FloatArray
    values: FloatArray
    support: NDArray[np.int32]
    smoothing: float = 0.0

    def nearest(self, where: NDArray[np.float64]) -> FloatArray:
        """Return the values (U,) of the class nearest to a point (2,)."""
        return np.asarray(self.values[np.argmin(((self.points - where) ** 2).sum(axis=1))])

    def smooth(self, where: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values (U,) of the thin-plate spline at a point (2,)."""
        near = self._brought_back(where)
        basis = np.concatenate([thin_plate(near[None], self.points)[0], [1.0], near])
        return np.asarray(basis @ self._spline)

    @cached_property
    def _spline(self) -> NDArray[np.float64]:
        """Coefficients (K + 3, U) of the thin-plate spline."""
        right = np.zeros((len(self.points) + 3, self.values.shape[1]))
        right[: len(self.points)] = self.values
        system = _system(self.points, self.smoothing * _doubt(self.support))
        return np.asarray(np.linalg.lstsq(system, right, rcond=1e-10)[0], dtype=np.float64)

    @cached_property
    def _hull(self) -> NDArray[np.float64]:
        """Corners (H, 2) of the convex hull of the classes, counter-clockwise (Andrew's monotone chain)."""
        ordered = sorted(map(tuple, self.points.astype(np.float64).tolist()))
        half = [_lower_half(ordered), _lower_half(ordered[::-1])]
        return np.array(half[0][:-1] + half[1][:-1])

    @cached_property
    def _edges(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The hull's corners (H, 2), and the way (H, 2) from each to the next."""
        return self._hull, np.roll(self._hull, -1, axis=0) - self._hull

    def _brought_back(self, where: NDArray[np.float64]) -> NDArray[np.float64]:
        """The point itself (2,), or the one towards it at the edge of what is known."""
        corner, edge = self._edges
        to = where - corner
        if (edge[:, 0] * to[:, 1] - edge[:, 1] * to[:, 0] >= 0).all() and len(corner) > 2:
            return where
        share = np.clip((edge * to).sum(axis=1) / np.maximum((edge**2).sum(axis=1), 1e-30), 0, 1)
        on_edge = corner + share[:, None] * edge
        distance = np.hypot(*(where - on_edge).T)
        nearest = int(distance.argmin())
        if distance[nearest] <= _MARGIN:
            return where
        return np.asarray(on_edge[nearest] + (where - on_edge[nearest]) * (_MARGIN / distance[nearest]))


def choose_smoothing(points: FloatArray, values: FloatArray, support: NDArray[np.int32]) -> float:
    """Return how far a spline should stay away from the classes: that which foretells left-out classes best.

    Parameters
    ----------
    points : ndarray of shape (K, 2), float32
        The classes.
    values : ndarray of shape (K, U), float32
        Their values.
    support : ndarray of shape (K,), int32
        How many frames stand behind each.

    Returns
    -------
    float
        One of `SMOOTHINGS`.

    Notes
    -----
    What a spline without a class says at it differs from the class by the spline's own residual, divided by what the
    class's value does not say of itself (Wahba 1990, theorem 4.2.1): no spline is computed twice.
    """
    if len(points) < 10:
        return 0.0
    doubt, k = _doubt(support), len(points)
    wrong = []
    for smoothing in SMOOTHINGS[1:]:
        inverse = np.linalg.pinv(_system(points, smoothing * doubt), rcond=1e-12, hermitian=True)[:k, :k]
        left_out = (inverse @ values) / np.maximum(np.diag(inverse), 1e-30)[:, None]
        wrong.append(float((np.square(left_out).sum(axis=1) / doubt).sum()))
    return SMOOTHINGS[1 + int(np.argmin(wrong))]


def _doubt(support: NDArray[np.int32]) -> NDArray[np.float64]:
    """How much less each class (K,) is believed than the usual one."""
    frames = np.maximum(support, 1).astype(np.float64)
    return np.asarray(np.median(frames) / frames)


def _system(points: FloatArray, doubt: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix (K + 3, K + 3) of a smoothing spline."""
    k = len(points)
    system = np.zeros((k + 3, k + 3))
    system[:k, :k] = thin_plate(points, points) + np.diag(doubt)
    system[:k, k:] = np.hstack([np.ones((k, 1)), points])
    system[k:, :k] = system[:k, k:].T
    return system


def thin_plate(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the kernel r² log r (N, M) between points (N, 2) and (M, 2)."""
    # an axis at a time: numpy takes longer over a last axis of two than over the rest
    across, down = (a[:, None, axis].astype(np.float64) - b[None, :, axis] for axis in (0, 1))
    squared = across * across + down * down
    return np.asarray(squared * np.log(np.maximum(squared, 1e-30)) / 2)


def _lower_half(ordered: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The corners of the hull below points in order of x, first and last of them included."""
    kept: list[tuple[float, float]] = []
    for x, y in ordered:
        while len(kept) > 1:
            (ax, ay), (bx, by) = kept[-2:]
            if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                break
            kept.pop()
        kept.append((x, y))
    return kept
