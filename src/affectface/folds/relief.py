"""What folds of the skin look like: a groove is dark, and its banks catch the fitted light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, smooth_step
from affectface.folds.lines import FoldLine
from affectface.rendering.shade import GAMMA

Box = tuple[int, int, int, int]
"""Bounds x0, y0, x1, y1 in a picture, pixels."""

_FINEST = 1.6
"""Half the width of a groove, pixels, in the map in which a fold is worked out; it is enlarged for larger faces."""
_PITS_APART = 3.8
"""Distance of a dimple to the next, in their radii."""
_PIT_DEPTH, _PIT_BANKS = 0.20, 0.45
"""Depth and banks of a dimple, as of a `FoldLine`."""


@dataclass(frozen=True, eq=False)
class Beside:
    """Where the pixels of a box lie beside a line.

    Attributes
    ----------
    nearest : ndarray of shape (h, w), int
        The nearest of the line's points.
    along : ndarray of shape (h, w), float64
        How far along the line, 0 to 1; by half a point less and more beyond its ends.
    side : ndarray of shape (h, w), float64
        How far to the side that its directions point to, pixels.
    beyond : ndarray of shape (h, w), float64
        How far beyond its ends, pixels; 0 between them.
    """

    nearest: NDArray[np.intp]
    along: NDArray[np.float64]
    side: NDArray[np.float64]
    beyond: NDArray[np.float64]


def beside(path: FloatArray, across: FloatArray, box: Box, factor: float) -> Beside:
    """Return where the pixels of a box lie beside a line.

    Parameters
    ----------
    path : ndarray of shape (N, 2), float32
        Its points, pixels.
    across : ndarray of shape (N, 2), float32
        Directions at right angles to it, of length 1.
    box : tuple of int
        Bounds x0, y0, x1, y1 of the box, pixels.
    factor : float
        Pixels of the picture in one of the answer.

    Returns
    -------
    Beside
        Of size h = (y1 - y0) / factor, w = (x1 - x0) / factor.
    """
    x0, y0, x1, y1 = box
    w, h = max(2, round((x1 - x0) / factor)), max(2, round((y1 - y0) / factor))
    xs = x0 + (np.arange(w, dtype=np.float32) + 0.5) * ((x1 - x0) / w)
    ys = y0 + (np.arange(h, dtype=np.float32) + 0.5) * ((y1 - y0) / h)
    nearest = (((xs[:, None] - path[:, 0]) ** 2)[None] + ((ys[:, None] - path[:, 1]) ** 2)[:, None]).argmin(axis=-1)
    right, down = xs - path[:, 0][nearest], ys[:, None] - path[:, 1][nearest]
    normal = across[nearest]
    side = right * normal[..., 0] + down * normal[..., 1]
    # between two of its points the line goes on, straight: a narrow groove would be a row of dots
    apart = max(float(np.linalg.norm(path[1] - path[0])), 1e-6)
    forwards = right * normal[..., 1] - down * normal[..., 0]
    along = (nearest + np.clip(forwards / apart, -0.5, 0.5)) / (len(path) - 1)
    return Beside(nearest, along, side, np.maximum(np.abs(forwards) - 0.75 * apart, 0))


def across_path(path: FloatArray) -> FloatArray:
    """Return directions (S, 2) of length 1 at right angles to a path (S, 2)."""
    ends = np.concatenate([path[:1], path, path[-1:]])
    x, y = (ends[2:] - ends[:-2]).T
    length = np.maximum(np.hypot(x, y), 1e-6)
    return np.stack([-y / length, x / length], axis=1)


def box_around(points: FloatArray, margin: float, size: tuple[int, ...]) -> Box | None:
    """Return bounds of points (N, 2) with a margin, inside a picture; None where hardly a pixel is."""
    x0, y0 = np.maximum(np.floor(points.min(axis=0) - margin), 0).astype(int).tolist()
    x1, y1 = np.minimum(np.ceil(points.max(axis=0) + margin), size[1::-1]).astype(int).tolist()
    return (x0, y0, x1, y1) if x1 - x0 >= 3 and y1 - y0 >= 3 else None


def groove(
    line: FoldLine, path: FloatArray, across: FloatArray, box: Box, width: float, tilt: FloatArray
) -> FloatArray:
    """Return what a whole fold along a line does to the pixels of a box.

    Parameters
    ----------
    line : FoldLine
        The line.
    path : ndarray of shape (32, 2), float32
        Its points, pixels.
    across : ndarray of shape (32, 2), float32
        Directions at right angles to it, of length 1.
    box : tuple of int
        Bounds x0, y0, x1, y1 of the box, pixels.
    width : float
        Half the width of the groove, pixels.
    tilt : ndarray of shape (2,), float32
        Logarithmic change of the light on skin that leans to the right, and downwards.

    Returns
    -------
    ndarray of shape (y1 - y0, x1 - x0), float32
        Logarithm of the change of the pixels.
    """
    x0, y0, x1, y1 = box
    at = beside(path, across, box, max(1.0, width / _FINEST))
    away = np.hypot(at.side, at.beyond) / width
    signed = np.where(at.side < 0, -away, away)
    hollow = np.exp(-(away**2))
    slope = 2 * signed * hollow - 0.5 * signed * np.exp(-((away / 2) ** 2))  # of a groove between raised banks
    lean = -slope * (across[at.nearest] @ tilt)  # a bank leans towards its groove
    fades = smooth_step(np.minimum(at.along, 1 - at.along) / 0.4)
    change = fades * (-line.depth * (hollow - 0.3 * np.exp(-((away / 2.2) ** 2))) + line.banks * lean) / GAMMA
    change = np.asarray(change, dtype=np.float32)
    return np.asarray(cv2.resize(change, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def dimples(middle: FloatArray, along: FloatArray, size: tuple[float, float], box: Box, tilt: FloatArray) -> FloatArray:
    """Return what the dimples of a chin do to the pixels of a box.

    Parameters
    ----------
    middle : ndarray of shape (2,), float32
        Middle of the skin that dimples, pixels.
    along : ndarray of shape (2,), float32
        Half the width of that skin, as a way from the middle to the person's left, pixels.
    size : tuple of float
        Half the height of that skin, and the radius of a dimple, in half widths.
    box : tuple of int
        Bounds x0, y0, x1, y1 of the box, pixels.
    tilt : ndarray of shape (2,), float32
        Logarithmic change of the light on skin that leans to the right, and downwards.

    Returns
    -------
    ndarray of shape (y1 - y0, x1 - x0), float32
        Logarithm of the change of the pixels.
    """
    x0, y0, x1, y1 = box
    height, radius = size
    down = height * np.array([-along[1], along[0]])
    reach = int(1 / (_PITS_APART * radius)) + 1
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    grid = np.stack([columns + 0.5 * (rows % 2), 0.866 * rows], axis=-1).reshape(-1, 2)
    rng = np.random.default_rng(17)  # the same pattern on every chin: where a dimple lies says nothing
    places = _PITS_APART * radius * (grid + rng.uniform(-0.3, 0.3, grid.shape)) / (1, height)
    depths = smooth_step((1 - np.linalg.norm(places, axis=1)) / 0.5) * rng.uniform(0.5, 1, len(places))
    places, depths = places[depths > 0], depths[depths > 0]
    x, y = (middle[:, None] + np.outer(along, places[:, 0]) + np.outer(down, places[:, 1]))[..., None]
    pixels = max(float(np.linalg.norm(along)) * radius, 0.5)
    near = np.arange(int(6 * pixels) + 2)  # of each pit, the columns and rows within three of its radii
    columns, rows = ((np.floor(at - 3 * pixels) + near).astype(int) for at in (x, y))
    across, downwards = ((at + 0.5 - pit) / pixels for at, pit in ((columns, x), (rows, y)))
    across, downwards = across[:, None], downwards[..., None]
    lean = -2 * (across * tilt[0] + downwards * tilt[1])  # towards the middle
    pits = depths[:, None, None] * np.exp(-(across**2 + downwards**2)) * (_PIT_BANKS * lean - _PIT_DEPTH) / GAMMA
    inside = ((columns >= x0) & (columns < x1))[:, None] & ((rows >= y0) & (rows < y1))[..., None]
    at = (rows[..., None] - y0) * (x1 - x0) + columns[:, None] - x0
    change = np.bincount(at[inside], weights=pits[inside], minlength=(y1 - y0) * (x1 - x0))
    return change.reshape(y1 - y0, x1 - x0).astype(np.float32)
