"""How well pictures of different targets are told apart, by any vectors that describe them.

For two targets, a linear discriminant with the variation that all targets share is found on all people but one, and
asked about the one left out (Fisher's discriminant, regularised towards equal variation in all directions).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SHRINK = 0.1
"""Share of the mean variance that is added to the variation in every direction."""

Features = NDArray[np.floating[Any]]


def told_apart(features: Features) -> NDArray[np.float64]:
    """Return how often two targets are told apart on people who were left out.

    Parameters
    ----------
    features : ndarray of shape (P, T, F)
        Of P people and T targets, the F numbers that describe the picture.

    Returns
    -------
    ndarray of shape (T, T), float64
        Share of right answers, 0.5 is chance; 1 on the diagonal, NaN for fewer than three people.
    """
    people, targets, _ = features.shape
    right = np.full((targets, targets), np.nan)
    if people >= 3:
        votes = np.array([_left_out(features, person) for person in range(people)])
        right = votes.mean(axis=0)
        right = (right + right.T) / 2
    np.fill_diagonal(right, 1.0)
    return right


def _left_out(features: Features, person: int) -> NDArray[np.float64]:
    """For one person, whether target i (T, T) lies on its own side of the border with target j; half for on it."""
    train = np.delete(features, person, axis=0).astype(np.float64)
    means = train.mean(axis=0)
    within = (train - means).reshape(-1, train.shape[2])
    scatter = within.T @ within / max(len(within) - len(means), 1)
    scatter += _SHRINK * max(float(np.trace(scatter)) / len(scatter), 1e-12) * np.eye(len(scatter))
    metric = np.linalg.inv(scatter)
    difference = features[person].astype(np.float64)[:, None] - means[None]
    distance = np.einsum("ijf,fg,ijg->ij", difference, metric, difference)
    own = np.diag(distance)[:, None]
    return np.asarray((own < distance) + 0.5 * (own == distance), dtype=np.float64)
