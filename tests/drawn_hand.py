"""A hand that is drawn, not photographed: the networks know it for one."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image

# Where each finger begins, which way it goes, and how long its bones are: millimetres, the wrist in the origin, y down.
FINGERS = (
    ((28, -22), (0.75, -0.66), (38, 32, 24)),
    ((26, -92), (0.15, -1.0), (42, 25, 20)),
    ((5, -97), (0.02, -1.0), (46, 29, 21)),
    ((-15, -91), (-0.12, -1.0), (43, 27, 20)),
    ((-34, -80), (-0.3, -1.0), (34, 20, 18)),
)
WIDTHS = (20, 18, 18, 17, 15)
SKIN = (205, 150, 125)


@dataclass(frozen=True, eq=False)
class DrawnHand:
    """A picture with a hand in it.

    Attributes
    ----------
    picture : ndarray of shape (H, W, 3), uint8
        The picture.
    mask : ndarray of shape (H, W), bool
        Where the hand and its forearm are.
    joints : ndarray of shape (21, 2), float32
        Its landmarks, pixels.
    """

    picture: Image
    mask: BoolArray
    joints: FloatArray


def draw_hand(picture: Image, wrist: tuple[float, float], millimetre: float, roll: float = 0.0) -> DrawnHand:
    """Draw an open left hand, its back to the viewer, turned clockwise by `roll` radians, over a copy of a picture."""
    joints = [np.zeros(2)]
    for base, direction, bones in FINGERS:
        unit = np.array(direction) / np.linalg.norm(direction)
        joints += [np.array(base) + unit * length for length in np.cumsum([0, *bones])]
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    points = (np.array(joints) @ turn.T * millimetre + wrist).astype(np.float32)

    def at(*where: FloatArray) -> np.ndarray:
        return np.rint(np.array(where)).astype(np.int32)

    mask = np.zeros(picture.shape[:2], np.uint8)
    for first, width in zip((1, 5, 9, 13, 17), WIDTHS, strict=True):
        cv2.polylines(mask, [at(*points[first : first + 4])], False, 1, round(width * millimetre))
    for outline in ((0, 5, 9, 13, 17), (0, 1, 2, 5)):
        corners = at(*points[list(outline)])
        cv2.fillPoly(mask, [corners], 1)
        cv2.polylines(mask, [corners], True, 1, round(22 * millimetre))
    elbow = np.array(wrist) + turn @ (0, 250) * millimetre
    cv2.line(mask, *at(np.array(wrist), elbow).tolist(), 1, round(50 * millimetre))
    # round, as if lit from the front
    light = 0.55 + 0.45 * np.sqrt(np.clip(cv2.distanceTransform(mask, cv2.DIST_L2, 5) / (9 * millimetre), 0, 1))
    drawn = np.where(mask[..., None] > 0, light[..., None] * SKIN, picture)
    return DrawnHand(np.rint(drawn).astype(np.uint8), mask > 0, points)
