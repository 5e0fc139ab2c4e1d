"""Sparse localised deformation components: what a gallery's expressions are made of, muscle by muscle.

Neumann, Varanasi, Wenger, Wacker, Magnor, Theobalt: Sparse Localized Deformation Components, ACM TOG 2013; equation 5
of Kollias 2020 is theirs. Displacements X (F, 3 V) are approximated by W C with

    minimal  1 / (2 F s²) ||X - W C||² + sparsity · sum over components k and vertices i of L_ki ||C_k,i|| / s

and every column of W scaled to a largest weight of one. L rises from 0 near a component's centre to 1 away from it, by
geodesic distance, so that components stay local; F and the standard deviation s make `sparsity` mean the same for
every gallery. W and C are found in turn: W one column at a time, C by the alternating direction method of multipliers.
All that is needed of X are the products X Cᵀ and Wᵀ X, which are read in blocks of frames: X may lie on a disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.gallery.components.largest import principal_frames
from affectface.morphable.geodesic import Geodesics

Weights = Literal["both ways", "one way"]


@dataclass(frozen=True, kw_only=True)
class SparseConfig:
    """How sparse components are found."""

    components: int = 50
    """How many."""
    sparsity: float = 3e-3
    """What movement away from a component's centre costs."""
    near: float = 0.1
    """Geodesic distance from the centre, over the mesh's largest extent, up to which movement costs nothing."""
    far: float = 0.3
    """The same from which it costs all of it."""
    weights: Weights = "both ways"
    """Whether weights lie in [-1, 1] and a component moves both ways, which Kollias 2020 chose, or in [0, 1]."""
    rounds: int = 10
    """How often weights and components are found in turn (Neumann 2013)."""
    steps: int = 10
    """Steps of the multipliers' method in each round (Neumann 2013)."""
    block: int = 512
    """Frames that are read at once."""


@dataclass(frozen=True, eq=False)
class SparseComponents:
    """Components of deformations, the strongest first.

    Attributes
    ----------
    components : ndarray of shape (K, V, 3), float32
        Displacements at weight 1, in the gallery's unit.
    weights : ndarray of shape (F, K), float32
        How much of each is in each frame.
    error : float
        Root mean square of what they leave of a vertex's displacement, in the gallery's unit.
    objective : tuple of float
        What was minimised, after each round.
    """

    components: FloatArray
    weights: FloatArray
    error: float
    objective: tuple[float, ...]


def find_sparse_components(
    displacements: FloatArray,
    vertices: FloatArray,
    triangles: IntArray,
    config: SparseConfig | None = None,
    *,
    advance: Callable[[], None] = lambda: None,
) -> SparseComponents:
    """Find the sparse localised components of displacements.

    Parameters
    ----------
    displacements : ndarray of shape (F, V, 3), float32
        Each frame minus its subject's neutral mesh; memory-mapped if it is large.
    vertices : ndarray of shape (V, 3), float32
        The neutral mesh along which distances are measured.
    triangles : ndarray of shape (T, 3), int32
        Its triangles.
    config : SparseConfig, optional
        How they are found.
    advance : callable
        Called after each round.

    Returns
    -------
    SparseComponents
        The components; fewer than asked for where frames or movement are fewer.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or nothing moves.
    """
    config = config or SparseConfig()
    if displacements.ndim != 3 or displacements.shape[1:] != vertices.shape or len(displacements) < 2:
        raise ValueError(
            f"displacements have shape {displacements.shape}; (2 frames or more, {len(vertices)}, 3) is needed"
        )
    frames, size = len(displacements), displacements[0].size
    power = sum(float(np.square(part, dtype=np.float64).sum()) for _, part in _blocks(displacements, config.block))
    if not (np.isfinite(power) and power > 0):
        raise ValueError("displacements are all 0, or not finite; a gallery that moves is needed")
    scale = np.sqrt(power / (frames * size))
    support = _Support(Geodesics(vertices, triangles), float(np.ptp(vertices, axis=0).max()), config)
    components, weights = _deflated(displacements, support, config)
    dual = np.zeros_like(components)
    penalty = config.sparsity * frames * scale  # beside ½ ||X - W C||²
    objective = []
    for _ in range(config.rounds):
        products = np.concatenate([part @ _flat(components).T for _, part in _blocks(displacements, config.block)])
        weights, components, dual = _weigh(weights, components, dual, products.astype(np.float64), config)
        gram = weights.T @ weights
        target = np.zeros_like(_flat(components))
        for rows, part in _blocks(displacements, config.block):
            target += weights[rows].T @ part
        cost = penalty * support.away_from_centres(components)
        components, dual = _shrink(components, dual, gram, target.reshape(components.shape), cost, config.steps)
        objective.append(_objective(power, gram, target, components, cost) / (frames * scale**2))
        advance()
    strength = np.einsum("kk->k", weights.T @ weights) * np.square(components).sum(axis=(1, 2))
    order = [k for k in np.argsort(-strength, kind="stable") if strength[k] > 0]
    left = power - 2 * float((_flat(components) * target).sum()) + float(np.vdot(gram, _gram(components)))
    return SparseComponents(
        components[order].astype(np.float32),
        weights[:, order].astype(np.float32),
        float(np.sqrt(max(left, 0) / (frames * len(vertices)))),
        tuple(objective),
    )


class _Support:
    """What movement of each vertex costs, by its distance from a component's centre."""

    def __init__(self, geodesics: Geodesics, extent: float, config: SparseConfig) -> None:
        self._geodesics = geodesics
        self._near, self._far = config.near * extent, config.far * extent
        self._known: dict[int, NDArray[np.float64]] = {}

    def away_from(self, centre: int) -> NDArray[np.float64]:
        """0 (V,) near a vertex, 1 away from it and on other pieces of the mesh."""
        if centre not in self._known:
            distance = self._geodesics.from_vertex(centre).astype(np.float64)
            self._known[centre] = np.clip((distance - self._near) / (self._far - self._near), 0, 1)
        return self._known[centre]

    def away_from_centres(self, components: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same (K, V) for each component: its centre is where it moves most."""
        centres = np.square(components).sum(axis=2).argmax(axis=1)
        return np.stack([self.away_from(int(centre)) for centre in centres])


def _blocks(displacements: FloatArray, block: int) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Frames (B, 3 V) of a large array, block by block."""
    for start in range(0, len(displacements), block):
        rows = slice(start, min(start + block, len(displacements)))
        yield rows, np.asarray(displacements[rows], dtype=np.float32).reshape(rows.stop - rows.start, -1)


def _flat(components: NDArray[np.float64]) -> NDArray[np.float64]:
    return components.reshape(len(components), -1)


def _gram(components: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(_flat(components) @ _flat(components).T)


def _deflated(
    displacements: FloatArray, support: _Support, config: SparseConfig
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First components (K, V, 3) and weights (F, K): the vertex that moves most, what moves with it, and so on."""
    frames, core = principal_frames(displacements, min(4 * config.components, len(displacements)), config.block)
    rest = core.reshape(len(core), -1, 3)
    components, weights = [], []
    for _ in range(min(config.components, len(core))):
        centre = int(np.square(rest).sum(axis=(0, 2)).argmax())
        left, strength, _ = np.linalg.svd(rest[:, centre], full_matrices=False)
        column = _scaled(frames @ left[:, 0], config.weights)
        if column is None or not strength[0]:
            break
        inner = frames.T @ column
        moved = np.tensordot(inner, rest, axes=1) / float(column @ column)
        moved *= (1 - support.away_from(centre))[:, None]
        rest = rest - inner[:, None, None] * moved
        components.append(moved)
        weights.append(column)
    return np.array(components), np.stack(weights, axis=1)


def _scaled(column: NDArray[np.float64], weights: Weights) -> NDArray[np.float64] | None:
    """A column (F,) as the constraint wants it: its largest weight is 1; None if there is none."""
    if abs(column.min()) > column.max():
        column = -column
    if weights == "one way":
        column = np.maximum(column, 0)
    largest = float(column.max(initial=0))
    return column / largest if largest > 0 else None


def _weigh(
    weights: NDArray[np.float64],
    components: NDArray[np.float64],
    dual: NDArray[np.float64],
    products: NDArray[np.float64],
    config: SparseConfig,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The best weights (F, K), one column after the other, from X Cᵀ (F, K); components take what scales them."""
    weights, components, dual = weights.copy(), components.copy(), dual.copy()
    gram = _gram(components)
    for k in range(len(components)):
        if gram[k, k] <= 0:
            weights[:, k] = 0
            continue
        column = weights[:, k] + (products[:, k] - weights @ gram[:, k]) / gram[k, k]
        if config.weights == "one way":
            column = np.maximum(column, 0)
        largest = float(np.abs(column).max())
        if largest == 0:
            weights[:, k] = 0
            continue
        factor = largest if column.max() >= -column.min() else -largest
        weights[:, k] = column / factor
        components[k] *= factor
        dual[k] *= factor
        gram[k] *= factor
        gram[:, k] *= factor
        products[:, k] *= factor
    return weights, components, dual


def _shrink(
    components: NDArray[np.float64],
    dual: NDArray[np.float64],
    gram: NDArray[np.float64],
    target: NDArray[np.float64],
    cost: NDArray[np.float64],
    steps: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The best components (K, V, 3) for given weights, and the scaled multipliers, which the next round starts from."""
    pull = float(np.trace(gram)) / len(gram)
    system = np.linalg.inv(gram + pull * np.eye(len(gram)))
    for _ in range(steps):
        free = np.tensordot(system, target + pull * (components - dual), axes=1)
        wanted = free + dual
        length = np.linalg.norm(wanted, axis=2)
        components = wanted * np.maximum(1 - cost / pull / np.maximum(length, 1e-300), 0)[..., None]
        dual = wanted - components
    return components, dual


def _objective(
    power: float,
    gram: NDArray[np.float64],
    target: NDArray[np.float64],
    components: NDArray[np.float64],
    cost: NDArray[np.float64],
) -> float:
    """½ ||X - W C||² and the regulariser, from products alone."""
    fit = power - 2 * float((_flat(components) * target).sum()) + float(np.vdot(gram, _gram(components)))
    return fit / 2 + float((cost * np.linalg.norm(components, axis=2)).sum())
