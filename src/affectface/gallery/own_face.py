"""How what people do with their face goes with the face that they have.

The paper shows everybody the mean displacement of an affect (Kollias 2020, section 4.5.1). But wide mouths smile wider,
and thin lips another smile than full ones. So beside the mean stands a regression on the shape of the face at rest: its
68 points over those of the face model's mean face, so that it does not matter which face model they were found with.
The people's principal directions are brought to unit variance, each explains as much as it can on its own, and half of
that is believed: ridge regression whose prior expects nothing and is as strong as the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, check_array, read_only
from affectface.errors import ModelFileError
from affectface.morphable import FaceModel

POINTS = 68
_DIRECTIONS = 20
"""Directions in which faces at rest differ; those after them are mostly noise of the fit."""
_FEWEST = 20
"""People that a regression needs: with fewer the mean alone is better."""
_BELIEVED = 0.5
"""Share of what a direction explains that is believed."""
_MOST = 2.5
"""Standard deviations beyond which a face is taken to be no more unlike the others."""


@dataclass(frozen=True, eq=False)
class FaceRegression:
    """What expressions change by from one face to another.

    Attributes
    ----------
    mean : ndarray of shape (68, 3), float32
        The people's mean face at rest over the face model's mean face, cm.
    directions : ndarray of shape (D, 68, 3), float32
        What a face at rest is multiplied by to have scores of variance one.
    changes : ndarray of shape (C, D, U), float32
        What a score of one adds to the strengths of each of C expressions.
    """

    mean: FloatArray
    directions: FloatArray
    changes: FloatArray

    def __post_init__(self) -> None:
        try:
            check_array("mean", self.mean, (POINTS, 3))
            check_array("directions", self.directions, (None, POINTS, 3))
            check_array("changes", self.changes, (None, len(self.directions), None))
        except ValueError as error:
            raise ModelFileError(f"regression on faces: {error}; rebuild the affect model") from None
        for name in ("mean", "directions", "changes"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def changes_for(self, face: FloatArray) -> FloatArray:
        """Return what is added to the strengths of each expression (C, U) for a face at rest (68, 3), as `rest_of`."""
        off = (face - self.mean).reshape(-1).astype(np.float64)
        scores = np.clip(self.directions.reshape(len(self.directions), -1) @ off, -_MOST, _MOST)
        return np.asarray(np.einsum("d,cdu->cu", scores, self.changes), dtype=np.float32)


def rest_of(face_model: FaceModel, identity: FloatArray, expression: FloatArray | None = None) -> FloatArray:
    """Return a face at rest as the regression takes it.

    Parameters
    ----------
    face_model : FaceModel
        The face model.
    identity : ndarray of shape (I,)
        Identity coefficients.
    expression : ndarray of shape (E,), optional
        Expression coefficients of a picture on which the face is at rest: they hold shape that identity does not.

    Returns
    -------
    ndarray of shape (68, 3), float32
        The iBUG 68 points over those of the model's mean face, cm, without what moves all of them.
    """
    index = face_model.landmarks68
    off = face_model.shape(identity, expression)[index] - face_model.vertices[index]
    return np.asarray(off - off.mean(axis=0), dtype=np.float32)


def regress_on_faces(
    faces: Mapping[str, FloatArray], shown: list[tuple[dict[str, NDArray[np.floating]], int]]
) -> FaceRegression | None:
    """Learn how expressions go with faces.

    Parameters
    ----------
    faces : mapping of str to ndarray of shape (68, 3)
        People and their faces at rest, see `rest_of`.
    shown : list of (dict of str to ndarray of shape (U,), int)
        For each expression what each person does, and its number U of units.

    Returns
    -------
    FaceRegression or None
        Expressions that too few of these people show stay as they are; None where that is so of all.
    """
    if len(faces) < _FEWEST:
        return None
    people = sorted(faces)
    rest = np.array([faces[one] for one in people], dtype=np.float64).reshape(len(people), -1)
    mean = rest.mean(axis=0)
    left, sizes, right = np.linalg.svd(rest - mean, full_matrices=False)
    count = min(_DIRECTIONS, len(people) // 2, int((sizes > 1e-6 * max(sizes[0], 1e-9)).sum()))
    scores = dict(zip(people, left[:, :count] * np.sqrt(len(people)), strict=True))
    directions = right[:count] / sizes[:count, None] * np.sqrt(len(people))
    changes = [_slopes(scores, strengths, units, count) for strengths, units in shown]
    if not count or not any(change.any() for change in changes):
        return None
    return FaceRegression(
        mean.reshape(POINTS, 3).astype(np.float32),
        directions.reshape(count, POINTS, 3).astype(np.float32),
        np.array(changes, dtype=np.float32),
    )


def _slopes(
    scores: dict[str, NDArray[np.float64]], strengths: dict[str, NDArray[np.floating]], units: int, count: int
) -> NDArray[np.float64]:
    """What a score of one adds to strengths (count, units)."""
    known = sorted(set(scores) & set(strengths))
    if len(known) < _FEWEST:
        return np.zeros((count, units))
    done = np.array([strengths[one] for one in known], dtype=np.float64)
    found = np.array([scores[one] for one in known])
    return np.asarray(_BELIEVED * found.T @ (done - done.mean(axis=0)) / len(known))
