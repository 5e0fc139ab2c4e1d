"""An affect model drives a face model: by the names of its facial units, or by what it does to its own surface.

Components on a surface say nothing to a face model of another topology, nor to what goes by the names of units: folds,
the inside of the mouth, gaze. So each class and each expression is brought to the face model's units once: the least
squares of the moved skin, within the units' bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from affectface.affect import ActionUnits, Affect
from affectface.arrays import FloatArray
from affectface.errors import TopologyMismatchError
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.surface import Basis
from affectface.gallery.transfer.bounded import bounded_least_squares
from affectface.gallery.transfer.matching import match_faces
from affectface.morphable import FaceModel

_FEWEST_UNITS = 0.5
"""Share of an affect model's units that a face model must have: with fewer, the affect would not be what was asked."""
STRONGEST = 1.5
"""The most that a unit is asked for."""
UNSEEN = ("eyeLook", "tongue")
"""Units of which skin shows little: gaze, which lids follow a little, would be guessed from any squint."""
OPPOSITES = (("jawLeft", "jawRight"), ("mouthLeft", "mouthRight"))
"""Units that undo each other; both at once would explain what neither does."""
RIDGE = 1e-2
"""What a unit's square costs beside what it explains: units that do nearly the same share the work."""

_known: WeakKeyDictionary[AffectModel, WeakKeyDictionary[FaceModel, AffectModel]] = WeakKeyDictionary()
"""What was brought to units already, as long as both models are there."""


def expression_of(affect_model: AffectModel, face_model: FaceModel, affect: Affect, intensity: float) -> FloatArray:
    """Return the expression coefficients (E,) of a face model that show an affect.

    Parameters
    ----------
    affect_model : AffectModel
        Affect -> facial units, or components.
    face_model : FaceModel
        The face model that is to show it.
    affect : ValenceArousal, Expression or ActionUnits
        What is asked for.
    intensity : float
        How much of it, 0 to 1.5.

    Returns
    -------
    ndarray of shape (E,), float32
        Strengths of the face model's own units.

    Raises
    ------
    TopologyMismatchError
        If the face model lacks most of the affect model's units, or the two have no face in common.
    TargetError
        If the affect cannot be shown.
    """
    known = in_units_of(affect_model, face_model, affect)
    return face_model.expression_vector(known.strengths(affect, intensity))


def variation_of(affect_model: AffectModel, face_model: FaceModel, affect: Affect, intensity: float) -> FloatArray:
    """Return by how much people differ (E,) in the units of a face model that show an affect; 0 where nothing is known.

    Parameters
    ----------
    affect_model : AffectModel
        Affect -> facial units, or components.
    face_model : FaceModel
        The face model that is to show it.
    affect : ValenceArousal, Expression or ActionUnits
        What is asked for.
    intensity : float
        How much of it, 0 to 1.5.

    Returns
    -------
    ndarray of shape (E,), float32
        Standard deviations of the strengths of the face model's own units.

    Raises
    ------
    TopologyMismatchError, TargetError
        As for `expression_of`.
    """
    known = in_units_of(affect_model, face_model, affect)
    return face_model.expression_vector(known.variation(affect, intensity))


def in_units_of(affect_model: AffectModel, face_model: FaceModel, affect: Affect | None = None) -> AffectModel:
    """Return an affect model in the facial units of a face model.

    Parameters
    ----------
    affect_model : AffectModel
        The affect model.
    face_model : FaceModel
        The face model.
    affect : ValenceArousal, Expression or ActionUnits, optional
        What it is needed for: action units have names, whatever the model's basis.

    Returns
    -------
    AffectModel
        The model itself where its units have names that the face model knows; otherwise the same affects in the face
        model's units, computed once for the pair.

    Raises
    ------
    TopologyMismatchError
        If the face model lacks most of the affect model's units, or the two have no face in common.
    """
    if affect_model.basis is None:
        known = set(face_model.expression_names)
        shared = sum(unit in known for unit in affect_model.unit_names)
        if shared < _FEWEST_UNITS * len(affect_model.unit_names):
            raise TopologyMismatchError(
                f"affect model {affect_model.name!r} moves {len(affect_model.unit_names)} facial units of which face "
                f"model {face_model.name!r} has {shared}: use an affect model built for this face model, or one with a "
                "basis of components"
            )
        return affect_model
    if isinstance(affect, ActionUnits):
        return affect_model
    pairs = _known.setdefault(affect_model, WeakKeyDictionary())
    if face_model not in pairs:
        pairs[face_model] = _transferred(affect_model, affect_model.basis, face_model)
    return pairs[face_model]


def _transferred(affect_model: AffectModel, basis: Basis, face_model: FaceModel) -> AffectModel:
    match = match_faces(basis.surface, face_model)
    components = match.moved(basis.displacements)
    units = face_model.expression[:, match.vertices].astype(np.float64)
    names, k = face_model.expression_names, len(affect_model.points)
    rows = np.concatenate([affect_model.point_strengths, affect_model.expression_strengths])
    strengths = units_of(rows, components, units, names, match.trust)
    spread = None
    if affect_model.spread is not None and affect_model.expression_spread is not None:
        rows = np.concatenate([affect_model.spread, affect_model.expression_spread])
        spread = spread_of(rows, components, units, names, match.trust)
    return replace(
        affect_model,
        unit_names=names,
        point_strengths=strengths[:k],
        expression_strengths=strengths[k:],
        spread=None if spread is None else spread[:k],
        expression_spread=None if spread is None else spread[k:],
        basis=None,
    )


def units_of(
    weights: NDArray[np.floating],
    components: NDArray[np.float64],
    units: NDArray[np.float64],
    names: Sequence[str],
    trust: NDArray[np.float64],
) -> FloatArray:
    """Return the strengths of facial units that move skin as weighted components do.

    Parameters
    ----------
    weights : ndarray of shape (N, B)
        Of the components.
    components : ndarray of shape (B, M, 3), float64
        Displacements of M vertices, cm.
    units : ndarray of shape (U, M, 3), float64
        Displacements of the same vertices by each unit.
    names : sequence of U str
        The units: of two that are opposites one is at rest, and what skin does not show stays at rest.
    trust : ndarray of shape (M,), float64
        How much each vertex counts.

    Returns
    -------
    ndarray of shape (N, U), float32
        In [0, 1.5].
    """
    counted = (units * trust[:, None]).reshape(len(units), -1)
    right = weights.astype(np.float64) @ ((components * trust[:, None]).reshape(len(components), -1) @ counted.T)
    gram = counted @ counted.T
    most = np.where([name.startswith(UNSEEN) for name in names], 0.0, STRONGEST)
    found = bounded_least_squares(gram, right, most, ridge=RIDGE)
    bound = np.tile(most, (len(found), 1))
    for one, other in OPPOSITES:
        if one in names and other in names:
            a, b = names.index(one), names.index(other)
            bound[:, a] = np.maximum(found[:, a] - found[:, b], 0)
            bound[:, b] = np.maximum(found[:, b] - found[:, a], 0)
    return bounded_least_squares(gram, right, bound, ridge=RIDGE).astype(np.float32)


def spread_of(
    spread: NDArray[np.floating],
    components: NDArray[np.float64],
    units: NDArray[np.float64],
    names: Sequence[str],
    trust: NDArray[np.float64],
) -> FloatArray:
    """Return standard deviations of facial units that spread skin as those of components do.

    Parameters
    ----------
    spread : ndarray of shape (N, B)
        Standard deviations of the components, which vary on their own.
    components, units, names, trust
        As for `units_of`.

    Returns
    -------
    ndarray of shape (N, U), float32
        Variances add up, so those of the vertices are a sum of the units' squares, none of them negative.
    """
    return units_of(spread.astype(np.float64) ** 2, components**2, units**2, names, trust**2) ** 0.5
