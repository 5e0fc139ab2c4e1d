"""Find the glasses on a face: the frame stays where it is, and skin, brows and eyes move behind it.

No network is asked. A frame is a line around each eye and one across the nose, all standing out from the skin. Dark
glasses are recognised by the step from the lens to the cheek. Where that is not certain, no glasses are found: to miss
a pair is better than to invent one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.landmarks.masks import EYES_AND_BROWS, ball, hull_mask
from affectface.occlusion.glasses_frame import draw_stroke, measure_stroke
from affectface.occlusion.glasses_outline import (
    ANGLES,
    CAP,
    LOG_CAP,
    NOSE,
    bridge,
    line_rings,
    step_rings,
    temples,
)
from affectface.occlusion.glasses_view import UNIT, View, grey, upright_view
from affectface.occlusion.lines import best_way
from affectface.occlusion.occlusion import Occlusion, room_around

_SMALLEST = 40.0
"""Inter-ocular distance, pixels, under which a frame is too few pixels to be told from lashes and folds."""
_ARC = np.linspace(0, np.pi, 64, dtype=np.float32)
"""Angles of the lower half of a ring: brows are above."""
_RING, _BRIDGE, _BOTH = 20.0, 24.0, 54.0
"""Grey values by which three quarters of the lower rims and of the bridge stand out, at least, and their sum. On 161
faces without glasses the sum is 49 at most; bags under the eyes, or a fold across the nose, reach either alone."""
_BRIDGE_ALONE = 50.0
"""From which the bridge alone is enough: half-rimmed glasses have no lower rim."""
_STEP = 0.45
"""Logarithm of light by which the cheek is brighter than a dark lens. On 110 photos without glasses it is 0.13 at most;
0.34 on a face painted as a clown."""
_DARK, _EVEN = 0.6, 14.0
"""Light of a dark lens, in cheeks, and the spread of its grey values: make-up and eye sockets are not even."""
_IN_LENS, _ON_CHEEK = (0.04, 0.10), (0.44, 0.54)
"""Distances from the eye at which the light of a lens and of the cheek is measured, in inter-ocular distances."""
_FRONTAL = 0.8
"""Width of the far eye, in widths of the nearer one, from which rims are followed; on a head turned farther the nose
hides the far one, and the near one is not where its eye is."""
_SINE_OF_SIDES = 0.1
"""How far down the sides the rim of half-rimmed glasses goes, as the sine of the angle."""
_TOWARDS = 0.5
"""Cosine of the angle to the other lens within which a dark bridge may begin."""
_RIM, _SHADOW = 0.012, 0.02
"""Width of the rim of skin around a frame that holds its edge and its shadow, and how much farther down that reaches,
in inter-ocular distances."""
_OWN_RIM = 0.006
"""Width of the rim on brows and eyes, whose own pixels are needed, in inter-ocular distances."""
_SOFT = 0.7
"""Blur of the border of a frame, pixels."""


def find_glasses(image: Image, landmarks: FloatArray, eye_distance: float) -> Occlusion | None:
    """Find the glasses on a face.

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
        The frame, with the lenses if they are dark; None where there are no glasses, or none that are certain.
    """
    if eye_distance < _SMALLEST:
        return None
    view = upright_view(image, landmarks, eye_distance)
    kind = _kind(view)
    if kind is None:
        return None
    rings = step_rings(view) if kind == "dark" else line_rings(view, full=kind == "full")
    lines = [bridge(view, rings), *temples(view, rings)]
    mask: FloatArray = np.zeros(image.shape[:2], dtype=np.float32)
    if kind == "dark":
        lenses = np.rint((view.to_region(rings) - 0.5) * 16).astype(np.int32)
        drawn = np.zeros(mask.shape, dtype=np.uint8)
        for lens in lenses:
            cv2.fillPoly(drawn, [lens], 255, cv2.LINE_AA, 4)
        np.maximum(drawn, _dark_bridge(image, view, lenses), out=drawn)
        mask = np.asarray(drawn / 255, dtype=np.float32)
    else:
        for ring, rays in zip(rings, view.rays(ANGLES), strict=True):
            stroke = measure_stroke(image, *_in_region(view, ring, rays), eye_distance, closed=True)
            # a rim goes all around, even where it cannot be told from a brow
            seen = np.full(len(ANGLES), True) if kind == "full" else np.sin(ANGLES) < _SINE_OF_SIDES
            stroke = replace(stroke, present=seen)
            if float(np.percentile(stroke.strength[seen], 25)) >= _RING:  # otherwise it is rimless
                draw_stroke(mask, stroke)
    for points, directions in lines:
        draw_stroke(mask, measure_stroke(image, *_in_region(view, points, directions), eye_distance, closed=False))
    return _as_occlusion(mask, landmarks[:, :2], eye_distance)


def _kind(view: View) -> Literal["full", "half", "dark"] | None:
    """Which glasses there are: dark ones, or with a rim all around, or above only."""
    middle, half = view.nose_root[0], NOSE * UNIT
    out, pixels = view.nose(np.arange(middle - half, middle + half, dtype=np.float32))
    across = _lower_quartile(out[None], 1, CAP)
    if _are_dark(view, None if across >= _BRIDGE else grey(pixels)):
        return "dark"
    if across < _BRIDGE or view.narrowing.min() < _FRONTAL:
        return None
    below = _lower_quartile(np.maximum(*view.rim(_ARC)[:2]), 3, CAP)
    if below >= _RING and below + across >= _BOTH:
        return "full"
    return "half" if across >= _BRIDGE_ALONE else None


def _are_dark(view: View, nose: FloatArray | None) -> bool:
    """Whether both lenses are even, much darker than the cheeks, and end in a step; and the nose (N, K) is crossed."""
    lens, cheek = _lens_and_cheek(view)
    limit = _DARK * np.median(cheek, axis=(1, 2))
    if (np.median(lens, axis=(1, 2)) > limit).any() or (lens.std(axis=(1, 2)) > _EVEN).any():
        return False
    if nose is not None and np.percentile(nose.min(axis=1), 75) > limit.max():
        return False
    return _lower_quartile(view.rim_steps(_ARC), 2, LOG_CAP) >= _STEP


def _dark_bridge(image: Image, view: View, lenses: FloatArray) -> Image:
    """What is dark between dark lenses (2, N, 2), in sixteenths of a pixel: 0 and 255 (h, w)."""
    near = [lenses[0][np.cos(ANGLES) > _TOWARDS], lenses[1][np.cos(ANGLES) < -_TOWARDS]]
    between = np.zeros(image.shape[:2], dtype=np.uint8)
    cv2.fillConvexPoly(between, cv2.convexHull(np.concatenate(near)), 255, cv2.LINE_AA, 4)
    lens, cheek = (np.median(light) for light in _lens_and_cheek(view))
    between[cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) > np.sqrt(lens * cheek)] = 0
    return between


def _lens_and_cheek(view: View) -> tuple[FloatArray, FloatArray]:
    """The luma below both eyes (2, N, K): in the lens, and beyond it."""
    ends = len(_ARC) // 6  # level with the eye is the nose on one side, the temple on the other
    lens, cheek = (
        grey(view.around(_ARC[ends:-ends], np.arange(near * UNIT, far * UNIT, dtype=np.float32)))
        for near, far in (_IN_LENS, _ON_CHEEK)
    )
    return lens, cheek


def _lower_quartile(scores: FloatArray, step: int, cap: float) -> float:
    """What three quarters of the best way through scores (B, N, K) reach; of the worst of B."""
    way = best_way((np.minimum(scores, cap) * (CAP / cap)).astype(np.float32), step)
    along = np.take_along_axis(scores, way[..., None], axis=2)
    return float(np.percentile(along, 25, axis=(1, 2)).min())


def _in_region(view: View, points: FloatArray, directions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Points (N, 2) and unit vectors (N, 2) of the view in the face region."""
    turned = directions @ np.linalg.inv(view.matrix[:, :2]).T
    return view.to_region(points), (turned / np.linalg.norm(turned, axis=1, keepdims=True)).astype(np.float32)


def _as_occlusion(mask: FloatArray, points: FloatArray, eye_distance: float) -> Occlusion | None:
    """The occlusion of what a mask (h, w), 0 to 1, of the face region shows."""
    x, y, width, height = cv2.boundingRect((mask > 0).astype(np.uint8))
    if not width:
        return None
    wide, down = max(2, round(_RIM * eye_distance)), max(1, round(_SHADOW * eye_distance))
    room = wide + down + room_around(height + 2 * wide + down)
    x0, y0 = max(x - room, 0), max(y - room, 0)
    part = mask[y0 : y + height + room, x0 : x + width + room]
    alpha = np.clip(2 * cv2.GaussianBlur(part, (0, 0), _SOFT), 0, 1)
    np.maximum(alpha, part, out=alpha)
    frame = (part > 0).astype(np.uint8)
    shadow = cv2.dilate(cv2.dilate(frame, ball(wide)), np.ones((down + 1, 1), np.uint8), anchor=(0, down))
    rim = np.asarray(shadow, dtype=np.uint8)
    own = hull_mask([points[list(ring)] - (x0, y0) for ring in EYES_AND_BROWS], (part.shape[0], part.shape[1])) > 0
    rim[own] = cv2.dilate(frame, ball(_OWN_RIM * eye_distance))[own]
    return Occlusion(x0, y0, alpha.astype(np.float32), rim.astype(np.float32))
