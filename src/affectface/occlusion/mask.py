"""A mask by hand: whatever is not found in front of a face, such as a cup or a microphone, can be pointed out."""

from __future__ import annotations

import os

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image, check_array
from affectface.errors import ImageError
from affectface.images import read_image
from affectface.landmarks.masks import ball
from affectface.occlusion.occlusion import Occlusion, room_around

_WHITE = 128
"""Grey value of a mask's file from which a pixel is in front of the face."""
_SOFT = 0.008
"""Blur of the mask's border, in inter-ocular distances: a border drawn by hand is not the thing's own."""
_RIM = 0.03
"""Width of the rim of skin that holds the thing's shadow and what was missed of it, in inter-ocular distances."""

MaskSource = str | os.PathLike[str] | BoolArray


def read_occlusion_mask(mask: MaskSource, photo: Image) -> BoolArray:
    """Return a mask of what is in front of a face, from a file or an array.

    Parameters
    ----------
    mask : path or ndarray of shape (H, W), bool
        A picture that is white in front of the face and black elsewhere, or the mask itself.
    photo : ndarray of shape (H, W, 3), uint8
        The photo that it belongs to.

    Returns
    -------
    ndarray of shape (H, W), bool
        The mask; the caller's array is not kept.

    Raises
    ------
    ImageError
        If the file cannot be read, is not of the photo's size, or is white everywhere.
    ValueError
        If an array is not of the photo's size.
    """
    height, width = photo.shape[:2]
    if isinstance(mask, np.ndarray):
        return np.array(check_array("occlusion_mask", mask, (height, width), dtype=np.bool_))
    picture = read_image(mask)
    if picture.shape != photo.shape:
        found = f"{picture.shape[1]} x {picture.shape[0]}"
        raise ImageError(
            f"{mask}: the mask has {found} px and the photo {width} x {height}; make it of the photo's size"
        )
    white = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) >= _WHITE)
    if white.all():
        raise ImageError(f"{mask}: the mask is white everywhere; paint what is not in front of the face black")
    return white


def masked_occlusion(mask: BoolArray, eye_distance: float) -> Occlusion | None:
    """Return what a mask says is in front of a face.

    Parameters
    ----------
    mask : ndarray of shape (h, w), bool
        The mask in the face region.
    eye_distance : float
        Inter-ocular distance, pixels.

    Returns
    -------
    Occlusion or None
        All of it, with a soft border beyond the mask; None where the mask is empty.
    """
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    if not width:
        return None
    wide = max(1, round(_RIM * eye_distance))
    room = wide + room_around(height + 2 * wide)
    x0, y0 = max(x - room, 0), max(y - room, 0)
    part = mask[y0 : y + height + room, x0 : x + width + room].astype(np.float32)
    blurred: FloatArray = np.asarray(cv2.GaussianBlur(part, (0, 0), max(0.6, _SOFT * eye_distance)), dtype=np.float32)
    alpha = np.maximum(part, np.minimum(2 * blurred, 1))
    rim = cv2.dilate(part, ball(wide))
    return Occlusion(x0, y0, alpha, np.asarray(rim, dtype=np.float32))
