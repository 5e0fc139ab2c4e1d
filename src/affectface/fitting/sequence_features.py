"""The features of many pictures: their crops are kept, their feature images are made anew when they are needed.

A feature image takes some megabytes, so that a film's would not fit into memory; making one takes 20 ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image
from affectface.fitting.face_crop import face_scale
from affectface.fitting.photometric import photometric_term
from affectface.fitting.photometric_config import DESCRIPTOR_LENGTH, PhotometricConfig
from affectface.fitting.photometric_term import PhotometricTerm, photometric_cost, photometric_equations, robust_weights
from affectface.fitting.projection import FaceState
from affectface.morphable import FaceModel
from affectface.morphable.texture.features import feature_image
from affectface.morphable.texture.texture_model import TextureModel

_NONE = np.zeros((1, 1, 1), dtype=np.float32)


class SequenceFeatures:
    """What the features of a sequence say, picture by picture.

    Parameters
    ----------
    model : FaceModel
        The face model.
    texture : TextureModel
        The texture model.
    config : PhotometricConfig
        How the terms are weighed.
    """

    def __init__(self, model: FaceModel, texture: TextureModel, config: PhotometricConfig) -> None:
        self._model, self._texture, self._config = model, texture, config
        self._terms: list[PhotometricTerm] = []
        self._pixels: list[float] = []

    def look_at(self, images: Sequence[Image], states: Sequence[FaceState], level: int) -> None:
        """Cut the faces out of the pictures at one level, where the states see them.

        Parameters
        ----------
        images : sequence of ndarray of shape (H, W, 3), uint8
            The pictures.
        states : sequence of FaceState
            Where the fit stands.
        level : int
            Which of the texture model's levels.
        """
        finest = self._texture.levels[-1].diagonal
        terms = (
            photometric_term(self._model, self._texture, level, image, state, None, self._config)
            for image, state in zip(images, states, strict=True)
        )
        self._terms = [replace(term, features=_NONE) for term in terms]
        self._pixels = [1 / face_scale(self._model, state.camera(), finest) for state in states]

    def landmark_noise(self, number: int) -> float:
        """Return the noise of a picture's landmarks that their weight stands for, pixels."""
        return float(self._pixels[number] * DESCRIPTOR_LENGTH / self._config.landmark_weight**0.5)

    def equations(self, number: int, state: FaceState) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the normal equations (P, P) and (P,) of a picture's features where its fit stands."""
        stored = self._terms[number]
        term = replace(stored, features=feature_image(stored.crop.image, self._texture.features))
        misfit = photometric_cost(term, state, term.weight).misfit
        weight: FloatArray = robust_weights(term, misfit, self._config.outlier)
        normal, gradient, _ = photometric_equations(term, state, weight)
        return self._config.features_weight * normal, self._config.features_weight * gradient
