"""Linear systems of many frames that share a few unknowns and are coupled to the next frame only.

Every frame's unknowns are eliminated in turn; what that leaves falls on the next frame and on the shared unknowns, on
nothing else. Time and memory grow with the number of frames, not with its square.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

Matrix = NDArray[np.float64]


def solve_arrowhead(
    own: Sequence[Matrix],
    border: Sequence[Matrix],
    right: Sequence[Matrix],
    coupling: Matrix | None,
    shared: Matrix,
    shared_right: Matrix,
) -> tuple[list[Matrix], Matrix]:
    """Solve the normal equations of a sequence.

    Parameters
    ----------
    own : sequence of ndarray of shape (B, B), float64
        Each frame's own block, symmetric and positive definite.
    border : sequence of ndarray of shape (B, S), float64
        Its block with the shared unknowns.
    right : sequence of ndarray of shape (B,), float64
        Its right side.
    coupling : ndarray of shape (B,), float64, optional
        Diagonal of the block that couples each frame with the next, the same for all; none where frames are
        independent.
    shared : ndarray of shape (S, S), float64
        The shared unknowns' block.
    shared_right : ndarray of shape (S,), float64
        Their right side.

    Returns
    -------
    steps : list of ndarray of shape (B,), float64
        Each frame's unknowns.
    common : ndarray of shape (S,), float64
        The shared unknowns.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the system is not positive definite.
    """
    count, wide = len(own), border[0].shape[1]
    shared, shared_right = shared.copy(), shared_right.copy()
    solved = []
    block, edge, side = own[0], border[0], right[0]
    for frame in range(count):
        factor = cho_factor(block, lower=True, check_finite=False)
        parts = [edge, side[:, None]]
        last = frame + 1 == count
        if coupling is not None and not last:
            parts.append(np.diag(coupling))
        found = cho_solve(factor, np.hstack(parts), check_finite=False)
        shared -= edge.T @ found[:, :wide]
        shared_right -= edge.T @ found[:, wide]
        solved.append(found)
        if last:
            break
        if coupling is None:
            block, edge, side = own[frame + 1], border[frame + 1], right[frame + 1]
        else:
            block = own[frame + 1] - coupling[:, None] * found[:, wide + 1 :]
            edge = border[frame + 1] - coupling[:, None] * found[:, :wide]
            side = right[frame + 1] - coupling * found[:, wide]
    common: Matrix = np.linalg.solve(shared, shared_right).astype(np.float64)
    steps: list[Matrix] = []
    for frame in reversed(range(count)):
        found = solved[frame]
        step = found[:, wide] - found[:, :wide] @ common
        if coupling is not None and steps:
            step = step - found[:, wide + 1 :] @ steps[-1]
        steps.append(step)
    return steps[::-1], common
