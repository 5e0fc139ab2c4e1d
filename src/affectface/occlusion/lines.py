"""Lines that cross a face: how much they stand out from the skin on both sides, and which way they go.

A picture is unrolled along a curve, one row for each point of it; a line is then the way through the rows that stands
out most, found by dynamic programming.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image

_BEND = 0.5
"""What a step aside costs on a way, in grey values: a line has no reason to zigzag."""


def unroll(image: Image, points: FloatArray, directions: FloatArray, offsets: FloatArray) -> Image:
    """Return the pixels along lines that cross a curve.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3), uint8
        The picture.
    points : ndarray of shape (N, 2), float32
        Points of the curve, pixels.
    directions : ndarray of shape (N, 2), float32
        Which way each line goes.
    offsets : ndarray of shape (K,), float32
        How far along its line each pixel lies, in lengths of the direction.

    Returns
    -------
    ndarray of shape (N, K, 3), uint8
        The pixels, with the edge pixels repeated.
    """
    x, y = (points[:, None, axis] + directions[:, None, axis] * offsets - 0.5 for axis in (0, 1))
    return np.asarray(
        cv2.remap(image, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        dtype=np.uint8,
    )


def standing_out(rows: Image, widest: int) -> tuple[FloatArray, FloatArray]:
    """Return how much darker and how much brighter pixels are than what lies to both sides of them in their row.

    Parameters
    ----------
    rows : ndarray of shape (N, K, 3), uint8
        Unrolled pixels.
    widest : int
        Width, pixels, from which something is no line any more.

    Returns
    -------
    darker, brighter : ndarray of shape (N, K), float32
        By the channel in which they differ most, in grey values.
    """
    kernel = np.ones((1, widest), np.uint8)
    closed, opened = (cv2.morphologyEx(rows, kind, kernel) for kind in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN))
    darker, brighter = cv2.subtract(closed, rows).max(axis=-1), cv2.subtract(rows, opened).max(axis=-1)
    return darker.astype(np.float32), brighter.astype(np.float32)


def best_way(scores: FloatArray, step: int, *, closed: bool = False) -> NDArray[np.intp]:
    """Return the ways through the rows that collect most.

    Parameters
    ----------
    scores : ndarray of shape (B, N, K), float32
        What each pixel of each picture is worth.
    step : int
        How far aside a way may go from one row to the next, pixels.
    closed : bool
        Whether the last row is followed by the first.

    Returns
    -------
    ndarray of shape (B, N), int
        Where each way crosses each row.
    """
    if closed:  # two laps; in the middle of them, the ends do not matter
        count, half = scores.shape[1], scores.shape[1] // 2
        way = best_way(np.concatenate([scores, scores], axis=1), step)
        return np.roll(way[:, half : half + count], half, axis=1)
    batch, count, width = scores.shape
    cost = (_BEND * np.abs(np.arange(-step, step + 1))).astype(np.float32)
    padded = np.full((batch, width + 2 * step), -np.inf, dtype=np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * step + 1, axis=1)
    total = padded[:, step : step + width]
    total[:] = scores[:, 0]
    came = np.zeros((count, batch, width), dtype=np.intp)
    for row in range(1, count):
        reached = windows - cost
        came[row] = reached.argmax(axis=-1)
        total[:] = reached.max(axis=-1) + scores[:, row]
    which = np.arange(batch)
    way = np.empty((batch, count), dtype=np.intp)
    way[:, -1] = total.argmax(axis=1)
    for row in range(count - 1, 0, -1):
        way[:, row - 1] = way[:, row] + came[row, which, way[:, row]] - step
    return way


def without_spikes(values: NDArray[Any], window: int, *, closed: bool) -> FloatArray:
    """Return values along a line without those that few of their neighbours share.

    Parameters
    ----------
    values : ndarray of shape (..., N)
        The values.
    window : int
        Length of the running median.
    closed : bool
        Whether the last value is followed by the first.

    Returns
    -------
    ndarray of shape (..., N), float32
        Their running median.
    """
    half = window // 2
    padded = np.pad(values, ((0, 0),) * (values.ndim - 1) + ((half, half),), mode="wrap" if closed else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, window, axis=-1)
    return np.asarray(np.median(windows, axis=-1), dtype=np.float32)
