"""Eyeballs that stay where they are when the lids move.

The photo shows an eyeball through the opening of the lids, with lashes and the lids' shadow on it. The two are taken
apart once for each photo: the eyeball alone, completed under the lids, and the shadow as a factor. A moved lid then
carries its shadow over an eyeball that does not smear.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image, median

_RINGS = 14
_LIMBUS = 0.14
"""Width of the soft border between iris and sclera, in iris radii."""


@dataclass(frozen=True, eq=False)
class EyeLayers:
    """One eye of a photo, taken apart.

    Attributes
    ----------
    x, y : int
        Where the layers' first pixel lies in the photo.
    eyeball : ndarray of shape (h, w, 3), float32
        The eyeball without lids, sRGB in [0, 255].
    shadow : ndarray of shape (h, w, 3), float32
        What lashes and lids leave of it; eyeball times shadow is the photo within the opening.
    """

    x: int
    y: int
    eyeball: FloatArray
    shadow: FloatArray


def separate_eye(image: Image, opening: BoolArray, iris: tuple[float, float, float]) -> EyeLayers | None:
    """Take an eye of a photo apart into eyeball and shadow.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    opening : ndarray of shape (H, W), bool
        Where the eyeball is seen between the lids.
    iris : tuple of float
        Centre x, centre y and radius of the iris, pixels.

    Returns
    -------
    EyeLayers or None
        The layers; None where the eye is closed or too small to be told apart.
    """
    rows, columns = np.flatnonzero(opening.any(axis=1)), np.flatnonzero(opening.any(axis=0))
    if len(rows) < 2 or len(columns) < 4:
        return None
    tall, wide = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    pad = max(3, int(0.35 * wide))
    y0, y1 = max(rows[0] - pad, 0), min(rows[-1] + pad + 1, opening.shape[0])
    x0, x1 = max(columns[0] - pad, 0), min(columns[-1] + pad + 1, opening.shape[1])
    seen = opening[y0:y1, x0:x1]
    photo = image[y0:y1, x0:x1].astype(np.float32)
    border = max(1.0, 0.16 * tall)
    inward = cv2.distanceTransform(np.pad(seen, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    trusted = inward > border
    yy, xx = np.mgrid[y0:y1, x0:x1] + 0.5
    radius = np.hypot(xx - iris[0], yy - iris[1]) / max(iris[2], 1.0)
    guess = _complete(photo, trusted, seen, radius, xx - iris[0])
    keep = np.clip(inward / border - 1, 0, 1)[..., None]
    eyeball = (keep * photo + (1 - keep) * guess).astype(np.float32)
    ratio = np.clip((photo + 2) / (eyeball + 2), 0.1, 1.6) * seen[..., None]
    weight = seen.astype(np.float32)
    shadow = ratio.copy()
    for sigma in (1.0, 2.0, 4.0):  # continued under the lids, where a moved lid may look it up
        total = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
        spread = cv2.GaussianBlur(ratio, (0, 0), sigma) / np.maximum(total, 1e-6)
        shadow = np.where((shadow == 0) & (total > 0.01), spread, shadow)
    shadow[shadow == 0] = 1
    return EyeLayers(int(x0), int(y0), eyeball, shadow.astype(np.float32))


def _complete(
    photo: FloatArray, trusted: BoolArray, seen: BoolArray, radius: FloatArray, across: FloatArray
) -> FloatArray:
    """What the eyeball looks like everywhere: the iris by its rings, the sclera by a gentle change across."""
    white = trusted & (radius > 1.15)
    if white.sum() < 12:
        white = seen & (radius > 1.05)
    if white.sum() < 12:
        white = seen
    colours = photo[white]
    floor = np.percentile(colours, 30, axis=0)
    bright = (colours >= floor * 0.9).all(axis=1)
    side = np.stack([np.ones(bright.sum()), across[white][bright] / 20], axis=1)
    ridge = np.diag([0.0, 0.5 * bright.sum()])
    line = np.linalg.solve(side.T @ side + ridge + 1e-6 * np.eye(2), side.T @ colours[bright])
    low, high = np.percentile(colours, 5, axis=0), np.percentile(colours, 97, axis=0)
    sclera = np.clip(line[0] + across[..., None] / 20 * line[1], low, high)
    inside = (trusted if (trusted & (radius < 0.9)).sum() > 8 else seen) & (radius < 1)
    rings = np.full((_RINGS + 1, 3), np.nan)
    ring, colours = np.minimum((radius[inside] * _RINGS).astype(int), _RINGS), photo[inside]
    for i in np.unique(ring).tolist():
        rings[i] = median(colours[ring == i], axis=0)
    known = np.flatnonzero(~np.isnan(rings[:, 0]))
    if not len(known):
        return np.asarray(sclera, dtype=np.float32)
    position = np.clip(radius * _RINGS - 0.5, 0, _RINGS - 1)
    iris = np.stack([np.interp(position, known, rings[known, c]) for c in range(3)], axis=-1)
    blend = np.clip((1 + _LIMBUS / 2 - radius) / _LIMBUS, 0, 1)[..., None]
    return np.asarray(sclera + (iris - sclera) * blend, dtype=np.float32)
