"""The space that holds most of many long rows which lie on a disk: a randomised range finder.

Halko, Martinsson and Tropp 2011: Finding Structure with Randomness, algorithm 4.4, in whose subspace iteration each
step is one pass over the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Array64 = NDArray[np.float64]
Blocks = Callable[[], Iterable[tuple[slice, NDArray[np.floating]]]]
"""Gives the rows from the first to the last, some at a time: their places, and the rows (B, D)."""


def range_of_rows(blocks: Blocks, start: Array64, steps: int, advance: Callable[[int], None]) -> Array64:
    """Return a basis of the space that holds most of some rows.

    Parameters
    ----------
    blocks : callable
        Gives all F rows (F, D), some at a time.
    start : ndarray of shape (F, L), float64
        Random mixtures of the rows; a few more than directions that are wanted.
    steps : int
        How often they are refined.
    advance : callable
        Told of each pass over the rows.

    Returns
    -------
    ndarray of shape (D, L), float64
        Orthonormal columns.
    """
    basis = _sum(rows.T @ start[part] for part, rows in blocks())
    advance(1)
    for _ in range(steps):
        basis = _orthonormal(basis)
        basis = _sum(rows.T @ (rows @ basis) for _, rows in blocks())
        advance(1)
    return _orthonormal(basis)


def _orthonormal(basis: Array64) -> Array64:
    """An orthonormal basis (D, L) of the same space."""
    return np.asarray(scipy.linalg.qr(basis, mode="economic", check_finite=False)[0])


def _sum(parts: Iterable[NDArray[np.floating]]) -> Array64:
    """The sum of arrays, in double precision, in their order."""
    total: Array64 | None = None
    for part in parts:
        if total is None:
            total = part.astype(np.float64)
        else:
            total += part
    assert total is not None
    return total
