"""What the judges look at: an upright square around a face, and a face brought onto a template."""

from __future__ import annotations

from math import floor, log2

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image, check_array, check_image
from affectface.landmarks import topology
from affectface.landmarks.crop import Crop, cut, shrink

_UPRIGHT = np.radians(10.0)
"""Lean of a head, radians, up to which it counts as upright."""

INNER_LIPS = (13, 14)
"""Middle of the upper and of the lower lip, where the mouth opens."""


def square_crop(image: Image, landmarks: FloatArray, room: float) -> Image:
    """Cut the square around a face out of an image, upright.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The image.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks, pixels.
    room : float
        Half the square's side, in distances of the outer eye corners from each other.

    Returns
    -------
    ndarray of shape (S, S, 3), uint8
        The pixels of the square, whose middle lies half-way between eyes and mouth. Where the square leaves the image,
        the image's edge is repeated.

    Raises
    ------
    ValueError
        If an argument is of another shape or not finite, `room` is not positive, or the eye corners coincide.

    Notes
    -----
    The distance of the eye corners is taken in three dimensions, so that a turned head gets no smaller square. Heads
    that lean by more than ten degrees are set upright, as recognisers' own pipelines do; up to there, pixels are those
    of the image.
    """
    image = check_image(image)
    points = check_array("landmarks", landmarks, (478, 3))
    corners = points[[topology.RIGHT_EYE_OUTER_CORNER, topology.LEFT_EYE_OUTER_CORNER]]
    half = room * float(np.linalg.norm(corners[0] - corners[1]))
    if not 0.5 <= half < np.inf:
        raise ValueError(f"a room of {room} makes a square of {2 * half} pixels; at least one pixel is needed")
    middle = (corners.mean(axis=0) + points[list(INNER_LIPS)].mean(axis=0))[:2] / 2
    roll = float(np.arctan2(*(corners[1] - corners[0])[1::-1]))
    if abs(roll) > _UPRIGHT:
        return cut(image, Crop(float(middle[0]), float(middle[1]), 2 * half, roll), round(2 * half))
    column, row = np.rint(middle - half).astype(int)
    steps = np.arange(round(2 * half))
    rows = np.clip(row + steps, 0, image.shape[0] - 1)
    columns = np.clip(column + steps, 0, image.shape[1] - 1)
    return image[np.ix_(rows, columns)]


def resized(crop: Image, size: int) -> FloatArray:
    """Return a square of any size as (size, size) or (size, size, 3), averaged where it shrinks."""
    method = cv2.INTER_AREA if len(crop) > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (size, size), interpolation=method), dtype=np.float32)


def aligned_crop(image: Image, landmarks: FloatArray, size: int, template: FloatArray) -> Image:
    """Draw a face so that its eyes, nose and mouth come to lie where a template has them.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The image.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks, pixels.
    size : int
        Side of the drawn picture, pixels.
    template : ndarray of shape (5, 2), float32
        Where in the drawn picture, in pixels from its corner, these are to lie: the eye on the picture's left, which is
        the person's right one, the other eye, the tip of the nose, the mouth corner on the left and that on the right.

    Returns
    -------
    ndarray of shape (size, size, 3), uint8
        The picture. Where it shows what is not in the image, the image's edge is repeated.

    Raises
    ------
    ValueError
        If an argument is of another shape or not finite, or five points coincide.

    Notes
    -----
    Turned, scaled and moved, but never mirrored, for the least squared distance from the template (Umeyama 1991,
    eq. 40 to 42). In the plane, with points as complex numbers z and w, that is the regression w = a z + b.
    """
    image = check_image(image)
    if size < 1:
        raise ValueError(f"size is {size}; at least 1 is needed")
    matrix = similarity(five_points(landmarks), check_array("template", template, (5, 2)))
    ratio = 1 / float(np.hypot(*matrix[:, 0]))
    # warpAffine looks up single pixels: what shrinks more than by half is averaged first.
    factor = 1 << max(0, floor(log2(ratio)))
    matrix[:, :2] *= factor
    # It also counts from pixel centres, which lie at a half here.
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    drawn = cv2.warpAffine(
        shrink(image, factor), matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(drawn, dtype=np.uint8)


def five_points(landmarks: FloatArray) -> FloatArray:
    """Return the points by which face recognisers align faces.

    Parameters
    ----------
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks, pixels.

    Returns
    -------
    ndarray of shape (5, 2), float32
        Middle of the person's right eye and of the left one, tip of the nose, right and left mouth corner. In an
        unmirrored picture the right ones are on the viewer's left.

    Raises
    ------
    ValueError
        If `landmarks` is of another shape or not finite.
    """
    points = check_array("landmarks", landmarks, (478, 3))[:, :2]
    right_eye = [topology.RIGHT_EYE_OUTER_CORNER, topology.RIGHT_EYE_INNER_CORNER]
    left_eye = [topology.LEFT_EYE_INNER_CORNER, topology.LEFT_EYE_OUTER_CORNER]
    mouth = (topology.LIPS_OUTER_UPPER[0], topology.LIPS_OUTER_UPPER[-1])
    rest = points[[topology.NOSE_TIP, *mouth]]
    return np.vstack([points[right_eye].mean(axis=0), points[left_eye].mean(axis=0), rest]).astype(np.float32)


def similarity(source: FloatArray, target: FloatArray) -> NDArray[np.float64]:
    """Return the turn, scale and shift that take points nearest to others, in least squares.

    Parameters
    ----------
    source, target : ndarray of shape (N, 2), float32
        The points, and where each is to come to lie.

    Returns
    -------
    ndarray of shape (2, 3), float64
        The map of a point in homogeneous coordinates.

    Raises
    ------
    ValueError
        If all points of one kind coincide.
    """
    z, w = (points.astype(np.float64) @ (1, 1j) for points in (source, target))
    spread = float((np.abs(z - z.mean()) ** 2).sum())
    a = np.vdot(z - z.mean(), w - w.mean()) / spread if spread > 0 else 0j
    if abs(a) < 1e-9:
        raise ValueError("five points of the landmarks, or of the template, coincide; a face is needed")
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
