"""Find the hands in front of a face.

Skin on skin has hardly an edge, and colour does not tell a hand from a cheek: the landmarks of the hand do, with the
widths that fingers have. Moving the outline to edges of the picture was tried, and was no better.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image, smooth_step
from affectface.landmarks.crop import Crop
from affectface.landmarks.hand_landmarks import FINGERS, INDEX, LITTLE, MIDDLE, WRIST, Hand, detect_hands
from affectface.landmarks.masks import ball, hull_mask
from affectface.landmarks.topology import FACE_OVAL
from affectface.occlusion.mask import masked_occlusion
from affectface.occlusion.occlusion import Occlusion

_SMALLEST = 30.0
"""Inter-ocular distance, pixels, under which hands are not looked for: no smaller face was tried."""
_VIEW, _DOWN = 2.5, 0.2
"""Side of the view in which hands are looked for, and how far below the face its centre lies, over the face's longer
side: hands come from below."""
_TOUCHING = 0.05
"""How far from the face's outline a hand may end and still touch it, in inter-ocular distances."""
_ACROSS, _ALONG = 63.0, 95.0
"""Millimetres from the knuckle of the index finger to that of the little one, and from the wrist to that of the middle
one, in an ordinary hand: they tell how large the hand's other measures are in this picture."""
_HALF_WIDTHS = ((17, 12, 11, 9), (11.5, 10, 9, 7), (11.5, 10, 9, 7), (11, 9.5, 8.5, 7), (10.5, 8.5, 7.5, 6))
"""Half the width of each finger at its landmarks, in millimetres of such a hand, and what the landmarks err by."""
_WRIST_HALF = 20.0
"""The same of the wrist."""
_NAIL = 7.0
"""How far a finger goes on beyond the landmark of its tip, in such millimetres, the roundness not counted."""
_GAP = 3.0
"""Gaps between fingers up to this width, in such millimetres, are filled: the skin in them is hardly seen."""
_HELD, _HELD_FADE = 0.03, 0.15
"""How far from a hand the skin does not move, and over which width it then does, in inter-ocular distances."""
_ROUND = np.linspace(0, 2 * np.pi, 24, endpoint=False)


def find_hands(
    photo: Image, landmarks: FloatArray, eye_distance: float, bounds: tuple[int, int, int, int]
) -> Occlusion | None:
    """Find the hands in front of a face.

    Parameters
    ----------
    photo : ndarray of shape (H, W, 3), uint8
        The photo: a palm may lie outside the face region.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks in it, pixels.
    eye_distance : float
        Inter-ocular distance, pixels.
    bounds : tuple of int
        x0, y0, x1, y1 of the face region.

    Returns
    -------
    Occlusion or None
        The hands, in the face region; None where no hand touches the face.
    """
    if eye_distance < _SMALLEST:
        return None
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    longer = float((high - low).max())
    x, y = ((low + high) / 2).tolist()
    hands = detect_hands(photo, Crop(x, y + _DOWN * longer, _VIEW * longer))
    if not hands:
        return None
    x0, y0, x1, y1 = bounds
    size = y1 - y0, x1 - x0
    face = hull_mask([landmarks[list(FACE_OVAL), :2] - (x0, y0)], size)
    face = np.asarray(cv2.dilate(face, ball(_TOUCHING * eye_distance)), dtype=np.uint8)
    mask = np.zeros(size, dtype=np.uint8)
    for hand in hands:
        drawn = hand_mask(hand, (x0, y0), size)
        if (drawn & face).any():
            mask |= drawn
    return masked_occlusion(mask > 0, eye_distance)


def held_skin(hands: Occlusion, size: tuple[int, int], eye_distance: float) -> FloatArray:
    """Return how much hands hold the skin that they touch.

    Skin does not slide away under a hand that rests on it; and what was missed of the hand, such as a long nail, or of
    what it holds, is not torn from it.

    Parameters
    ----------
    hands : Occlusion
        The hands, from `find_hands`.
    size : tuple of int
        Height and width of the face region.
    eye_distance : float
        Inter-ocular distance, pixels.

    Returns
    -------
    ndarray of shape (h, w), float32
        1 on the hands and right beside them, fading to 0.
    """
    free = np.ones(size, dtype=np.uint8)
    height, width = hands.alpha.shape
    free[hands.y : hands.y + height, hands.x : hands.x + width] = hands.alpha <= 0
    distance = cv2.distanceTransform(free, cv2.DIST_L2, 5) / eye_distance
    return np.asarray(1 - smooth_step((distance - _HELD) / _HELD_FADE), dtype=np.float32)


def hand_mask(hand: Hand, origin: tuple[int, int], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return where a hand lies in a region of the image.

    Parameters
    ----------
    hand : Hand
        The hand.
    origin : tuple of int
        Where the region's first pixel lies in the image, x and y.
    size : tuple of int
        Height and width of the region.

    Returns
    -------
    ndarray of shape (h, w), uint8
        1 on the hand as far as the wrist, otherwise 0.
    """
    points = hand.landmarks
    across = np.linalg.norm(points[INDEX] - points[LITTLE]) / _ACROSS
    along = np.linalg.norm(points[WRIST] - points[MIDDLE]) / _ALONG
    millimetre = float(across + along) / 2
    plane = points[:, :2] - origin
    wrist = _disc(plane[WRIST], _WRIST_HALF * millimetre)
    palm, pieces = [wrist], []
    for finger, halves in zip(FINGERS, _HALF_WIDTHS, strict=True):
        joints = plane[list(finger)]
        bone = joints[3] - joints[2]
        joints[3] += bone * min(1.0, _NAIL * millimetre / max(float(np.linalg.norm(bone)), 1e-6))
        discs = [_disc(joint, half * millimetre) for joint, half in zip(joints, halves, strict=True)]
        pieces += [np.concatenate(pair) for pair in pairwise(discs)]
        if finger is FINGERS[0]:  # the ball of the thumb
            pieces.append(np.concatenate([wrist, discs[0]]))
        else:
            palm.append(discs[0])
    mask = np.zeros(size, dtype=np.uint8)
    for piece in [*pieces, np.concatenate(palm)]:
        hull = cv2.convexHull(piece.astype(np.float32))
        cv2.fillConvexPoly(mask, np.rint((hull - 0.5) * 16).astype(np.int32), 1, cv2.LINE_8, 4)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, ball(_GAP * millimetre / 2)), dtype=np.uint8)


def _disc(centre: FloatArray, radius: float) -> FloatArray:
    """Points (24, 2) around a point (2,)."""
    return (centre + radius * np.column_stack([np.cos(_ROUND), np.sin(_ROUND)])).astype(np.float32)
