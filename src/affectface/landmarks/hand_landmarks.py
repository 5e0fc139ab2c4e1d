"""Hands in a view of an image, each with its 21 landmarks.

Zhang et al. 2020, MediaPipe Hands: On-device Real-time Hand Tracking: a detector finds palms, which are stiff and
nearly square, and a second network reads the whole hand in a turned crop around each.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, pi, sin

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image, read_only
from affectface.landmarks.crop import Crop, cut
from affectface.landmarks.detector import INPUT_SIZES, Detection, detect
from affectface.landmarks.sessions import run

FINGERS = tuple(tuple(range(first, first + 4)) for first in (1, 5, 9, 13, 17))
"""The four landmarks of each finger, from its knuckle to its tip, the thumb first."""

WRIST, INDEX, MIDDLE, RING, LITTLE = 0, 5, 9, 13, 17
"""The wrist, and the knuckles of the fingers."""

INPUT_SIZE = 224
"""Side of the picture that the hand network takes, pixels."""

PALM_TO_CROP, PALM_SHIFT = 2.6, 0.5
"""Side of the crop over that of the palm's box, and how far towards the fingers its centre lies, over the same side
(MediaPipe's palm_detection_detection_to_roi)."""

HAND_TO_CROP, HAND_SHIFT = 2.0, 0.1
"""The same for the bounds of a hand's stiff landmarks (MediaPipe's hand_landmark_landmarks_to_roi)."""

STIFF = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)
"""The landmarks by which MediaPipe frames a hand: those that move little when it bends."""

MOST_PALMS = 4
"""Palms that are looked at, the most certain ones, which bounds the time."""

PROMISING = 0.5
"""Score of the first reading from which a hand is read again, in the crop that its landmarks ask for."""

SURE = 0.8
"""Score of the second reading from which it is a hand: the palm detector takes one face in twenty for a palm. Measured
on 489 faces: hands on eleven of them 0.95 to 1, what else was read there 0.51 at most."""


@dataclass(frozen=True, eq=False)
class Hand:
    """One hand with its landmarks.

    Attributes
    ----------
    landmarks : ndarray of shape (21, 3), float32
        x and y in pixels of the image; the depth in the same scale, relative to the wrist, negative towards the camera.
    score : float
        How sure the hand network is that it sees a hand, 0 to 1.
    """

    landmarks: FloatArray
    score: float


def detect_hands(image: Image, view: Crop) -> tuple[Hand, ...]:
    """Find the hands in a square part of an image, with their landmarks.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The image.
    view : Crop
        The part in which palms are looked for; they should be larger than a tenth of it.

    Returns
    -------
    tuple of Hand
        The hand with the most certain palm first; empty if there is none.
    """
    picture = cut(image, view, INPUT_SIZES["palm"], border=cv2.BORDER_CONSTANT)
    palms = detect(picture[None], "palm")[0][:MOST_PALMS]
    first = [_read(image, _around_palm(palm, view)) for palm in palms]
    again = [_read(image, _around_hand(hand.landmarks)) for hand in first if hand.score >= PROMISING]
    return tuple(hand for hand in again if hand.score >= SURE)


def _around_palm(palm: Detection, view: Crop) -> Crop:
    """Return the crop of the image for a palm that was found in a view of it: fingers up."""
    size = INPUT_SIZES["palm"]
    corners = palm.box.reshape(2, 2)
    side = max(float((corners[1] - corners[0]).max()), 1.0)
    along = palm.keypoints[2] - palm.keypoints[0]  # from the wrist to the middle finger's knuckle
    roll = atan2(float(along[1]), float(along[0])) + pi / 2
    up = np.array([sin(roll), -cos(roll)])
    x, y = view.place(corners.mean(axis=0) + PALM_SHIFT * side * up, size).tolist()
    return Crop(x, y, PALM_TO_CROP * side * view.side / size, view.roll + roll)


def _around_hand(landmarks: FloatArray) -> Crop:
    """Return the crop that the palm detector should have found for a hand with these landmarks."""
    points = landmarks[:, :2]
    along = (points[INDEX] + points[RING]) / 4 + points[MIDDLE] / 2 - points[WRIST]
    roll = atan2(float(along[1]), float(along[0])) + pi / 2
    turn = np.array([[cos(roll), -sin(roll)], [sin(roll), cos(roll)]])
    level = points[list(STIFF)] @ turn
    low, high = level.min(axis=0), level.max(axis=0)
    x, y = (turn @ ((low + high) / 2 - (0, HAND_SHIFT * float(high[1] - low[1])))).tolist()
    return Crop(x, y, max(HAND_TO_CROP * float((high - low).max()), 1.0), roll)


def _read(image: Image, crop: Crop) -> Hand:
    """Return what the hand network sees in a crop."""
    answers, scores = run("hand", cut(image, crop, INPUT_SIZE)[None])
    # `cut` draws pixel indices, whose centres lie half a pixel further in the image.
    plane = crop.place(answers[0, :, :2], INPUT_SIZE) + 0.5
    depth = answers[0, :, 2:] * (crop.side / INPUT_SIZE)
    return Hand(read_only(np.hstack([plane, depth]).astype(np.float32)), float(scores[0]))
