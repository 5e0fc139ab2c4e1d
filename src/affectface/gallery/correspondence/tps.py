"""The thin plate spline that warps a frame's unrolled picture to the reference's, by landmarks (Cosker et al. 2011).

Kollias 2020, section 3.3, after Cheng et al. (2018). Upper and lower lip touch in the reference and part in a frame: a
single plate would have to tear, so each lip has its own, in which the other's landmarks do not count.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from affectface.arrays import BoolArray, FloatArray
from affectface.errors import GalleryError
from affectface.gallery.correspondence.cylinder import Cylinder, UvMap, look_up_map
from affectface.morphable.contours import LOWER_INNER_LIP, UPPER_INNER_LIP

_STEP = 8
"""Pixels between the points at which the spline is computed; it is bilinear between them."""
_FEWEST = 8
"""Landmarks that a spline needs to be more than a guess."""


def tps_warp(
    source: NDArray[np.floating], target: NDArray[np.floating], shape: tuple[int, int], smoothing: float
) -> FloatArray:
    """Return where each pixel of the reference's picture lies in a frame's.

    Parameters
    ----------
    source : ndarray of shape (N, 2)
        Landmarks in the reference's picture, pixels.
    target : ndarray of shape (N, 2)
        The same in the frame's.
    shape : tuple of int
        Height and width of the pictures.
    smoothing : float
        0 goes through all landmarks; more lets the plate ignore their noise.

    Returns
    -------
    ndarray of shape (H, W, 2), float32
        Positions in the frame's picture, pixels.

    Raises
    ------
    GalleryError
        If there are too few landmarks.
    """
    if len(source) < _FEWEST:
        raise GalleryError(f"{len(source)} landmarks are seen in both frame and reference; {_FEWEST} are needed")
    spline = RBFInterpolator(source, target - source, kernel="thin_plate_spline", smoothing=smoothing)
    rows, columns = (np.arange(0, size + _STEP, _STEP) for size in shape)
    grid = np.stack(np.meshgrid(columns, rows), axis=-1)
    moved = spline(grid.reshape(-1, 2).astype(np.float64)).reshape(grid.shape).astype(np.float32)
    centres = pixel_centres(shape)
    return centres + cv2.remap(
        moved, centres[..., 0] / np.float32(_STEP), centres[..., 1] / np.float32(_STEP), cv2.INTER_LINEAR
    )


def pixel_centres(shape: tuple[int, int]) -> FloatArray:
    """Return the positions (H, W, 2) of a picture's pixel centres, (x, y)."""
    x, y = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5)
    return np.stack([x, y], axis=-1).astype(np.float32)


def tps_places(
    cylinder: Cylinder,
    frame: UvMap,
    vertices: NDArray[np.float64],
    landmarks: tuple[FloatArray, FloatArray],
    smoothing: float,
) -> tuple[NDArray[np.float64], BoolArray]:
    """Look up the reference's vertices in a frame's warped map.

    Parameters
    ----------
    cylinder : Cylinder
        That of reference and frame.
    frame : UvMap
        The frame, unrolled.
    vertices : ndarray of shape (S, 3), float64
        The reference's vertices, cm.
    landmarks : tuple of two ndarray of shape (478, 3)
        The landmarks of the reference and of the frame, cm, numbered like the 478; NaN where one is not known.
    smoothing : float
        As for `tps_warp`.

    Returns
    -------
    places : ndarray of shape (S, 3), float64
        Where the vertices are in the frame, cm.
    known : ndarray of shape (S,), bool
        Where the frame's map has no hole.

    Raises
    ------
    GalleryError
        If too few landmarks are known in both.
    """
    before, after = landmarks
    both = np.asarray(np.isfinite(before).all(axis=1) & np.isfinite(after).all(axis=1))
    at = cylinder.project(vertices)[:, :2]
    places = np.zeros(vertices.shape)
    known = np.zeros(len(vertices), dtype=bool)
    above = above_the_lips(vertices, before)
    for mine, other in ((above, LOWER_INNER_LIP), (~above, UPPER_INNER_LIP)):
        used = both.copy()
        used[list(other[1:-1])] = False
        pixels = [cylinder.project(marks[used])[:, :2] for marks in (before, after)]
        warp = tps_warp(pixels[0], pixels[1], cylinder.shape, smoothing)
        there = look_up_map(warp, at[mine], -1e4)
        places[mine] = look_up_map(frame.places, there)
        known[mine] = look_up_map(frame.known, there) > 0.999
    return places, known


def above_the_lips(vertices: NDArray[np.floating], landmarks: NDArray[np.floating]) -> BoolArray:
    """Return which vertices (S, 3) lie above where the lips of landmarks (478, 3) meet; all if that is unknown."""
    seam = (landmarks[list(UPPER_INNER_LIP)] + landmarks[list(LOWER_INNER_LIP)]) / 2
    seam = seam[np.isfinite(seam).all(1)]
    if len(seam) < 2:
        return np.ones(len(vertices), dtype=bool)
    seam = seam[np.argsort(seam[:, 0])]
    return np.asarray(vertices[:, 1] > np.interp(vertices[:, 0], seam[:, 0], seam[:, 1]))
