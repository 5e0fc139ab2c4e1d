"""The quality gate: a made picture is looked at again. Is the face still found, does it show what was drawn, any seam?

The landmarker reads the place where the face must be, without a detector. Person and camera are the photo's, so that
the expression is what moves the landmarks from where the same landmarker finds them in the photo: a linear problem,
whose matrix is made once a photo. The prior is that of the fit.

The bounds of `MakingConfig` were set on 43 photos (London, Lisa, zoom, the example), 30 targets each, at 224 pixels: of
the pictures 99 % pass with ICT-FaceKit and 96 % with the embedded model. Of pictures that show another affect than they
say, 3 % and 2 % pass where the two move the landmarks by 0.04 inter-ocular distances or more apart (root of the mean
square; a whole smile moves them by 0.07), none from 0.06. Of spoilt pictures pass: none whose face is painted over, 2 %
with half of it, but 41 to 60 % with the mouth alone, which the landmarker then guesses; 3 % whose drawn part is laid
0.03 inter-ocular distances aside, and none from 0.06. A drawn part that is brighter than its surroundings is seen from
the 30 grey levels that are allowed, for a fringe over a forehead that moves makes 27. The expression that is found is
as near to what was drawn (0.016 in the median) as what `evaluation.consistency.refit` finds (0.018 to 0.021); the two
lie 0.013 apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image
from affectface.augment.making.config import MakingConfig, Models
from affectface.augment.making.landmark_motion import LandmarkMotion, landmark_motion
from affectface.augment.making.seam import seam_score
from affectface.augment.making.shown import Found
from affectface.augment.making.square import Square
from affectface.errors import FaceNotFoundError
from affectface.evaluation.consistency import Yardstick, yardstick
from affectface.fitting.face_fit import interocular_distance
from affectface.fitting.priors import LandmarkFitConfig
from affectface.landmarks.mesh import Reading, crop_around, read_once

_CONFIG = LandmarkFitConfig(expression_scale=0.5)
"""With the person known, landmarks are trusted to say more about rare units, as in `evaluation.consistency`."""
_STEPS = 3
"""How often the prior, whose pull is the same at every strength, is made linear again."""
_LEAST_LOGIT = 8.0
"""The landmarker's logit that counts as a face, as in `affectface.landmarks`."""


@dataclass(frozen=True, eq=False)
class Gate:
    """What one photo's pictures are held against.

    Attributes
    ----------
    photo : ndarray of shape (h, w, 3), uint8
        The photo as it is drawn.
    motion : LandmarkMotion
        Its landmarks, as they are found in that picture, and how they move.
    normal : ndarray of shape (E, E), float64
        The normal matrix of that movement, in the landmarks' noise.
    noise : float
        That noise, pixels.
    plane : Plane
        What the points of the plane look like.
    resting : ndarray of shape (E,), float32
        The face's strengths at rest.
    eye_distance : float
        Inter-ocular distance, pixels.
    """

    photo: Image
    motion: LandmarkMotion
    normal: NDArray[np.float64]
    noise: float
    plane: Plane
    resting: FloatArray
    eye_distance: float


@dataclass(frozen=True, eq=False)
class Plane:
    """A yardstick for coefficients, without going through the landmarks.

    Attributes
    ----------
    stick : Yardstick
        What the coefficients mean.
    norms : ndarray of shape (K,), float32
        Squared length of what is shown at each point.
    cross : ndarray of shape (K, E), float32
        Its products with the units.
    products : ndarray of shape (E, E), float32
        The units' products with each other.
    """

    stick: Yardstick
    norms: FloatArray
    cross: FloatArray
    products: FloatArray

    def point(self, change: FloatArray) -> tuple[float, float]:
        """Return valence and arousal of what a change (E,) from rest shows."""
        distance = self.norms - 2 * (self.cross @ change) + change @ self.products @ change
        valence, arousal = self.stick.point_at(np.maximum(distance, 0)).tolist()
        return valence, arousal

    def length(self, change: FloatArray) -> float:
        """Return what a change (E,) does to the landmarks: root of the mean square, in inter-ocular distances."""
        count = len(self.stick.basis) // 3
        return float(np.sqrt(max(float(change @ self.products @ change), 0.0) / count))


@lru_cache(maxsize=4)
def plane_of(models: Models) -> Plane:
    """Return what the points of the plane look like on a face model; computed once for a pair of models."""
    stick = yardstick(models.face_model, models.affect_model)
    return Plane(
        stick,
        (stick.shown**2).sum(axis=1),
        stick.shown @ stick.basis,
        stick.basis.T @ stick.basis,
    )


def prepare_gate(square: Square, models: Models, resting: FloatArray) -> Gate:
    """Look at the photo itself, as its pictures will be looked at.

    Parameters
    ----------
    square : Square
        The photo as it is drawn.
    models : Models
        Face model and affect model.
    resting : ndarray of shape (E,), float32
        The face's strengths at rest.

    Returns
    -------
    Gate
        What its pictures are held against.

    Raises
    ------
    FaceNotFoundError
        If the face is not found in the small photo.
    """
    reading = _read(square.image, square.landmarks)
    if reading is None:
        raise FaceNotFoundError("no face is found in the photo at the size of the pictures")
    motion = landmark_motion(models.face_model, square.fit, reading.landmarks)
    eye_distance = interocular_distance(square.landmarks)
    noise = _CONFIG.landmark_noise * eye_distance
    normal = (motion.moved.T @ motion.moved).astype(np.float64) / noise**2
    return Gate(square.image, motion, normal, noise, plane_of(models), resting, eye_distance)


def look(
    gate: Gate, picture: Image, expression: FloatArray, part: tuple[slice, slice] | None = None
) -> tuple[FloatArray, Found] | None:
    """Look at a made picture.

    Parameters
    ----------
    gate : Gate
        What it is held against.
    picture : ndarray of shape (h, w, 3), uint8
        The picture, of the square's size.
    expression : ndarray of shape (E,), float32
        The strengths that were drawn.
    part : tuple of slice, optional
        The part of the picture that was drawn, where that is known.

    Returns
    -------
    tuple of ndarray and Found, or None
        The landmarks (478, 3), pixels, and what is seen; None where no face is found.
    """
    expected = gate.motion.at(expression)
    reading = _read(picture, expected)
    if reading is None:
        return None
    index = gate.motion.index
    found = solve_expression(gate, reading.landmarks[index, :2] - gate.motion.landmarks[index, :2])
    apart = np.linalg.norm(reading.landmarks[index, :2] - expected[index, :2], axis=1)
    valence, arousal = gate.plane.point(found - gate.resting)
    return reading.landmarks, Found(
        found,
        valence,
        arousal,
        gate.plane.length(found - expression),
        float(np.median(apart)) / gate.eye_distance,
        seam_score(gate.photo, picture, part),
    )


def solve_expression(gate: Gate, movement: FloatArray) -> FloatArray:
    """Find the strengths that move the landmarks as it is seen.

    Parameters
    ----------
    gate : Gate
        The photo.
    movement : ndarray of shape (L, 2), float32
        How far the placed landmarks are from where they are in the photo, pixels.

    Returns
    -------
    ndarray of shape (E,), float32
        Strengths of the facial units.
    """
    start = gate.motion.start.astype(np.float64)
    right = gate.motion.moved.T @ movement.ravel() / np.float32(gate.noise**2)
    scale = np.where(gate.motion.frequent, _CONFIG.frequent_scale, _CONFIG.expression_scale)
    strengths = start
    for _ in range(_STEPS):
        exponential = 1.0 / (scale * np.maximum(strengths, scale))
        precision = np.where(strengths < 0, _CONFIG.negative_deviation**-2.0, exponential)
        strengths = start + np.linalg.solve(gate.normal + np.diag(precision), right - precision * start)
    return strengths.astype(np.float32)


def fault_of(gate: Gate, found: Found | None, expression: FloatArray, config: MakingConfig) -> str:
    """Return why a picture does not count.

    Parameters
    ----------
    gate : Gate
        What it is held against.
    found : Found or None
        What is seen in it; None where no face was found.
    expression : ndarray of shape (E,), float32
        The strengths that were drawn.
    config : MakingConfig
        What is allowed.

    Returns
    -------
    str
        The reason in a few words, a colon, and numbers; empty for a good picture.
    """
    if found is None:
        return "no face: none is found in the picture"
    if found.landmark_error > config.most_landmark_error:
        return f"misplaced face: its landmarks are {found.landmark_error:.3f} of the inter-ocular distance off"
    moved = gate.plane.length(expression - gate.motion.start)
    allowed = config.most_expression_error + config.most_relative_error * moved
    if found.expression_error > allowed:
        return f"another expression: {found.expression_error:.3f} from what was asked, {allowed:.3f} is allowed"
    if found.seam > config.most_seam:
        return f"a seam: a step of {found.seam:.0f} grey levels"
    return ""


def _read(image: Image, landmarks: FloatArray) -> Reading | None:
    """What the landmarker sees where landmarks (478, 3) are expected; None where that is no face."""
    (reading,) = read_once(image, [crop_around(landmarks)])
    return reading if reading.logit >= _LEAST_LOGIT else None
