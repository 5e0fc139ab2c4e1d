"""Faces and landmarks on the public portrait that scikit-image carries, changed in ways whose effect is known."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from skimage import data

from affectface.landmarks import Face, detect_faces, landmarks68, topology

GREY = (90, 90, 90)


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    """The astronaut Eileen Collins, by NASA: public domain."""
    return np.ascontiguousarray(data.astronaut())


@pytest.fixture(scope="module")
def head(portrait: np.ndarray) -> np.ndarray:
    """The portrait's head and shoulders, where the face is as large as in an ordinary portrait."""
    return np.ascontiguousarray(portrait[20:270, 100:350])


@pytest.fixture(scope="module")
def face(head: np.ndarray) -> Face:
    (found,) = detect_faces(head)
    return found


def eye_distance(landmarks: np.ndarray) -> float:
    """Return the distance between the irises, pixels."""
    return float(np.linalg.norm(landmarks[topology.LEFT_IRIS[0], :2] - landmarks[topology.RIGHT_IRIS[0], :2]))


def error(found: Face, expected: np.ndarray) -> float:
    """Return the mean distance from where the landmarks should be, over the distance between the eyes."""
    distances = np.linalg.norm(found.landmarks[:, :2] - expected[:, :2], axis=1)
    return float(distances.mean()) / eye_distance(expected)


def moved(image: np.ndarray, landmarks: np.ndarray, degrees: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return an image turned and resized on a grey canvas, and its landmarks."""
    height, width = image.shape[:2]
    side = int(np.hypot(height, width) * scale) + 1
    angle = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = np.full(2, side / 2) - turn @ (width / 2, height / 2)
    by_centres = np.column_stack([turn, shift + turn.sum(axis=1) / 2 - 0.5])  # OpenCV counts from pixel centres
    canvas = cv2.warpAffine(image, by_centres, (side, side), flags=cv2.INTER_LINEAR, borderValue=GREY)
    return canvas, landmarks[:, :2] @ turn.T + shift


def test_one_face_with_its_parts_in_place(portrait: np.ndarray) -> None:
    (found,) = detect_faces(portrait)
    assert found.landmarks.shape == (478, 3)
    assert found.landmarks.dtype == np.float32
    assert not found.landmarks.flags.writeable
    assert found.score > 0.9
    np.testing.assert_allclose(found.box[:2], found.landmarks[:, :2].min(axis=0))
    np.testing.assert_allclose(found.box[2:], found.landmarks[:, :2].max(axis=0))
    points = found.landmarks
    # The person's right is on the viewer's left; the nose is nearest to the camera; the chin lies lowest.
    assert points[topology.RIGHT_IRIS[0], 0] < points[topology.NOSE_TIP, 0] < points[topology.LEFT_IRIS[0], 0]
    assert points[topology.NOSE_TIP, 2] < points[list(topology.FACE_OVAL), 2].min()
    assert points[topology.CHIN, 1] > points[topology.NOSE_TIP, 1] > points[topology.RIGHT_IRIS[0], 1]
    brow, eye, lip = (
        points[list(group), 1].mean()
        for group in (topology.RIGHT_EYEBROW_UPPER, topology.RIGHT_EYE_UPPER, topology.LIPS_OUTER_LOWER)
    )
    assert brow < eye < lip
    np.testing.assert_allclose(landmarks68(points)[[36, 45, 8]], points[[33, 263, topology.CHIN]])


def test_same_image_gives_the_same_numbers(head: np.ndarray, face: Face) -> None:
    (again,) = detect_faces(head)
    np.testing.assert_array_equal(again.landmarks, face.landmarks)


def test_image_is_left_alone(head: np.ndarray) -> None:
    copy = head.copy()
    copy.flags.writeable = False
    detect_faces(copy)
    np.testing.assert_array_equal(copy, head)


def test_view_of_another_array_is_taken(head: np.ndarray, face: Face) -> None:
    (found,) = detect_faces(head[..., ::-1].copy()[..., ::-1])
    np.testing.assert_array_equal(found.landmarks, face.landmarks)


@pytest.mark.parametrize("degrees", range(0, 360, 30))
def test_any_roll(head: np.ndarray, face: Face, degrees: int) -> None:
    turned, expected = moved(head, face.landmarks, degrees, 1.0)
    (found,) = detect_faces(turned)
    assert error(found, expected) < 0.045


@pytest.mark.parametrize(("width", "tolerance"), [(40, 0.05), (60, 0.04), (200, 0.03), (1000, 0.03), (4000, 0.03)])
def test_any_size(head: np.ndarray, face: Face, width: int, tolerance: float) -> None:
    scale = width / (face.box[2] - face.box[0])
    resized, expected = moved(head, face.landmarks, 0, scale)
    (found,) = detect_faces(resized)
    assert error(found, expected) < tolerance


def test_small_face_in_a_large_photo(head: np.ndarray, face: Face) -> None:
    scale = 45 / (face.box[2] - face.box[0])
    small, expected = moved(head, face.landmarks, 0, scale)
    photo = np.full((2400, 3200, 3), GREY, dtype=np.uint8)
    photo[1500 : 1500 + len(small), 2100 : 2100 + len(small)] = small
    (found,) = detect_faces(photo)
    assert error(found, expected + np.array([2100, 1500])) < 0.06


def test_mirror_image(head: np.ndarray, face: Face) -> None:
    (found,) = detect_faces(np.ascontiguousarray(head[:, ::-1]))
    iris = face.landmarks[[topology.LEFT_IRIS[0], topology.RIGHT_IRIS[0]], :2] * (-1, 1) + (head.shape[1], 0)
    there = found.landmarks[[topology.RIGHT_IRIS[0], topology.LEFT_IRIS[0]], :2]
    assert np.linalg.norm(there - iris, axis=1).max() < 0.05 * eye_distance(face.landmarks)


@pytest.mark.parametrize(("dx", "dy"), [(31, 0), (0, 17), (50, 90)])
def test_shifted_image(head: np.ndarray, face: Face, dx: int, dy: int) -> None:
    canvas = np.full((head.shape[0] + 100, head.shape[1] + 100, 3), GREY, dtype=np.uint8)
    canvas[dy : dy + head.shape[0], dx : dx + head.shape[1]] = head
    (found,) = detect_faces(canvas)
    assert error(found, face.landmarks[:, :2] + (dx, dy)) < 0.03


def test_several_faces_largest_first(head: np.ndarray, face: Face) -> None:
    canvas = np.full((700, 1000, 3), GREY, dtype=np.uint8)
    expected = []
    for (x, y), (degrees, scale) in {(0, 0): (0, 1.0), (480, 20): (25, 1.4), (60, 420): (-15, 0.6)}.items():
        part, points = moved(head, face.landmarks, degrees, scale)
        part = part[: 700 - y, : 1000 - x]
        canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
        expected.append(points + np.array([x, y]))
    found = detect_faces(canvas)
    assert len(found) == 3
    for one, points in zip(found, [expected[1], expected[0], expected[2]], strict=True):
        assert error(one, points) < 0.04
    assert len(detect_faces(canvas, max_faces=1)) == 1
    np.testing.assert_array_equal(detect_faces(canvas, max_faces=1)[0].landmarks, found[0].landmarks)


def test_face_that_overflows_the_image(head: np.ndarray, face: Face) -> None:
    x0, y0, x1, y1 = (round(v) for v in face.box)
    tight = np.ascontiguousarray(head[y0 + 5 : y1 - 5, x0 + 5 : x1 - 5])
    (found,) = detect_faces(tight)
    assert error(found, face.landmarks[:, :2] - (x0 + 5, y0 + 5)) < 0.08


def test_grey_image(head: np.ndarray, face: Face) -> None:
    grey = np.repeat(cv2.cvtColor(head, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    (found,) = detect_faces(grey)
    assert error(found, face.landmarks) < 0.05


@pytest.mark.parametrize("draw", [data.brick, data.coins, data.moon, data.page, data.chelsea, data.coffee, data.rocket])
def test_no_face(draw: Callable[[], np.ndarray]) -> None:
    image = draw()
    assert detect_faces(np.ascontiguousarray(np.dstack([image] * 3) if image.ndim == 2 else image)) == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (3, 2), (700, 20)])
def test_odd_shapes_have_no_face(shape: tuple[int, int]) -> None:
    assert detect_faces(np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)) == ()


def test_high_demands_leave_faces_out(head: np.ndarray) -> None:
    assert detect_faces(head, min_score=1.0) == ()


def test_wrong_arguments_are_refused(head: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"image is float64 of shape"):
        detect_faces(head / 255.0)
    with pytest.raises(ValueError, match=r"max_faces is 0"):
        detect_faces(head, max_faces=0)
    with pytest.raises(ValueError, match=r"min_score is 2"):
        detect_faces(head, min_score=2)
