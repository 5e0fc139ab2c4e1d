"""The pixels of a frame, once it is known where about its lines go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.occlusion.lines import best_way, standing_out, unroll, without_spikes

_WIDEST = 0.13
"""Width of the thickest frame where it is cut aslant, in inter-ocular distances."""
_AROUND = 0.018
"""How far beside the line that is known roughly the exact one is looked for, in inter-ocular distances."""
_CAP = 40.0
"""Grey values beyond which a line is not better for standing out more."""
_WEAK = 0.35
"""Share of a line's usual strength under which it is covered by something like it, or not there."""
_FAINT = 9.0
"""Grey values under which there is no line in any case."""
_TYPICAL = 35.0
"""Percentile of the width that is taken for the line's own: brows and shadows only make it wider."""
_ODD = 1.5
"""How many times as wide, or as narrow, as usual a line is where a brow or a lash was taken for part of it."""
_MARGIN = 0.004
"""How much wider a frame is drawn than it was measured, in inter-ocular distances: its edge is not sharp."""


@dataclass(frozen=True, eq=False)
class Stroke:
    """A line with a width.

    Attributes
    ----------
    points : ndarray of shape (N, 2), float32
        Its middle, pixels of the face region.
    directions : ndarray of shape (N, 2), float32
        Unit vectors across it.
    half : ndarray of shape (N,), float32
        Half its width along them, pixels.
    strength : ndarray of shape (N,), float32
        How much it stands out, grey values.
    present : ndarray of shape (N,), bool
        Where it is seen.
    closed : bool
        Whether its last point is followed by its first.
    """

    points: FloatArray
    directions: FloatArray
    half: FloatArray
    strength: FloatArray
    present: BoolArray
    closed: bool


def measure_stroke(
    image: Image, points: FloatArray, directions: FloatArray, eye_distance: float, *, closed: bool
) -> Stroke:
    """Find the middle and the width of a line that is known roughly.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3), uint8
        The face region.
    points : ndarray of shape (N, 2), float32
        Points on or near the line, pixels.
    directions : ndarray of shape (N, 2), float32
        Unit vectors across it.
    eye_distance : float
        Inter-ocular distance, pixels.
    closed : bool
        Whether the last point is followed by the first.

    Returns
    -------
    Stroke
        The line; as wide as elsewhere where something like it lies beside it.
    """
    step = min(1.0, eye_distance / 256)
    widest = 2 * round(_WIDEST * eye_distance / step / 2) + 1
    near = max(2, round(_AROUND * eye_distance / step))
    count = near + widest
    offsets = np.arange(-count, count + 1, dtype=np.float32) * np.float32(step)
    darker, brighter = standing_out(unroll(image, points, directions, offsets), widest)
    middle = slice(count - near, count + near + 1)
    dark = _smooth(darker[:, middle].max(axis=1) - brighter[:, middle].max(axis=1), 9, closed) >= 0
    out = np.where(dark[:, None], darker, brighter)
    way = best_way(np.minimum(out[None, :, middle], _CAP), max(2, near // 4), closed=closed)[0] + count - near
    strength = out[np.arange(len(out)), way]
    first, last = _extent(out >= 0.5 * strength[:, None], way)
    centre, half = (first + last) / 2 - count, (last - first + 1) / 2
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    aslant = np.clip(np.abs(along[:, 0] * directions[:, 1] - along[:, 1] * directions[:, 0]), 0.4, 1)
    usual = float(np.percentile((half * aslant)[strength >= np.median(strength)], _TYPICAL))
    expected = usual / aslant
    enough = max(_FAINT, _WEAK * float(np.percentile(strength, 75)))
    sure = (strength >= enough) & (half < _ODD * expected) & (half > expected / _ODD)
    if not sure.any():
        return Stroke(points, directions, np.zeros(len(points), np.float32), strength, sure, closed)
    middles, halves = (
        without_spikes(_fill_in(values, sure, closed), 9, closed=closed)
        for values in (centre, np.where(sure, half, expected))
    )
    present = _smooth((strength >= enough).astype(np.float32), 9, closed) > 0.5
    on_line = points + directions * (step * _smooth(middles, 3, closed))[:, None]
    width = step * _smooth(halves, 3, closed) + _MARGIN * eye_distance
    return Stroke(on_line.astype(np.float32), directions, width.astype(np.float32), strength, present, closed)


def draw_stroke(mask: FloatArray, stroke: Stroke) -> None:
    """Draw a line on a mask, in place.

    Parameters
    ----------
    mask : ndarray of shape (h, w), float32
        0 to 1.
    stroke : Stroke
        The line.
    """
    across = stroke.directions * stroke.half[:, None]
    ends = np.stack([stroke.points - across, stroke.points + across], axis=1) - 0.5
    drawn = np.zeros(mask.shape, dtype=np.uint8)
    fixed = np.rint(ends * 16).astype(np.int32)
    for i in range(0 if stroke.closed else 1, len(ends)):
        if stroke.present[i] and stroke.present[i - 1]:
            quad = np.array([fixed[i - 1, 0], fixed[i - 1, 1], fixed[i, 1], fixed[i, 0]])
            cv2.fillConvexPoly(drawn, quad, 255, cv2.LINE_AA, 4)
    np.maximum(mask, drawn / np.float32(255), out=mask)


def _extent(mask: BoolArray, way: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """The first and last pixel (N,) of the run of a mask (N, K) that holds the way (N,)."""
    columns = np.arange(mask.shape[1])
    off = ~mask
    first = np.where(off & (columns < way[:, None]), columns, -1).max(axis=1) + 1
    last = np.where(off & (columns > way[:, None]), columns, mask.shape[1]).min(axis=1) - 1
    return first.astype(np.float32), last.astype(np.float32)


def _fill_in(values: NDArray[Any], sure: BoolArray, closed: bool) -> FloatArray:
    """Values (N,) with those that are not sure put between those that are."""
    at, count = np.flatnonzero(sure), len(values)
    filled = np.interp(np.arange(count), at, values[at], period=count if closed else None)
    return np.asarray(filled, dtype=np.float32)


def _smooth(values: FloatArray, window: int, closed: bool) -> FloatArray:
    """Values (N,) averaged over a window."""
    half = window // 2
    padded = np.pad(values, half, mode="wrap" if closed else "edge")
    return np.asarray(np.convolve(padded, np.full(window, 1 / window), mode="valid"), dtype=np.float32)
