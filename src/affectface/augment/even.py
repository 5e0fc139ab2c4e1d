"""Evenness: what to add where, and whose turn it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def filled_up(existing: Counts, count: int, rng: np.random.Generator) -> Counts:
    """Say how many to add to each of some cells, so that the emptiest are filled first and all become alike.

    Parameters
    ----------
    existing : ndarray of shape (C,), int64
        What is there.
    count : int
        How many are added in all.
    rng : numpy.random.Generator
        Decides which cells get one more where they cannot all be alike.

    Returns
    -------
    ndarray of shape (C,), int64
        What is added. No cell that gets any ends more than one above any other that got some, and none that gets
        nothing was below those.
    """
    if not len(existing) or count <= 0:
        return np.zeros(len(existing), dtype=np.int64)
    rising = np.sort(existing)
    needed = np.arange(1, len(rising) + 1) * rising - np.cumsum(
        rising
    )  # to lift the lowest i + 1 to the highest of them
    lifted = int(np.searchsorted(needed, count, side="right"))
    level = (count + int(rising[:lifted].sum())) // lifted
    added = np.maximum(level - existing, 0)
    left = count - int(added.sum())
    lowest = np.flatnonzero(existing <= level)
    added[rng.permutation(lowest)[:left]] += 1
    return added.astype(np.int64)


def turns(people: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Say which photo is used how often: people take turns, and so do the photos of each.

    Parameters
    ----------
    people : ndarray of shape (P,), int64
        The person whom each photo shows.
    count : int
        How often photos are used in all.
    rng : numpy.random.Generator
        Decides who begins.

    Returns
    -------
    ndarray of shape (P,), int64
        How often each photo is used; people differ by one at most, and so do the photos of one person.
    """
    _, person, photos = np.unique(people, return_inverse=True, return_counts=True)
    each = filled_up(np.zeros(len(photos), dtype=np.int64), count, rng)
    order = rng.permutation(len(people))
    order = order[np.argsort(person[order], kind="stable")]
    rank = np.empty(len(people), dtype=np.int64)
    rank[order] = np.arange(len(people)) - np.repeat(np.cumsum(photos) - photos, photos)
    return np.asarray(each[person] // photos[person] + (rank < each[person] % photos[person]), dtype=np.int64)
