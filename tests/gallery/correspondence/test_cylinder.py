from __future__ import annotations

import numpy as np
import pytest

from affectface.errors import GalleryError
from affectface.gallery.correspondence.cylinder import fit_cylinder, look_up_map, unroll, unrolled_values


def tube(radius: float = 8.0, x: float = 0.5, z: float = -2.0, rows: int = 60, columns: int = 200) -> tuple:
    """A tube open at the back, its height and angle as colours."""
    angle, height = np.meshgrid(np.linspace(-2.4, 2.4, columns), np.linspace(-9, 9, rows))
    points = np.stack([x + radius * np.sin(angle), height, z + radius * np.cos(angle)], axis=-1).reshape(-1, 3)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    colour = np.stack([(angle + 2.4) / 4.8, (height + 9) / 18, 0 * angle + 0.5], axis=-1).reshape(-1, 3)
    return points, triangles.astype(np.int32), colour


def test_the_axis_of_a_tube_is_found() -> None:
    cylinder = fit_cylinder(tube()[0])
    assert (cylinder.x, cylinder.z, cylinder.radius) == pytest.approx((0.5, -2.0, 8.0), abs=1e-6)


def test_the_fit_is_the_least_squares_one() -> None:
    points = tube()[0] + np.random.default_rng(0).normal(0, 0.3, (12000, 3))
    found = fit_cylinder(points)

    def cost(x: float, z: float, radius: float) -> float:
        away = (points[:, 0] - x) ** 2 + (points[:, 2] - z) ** 2
        return float(((away - radius**2) ** 2).sum())

    best = cost(found.x, found.z, found.radius)
    for step in ((0.01, 0, 0), (-0.01, 0, 0), (0, 0.01, 0), (0, -0.01, 0), (0, 0, 0.01), (0, 0, -0.01)):
        assert cost(found.x + step[0], found.z + step[1], found.radius + step[2]) > best


@pytest.mark.parametrize("points", [np.zeros((50, 3)), np.eye(3)[np.zeros(50, int)] * np.arange(50)[:, None]])
def test_what_is_not_round_is_refused(points: np.ndarray) -> None:
    with pytest.raises(GalleryError, match=r"cylinder of radius .* 2 to 40 cm"):
        fit_cylinder(points)


def test_there_and_back() -> None:
    points, triangles, colour = tube()
    cylinder = fit_cylinder(points)
    unrolled = unroll(cylinder, points, triangles, colour)
    asked = points[(np.abs(points[:, 1]) < 8.5) & (points[:, 2] > 0)] + [0, 0.11, 0]
    back = look_up_map(unrolled.places, cylinder.project(asked)[:, :2])
    assert np.abs(back - asked).max() < 0.005  # chords of the tube's 200 sides
    assert unrolled.known.mean() > 0.9
    assert unrolled.colours is not None
    seen = look_up_map(unrolled.colours, cylinder.project(asked)[:, :2]) / 255
    assert np.abs(seen[:, 1] - (asked[:, 1] + 9) / 18).max() < 0.01


def test_what_lies_outermost_shows() -> None:
    points, triangles, colour = tube()
    nose, more, red = tube(radius=8.5)
    both = np.concatenate([points, nose])
    joined = np.concatenate([triangles, more + len(points)]).astype(np.int32)
    unrolled = unroll(fit_cylinder(points), both, joined, np.concatenate([colour, red]))
    away = np.hypot(unrolled.places[..., 0] - 0.5, unrolled.places[..., 2] + 2)[unrolled.known]
    assert np.median(away) == pytest.approx(8.5, abs=0.01)


def test_holes_are_marked() -> None:
    points, triangles, _ = tube()
    middle = np.linalg.norm(points[triangles].mean(1) - [0.5, 0, 6], axis=1) > 1.5
    cylinder = fit_cylinder(points)
    unrolled = unroll(cylinder, points, triangles[middle])
    assert unrolled.colours is None
    at = cylinder.project(np.array([[0.5, 0.0, 6.0], [0.5, 5.0, 6.0]]))[:, :2]
    assert look_up_map(unrolled.known, at).tolist() == [0, 1]
    values = unrolled_values(cylinder, points, triangles[middle], points[:, :2])
    assert look_up_map(values, at)[0, 0] < -1e3
    assert look_up_map(values, at)[1] == pytest.approx((0.5, 5.0), abs=0.01)


def test_many_positions_are_looked_up() -> None:
    picture = np.arange(12.0).reshape(3, 4)
    at = np.tile([[1.5, 1.5]], (70_000, 1))
    assert (look_up_map(picture, at) == 5).all()
