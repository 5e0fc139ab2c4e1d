"""A texture model learned from drawn faces says what they show, also where some of them were hidden."""

import numpy as np
import pytest
from drawn_faces import draw_face

from affectface.assets import asset_path
from affectface.fitting.texture_learning import (
    FittedPhoto,
    TextureConfig,
    TextureSample,
    learn_texture,
    sample_texture,
    texture_from_samples,
)
from affectface.morphable import FaceModel, load_face_model
from affectface.morphable.texture.texture_model import choose_vertices

CONFIG = TextureConfig(vertices=200, diagonals=(90,))


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_face_model(asset_path("embedded"))


@pytest.fixture(scope="module")
def photos(model: FaceModel) -> list[FittedPhoto]:
    return [draw_face(model, seed).photo for seed in range(6)]


def test_it_is_bound_to_its_face_model(model: FaceModel, photos: list[FittedPhoto]) -> None:
    texture = learn_texture(model, iter(photos), config=CONFIG)
    texture.check_face_model(model)
    (level,) = texture.levels
    assert level.mean.shape == (200, 36)
    assert level.diagonal == 90


def test_textures_of_drawings_are_alike(model: FaceModel, photos: list[FittedPhoto]) -> None:
    vertices = choose_vertices(model, 200)
    samples = [sample_texture(model, photo, vertices, CONFIG) for photo in photos]
    both = samples[0].seen[0] & samples[1].seen[0]
    away = np.linalg.norm(samples[0].values[0] - samples[1].values[0], axis=1)[both]
    shuffled = np.linalg.norm(samples[0].values[0][both] - samples[1].values[0][both][::-1], axis=1)
    assert np.median(away) < 0.6 * np.median(shuffled)


def test_landmarks_move_where_features_are_looked_up(model: FaceModel, photos: list[FittedPhoto]) -> None:
    vertices = choose_vertices(model, 200)
    photo = photos[0]
    moved = np.roll(photo.image, 5, axis=1)
    shift = np.tile(np.float32([5, 0]), (478, 1))
    plain = sample_texture(model, photo, vertices, CONFIG).values[0]
    shifted = FittedPhoto(moved, photo.identity, photo.expression, photo.camera, shift)
    follows = model.spread_weights[vertices].sum(1) > 0.99
    found = sample_texture(model, shifted, vertices, CONFIG).values[0]
    error = np.linalg.norm(found - plain, axis=1)[follows]
    wrong = FittedPhoto(moved, photo.identity, photo.expression, photo.camera)
    error_without = np.linalg.norm(sample_texture(model, wrong, vertices, CONFIG).values[0] - plain, axis=1)[follows]
    assert np.median(error) < 0.5 * np.median(error_without)


def test_what_was_hidden_is_completed_from_the_others(model: FaceModel) -> None:
    rng = np.random.default_rng(0)
    vertices = choose_vertices(model, 60)
    truth = rng.normal(size=(40, 2)) @ rng.normal(size=(2, 60 * 36)) * 0.1
    seen = rng.random((40, 60)) > 0.2
    wrong = np.where(np.repeat(seen, 36, axis=1), truth, 7.0).reshape(40, 60, 36)
    samples = [TextureSample((v.astype(np.float32),), (s,)) for v, s in zip(wrong, seen, strict=True)]
    (level,) = texture_from_samples(model, vertices, samples, CONFIG).levels
    np.testing.assert_allclose(level.mean, truth.mean(0).reshape(60, 36), atol=0.05)
    assert len(level.basis) == 2
    with pytest.raises(ValueError, match="1 photos"):
        texture_from_samples(model, vertices, samples[:1], CONFIG)
