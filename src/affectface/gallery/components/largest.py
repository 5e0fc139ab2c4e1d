"""The largest principal directions of frames that need not fit into memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray

_PASSES = 2
"""Times that the directions are refined: what a random start misses falls with each."""
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

    References
    ----------
    .. [1] N. Halko, P. G. Martinsson, J. A. Tropp: Finding Structure with Randomness, SIAM Review 53, 2011: algorithm
       4.4; the start is drawn with a fixed seed.
    """
    total = len(displacements)

    def times(right: NDArray[np.float64]) -> NDArray[np.float64]:
        parts = [_read(displacements, start, block) @ right for start in range(0, total, block)]
        return np.concatenate(parts)

    def times_transposed(left: NDArray[np.float64]) -> NDArray[np.float64]:
        result = np.zeros((left.shape[1], displacements[0].size))
        for start in range(0, total, block):
            result += left[start : start + block].T @ _read(displacements, start, block)
        return result

    if total <= _EXACT:
        frames = np.eye(total)
        core = times_transposed(frames)
        left, _, _ = np.linalg.svd(core @ core.T)
        frames = left[:, :count]
        return frames, frames.T @ core
    wide = min(total, count + 10)
    start = np.random.default_rng(0).standard_normal((displacements[0].size, wide))
    frames = np.linalg.qr(times(start))[0]
    for _ in range(_PASSES):
        frames = np.linalg.qr(times(np.linalg.qr(times_transposed(frames).T)[0]))[0]
    core = times_transposed(frames)
    left, _, _ = np.linalg.svd(core @ core.T)
    frames = frames @ left[:, :count]
    return frames, left[:, :count].T @ core


def _read(displacements: FloatArray, start: int, block: int) -> NDArray[np.float32]:
    part = np.asarray(displacements[start : start + block], dtype=np.float32)
    return part.reshape(len(part), -1)
