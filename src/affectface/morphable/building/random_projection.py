"""Principal components of more meshes than can be done exactly: by random projection, in passes over the disk.

Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1, with power iterations, in a subspace that grows until it holds
the asked share of the variance.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.linalg

from affectface.morphable.building.principal import Components, components_needed
from affectface.morphable.building.procrustes import AlignedMeshes, Array64
from affectface.morphable.building.progress import Advance
from affectface.morphable.building.range_finder import range_of_rows

_POWER_ITERATIONS = 4
_OVERSAMPLED = 10
_FIRST_SIZE = 64


def randomised_components(
    meshes: AlignedMeshes, middle: Array64, variance: float, rng: np.random.Generator, advance: Advance
) -> Components:
    """Return the principal components of many meshes, nearly.

    Parameters
    ----------
    meshes : AlignedMeshes
        The meshes.
    middle : ndarray of shape (V, 3), float64
        Their mean.
    variance : float
        The share of the variance to keep.
    rng : numpy.random.Generator
        Draws the first subspace.
    advance : callable
        Told of each pass over the meshes.

    Returns
    -------
    Components
        As few as hold that share.
    """

    def rows() -> Iterator[tuple[slice, Array64]]:
        for part, block in meshes.blocks():
            yield part, (block - middle).reshape(len(block), -1)

    size, most = _FIRST_SIZE, min(len(meshes), middle.size)
    while True:
        size = min(size, most)
        basis = range_of_rows(rows, rng.standard_normal((len(meshes), size)), _POWER_ITERATIONS, advance)
        scores, squares = np.empty((len(meshes), basis.shape[1])), np.empty(len(meshes))
        for part, flat in rows():
            scores[part], squares[part] = flat @ basis, (flat**2).sum(1)
        advance(1)
        values, vectors = scipy.linalg.eigh(scores.T @ scores)
        values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
        total = float(squares.sum())
        count = components_needed(values, total, variance)
        if count <= size - _OVERSAMPLED or size == most:
            break
        size *= 2
    vectors = vectors[:, :count]
    freedom = len(meshes) - 1
    return Components(
        np.sqrt(values[:count] / freedom), scores @ vectors, squares, total / freedom, basis @ vectors, False
    )
