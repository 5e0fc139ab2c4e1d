"""Landmarks of a known face come back as that face."""

import numpy as np
import pytest
from known_face import FOCAL, SIZE, Known, known_face

from affectface.camera import Camera
from affectface.fitting.dense_landmarks import LandmarkFit, LandmarkFitConfig, fit_landmarks
from affectface.fitting.face_fit import interocular_distance
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model

PRECISE = LandmarkFitConfig(landmark_noise=0.001, identity_components=10, iterations=15)


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_named_face_model("embedded")


@pytest.fixture(scope="module")
def known(model: FaceModel) -> Known:
    return known_face(model)


def misses(model: FaceModel, fit: LandmarkFit, landmarks: np.ndarray) -> np.ndarray:
    """Return how far the fitted landmarks are from where they should be, in inter-ocular distances."""
    vertices = model.shape(fit.identity, fit.expression)
    places = np.einsum("lc,lcd->ld", model.landmark_weights, vertices[model.triangles[model.landmark_triangles]])
    away = np.linalg.norm(fit.camera.project(places.astype(np.float32))[:, :2] - landmarks[:, :2], axis=1)
    return away[model.landmark_triangles >= 0] / interocular_distance(landmarks)


@pytest.mark.parametrize(("seed", "yaw"), [(0, 15.0), (1, 0.0), (2, -35.0)])
def test_a_known_face_comes_back(model: FaceModel, seed: int, yaw: float) -> None:
    known = known_face(model, seed, yaw)
    fit = fit_landmarks(model, known.landmarks, SIZE, focal=FOCAL, config=PRECISE)
    assert misses(model, fit, known.landmarks).max() < 0.002
    assert fit.error < 0.002
    assert fit.camera.focal == pytest.approx(FOCAL, rel=1e-3)
    np.testing.assert_allclose(fit.identity, known.identity, atol=0.15)
    np.testing.assert_allclose(fit.expression, known.expression, atol=0.12)
    np.testing.assert_allclose(fit.camera.rotation, known.camera.rotation, atol=0.01)
    np.testing.assert_allclose(fit.camera.translation, known.camera.translation, rtol=0.02, atol=0.1)


def test_a_focal_length_that_is_not_given_is_found(model: FaceModel, known: Known) -> None:
    fit = fit_landmarks(model, known.landmarks, SIZE, config=PRECISE)
    assert misses(model, fit, known.landmarks).max() < 0.002
    assert fit.camera.focal == pytest.approx(FOCAL, rel=0.1)


def test_the_usual_config_stays_close(model: FaceModel, known: Known) -> None:
    fit = fit_landmarks(model, known.landmarks, SIZE)
    assert np.median(misses(model, fit, known.landmarks)) < 0.01
    assert fit.identity.shape == (LandmarkFitConfig().identity_components,)
    assert fit.expression.shape == (len(model.expression_names),)


def test_gross_outliers_do_not_matter(model: FaceModel, known: Known) -> None:
    rng = np.random.default_rng(5)
    wrong = rng.choice(np.setdiff1d(np.arange(468), [33, 263]), 48, replace=False)
    spoilt = known.landmarks.copy()
    spoilt[wrong, :2] += rng.choice([-1, 1], (48, 2)) * rng.uniform(60, 150, (48, 2)).astype(np.float32)
    fit = fit_landmarks(model, spoilt, SIZE, focal=FOCAL, config=PRECISE)
    assert misses(model, fit, known.landmarks).max() < 0.01
    np.testing.assert_allclose(fit.expression, known.expression, atol=0.15)
    bound = PRECISE.longest_residual * interocular_distance(spoilt)
    assert np.linalg.norm(fit.residual, axis=1).max() <= bound * 1.001


def test_the_residual_is_what_the_model_does_not_explain(model: FaceModel, known: Known) -> None:
    fit = fit_landmarks(model, known.landmarks, SIZE)
    length = np.linalg.norm(fit.residual, axis=1)
    placed = model.landmark_triangles >= 0
    np.testing.assert_allclose(
        length[placed] / interocular_distance(known.landmarks), misses(model, fit, known.landmarks), atol=1e-4
    )
    assert not length[~placed].any()


def test_a_mirrored_face_has_its_left_and_right_exchanged(model: FaceModel, known: Known) -> None:
    places = np.einsum("lc,lcd->ld", model.landmark_weights, model.vertices[model.triangles[model.landmark_triangles]])
    partner = np.linalg.norm(places[:, None] * (-1, 1, 1) - places, axis=2).argmin(1)
    assert partner[33] == 263
    mirrored = (known.landmarks * (-1, 1, 1) + (SIZE[1], 0, 0))[partner].astype(np.float32)
    straight, other = (fit_landmarks(model, landmarks, SIZE, focal=FOCAL) for landmarks in (known.landmarks, mirrored))
    names = model.expression_names
    sides = {"L": "R", "R": "L"}
    swapped = [names.index(n[:-1] + sides[n[-1]] if n[-2:] in ("_L", "_R") else n) for n in names]
    upright = [i for i, name in enumerate(names) if not name.endswith(("Left", "Right"))]
    np.testing.assert_allclose(other.expression[swapped][upright], straight.expression[upright], atol=0.15)
    mirror = np.diag(np.float32([-1, 1, 1]))
    np.testing.assert_allclose(mirror @ other.camera.rotation @ mirror, straight.camera.rotation, atol=0.02)


def test_a_face_turned_the_other_way(model: FaceModel) -> None:
    left, right = (known_face(model, yaw=yaw) for yaw in (20.0, -20.0))
    found = [fit_landmarks(model, face.landmarks, SIZE, focal=FOCAL, config=PRECISE) for face in (left, right)]
    np.testing.assert_allclose(found[0].expression, found[1].expression, atol=0.1)
    mirror = np.diag(np.float32([-1, 1, 1]))
    np.testing.assert_allclose(mirror @ found[0].camera.rotation @ mirror, found[1].camera.rotation, atol=0.01)


@pytest.mark.parametrize("config", [None, PRECISE], ids=["usual", "precise"])
def test_a_doubled_image_doubles_focal_and_residual(
    model: FaceModel, known: Known, config: LandmarkFitConfig | None
) -> None:
    once = fit_landmarks(model, known.landmarks, SIZE, config=config)
    twice = fit_landmarks(model, 2 * known.landmarks, (2 * SIZE[0], 2 * SIZE[1]), config=config)
    assert twice.camera.focal == pytest.approx(2 * once.camera.focal, rel=5e-3)
    np.testing.assert_allclose(twice.residual, 2 * once.residual, atol=0.1)
    np.testing.assert_allclose(twice.identity, once.identity, atol=0.03)
    np.testing.assert_allclose(twice.expression, once.expression, atol=0.01)
    assert twice.error == pytest.approx(once.error, abs=1e-4)


def test_the_same_twice_is_the_same_bytes(model: FaceModel, known: Known) -> None:
    known.landmarks.flags.writeable = False
    once, again = (fit_landmarks(model, known.landmarks, SIZE) for _ in range(2))
    for name in ("identity", "expression", "residual"):
        np.testing.assert_array_equal(getattr(once, name), getattr(again, name))
    assert once.camera.focal == again.camera.focal
    np.testing.assert_array_equal(once.camera.rotation, again.camera.rotation)


@pytest.mark.parametrize("shape", [(468, 3), (478, 2), (478,), (1, 478, 3)])
def test_landmarks_of_another_shape_are_refused(model: FaceModel, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"landmarks has shape .*; \(478, 3\) is needed"):
        fit_landmarks(model, np.zeros(shape, np.float32), SIZE)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_landmarks_that_are_not_numbers_are_refused(model: FaceModel, known: Known, value: float) -> None:
    spoilt = known.landmarks.copy()
    spoilt[7, 1] = value
    with pytest.raises(ValueError, match="landmarks has NaN or infinite entries"):
        fit_landmarks(model, spoilt, SIZE)


def test_a_known_person_needs_only_camera_and_expression() -> None:
    model = load_named_face_model("embedded")
    rng = np.random.default_rng(3)
    identity = rng.normal(0, 0.7, 60).astype(np.float32)
    asked = model.expression_vector({"mouthSmile_L": 0.6, "mouthSmile_R": 0.6, "browDown_L": 0.8, "browDown_R": 0.8})
    camera = Camera(np.eye(3, dtype=np.float32), np.float32([0, 0, 90]), 900.0, (320.0, 320.0))
    landmarks = camera.project(model.at_landmarks(model.shape(identity, asked)))
    free = fit_landmarks(model, landmarks, (640, 640), focal=900.0)
    known = fit_landmarks(model, landmarks, (640, 640), focal=900.0, identity=identity)
    np.testing.assert_array_equal(known.identity, identity)
    assert np.abs(known.expression - asked).max() < np.abs(free.expression - asked).max()
    placed = model.landmark_triangles >= 0
    found = camera.project(model.at_landmarks(model.shape(identity, known.expression)))
    assert np.abs(found - landmarks)[placed, :2].max() < 0.03 * np.linalg.norm(landmarks[33] - landmarks[263])
