"""The affect model as a value, and its file form: what is asked for -> strengths of facial units.

Classes of the valence-arousal plane and expressions are kept as coefficients on an expression basis (Kollias 2020,
section 4.5), so 550 classes take kilobytes. The basis is named facial units, so that one affect model drives every face
model that has them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affectface.affect import ActionUnits, Affect, Expression, ValenceArousal
from affectface.arrays import FloatArray, read_only
from affectface.errors import ModelFileError, TargetError, TopologyMismatchError
from affectface.morphable import FaceModel
from affectface.morphable.face_model import read_npz, write_npz

Interpolation = Literal["smooth", "nearest"]
FORMAT = "affectface-affect-model"
FORMAT_VERSION = 1
_FEWEST_UNITS = 0.5
"""Share of an affect model's units that a face model must have: with fewer, the affect would not be what was asked."""


@dataclass(frozen=True, eq=False)
class AffectModel:
    """Displacements for points of the valence-arousal plane and for expressions.

    Attributes
    ----------
    name : str
        What the model is called in records.
    unit_names : tuple of str
        The U facial units of the basis.
    points : ndarray of shape (K, 2), float32
        Valence and arousal of the K classes.
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

    def __post_init__(self) -> None:
        k, u, c = len(self.points), len(self.unit_names), len(self.expression_names)
        wanted = {
            "points": (k, 2),
            "point_strengths": (k, u),
            "support": (k,),
            "expression_strengths": (c, u),
        }
        for name, shape in wanted.items():
            found = getattr(self, name)
            if found.shape != shape:
                raise ModelFileError(f"affect model {self.name!r}: {name} has shape {found.shape}; {shape} is needed")
            if not np.isfinite(found).all():
                raise ModelFileError(f"affect model {self.name!r}: {name} has NaN or infinite entries; rebuild it")
            object.__setattr__(self, name, read_only(found))
        if k < 3 or not u or np.abs(self.points).max() > 1.001 or len(np.unique(self.points, axis=0)) < k:
            raise ModelFileError(
                f"affect model {self.name!r}: {k} classes on {u} units; three or more different points in [-1, 1] "
                "and a unit are needed"
            )

    @cached_property
    def _spline(self) -> FloatArray:
        """Coefficients (K + 3, U) of the thin-plate spline through the classes."""
        k = len(self.points)
        system = np.zeros((k + 3, k + 3))
        system[:k, :k] = _thin_plate(self.points, self.points)
        system[:k, k:] = np.hstack([np.ones((k, 1)), self.points])
        system[k:, :k] = system[:k, k:].T
        right = np.zeros((k + 3, len(self.unit_names)))
        right[:k] = self.point_strengths
        return np.asarray(np.linalg.lstsq(system, right, rcond=1e-10)[0], dtype=np.float64)

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
            If the intensity is out of range, or the model lacks the expression.
        """
        if not (np.isfinite(intensity) and 0 <= intensity <= 1.5):
            raise TargetError(f"intensity is {intensity}; a number from 0 to 1.5 is needed")
        match affect:
            case ActionUnits():
                return {unit: strength * intensity for unit, strength in affect.units().items() if strength}
            case Expression(name="neutral"):
                return {}
            case Expression(name=name):
                if name not in self.expression_names:
                    raise TargetError(
                        f"affect model {self.name!r} has no {name!r}; it has {', '.join(self.expression_names)}"
                    )
                vector = self.expression_strengths[self.expression_names.index(name)] * intensity
            case ValenceArousal():
                vector = self._at(affect, intensity)
        return {unit: float(s) for unit, s in zip(self.unit_names, vector, strict=True) if abs(s) > 1e-6}

    def _at(self, affect: ValenceArousal, intensity: float) -> NDArray[np.floating]:
        """Strengths (U,) at a point; the plane ends at the unit circle, where a farther point is taken to be."""
        where = np.array([[affect.valence, affect.arousal]], dtype=np.float64) * intensity
        radius = float(np.hypot(*where[0]))
        if radius < 1e-9:
            return np.zeros(len(self.unit_names))
        where /= max(1.0, radius)
        if self.interpolation == "nearest":
            return np.asarray(self.point_strengths[np.argmin(((self.points - where) ** 2).sum(axis=1))])
        basis = np.hstack([_thin_plate(where, self.points), np.ones((1, 1)), where])
        return np.asarray((basis @ self._spline)[0])

    def nearest(self) -> AffectModel:
        """Return the same model that takes the nearest class instead of interpolating."""
        return replace(self, interpolation="nearest")


def expression_of(affect_model: AffectModel, face_model: FaceModel, affect: Affect, intensity: float) -> FloatArray:
    """Return the expression coefficients (E,) of a face model that show an affect.

    Parameters
    ----------
    affect_model : AffectModel
        Affect -> facial units.
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
        If the face model lacks most of the affect model's units.
    TargetError
        If the affect cannot be shown.
    """
    known = set(face_model.expression_names)
    shared = sum(unit in known for unit in affect_model.unit_names)
    if shared < _FEWEST_UNITS * len(affect_model.unit_names):
        raise TopologyMismatchError(
            f"affect model {affect_model.name!r} moves {len(affect_model.unit_names)} facial units of which face model "
            f"{face_model.name!r} has {shared}: use an affect model built for this face model"
        )
    return face_model.expression_vector(affect_model.strengths(affect, intensity))


def _thin_plate(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """The kernel r² log r between points (N, 2) and (M, 2): (N, M)."""
    squared = ((a[:, None].astype(np.float64) - b[None]) ** 2).sum(axis=-1)
    return np.asarray(squared * np.log(np.maximum(squared, 1e-30)) / 2)


def save_affect_model(model: AffectModel, path: str | os.PathLike[str]) -> None:
    """Write an affect model as `.npz`, atomically.

    Parameters
    ----------
    model : AffectModel
        The model.
    path : path-like
        The file.
    """
    arrays = {field.name: np.asarray(getattr(model, field.name)) for field in fields(model)}
    arrays["judges"] = np.array(model.judges, dtype=np.str_)  # without one NumPy would not know that they are texts
    write_npz(path, {"format": np.array(FORMAT), "format_version": np.array(FORMAT_VERSION)} | arrays)


def load_affect_model(path: str | os.PathLike[str]) -> AffectModel:
    """Read an affect model.

    Parameters
    ----------
    path : path-like
        The `.npz` file.

    Returns
    -------
    AffectModel
        The model.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, of another format, or holds arrays that do not fit together.
    """
    arrays = read_npz(path, FORMAT, FORMAT_VERSION)
    try:
        texts = {name: arrays[name] for name in ("name", "unit_names", "expression_names", "interpolation")}
        numbers = {name: arrays[name] for name in ("points", "point_strengths", "support", "expression_strengths")}
    except KeyError as missing:
        raise ModelFileError(f"{path}: the affect model has no {missing}; rebuild it") from None
    texts["judges"] = arrays.get("judges", np.array([], dtype=np.str_))  # the first models name none
    if any(a.dtype.kind != "U" for a in texts.values()) or any(a.dtype.kind not in "fiu" for a in numbers.values()):
        raise ModelFileError(f"{path}: the affect model's arrays are of wrong types; rebuild it")
    if str(texts["interpolation"]) not in ("smooth", "nearest"):
        raise ModelFileError(f"{path}: interpolation is {texts['interpolation']}; smooth or nearest is needed")
    with np.errstate(all="ignore"):
        return AffectModel(
            name=str(texts["name"]),
            unit_names=tuple(map(str, texts["unit_names"].ravel())),
            expression_names=tuple(map(str, texts["expression_names"].ravel())),
            interpolation=str(texts["interpolation"]),  # type: ignore[arg-type]
            judges=tuple(map(str, texts["judges"].ravel())),
            points=numbers["points"].astype(np.float32),
            point_strengths=numbers["point_strengths"].astype(np.float32),
            support=numbers["support"].astype(np.int32),
            expression_strengths=numbers["expression_strengths"].astype(np.float32),
        )
