"""Fit a face model to a photo's features, in the wild (Kollias 2020, section 4.2, eq. 4; Booth et al., CVPR 2017).

Minimised are the misfit of the image's features to the texture model's, the landmarks', and the priors of identity,
expression and texture, by Gauss-Newton with the texture projected out, from coarse features to fine ones. The start is
the dense-landmark fit, and so is the result wherever the photometric one is not to be trusted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image, check_array, check_image
from affectface.blas import one_blas_thread
from affectface.fitting.dense_landmarks import LandmarkFit, fit_landmarks
from affectface.fitting.face_crop import crop_face, face_scale, hidden_points, vertex_visibility
from affectface.fitting.face_fit import FaceFit, interocular_distance
from affectface.fitting.landmark_term import LandmarkBasis, landmark_basis, landmark_residual
from affectface.fitting.lighting import fit_lighting
from affectface.fitting.photometric_config import DESCRIPTOR_LENGTH, MEASURED, SAMPLED_VERTICES, PhotometricConfig
from affectface.fitting.photometric_steps import Problem, descend
from affectface.fitting.photometric_term import PhotometricTerm, prepared_level, vertex_basis
from affectface.fitting.projection import FaceState, place_points, projected, state_of
from affectface.landmarks import LANDMARKS68
from affectface.morphable import LANDMARKS, FaceModel
from affectface.morphable.texture.features import feature_image
from affectface.morphable.texture.texture_model import TextureModel

__all__ = ["MEASURED", "PhotometricConfig", "fit_photometric", "photometric_term", "used_landmarks"]


@one_blas_thread()
def fit_photometric(
    model: FaceModel,
    texture: TextureModel,
    image: Image,
    landmarks: FloatArray,
    *,
    occluded: BoolArray | None = None,
    config: PhotometricConfig | None = None,
) -> FaceFit:
    """Fit a face model to one face of a photo by its landmarks and its features together.

    Parameters
    ----------
    model : FaceModel
        The face model.
    texture : TextureModel
        The texture model, learned for this face model.
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks, pixels.
    occluded : ndarray of shape (H, W), bool, optional
        Where something is known to be in front of the face; what hides a face is found without it too.
    config : PhotometricConfig, optional
        How the terms are weighed; `MEASURED` if not given, ``PhotometricConfig()`` for the paper's weights.

    Returns
    -------
    FaceFit
        The fit; its `method` says ``photometric``, or ``landmarks`` where the landmark fit was kept, and then `reason`
        says why.

    Raises
    ------
    FaceTooSmallError
        If the face has too few pixels.
    ExtremePoseError
        If the face is turned too far away.
    TopologyMismatchError
        If the texture model was learned for another face model.
    ValueError
        If an array has another shape.
    """
    config = config or MEASURED
    image, landmarks = check_image(image), check_array("landmarks", landmarks, (LANDMARKS, 3))
    size = image.shape[0], image.shape[1]
    if occluded is not None:
        occluded = check_array("occluded", occluded, size, dtype=np.bool_)
    texture.check_face_model(model)
    start = fit_landmarks(model, landmarks, size, focal=config.focal, config=config.start)
    state, found, reason = _coarse_to_fine(model, texture, image, landmarks, start, occluded, config)
    basis = landmark_basis(model, config.start.identity_components)
    residual, error = landmark_residual(basis, landmarks, state, config.start.longest_residual)
    reason = reason or _distrust(start, state, error, config)
    if reason:
        light = fit_lighting(model, start.identity, start.expression, start.camera, image)
        return FaceFit(
            start.identity, start.expression, start.camera, light, start.residual, size, start.error, reason=reason
        )
    identity, expression, camera = (
        state.identity.astype(np.float32),
        state.expression.astype(np.float32),
        state.camera(),
    )
    light = fit_lighting(model, identity, expression, camera, image)
    return FaceFit(
        identity,
        expression,
        camera,
        light,
        residual,
        size,
        error,
        method="photometric",
        texture=found.astype(np.float32),
    )


def _coarse_to_fine(
    model: FaceModel,
    texture: TextureModel,
    image: Image,
    landmarks: FloatArray,
    start: LandmarkFit,
    occluded: BoolArray | None,
    config: PhotometricConfig,
) -> tuple[FaceState, NDArray[np.float64], str]:
    """Return the fitted state, its texture (K,), and why the fit was given up, if it was."""
    state = state_of(start.camera, start.identity, start.expression)
    found = np.zeros(0)
    size = image.shape[0], image.shape[1]
    counted = used_landmarks(landmark_basis(model, config.start.identity_components), config)
    finest = face_scale(model, start.camera, texture.levels[-1].diagonal)
    for index in range(len(texture.levels)):
        term = photometric_term(model, texture, index, image, state, occluded, config)
        share = float((term.weight > 0.5).mean())
        if share < config.fewest_vertices:
            return state, found, f"{100 * share:.0f} % of the face's vertices are seen; see fewest_vertices"
        problem = Problem(
            counted,
            landmarks[counted.index, :2],
            interocular_distance(landmarks),
            1 / finest,
            config.focal or config.start.focal_ratio * max(size),
            config.focal is None,
            term,
            config,
        )
        state, weight, found = descend(problem, state)
        hidden = float((weight > 0.25).mean())
        if hidden < config.fewest_vertices:
            return state, found, f"only {100 * hidden:.0f} % of the face's vertices look like skin"
    return state, found, ""


def used_landmarks(basis: LandmarkBasis, config: PhotometricConfig) -> LandmarkBasis:
    """Return the landmarks that count: all, or the 68 where the configuration says so."""
    if config.points == LANDMARKS:
        return basis
    rows = np.flatnonzero(np.isin(basis.index, LANDMARKS68))
    return replace(basis, index=basis.index[rows], mean=basis.mean[rows], shapes=basis.shapes[rows])


def photometric_term(
    model: FaceModel,
    texture: TextureModel,
    index: int,
    image: Image,
    state: FaceState,
    occluded: BoolArray | None,
    config: PhotometricConfig,
) -> PhotometricTerm:
    """Return the photometric term of an image at one level, with the vertices that a state shows.

    Parameters
    ----------
    model : FaceModel
        The face model.
    texture : TextureModel
        The texture model.
    index : int
        Which of its levels.
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    state : FaceState
        Where the fit stands.
    occluded : ndarray of shape (H, W), bool, optional
        Where something is in front of the face.
    config : PhotometricConfig
        How the terms are weighed.

    Returns
    -------
    PhotometricTerm
        Features, texture, shape and weights.
    """
    basis = vertex_basis(model, texture, len(state.identity))
    points, _, _ = place_points(basis.mean, basis.shapes, state)
    pixels, camera = projected(points, state.focal, state.centre), state.camera()
    crop = crop_face(image, pixels, face_scale(model, camera, texture.levels[index].diagonal))
    vertices = model.shape(state.identity.astype(np.float32), state.expression.astype(np.float32))
    weight = vertex_visibility(model, vertices, crop.camera(camera), texture.vertices, crop.image.shape[:2])
    inside = ((pixels >= 0) & (pixels <= np.array(image.shape[1::-1]))).all(1)
    weight = weight * inside
    if occluded is not None:
        weight = weight * ~hidden_points(occluded, pixels)
    scale = SAMPLED_VERTICES / len(pixels)
    prior = config.texture_weight / DESCRIPTOR_LENGTH**2
    features = feature_image(crop.image, texture.features)
    return PhotometricTerm(features, crop, prepared_level(texture, index), basis, weight, prior, scale)


def _distrust(start: LandmarkFit, state: FaceState, error: float, config: PhotometricConfig) -> str:
    """Return why a photometric fit is not to be trusted; nothing if it is."""
    if not np.isfinite([state.focal, error, *state.translation, *state.coefficients]).all():
        return "the photometric fit diverged"
    change = max(state.focal / start.camera.focal, start.camera.focal / state.focal)
    if change > config.most_focal_change:
        return f"the focal length changed by a factor of {change:.1f}"
    if error > start.error + config.most_landmark_error:
        return f"the landmarks' error grew from {100 * start.error:.1f} to {100 * error:.1f} % of the eyes' distance"
    return ""
