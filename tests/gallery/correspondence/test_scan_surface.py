from __future__ import annotations

import numpy as np
import pytest

from affectface.gallery.correspondence.scan_surface import closest_points, matching, open_edges, scan_surface


def sheet(side: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """A wavy square, counter-clockwise from above."""
    x, y = np.meshgrid(np.linspace(-3, 3, side), np.linspace(-3, 3, side))
    points = np.stack([x, y, 0.4 * np.sin(x) * np.cos(y)], axis=-1).reshape(-1, 3)
    index = np.arange(side * side).reshape(side, side)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return points, triangles.astype(np.int32)


def test_the_closest_points_are_those_of_many_samples() -> None:
    points, triangles = sheet()
    rng = np.random.default_rng(0)
    asked = rng.uniform(-2.5, 2.5, (40, 3)) * [1, 1, 0.3]
    weights = rng.dirichlet(np.ones(3), (len(triangles), 2000))
    samples = np.einsum("tsc,tcd->tsd", weights, points[triangles]).reshape(-1, 3)
    slow = np.array([np.linalg.norm(samples - one, axis=1).min() for one in asked])
    found = closest_points(scan_surface(points, triangles), asked)
    assert (found.distance <= slow + 1e-9).all()
    assert (slow - found.distance).max() < 0.02
    assert np.allclose(np.linalg.norm(found.points - asked, axis=1), found.distance)


def test_the_border_is_known() -> None:
    points, triangles = sheet()
    assert len(open_edges(triangles)) == 4 * 11
    found = closest_points(scan_surface(points, triangles), np.array([[5.0, 0, 0], [0.1, 0.2, 0.5]]))
    assert found.border.tolist() == [True, False]


def test_what_is_far_turned_away_or_at_the_border_is_no_match() -> None:
    surface = scan_surface(*sheet())
    asked = np.array([[0.1, 0.2, 0.5], [0.1, 0.2, 0.5], [0.1, 0.2, 2.0], [5.0, 0, 0]])
    up = np.array([[0, 0, 1.0], [0, 0, -1.0], [0, 0, 1.0], [0, 0, 1.0]])
    assert matching(closest_points(surface, asked), up, 1.0).tolist() == [True, False, False, False]


def test_a_scan_of_few_triangles_is_searched() -> None:
    surface = scan_surface(np.eye(3), np.array([[0, 1, 2]], dtype=np.int32))
    assert closest_points(surface, np.array([[1.0, 1.0, 1.0]])).points[0] == pytest.approx([1 / 3] * 3)
