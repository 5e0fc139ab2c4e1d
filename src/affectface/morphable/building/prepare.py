"""What is done once, whatever models are built then: read the meshes, and leave out those that failed.

The order is that of LSFM (Booth et al. 2016, 2018; Kollias 2020, section 3.4.2): failures are found in a model of
everybody; models of all, or of groups, are built of those who are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from affectface.arrays import BoolArray, IntArray
from affectface.errors import MeshSetError
from affectface.morphable.building.config import CM, BuildConfig
from affectface.morphable.building.failures import (
    ENOUGH,
    FIRST_VARIANCE,
    MOST_ROUNDS,
    find_failures,
    judged_components,
    worst_remainders,
)
from affectface.morphable.building.load import Register, load_meshes
from affectface.morphable.building.mesh_set import LeftOut, MeshSource
from affectface.morphable.building.principal import (
    EXACT_UP_TO,
    Components,
    component_basis,
    exact_components,
    inner_products,
)
from affectface.morphable.building.procrustes import (
    AlignedMeshes,
    Array64,
    generalised_procrustes,
    turned_onto,
    unaligned,
)
from affectface.morphable.building.progress import Progress
from affectface.morphable.building.random_projection import randomised_components
from affectface.morphable.building.scratch import MeshScratch
from affectface.morphable.building.surface import MOST_FOLDED, folded, mirrored
from affectface.morphable.building.topology import Topology


@dataclass(frozen=True, eq=False)
class Prepared:
    """Meshes that models can be built of.

    Attributes
    ----------
    scratch : MeshScratch
        The meshes on disk, as they were.
    sources : tuple of MeshSource
        What each of its rows is.
    topology : Topology
        What they share.
    first : ndarray of shape (V, 3), float64
        The mesh whose axes are kept.
    neutral : ndarray of shape (N,), int32
        Rows of the neutral meshes that are good.
    expressive : ndarray of shape (F,), int32
        Rows of the meshes with expressions that are good.
    left_out : tuple of LeftOut
        Who is not among them.
    """

    scratch: MeshScratch
    sources: tuple[MeshSource, ...]
    topology: Topology
    first: Array64
    neutral: IntArray
    expressive: IntArray
    left_out: tuple[LeftOut, ...]


def prepare(
    sources: Sequence[MeshSource], topology: Topology, scratch: MeshScratch, config: BuildConfig, progress: Progress
) -> Prepared:
    """Read meshes and leave out those of which no model should be built.

    Parameters
    ----------
    sources : sequence of MeshSource
        The meshes.
    topology : Topology
        What they must share.
    scratch : MeshScratch
        Where they are kept.
    config : BuildConfig
        How.
    progress : callable
        Told of the steps.

    Returns
    -------
    Prepared
        The good ones.

    Raises
    ------
    MeshSetError
        If none is left, or, with `config.strict`, if one would be left out.
    """
    register = Register(config.strict, [])
    loaded = load_meshes(sources, topology, scratch, register, progress)
    if not loaded:
        reason = f", {register.left_out[0].name}: {register.left_out[0].reason}" if register.left_out else ""
        raise MeshSetError(f"none of {len(sources)} meshes can be used; the first{reason}")
    every = unaligned(scratch, np.arange(len(loaded), dtype=np.int32), CM[config.unit], config.block_bytes)
    every, first = _unmirrored(every, loaded, topology, register, progress)
    is_neutral = np.array([neutral_row(loaded[row], config) for row in every.rows], dtype=bool)
    neutral, expressive = (every.subset(_places(chosen)) for chosen in (is_neutral, ~is_neutral))
    if not len(neutral):
        raise MeshSetError(f"no mesh is neutral: the table's column expression never says {config.neutral!r}")
    with progress("aligning", None) as advance:
        aligned, mean = generalised_procrustes(neutral, first, config.alignment, advance)
    neutral = _unfolded(aligned, mean, loaded, (topology, register, progress))
    if len(expressive):
        turned = expressive if config.alignment == "none" else turned_onto(expressive, mean)
        expressive = _unfolded(turned, mean, loaded, (topology, register, progress))
    if config.failure_rate > 0:
        neutral = _without_failures(neutral, first, loaded, (config, register, progress))
    return Prepared(scratch, tuple(loaded), topology, first, neutral.rows, expressive.rows, tuple(register.left_out))


def neutral_row(source: MeshSource, config: BuildConfig) -> bool:
    """Return whether the table calls a mesh neutral, or calls it nothing."""
    return source.row.get("expression", "").casefold() in ("", config.neutral.casefold())


def first_components(
    meshes: AlignedMeshes, mean: Array64, variance: float, seed: int, progress: Progress
) -> tuple[Components, Array64 | None]:
    """Return the principal components of meshes, and their inner products where those were computed.

    Parameters
    ----------
    meshes : AlignedMeshes
        The meshes.
    mean : ndarray of shape (V, 3), float64
        Their mean.
    variance : float
        The share of the variance to keep.
    seed : int
        For sets that are too large to be done exactly.
    progress : callable
        Told of the passes.

    Returns
    -------
    components : Components
        The components.
    products : ndarray of shape (N, N), float64, or None
        The inner products.
    """
    if len(meshes) > EXACT_UP_TO:
        with progress("components", None) as advance:
            rng = np.random.default_rng(seed)
            return randomised_components(meshes, mean, variance, rng, advance), None
    with progress("components", meshes.scratch.vertices) as advance:
        products = inner_products(meshes, mean, advance)
        return exact_components(products, variance), products


def _unmirrored(
    every: AlignedMeshes, loaded: Sequence[MeshSource], topology: Topology, register: Register, progress: Progress
) -> tuple[AlignedMeshes, Array64]:
    """Return the meshes of the hand that most have, and one of them to begin with."""
    first = topology.vertices.astype(np.float64)
    with progress("checking", len(every)) as advance:
        other_hand = mirrored(every, first, advance)
    if other_hand.sum() > len(every) / 2:
        if topology.origin not in {source.name for source in loaded}:
            raise MeshSetError(
                f"{int(other_hand.sum())} of {len(every)} meshes are mirror images of {topology.origin}; negate their x"
            )
        other_hand = ~other_hand
        first = every.scratch.read(every.rows[np.flatnonzero(~other_hand)[:1]])[0].astype(np.float64)
    for row in every.rows[other_hand]:
        register.leave_out(loaded[row].name, "it is a mirror image of the others")
    return every.subset(_places(~other_hand)), first


def _unfolded(
    meshes: AlignedMeshes,
    mean: Array64,
    loaded: Sequence[MeshSource],
    told: tuple[Topology, Register, Progress],
) -> AlignedMeshes:
    """Return the meshes whose surface faces the right way."""
    topology, register, progress = told
    with progress("checking surfaces", len(meshes)) as advance:
        share = folded(meshes, mean, topology.triangles, advance)
    for place in np.flatnonzero(share > MOST_FOLDED):
        reason = f"{100 * share[place]:.0f} % of its surface is flipped over; at most {100 * MOST_FOLDED:.0f} % may be"
        register.leave_out(loaded[meshes.rows[place]].name, reason)
    return meshes.subset(_places(share <= MOST_FOLDED))


def _without_failures(
    neutral: AlignedMeshes,
    first: Array64,
    loaded: Sequence[MeshSource],
    told: tuple[BuildConfig, Register, Progress],
) -> AlignedMeshes:
    """Return the meshes that a model of all of them vouches for."""
    config, register, progress = told
    for _ in range(MOST_ROUNDS):
        if len(neutral) < ENOUGH:
            break
        with progress("aligning", None) as advance:
            neutral, mean = generalised_procrustes(neutral, first, config.alignment, advance)
        components = first_components(neutral, mean, FIRST_VARIANCE, config.seed, progress)[0]
        judged = judged_components(components)
        with progress("first model", neutral.scratch.vertices) as advance:
            basis = component_basis(neutral, mean, judged, advance)
        with progress("looking for failures", 2 * len(neutral)) as advance:
            worst = worst_remainders(neutral, mean, basis, advance)
        failures = find_failures(judged, worst, config.failure_rate)
        for failure in failures:
            register.leave_out(loaded[neutral.rows[failure.place]].name, failure.reason)
        good = np.ones(len(neutral), dtype=bool)
        good[[failure.place for failure in failures]] = False
        neutral = neutral.subset(_places(good))
        if not failures:
            break
    return neutral


def _places(chosen: BoolArray) -> IntArray:
    """Return the places (K,) of what is chosen."""
    return np.asarray(np.flatnonzero(chosen), dtype=np.int32)
