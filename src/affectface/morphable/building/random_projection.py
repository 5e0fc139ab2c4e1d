"""Principal components of more meshes than can be done exactly: by random projection, in passes over the disk.

Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1, with power iterations, in a subspace that grows until it holds
the asked share of the variance.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from affectface.morphable.building.principal import Components, components_needed
from affectface.morphable.building.procrustes import AlignedMeshes, Array64
from affectface.morphable.building.progress import Advance

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
    size, most = _FIRST_SIZE, min(len(meshes), middle.size)
    while True:
        size = min(size, most)
        basis = _project_back(meshes, middle, rng.standard_normal((len(meshes), size)))[0]
        advance(1)
        for _ in range(_POWER_ITERATIONS):
            basis, squares = _power_step(meshes, middle, _orthonormal(basis))
            advance(1)
        basis = _orthonormal(basis)
        scores = _scores(meshes, middle, basis)
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


def _project_back(meshes: AlignedMeshes, middle: Array64, weights: Array64) -> tuple[Array64, Array64]:
    """Return mixtures (3 V, L) of meshes by weights (N, L), and the meshes' squared distances from the middle."""
    total = np.zeros((middle.size, weights.shape[1]))
    squares = np.empty(len(meshes))
    for part, block in meshes.blocks():
        flat = (block - middle).reshape(len(block), -1)
        squares[part] = (flat**2).sum(1)
        total += flat.T @ weights[part]
    return total, squares


def _power_step(meshes: AlignedMeshes, middle: Array64, basis: Array64) -> tuple[Array64, Array64]:
    """Return a basis (3 V, L) times the meshes' scatter matrix, and their squared distances, in one pass."""
    total = np.zeros_like(basis)
    squares = np.empty(len(meshes))
    for part, block in meshes.blocks():
        flat = (block - middle).reshape(len(block), -1)
        squares[part] = (flat**2).sum(1)
        total += flat.T @ (flat @ basis)
    return total, squares


def _scores(meshes: AlignedMeshes, middle: Array64, basis: Array64) -> Array64:
    """Return where the meshes are (N, L) along a basis (3 V, L)."""
    found = np.empty((len(meshes), basis.shape[1]))
    for part, block in meshes.blocks():
        found[part] = (block - middle).reshape(len(block), -1) @ basis
    return found


def _orthonormal(basis: Array64) -> Array64:
    """Return an orthonormal basis of the same space."""
    return np.asarray(scipy.linalg.qr(basis, mode="economic", overwrite_a=True, check_finite=False)[0])
