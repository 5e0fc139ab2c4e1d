"""Values known at the classes of the valence-arousal plane, at any point of it: smooth, or the nearest class's.

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
    """

    points: FloatArray
    values: FloatArray

    def nearest(self, where: NDArray[np.float64]) -> FloatArray:
        """Return the values (U,) of the class nearest to a point (2,)."""
        return np.asarray(self.values[np.argmin(((self.points - where) ** 2).sum(axis=1))])

    def smooth(self, where: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values (U,) of the thin-plate spline through all classes at a point (2,)."""
        near = self._brought_back(where)[None]
        basis = np.hstack([thin_plate(near, self.points), np.ones((1, 1)), near])
        return np.asarray((basis @ self._spline)[0])

    @cached_property
    def _spline(self) -> NDArray[np.float64]:
        """Coefficients (K + 3, U) of the thin-plate spline through the classes."""
        k = len(self.points)
        system = np.zeros((k + 3, k + 3))
        system[:k, :k] = thin_plate(self.points, self.points)
        system[:k, k:] = np.hstack([np.ones((k, 1)), self.points])
        system[k:, :k] = system[:k, k:].T
        right = np.zeros((k + 3, self.values.shape[1]))
        right[:k] = self.values
        return np.asarray(np.linalg.lstsq(system, right, rcond=1e-10)[0], dtype=np.float64)

    @cached_property
    def _hull(self) -> NDArray[np.float64]:
        """Corners (H, 2) of the convex hull of the classes, counter-clockwise (Andrew's monotone chain)."""
        ordered = sorted(map(tuple, self.points.astype(np.float64).tolist()))
        half = [_lower_half(ordered), _lower_half(ordered[::-1])]
        return np.array(half[0][:-1] + half[1][:-1])

    def _brought_back(self, where: NDArray[np.float64]) -> NDArray[np.float64]:
        """The point itself (2,), or the one towards it at the edge of what is known."""
        corner = self._hull
        edge = np.roll(corner, -1, axis=0) - corner
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


def thin_plate(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the kernel r² log r (N, M) between points (N, 2) and (M, 2)."""
    squared = ((a[:, None].astype(np.float64) - b[None]) ** 2).sum(axis=-1)
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
