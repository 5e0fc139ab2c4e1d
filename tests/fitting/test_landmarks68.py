"""68 points of a known face lead to that face, however it is turned."""

import numpy as np
import pytest
from known_face import SIZE, Known, known_face

from affectface.assets.example import example_photo
from affectface.errors import ExtremePoseError, FaceNotFoundError, FaceTooSmallError
from affectface.fitting.face_fit import interocular_distance
from affectface.fitting.landmarks68 import Fit68Config, _slid, face_from_points68, fit_landmarks68
from affectface.images import read_image
from affectface.landmarks import detect_faces, landmarks68
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.portrait import Portrait


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_named_face_model("embedded")


def points_of(model: FaceModel, known: Known, *, sliding: bool = True) -> np.ndarray:
    vertices = model.shape(known.identity, known.expression)
    index = _slid(model, vertices, known.camera) if sliding else model.landmarks68
    return known.camera.project(vertices[index])[:, :2]


def misses(model: FaceModel, known: Known, landmarks: np.ndarray) -> np.ndarray:
    away = np.linalg.norm(landmarks[:, :2] - known.landmarks[:, :2], axis=1)
    return away[model.landmark_triangles >= 0] / interocular_distance(known.landmarks)


@pytest.mark.parametrize("yaw", [0.0, 25.0, -45.0])
def test_all_landmarks_follow_from_68(model: FaceModel, yaw: float) -> None:
    known = known_face(model, 1, yaw)
    found = fit_landmarks68(model, points_of(model, known), SIZE)
    assert found.fit.error < 0.005
    off = misses(model, known, found.landmarks)
    assert np.median(off) < 0.004
    assert np.percentile(off, 95) < 0.02
    turn = found.fit.camera.rotation @ known.camera.rotation.T
    assert np.degrees(np.arccos((np.trace(turn) - 1) / 2)) < 3


def test_the_jaw_slides_on_a_turned_face(model: FaceModel) -> None:
    known = known_face(model, 2, 40.0)
    points = points_of(model, known)
    assert (np.linalg.norm(points - points_of(model, known, sliding=False), axis=1) > 2).sum() >= 3
    errors = [
        np.percentile(misses(model, known, fit_landmarks68(model, points, SIZE, config=config).landmarks), 95)
        for config in (Fit68Config(), Fit68Config(sliding_contour=False))
    ]
    assert errors[0] < 0.5 * errors[1]


def test_missing_points(model: FaceModel) -> None:
    known = known_face(model)
    points = points_of(model, known)
    points[:17] = np.nan
    assert np.median(misses(model, known, fit_landmarks68(model, points, SIZE).landmarks)) < 0.01
    points[17:50] = np.nan
    with pytest.raises(FaceNotFoundError, match="18 of 68 points"):
        fit_landmarks68(model, points, SIZE)


def test_what_is_no_face(model: FaceModel) -> None:
    points = points_of(model, known_face(model))
    with pytest.raises(FaceTooSmallError, match="px apart"):
        fit_landmarks68(model, points / 40, SIZE)
    with pytest.raises(FaceNotFoundError, match="on one spot"):
        fit_landmarks68(model, np.full((68, 2), 5.0), SIZE)
    with pytest.raises(ValueError, match="points has shape"):
        fit_landmarks68(model, points[:5], SIZE)
    with pytest.raises(ExtremePoseError, match="degrees away"):
        fit_landmarks68(model, points_of(model, known_face(model, 0, 80.0)), SIZE)


def test_a_portrait_from_68_points(model: FaceModel) -> None:
    image = read_image(example_photo())
    seen = detect_faces(image, max_faces=1)[0].landmarks
    face = face_from_points68(model, landmarks68(seen)[:, :2], (image.shape[0], image.shape[1]))
    off = np.linalg.norm(face.landmarks[:, :2] - seen[:, :2], axis=1) / interocular_distance(seen)
    assert np.median(off) < 0.04
    portrait = Portrait.open(image, face=face, face_model=model)
    assert portrait.fit.error < 0.02
