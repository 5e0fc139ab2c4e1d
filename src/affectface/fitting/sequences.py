"""One person in many pictures: films, whose frames follow each other, and photos, which do not.

The identity is common to all; in a film the focal length is too, and camera and expression change little from frame to
frame (Booth et al., "3D Reconstruction of 'In-the-Wild' Faces in Images and Videos", PAMI 2018). Gauss-Newton over all
pictures at once, each step in time linear in their number (`affectface.fitting.arrowhead`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image, check_array, check_image
from affectface.blas import one_blas_thread
from affectface.camera import quaternion_of, rotation_of
from affectface.fitting.arrowhead import solve_arrowhead
from affectface.fitting.dense_landmarks import fit_landmarks
from affectface.fitting.face_fit import FaceFit, interocular_distance
from affectface.fitting.landmark_term import landmark_basis, landmark_equations, landmark_residual
from affectface.fitting.lighting import ambient_light, fit_lighting
from affectface.fitting.photometric import used_landmarks
from affectface.fitting.photometric_config import DESCRIPTOR_LENGTH, MEASURED, PhotometricConfig
from affectface.fitting.priors import LandmarkFitConfig, prior_equations
from affectface.fitting.projection import FaceState, state_of
from affectface.fitting.sequence_features import SequenceFeatures
from affectface.morphable import LANDMARKS, FaceModel
from affectface.morphable.texture.texture_model import TextureModel

Matrix = NDArray[np.float64]
_FOCAL = 6
_LONGEST_FOCAL_STEP = 0.12
_ENOUGH = 1e-3
"""Longest change of a coefficient in a step after which no further one is taken."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of the person.

    Attributes
    ----------
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks, pixels.
    size : tuple of int
        Height and width of the picture, pixels.
    image : ndarray of shape (H, W, 3), uint8, optional
        The picture; needed for features and light only.
    """

    landmarks: FloatArray
    size: tuple[int, int]
    image: Image | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "landmarks", check_array("landmarks", self.landmarks, (LANDMARKS, 3)))
        if self.image is not None and check_image(self.image).shape[:2] != tuple(self.size):
            raise ValueError(f"size is {self.size}, but the image is {self.image.shape[:2]}; they must agree")


@dataclass(frozen=True, kw_only=True)
class SequenceConfig:
    """How pictures of one person are fitted together."""

    landmarks: LandmarkFitConfig = field(default_factory=LandmarkFitConfig)
    """Noise and priors of each picture's landmarks."""
    photometric: PhotometricConfig = MEASURED
    """How features are weighed, where there is a texture model; its own `start` is not used here."""
    independent: float = 8.0
    """How many pictures' landmarks tell the identity at most as if their errors were independent: a landmarker is wrong
    about one person in the same way each time."""
    turn_deviation: float = 0.04
    """How much a head turns from one frame of a film to the next, radians; 60 degrees a second at 25 frames."""
    move_deviation: float = 0.4
    """How much it moves, cm; 10 cm a second at 25 frames."""
    expression_deviation: float = 0.15
    """How much a facial unit changes; a blink takes three frames to close."""
    iterations: int = 8
    """Most Gauss-Newton steps."""


@one_blas_thread()
def fit_sequence(
    model: FaceModel,
    pictures: Sequence[Picture],
    *,
    texture: TextureModel | None = None,
    config: SequenceConfig | None = None,
) -> tuple[FaceFit, ...]:
    """Fit a face model to the frames of a film: one identity, one focal length, smooth camera and expression.

    Parameters
    ----------
    model : FaceModel
        The face model.
    pictures : sequence of Picture
        The frames, in order.
    texture : TextureModel, optional
        With it features count as well as landmarks; every picture then needs its image.
    config : SequenceConfig, optional
        How the terms are weighed.

    Returns
    -------
    tuple of FaceFit
        One fit a frame, all with the same identity and focal length; their `method` says ``photometric``, or
        ``landmarks`` where the features were not to be trusted, and then `reason` says why.

    Raises
    ------
    FaceTooSmallError
        If a face has too few pixels.
    ExtremePoseError
        If a face is turned too far away.
    TopologyMismatchError
        If the texture model was learned for another face model.
    ValueError
        If there are no pictures, or they lack images that are needed.
    """
    return _fit_together(model, pictures, texture, config or SequenceConfig(), film=True)


@one_blas_thread()
def fit_same_person(
    model: FaceModel,
    pictures: Sequence[Picture],
    *,
    texture: TextureModel | None = None,
    config: SequenceConfig | None = None,
) -> tuple[FaceFit, ...]:
    """Fit a face model to several photos of one person: one identity, each its own camera and expression.

    Parameters
    ----------
    model : FaceModel
        The face model.
    pictures : sequence of Picture
        The photos.
    texture : TextureModel, optional
        With it features count as well as landmarks; every picture then needs its image.
    config : SequenceConfig, optional
        How the terms are weighed.

    Returns
    -------
    tuple of FaceFit
        One fit a photo, all with the same identity; their `method` says ``photometric``, or ``landmarks`` where the
        features were not to be trusted, and then `reason` says why.

    Raises
    ------
    FaceTooSmallError
        If a face has too few pixels.
    ExtremePoseError
        If a face is turned too far away.
    TopologyMismatchError
        If the texture model was learned for another face model.
    ValueError
        If there are no pictures, or they lack images that are needed.
    """
    return _fit_together(model, pictures, texture, config or SequenceConfig(), film=False)


def _fit_together(
    model: FaceModel,
    pictures: Sequence[Picture],
    texture: TextureModel | None,
    config: SequenceConfig,
    *,
    film: bool,
) -> tuple[FaceFit, ...]:
    if not pictures:
        raise ValueError("pictures is empty; at least one is needed")
    if texture is not None:
        texture.check_face_model(model)
        if any(picture.image is None for picture in pictures):
            raise ValueError("a picture has no image; with a texture model all need one")
    start = _start(model, pictures, config, film=film)
    states = by_landmarks = _converge(model, pictures, start, None, config, film=film)
    method: Literal["landmarks", "photometric"] = "landmarks"
    reason = ""
    if texture is not None:
        features = SequenceFeatures(model, texture, config.photometric)
        images = [picture.image for picture in pictures if picture.image is not None]
        for level in range(len(texture.levels)):
            features.look_at(images, states, level)
            states = _converge(model, pictures, states, features, config, film=film)
        reason = _distrust(model, pictures, by_landmarks, states, config)
        method = "landmarks" if reason else "photometric"
        states = by_landmarks if reason else states
    basis = landmark_basis(model, config.landmarks.identity_components)
    fits = []
    for picture, state in zip(pictures, states, strict=True):
        identity, expression = state.identity.astype(np.float32), state.expression.astype(np.float32)
        residual, error = landmark_residual(basis, picture.landmarks, state, config.landmarks.longest_residual)
        camera, light = state.camera(), ambient_light()
        if picture.image is not None:
            light = fit_lighting(model, identity, expression, camera, picture.image)
        fits.append(FaceFit(identity, expression, camera, light, residual, picture.size, error, method, reason))
    return tuple(fits)


def _converge(
    model: FaceModel,
    pictures: Sequence[Picture],
    states: list[FaceState],
    features: SequenceFeatures | None,
    config: SequenceConfig,
    *,
    film: bool,
) -> list[FaceState]:
    """Take Gauss-Newton steps until nothing changes any more."""
    for _ in range(config.iterations):
        states, change = _step(model, pictures, states, features, config, film=film)
        if not change > _ENOUGH:
            break
    return states


def _distrust(
    model: FaceModel,
    pictures: Sequence[Picture],
    before: Sequence[FaceState],
    after: Sequence[FaceState],
    config: SequenceConfig,
) -> str:
    """Return why a photometric fit of all pictures is not to be trusted; nothing if it is."""
    basis = landmark_basis(model, config.landmarks.identity_components)
    errors = [
        np.median([landmark_residual(basis, p.landmarks, s, 1.0)[1] for p, s in zip(pictures, states, strict=True)])
        for states in (before, after)
    ]
    if not np.isfinite(errors).all():
        return "the photometric fit diverged"
    if errors[1] > errors[0] + config.photometric.most_landmark_error:
        grew = f"from {100 * errors[0]:.1f} to {100 * errors[1]:.1f}"
        return f"the landmarks' error grew {grew} % of the eyes' distance"
    return ""


def _start(model: FaceModel, pictures: Sequence[Picture], config: SequenceConfig, *, film: bool) -> list[FaceState]:
    """Fit each picture alone, then again with what all of them agree on."""
    alone = [fit_landmarks(model, p.landmarks, p.size, config=config.landmarks) for p in pictures]
    identity: FloatArray = np.stack([fit.identity for fit in alone]).mean(axis=0)
    focal = float(np.exp(np.mean([np.log(fit.camera.focal) for fit in alone]))) if film else None
    states = []
    for picture in pictures:
        fit = fit_landmarks(
            model, picture.landmarks, picture.size, focal=focal, identity=identity, config=config.landmarks
        )
        state = state_of(fit.camera, identity, fit.expression)
        states.append(replace(state, focal=focal or state.focal))
    return states


def _step(
    model: FaceModel,
    pictures: Sequence[Picture],
    states: Sequence[FaceState],
    features: SequenceFeatures | None,
    config: SequenceConfig,
    *,
    film: bool,
) -> tuple[list[FaceState], float]:
    """Take one Gauss-Newton step of all pictures; return the states and the largest change of a coefficient."""
    basis = landmark_basis(model, config.landmarks.identity_components)
    if features:
        basis = used_landmarks(basis, config.photometric)
    count, units = len(states[0].identity), len(states[0].expression)
    common = np.r_[_FOCAL, 7 : 7 + count] if film else np.arange(7, 7 + count)
    single = np.setdiff1d(np.arange(7 + count + units), common)
    # with features the paper's balance holds between landmarks and priors, otherwise the landmark fit's own
    share = config.photometric.shape_weight / DESCRIPTOR_LENGTH**2 if features else 1.0
    share_common = share * max(1.0, len(pictures) / config.independent)
    own, border, right = [], [], []
    shared, shared_right = np.zeros((len(common), len(common))), np.zeros(len(common))
    for number, (picture, state) in enumerate(zip(pictures, states, strict=True)):
        eyes = interocular_distance(picture.landmarks)
        noise = config.landmarks.landmark_noise * eyes
        sigma = features.landmark_noise(number) if features else noise
        observed = picture.landmarks[basis.index, :2]
        bound = config.landmarks.outlier * noise
        normal, gradient, _ = landmark_equations(basis, observed, state, sigma, bound)
        if features:
            more, pull = features.equations(number, state)
            normal, gradient = normal + more, gradient + pull
        usual = config.landmarks.focal_ratio * max(picture.size)
        precision, pull = prior_equations(state, usual, basis.frequent, config.landmarks)
        own.append(normal[np.ix_(single, single)] + share * np.diag(precision[single]))
        border.append(normal[np.ix_(single, common)])
        right.append(gradient[single] - share * pull[single])
        shared += normal[np.ix_(common, common)]
        shared_right += gradient[common]
        if number == 0:  # once for all
            shared += share_common * np.diag(precision[common])
            shared_right -= share_common * pull[common]
    coupling = None
    if film and len(states) > 1:
        smooth = share * _smoothness(single, count, config)
        _add_smoothness(own, right, states, smooth)
        coupling = -smooth
    steps, together = solve_arrowhead(own, border, right, coupling, shared, shared_right)
    moved, change = [], 0.0
    focal_steps = [together[0]] if film else [step[_FOCAL] for step in steps]
    shorter = min(1.0, _LONGEST_FOCAL_STEP / max(1e-12, float(np.abs(focal_steps).max())))
    for state, step in zip(states, steps, strict=True):
        whole = np.zeros(7 + count + units)
        whole[single], whole[common] = shorter * step, shorter * together
        moved.append(state.moved(whole))
        change = max(change, float(np.abs(whole[_FOCAL:]).max()))
    return moved, change


def _smoothness(single: NDArray[np.intp], identities: int, config: SequenceConfig) -> Matrix:
    """Return how strongly each of a frame's own unknowns is held to the next frame's, (B,)."""
    precision = np.empty(len(single))
    precision[:3] = config.turn_deviation**-2
    precision[3:6] = config.move_deviation**-2
    precision[6:] = config.expression_deviation**-2
    return precision


def _add_smoothness(own: list[Matrix], right: list[Matrix], states: Sequence[FaceState], smooth: Matrix) -> None:
    """Add what holds frames together to the normal equations, in place: they are this module's own arrays."""
    for number, (one, other) in enumerate(pairwise(states)):
        turn = rotation_of(other.quaternion) @ rotation_of(one.quaternion).T
        quaternion = quaternion_of(turn)
        angle = 2 * np.arctan2(np.linalg.norm(quaternion[1:]), quaternion[0])
        axis = quaternion[1:] / max(float(np.linalg.norm(quaternion[1:])), 1e-12)
        move = other.translation - one.translation
        away = np.concatenate([angle * axis, move, other.expression - one.expression])
        for index, sign in ((number, 1), (number + 1, -1)):
            own[index][np.diag_indices(len(smooth))] += smooth
            right[index] += sign * smooth * away
