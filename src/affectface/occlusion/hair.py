"""Find the hair that hangs over the upper half of a face.

What is hair is found by its colour, which the hair above the face shows, and by its edges (GrabCut: Rother et al.
2004). Brows are dark as hair is but move with the skin, so they are taken out of the picture first.
"""

from __future__ import annotations

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image, smooth_step
from affectface.landmarks.masks import EYES_AND_BROWS, hull_mask
from affectface.landmarks.topology import (
    FACE_OVAL,
    LEFT_EYE_UPPER,
    NOSE_TIP,
    RIGHT_EYE_UPPER,
)
from affectface.occlusion.occlusion import Occlusion

_EYES_APART = 45.0
"""Inter-ocular distance, pixels, of the small picture in which hair is looked for."""
_ABOVE, _BESIDE = 0.5, 0.25
"""Room around the face in which hair is looked for, in inter-ocular distances."""
_BROW_MARGIN = 0.05
"""Margin around brows and eyes, in inter-ocular distances."""
_DIFFERENT = 22.0
"""Distance of two colours (luma in percent, Cr, Cb) from which hair is told from skin; a bald head has none to find."""
_SKIN_LIKE, _SKIN_SPREAD = 14.0, 2.0
"""Distance to the skin's colour under which a pixel is taken for skin: at least so far, and so many times the spread of
the skin's own colours. Black hair on black skin is mostly not told from it, and then moves with the skin as before."""
_ROUNDS = 2
_RIM = 0.03
"""Width of the rim of skin around hair that holds strands or their shadow, in inter-ocular distances."""
_SOFT = 0.012
"""Blur of the border of the hair, in inter-ocular distances."""


def find_hair(image: Image, landmarks: FloatArray, eye_distance: float) -> Occlusion | None:
    """Find the hair over the upper half of a face.

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
    Occlusion or None
        The hair; None where it cannot be told from the skin, or none hangs there.
    """
    oval = landmarks[list(FACE_OVAL), :2]
    low = np.floor(oval.min(axis=0) - np.array([_BESIDE, _ABOVE]) * eye_distance).astype(int)
    high = np.ceil(oval.max(axis=0) + _BESIDE * eye_distance).astype(int)
    x0, y0 = np.maximum(low, 0).tolist()
    x1, y1 = min(int(high[0]), image.shape[1]), min(int(landmarks[NOSE_TIP, 1]), image.shape[0])
    if x1 - x0 < 8 or y1 - y0 < 8:
        return None
    scale = min(1.0, _EYES_APART / eye_distance)
    size = max(4, round((x1 - x0) * scale)), max(4, round((y1 - y0) * scale))
    small = np.asarray(cv2.resize(image[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    points = (landmarks[:, :2] - (x0, y0)) * (size[0] / (x1 - x0), size[1] / (y1 - y0))
    found = _hair(small, points, scale * eye_distance)
    if found is None:
        return None
    whole, soft = (x1 - x0, y1 - y0), max(0.6, _SOFT * eye_distance)
    alpha, rim = (cv2.resize(mask, whole, interpolation=cv2.INTER_LINEAR) for mask in found)
    alpha = cv2.GaussianBlur(alpha, (0, 0), soft)
    return Occlusion(x0, y0, np.clip(2 * alpha, 0, 1).astype(np.float32), (rim > 0.5).astype(np.float32))


def _hair(small: Image, points: FloatArray, eyes: float) -> tuple[FloatArray, FloatArray] | None:
    """How much each pixel (h, w) of a small picture is hair, 0 to 1, and whether it lies in the rim."""
    size = small.shape[0], small.shape[1]
    oval = hull_mask([points[list(FACE_OVAL)]], size)
    features = hull_mask([points[list(ring)] for ring in EYES_AND_BROWS], size)
    margin = max(1, round(_BROW_MARGIN * eyes))
    own = features == 0  # not a brow's or an eye's own pixel
    features = np.asarray(cv2.dilate(features, np.ones((2 * margin + 1,) * 2, np.uint8)))
    eye_line = float(points[[*RIGHT_EYE_UPPER, *LEFT_EYE_UPPER], 1].mean())
    rows = np.arange(size[0], dtype=np.float32)[:, None]
    below_eyes = rows > eye_line + 0.25 * eyes
    sure_skin = (oval > 0) & below_eyes & (features == 0)
    around = (cv2.dilate(oval, np.ones((2 * margin + 1,) * 2, np.uint8)) == 0) & ~below_eyes
    if sure_skin.sum() < 50 or around.sum() < 50:
        return None
    # scaled as CIE Lab is, whose tables take OpenCV a tenth of a second to make
    colours = cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb).astype(np.float32) * (100 / 255, 1, 1)
    skin = np.median(colours[sure_skin], axis=0)
    from_skin = np.linalg.norm(colours - skin, axis=-1)
    skin_like = max(_SKIN_LIKE, _SKIN_SPREAD * float(np.median(from_skin[sure_skin])))
    sure_hair = around & (from_skin > skin_like)
    if sure_hair.sum() < 50 or float(np.median(from_skin[sure_hair])) < _DIFFERENT:
        return None
    plain = small.copy()
    plain[features > 0] = np.median(small[sure_skin], axis=0).astype(np.uint8)
    mask = np.full(size, cv2.GC_PR_FGD, dtype=np.uint8)
    mask[around] = cv2.GC_PR_BGD
    mask[sure_hair] = cv2.GC_BGD
    mask[sure_skin] = cv2.GC_FGD
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(plain, mask, None, *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    hair = ((mask == cv2.GC_BGD) | (mask == cv2.GC_PR_BGD)) & ~below_eyes & own
    hair &= from_skin > skin_like
    hair = cv2.morphologyEx(hair.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0
    hair = _reaching_the_top(hair)
    if not (hair & (oval > 0)).any():
        return None
    fade = smooth_step((eye_line + 0.1 * eyes - rows) / (0.3 * eyes))  # beside the eyes, hair follows the face again
    width = 2 * max(1, round(_RIM * eyes)) + 1
    near = cv2.dilate(hair.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))) > 0
    rim = near & (oval > 0) & own & (fade >= 1)
    return np.asarray(hair * fade, dtype=np.float32), np.asarray(rim, dtype=np.float32)


def _reaching_the_top(mask: BoolArray) -> BoolArray:
    """The parts of a mask (h, w) that reach the upper border, as hair does."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    reaching = np.setdiff1d(labels[0][mask[0]], [0])
    return np.asarray(np.isin(labels, reaching))
