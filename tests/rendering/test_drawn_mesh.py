"""Vertices placed by the kernel, against the camera and the normals in NumPy."""

import numpy as np
import pytest
from scipy.spatial import Delaunay

from affectface.camera import Camera
from affectface.mesh import vertex_normals
from affectface.rendering.drawn_mesh import DrawnMesh, drawn_mesh, place


@pytest.fixture
def mesh() -> tuple[np.ndarray, np.ndarray, DrawnMesh]:
    """A crumpled sheet of which only a part is drawn: not all vertices, and not the first ones."""
    rng = np.random.default_rng(0)
    vertices = rng.uniform(-9, 9, (80, 3)).astype(np.float32)
    triangles = Delaunay(vertices[:, :2]).simplices.astype(np.int32)
    triangles = triangles[(triangles > 4).all(1)][::2]
    return vertices, triangles, drawn_mesh(triangles, (np.arange(len(triangles)) % 200).astype(np.uint8))


@pytest.fixture
def camera() -> Camera:
    a, b = 0.4, -0.2
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    nod = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return Camera((nod @ turn).astype(np.float32), np.array([1, -2, 60], dtype=np.float32), 1200.0, (310.0, 255.0))


def test_the_triangles_are_the_same_on_fewer_vertices(mesh: tuple[np.ndarray, np.ndarray, DrawnMesh]) -> None:
    _, triangles, drawn = mesh
    np.testing.assert_array_equal(drawn.index[drawn.triangles], triangles)
    np.testing.assert_array_equal(drawn.index, np.unique(triangles))
    np.testing.assert_array_equal(drawn.labels, np.arange(len(triangles)) % 200)


def test_the_ring_holds_each_triangle_at_each_of_its_corners(mesh: tuple[np.ndarray, np.ndarray, DrawnMesh]) -> None:
    _, triangles, drawn = mesh
    found = {
        (int(vertex), *map(int, pair))
        for i, vertex in enumerate(drawn.index)
        for pair in drawn.ring[drawn.ring_start[i] : drawn.ring_start[i + 1]]
    }
    expected = {tuple(map(int, np.roll(t, -k))) for t in triangles for k in range(3)}
    assert found == expected
    assert len(drawn.ring) == drawn.ring_start[-1] == 3 * len(triangles)


def test_points_and_normals_are_those_of_the_camera(
    mesh: tuple[np.ndarray, np.ndarray, DrawnMesh], camera: Camera
) -> None:
    vertices, triangles, drawn = mesh
    points, normals = place(drawn, vertices, camera, np.zeros((len(drawn.index), 2), np.float32))
    np.testing.assert_allclose(points, camera.project(vertices)[drawn.index], rtol=1e-5, atol=1e-3)
    expected = vertex_normals(vertices, triangles)[drawn.index] @ camera.direction_to_camera().T
    np.testing.assert_allclose(normals, expected, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)


def test_the_shift_moves_pixels_and_nothing_else(
    mesh: tuple[np.ndarray, np.ndarray, DrawnMesh], camera: Camera
) -> None:
    vertices, _, drawn = mesh
    shift = np.random.default_rng(1).uniform(-20, 20, (len(drawn.index), 2)).astype(np.float32)
    still, normals = place(drawn, vertices, camera, np.zeros_like(shift))
    moved, same_normals = place(drawn, vertices, camera, shift)
    np.testing.assert_allclose(moved[:, :2], still[:, :2] + shift, atol=1e-3)
    np.testing.assert_array_equal(moved[:, 2], still[:, 2])
    np.testing.assert_array_equal(same_normals, normals)


def test_a_vertex_of_a_flat_triangle_has_no_normal(camera: Camera) -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0]], dtype=np.float32)
    flat = drawn_mesh(np.array([[0, 1, 2]], dtype=np.int32), np.zeros(1, np.uint8))
    _, normals = place(flat, vertices, camera, np.zeros((3, 2), np.float32))
    np.testing.assert_array_equal(normals, 0)


def test_the_same_twice_is_the_same_bytes(mesh: tuple[np.ndarray, np.ndarray, DrawnMesh], camera: Camera) -> None:
    vertices, _, drawn = mesh
    shift = np.zeros((len(drawn.index), 2), np.float32)
    for first, second in zip(place(drawn, vertices, camera, shift), place(drawn, vertices, camera, shift), strict=True):
        np.testing.assert_array_equal(first, second)
