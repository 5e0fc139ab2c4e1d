"""The texture model as a value and as a file."""

from pathlib import Path

import numpy as np
import pytest

from affectface.errors import ModelFileError, TopologyMismatchError
from affectface.morphable import FaceModel
from affectface.morphable.library import fingerprint
from affectface.morphable.texture.texture_model import (
    TextureModel,
    choose_vertices,
    load_texture_model,
    save_texture_model,
    texture_level,
)


def made(model: FaceModel, seed: int = 0) -> TextureModel:
    vertices = choose_vertices(model, 12)
    rng = np.random.default_rng(seed)
    levels = tuple(texture_level(rng.normal(size=(6, len(vertices), 36)), size, variance=1.0) for size in (90, 185))
    return TextureModel(fingerprint(model), "sift", vertices, levels)


def test_pca_explains_its_samples() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(9, 5, 4)) + 3
    level = texture_level(samples, 100, variance=1.0)
    flat = level.basis.reshape(len(level.basis), -1)
    np.testing.assert_allclose(flat @ flat.T, np.eye(len(flat)), atol=1e-5)
    away = (samples - level.mean).reshape(9, -1)
    np.testing.assert_allclose((away @ flat.T) @ flat, away, atol=1e-4)
    np.testing.assert_allclose((away @ flat.T).var(0, ddof=1), level.eigenvalues, rtol=1e-4)
    assert (np.diff(level.eigenvalues) <= 1e-6).all()


def test_chosen_vertices_are_spread_over_the_face(embedded: FaceModel) -> None:
    chosen = choose_vertices(embedded, 300)
    assert len(np.unique(chosen)) == 300
    np.testing.assert_array_equal(chosen, choose_vertices(embedded, 300))
    skin = np.unique(embedded.triangles[embedded.region("face")])
    assert np.isin(chosen, skin).all()
    gaps = np.linalg.norm(embedded.vertices[chosen][:, None] - embedded.vertices[chosen][None], axis=2)
    gaps[np.diag_indices(300)] = np.inf
    assert gaps.min(1).min() > 0.4
    every = choose_vertices(embedded, 10**6)
    assert 0.5 * len(skin) < len(every) < len(skin)
    assert embedded.spread_weights[every].sum(1).min() > 0.7


def test_the_file_gives_the_model_back(tiny_face_model: FaceModel, tmp_path: Path) -> None:
    texture = made(tiny_face_model)
    save_texture_model(texture, tmp_path / "texture.npz")
    found = load_texture_model(tmp_path / "texture.npz")
    found.check_face_model(tiny_face_model)
    assert found.features == "sift"
    np.testing.assert_array_equal(found.vertices, texture.vertices)
    for one, other in zip(found.levels, texture.levels, strict=True):
        assert one.diagonal == other.diagonal
        np.testing.assert_array_equal(one.mean, other.mean)
        np.testing.assert_allclose(one.basis, other.basis, atol=1e-3)


def test_another_face_model_is_refused(tiny_face_model: FaceModel, embedded: FaceModel) -> None:
    with pytest.raises(TopologyMismatchError, match="learned for another face model than 'embedded'"):
        made(tiny_face_model).check_face_model(embedded)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vertices", np.array([-1])),
        ("vertices", np.array([2**40])),
        ("features", np.array("surf")),
        ("diagonals", np.array([np.nan, 1.0])),
        ("mean_0", np.zeros((3, 36))),
        ("mean_0", np.array(["text"])),
        ("basis_1", np.full((5, 12, 36), np.inf)),
        ("eigenvalues_0", np.zeros(5)),
        ("face_model", np.array([{}], dtype=object)),
    ],
)
def test_a_hostile_file_is_refused(tiny_face_model: FaceModel, tmp_path: Path, name: str, value: np.ndarray) -> None:
    save_texture_model(made(tiny_face_model), tmp_path / "texture.npz")
    with np.load(tmp_path / "texture.npz") as archive:
        arrays = dict(archive)
    np.savez(tmp_path / "bad.npz", **(arrays | {name: value}))
    with pytest.raises(ModelFileError):
        load_texture_model(tmp_path / "bad.npz")


def test_vertices_beyond_the_face_model_are_refused(tiny_face_model: FaceModel) -> None:
    texture = made(tiny_face_model)
    beyond = TextureModel(texture.face_model, "sift", texture.vertices + 1000, texture.levels)
    with pytest.raises(ModelFileError, match="names vertices"):
        beyond.check_face_model(tiny_face_model)


def test_one_texture_is_no_statistics() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        texture_level(np.zeros((1, 3, 4)), 100)
    with pytest.raises(ValueError, match="all the same"):
        texture_level(np.ones((3, 3, 4)), 100)
