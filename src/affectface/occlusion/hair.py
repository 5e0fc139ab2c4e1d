"""Find the hair that hangs over the upper half of a face.

What is hair is found by its colour, which the hair above the face shows, and by its edges (GrabCut: Rother et al.
2004). A shaded temple or forehead may have the colour of hair, but no edge parts it from the rest of the skin: whatever
can be reached from the cheeks without crossing one is skin. Brows are dark as hair is but move with the skin, so they
are taken out of the picture first.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.graph import MCP_Geometric

from affectface.arrays import BoolArray, FloatArray, Image, median, smooth_step
from affectface.landmarks.masks import EYES_AND_BROWS, ball, hull_mask
from affectface.landmarks.topology import (
    FACE_OVAL,
    GLABELLA,
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
_SHADE = 2.0
"""Difference of neighbouring pixels of the small picture up to which they are the same thing in another light."""
_EDGE = 7.0
"""What the differences beyond that add up to on the way from the skin to hair, at least. On 13 faces whose shaded skin
was taken for hair it is 6 at most on skin, and 10 or more behind a fringe."""
_REACH, _INSET = 0.2, 0.1
"""How far outside the face above the eyes, and inside its outline below them, such a way may lead, in inter-ocular
distances: beside the cheeks, curls let it through to hair that hangs over the forehead."""
_ROUNDS = 2
_BLUR = 0.7
"""Blur of the small picture in which edges are looked for, pixels."""
_NO_COST = 1e-3
"""What a step costs where there is no edge: the shortest way needs some."""
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
    colours = (cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb) * np.array([100 / 255, 1, 1])).astype(np.float32)
    skin = median(colours[sure_skin], axis=0)
    from_skin = np.linalg.norm(colours - skin, axis=-1)
    skin_like = max(_SKIN_LIKE, _SKIN_SPREAD * float(median(from_skin[sure_skin])))
    sure_hair = around & (from_skin > skin_like)
    if sure_hair.sum() < 50 or float(median(from_skin[sure_hair])) < _DIFFERENT:
        return None
    plain = small.copy()
    plain[features > 0] = median(small[sure_skin], axis=0).astype(np.uint8)
    mask = np.full(size, cv2.GC_PR_FGD, dtype=np.uint8)
    mask[around] = cv2.GC_PR_BGD
    mask[sure_hair] = cv2.GC_BGD
    mask[sure_skin] = cv2.GC_FGD
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(plain, mask, None, *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    hair = ((mask == cv2.GC_BGD) | (mask == cv2.GC_PR_BGD)) & ~below_eyes & own
    hair &= from_skin > skin_like
    paths = _paths(oval, eye_line, eyes)
    seeds = sure_skin.copy()
    seeds[_pixel(points[GLABELLA], size)] = True  # dark brows may part the forehead from the cheeks
    shaded = _reached_from(colours, seeds & paths & (from_skin < skin_like), paths)
    hair &= ~_touching(shaded | ~hair, sure_skin)
    hair = cv2.morphologyEx(hair.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0
    hair = _touching(hair, rows == 0)  # as hair does
    if not (hair & (oval > 0)).any():
        return None
    fade = smooth_step((eye_line + 0.1 * eyes - rows) / (0.3 * eyes))  # beside the eyes, hair follows the face again
    near = cv2.dilate(hair.astype(np.uint8), ball(_RIM * eyes)) > 0
    rim = near & (oval > 0) & own & (fade >= 1)
    return np.asarray(hair * fade, dtype=np.float32), np.asarray(rim, dtype=np.float32)


def _pixel(point: FloatArray, size: tuple[int, int]) -> tuple[int, int]:
    """Row and column of a picture's pixel that is nearest to a point (x, y)."""
    x, y = np.clip(np.floor(point), 0, (size[1] - 1, size[0] - 1)).astype(int)
    return int(y), int(x)


def _paths(oval: NDArray[np.uint8], eye_line: float, eyes: float) -> BoolArray:
    """Where a way (h, w) from the cheeks to a shaded part of the face may lead."""
    out, into = (np.ones((2 * max(1, round(width * eyes)) + 1,) * 2, np.uint8) for width in (_REACH, _INSET))
    above = np.arange(len(oval))[:, None] < eye_line
    return np.asarray(np.where(above, cv2.dilate(oval, out), cv2.erode(oval, into)) > 0)


def _reached_from(colours: FloatArray, skin: BoolArray, paths: BoolArray) -> BoolArray:
    """What is reached (h, w) from `skin` along `paths` without crossing an edge of the colours (h, w, 3)."""
    smooth = cv2.GaussianBlur(colours, (0, 0), _BLUR)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    difference = np.sqrt((across**2 + down**2).sum(axis=-1))
    cost = np.where(paths, np.maximum(difference - _SHADE, 0) + _NO_COST, -1)
    seeds = np.argwhere(skin)
    if not len(seeds):
        return np.zeros_like(skin)
    return np.asarray(MCP_Geometric(cost).find_costs(seeds)[0] <= _EDGE)


def _touching(mask: BoolArray, part: BoolArray) -> BoolArray:
    """The connected parts of a mask (h, w) that a part of it (h, w) touches."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    return np.isin(labels, np.setdiff1d(labels[part & mask], [0]))
