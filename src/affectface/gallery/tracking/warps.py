"""From a reference to a shape: warps that are linear in the shape's points.

Where a pixel of the reference lands is a weighted sum of the shape's points; only the weights differ: barycentric
coordinates in its triangle (piecewise affine; Matthews & Baker, "Active Appearance Models Revisited", IJCV 2004), or
those of the thin plate spline (Bookstein 1989).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from affectface.arrays import BoolArray, FloatArray, IntArray

WarpKind = Literal["affine", "tps"]
"""`affine`: piecewise affine on triangles; `tps`: thin plate spline."""

_SURROUNDINGS = 0.08
"""Standard deviation of a point's surroundings, as a share of the reference's diameter."""

Shape = NDArray[np.float64]
"""Points (L, 2), pixels (x, y)."""


@dataclass(frozen=True, eq=False)
class Warp:
    """Warps of a reference.

    Attributes
    ----------
    reference : ndarray of shape (L, 2), float64
        The reference's points, pixels.
    triangles : ndarray of shape (T, 3), int32
        Between them.
    mask : ndarray of shape (H, W), bool
        Pixels of the reference inside the triangles; P of them.
    weights : ndarray of shape (P, L), float32
        How much each point of a shape counts for where a pixel lands.
    """

    reference: Shape
    triangles: IntArray
    mask: BoolArray
    weights: FloatArray

    def places(self, shape: Shape) -> FloatArray:
        """Return where the reference's pixels land (P, 2) in an image with a shape (L, 2)."""
        return np.asarray(self.weights @ shape, dtype=np.float32)

    def composed(self, shape: Shape, moved: Shape) -> Shape:
        """Return where the reference's points, moved a little to (L, 2), land under the warp to a shape (L, 2).

        Matthews & Baker (section 4.2) take the mean of the affine maps of the triangles around a point. Between closed
        lips these are slivers, whose maps say anything; here it is the affine map that fits the point's surroundings
        best. Both are right where it matters, for steps that go to nothing.
        """
        away = self.reference[None] - self.reference[:, None]
        lengths = (away**2).sum(axis=2)
        near = np.exp(-lengths / (2 * (_SURROUNDINGS**2) * lengths.max()))
        squares = np.einsum("vn,vni,vnj->vij", near, away, away)
        landed = np.einsum("vn,vni,vnj->vij", near, shape[None] - shape[:, None], away)
        maps = landed @ np.linalg.inv(squares)
        found: Shape = shape + np.einsum("vij,vj->vi", maps, moved - self.reference)
        return found


def make_warp(reference: Shape, kind: WarpKind = "affine") -> Warp:
    """Prepare the warps of a reference.

    Parameters
    ----------
    reference : ndarray of shape (L, 2)
        Its points, pixels, all positive.
    kind : "affine" or "tps"
        Which warp.

    Returns
    -------
    Warp
        The warps, for the pixels whose centres lie in the points' convex hull.
    """
    mesh = Delaunay(reference)
    width, height = (int(np.ceil(extent)) + 1 for extent in reference.max(axis=0))
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    pixels = np.stack([x.ravel(), y.ravel()], axis=1)
    inside = mesh.find_simplex(pixels)
    mask = (inside >= 0).reshape(height, width)
    pixels, inside = pixels[inside >= 0], inside[inside >= 0]
    triangles = mesh.simplices.astype(np.int32)
    weights: NDArray[np.float64]
    if kind == "affine":
        turn = mesh.transform[inside]
        two = np.einsum("pij,pj->pi", turn[:, :2], pixels - turn[:, 2])
        weights = np.zeros((len(pixels), len(reference)))
        rows = np.arange(len(pixels))[:, None]
        weights[rows, triangles[inside]] = np.concatenate([two, 1 - two.sum(axis=1, keepdims=True)], axis=1)
    else:
        weights = np.asarray(_spline(reference, pixels))
    return Warp(reference, triangles, mask, weights.astype(np.float32))


def _spline(reference: Shape, pixels: Shape) -> NDArray[np.float64]:
    """Return the weights of the thin plate spline through the reference's points, at pixels (P, L)."""
    count = len(reference)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(reference, reference)
    system[:count, count] = system[count, :count] = 1
    system[:count, count + 1 :], system[count + 1 :, :count] = reference, reference.T
    basis = np.hstack([_kernel(pixels, reference), np.ones((len(pixels), 1)), pixels])
    solved = np.asarray(np.linalg.solve(system, basis.T)[:count].T, dtype=np.float64)
    return solved


def _kernel(one: Shape, other: Shape) -> NDArray[np.float64]:
    """The spline's kernel r^2 log r^2 between points."""
    squared = ((one[:, None] - other[None]) ** 2).sum(axis=2)
    found: NDArray[np.float64] = squared * np.log(np.maximum(squared, 1e-12))
    return found
