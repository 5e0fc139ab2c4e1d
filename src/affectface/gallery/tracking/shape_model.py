"""How the points of a face move together: a mean shape and principal components, and the similarity of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.gallery.tracking.warps import Shape

SIMILARITY = 4
"""Parameters of scale, rotation and shift, which come first."""


@dataclass(frozen=True, eq=False)
class ShapeModel:
    """Shapes as mean plus basis times parameters.

    Attributes
    ----------
    mean : ndarray of shape (L, 2), float64
        The mean shape, pixels of the reference.
    basis : ndarray of shape (2 L, K), float64
        Orthonormal columns: four of similarity about the mean (Matthews & Baker 2004, section 4.3), then components.
    variances : ndarray of shape (K - 4,), float64
        Variance of each component's parameter.
    """

    mean: Shape
    basis: NDArray[np.float64]
    variances: NDArray[np.float64]

    def parameters(self, shape: Shape) -> NDArray[np.float64]:
        """Return the parameters (K,) of the nearest shape to (L, 2) that the model has."""
        found: NDArray[np.float64] = self.basis.T @ (shape - self.mean).ravel()
        return found

    def shape(self, parameters: NDArray[np.float64]) -> Shape:
        """Return the shape (L, 2) of parameters (K,)."""
        found: Shape = self.mean + (self.basis @ parameters).reshape(-1, 2)
        return found

    def held(self, parameters: NDArray[np.float64], farthest: float) -> NDArray[np.float64]:
        """Return parameters whose components are at most so many standard deviations."""
        bound = farthest * np.sqrt(self.variances)
        return np.concatenate([parameters[:SIMILARITY], np.clip(parameters[SIMILARITY:], -bound, bound)])

    def distance(self, parameters: NDArray[np.float64]) -> float:
        """Return how unusual a shape is: the root mean square of its components in standard deviations."""
        if not len(self.variances):
            return 0.0
        return float(np.sqrt(np.mean(parameters[SIMILARITY:] ** 2 / self.variances)))


def build_shape_model(
    shapes: Sequence[Shape], corners: tuple[int, int], size: float, *, kept: float = 0.99, most: int = 25
) -> ShapeModel:
    """Learn how points move together.

    Parameters
    ----------
    shapes : sequence of ndarray of shape (L, 2)
        Two shapes or more, in any unit.
    corners : tuple of int
        The two points whose distance gives the reference its size.
    size : float
        That distance in the mean shape, pixels.
    kept : float
        Share of the variance that the components keep.
    most : int
        How many components at most.

    Returns
    -------
    ShapeModel
        The model; its mean lies at positive pixels with a margin of two.
    """
    stack = np.stack([np.asarray(shape, dtype=np.float64) for shape in shapes])
    mean = stack[0]
    for _ in range(5):
        aligned = np.stack([_aligned(shape, mean) for shape in stack])
        mean = _upright(aligned.mean(axis=0), stack[0], corners, size)
    aligned = np.stack([_aligned(shape, mean) for shape in stack])
    similarity = _similarity(mean)
    moved = (aligned - mean).reshape(len(stack), -1)
    moved -= moved @ similarity @ similarity.T
    _, singular, rows = np.linalg.svd(moved, full_matrices=False)
    variances = singular**2 / max(1, len(stack) - 1)
    share = np.cumsum(variances) / max(variances.sum(), 1e-12)
    count = min(most, int(np.searchsorted(share, kept)) + 1, int((variances > 1e-9 * size**2).sum()))
    return ShapeModel(mean, np.hstack([similarity, rows[:count].T]), variances[:count])


def _similarity(mean: Shape) -> NDArray[np.float64]:
    """Return orthonormal directions (2 L, 4) of scale, rotation and shift about a shape."""
    centred = mean - mean.mean(axis=0)
    turned = np.stack([-centred[:, 1], centred[:, 0]], axis=1)
    right, down = np.zeros_like(mean), np.zeros_like(mean)
    right[:, 0], down[:, 1] = 1, 1
    columns = np.stack([one.ravel() for one in (centred, turned, right, down)], axis=1)
    found: NDArray[np.float64] = columns / np.linalg.norm(columns, axis=0)
    return found


def _aligned(shape: Shape, to: Shape) -> Shape:
    """Return a shape moved, turned and scaled onto another by least squares."""
    here, there = shape - shape.mean(axis=0), to - to.mean(axis=0)
    a = (here * there).sum() / (here**2).sum()
    b = (here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0]).sum() / (here**2).sum()
    found: Shape = here @ np.array([[a, b], [-b, a]]) + to.mean(axis=0)
    return found


def _upright(mean: Shape, first: Shape, corners: tuple[int, int], size: float) -> Shape:
    """Return the mean turned as the first shape stands, in the reference's size and place."""
    found = _aligned(mean, first)
    found *= size / np.linalg.norm(found[corners[0]] - found[corners[1]])
    placed: Shape = found - found.min(axis=0) + 2
    return placed
