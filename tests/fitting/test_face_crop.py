"""A crop's pixels are where its camera says."""

import numpy as np
import pytest

from affectface.assets import asset_path
from affectface.camera import Camera
from affectface.fitting.face_crop import crop_face, face_scale, hidden_points, vertex_visibility
from affectface.morphable import FaceModel, load_face_model
from affectface.morphable.portrait_drawing import portrait_camera
from affectface.morphable.texture.texture_model import choose_vertices


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_face_model(asset_path("embedded"))


@pytest.mark.parametrize("scale", [0.3, 0.8, 1.0, 1.7])
def test_a_mark_stays_under_the_point_that_projects_onto_it(scale: float) -> None:
    camera = Camera(np.eye(3, dtype=np.float32), np.float32([0, 0, 50]), 600.0, (300.0, 250.0))
    vertices = np.float32([[-5, 5, 0], [5, 5, 0], [0, -6, 0], [2, 1, 1]])
    points = camera.project(vertices)[:, :2]
    image = np.zeros((500, 600, 3), np.uint8)
    x, y = points[3]
    grid = np.stack(np.meshgrid(np.arange(600) + 0.5, np.arange(500) + 0.5), axis=-1)
    blob = np.exp(-((grid - [x, y]) ** 2).sum(-1) / (2 * 6**2))
    image[:] = np.rint(255 * blob)[..., None]
    crop = crop_face(image, points, scale)
    weights = crop.image[..., 0].astype(float)
    rows, columns = np.indices(weights.shape)
    centre = np.array([(weights * (columns + 0.5)).sum(), (weights * (rows + 0.5)).sum()]) / weights.sum()
    np.testing.assert_allclose(centre, crop.camera(camera).project(vertices[3:])[0, :2], atol=0.05)


def test_a_face_beyond_the_border_is_cut_there() -> None:
    image = np.random.default_rng(0).integers(0, 255, (80, 60, 3), dtype=np.uint8)
    crop = crop_face(image, np.float32([[-500, -300], [40, 400]]), 0.5)
    assert max(crop.image.shape) < 120
    far = crop_face(image, np.float32([[-900, -900], [-800, -800]]), 0.5)
    assert far.image.size > 0


def test_the_face_gets_the_asked_size(model: FaceModel) -> None:
    camera = portrait_camera(model, size=700)
    scaled = camera.scaled(face_scale(model, camera, 185.0))
    points = scaled.project(model.vertices[model.landmarks68])[:, :2]
    assert np.hypot(*np.ptp(points, axis=0)) == pytest.approx(185, rel=0.06)


def test_what_is_turned_away_is_not_seen(model: FaceModel) -> None:
    chosen = choose_vertices(model, 400)
    right = model.vertices[chosen, 0] < -4.5
    left = model.vertices[chosen, 0] > 4.5
    front, turned = (
        vertex_visibility(model, model.vertices, portrait_camera(model, yaw, size=300), chosen, (300, 300))
        for yaw in (0.0, 50.0)
    )
    assert front[np.abs(model.vertices[chosen, 0]) < 3].mean() > 0.7
    assert turned[right].mean() > 0.5  # a positive yaw shows the right side
    assert turned[left].mean() < 0.1
    away = portrait_camera(model, size=300).shifted(1000, 0)
    assert not vertex_visibility(model, model.vertices, away, chosen, (300, 300)).any()


def test_points_under_a_mask() -> None:
    mask = np.zeros((10, 20), bool)
    mask[3, 5] = True
    points = np.float32([[5.5, 3.5], [5.99, 3.01], [6.01, 3.5], [-1, 3.5], [25, 3.5]])
    np.testing.assert_array_equal(hidden_points(mask, points), [True, True, False, False, False])
