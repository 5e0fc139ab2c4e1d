"""How good a model of shapes is: compactness, generalisation and specificity.

The three measures of Davies (2002) and Styner et al. (2003), by which models are compared, for numbers of components:

- compactness: the share of the variance that the components hold;
- generalisation: how far people whom the model never saw are from the nearest shape it can make (ten-fold cross
  validation), mm;
- specificity: how far shapes drawn from the model are from the nearest person it was made of, mm.

Distances are root mean squares over the vertices. All follow from inner products of the meshes, without reading them
again. The meshes are aligned once, not anew in each fold; what the left-out ones add to that mean is neglected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from affectface.morphable.building.principal import centred, exact_components
from affectface.morphable.building.procrustes import Array64

MOST_MESHES = 1000
"""More are not looked at: the measures of a thousand are sure to a percent."""

_FOLDS = 10
_DRAWN = 1000
_CM_TO_MM = 10


@dataclass(frozen=True)
class Quality:
    """The three measures.

    Attributes
    ----------
    counts : tuple of int
        Numbers of components for which they are given.
    compactness : tuple of float
        Shares of the variance.
    generalisation : tuple of float
        Distances of unseen people, mm; NaN where a tenth less than all meshes have fewer components.
    specificity : tuple of float
        Distances of drawn shapes, mm.
    meshes : int
        Of how many meshes.
    """

    counts: tuple[int, ...]
    compactness: tuple[float, ...]
    generalisation: tuple[float, ...]
    specificity: tuple[float, ...]
    meshes: int


def measure_quality(products: Array64, vertices: int, most: int, rng: np.random.Generator) -> Quality:
    """Measure a model of meshes.

    Parameters
    ----------
    products : ndarray of shape (N, N), float64
        Inner products of the meshes, cm², about any middle.
    vertices : int
        How many vertices they have.
    most : int
        How many components the model keeps.
    rng : numpy.random.Generator
        Parts the meshes and draws shapes.

    Returns
    -------
    Quality
        For 1, 2, 5, 10, 20, ... components and for `most`.
    """
    counts = [n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500) if n < most] + [most]
    components = exact_components(centred(products), 1.0)
    shares = np.cumsum(components.deviations**2) / components.variance
    unit = _CM_TO_MM / np.sqrt(vertices)
    unseen = unit * _unseen(products, counts, rng)
    drawn = [unit * _drawn(components.scores, components.squares, components.deviations[:n], rng) for n in counts]
    return Quality(
        counts=tuple(counts),
        compactness=tuple(float(shares[min(n, len(shares)) - 1]) for n in counts),
        generalisation=tuple(map(float, unseen)),
        specificity=tuple(map(float, drawn)),
        meshes=len(products),
    )


def _unseen(products: Array64, counts: list[int], rng: np.random.Generator) -> Array64:
    """Return the mean distance, cm summed over vertices, of left-out meshes from models of the others."""
    order = rng.permutation(len(products))
    total = np.zeros(len(counts))
    for fold in range(_FOLDS):
        out, others = order[fold::_FOLDS], np.setdiff1d(order, order[fold::_FOLDS])
        inside = products[np.ix_(others, others)]
        across = products[np.ix_(out, others)]
        # About the mean of the others: <x - m, y - m> for y of the others and x left out.
        column, whole = inside.mean(0), inside.mean()
        squares = np.diag(products)[out] - 2 * across.mean(1) + whole
        across = across - across.mean(1, keepdims=True) - column + whole
        values, vectors = scipy.linalg.eigh(centred(inside))
        values, vectors = values[::-1], vectors[:, ::-1]
        there = values > 1e-10 * values[0]
        along = np.cumsum((across @ vectors[:, there] / np.sqrt(values[there])) ** 2, axis=1)
        for i, count in enumerate(counts):
            if count > along.shape[1]:
                total[i] = np.nan
            else:
                total[i] += np.sqrt(np.maximum(squares - along[:, count - 1], 0)).sum()
    return np.asarray(total / len(products), dtype=np.float64)


def _drawn(scores: Array64, squares: Array64, deviations: Array64, rng: np.random.Generator) -> float:
    """Return the mean distance, cm summed over vertices, of drawn shapes from the nearest mesh."""
    count = len(deviations)
    drawn: NDArray[np.float64] = rng.standard_normal((_DRAWN, count)) * deviations
    known = scores[:, :count]
    distance = (drawn**2).sum(1)[:, None] - 2 * drawn @ known.T + squares
    return float(np.sqrt(np.maximum(distance.min(1), 0)).mean())
