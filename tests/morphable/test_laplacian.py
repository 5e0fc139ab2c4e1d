"""The cotangent Laplacian against what is known of it."""

import numpy as np

from affectface.morphable.laplacian import corner_cotangents, edge_weights, laplacian, vertex_areas

VERTICES = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0.4, 0.45, 0)], np.float32)
TRIANGLES = np.array([(0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)], np.int32)


def test_a_right_isosceles_triangle() -> None:
    cotangents, areas = corner_cotangents(VERTICES, np.array([(0, 1, 3)], np.int32))
    np.testing.assert_allclose(cotangents, [[0, 1, 1]], atol=1e-6)
    np.testing.assert_allclose(areas, [0.5])


def test_linear_functions_are_harmonic_inside_and_areas_add_up() -> None:
    cotangents, areas = corner_cotangents(VERTICES, TRIANGLES)
    matrix = laplacian(edge_weights(cotangents, TRIANGLES, 5))
    np.testing.assert_allclose(matrix.toarray(), matrix.T.toarray())
    np.testing.assert_allclose(matrix @ np.ones(5), 0, atol=1e-6)
    linear = VERTICES @ np.array([0.3, -2.0, 0.0])
    assert abs((matrix @ linear)[4]) < 1e-6
    gradient = linear @ (matrix @ linear)  # the squared gradient over the square
    np.testing.assert_allclose(gradient, 0.3**2 + 2.0**2, rtol=1e-5)
    np.testing.assert_allclose(vertex_areas(areas, TRIANGLES, 5).sum(), 1, rtol=1e-6)
