"""Distances along a surface against those that are known."""

import numpy as np
import pytest

from affectface.arrays import FloatArray, IntArray
from affectface.morphable.geodesic import Geodesics


def sheet(side: int = 41) -> tuple[FloatArray, IntArray]:
    """A flat square of side 1."""
    y, x = np.mgrid[:side, :side] / (side - 1)
    vertices = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    first = np.stack([corner, corner + 1, corner + side + 1], axis=1)
    return vertices, np.concatenate([first, np.stack([corner, corner + side + 1, corner + side], 1)]).astype(np.int32)


def cylinder() -> tuple[FloatArray, IntArray]:
    """The same square rolled up to half a cylinder, along which distances are the square's."""
    vertices, triangles = sheet()
    x, y, _ = vertices.T
    return np.stack([np.cos(np.pi * x) / np.pi, y, np.sin(np.pi * x) / np.pi], axis=1).astype(np.float32), triangles


@pytest.mark.parametrize("surface", [sheet, cylinder])
@pytest.mark.parametrize("source", [20 * 41 + 20, 0, 5 * 41 + 33])
def test_on_what_can_be_unrolled(surface, source: int) -> None:  # type: ignore[no-untyped-def]
    vertices, triangles = surface()
    flat, _ = sheet()
    truth = np.linalg.norm(flat - flat[source], axis=1)
    found = Geodesics(vertices, triangles).from_vertex(source)
    assert np.abs(found - truth).max() < 0.05
    assert np.abs(found - truth).mean() < 0.025


def test_nothing_leads_to_another_piece() -> None:
    vertices, triangles = sheet(9)
    both = np.concatenate([vertices, vertices + 5, [[9, 9, 9]]]).astype(np.float32)
    found = Geodesics(both, np.concatenate([triangles, triangles + 81])).from_vertex(3)
    assert np.isfinite(found[:81]).all()
    assert np.isinf(found[81:]).all()
    assert found[3] == 0


def test_triangles_without_area_do_not_count() -> None:
    vertices, triangles = sheet(9)
    degenerate = np.concatenate([triangles, [[0, 0, 1], [1, 2, 3]]]).astype(np.int32)
    a, b = (Geodesics(vertices, corners).from_vertex(40) for corners in (triangles, degenerate))
    np.testing.assert_allclose(a, b, atol=1e-6)
