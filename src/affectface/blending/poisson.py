"""Poisson blending of a drawn face into its photo (Pérez et al. 2003; Kollias 2020, section 4.4)."""

from __future__ import annotations

import cv2
import numpy as np

from affectface.arrays import BoolArray, Image


def blend_poisson(face: Image, photo: Image, inside: BoolArray) -> Image:
    """Paste the gradients of a face into a photo, so that the colours meet at the border.

    Parameters
    ----------
    face : ndarray of shape (H, W, 3), uint8
        The drawn face.
    photo : ndarray of shape (H, W, 3), uint8
        What it is pasted into.
    inside : ndarray of shape (H, W), bool
        Where the face's skin is.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        The photo with the face; outside the mask the photo's own pixels, bit for bit.
    """
    mask = np.zeros(inside.shape, dtype=np.uint8)
    outlines, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(mask, outlines, -1, 255, cv2.FILLED)  # with the holes of eyes and mouth
    mask[[0, 1, -2, -1]] = 0
    mask[:, [0, 1, -2, -1]] = 0
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) < 3 or len(columns) < 3:
        return photo
    centre = (int(columns[0] + columns[-1] + 1) // 2, int(rows[0] + rows[-1] + 1) // 2)
    blended = cv2.seamlessClone(face, photo, mask.copy(), centre, cv2.NORMAL_CLONE)
    return np.where(mask[..., None] > 0, blended, photo).astype(np.uint8)
