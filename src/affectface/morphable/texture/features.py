"""A descriptor at every pixel: dense SIFT and HOG.

Colours change with light and camera, the direction of edges hardly does: Booth et al. ("3D Face Morphable Models
'In-the-Wild'", CVPR 2017, section 3.3) therefore compare features of image and model. Both kinds here are histograms of
the gradient's direction in 2 x 2 cells around the pixel, 36 numbers (Lowe, IJCV 2004; Dalal & Triggs, CVPR 2005).
"""

from __future__ import annotations

from typing import Literal, get_args

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image, check_image

FeatureKind = Literal["sift", "hog"]
"""`sift`: signed directions of the grey image; `hog`: unsigned directions of the channel with the steepest edge."""

FEATURE_KINDS: tuple[FeatureKind, ...] = get_args(FeatureKind)

FeatureImage = FloatArray
"""(H, W, C) float32: a descriptor of length at most 1 at each pixel's centre."""

CELL = 6
"""Side of a cell, pixels; descriptors overlap half of the cell beside them."""

_DIRECTIONS = 9
CHANNELS = 4 * _DIRECTIONS

_LARGEST = 0.2 * (128 / CHANNELS) ** 0.5
"""Bound of one entry before the second normalisation: Lowe's 0.2 is for 128 entries."""

_FAINT = 1.0
"""Mean gradient, grey levels a pixel, at which a descriptor has 0.7 of its length: noise of flat skin is no texture."""


def feature_image(image: Image, kind: FeatureKind = "sift") -> FeatureImage:
    """Return the descriptor at each pixel of an image.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The image.
    kind : "sift" or "hog"
        Which descriptor.

    Returns
    -------
    ndarray of shape (H, W, 36), float32
        The descriptors: cells from top left to bottom right, nine directions each.

    Raises
    ------
    ValueError
        If the image is not one, or the kind is unknown.

    Notes
    -----
    Where Lowe normalises every descriptor to length 1, faint ones stay short here, so that plain skin says nothing
    rather than something arbitrary. A cell's pixels are weighted by a triangle, as interpolation between cells does.
    """
    image = check_image(image)
    if kind not in FEATURE_KINDS:
        raise ValueError(f"feature kind {kind!r} is unknown; one of {', '.join(FEATURE_KINDS)} is needed")
    across, down = _gradient(image, kind)
    votes = _votes(across, down, signed=kind == "sift")
    ramp = np.concatenate([np.arange(1, CELL + 1), np.arange(CELL - 1, 0, -1)]).astype(np.float32)
    cells = cv2.sepFilter2D(votes, -1, ramp / ramp.sum(), ramp / ramp.sum(), borderType=cv2.BORDER_REPLICATE)
    return _normalised(_neighbours(np.asarray(cells, dtype=np.float32)))


def _gradient(image: Image, kind: FeatureKind) -> tuple[FloatArray, FloatArray]:
    """Return the gradient (H, W) to the right and downwards, grey levels a pixel."""
    grey = kind == "sift"
    source = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if grey else image).astype(np.float32)
    kernel, none = np.array([-0.5, 0, 0.5], np.float32), np.ones(1, np.float32)
    across = cv2.sepFilter2D(source, -1, kernel, none, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(source, -1, none, kernel, borderType=cv2.BORDER_REPLICATE)
    if not grey:
        steepest = np.argmax(across**2 + down**2, axis=2)[..., None]
        across, down = (np.take_along_axis(slope, steepest, 2)[..., 0] for slope in (across, down))
    return np.asarray(across, dtype=np.float32), np.asarray(down, dtype=np.float32)


def _votes(across: FloatArray, down: FloatArray, *, signed: bool) -> FloatArray:
    """Return each pixel's gradient, shared between the two nearest of nine directions, (H, W, 9)."""
    strength, angle = cv2.cartToPolar(across, down)
    turn = angle * np.float32(_DIRECTIONS / (2 * np.pi if signed else np.pi))
    lower = np.floor(turn)
    share = strength * (turn - lower)
    first = lower.astype(np.intp) % _DIRECTIONS
    votes = np.zeros((*across.shape, _DIRECTIONS), dtype=np.float32)
    np.put_along_axis(votes, first[..., None], (strength - share)[..., None], axis=2)
    np.put_along_axis(votes, ((first + 1) % _DIRECTIONS)[..., None], share[..., None], axis=2)
    return votes


def _neighbours(cells: FloatArray) -> FloatArray:
    """Return the four cells (H, W, 36) whose common corner each pixel is, from cells (H, W, 9) centred on it."""
    height, width = cells.shape[:2]
    half = CELL // 2
    wide = np.pad(cells, ((half, half), (half, half), (0, 0)), mode="edge")
    corners = [wide[y : y + height, x : x + width] for y in (0, CELL) for x in (0, CELL)]
    return np.concatenate(corners, axis=2)


def _normalised(descriptors: FloatArray) -> FeatureImage:
    """Return descriptors (H, W, 36) with their entries bounded, and as long as the gradient is strong, 1 at most."""
    squared = np.einsum("hwc,hwc->hw", descriptors, descriptors)[..., None]
    length = np.sqrt(squared)
    bounded = np.minimum(descriptors, _LARGEST * length)
    again = np.sqrt(np.einsum("hwc,hwc->hw", bounded, bounded))[..., None]
    strength = length / np.sqrt(squared + np.float32(_FAINT**2))
    return np.asarray(bounded * (strength / np.maximum(again, 1e-12)), dtype=np.float32)


def sample_values(features: FeatureImage, points: FloatArray) -> FloatArray:
    """Look up a feature image (H, W, C) between its pixels, at points (N, 2); see `sample`. Return (N, C)."""
    (a, b, c, d), x, y = _corners(features, points)
    upper = a + x * (b - a)
    return upper + y * (c + x * (d - c) - upper)


def sample(features: FeatureImage, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Look up a feature image between its pixels, with the derivative of the interpolation.

    Parameters
    ----------
    features : ndarray of shape (H, W, C), float32
        The feature image.
    points : ndarray of shape (N, 2), float32
        Where, pixels (x, y); beyond the border the border is continued.

    Returns
    -------
    values : ndarray of shape (N, C), float32
        Bilinearly interpolated features.
    slopes : ndarray of shape (N, C, 2), float32
        Their derivative by x and y, a pixel.
    """
    (a, b, c, d), x, y = _corners(features, points)
    top, bottom = b - a, d - c
    upper, lower = a + x * top, c + x * bottom
    slopes = np.stack([top + y * (bottom - top), lower - upper], axis=2)
    return upper + y * (lower - upper), slopes


def _corners(features: FeatureImage, points: FloatArray) -> tuple[list[FloatArray], FloatArray, FloatArray]:
    """Return the four features (N, C) around points (N, 2), and where between them (N, 1) the points lie."""
    height, width = features.shape[:2]
    place = np.clip(points - 0.5, 0, np.array([width - 1.001, height - 1.001])).astype(np.float32)
    corner = place.astype(np.intp)
    x, y = (place - corner).astype(np.float32).T[..., None]
    first = corner[:, 1] * width + corner[:, 0]
    flat = features.reshape(height * width, -1)
    return [flat[first + step] for step in (0, 1, width, width + 1)], x, y
