"""Where points of the model land in an image."""

import numpy as np
import pytest

from affectface.camera import MODEL_TO_CAMERA, Camera, quaternion_of, rotation_of, turned_quaternion


def turn(degrees: float) -> np.ndarray:
    """Return the rotation about the model's y axis."""
    a = np.radians(degrees)
    return np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]], dtype=np.float32)


@pytest.fixture
def straight() -> Camera:
    return Camera(np.eye(3, dtype=np.float32), np.array([0, 0, 50], dtype=np.float32), 1000.0, (320.0, 240.0))


@pytest.fixture
def askew() -> Camera:
    return Camera(turn(25), np.array([1.5, -2.0, 60.0], dtype=np.float32), 900.0, (300.0, 260.0))


@pytest.fixture
def vertices() -> np.ndarray:
    return np.random.default_rng(0).uniform(-9, 9, (50, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("vertex", "pixel"),
    [
        ((0, 0, 0), (320, 240, 50)),
        ((5, 0, 0), (420, 240, 50)),  # the person's left is on the right of the photo
        ((0, 5, 0), (320, 140, 50)),  # up in the model is up in the photo, where y counts down
        ((0, 0, 10), (320, 240, 40)),  # out of the face is towards the camera
        ((4, -4, 10), (420, 340, 40)),
    ],
)
def test_known_answers(straight: Camera, vertex: tuple[float, float, float], pixel: tuple[float, float, float]) -> None:
    found = straight.project(np.array([vertex], dtype=np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [pixel], atol=1e-3)


def test_a_head_turned_to_its_left_shows_its_nose_on_the_right(straight: Camera) -> None:
    nose = np.array([[0, 0, 10]], dtype=np.float32)
    turned = Camera(turn(30), straight.translation, straight.focal, straight.centre)
    assert turned.project(nose)[0, 0] > straight.project(nose)[0, 0]


def test_shifted_is_the_camera_of_the_crop(askew: Camera, vertices: np.ndarray) -> None:
    moved = askew.shifted(12.5, -7.0).project(vertices)
    np.testing.assert_allclose(moved, askew.project(vertices) - (12.5, -7.0, 0), atol=1e-3)


def test_scaled_is_the_camera_of_the_resized_image(askew: Camera, vertices: np.ndarray) -> None:
    larger = askew.scaled(2.5).project(vertices)
    np.testing.assert_allclose(larger, askew.project(vertices) * (2.5, 2.5, 1), rtol=1e-5)


def test_shifted_and_scaled_undo_themselves(askew: Camera) -> None:
    again = askew.shifted(31.0, 4.0).scaled(4.0).scaled(0.25).shifted(-31.0, -4.0)
    assert again.focal == askew.focal
    assert again.centre == askew.centre
    assert again.rotation is askew.rotation
    assert again.translation is askew.translation


def test_nothing_moves_by_a_shift_of_zero_and_a_scale_of_one(askew: Camera, vertices: np.ndarray) -> None:
    np.testing.assert_array_equal(askew.shifted(0, 0).scaled(1).project(vertices), askew.project(vertices))


def test_axes_come_back(askew: Camera, vertices: np.ndarray) -> None:
    back = (askew.to_camera(vertices) - askew.translation) @ MODEL_TO_CAMERA @ askew.rotation
    np.testing.assert_allclose(back, vertices, atol=1e-4)
    np.testing.assert_array_equal(MODEL_TO_CAMERA @ MODEL_TO_CAMERA, np.eye(3))
    assert np.linalg.det(MODEL_TO_CAMERA) == pytest.approx(1)  # a turn, not a mirror: triangles keep their sense


def test_pixels_and_depth_say_where_the_vertex_was(askew: Camera, vertices: np.ndarray) -> None:
    x, y, depth = askew.project(vertices).T.astype(np.float64)
    points = np.stack([(x - askew.centre[0]) / askew.focal, (y - askew.centre[1]) / askew.focal, np.ones_like(x)], 1)
    np.testing.assert_allclose(points * depth[:, None], askew.to_camera(vertices), atol=1e-3)


def test_the_direction_to_the_camera_is_the_turn_without_the_place(askew: Camera, vertices: np.ndarray) -> None:
    turned = vertices @ askew.direction_to_camera().T
    np.testing.assert_allclose(turned, askew.to_camera(vertices) - askew.translation, atol=1e-4)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 0.3, 2.0, np.pi - 1e-6, np.pi])
def test_a_quaternion_is_the_same_rotation(angle: float) -> None:
    axis = np.array([0.6, -0.48, 0.64])
    quaternion = turned_quaternion(np.array([1.0, 0, 0, 0]), angle * axis)
    rotation = rotation_of(quaternion)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(rotation @ axis, axis, atol=1e-12)
    assert np.trace(rotation) == pytest.approx(1 + 2 * np.cos(angle))
    np.testing.assert_allclose(rotation_of(quaternion_of(rotation)), rotation, atol=1e-12)


def test_a_step_turns_from_the_left() -> None:
    first = turned_quaternion(np.array([1.0, 0, 0, 0]), np.array([0.2, 0.5, -0.1]))
    step = np.array([-0.3, 0.1, 0.4])
    alone = rotation_of(turned_quaternion(np.array([1.0, 0, 0, 0]), step))
    np.testing.assert_allclose(rotation_of(turned_quaternion(first, step)), alone @ rotation_of(first), atol=1e-12)
