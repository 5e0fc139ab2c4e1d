"""Subdivision is linear, keeps what it must, and is quick."""

import time
from collections.abc import Callable

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from affectface.morphable import FaceModel
from affectface.morphable.portrait_drawing import eye_axis
from affectface.morphable.subdivide import loop_matrix, subdivide


@pytest.mark.parametrize("which", ["tiny_face_model", "embedded"])
def test_commutes_with_the_bases(which: str, request: pytest.FixtureRequest) -> None:
    model: FaceModel = request.getfixturevalue(which)
    matrix, _ = loop_matrix(model)
    finer = subdivide(model)
    rng = np.random.default_rng(1)
    identity = rng.normal(size=len(model.identity)).astype(np.float32)
    expression = rng.uniform(0, 1, len(model.expression)).astype(np.float32)
    after = csr_matrix((matrix.weight, matrix.column, matrix.start)) @ model.shape(identity, expression)
    np.testing.assert_allclose(finer.shape(identity, expression), after, atol=1e-4)


def test_rows_sum_to_one_so_that_moving_the_head_moves_the_finer_head(embedded: FaceModel) -> None:
    matrix, triangles = loop_matrix(embedded)
    np.testing.assert_allclose(np.add.reduceat(matrix.weight, matrix.start[:-1]), 1, atol=1e-9)
    fine_already = embedded.region("teeth_upper", "teeth_lower", "gums", "tongue").sum()
    assert len(triangles) == 4 * (len(embedded.triangles) - fine_already) + fine_already


def test_no_edge_has_a_split_and_a_whole_triangle(embedded: FaceModel) -> None:
    fine_already = embedded.region("teeth_upper", "teeth_lower", "gums", "tongue")
    shared = np.intersect1d(embedded.triangles[fine_already], embedded.triangles[~fine_already])
    assert not len(shared)


def test_a_plane_stays_the_plane(tiny_face_model: FaceModel) -> None:
    matrix, _ = loop_matrix(tiny_face_model)
    flat = tiny_face_model.vertices * (1, 1, 0)
    assert np.abs(matrix.combine(flat.astype(np.float32))[:, 2]).max() == 0


def test_landmarks_stay_on_their_place(
    embedded: FaceModel, landmark_positions: Callable[[FaceModel, np.ndarray], np.ndarray]
) -> None:
    finer = subdivide(embedded)
    np.testing.assert_allclose(finer.landmark_weights.sum(1), 1, atol=1e-5)
    assert finer.landmark_weights.min() > -1e-5
    moved = landmark_positions(finer, finer.vertices) - landmark_positions(embedded, embedded.vertices)
    assert np.linalg.norm(moved, axis=1).mean() < 0.03  # the surface itself is smoothed by that much


def test_eyeballs_keep_their_size(embedded: FaceModel) -> None:
    finer = subdivide(embedded)
    for model in (embedded, finer):
        centre, apex = eye_axis(embedded, "eye_left")
        points = model.vertices[np.unique(model.triangles[model.region("eye_left")])]
        radius = np.linalg.norm(points - centre, axis=1)
        np.testing.assert_allclose(radius, np.linalg.norm(apex - centre), rtol=0.01)


def test_spread_stays_in_range(embedded: FaceModel) -> None:
    finer = subdivide(embedded)
    assert finer.spread_weights.sum(1).max() < 1.001
    assert finer.spread_weights.sum(1).min() > -0.001


def test_quick_enough_to_run_at_load(embedded: FaceModel) -> None:
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        subdivide(embedded)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 1.0  # about 0.25 s alone on one core
