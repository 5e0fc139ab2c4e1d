"""Principal components of meshes on disk.

Few meshes: exactly, by the matrix of their inner products (N, N), whose eigenvectors give the components as mixtures of
meshes (Sirovich 1987). Two passes over the disk, whatever the number of vertices; all that is asked later of subsets of
the meshes, such as what a model without a tenth of them does to that tenth, follows from the same matrix.

Many meshes: nearly, by random projection (`affectface.morphable.building.random_projection`).

Why not scikit-learn: on 600 meshes of 26,000 vertices, of which 51 components keep 99.5 %, its IncrementalPCA took
93 s in batches of 100 where this took 8, and its last components were 51 degrees beside those of a plain singular value
decomposition, their variances wrong by 8 %; here both ways are within 0.1 degrees. Its randomized_svd wants all meshes
in memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from affectface.arrays import FloatArray
from affectface.morphable.building.procrustes import AlignedMeshes, Array64
from affectface.morphable.building.progress import Advance

EXACT_UP_TO = 4000
"""More meshes than this are done by random projection: the matrix of inner products takes 128 MB there."""

_NOTHING = 1e-10


@dataclass(frozen=True, eq=False)
class Components:
    """What of some meshes is common to them, and how far each goes along it.

    Attributes
    ----------
    deviations : ndarray of shape (K,), float64
        Standard deviation along each component, summed over all vertices, cm; descending.
    scores : ndarray of shape (N, K), float64
        Where each mesh is along the components, cm.
    squares : ndarray of shape (N,), float64
        Squared distance of each mesh from the middle, summed over its vertices, cm².
    variance : float
        The sum of the variances along all components there are, cm².
    mixtures : ndarray of shape (N, K) or (3 V, K), float64
        The components, of unit length: as mixtures of the meshes where there are `N` rows and `exact`; otherwise as
        they are.
    exact : bool
        Which of the two.
    """

    deviations: Array64
    scores: Array64
    squares: Array64
    variance: float
    mixtures: Array64
    exact: bool

    @property
    def kept(self) -> float:
        """The share of the variance that the components hold."""
        return float((self.deviations**2).sum() / self.variance) if self.variance > 0 else 1.0

    def first(self, count: int) -> Components:
        """Return the first components only."""
        return Components(
            self.deviations[:count],
            self.scores[:, :count],
            self.squares,
            self.variance,
            self.mixtures[:, :count],
            self.exact,
        )


def inner_products(meshes: AlignedMeshes, middle: Array64, advance: Advance) -> Array64:
    """Return the inner products (N, N), cm², of meshes about a middle.

    Parameters
    ----------
    meshes : AlignedMeshes
        The meshes.
    middle : ndarray of shape (V, 3), float64
        What is subtracted of each.
    advance : callable
        Told of the vertices that are done.

    Returns
    -------
    ndarray of shape (N, N), float64
        The matrix.
    """
    products = np.zeros((len(meshes), len(meshes)))
    for part, strip in meshes.strips():
        strip -= middle[part]
        flat = strip.reshape(len(meshes), -1)
        products += flat @ flat.T
        advance(part.stop - part.start)
    return products


def centred(products: Array64) -> Array64:
    """Return inner products (N, N) about the mean of these very meshes."""
    rows = products.mean(0)
    return np.asarray(products - rows - rows[:, None] + rows.mean(), dtype=np.float64)


def exact_components(products: Array64, variance: float, *, about_mean: bool = True) -> Components:
    """Return the principal components of meshes from their inner products.

    Parameters
    ----------
    products : ndarray of shape (N, N), float64
        Inner products about the middle.
    variance : float
        The share of the variance to keep.
    about_mean : bool
        Whether the middle is the meshes' own mean, which takes a degree of freedom.

    Returns
    -------
    Components
        As few as hold that share.
    """
    squares = np.diag(products).copy()
    freedom = len(products) - about_mean
    values, vectors = scipy.linalg.eigh(products)
    values, vectors = values[::-1], vectors[:, ::-1]
    values = np.where(values > _NOTHING * values[0], values, 0)
    total = float(values.sum())
    count = components_needed(values, total, variance)
    lengths = np.sqrt(values[:count])
    return Components(
        lengths / np.sqrt(freedom),
        vectors[:, :count] * lengths,
        squares,
        total / freedom,
        vectors[:, :count] / lengths,
        True,
    )


def component_basis(meshes: AlignedMeshes, middle: Array64, components: Components, advance: Advance) -> FloatArray:
    """Return the components (K, V, 3) of unit length, each with its largest entry positive.

    Parameters
    ----------
    meshes : AlignedMeshes
        The meshes they were computed of.
    middle : ndarray of shape (V, 3), float64
        What was subtracted of each.
    components : Components
        The components.
    advance : callable
        Told of the vertices that are done.

    Returns
    -------
    ndarray of shape (K, V, 3), float32
        The components. Their signs would otherwise depend on the order of the meshes.
    """
    count = components.mixtures.shape[1]
    if components.exact:
        basis = np.empty((count, meshes.scratch.vertices, 3), dtype=np.float32)
        for part, strip in meshes.strips():
            strip -= middle[part]
            basis[:, part] = (components.mixtures.T @ strip.reshape(len(strip), -1)).reshape(count, -1, 3)
            advance(part.stop - part.start)
    else:
        basis = components.mixtures.T.astype(np.float32).reshape(count, -1, 3)
    for component in basis:
        component *= np.sign(component.flat[np.abs(component).argmax()])
    return basis


def components_needed(values: Array64, total: float, variance: float) -> int:
    """Return how many of descending eigenvalues hold a share of their total; not those that are nothing."""
    present = int((values > 0).sum())
    if total <= 0:
        return 0
    return min(int(np.searchsorted(np.cumsum(values) / total, variance - 1e-12)) + 1, present)
