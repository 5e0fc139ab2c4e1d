"""What an image looks like through a warp: channels that light changes little, sampled at the reference's pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.gallery.tracking.warps import Shape, Warp
from affectface.morphable.texture.features import feature_image, sample_values

Look = Literal["intensity", "edges", "sift", "hog"]
"""`intensity`: grey level, with brightness and contrast made alike; `edges`: direction of the gradient (Tzimiropoulos
et al., "Robust and efficient parametric face alignment", ICCV 2011); `sift`, `hog`: dense descriptors."""

_BLUR = 1.0
"""Standard deviation of the blur before grey levels are compared, pixels."""
_FAINT = 1.5
"""Gradient, grey levels a pixel, at which an edge counts 0.7: noise of flat skin has no direction."""


@dataclass(frozen=True, eq=False)
class Looked:
    """One image at one level of the pyramid.

    Attributes
    ----------
    channels : ndarray of shape (H, W, C), float32
        What it looks like.
    known : ndarray of shape (H, W, 1), float32
        1 where there is something, 0 in holes.
    scale : float
        Its pixels for one of the image.
    look : str
        What the channels are.
    """

    channels: FloatArray
    known: FloatArray
    scale: float
    look: Look


def look_at(image: Image, known: BoolArray | None, scale: float, look: Look) -> Looked:
    """Return what an image looks like at a scale.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The image.
    known : ndarray of shape (H, W), bool, optional
        Where it shows something; everywhere if not given.
    scale : float
        The scale.
    look : "intensity", "edges", "sift" or "hog"
        Which channels.

    Returns
    -------
    Looked
        Its channels.
    """
    size = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(image, size, interpolation=method), dtype=np.uint8)
    mask = np.ones(image.shape[:2], np.float32) if known is None else known.astype(np.float32)
    seen = np.asarray(cv2.resize(mask, size, interpolation=method), dtype=np.float32)
    if look == "intensity" or look == "edges":
        grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), _BLUR)
        channels = np.asarray(grey[..., None] if look == "intensity" else _edges(grey), dtype=np.float32)
    else:
        channels = feature_image(small, look)
    return Looked(channels, (seen > 0.99).astype(np.float32)[..., None], scale, look)


def _edges(grey: NDArray[Any]) -> FloatArray:
    """Return the direction (H, W, 2) of the gradient, shorter where it is faint."""
    slopes = np.stack(np.gradient(grey)[::-1], axis=2)
    found = slopes / np.sqrt((slopes**2).sum(axis=2, keepdims=True) + _FAINT**2)
    return np.asarray(found, dtype=np.float32)


def sampled(looked: Looked, warp: Warp, shape: Shape) -> tuple[FloatArray, NDArray[np.float32]]:
    """Return what is seen through a warp.

    Parameters
    ----------
    looked : Looked
        The image.
    warp : Warp
        The reference's warps.
    shape : ndarray of shape (L, 2)
        The shape in the image, pixels of its level.

    Returns
    -------
    values : ndarray of shape (P, C), float32
        The channels at each pixel of the reference; intensity with mean 0 and deviation 1.
    known : ndarray of shape (P, 1), float32
        1 where the image shows something.
    """
    places = warp.places(shape)
    values = sample_values(looked.channels, places)
    height, width = looked.channels.shape[:2]
    beside = (places < 0.5).any(axis=1) | (places[:, 0] > width - 0.5) | (places[:, 1] > height - 0.5)
    known = np.asarray(sample_values(looked.known, places) > 0.99, dtype=np.float32)
    known[beside] = 0
    if looked.look == "intensity":
        count = max(float(known.sum()), 1.0)
        centred = values - float((values * known).sum() / count)
        deviation = float(np.sqrt((centred**2 * known).sum() / count))
        values = centred / np.float32(max(deviation, 1e-3))
    return np.asarray(values, dtype=np.float32), known


def reference_slopes(mask: BoolArray, values: FloatArray) -> FloatArray:
    """Return the derivatives of values on the reference's pixels.

    Parameters
    ----------
    mask : ndarray of shape (H, W), bool
        The reference's pixels, P of them.
    values : ndarray of shape (P, C), float32
        Values there.

    Returns
    -------
    ndarray of shape (P, C, 2), float32
        Their derivatives by x and y, a pixel: central differences, one-sided at the border, 0 where nothing is beside.
    """
    number = np.full((mask.shape[0] + 2, mask.shape[1] + 2), -1)
    number[1:-1, 1:-1][mask] = np.arange(len(values))
    row, column = np.nonzero(mask)
    slopes = np.zeros((*values.shape, 2), dtype=np.float32)
    for axis, (down, right) in enumerate(((0, 1), (1, 0))):
        after = number[row + 1 + down, column + 1 + right]
        before = number[row + 1 - down, column + 1 - right]
        own = np.arange(len(values))
        high, low = np.where(after >= 0, after, own), np.where(before >= 0, before, own)
        span = np.maximum((after >= 0).astype(np.float32) + (before >= 0), 1)[:, None]
        slopes[..., axis] = (values[high] - values[low]) / span
    return slopes
