"""An affect model drives a face model: by the names of its facial units, or by what it does to its own surface.

Components on a surface say nothing to a face model of another topology, nor to what goes by the names of units: folds,
the inside of the mouth, gaze. So each class and each expression is brought to the face model's units once: the least
squares of the moved skin, within the units' bounds.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from weakref import WeakKeyDictionary

import numpy as np

from affectface.affect import ActionUnits, Affect
from affectface.arrays import FloatArray
from affectface.errors import TopologyMismatchError
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.surface import Basis
from affectface.gallery.transfer.facial_units import flat_products, units_of
from affectface.gallery.transfer.matching import match_faces
from affectface.morphable import FaceModel

_FEWEST_UNITS = 0.5
"""Share of an affect model's units that a face model must have: with fewer, the affect would not be what was asked."""
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
        shared = _shared(affect_model.unit_names, face_model.expression_names)
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


@lru_cache(maxsize=16)
def _shared(units: tuple[str, ...], known: tuple[str, ...]) -> int:
    """How many of an affect model's units a face model knows."""
    return len(set(units) & set(known))


def _transferred(affect_model: AffectModel, basis: Basis, face_model: FaceModel) -> AffectModel:
    match = match_faces(basis.surface, face_model)
    trust = match.trust[:, None]
    components = match.moved(basis.displacements) * trust
    units = face_model.expression[:, match.vertices] * trust
    names, k = face_model.expression_names, len(affect_model.points)
    rows = np.concatenate([affect_model.point_strengths, affect_model.expression_strengths]).astype(np.float64)
    strengths = units_of(rows @ flat_products(components, units), flat_products(units, units), names)
    spread = None
    if affect_model.spread is not None and affect_model.expression_spread is not None:
        rows = np.concatenate([affect_model.spread, affect_model.expression_spread]).astype(np.float64) ** 2
        # variances add up: those of the vertices are a sum of the units' squares, none of them negative
        squares = units**2
        spread = units_of(rows @ flat_products(components**2, squares), flat_products(squares, squares), names) ** 0.5
    return replace(
        affect_model,
        unit_names=names,
        point_strengths=strengths[:k],
        expression_strengths=strengths[k:],
        spread=None if spread is None else spread[:k],
        expression_spread=None if spread is None else spread[k:],
        basis=None,
    )
