"""Looking at a mesh: what is seen where, what is nearest, what is a mirror image of what."""

import numpy as np
import pytest

from affectface.errors import ModelFileError
from affectface.morphable import FaceModel
from affectface.morphable.embedding import embed_landmarks
from affectface.morphable.portrait_drawing import draw_mean_face, portrait_camera
from affectface.morphable.spread import landmark_spread
from affectface.morphable.visibility import look_up, nearest_on_surface, triangle_buffer

SQUARE = np.array([[0, 0, 5], [10, 0, 5], [10, 10, 5], [0, 10, 5]], dtype=np.float32)


def test_the_nearer_triangle_is_seen() -> None:
    vertices = np.concatenate([SQUARE, SQUARE * (1, 1, 0.5)])
    triangles = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6]], dtype=np.int32)
    seen, weights = triangle_buffer(vertices, triangles, (12, 12))
    assert (seen[2, 8], seen[8, 2], seen[11, 11]) == (2, 1, -1)
    hit = seen >= 0
    assert hit.sum() == 100
    reached = (weights[..., None] * vertices[triangles[seen]]).sum(2)
    x, y = np.meshgrid(np.arange(12) + 0.5, np.arange(12) + 0.5)
    np.testing.assert_allclose(reached[hit][:, :2], np.stack([x, y], -1)[hit], atol=1e-4)


def test_look_up_agrees_with_the_buffer(embedded: FaceModel) -> None:
    pixels = portrait_camera(embedded, size=128).project(embedded.vertices)
    seen, _ = triangle_buffer(pixels, embedded.triangles, (128, 128))
    rows = np.arange(5, 128, 9)
    points = np.stack(np.meshgrid(rows + 0.5, rows + 0.5), -1).reshape(-1, 2).astype(np.float32)
    found, _ = look_up(pixels, embedded.triangles, points)
    assert (found == seen[np.ix_(rows, rows)].ravel()).mean() > 0.99


def test_nearest_point_of_a_point_on_the_surface_is_itself(tiny_face_model: FaceModel) -> None:
    model = tiny_face_model
    points = np.einsum("nc,ncd->nd", model.landmark_weights, model.vertices[model.triangles[model.landmark_triangles]])
    triangle, weights = nearest_on_surface(points, model.vertices, model.triangles)
    again = np.einsum("nc,ncd->nd", weights, model.vertices[model.triangles[triangle]])
    np.testing.assert_allclose(again, points, atol=1e-4)


def test_a_drawing_without_a_face(embedded: FaceModel) -> None:
    with pytest.raises(ModelFileError, match="no landmarks found"):
        embed_landmarks(embedded, lambda image: np.full((478, 3), np.nan, dtype=np.float32))


def test_the_drawing_shows_eyes_and_lips(embedded: FaceModel) -> None:
    drawing = draw_mean_face(embedded, portrait_camera(embedded, size=256), 256)
    assert drawing.image.shape == (256, 256, 3)
    assert embedded.region("eye_left")[drawing.triangle[drawing.triangle >= 0]].any()


def test_spread_knows_upper_from_lower_lip(embedded: FaceModel) -> None:
    landmarks, weights = landmark_spread(embedded)
    lower_lip = embedded.triangles[embedded.landmark_triangles[[14, 87, 317]]].ravel()
    from_upper = np.isin(landmarks[lower_lip], [13, 82, 312, 81, 311]) * np.abs(weights[lower_lip])
    assert from_upper.sum(1).max() < 0.15
