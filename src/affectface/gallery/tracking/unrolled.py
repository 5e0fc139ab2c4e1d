"""Between tracked points and scans: shapes that a face model can take, and points of an unrolled scan back on it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray
from affectface.gallery.tracking.points79 import POINTS79
from affectface.morphable.face_model import FaceModel

Projection = Callable[[FloatArray], NDArray[np.floating]]
"""Takes points (N, 3), cm, in the axes of the face model; returns (N, 2 or more): x and y in pixels of the picture."""

_LEAST = 0.005
"""Movement of the points, as a share of the eyes' distance, below which a unit is not worth a shape."""


def expression_shapes(
    model: FaceModel, project: Projection, neutral: FloatArray, *, strength: float = 0.7
) -> list[FloatArray]:
    """Return shapes that a person would show if each facial unit of a face model moved alone.

    Parameters
    ----------
    model : FaceModel
        The model.
    project : callable
        The unrolling.
    neutral : ndarray of shape (79, 2)
        The person's points at rest, pixels.
    strength : float
        How strongly each unit moves.

    Returns
    -------
    list of ndarray of shape (79, 2), float32
        For `more_shapes` of `build_appearance_model`: a few frames of a person do not show every movement.
    """
    rest = _points(model, project, model.vertices)
    eyes = float(np.linalg.norm(rest[36] - rest[45]))
    moved = [_points(model, project, model.vertices + strength * unit) - rest for unit in model.expression]
    scale = float(np.linalg.norm(neutral[36] - neutral[45])) / eyes
    return [np.asarray(neutral + scale * one, dtype=np.float32) for one in moved if np.abs(one).max() > _LEAST * eyes]


def _points(model: FaceModel, project: Projection, vertices: FloatArray) -> NDArray[np.floating]:
    return project(model.at_landmarks(np.asarray(vertices, dtype=np.float32))[list(POINTS79)])[:, :2]


def landmarks_on_scan(points: FloatArray, places: FloatArray, known: BoolArray) -> FloatArray:
    """Return where tracked points lie on the scan that was unrolled, as landmarks that registration takes.

    Parameters
    ----------
    points : ndarray of shape (79, 2)
        The points in the unrolled picture, pixels.
    places : ndarray of shape (H, W, 3)
        The scan's point at each pixel's centre, cm.
    known : ndarray of shape (H, W), bool
        Where it has one.

    Returns
    -------
    ndarray of shape (478, 3), float32
        Numbered like the 478 landmarks; NaN for those that were not tracked or fall into a hole.
    """
    found = np.full((478, 3), np.nan, dtype=np.float32)
    height, width = known.shape
    at = np.asarray(points, dtype=np.float64) - 0.5
    corner = np.clip(np.floor(at).astype(int), 0, [width - 2, height - 2])
    (x, y), (column, row) = (at - corner).T, corner.T
    inside = np.asarray(((at >= 0) & (at <= [width - 1, height - 1])).all(axis=1))
    total = np.zeros((len(at), 3))
    for down, right, share in ((0, 0, (1 - x) * (1 - y)), (0, 1, x * (1 - y)), (1, 0, (1 - x) * y), (1, 1, x * y)):
        inside &= known[row + down, column + right] | (share <= 0)
        total += share[:, None] * np.where(share[:, None] > 0, places[row + down, column + right], 0)
    found[list(POINTS79)] = np.where(inside[:, None], total, np.nan)
    return found
