"""The optimal cylindrical projection: a face unrolled to a picture, and back (Booth & Zafeiriou 2014).

The axis is upright; its place is that of the circle which fits the face's points, seen from above, best in the
algebraic least-squares sense. u is the angle about it, v the height, so that the unrolled face keeps its proportions.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image, IntArray
from affectface.errors import GalleryError
from affectface.morphable.visibility import triangle_buffer

_PIXEL = 0.05
"""Side of a pixel on the cylinder, cm."""
_HALF = 1.9
"""Angle, radians, to each side of the nose that is unrolled: 109 degrees, to behind the ears."""
_MARGIN = 0.5
"""What is kept above and below the points that the cylinder was fitted to, cm."""
_BEYOND = 100.0
"""A distance from the axis, cm, that is larger than any face's."""
_NOWHERE = -1e4


@dataclass(frozen=True)
class Cylinder:
    """An upright cylinder that a face is unrolled from.

    Attributes
    ----------
    x, z : float
        Where the axis stands, cm.
    radius : float
        The radius, cm.
    bottom, top : float
        What is unrolled, cm.
    """

    x: float
    z: float
    radius: float
    bottom: float
    top: float

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the unrolled picture, pixels."""
        return round((self.top - self.bottom) / _PIXEL), round(2 * _HALF * self.radius / _PIXEL)

    def project(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return points (N, 3), cm, as (N, 3): x and y in pixels of the picture, and the distance from the axis, cm."""
        across, ahead = points[:, 0] - self.x, points[:, 2] - self.z
        column = (np.arctan2(across, ahead) + _HALF) * self.radius / _PIXEL
        row = (self.top - points[:, 1]) / _PIXEL
        return np.stack([column, row, np.hypot(across, ahead)], axis=1).astype(np.float64)


@dataclass(frozen=True, eq=False)
class UvMap:
    """An unrolled scan.

    Attributes
    ----------
    places : ndarray of shape (H, W, 3), float32
        The point of the scan at each pixel's centre, cm; 0 in holes.
    colours : ndarray of shape (H, W, 3), uint8, or None
        Its colour; None where the scan has none.
    known : ndarray of shape (H, W), bool
        Where there is something.
    """

    places: FloatArray
    colours: Image | None
    known: BoolArray


def fit_cylinder(points: NDArray[np.floating]) -> Cylinder:
    """Fit the cylinder of a face.

    Parameters
    ----------
    points : ndarray of shape (N, 3)
        Points of an upright face that looks along +z, cm.

    Returns
    -------
    Cylinder
        The cylinder.

    Raises
    ------
    GalleryError
        If the points are not those of something round.
    """
    x, y, z = np.asarray(points, dtype=np.float64).T
    system = np.stack([2 * x, 2 * z, np.ones(len(x))], axis=1)
    solution, _, rank, _ = np.linalg.lstsq(system, x * x + z * z, rcond=None)
    radius = float(np.sqrt(max(solution[2] + solution[0] ** 2 + solution[1] ** 2, 0)))
    if rank < 3 or not 2 < radius < 40:
        raise GalleryError(f"a cylinder of radius {radius:.1f} cm fits the face best; 2 to 40 cm are a face's")
    return Cylinder(float(solution[0]), float(solution[1]), radius, float(y.min()) - _MARGIN, float(y.max()) + _MARGIN)


def unroll(
    cylinder: Cylinder, vertices: NDArray[np.floating], triangles: IntArray, colour: NDArray[np.floating] | None = None
) -> UvMap:
    """Unroll a scan: what lies outermost is what shows.

    Parameters
    ----------
    cylinder : Cylinder
        The cylinder.
    vertices : ndarray of shape (V, 3)
        The scan's vertices, cm.
    triangles : ndarray of shape (T, 3), int32
        Its triangles.
    colour : ndarray of shape (V, 3), optional
        Colours of the vertices, sRGB in [0, 1].

    Returns
    -------
    UvMap
        Places and colours.
    """
    triangle, weights, rows = _seen(cylinder, vertices, triangles)
    known = triangle >= 0
    corners = triangles[rows[triangle[known]]]
    places = np.zeros((*cylinder.shape, 3), dtype=np.float32)
    places[known] = np.einsum("nc,ncd->nd", weights[known], vertices[corners])
    colours = None
    if colour is not None:
        colours = np.zeros(places.shape, dtype=np.uint8)
        colours[known] = np.rint(255 * np.clip(np.einsum("nc,ncd->nd", weights[known], colour[corners]), 0, 1))
    return UvMap(places, colours, known)


def unrolled_values(
    cylinder: Cylinder, vertices: NDArray[np.floating], triangles: IntArray, values: NDArray[np.floating]
) -> FloatArray:
    """Return vertices' values (V, D) at each pixel of a mesh's unrolled picture (H, W, D); far below 0 in holes."""
    triangle, weights, rows = _seen(cylinder, vertices, triangles)
    known = triangle >= 0
    found = np.full((*cylinder.shape, values.shape[1]), _NOWHERE, dtype=np.float32)
    found[known] = np.einsum("nc,ncd->nd", weights[known], values[triangles[rows[triangle[known]]]])
    return found


def look_up_map(picture: NDArray[np.generic], at: NDArray[np.floating], outside: float = 0.0) -> NDArray[np.float32]:
    """Return what an unrolled picture says at positions.

    Parameters
    ----------
    picture : ndarray of shape (H, W) or (H, W, D)
        The picture.
    at : ndarray of shape (..., 2)
        Positions in it, pixels, the first pixel's centre at (0.5, 0.5).
    outside : float
        What is said beyond its edges.

    Returns
    -------
    ndarray of shape (...) or (..., D), float32
        Bilinear between pixel centres. A position of a hole gives what is kept there: look up `known` too.
    """
    flat = at.ndim == 2
    grid = np.asarray(at, dtype=np.float32)[None] if flat else np.asarray(at, dtype=np.float32)
    source = picture.astype(np.float32)
    column, row = (np.ascontiguousarray(grid[..., i] - np.float32(0.5)) for i in range(2))
    parts = [source] if source.ndim == 2 else [source[..., i : i + 4] for i in range(0, source.shape[2], 4)]
    # OpenCV's pictures are at most 32767 pixels wide: points in a row are laid out as a picture.
    if flat and grid.shape[1] > 30_000:
        halves = np.array_split(np.asarray(at), -(-grid.shape[1] // 30_000))
        return np.concatenate([look_up_map(picture, half, outside) for half in halves])
    found = [
        cv2.remap(
            part, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=[outside] * 4
        ).reshape(*grid.shape[:-1], -1)
        for part in parts
    ]
    joined = np.concatenate(found, axis=-1)
    joined = joined[..., 0] if source.ndim == 2 else joined
    return np.asarray(joined[0] if flat else joined, dtype=np.float32)


def _seen(
    cylinder: Cylinder, vertices: NDArray[np.floating], triangles: IntArray
) -> tuple[IntArray, FloatArray, NDArray[np.intp]]:
    """Return the outermost triangle of each pixel, as a number of the rows that are returned last, and where in it."""
    pixels = cylinder.project(vertices)
    # A triangle that spans half a turn lies across the cut at the back of the head.
    rows = np.flatnonzero(np.ptp(pixels[:, 0][triangles], axis=1) < cylinder.shape[1] / 2)
    pixels[:, 2] = _BEYOND - pixels[:, 2]
    triangle, weights = triangle_buffer(pixels.astype(np.float32), triangles[rows], cylinder.shape)
    return triangle, weights, rows
