"""Many pictures of one person say who it is, better than each alone."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_faces import draw_face, known_landmarks

from affectface.assets import asset_path
from affectface.camera import Camera
from affectface.fitting import sequences
from affectface.fitting.dense_landmarks import LandmarkFitConfig, fit_landmarks
from affectface.fitting.photometric_config import PhotometricConfig
from affectface.fitting.sequences import Picture, SequenceConfig, fit_same_person, fit_sequence
from affectface.fitting.texture_learning import TextureConfig, learn_texture
from affectface.morphable import FaceModel, load_face_model

SIZE = (480, 640)
IDENTITY = np.clip(np.random.default_rng(5).normal(size=12), -1.8, 1.8).astype(np.float32)
NOISE = 1.2


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_face_model(asset_path("embedded"))


def film(model: FaceModel, frames: int, focal: float = 700.0) -> tuple[list[Picture], list[Camera], np.ndarray]:
    """A head that turns and opens its mouth, seen with noise; pictures, cameras and strengths of jawOpen."""
    rng = np.random.default_rng(0)
    pictures, cameras = [], []
    time = np.linspace(0, 1, frames)
    opening = 0.5 * np.sin(np.pi * time) ** 2
    for t, jaw in zip(time, opening, strict=True):
        a = np.radians(25 * np.sin(2 * np.pi * t))
        turn = np.float32([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        camera = Camera(turn, np.float32([2 * t, 1, 40]), focal, (SIZE[1] / 2, SIZE[0] / 2))
        vertices = model.shape(IDENTITY, model.expression_vector({"jawOpen": jaw}))
        landmarks = known_landmarks(model, vertices, camera)
        landmarks += rng.normal(0, NOISE, landmarks.shape)
        pictures.append(Picture(landmarks.astype(np.float32), SIZE))
        cameras.append(camera)
    return pictures, cameras, opening


def identity_error(model: FaceModel, identity: np.ndarray) -> float:
    skin = np.unique(model.triangles[model.region("face")])
    return float(np.linalg.norm((model.shape(identity) - model.shape(IDENTITY))[skin], axis=1).mean())


def test_a_film_has_one_identity_and_one_focal_length(model: FaceModel) -> None:
    pictures, cameras, opening = film(model, 16)
    fits = fit_sequence(model, pictures)
    alone = [fit_landmarks(model, picture.landmarks, SIZE) for picture in pictures]
    assert len(fits) == 16
    for fit in fits:
        np.testing.assert_array_equal(fit.identity, fits[0].identity)
        assert fit.camera.focal == pytest.approx(fits[0].camera.focal)
        assert fit.method == "landmarks"
        assert fit.residual.shape == (478, 2)
    together = identity_error(model, fits[0].identity)
    assert together < 0.9 * np.mean([identity_error(model, fit.identity) for fit in alone])
    jaw = [model.expression_names.index("jawOpen")]
    found = np.array([fit.expression[jaw].sum() for fit in fits])
    assert np.corrcoef(found, opening)[0, 1] > 0.95
    turns = [fit.camera.rotation[0, 2] for fit in fits]
    np.testing.assert_allclose(turns, [camera.rotation[0, 2] for camera in cameras], atol=0.05)


def test_smoothness_calms_what_noise_shakes(model: FaceModel) -> None:
    pictures, _, _ = film(model, 12)
    loose = SequenceConfig(turn_deviation=10, move_deviation=1e3, expression_deviation=10)
    shaken, calm = (fit_sequence(model, pictures, config=config) for config in (loose, None))

    def jitter(fits) -> float:
        units = np.array([fit.expression for fit in fits])
        return float(np.abs(np.diff(units, 2, axis=0)).mean())

    assert jitter(calm) < 0.7 * jitter(shaken)


def test_photos_have_their_own_cameras(model: FaceModel) -> None:
    pictures = [film(model, 3, focal)[0][i] for i, focal in enumerate((500.0, 700.0, 1000.0))]
    fits = fit_same_person(model, pictures)
    focals = [fit.camera.focal for fit in fits]
    assert len({round(focal) for focal in focals}) == 3
    for fit in fits[1:]:
        np.testing.assert_array_equal(fit.identity, fits[0].identity)
    one = fit_same_person(model, pictures[:1], config=SequenceConfig(landmarks=LandmarkFitConfig(iterations=12)))[0]
    alone = fit_landmarks(model, pictures[0].landmarks, SIZE, config=LandmarkFitConfig(iterations=20))
    np.testing.assert_allclose(one.identity, alone.identity, atol=0.05)


def test_the_work_is_linear_in_frames(model: FaceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    equations = sequences.landmark_equations
    monkeypatch.setattr(sequences, "landmark_equations", lambda *a, **k: counted.append(1) or equations(*a, **k))
    pictures, _, _ = film(model, 12)
    config = SequenceConfig(iterations=2)
    for frames in (3, 12):
        counted.clear()
        fit_sequence(model, pictures[:frames], config=config)
        assert len(counted) == 2 * frames


def test_features_can_join(model: FaceModel) -> None:
    drawn = [draw_face(model, seed, noise=1.0) for seed in (0, 1, 2)]
    texture = learn_texture(model, [face.photo for face in drawn], config=TextureConfig(vertices=150, diagonals=(90,)))
    pictures = [Picture(face.landmarks, face.photo.image.shape[:2], face.photo.image) for face in drawn]
    config = SequenceConfig(iterations=2)
    for fit_together in (fit_same_person, fit_sequence):
        fits = fit_together(model, pictures, texture=texture, config=config)
        assert {fit.method for fit in fits} == {"photometric"}
        assert all(fit.error < 0.05 for fit in fits)
        assert np.ptp([fit.lighting[0, 0] for fit in fits]) > 0
    with pytest.raises(ValueError, match="has no image"):
        fit_same_person(model, [replace(pictures[0], image=None)], texture=texture)


def test_landmarks_stay_where_features_make_them_worse(model: FaceModel) -> None:
    drawn = [draw_face(model, seed) for seed in (0, 1)]
    texture = learn_texture(model, [face.photo for face in drawn], config=TextureConfig(vertices=100, diagonals=(60,)))
    pictures = [Picture(face.landmarks, face.photo.image.shape[:2], face.photo.image) for face in drawn]
    config = SequenceConfig(iterations=2, photometric=PhotometricConfig(most_landmark_error=-1))
    fits = fit_same_person(model, pictures, texture=texture, config=config)
    assert {fit.method for fit in fits} == {"landmarks"}
    assert all("the landmarks' error grew" in fit.reason for fit in fits)
    plain = fit_same_person(model, pictures, config=config)
    np.testing.assert_array_equal(fits[0].identity, plain[0].identity)


def test_what_makes_no_sense_is_refused(model: FaceModel) -> None:
    with pytest.raises(ValueError, match="at least one"):
        fit_sequence(model, [])
    with pytest.raises(ValueError, match="landmarks has shape"):
        Picture(np.zeros((68, 2)), SIZE)
    with pytest.raises(ValueError, match="must agree"):
        Picture(np.zeros((478, 3)), SIZE, np.zeros((4, 4, 3), np.uint8))
