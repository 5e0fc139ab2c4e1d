"""Least squares within bounds, for many right-hand sides at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array64 = NDArray[np.float64]

_STEPS = 3000
_ENOUGH = 1e-5
"""Change of a step at which the answer stands still."""


def bounded_least_squares(gram: Array64, right: Array64, bound: Array64, *, ridge: float = 0.0) -> Array64:
    """Return the strengths from 0 to a bound that come nearest to what is wanted, by accelerated projected gradients.

    Parameters
    ----------
    gram : ndarray of shape (U, U), float64
        Products of the basis with itself.
    right : ndarray of shape (N, U), float64
        Products of each wanted vector with the basis.
    bound : ndarray of shape (N, U) or (U,), float64
        The largest strengths; the smallest is 0.
    ridge : float
        What a strength's square costs, over the mean square of the basis vectors.

    Returns
    -------
    ndarray of shape (N, U), float64
        The strengths.

    References
    ----------
    .. [1] A. Beck, M. Teboulle: A Fast Iterative Shrinkage-Thresholding Algorithm, SIAM J. Imaging Sciences 2, 2009;
       the restart after B. O'Donoghue, E. Candès: Adaptive Restart for Accelerated Gradient Schemes, 2015.
    """
    mean = float(np.diag(gram).mean())
    system = gram + ridge * mean * np.eye(len(gram))
    step = 1 / max(float(np.linalg.eigvalsh(system)[-1]), 1e-300)
    strengths = np.zeros_like(right)
    ahead, momentum = strengths, 1.0
    for _ in range(_STEPS):
        moved = np.clip(ahead - step * (ahead @ system - right), 0, bound)
        change = moved - strengths
        if float(((ahead - moved) * change).sum()) > 0:  # the momentum leads astray: begin anew from here
            momentum = 1.0
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + (momentum - 1) / following * change
        strengths, momentum = moved, following
        if float(np.abs(change).max(initial=0)) < _ENOUGH:
            break
    return strengths
