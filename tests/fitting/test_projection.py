"""Derivatives are those of finite differences."""

import numpy as np
import pytest

from affectface.camera import Camera
from affectface.fitting.projection import FaceState, place_points, projected, projection_jacobian, state_of

RNG = np.random.default_rng(0)
MEAN = RNG.normal(0, 4, (15, 3)).astype(np.float32)
SHAPES = RNG.normal(0, 0.4, (15, 3, 6)).astype(np.float32)


@pytest.fixture
def state() -> FaceState:
    camera = Camera(np.eye(3, dtype=np.float32), np.float32([1, -2, 50]), 900.0, (300.0, 200.0))
    start = state_of(camera, np.zeros(4, np.float32), np.zeros(2, np.float32))
    return start.moved(RNG.normal(0, 0.3, 13))


def pixels(state: FaceState) -> np.ndarray:
    """The projections (15, 2) in double precision."""
    turned = (MEAN.astype(float) + SHAPES @ state.coefficients) @ place_points(MEAN, SHAPES, state)[2].T
    points = turned * [1, -1, -1] + state.translation
    return state.focal * points[:, :2] / points[:, 2:] + state.centre


def test_the_projection_is_the_cameras(state: FaceState) -> None:
    points, _, _ = place_points(MEAN, SHAPES, state)
    vertices = (MEAN + SHAPES @ state.coefficients).astype(np.float32)
    found = projected(points, state.focal, state.centre)
    np.testing.assert_allclose(found, state.camera().project(vertices)[:, :2], atol=1e-2)


def test_the_jacobian_is_that_of_finite_differences(state: FaceState) -> None:
    points, turned, rotation = place_points(MEAN, SHAPES, state)
    jacobian = projection_jacobian(points, turned, rotation, state.focal, SHAPES)
    assert jacobian.shape == (15, 2, 13)
    for unknown in range(13):
        step = np.zeros(13)
        step[unknown] = 1e-5
        slope = (pixels(state.moved(step)) - pixels(state.moved(-step))) / 2e-5
        np.testing.assert_allclose(jacobian[..., unknown], slope, atol=2e-3 * max(1, np.abs(slope).max()))
    np.testing.assert_array_equal(projection_jacobian(points, turned, rotation, state.focal, None), jacobian[..., :7])
