"""The fit of landmarks that a known face was projected to returns the face and its camera."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from affectface.assets import asset_path
from affectface.camera import Camera
from affectface.errors import ExtremePoseError, FaceTooSmallError
from affectface.fitting.dense_landmarks import LandmarkFit, LandmarkFitConfig, fit_landmarks
from affectface.fitting.face_fit import interocular_distance
from affectface.morphable import LANDMARKS, FaceModel, load_face_model

SIZE = (600, 600)
FREE = LandmarkFitConfig(landmark_noise=2e-4, expression_scale=50.0, frequent_scale=50.0, outlier=40.0, iterations=15)


@cache
def model() -> FaceModel:
    return load_face_model(asset_path("embedded"))


@dataclass(frozen=True)
class Known:
    """A face, its camera and its landmarks."""

    identity: np.ndarray
    expression: np.ndarray
    camera: Camera
    landmarks: np.ndarray


def at_landmarks(values: np.ndarray) -> np.ndarray:
    face = model()
    return np.einsum("lc,lcd->ld", face.landmark_weights, values[face.triangles[face.landmark_triangles]])


def known(seed: int = 0, yaw: float = 12.0, distance: float = 60.0) -> Known:
    face, rng = model(), np.random.default_rng(seed)
    identity = np.zeros(len(face.identity), np.float32)
    identity[:6] = rng.normal(0, 0.8, 6)
    expression = np.zeros(len(face.expression_names), np.float32)
    for name, strength in {"jawOpen": 0.4, "mouthSmile_L": 0.6, "mouthSmile_R": 0.5}.items():
        expression[face.expression_names.index(name)] = strength
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    rotation = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32)
    camera = Camera(rotation, np.array([1, 0, distance], np.float32), 1000.0, (SIZE[1] / 2, SIZE[0] / 2))
    vertices = face.shape(identity, expression)
    points = camera.project(at_landmarks(vertices).astype(np.float32))
    points[:, 2] = (points[:, 2] - points[:, 2].mean()) * camera.focal / points[:, 2].mean()
    points[face.landmark_triangles < 0] = 0
    return Known(identity, expression, camera, points.astype(np.float32))


def misplaced(truth: Known, fit: LandmarkFit) -> np.ndarray:
    """How far each placed landmark of the fit lies from the true one, in inter-ocular distances."""
    vertices = model().shape(fit.identity, fit.expression)
    points = fit.camera.project(at_landmarks(vertices).astype(np.float32))[:, :2]
    placed = model().landmark_triangles >= 0
    length = np.linalg.norm(points - truth.landmarks[:, :2], axis=1)[placed]
    return length / interocular_distance(truth.landmarks)


def angle(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(a @ b.T) - 1) / 2, -1, 1))))


@pytest.mark.parametrize(("seed", "yaw"), [(0, 12.0), (1, 0.0), (2, -35.0)])
def test_face_and_camera_are_found_again_where_priors_are_loose(seed: int, yaw: float) -> None:
    truth = known(seed, yaw)
    fit = fit_landmarks(model(), truth.landmarks, SIZE, focal=1000.0, config=FREE)
    assert np.median(misplaced(truth, fit)) < 5e-4
    assert angle(fit.camera.rotation, truth.camera.rotation) < 0.5
    np.testing.assert_allclose(fit.camera.translation, truth.camera.translation, atol=0.6)
    active = np.flatnonzero(truth.expression)
    np.testing.assert_allclose(fit.expression[active], truth.expression[active], atol=0.05)
    np.testing.assert_allclose(fit.identity[:6], truth.identity[:6], atol=0.15)


def test_with_the_usual_priors_the_landmarks_are_met() -> None:
    truth = known()
    fit = fit_landmarks(model(), truth.landmarks, SIZE, focal=1000.0)
    assert np.median(misplaced(truth, fit)) < 0.005
    assert fit.error == pytest.approx(np.median(misplaced(truth, fit)), rel=0.05)
    assert angle(fit.camera.rotation, truth.camera.rotation) < 2


def test_one_landmark_in_ten_may_be_wrong() -> None:
    truth = known()
    rng = np.random.default_rng(5)
    wrong = rng.choice(468, 47, replace=False)
    wrong = wrong[~np.isin(wrong, [33, 263])]
    landmarks = truth.landmarks.copy()
    landmarks[wrong, :2] += rng.normal(0, 0.3 * interocular_distance(landmarks), (len(wrong), 2))
    fit = fit_landmarks(model(), landmarks, SIZE, focal=1000.0)
    assert np.median(misplaced(truth, fit)) < 0.01
    assert angle(fit.camera.rotation, truth.camera.rotation) < 3


def test_a_kept_residual_is_bounded_and_zero_without_a_place() -> None:
    truth = known()
    landmarks = truth.landmarks.copy()
    landmarks[10, :2] += 200
    fit = fit_landmarks(model(), landmarks, SIZE, focal=1000.0)
    bound = LandmarkFitConfig().longest_residual * interocular_distance(landmarks)
    assert fit.residual.shape == (LANDMARKS, 2)
    assert np.linalg.norm(fit.residual, axis=1).max() <= bound * 1.001
    assert not fit.residual[model().landmark_triangles < 0].any()


def test_a_smaller_picture_is_the_same_face() -> None:
    truth = known()
    first = fit_landmarks(model(), truth.landmarks, SIZE, focal=1000.0)
    half = fit_landmarks(model(), truth.landmarks * 0.5, (SIZE[0] // 2, SIZE[1] // 2), focal=500.0)
    np.testing.assert_allclose(half.expression, first.expression, atol=5e-3)
    np.testing.assert_allclose(half.camera.translation, first.camera.translation, atol=0.1)


def test_the_same_twice_is_the_same_bytes() -> None:
    truth = known()
    first, second = (fit_landmarks(model(), truth.landmarks, SIZE) for _ in range(2))
    np.testing.assert_array_equal(first.expression, second.expression)
    np.testing.assert_array_equal(first.residual, second.residual)
    assert first.camera.focal == second.camera.focal


def test_a_face_too_small_is_refused() -> None:
    truth = known()
    with pytest.raises(FaceTooSmallError, match="px apart"):
        fit_landmarks(model(), truth.landmarks * (10 / interocular_distance(truth.landmarks)), SIZE)


def test_a_profile_is_refused() -> None:
    with pytest.raises(ExtremePoseError, match="degrees"):
        fit_landmarks(model(), known(yaw=80.0).landmarks, SIZE, focal=1000.0)


@pytest.mark.parametrize("bad", [np.zeros((68, 3), np.float32), np.full((LANDMARKS, 3), np.nan, np.float32)])
def test_wrong_landmarks_are_named(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="landmarks"):
        fit_landmarks(model(), bad, SIZE)
