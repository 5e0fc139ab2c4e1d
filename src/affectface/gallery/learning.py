"""An affect model from expression coefficients with labels: of photos, of films, of anything that was fitted.

What a person's face does when they show something is the difference to their own neutral face (Kollias 2020, section
4.5.1); the mean over people is what the affect model keeps. People count alike, however many pictures there are of
each; in the plane, pictures do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.affect_tables import NEUTRAL_NAME
from affectface.arrays import FloatArray
from affectface.errors import GalleryError
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.plane.plane_classes import CLASSES, divide_plane

_NEUTRAL_RADIUS = 0.05
"""Distance from the middle of the plane up to which a label says that the face is neutral."""
_CLASS_SIZE = 8
"""Labels that a class of the plane has on average, at least: fewer would show who was there, and not what they felt."""
_FEWEST_CLASSES = 3
"""Classes that a plane needs."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Expression coefficients of one picture, and what it shows.

    Attributes
    ----------
    subject : str
        Who it is.
    strengths : ndarray of shape (E,), float32
        Strength of each facial unit.
    expression : str, optional
        What is shown, such as `happiness` or `neutral`.
    valence, arousal : float, optional
        Where it lies in the plane, in [-1, 1].
    """

    subject: str
    strengths: FloatArray
    expression: str | None = None
    valence: float | None = None
    arousal: float | None = None

    @property
    def neutral(self) -> bool:
        """Whether the label says that the face is neutral."""
        if self.expression is not None:
            return self.expression == NEUTRAL_NAME
        return self.point is not None and float(np.hypot(*self.point)) <= _NEUTRAL_RADIUS

    @property
    def point(self) -> tuple[float, float] | None:
        """Valence and arousal; None without both."""
        return None if self.valence is None or self.arousal is None else (self.valence, self.arousal)


@dataclass(frozen=True)
class Learned:
    """An affect model, and what stands behind it.

    Attributes
    ----------
    model : AffectModel
        The model.
    subjects : dict of str to int
        People behind each expression that was learned.
    classes : int
        Classes of the plane that were learned; 0 where the plane is the other model's.
    left_out : tuple of str
        What could not be learned, and why.
    """

    model: AffectModel
    subjects: dict[str, int]
    classes: int
    left_out: tuple[str, ...]


def learn_affect_model(
    samples: Iterable[Sample],
    unit_names: Sequence[str],
    base: AffectModel,
    *,
    name: str,
    fewest: int = 3,
    classes: int = CLASSES,
) -> Learned:
    """Learn an affect model from labelled expression coefficients.

    Parameters
    ----------
    samples : iterable of Sample
        The pictures; those of a person without a neutral one are left out.
    unit_names : sequence of str
        The E facial units that the strengths are of.
    base : AffectModel
        Where whatever the samples do not show is taken from: other expressions, and the plane.
    name : str
        What the model is called in records.
    fewest : int
        People that an expression needs.
    classes : int
        Classes of the plane, at most.

    Returns
    -------
    Learned
        The model and what stands behind it.

    Raises
    ------
    GalleryError
        If nothing can be learned.
    """
    moved, left_out = _differences(list(samples), len(unit_names))
    names = (*unit_names, *(unit for unit in base.unit_names if unit not in unit_names))
    expressions = {
        expression: _widened(strengths, base.unit_names, names)
        for expression, strengths in zip(base.expression_names, base.expression_strengths, strict=True)
    }
    subjects: dict[str, int] = {}
    for expression in sorted({sample.expression for sample, _ in moved if sample.expression} - {NEUTRAL_NAME}):
        shown = [(sample.subject, change) for sample, change in moved if sample.expression == expression]
        people = sorted({subject for subject, _ in shown})
        if len(people) < fewest:
            left_out.append(f"{expression}: {len(people)} people show it and {fewest} are needed")
            continue
        means = [np.mean([change for subject, change in shown if subject == one], axis=0) for one in people]
        expressions[expression] = _widened(np.mean(means, axis=0), unit_names, names)
        subjects[expression] = len(people)
    plane = _plane([(sample, change) for sample, change in moved if sample.point is not None], classes)
    if not subjects and plane is None:
        reasons = "; ".join(left_out[:3]) or "no picture has a label"
        raise GalleryError(f"nothing can be learned: {reasons}")
    if plane is None:
        points, support = base.points, base.support
        strengths = np.array([_widened(row, base.unit_names, names) for row in base.point_strengths])
    else:
        points, support = plane.points, plane.support
        strengths = np.array([_widened(row, unit_names, names) for row in plane.strengths])
    model = AffectModel(
        name=name,
        unit_names=names,
        points=points,
        point_strengths=strengths.astype(np.float32),
        support=support,
        expression_names=tuple(expressions),
        expression_strengths=np.array(list(expressions.values()), dtype=np.float32),
        interpolation=base.interpolation,
        judges=base.judges,
    )
    return Learned(model, subjects, 0 if plane is None else len(points) - 1, tuple(left_out))


def _differences(samples: list[Sample], units: int) -> tuple[list[tuple[Sample, NDArray[np.float64]]], list[str]]:
    """What each picture's strengths (E,) differ by from its person's neutral ones; and who has none."""
    wrong = next((sample for sample in samples if sample.strengths.shape != (units,)), None)
    if wrong is not None:
        raise GalleryError(
            f"strengths of {wrong.subject!r} have shape {wrong.strengths.shape}; one each of {units} units is needed"
        )
    neutral: dict[str, list[FloatArray]] = {}
    for sample in samples:
        if sample.neutral:
            neutral.setdefault(sample.subject, []).append(sample.strengths)
    rest = {subject: np.mean(rows, axis=0, dtype=np.float64) for subject, rows in neutral.items()}
    moved = [(sample, sample.strengths - rest[sample.subject]) for sample in samples if sample.subject in rest]
    without = sorted({sample.subject for sample in samples} - set(rest))
    return moved, [f"{subject}: no neutral picture to compare with" for subject in without]


@dataclass(frozen=True, eq=False)
class _Plane:
    """Classes of the plane, the neutral middle first."""

    points: FloatArray
    strengths: NDArray[np.float64]
    support: NDArray[np.int32]


def _plane(moved: list[tuple[Sample, NDArray[np.float64]]], classes: int) -> _Plane | None:
    """The mean change of each class of labels; None where they are too few, or all at one place."""
    away = [(sample, change) for sample, change in moved if not sample.neutral]
    labels = np.array([sample.point for sample, _ in away], dtype=np.float64).reshape(-1, 2)
    count = min(classes, len(away) // _CLASS_SIZE, len(np.unique(labels, axis=0)))
    if count < _FEWEST_CLASSES:
        return None
    found = divide_plane(labels.astype(np.float32), count)
    changes = np.array([change for _, change in away])
    means = np.array([changes[found.class_of == k].mean(axis=0) for k in range(count)])
    return _Plane(
        np.concatenate([np.zeros((1, 2)), found.centres]).astype(np.float32),
        np.concatenate([np.zeros((1, means.shape[1])), means]),
        np.concatenate([[len(moved) - len(away)], found.support]).astype(np.int32),
    )


def _widened(strengths: NDArray[np.floating], own: Sequence[str], names: Sequence[str]) -> NDArray[np.float64]:
    """Strengths (U,) of more units: 0 for those that are not their own."""
    known = dict(zip(own, strengths.tolist(), strict=True))
    return np.array([known.get(name, 0.0) for name in names])
