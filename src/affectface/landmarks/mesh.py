"""What the mesh network sees in crops, and which crop it would rather have seen.

Kartynnik et al. 2019, Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs; Grishchenko et al. 2020,
Attention Mesh: High-fidelity Face Mesh Prediction in Real-time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, log, pi, remainder, sin

import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.landmarks.crop import Crop, cut
from affectface.landmarks.sessions import run
from affectface.landmarks.topology import LEFT_EYE_OUTER_CORNER, RIGHT_EYE_OUTER_CORNER

INPUT_SIZE = 192
"""Side of the picture that the network takes, pixels."""

PIXEL_CENTRE = 0.25
"""Where the network's coordinates put the centre of the first pixel. With this number the landmarks of a photo and of
its mirror image agree; with 0, as MediaPipe has it, they lie 0.3 % of the inter-ocular distance too far right."""

CROP_TO_FACE = 1.4
"""Side of the detector's crop over the longer side of the landmarks' upright bounds: the mean over 110 photos."""

CROP_SHIFT = 0.05
"""How far below the centre of those bounds the crop's centre lies, over the same side; from the same photos."""

ROLL_SLACK, SHIFT_SLACK, SIDE_SLACK = 0.12, 0.06, 1.13
"""How much a crop may differ from the one that its landmarks ask for before it is read again: radians, parts of the
side, and the ratio of the sides. The detector's crops of 110 portraits differ by less."""

MOST_READINGS = 3
"""How often a face is read at most."""

HOPELESS = -5.0
"""A crop with a lower logit does not become a face by being moved."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What the network sees in a crop.

    Attributes
    ----------
    crop : Crop
        What it was shown.
    landmarks : ndarray of shape (478, 3), float32
        x and y in pixels of the image; the depth in the same scale, negative towards the camera.
    logit : float
        How sure it is that this is a face: 23 to 36 for faces that stand upright in the crop, less for turned ones.
    """

    crop: Crop
    landmarks: FloatArray
    logit: float


def read(image: Image, crops: Sequence[Crop]) -> list[Reading]:
    """Return what the network sees in each crop; a poor crop is first replaced by the one its landmarks ask for."""
    readings = read_once(image, crops)
    for _ in range(MOST_READINGS - 1):
        better = [crop_around(reading.landmarks) for reading in readings]
        poor = [
            i for i, reading in enumerate(readings) if reading.logit > HOPELESS and not _agree(reading.crop, better[i])
        ]
        for i, again in zip(poor, read_once(image, [better[i] for i in poor]), strict=True):
            readings[i] = again
    return readings


def crop_around(landmarks: FloatArray) -> Crop:
    """Return the crop that the detector should have found for a face with these landmarks."""
    right, left = landmarks[RIGHT_EYE_OUTER_CORNER, :2], landmarks[LEFT_EYE_OUTER_CORNER, :2]
    roll = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
    turn = np.array([[cos(roll), -sin(roll)], [sin(roll), cos(roll)]])
    level = landmarks[:, :2] @ turn
    low, high = level.min(axis=0), level.max(axis=0)
    extent = float((high - low).max())
    x, y = (turn @ ((low + high) / 2 + (0, CROP_SHIFT * extent))).tolist()
    return Crop(x, y, max(CROP_TO_FACE * extent, 1.0), roll)


def read_once(image: Image, crops: Sequence[Crop]) -> list[Reading]:
    """Return what the network sees in each crop, as it is."""
    if not crops:
        return []
    pictures = np.stack([cut(image, crop, INPUT_SIZE) for crop in crops])
    answers, logits = run("face_mesh", pictures)
    readings = []
    for crop, answer, logit in zip(crops, answers, logits.tolist(), strict=True):
        # `cut` draws pixel indices, whose centres lie half a pixel further in the image.
        plane = crop.place(answer[:, :2] - np.float32(PIXEL_CENTRE), INPUT_SIZE) + 0.5
        depth = answer[:, 2:] * (crop.side / INPUT_SIZE)
        readings.append(Reading(crop, np.hstack([plane, depth]).astype(np.float32), logit))
    return readings


def _agree(crop: Crop, better: Crop) -> bool:
    """Say whether a crop is about as good as a better one."""
    roll = remainder(crop.roll - better.roll, 2 * pi)
    shift = hypot(crop.x - better.x, crop.y - better.y) / better.side
    return abs(roll) < ROLL_SLACK and shift < SHIFT_SLACK and abs(log(crop.side / better.side)) < log(SIDE_SLACK)
