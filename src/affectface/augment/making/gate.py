"""The quality gate: a made picture is looked at again. Is the face still found, does it show what was drawn, any seam?

The landmarker reads the place where the face is in the photo, without a detector. Person and camera are the photo's,
so that the expression is what moves the landmarks from where the same landmarker finds them in the photo: a linear
problem, whose matrix is made once a photo. The prior is that of the fit.

The bounds of `MakingConfig` were set on every fourth photo of the London set and its mirror image, with both face
models. What passes of other photos, and of pictures that are spoilt, is measured by `benchmarks/gate.py` and written in
docs/data_sets.md. A drawn part that is brighter than its surroundings is seen from the 30 grey levels that are allowed,
for a fringe over a forehead that moves makes 27.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image
from affectface.augment.making.config import MakingConfig, Models
from affectface.augment.making.landmark_motion import LandmarkMotion, landmark_motion
from affectface.augment.making.mouth import MOUTH, Mouth, compare_mouth, mouth_of
from affectface.augment.making.plane import Plane, PlaneInPicture, plane_in_picture, plane_of
from affectface.augment.making.seam import seam_score, steps_near
from affectface.augment.making.shown import Found
from affectface.augment.making.square import Square
from affectface.errors import FaceNotFoundError
from affectface.fitting.face_fit import interocular_distance
from affectface.fitting.priors import LandmarkFitConfig
from affectface.landmarks.crop import Crop
from affectface.landmarks.mesh import Reading, crop_around, read_once
from affectface.synthesis.portrait import Portrait

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
    crop : Crop
        The part of it, and of its pictures, that the landmarker is shown.
    steps : ndarray of shape (h, w), uint8
        Contrast that the photo has near each pixel; see `affectface.augment.making.seam`.
    mouth : Mouth
        Its mouth.
    motion : LandmarkMotion
        Its landmarks, as they are found in that picture, and how they move.
    normal : ndarray of shape (E, E), float64
        The normal matrix of that movement, in the landmarks' noise.
    noise : float
        That noise, pixels.
    plane : Plane
        What expressions do to landmarks.
    points : PlaneInPicture
        What the points of the plane look like in its pictures.
    eye_distance : float
        Inter-ocular distance, pixels.
    """

    photo: Image
    crop: Crop
    steps: NDArray[np.uint8]
    mouth: Mouth
    motion: LandmarkMotion
    normal: NDArray[np.float64]
    noise: float
    plane: Plane
    points: PlaneInPicture
    eye_distance: float


def prepare_gate(square: Square, models: Models, portrait: Portrait) -> Gate:
    """Look at the photo itself, as its pictures will be looked at.

    Parameters
    ----------
    square : Square
        The photo as it is drawn.
    models : Models
        Face model and affect model.
    portrait : Portrait
        What draws its pictures.

    Returns
    -------
    Gate
        What its pictures are held against.

    Raises
    ------
    FaceNotFoundError
        If the face is not found in the small photo.
    """
    crop = crop_around(square.landmarks)
    reading = _read(square.image, crop)
    if reading is None:
        raise FaceNotFoundError("no face is found in the photo at the size of the pictures")
    motion = landmark_motion(models.face_model, square.fit, portrait.with_lips_closed(reading.landmarks))
    eye_distance, plane = interocular_distance(square.landmarks), plane_of(models)
    noise = _CONFIG.landmark_noise * eye_distance
    return Gate(
        square.image,
        crop,
        steps_near(square.image),
        mouth_of(square.image, reading.landmarks, eye_distance),
        motion,
        (motion.moved.T @ motion.moved).astype(np.float64) / noise**2,
        noise,
        plane,
        plane_in_picture(plane, motion, portrait.resting_expression),
        eye_distance,
    )


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
    reading = _read(picture, gate.crop)
    if reading is None:
        return None
    motion, eye_distance = gate.motion, gate.eye_distance
    expected = motion.at(expression)
    apart = reading.landmarks[:, :2] - expected[:, :2]
    movement = (reading.landmarks - motion.landmarks)[motion.index, :2].ravel()
    pull = (motion.moved.T @ movement).astype(np.float64)
    found = solve_expression(gate, pull)
    valence, arousal = gate.points.point(pull, float(movement @ movement))
    mouth_error, mouth_detail = compare_mouth(gate.mouth, picture, expected)
    return reading.landmarks, Found(
        found,
        valence,
        arousal,
        gate.plane.length(found - expression),
        float(np.sqrt((apart[motion.index] ** 2).sum(axis=1).mean())) / eye_distance,
        seam_score(gate.photo, gate.steps, picture, part),
        float(np.linalg.norm(apart[MOUTH].mean(axis=0))) / eye_distance,
        mouth_error,
        mouth_detail,
    )


def solve_expression(gate: Gate, pull: NDArray[np.float64]) -> FloatArray:
    """Find the strengths that move the landmarks as it is seen.

    Parameters
    ----------
    gate : Gate
        The photo.
    pull : ndarray of shape (E,), float64
        Products of what each unit does to the landmarks with how far they are from where they are in the photo, pixels
        squared.

    Returns
    -------
    ndarray of shape (E,), float32
        Strengths of the facial units.
    """
    start, right = gate.motion.start.astype(np.float64), pull / gate.noise**2
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
    moved = gate.plane.length(expression - gate.motion.start)
    allowed = config.most_landmark_error + config.most_relative_error * moved / 2
    if found.landmark_error > allowed:
        return f"misplaced face: landmarks are {found.landmark_error:.3f} eye distances off, {allowed:.3f} is allowed"
    allowed = config.most_expression_error + config.most_relative_error * moved
    if found.expression_error > allowed:
        return f"another expression: {found.expression_error:.3f} from what was asked, {allowed:.3f} is allowed"
    if found.seam > config.most_seam:
        return f"a seam: a step of {found.seam:.0f} grey levels"
    if found.mouth_shift > config.most_mouth_shift:
        return f"misplaced mouth: it is {found.mouth_shift:.3f} eye distances off"
    if found.mouth_error > config.most_mouth_error:
        return f"spoilt mouth: its skin differs by {found.mouth_error:.2f} of its contrast from the photo's"
    if not config.least_mouth_detail <= found.mouth_detail <= config.most_mouth_detail:
        return f"spoilt mouth: {found.mouth_detail:.2f} times as much detail as in the photo"
    return ""


def _read(image: Image, crop: Crop) -> Reading | None:
    """What the landmarker sees in a part of an image; None where that is no face."""
    (reading,) = read_once(image, [crop])
    return reading if reading.logit >= _LEAST_LOGIT else None
