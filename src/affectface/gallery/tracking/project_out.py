"""Fitting by project-out inverse compositional Gauss-Newton (Matthews & Baker 2004; Alabort-i-Medina & Zafeiriou 2017).

The mean appearance is moved instead of the image, so that its derivatives and their squares are computed once; what
components of appearance can explain is projected out of both, so that appearance needs no parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.gallery.tracking.active_appearance import AppearanceModel, Level, shape_precision
from affectface.gallery.tracking.appearance import Looked, look_at, sampled
from affectface.gallery.tracking.warps import Shape

_FARTHEST = 4.0
"""Standard deviations beyond which no component goes."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted frame.

    Attributes
    ----------
    points : ndarray of shape (79, 2), float32
        The points, pixels of the image.
    error : float
        What the model cannot explain of what it sees: root mean square, as a multiple of that of a frame that belongs
        to the model and was not learned from.
    distance : float
        How unusual the shape is: root mean square of its components in standard deviations.
    steps : int
        Steps that were taken.
    """

    points: FloatArray
    error: float
    distance: float
    steps: int


def fit_points(
    model: AppearanceModel, image: Image, start: FloatArray, *, known: BoolArray | None = None, steps: int = 20
) -> Fitted:
    """Fit a model to an image.

    Parameters
    ----------
    model : AppearanceModel
        The model.
    image : ndarray of shape (H, W, 3), uint8
        The image, in the scale of those that it was built from.
    start : ndarray of shape (79, 2)
        Where to begin, pixels.
    known : ndarray of shape (H, W), bool, optional
        Where the image shows something.
    steps : int
        How many steps are taken at each level at most.

    Returns
    -------
    Fitted
        The points.
    """
    points = np.asarray(start, dtype=np.float64)
    taken, error, distance = 0, np.inf, np.inf
    for level, size in zip(model.levels, model.config.sizes, strict=True):
        scale = size * model.scale
        looked = look_at(image, known, scale, model.config.look)
        shape, more = _descend(level, looked, points * scale, model.config.prior, steps)
        points, taken = shape / scale, taken + more
        error, distance = judge(level, looked, shape)
    return Fitted(points.astype(np.float32), error, distance, taken)


def judge(level: Level, looked: Looked, shape: Shape) -> tuple[float, float]:
    """Return how badly a shape (79, 2) explains an image, and how unusual it is; see `Fitted`."""
    residual, share = _residual(level, looked, shape)
    left = residual - level.appearance @ (level.appearance.T @ residual)
    error = float(np.sqrt((left**2).mean() / max(share, 1e-3) / level.noise)) if share > 0.3 else np.inf
    return error, level.shapes.distance(level.shapes.parameters(shape))


def _descend(level: Level, looked: Looked, start: Shape, prior: float, steps: int) -> tuple[Shape, int]:
    """Take steps at one level until they are short."""
    shapes = level.shapes
    parameters = shapes.held(shapes.parameters(start), _FARTHEST)
    precision = shape_precision(level, prior)
    # The squares are in units of the noise; what neighbouring pixels and channels say is not independent.
    evidence = 1 / (level.noise * _dependent(level))
    system = evidence * level.hessian + np.diag(precision)
    taken = 0
    while taken < steps:
        taken += 1
        shape = shapes.shape(parameters)
        residual, _ = _residual(level, looked, shape)
        right = evidence * (level.descent.T @ residual).astype(np.float64) + precision * parameters
        change = np.linalg.solve(system, right)
        moved = shapes.mean - (shapes.basis @ change).reshape(-1, 2)
        before = shape
        parameters = shapes.held(shapes.parameters(level.warp.composed(shape, moved)), _FARTHEST)
        if np.abs(shapes.shape(parameters) - before).max() < 0.02:
            break
    return shapes.shape(parameters), taken


def _dependent(level: Level) -> float:
    """How many values say the same: those of a descriptor, and of the pixels that it looks at together."""
    channels = len(level.mean) / len(level.warp.weights)
    return 9.0 if channels == 1 else channels * 9.0


def _residual(level: Level, looked: Looked, shape: Shape) -> tuple[NDArray[np.float32], float]:
    """Return what is seen minus the mean (P C,), 0 where nothing is known, and the share that is known."""
    values, known = sampled(looked, level.warp, shape)
    seen = (values - level.mean.reshape(values.shape)) * known
    return np.asarray(seen.ravel(), dtype=np.float32), float(known.mean())
