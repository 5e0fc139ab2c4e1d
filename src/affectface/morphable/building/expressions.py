"""Expression bases from scans with expressions: what a face does, seen from the same person's neutral face.

Kollias 2020, section 3.3, and Booth et al. 2018: an expression is the displacement from the same subject's neutral
mesh, so that it holds no identity. A scan is turned and moved onto its neutral one first. That alignment is robust
(iteratively reweighted, Geman and McClure 1987): by least squares an open jaw tilts the forehead. On the face or the
whole head of the embedded model and ICT-FaceKit, a jaw opened all the way comes out 6 to 8 mm wrong that way (root mean
square), and 0.02 to 0.3 mm wrong this way.

Components of the displacements are taken about zero, not about their mean: coefficients of zero must be the neutral
face.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from affectface.arrays import FloatArray, IntArray
from affectface.morphable.building.principal import (
    EXACT_UP_TO,
    Components,
    component_basis,
    exact_components,
    inner_products,
)
from affectface.morphable.building.procrustes import AlignedMeshes, Array64, best_rotations, unaligned
from affectface.morphable.building.progress import Advance, Progress
from affectface.morphable.building.random_projection import randomised_components
from affectface.morphable.building.scratch import MeshScratch
from affectface.morphable.importers.published import half_units

ExpressionBasis = Literal["components", "named"]

_STEPS = 12
_STILL_CM = 0.05


@dataclass(frozen=True, eq=False)
class Units:
    """Expression units of a face model.

    Attributes
    ----------
    displacements : ndarray of shape (E, V, 3), float32
        What each does at full strength, cm.
    names : tuple of str
        What they are called.
    kept : float
        The share of the displacements' squares that they hold; 1 for named ones, which are means.
    """

    displacements: FloatArray
    names: tuple[str, ...]
    kept: float


def write_displacements(
    neutrals: AlignedMeshes,
    own: Sequence[IntArray],
    faces: IntArray,
    scratch: MeshScratch,
    advance: Advance,
    *,
    still: bool = False,
) -> None:
    """Write the displacement of each expressive mesh from its own neutral one.

    Parameters
    ----------
    neutrals : AlignedMeshes
        The neutral meshes, aligned.
    own : sequence of ndarray, int32
        For each expressive mesh, which of them are the same person's; their mean is that person's neutral face.
    faces : ndarray of shape (F,), int32
        The rows of the expressive meshes in the scratch file of the neutral ones.
    scratch : MeshScratch
        Where the displacements (F, V, 3), cm, go.
    advance : callable
        Told of each mesh.
    still : bool
        Whether the meshes lie on their neutral ones already, and must not be turned.
    """
    for mine, row in zip(own, faces.tolist(), strict=True):
        parts = [block for _, block in neutrals.subset(mine).blocks()]
        neutral = np.concatenate(parts).mean(0)
        # The person's own scale and, to begin with, turn: of the neutral scan that comes first.
        linear, shift = neutrals.linear[mine[0]], neutrals.shift[mine[0]]
        face = neutrals.scratch.read(np.array([row], dtype=np.int32))[0].astype(np.float64) @ linear.T + shift
        placed = face if still else robustly_onto(face, neutral)
        scratch.append((placed - neutral).astype(np.float32))
        advance(1)


def robustly_onto(points: Array64, target: Array64) -> Array64:
    """Return points turned and moved so that what can lie on a target does, whatever the rest does.

    Parameters
    ----------
    points : ndarray of shape (V, 3), float64
        A face with an expression, cm.
    target : ndarray of shape (V, 3), float64
        The same person's neutral face.

    Returns
    -------
    ndarray of shape (V, 3), float64
        The points, moved rigidly.
    """
    weight = np.ones((len(points), 1))
    for step in range(_STEPS):
        from_centre = (weight * points).sum(0) / weight.sum()
        to_centre = (weight * target).sum(0) / weight.sum()
        turn = best_rotations((points - from_centre)[None], weight * (target - to_centre))[0]
        points = (points - from_centre) @ turn.T + to_centre
        away = ((points - target) ** 2).sum(1, keepdims=True)
        # From no outliers at all to the still half of the face.
        bound = max(_STILL_CM**2, float(np.median(away))) * max(1.0, 4.0 ** (4 - step))
        weight = 1 / (1 + away / bound) ** 2
    return points


def component_units(
    scratch: MeshScratch, variance: float, block_bytes: int, rng: np.random.Generator, progress: Progress
) -> Units:
    """Return the principal components of displacements as units, two for each: `scan001_plus`, `scan001_minus`.

    Parameters
    ----------
    scratch : MeshScratch
        The displacements, cm.
    variance : float
        The share of their squares to keep.
    block_bytes : int
        How much is read at once.
    rng : numpy.random.Generator
        For more displacements than are done exactly.
    progress : callable
        Told of the passes.

    Returns
    -------
    Units
        Facial units push in one direction, and a fit's prior says so; a component has two. Full strength is three
        root mean squares of what the scans show.
    """
    faces = unaligned(scratch, np.arange(scratch.count, dtype=np.int32), 1.0, block_bytes)
    middle = np.zeros((scratch.vertices, 3))
    found: Components
    if len(faces) <= EXACT_UP_TO:
        with progress("components of the expressions", scratch.vertices) as advance:
            found = exact_components(inner_products(faces, middle, advance), variance, about_mean=False)
    else:
        with progress("components of the expressions", None) as advance:
            found = randomised_components(faces, middle, variance, rng, advance)
    with progress("expression basis", scratch.vertices) as advance:
        basis = component_basis(faces, middle, found, advance)
    both, names = half_units(found.deviations.astype(np.float32)[:, None, None] * basis, "scan")
    return Units(both, names, found.kept)


def named_units(scratch: MeshScratch, names: Sequence[str], block_bytes: int) -> Units:
    """Return the mean displacement of each named expression as a unit.

    Parameters
    ----------
    scratch : MeshScratch
        The displacements, cm.
    names : sequence of str
        The expression of each.
    block_bytes : int
        How much is read at once.

    Returns
    -------
    Units
        In the order of their names (Kollias 2020, section 4.5.1: the mean faces of the classes).
    """
    rows: Mapping[str, list[int]] = {name: [] for name in sorted(set(names))}
    for row, name in enumerate(names):
        rows[name].append(row)
    means = []
    for listed in rows.values():
        faces = unaligned(scratch, np.array(listed, dtype=np.int32), 1.0, block_bytes)
        means.append(sum(block.sum(0) for _, block in faces.blocks()) / len(faces))
    return Units(np.array(means, dtype=np.float32), tuple(rows), 1.0)
