"""A face with its eyes level and at one size, on which glasses are looked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image
from affectface.landmarks.topology import (
    LEFT_EYE_INNER_CORNER,
    LEFT_EYE_OUTER_CORNER,
    RIGHT_EYE_INNER_CORNER,
    RIGHT_EYE_OUTER_CORNER,
)
from affectface.occlusion.lines import standing_out, unroll

UNIT = 128
"""Inter-ocular distance, pixels, of the view: a frame of thin metal, a hundredth of it, is a pixel wide."""
NEAREST, FARTHEST = 0.10, 0.46
"""Distances from an eye between which its lens ends, in inter-ocular distances."""
WIDEST = 13
"""Width, pixels of the view, from which something is no frame any more."""
BRIDGE_FROM, BRIDGE_TO = -0.22, 0.28
"""Where a bridge may cross the nose, in inter-ocular distances below the inner corners of the eyes."""
_STEP = 5
"""Width, pixels, of the two bands whose light is compared across the edge of a dark lens."""
_NARROWEST = 0.45
"""Width of the far eye, in widths of the nearer one, under which the fit of a turned head is not believed."""
_BESIDE, _ABOVE, _BELOW = 1.0, 0.45, 0.60
"""Room around the middle of the eyes, in inter-ocular distances."""
_LENS_BELOW, _LENS_BEFORE = 0.02, 0.15
"""How far the middle of a lens lies below that of the eye, and before it, in inter-ocular distances."""


@dataclass(frozen=True, eq=False)
class View:
    """The part of a face region around the eyes.

    Attributes
    ----------
    image : ndarray of shape (h, w, 3), uint8
        The pixels.
    points : ndarray of shape (478, 2), float32
        The landmarks in it, pixels.
    matrix : ndarray of shape (2, 3), float64
        From the face region's pixel coordinates to those of the view.
    turned : float
        Sine of the angle by which the head is turned to the viewer's right.
    """

    image: Image
    points: FloatArray
    matrix: NDArray[np.float64]
    turned: float

    @property
    def lenses(self) -> FloatArray:
        """Middles (2, 2) of the right and the left lens, pixels."""
        corners = (RIGHT_EYE_OUTER_CORNER, RIGHT_EYE_INNER_CORNER), (LEFT_EYE_INNER_CORNER, LEFT_EYE_OUTER_CORNER)
        away = UNIT * np.array([_LENS_BEFORE * self.turned, _LENS_BELOW], dtype=np.float32)
        return np.stack([self.points[list(pair)].mean(axis=0) + away for pair in corners])

    @property
    def nose_root(self) -> FloatArray:
        """The middle between the inner corners of the eyes (2,), pixels."""
        return np.asarray(self.points[[RIGHT_EYE_INNER_CORNER, LEFT_EYE_INNER_CORNER]].mean(axis=0))

    @property
    def narrowing(self) -> FloatArray:
        """How much narrower each eye (2,) is than the nearer one: on a turned head, the far lens is as well."""
        widths = [
            float(np.linalg.norm(self.points[a] - self.points[b]))
            for a, b in (
                (RIGHT_EYE_OUTER_CORNER, RIGHT_EYE_INNER_CORNER),
                (LEFT_EYE_INNER_CORNER, LEFT_EYE_OUTER_CORNER),
            )
        ]
        return np.asarray(np.clip(np.array(widths) / max(widths), _NARROWEST, 1), dtype=np.float32)

    def rays(self, angles: FloatArray) -> FloatArray:
        """Return how rays at angles (N,) leave both lenses (2, N, 2): a step along one is a pixel on the nearer."""
        directions = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        return np.stack([directions * (narrow, 1) for narrow in self.narrowing]).astype(np.float32)

    def around(self, angles: FloatArray, offsets: FloatArray) -> Image:
        """Return both eyes (2, N, K, 3) unrolled: a row an angle, a column a distance in pixels."""
        return np.stack(
            [
                unroll(self.image, np.broadcast_to(lens, rays.shape), rays, offsets)
                for lens, rays in zip(self.lenses, self.rays(angles), strict=True)
            ]
        )

    def rim(self, angles: FloatArray) -> tuple[FloatArray, FloatArray, Image]:
        """Return how much darker and how much brighter pixels are than what is to both sides, and the pixels.

        Around both eyes (2, N, K), from the nearest distance on.
        """
        rows = self.around(angles, np.arange(NEAREST * UNIT - WIDEST, FARTHEST * UNIT + WIDEST, dtype=np.float32))
        inside = np.s_[:, :, WIDEST:-WIDEST]
        darker, brighter = (np.stack(out)[inside] for out in zip(*(standing_out(r, WIDEST) for r in rows), strict=True))
        return darker, brighter, rows[inside]

    def rim_steps(self, angles: FloatArray) -> FloatArray:
        """Return the logarithm by which light rises around both eyes (2, N, K), from the nearest distance on."""
        offsets = np.arange(NEAREST * UNIT - _STEP, FARTHEST * UNIT + _STEP, dtype=np.float32)
        total = np.cumsum(grey(self.around(angles, offsets)), axis=2)
        mean = (total[..., _STEP:] - total[..., :-_STEP]) / _STEP + 4  # black is not infinitely dark
        return np.asarray(np.log(mean[..., _STEP:] / mean[..., :-_STEP]), dtype=np.float32)

    def nose(self, columns: FloatArray) -> tuple[FloatArray, Image]:
        """Return how much pixels stand out in columns (N, K) across the nose, from `BRIDGE_FROM` on, and the pixels."""
        points = np.stack([columns, np.full_like(columns, self.nose_root[1])], axis=-1)
        offsets = np.arange(BRIDGE_FROM * UNIT - WIDEST, BRIDGE_TO * UNIT + WIDEST, dtype=np.float32)
        rows = unroll(self.image, points, np.broadcast_to(np.array([0, 1], dtype=np.float32), points.shape), offsets)
        return np.maximum(*standing_out(rows, WIDEST))[:, WIDEST:-WIDEST], rows[:, WIDEST:-WIDEST]

    def to_region(self, points: FloatArray) -> FloatArray:
        """Return points (..., 2) of the view in the face region."""
        turn, shift = self.matrix[:, :2], self.matrix[:, 2]
        return np.asarray((points - shift) @ np.linalg.inv(turn).T, dtype=np.float32)


def upright_view(image: Image, landmarks: FloatArray, eye_distance: float) -> View:
    """Return the view of a face.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3), uint8
        The face region.
    landmarks : ndarray of shape (478, 3), float32
        The landmarks in it, pixels.
    eye_distance : float
        Inter-ocular distance, pixels.

    Returns
    -------
    View
        The view; beyond the region its edge pixels are repeated.
    """
    right, left = landmarks[RIGHT_EYE_OUTER_CORNER, :2], landmarks[LEFT_EYE_OUTER_CORNER, :2]
    across = (left - right) / max(float(np.linalg.norm(left - right)), 1e-6)
    turn = UNIT / eye_distance * np.array([across, (-across[1], across[0])], dtype=np.float64)
    matrix = np.empty((2, 3))
    matrix[:, :2] = turn
    matrix[:, 2] = np.array([_BESIDE, _ABOVE]) * UNIT - turn @ ((right + left) / 2)
    size = int(2 * _BESIDE * UNIT), int((_ABOVE + _BELOW) * UNIT)
    corners = np.array([(0, 0), (size[0], 0), (0, size[1]), size])
    turned = float(landmarks[LEFT_EYE_OUTER_CORNER, 2] - landmarks[RIGHT_EYE_OUTER_CORNER, 2]) / eye_distance
    view = View(image, np.asarray(landmarks[:, :2] @ turn.T + matrix[:, 2], dtype=np.float32), matrix, turned)
    bounds = view.to_region(corners)
    low = np.clip(np.floor(bounds.min(axis=0)).astype(int) - 2, 0, None)
    high = np.maximum(np.ceil(bounds.max(axis=0)).astype(int) + 2, low + 1)
    part = image[low[1] : high[1], low[0] : high[0]]
    factor = max(1, int(eye_distance / UNIT))  # a warp takes single pixels: those of a large face are averaged before
    if factor > 1 and min(part.shape[:2]) >= factor:
        height, width = (length // factor * factor for length in part.shape[:2])
        part = np.asarray(
            cv2.resize(part[:height, :width], (width // factor, height // factor), interpolation=cv2.INTER_AREA),
            dtype=np.uint8,
        )
    else:
        factor = 1
    warp = np.empty((2, 3))
    warp[:, :2] = turn * factor
    warp[:, 2] = matrix[:, 2] + turn @ low + warp[:, :2] @ np.array([0.5, 0.5]) - 0.5
    pixels = cv2.warpAffine(part, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return replace(view, image=np.asarray(pixels, dtype=np.uint8))


def grey(pixels: NDArray[Any]) -> FloatArray:
    """Return the luma (...) of pixels.

    Parameters
    ----------
    pixels : ndarray of shape (..., 3)
        The pixels, 0 to 255.

    Returns
    -------
    ndarray of shape (...), float32
        Their luma, 0 to 255.
    """
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32), dtype=np.float32)
