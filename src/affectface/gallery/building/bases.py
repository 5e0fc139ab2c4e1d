"""The basis of an affect model: what mean displacements of meshes are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.errors import TopologyMismatchError
from affectface.gallery.building.config import BuildConfig
from affectface.gallery.components.largest import principal_frames
from affectface.gallery.components.sparse_components import SparseConfig, find_sparse_components
from affectface.gallery.store import Template
from affectface.gallery.surface import Basis, surface_of
from affectface.gallery.transfer.bounded import bounded_least_squares
from affectface.gallery.transfer.facial_units import flat_products, units_of
from affectface.morphable import FaceModel

_FULL_STRENGTH = 3.0
"""Root mean squares of what is shown that a principal component at strength 1 moves."""
_UNSEEN = ("tongue",)
"""Units that are not looked for where eyes are seen."""
_SEEN = ("face", "eye_left", "eye_right")


@dataclass(frozen=True, eq=False)
class OnBasis:
    """Displacements as strengths on a basis.

    Attributes
    ----------
    unit_names : tuple of str
        The U units or components.
    strengths : ndarray of shape (G, U), float32
        Of each displacement.
    spread : ndarray of shape (G, U), float32
        Standard deviations between people.
    basis : Basis or None
        The components; None of facial units.
    moved, lost : float
        Root mean squares over the face of what is shown, and of what the basis does not hold, mm; 0 of strengths.
    """

    unit_names: tuple[str, ...]
    strengths: FloatArray
    spread: FloatArray
    basis: Basis | None = None
    moved: float = 0.0
    lost: float = 0.0


def check_topology(template: Template, face_model: FaceModel) -> None:
    """Refuse a face model whose mesh is not the template's."""
    same = template.vertices.shape == face_model.vertices.shape and np.array_equal(
        template.triangles, face_model.triangles
    )
    if not same:
        raise TopologyMismatchError(
            f"the gallery's meshes have the {len(template.vertices)} vertices of {template.name!r}, face model "
            f"{face_model.name!r} has {len(face_model.vertices)}: give --model, one with the gallery's triangles"
        )


def on_units(means: FloatArray, spread: FloatArray, face_model: FaceModel) -> OnBasis:
    """Express displacements of a face model's mesh in its own units.

    Parameters
    ----------
    means, spread : ndarray of shape (G, V, 3), float32
        Displacements, and their standard deviations between people, cm.
    face_model : FaceModel
        The face model.

    Returns
    -------
    OnBasis
        Bounded least squares over skin of the face and eyes: what is inside a mouth is seen by no scanner.
    """
    seen = np.unique(face_model.triangles[face_model.region(*_SEEN)])
    units, names = face_model.expression[:, seen], face_model.expression_names
    gram = flat_products(units, units)
    strengths = units_of(flat_products(means[:, seen], units), gram, names, _UNSEEN)
    squares = units**2
    varied = units_of(flat_products(spread[:, seen] ** 2, squares), flat_products(squares, squares), names, _UNSEEN)
    moved, lost = _lost(means, strengths, face_model.expression, face_model)
    return OnBasis(names, strengths, varied**0.5, None, moved, lost)


def on_components(
    means: FloatArray,
    spread: FloatArray,
    frames: NDArray[np.float32],
    face_model: FaceModel,
    config: BuildConfig,
    advance: Callable[[], None] = lambda: None,
) -> OnBasis:
    """Find components of displacements, and express others in them.

    Parameters
    ----------
    means, spread : ndarray of shape (G, V, 3), float32
        Displacements, and their standard deviations between people, cm.
    frames : ndarray of shape (F, V, 3), float32
        What the components are found in: the means themselves, or many frames, memory-mapped.
    face_model : FaceModel
        The face model whose mesh it is.
    config : BuildConfig
        Which components, and how many.
    advance : callable
        Called after each round.

    Returns
    -------
    OnBasis
        Least squares; spreads within what is positive.
    """
    count = min(config.components, len(frames))
    if config.basis == "sparse":
        sparse = SparseConfig(components=count)
        found = find_sparse_components(frames, face_model.vertices, face_model.triangles, sparse, advance=advance)
        components = found.components
    else:
        core = principal_frames(frames, count, 512)[1]
        components = (core * (_FULL_STRENGTH / np.sqrt(len(frames)))).astype(np.float32).reshape(count, -1, 3)
        components = components[np.abs(components).max(axis=(1, 2)) > 1e-6]
    gram = flat_products(components, components)
    ridge = 1e-9 * float(np.trace(gram)) * np.eye(len(gram))
    strengths = np.linalg.solve(gram + ridge, flat_products(components, means)).T.astype(np.float32)
    squares = components**2
    right = flat_products(spread**2, squares)
    varied = bounded_least_squares(flat_products(squares, squares), right, np.full(len(gram), 25.0), ridge=1e-3)
    names = tuple(f"{config.basis}_{k + 1:02}" for k in range(len(components)))
    moved, lost = _lost(means, strengths, components, face_model)
    basis = Basis(surface_of(face_model), components)
    return OnBasis(names, strengths, np.sqrt(varied).astype(np.float32), basis, moved, lost)


def _lost(means: FloatArray, strengths: FloatArray, basis: FloatArray, face_model: FaceModel) -> tuple[float, float]:
    """Root mean squares over the face, mm, of means and of what the basis does not hold of them."""
    face = np.unique(face_model.triangles[face_model.region("face")])
    wanted = means[:, face]
    left = wanted - np.tensordot(strengths, basis[:, face], axes=1)
    return tuple(10 * float(np.sqrt((part**2).sum(axis=2).mean())) for part in (wanted, left))  # type: ignore[return-value]
