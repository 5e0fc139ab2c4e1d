"""Normals of surfaces whose normals are known."""

import numpy as np
from scipy.spatial import ConvexHull

from affectface.mesh import vertex_normals


def sphere(count: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Return even points of the unit sphere (Fibonacci) and triangles, counter-clockwise from outside."""
    i = np.arange(count) + 0.5
    height, angle = 1 - 2 * i / count, np.pi * (1 + 5**0.5) * i
    ring = np.sqrt(1 - height**2)
    points = np.stack([ring * np.cos(angle), ring * np.sin(angle), height], axis=1)
    triangles = ConvexHull(points).simplices
    a, b, c = (points[triangles[:, k]] for k in range(3))
    inward = (np.cross(b - a, c - a) * a).sum(1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return points.astype(np.float32), triangles.astype(np.int32)


def test_normals_of_a_sphere_point_away_from_its_middle() -> None:
    points, triangles = sphere()
    normals = vertex_normals(3 * points + np.float32([1, -2, 5]), triangles)
    assert normals.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    assert (normals * points).sum(1).min() > np.cos(np.radians(2))


def test_the_size_of_a_surface_does_not_matter() -> None:
    points, triangles = sphere(200)
    np.testing.assert_allclose(
        vertex_normals(points * np.float32(0.01), triangles), vertex_normals(points, triangles), atol=1e-5
    )


def test_triangles_are_counted_by_their_area() -> None:
    vertices = np.array([[0, 0, 0], [3, 0, 0], [0, 1, 0], [0, 0, -1]], dtype=np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)  # three halves looking along z, a half against x
    expected = np.array([-1, 0, 3]) / np.sqrt(10)
    np.testing.assert_allclose(vertex_normals(vertices, triangles)[[0, 2]], [expected, expected], atol=1e-6)


def test_turning_triangles_around_turns_normals_around() -> None:
    points, triangles = sphere(100)
    np.testing.assert_allclose(
        vertex_normals(points, triangles[:, ::-1]), -vertex_normals(points, triangles), atol=1e-6
    )


def test_unused_and_flat_vertices_have_no_normal() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [7, 7, 7]], dtype=np.float32)
    np.testing.assert_array_equal(vertex_normals(vertices, np.array([[0, 1, 2]], dtype=np.int32)), 0)


def test_vertices_are_not_written_to() -> None:
    points, triangles = sphere(50)
    points.flags.writeable = False
    vertex_normals(points, triangles)
