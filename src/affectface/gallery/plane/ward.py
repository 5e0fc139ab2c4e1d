"""Agglomerative clustering by Ward's criterion, of points that stand for many.

The plain algorithm looks at every pair: 600,000 labels would need 600,000² distances. Points that are equal are merged
first by Ward's criterion too, at no cost, so they can stand for each other with a weight from the start; and chains of
nearest neighbours (Murtagh 1983) find the same tree with memory for the points alone, because Ward's criterion never
brings two clusters nearer by merging others. Clusters are kept in the order of their first coordinate, so that only
those in a strip around a cluster need be looked at for its nearest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

_UNSORTED = 512
"""Merged clusters that may wait outside the order before everything is sorted again."""


def ward_clusters(points: Points, weights: Points, count: int) -> NDArray[np.intp]:
    """Return the clusters that Ward's criterion merges weighted points into.

    Parameters
    ----------
    points : ndarray of shape (N, D), float64
        Different points.
    weights : ndarray of shape (N,), float64
        How many each stands for, more than 0.
    count : int
        The number of clusters, 1 to N.

    Returns
    -------
    ndarray of shape (N,), int
        The cluster of each point, 0 to `count` - 1, numbered in the order in which they first occur.

    References
    ----------
    .. [1] J. H. Ward: Hierarchical Grouping to Optimize an Objective Function, JASA 58, 1963.
    .. [2] F. Murtagh: A Survey of Recent Advances in Hierarchical Clustering Algorithms, Computer Journal 26, 1983.
    """
    merges, heights = ward_tree(points, weights)
    parent = np.arange(2 * len(points) - 1)
    # the chain finds merges in its own order; those of the lowest cost come first, children before parents
    for row in np.argsort(heights, kind="stable")[: len(points) - count]:
        parent[merges[row]] = len(points) + row
    while (parent[parent] != parent).any():
        parent = parent[parent]
    roots = parent[: len(points)]
    _, first, cluster = np.unique(roots, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.intp)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[cluster]


def ward_tree(points: Points, weights: Points) -> tuple[NDArray[np.intp], Points]:
    """Return all merges of weighted points by Ward's criterion, each after those of its parts.

    Parameters
    ----------
    points : ndarray of shape (N, D), float64
        Points.
    weights : ndarray of shape (N,), float64
        How many each stands for.

    Returns
    -------
    merges : ndarray of shape (N - 1, 2), int
        The two parts of each merge: a point, or N plus the row of an earlier merge.
    heights : ndarray of shape (N - 1,), float64
        By how much each merge increases the sum of squared distances from the centres.
    """
    n = len(points)
    merges, heights = np.empty((n - 1, 2), dtype=np.intp), np.empty(n - 1)
    clusters = _Clusters(points.T, 1 / weights, np.arange(n))
    chain: list[int] = []
    for row in range(n - 1):
        if not chain:
            chain.append(clusters.any())
        while True:
            back = chain[-2] if len(chain) > 1 else None
            least = np.inf if back is None else clusters.cost(chain[-1], back)
            nearest, cost = clusters.nearest(chain[-1], least)
            if back is not None and least <= cost:  # each is the other's nearest: equals go back
                break
            chain.append(nearest)
        one, other = chain.pop(), chain.pop()
        heights[row], merges[row] = least, (clusters.name[other], clusters.name[one])
        clusters.merge(one, other, n + row)
        if clusters.full:
            chain = clusters.sort(chain)
    return merges, heights


class _Clusters:
    """Clusters by their place in arrays: sorted ones, then those that were merged since."""

    def __init__(self, centres: Points, inverse: Points, name: NDArray[np.intp]) -> None:
        self._arrange(centres, inverse, name)

    def _arrange(self, centres: Points, inverse: Points, name: NDArray[np.intp]) -> NDArray[np.intp]:
        """Sort by the first coordinate, with room for those to come; return the order."""
        order = np.argsort(centres[0], kind="stable")
        room = np.full((len(centres), _UNSORTED), np.inf)  # at infinity nobody is near
        self.centre = np.hstack([centres[:, order], room])
        self.inverse = np.concatenate([inverse[order], np.ones(_UNSORTED)])
        self.name = np.concatenate([name[order], np.zeros(_UNSORTED, dtype=np.intp)])
        self.sorted = self.centre[0, : len(order)].copy()
        self.end = len(order)
        self.lightest = float(inverse.max())  # weights only grow
        self.start = 0
        spread = float(np.ptp(self.sorted)) if len(order) else 0.0
        self.strip = max(spread / np.sqrt(len(order)), 1e-12)
        return order

    @property
    def full(self) -> bool:
        """Whether no other merged cluster finds room."""
        return self.end == len(self.name)

    def any(self) -> int:
        """A cluster: the first there is."""
        while np.isinf(self.centre[0, self.start]):
            self.start += 1
        return self.start

    def cost(self, one: int, other: int) -> float:
        """By how much merging two increases the sum of squares."""
        squared = ((self.centre[:, one] - self.centre[:, other]) ** 2).sum()
        return float(squared / (self.inverse[one] + self.inverse[other]))

    def nearest(self, one: int, least: float) -> tuple[int, float]:
        """The cluster that costs least to merge with, if it costs no more than `least`, and its cost."""
        found, cost = self._best(one, len(self.sorted), self.end)
        half = self._reach(one, min(cost, least)) if np.isfinite(min(cost, least)) else self.strip
        while True:
            x = self.centre[0, one]
            low, high = np.searchsorted(self.sorted, (x - half, x + half))
            at, price = self._best(one, int(low), int(high))
            if price < cost:
                found, cost = at, price
            needed = self._reach(one, min(cost, least))
            if needed <= half or high - low == len(self.sorted):
                return found, cost
            half = needed if np.isfinite(needed) else 2 * half

    def _best(self, one: int, low: int, high: int) -> tuple[int, float]:
        """The cheapest of the places from `low` to `high`, and its cost."""
        if high <= low:
            return one, np.inf
        difference = self.centre[:, low:high] - self.centre[:, one : one + 1]
        np.square(difference, out=difference)
        cost = difference.sum(axis=0)
        cost /= self.inverse[low:high] + self.inverse[one]
        if low <= one < high:
            cost[one - low] = np.inf
        at = int(cost.argmin())
        return low + at, float(cost[at])

    def _reach(self, one: int, cost: float) -> float:
        """How far a cluster can be that costs no more; a little farther, for rounding."""
        return float(np.sqrt(cost * (self.inverse[one] + self.lightest))) * (1 + 1e-9)

    def merge(self, one: int, other: int, name: int) -> None:
        """Put two together."""
        share = self.inverse[other] / (self.inverse[other] + self.inverse[one])
        centre = self.centre[:, other] + (self.centre[:, one] - self.centre[:, other]) * share
        self.centre[:, self.end], self.inverse[self.end], self.name[self.end] = centre, self.inverse[one] * share, name
        self.centre[:, [one, other]] = np.inf
        self.end += 1

    def sort(self, places: list[int]) -> list[int]:
        """Sort all that are left; return where those at some places are now."""
        alive = np.flatnonzero(np.isfinite(self.centre[0]))
        order = self._arrange(self.centre[:, alive], self.inverse[alive], self.name[alive])
        now = dict(zip(alive[order].tolist(), range(len(order)), strict=True))
        return [now[place] for place in places]
