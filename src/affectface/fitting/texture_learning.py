"""Learn a texture model from fitted photos (Kollias 2020, section 3.4.1; Booth et al., CVPR 2017, section 3.3).

Features are sampled where a fit puts the vertices. What a face hides from the camera was not observed; robust PCA with
missing values completes it, and takes out glasses and hair that only some photos show. Then PCA.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from affectface.arrays import FloatArray, Image, IntArray
from affectface.camera import Camera
from affectface.errors import FaceNotFoundError
from affectface.fitting.dense_landmarks import fit_landmarks
from affectface.fitting.face_crop import crop_face, face_scale, vertex_visibility
from affectface.fitting.face_fit import spread_over_vertices
from affectface.landmarks import detect_faces
from affectface.morphable import FaceModel
from affectface.morphable.library import fingerprint
from affectface.morphable.texture.features import FeatureKind, feature_image, sample
from affectface.morphable.texture.robust_pca import robust_pca
from affectface.morphable.texture.texture_model import TextureModel, choose_vertices, texture_level

DIAGONALS = (92.5, 185.0)
"""Diagonals of the mean face's 68 points, pixels, of the coarse and the fine level."""

_SEEN = 0.3
"""Visibility from which a vertex counts as observed."""


@dataclass(frozen=True, kw_only=True)
class TextureConfig:
    """What a texture model is made of."""

    features: FeatureKind = "sift"
    """Which features; Booth et al. found dense SIFT the best."""
    vertices: int = 1000
    """Vertices of the skin that are modelled, evenly spread."""
    diagonals: tuple[float, ...] = DIAGONALS
    """Sizes of the face from coarse to fine; 185 pixels are what Booth et al.'s published models were learned at."""
    variance: float = 0.98
    """Share of the variance that the components hold."""
    robust: bool = True
    """Whether robust PCA completes and cleans the samples; otherwise the mean stands in for what was not seen."""


@dataclass(frozen=True, eq=False)
class FittedPhoto:
    """A photo and where its face is.

    Attributes
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    identity : ndarray of shape (I,), float32
        The fitted identity.
    expression : ndarray of shape (E,), float32
        The fitted expression.
    camera : Camera
        The fitted camera.
    residual : ndarray of shape (478, 2), float32, optional
        Found minus projected landmarks, pixels: with it features are looked up where the landmarks say that they are.
    """

    image: Image
    identity: FloatArray
    expression: FloatArray
    camera: Camera
    residual: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class TextureSample:
    """The features of one photo at every level.

    Attributes
    ----------
    values : tuple of ndarray of shape (N, C), float32
        Features of the vertices, for each level.
    seen : tuple of ndarray of shape (N,), bool
        Which vertices were seen.
    """

    values: tuple[FloatArray, ...]
    seen: tuple[np.ndarray, ...]


def fit_photo(model: FaceModel, image: Image) -> FittedPhoto:
    """Fit the largest face of a photo by its landmarks, to learn from it.

    Parameters
    ----------
    model : FaceModel
        The face model.
    image : ndarray of shape (H, W, 3), uint8
        The photo.

    Returns
    -------
    FittedPhoto
        The photo and its fit.

    Raises
    ------
    FaceNotFoundError
        If it shows no face.
    FaceTooSmallError
        If the face has too few pixels.
    ExtremePoseError
        If the face is turned too far away.
    """
    image = np.ascontiguousarray(image)
    faces = detect_faces(image, max_faces=1)
    if not faces:
        raise FaceNotFoundError("the photo shows no face; leave it out")
    fit = fit_landmarks(model, faces[0].landmarks, image.shape[:2])
    return FittedPhoto(image, fit.identity, fit.expression, fit.camera, fit.residual)


def sample_texture(model: FaceModel, photo: FittedPhoto, vertices: IntArray, config: TextureConfig) -> TextureSample:
    """Look up a fitted photo's features at vertices, at every size.

    Parameters
    ----------
    model : FaceModel
        The face model.
    photo : FittedPhoto
        The photo and its fit.
    vertices : ndarray of shape (N,), int32
        Which vertices.
    config : TextureConfig
        Which features at which sizes.

    Returns
    -------
    TextureSample
        Features and visibility.
    """
    shape = model.shape(photo.identity, photo.expression)
    pixels = photo.camera.project(shape[vertices])[:, :2]
    if photo.residual is not None:
        pixels = pixels + spread_over_vertices(model, photo.residual)[vertices]
    values, seen = [], []
    for diagonal in config.diagonals:
        crop = crop_face(photo.image, pixels, face_scale(model, photo.camera, diagonal))
        camera = crop.camera(photo.camera)
        places = ((pixels - np.array([crop.x, crop.y])) * crop.scale).astype(np.float32)
        values.append(sample(feature_image(crop.image, config.features), places)[0])
        seen.append(vertex_visibility(model, shape, camera, vertices, crop.image.shape[:2]) > _SEEN)
    return TextureSample(tuple(values), tuple(seen))


def learn_texture(
    model: FaceModel, photos: Iterable[FittedPhoto], *, config: TextureConfig | None = None
) -> TextureModel:
    """Learn a texture model from fitted photos.

    Parameters
    ----------
    model : FaceModel
        The face model they were fitted with.
    photos : iterable of FittedPhoto
        The photos; they are gone through once.
    config : TextureConfig, optional
        What the texture model is made of.

    Returns
    -------
    TextureModel
        The texture model.

    Raises
    ------
    ValueError
        If there are fewer than two photos.
    """
    config = config or TextureConfig()
    vertices = choose_vertices(model, config.vertices)
    samples = [sample_texture(model, photo, vertices, config) for photo in photos]
    return texture_from_samples(model, vertices, samples, config)


def texture_from_samples(
    model: FaceModel, vertices: IntArray, samples: Sequence[TextureSample], config: TextureConfig
) -> TextureModel:
    """Learn a texture model from sampled photos.

    Parameters
    ----------
    model : FaceModel
        The face model they were fitted with.
    vertices : ndarray of shape (N,), int32
        The sampled vertices.
    samples : sequence of TextureSample
        One for each photo.
    config : TextureConfig
        What the texture model is made of.

    Returns
    -------
    TextureModel
        The texture model.

    Raises
    ------
    ValueError
        If there are fewer than two photos.
    """
    if len(samples) < 2:
        raise ValueError(f"{len(samples)} photos with a face are there; at least 2 are needed")
    levels = []
    for index, diagonal in enumerate(config.diagonals):
        data = np.stack([sample.values[index] for sample in samples]).astype(np.float64)
        seen = np.stack([sample.seen[index] for sample in samples])
        levels.append(texture_level(_complete(data, seen, config.robust), diagonal, variance=config.variance))
    return TextureModel(fingerprint(model), config.features, vertices, tuple(levels))


def _complete(data: np.ndarray, seen: np.ndarray, robust: bool) -> np.ndarray:
    """Return textures (M, N, C) without what was not seen (M, N), around the mean of what was."""
    count = np.maximum(seen.sum(0), 1)[:, None]
    mean = np.where(seen[..., None], data, 0).sum(0) / count
    away = np.where(seen[..., None], data - mean, 0).reshape(len(data), -1)
    if robust:
        observed = np.repeat(seen.reshape(len(data), -1), data.shape[2], axis=1)
        away = robust_pca(away, observed, tolerance=1e-5).low_rank
    return np.asarray(away.reshape(data.shape) + mean)
