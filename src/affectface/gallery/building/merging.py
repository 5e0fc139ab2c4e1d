"""What a gallery showed, put together with what another affect model knows of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from affectface.arrays import FloatArray
from affectface.errors import GalleryError
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.building.bases import OnBasis
from affectface.gallery.building.faces import FaceStrengths
from affectface.gallery.building.labelled import LabelledGallery
from affectface.gallery.building.means import ClassMeans
from affectface.gallery.own_face import FaceRegression, regress_on_faces
from affectface.gallery.plane.field import choose_smoothing


@dataclass(frozen=True, eq=False)
class Learned:
    """What a gallery showed.

    Attributes
    ----------
    labelled : LabelledGallery
        What its frames count for.
    means : ClassMeans
        Who stands behind each class and expression.
    on_basis : OnBasis
        The same in units.
    record : mapping
        Where it comes from.
    faces : FaceStrengths
        What people of known faces do.
    """

    labelled: LabelledGallery
    means: ClassMeans
    on_basis: OnBasis
    record: Mapping[str, Any]
    faces: FaceStrengths = field(default_factory=FaceStrengths)


@dataclass(frozen=True, eq=False)
class Merged:
    """An affect model; people behind each expression of the gallery's; what was too little, and why."""

    model: AffectModel
    people: dict[str, int]
    left_out: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Rows:
    """Some classes or expressions: strengths (N, U), spread (N, U), frames (N,)."""

    strengths: FloatArray
    spread: FloatArray
    frames: np.ndarray


def merged(learned: Learned, name: str, base: AffectModel | None, fewest: int) -> Merged:
    """Make an affect model of what was learned, with the rest of another one.

    Parameters
    ----------
    learned : Learned
        What the gallery showed.
    name : str
        What the model is called in records.
    base : AffectModel, optional
        Where the rest is taken from: expressions, and the plane where the gallery has none.
    fewest : int
        People that an expression needs.

    Returns
    -------
    Merged
        The model.

    Raises
    ------
    GalleryError
        If nothing was shown by enough people.
    """
    own = learned.on_basis.unit_names
    names = own if base is None else (*own, *(unit for unit in base.unit_names if unit not in own))
    plane, classes = learned.labelled.plane, learned.labelled.groups - len(learned.labelled.expressions)
    shown, people, left_out = _shown(learned, classes, fewest)
    if not people and plane is None:
        reasons = "; ".join((*learned.labelled.left_out, *left_out)[:3])
        raise GalleryError(f"nothing can be learned: {reasons}")
    expressions: dict[str, _Rows] = {}
    if base is not None:
        for row, expression in enumerate(base.expression_names):
            expressions[expression] = _of_base(base, row, names)
    rest = [expression for expression in expressions if expression not in people]
    for expression, row in shown.items():
        expressions[expression] = _of_gallery(learned, np.array([row]), names)
    if plane is not None:
        rows = _of_gallery(learned, np.arange(classes), names)
        zero = np.zeros((1, len(names)), dtype=np.float32)
        points = np.concatenate([np.zeros((1, 2), dtype=np.float32), plane.centres])
        strengths, spread = np.concatenate([zero, rows.strengths]), np.concatenate([zero, rows.spread])
        support = np.concatenate([[learned.labelled.neutral_frames], rows.frames])
        support = support.astype(np.int32)
    elif base is not None:
        points, support = base.points, np.zeros(len(base.points), dtype=np.int32)  # frames of this gallery: none
        strengths = _widened(base.point_strengths, base.unit_names, names)
        spread = _widened(_or_none(base.spread, base.point_strengths), base.unit_names, names)
    else:
        points, support = np.empty((0, 2), dtype=np.float32), np.empty(0, dtype=np.int32)
        strengths = spread = np.empty((0, len(names)), dtype=np.float32)
    taken = {"model": base.name, "expressions": rest, "plane": plane is None} if base is not None else {}
    shown_by = {
        expression: {"people": count, "frames": int(learned.means.frames[shown[expression]])}
        for expression, count in people.items()
    }
    model = AffectModel(
        name=name,
        unit_names=names,
        points=points,
        point_strengths=strengths,
        support=support,
        expression_names=tuple(expressions),
        expression_strengths=_stacked([rows.strengths for rows in expressions.values()], len(names)),
        interpolation="smooth" if base is None else base.interpolation,
        judges=() if base is None or not (rest or plane is None) else base.judges,
        spread=spread,
        expression_spread=_stacked([rows.spread for rows in expressions.values()], len(names)),
        expression_support=np.concatenate([rows.frames for rows in expressions.values()] or [np.empty(0)]).astype(
            np.int32
        ),
        basis=learned.on_basis.basis,
        smoothing=choose_smoothing(points, strengths, support)
        if plane is not None
        else base.smoothing
        if base
        else 0.0,
        provenance={**learned.record, "expressions": shown_by, "rest": taken},
        faces=_on_faces(learned, tuple(expressions), shown, names),
    )
    return Merged(model, people, tuple(left_out))


def _on_faces(
    learned: Learned, expressions: Sequence[str], shown: Mapping[str, int], names: Sequence[str]
) -> FaceRegression | None:
    """How the expressions that the gallery shows go with faces; those of another model stay as they are."""
    own = learned.on_basis.unit_names
    known = learned.faces.strengths
    strengths = [
        {subject: _widened(row[None], own, names)[0] for subject, row in known.get(one, {}).items()}
        if one in shown
        else {}
        for one in expressions
    ]
    return regress_on_faces(learned.faces.faces, [(rows, len(names)) for rows in strengths])


def _shown(learned: Learned, classes: int, fewest: int) -> tuple[dict[str, int], dict[str, int], list[str]]:
    """Rows and numbers of people of the expressions that enough people show, and why the others do not count."""
    shown, people, left_out = {}, {}, []
    for row, expression in enumerate(learned.labelled.expressions, classes):
        count = int(learned.means.people[row])
        if count < fewest:
            left_out.append(f"{expression}: {count} people show it and {fewest} are needed")
        else:
            shown[expression], people[expression] = row, count
    return shown, people, left_out


def _of_gallery(learned: Learned, rows: np.ndarray, names: Sequence[str]) -> _Rows:
    found, own = learned.on_basis, learned.on_basis.unit_names
    return _Rows(
        _widened(found.strengths[rows], own, names),
        _widened(found.spread[rows], own, names),
        learned.means.frames[rows],
    )


def _of_base(base: AffectModel, row: int, names: Sequence[str]) -> _Rows:
    strengths = base.expression_strengths[row : row + 1]
    spread = np.zeros_like(strengths) if base.expression_spread is None else base.expression_spread[row : row + 1]
    return _Rows(
        _widened(strengths, base.unit_names, names),
        _widened(spread, base.unit_names, names),
        np.zeros(1, dtype=np.int32),  # frames of this gallery: none
    )


def _or_none(spread: FloatArray | None, like: FloatArray) -> FloatArray:
    return np.zeros_like(like) if spread is None else spread


def _widened(strengths: FloatArray, own: Sequence[str], names: Sequence[str]) -> FloatArray:
    """Strengths (N, U) of more units: 0 for those that are not their own."""
    wide = np.zeros((len(strengths), len(names)), dtype=np.float32)
    wide[:, [names.index(unit) for unit in own]] = strengths
    return wide


def _stacked(rows: list[FloatArray], width: int) -> FloatArray:
    return np.concatenate(rows) if rows else np.empty((0, width), dtype=np.float32)
