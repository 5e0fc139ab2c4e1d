"""The affect model as a value: what is asked for -> strengths of facial units.

Classes of the valence-arousal plane and expressions are kept as coefficients on an expression basis (Kollias 2020,
section 4.5), so 550 classes take kilobytes. The basis is named facial units, so that one affect model drives every face
model that has them; or components of displacements on a surface of their own, which are brought to a face model's units
before they are drawn (`affectface.gallery.driving`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from affectface.affect import ActionUnits, Affect, Expression, ValenceArousal
from affectface.arrays import FloatArray, read_only
from affectface.errors import ModelFileError, TargetError
from affectface.gallery.own_face import FaceRegression
from affectface.gallery.plane.field import PlaneField
from affectface.gallery.surface import Basis

Interpolation = Literal["smooth", "nearest"]
_REACH = 0.15
"""Distance in the plane within which labels of the same face lie, from one annotator to another."""


@dataclass(frozen=True)
class Support:
    """How many frames stand behind what is asked for.

    Attributes
    ----------
    frames : int
        Of the classes that a point belongs to, or of an expression.
    distance : float
        From the point to the nearest class that has frames; infinite where none has, 0 for an expression.
    """

    frames: int
    distance: float


@dataclass(frozen=True, eq=False)
class AffectModel:
    """Displacements for points of the valence-arousal plane and for expressions.

    Attributes
    ----------
    name : str
        What the model is called in records.
    unit_names : tuple of str
        The U facial units of the basis, or components of `basis`.
    points : ndarray of shape (K, 2), float32
        Valence and arousal of the K classes; without any the model knows expressions only.
    point_strengths : ndarray of shape (K, U), float32
        Mean strengths of the units in each class.
    support : ndarray of shape (K,), int32
        How many frames stand behind each class; 0 for a class made from published tables.
    expression_names : tuple of str
        The C expressions.
    expression_strengths : ndarray of shape (C, U), float32
        Strengths of the units in each expression.
    interpolation : str
        `smooth` is continuous along any path; `nearest` takes the nearest class (Kollias 2020, section 4.5.1).
    judges : tuple of str
        Recognisers that were asked while the model was made: they cannot prove what it shows.
    spread : ndarray of shape (K, U), float32, or None
        Standard deviation between people of the strengths in each class.
    expression_spread : ndarray of shape (C, U), float32, or None
        The same for each expression.
    expression_support : ndarray of shape (C,), int32, or None
        How many frames stand behind each expression.
    basis : Basis or None
        What `unit_names` are, where they are not facial units that face models know by name.
    provenance : mapping
        What it was built from, in JSON's types.
    faces : FaceRegression or None
        How expressions go with the face that shows them, where that was learned; see `for_face`.
    smoothing : float
        How far the smooth interpolation may stay away from the classes; at 0 it goes through all.
    """

    name: str
    unit_names: tuple[str, ...]
    points: FloatArray
    point_strengths: FloatArray
    support: NDArray[np.int32]
    expression_names: tuple[str, ...]
    expression_strengths: FloatArray
    interpolation: Interpolation = "smooth"
    judges: tuple[str, ...] = ()
    spread: FloatArray | None = None
    expression_spread: FloatArray | None = None
    expression_support: NDArray[np.int32] | None = None
    basis: Basis | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    faces: FaceRegression | None = None
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        k, u, c = len(self.points), len(self.unit_names), len(self.expression_names)
        wanted = {
            "points": (k, 2),
            "point_strengths": (k, u),
            "support": (k,),
            "expression_strengths": (c, u),
            "spread": (k, u),
            "expression_spread": (c, u),
            "expression_support": (c,),
        }
        for name, shape in wanted.items():
            found = getattr(self, name)
            if found is None:
                continue
            if found.shape != shape:
                raise ModelFileError(f"affect model {self.name!r}: {name} has shape {found.shape}; {shape} is needed")
            if not np.isfinite(found).all():
                raise ModelFileError(f"affect model {self.name!r}: {name} has NaN or infinite entries; rebuild it")
            object.__setattr__(self, name, read_only(found))
        if not k + c or not u or (k and not _plane_is_sound(self.points)):
            raise ModelFileError(
                f"affect model {self.name!r}: {k} classes and {c} expressions on {u} units; three or more different "
                "points in [-1, 1] or an expression, and a unit are needed"
            )
        if self.faces is not None and (self.faces.changes.shape[0], self.faces.changes.shape[2]) != (c, u):
            raise ModelFileError(f"affect model {self.name!r}: its regression on faces is of other units; rebuild it")
        if not (math.isfinite(self.smoothing) and self.smoothing >= 0):
            raise ModelFileError(f"affect model {self.name!r}: smoothing is {self.smoothing}; 0 or more is needed")
        if self.basis is not None and len(self.basis.displacements) != u:
            raise ModelFileError(
                f"affect model {self.name!r}: {len(self.basis.displacements)} displacements of {u} units; rebuild it"
            )

    @cached_property
    def _strengths(self) -> PlaneField:
        return PlaneField(self.points, self.point_strengths, self.support, self.smoothing)

    @cached_property
    def _spread(self) -> PlaneField:
        assert self.spread is not None
        return PlaneField(self.points, self.spread, self.support, self.smoothing)

    def strengths(self, affect: Affect, intensity: float = 1.0) -> dict[str, float]:
        """Return the facial units that show an affect, and how strongly.

        Parameters
        ----------
        affect : ValenceArousal, Expression or ActionUnits
            What is asked for.
        intensity : float
            How much of it, 0 to 1.5; above 1 is caricature.

        Returns
        -------
        dict of str to float
            Units and strengths; empty for the neutral state.

        Raises
        ------
        TargetError
            If the intensity is out of range, or the model lacks the expression or the plane.
        """
        _check_intensity(intensity)
        match affect:
            case ActionUnits():
                return {unit: strength * intensity for unit, strength in affect.units().items() if strength}
            case Expression(name="neutral"):
                return {}
            case Expression(name=name):
                vector = self.expression_strengths[self._row(name)] * intensity
            case ValenceArousal():
                vector = self._at(self._strengths, affect, intensity)
        return self._named(vector)

    def variation(self, affect: Affect, intensity: float = 1.0) -> dict[str, float]:
        """Return by how much people differ in the units that show an affect.

        Parameters
        ----------
        affect : ValenceArousal, Expression or ActionUnits
            What is asked for.
        intensity : float
            How much of it, 0 to 1.5.

        Returns
        -------
        dict of str to float
            Standard deviations between people; empty where the model knows none.

        Raises
        ------
        TargetError
            As for `strengths`.
        """
        _check_intensity(intensity)
        match affect:
            case ValenceArousal() if self.spread is not None:
                return self._named(np.maximum(self._at(self._spread, affect, intensity), 0))
            case Expression(name=name) if self.expression_spread is not None and name != "neutral":
                return self._named(self.expression_spread[self._row(name)] * intensity)
            case _:
                return {}

    def support_of(self, affect: Affect, intensity: float = 1.0) -> Support | None:
        """Return how many frames stand behind what is asked for.

        Parameters
        ----------
        affect : ValenceArousal, Expression or ActionUnits
            What is asked for.
        intensity : float
            How much of it, 0 to 1.5.

        Returns
        -------
        Support or None
            A point belongs to the classes whose centres lie within 0.15 of it, or nearer than the next class. None
            where the model counts no frames, and for the neutral state and action units, which need none.

        Raises
        ------
        TargetError
            As for `strengths`.
        """
        _check_intensity(intensity)
        counted = self.expression_support
        if not (self.support.any() or (counted is not None and counted.any())):
            return None
        match affect:
            case ValenceArousal():
                return self._support_at(self._place(affect, intensity))
            case Expression(name=name) if name != "neutral":
                return Support(0 if counted is None else int(counted[self._row(name)]), 0.0)
            case _:
                return None

    def _support_at(self, where: NDArray[np.float64]) -> Support:
        known = self.support > 0
        if not known.any():
            return Support(0, math.inf)
        points, support = self.points[known].astype(np.float64), self.support[known]
        distance = np.hypot(*(points - where).T)
        near = distance <= np.maximum(_REACH, self._apart[known])
        return Support(int(support[near].sum()), float(distance.min()))

    @cached_property
    def _apart(self) -> NDArray[np.float64]:
        """Distance (K,) from each class to the next."""
        apart = ((self.points[:, None].astype(np.float64) - self.points[None]) ** 2).sum(axis=-1)
        np.fill_diagonal(apart, np.inf)
        return np.asarray(np.sqrt(apart.min(axis=1)))

    def _row(self, expression: str) -> int:
        if expression not in self.expression_names:
            known = ", ".join(self.expression_names) or "none"
            raise TargetError(f"affect model {self.name!r} has no {expression!r}; it has {known}")
        return self.expression_names.index(expression)

    def _named(self, vector: NDArray[np.floating]) -> dict[str, float]:
        return {unit: float(s) for unit, s in zip(self.unit_names, vector, strict=True) if abs(s) > 1e-6}

    def _place(self, affect: ValenceArousal, intensity: float) -> NDArray[np.float64]:
        """The point (2,); the plane ends at the unit circle, where a farther point is taken to be."""
        where = np.array([affect.valence, affect.arousal], dtype=np.float64) * intensity
        return np.asarray(where / max(1.0, math.hypot(*where)))

    def _at(self, values: PlaneField, affect: ValenceArousal, intensity: float) -> NDArray[np.floating]:
        """Values (U,) at a point; none in the middle."""
        where = self._place(affect, intensity)
        if math.hypot(*where) < 1e-9:
            return np.zeros(len(self.unit_names))
        if not len(self.points):
            raise TargetError(
                f"affect model {self.name!r} knows expressions only ({', '.join(self.expression_names)}): "
                "its gallery has no valence and arousal"
            )
        return values.nearest(where) if self.interpolation == "nearest" else values.smooth(where)

    def nearest(self) -> AffectModel:
        """Return the same model that takes the nearest class instead of interpolating."""
        return replace(self, interpolation="nearest")

    def for_face(self, face: FloatArray) -> AffectModel:
        """Return the model of one face.

        Parameters
        ----------
        face : ndarray of shape (68, 3), float32
            The face at rest, as `affectface.gallery.own_face.rest_of` gives it.

        Returns
        -------
        AffectModel
            The model itself where nothing was learned about faces; otherwise with the expressions that people with
            such a face are expected to show.
        """
        if self.faces is None:
            return self
        return replace(self, expression_strengths=self.expression_strengths + self.faces.changes_for(face), faces=None)


def _plane_is_sound(points: FloatArray) -> bool:
    return len(points) >= 3 and np.abs(points).max() <= 1.001 and len(np.unique(points, axis=0)) == len(points)


def _check_intensity(intensity: float) -> None:
    if not (math.isfinite(intensity) and 0 <= intensity <= 1.5):
        raise TargetError(f"intensity is {intensity}; a number from 0 to 1.5 is needed")
