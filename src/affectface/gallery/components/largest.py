"""The largest principal directions of frames that need not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.morphable.building.range_finder import range_of_rows

_STEPS = 2
"""Times that the directions are refined: what a random start misses falls with each."""
_MORE = 10
"""Directions that are looked for beside those that are wanted."""
_EXACT = 400
"""Frames up to which all directions are computed exactly."""


def principal_frames(
    displacements: FloatArray, count: int, block: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return orthonormal combinations of frames that hold most of what happens in them.

    Parameters
    ----------
    displacements : ndarray of shape (F, V, 3), float32
        The frames, memory-mapped if they are many.
    count : int
        How many combinations.
    block : int
        Frames that are read at once.

    Returns
    -------
    frames : ndarray of shape (F, R), float64
        Orthonormal columns; R is `count`, or F where that is less.
    core : ndarray of shape (R, 3 V), float64
        The frames' part in them: frames · core is nearest to the displacements.

    Notes
    -----
    Many frames are done nearly (`affectface.morphable.building.range_finder`), from a start of a fixed seed.
    """
    total = len(displacements)
    if total <= _EXACT:
        rows = _read(displacements, 0, total).astype(np.float64)
        left, _, _ = np.linalg.svd(rows @ rows.T)
        frames = left[:, :count]
        return frames, frames.T @ rows

    def blocks() -> Iterator[tuple[slice, NDArray[np.float32]]]:
        for first in range(0, total, block):
            yield slice(first, min(first + block, total)), _read(displacements, first, block)

    start = np.random.default_rng(0).standard_normal((total, min(total, count + _MORE)))
    basis = range_of_rows(blocks, start, _STEPS, lambda _: None)
    scores = np.concatenate([rows @ basis for _, rows in blocks()])
    frames, strength, turn = np.linalg.svd(scores, full_matrices=False)
    return frames[:, :count], (strength[:count, None] * turn[:count]) @ basis.T


def _read(displacements: FloatArray, start: int, block: int) -> NDArray[np.float32]:
    part = np.asarray(displacements[start : start + block], dtype=np.float32)
    return part.reshape(len(part), -1)
