"""Robust PCA with missing values: a low-rank matrix and sparse errors, from the entries that were seen.

Shang, Liu, Cheng and Cheng, "Robust Principal Component Analysis with Missing Data" (CIKM 2014): the low-rank part is
written as a product of an orthonormal factor and a small one, so that each step needs the singular values of the small
factor only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, check_array

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RobustParts:
    """A matrix, taken apart.

    Attributes
    ----------
    low_rank : ndarray of shape (M, N), float64
        The part of low rank, complete.
    sparse : ndarray of shape (M, N), float64
        The errors of the observed entries; 0 elsewhere.
    iterations : int
        Steps that were taken.
    converged : bool
        Whether the parts add up to the observed entries within the tolerance.
    """

    low_rank: Matrix
    sparse: Matrix
    iterations: int
    converged: bool


def robust_pca(
    data: Matrix,
    observed: BoolArray,
    *,
    rank: int | None = None,
    sparsity: float | None = None,
    iterations: int = 500,
    tolerance: float = 1e-7,
) -> RobustParts:
    """Split the observed entries of a matrix into a low-rank part and sparse errors.

    Minimises ``||L||_* + sparsity ||S||_1`` where ``L + S`` equals the data on the observed entries.

    Parameters
    ----------
    data : ndarray of shape (M, N), float64
        The matrix; what stands in entries that were not observed does not matter.
    observed : ndarray of shape (M, N), bool
        Which entries were seen.
    rank : int, optional
        Bound of the low-rank part's rank; the shorter side of the matrix if not given, which is no bound.
    sparsity : float, optional
        Weight of the errors; one over the square root of the longer side times the observed share if not given
        (Candes et al., "Robust Principal Component Analysis?", JACM 2011, section 1.5).
    iterations : int
        Most steps.
    tolerance : float
        Error of the sum, relative to the data, at which it ends.

    Returns
    -------
    RobustParts
        The two parts.

    Raises
    ------
    ValueError
        If the arrays do not fit together or nothing was observed.
    """
    data = check_array("data", data, (None, None), dtype=np.float64, finite=False)
    observed = check_array("observed", observed, data.shape, dtype=np.bool_)
    if not observed.any():
        raise ValueError("observed has no true entry; at least one is needed")
    data = np.where(observed, data, 0.0)
    if not np.isfinite(data).all():
        raise ValueError("data has NaN or infinite observed entries; finite numbers are needed")
    if data.shape[0] > data.shape[1]:  # the orthonormal factor stands on the shorter side
        flipped = robust_pca(
            data.T, observed.T, rank=rank, sparsity=sparsity, iterations=iterations, tolerance=tolerance
        )
        return RobustParts(flipped.low_rank.T, flipped.sparse.T, flipped.iterations, flipped.converged)
    weight = sparsity or 1 / np.sqrt(max(data.shape) * observed.mean())
    return _alternate(data, observed, min(rank or len(data), len(data)), weight, iterations, tolerance)


def _alternate(
    data: Matrix, observed: BoolArray, rank: int, sparsity: float, iterations: int, tolerance: float
) -> RobustParts:
    """The alternating direction method of multipliers, with a penalty that grows."""
    size = max(float(np.linalg.norm(data)), 1e-300)
    largest = max(float(np.sqrt(np.linalg.eigvalsh(data @ data.T)[-1])), 1e-300)
    penalty, most = 1.25 / largest, 1.25e7 / largest
    # The multipliers of what was not observed stay 0: any error is free there.
    multiplier = data / max(largest, float(np.abs(data).max()) / sparsity)
    basis = np.eye(len(data))[:, :rank]
    low_rank = sparse = np.zeros_like(data)
    for step in range(1, iterations + 1):
        target = data - sparse + multiplier / penalty
        if rank == len(data):  # a square orthonormal factor turns, and turning changes no singular value
            low_rank = _shrunk(target, 1 / penalty)
        else:
            small = _shrunk(basis.T @ target, 1 / penalty)
            basis = _polar(target @ small.T, basis)
            low_rank = basis @ small
        rest = data - low_rank + multiplier / penalty
        kept = np.sign(rest) * np.maximum(np.abs(rest) - sparsity / penalty, 0)
        sparse = np.where(observed, kept, rest)
        gap = data - low_rank - sparse
        multiplier = np.where(observed, multiplier + penalty * gap, 0.0)
        penalty = min(penalty * 1.1, most)
        if np.linalg.norm(gap) <= tolerance * size:
            return RobustParts(low_rank, np.where(observed, sparse, 0.0), step, True)
    return RobustParts(low_rank, np.where(observed, sparse, 0.0), iterations, False)


def _shrunk(matrix: Matrix, by: float) -> Matrix:
    """Lower the singular values of a wide matrix (d, N), none below 0; by its small Gram matrix, for N is large."""
    squares, left = np.linalg.eigh(matrix @ matrix.T)
    values = np.sqrt(np.maximum(squares, 0))
    factor = np.maximum(values - by, 0) / np.maximum(values, 1e-300)
    return np.asarray((left * factor) @ (left.T @ matrix))


def _polar(matrix: Matrix, before: Matrix) -> Matrix:
    """Return the orthonormal matrix (M, d) nearest to a matrix (M, d); what it leaves open stays near `before`."""
    scale = max(float(np.linalg.norm(matrix)), 1e-300)
    left, _, right = np.linalg.svd(matrix / scale + 1e-12 * before, full_matrices=False)
    return np.asarray(left @ right)
