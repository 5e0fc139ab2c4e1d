"""The rasteriser against a slow, obvious one."""

import itertools

import numpy as np
import pytest

from affectface.rendering.rasterise import NO_LABEL, Raster, rasterise

SIZE = (24, 32)


def slow_raster(
    points: np.ndarray, triangles: np.ndarray, labels: np.ndarray, values: np.ndarray, both_sides: bool = False
) -> tuple[Raster, np.ndarray]:
    """Return what each pixel's centre sees, one pixel and triangle at a time, and by how much that is clear.

    A pixel is clear where no centre lies within a thousandth of an edge, and no two surfaces are as close in depth.
    """
    label = np.full(SIZE, NO_LABEL, dtype=np.uint8)
    result = np.zeros((*SIZE, 4))
    clear = np.ones(SIZE, dtype=bool)
    corners = points[triangles].astype(np.float64)
    for row, column in itertools.product(*map(range, SIZE)):
        centre = np.array([column + 0.5, row + 0.5])
        found = []
        for t, (a, b, c) in enumerate(corners):
            edges = np.array([[a[0], b[0], c[0]], [a[1], b[1], c[1]], [1, 1, 1]])
            area = np.linalg.det(edges)
            if area == 0 or (area > 0 and not both_sides):
                continue
            weights = np.linalg.solve(edges, [*centre, 1])
            clear[row, column] &= bool((np.abs(weights) > 1e-3).all())
            if (weights < 0).any():
                continue
            share = weights / (a[2], b[2], c[2])  # 1 / depth and value / depth are linear on the screen
            found.append((1 / share.sum(), t, share / share.sum()))
        if found:
            depth, t, share = min(found, key=lambda hit: hit[:2])
            clear[row, column] &= all(abs(other[0] - depth) > 1e-3 for other in found if other[1] != t)
            label[row, column] = labels[t]
            result[row, column] = share @ values[triangles[t]]
    return Raster(label, result.astype(np.float32)), clear


def as_seen(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return the triangles turned so that all are seen from the front."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    return np.where(area[:, None] > 0, triangles[:, ::-1], triangles).astype(np.int32)


def grid(rng: np.random.Generator, across: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Return the points of a crooked grid that covers the picture and more, and its triangles, seen from the front."""
    x, y = np.meshgrid(np.linspace(-3, SIZE[1] + 3, across + 1), np.linspace(-3, SIZE[0] + 3, across + 1))
    points = np.stack([x, y, np.full_like(x, 20)], axis=-1).reshape(-1, 3)
    inner = (points[:, 0] > 0) & (points[:, 0] < SIZE[1]) & (points[:, 1] > 0) & (points[:, 1] < SIZE[0])
    points[inner, :2] += rng.uniform(-1.3, 1.3, (inner.sum(), 2))
    corner = (np.arange(across)[:, None] * (across + 1) + np.arange(across)).ravel()
    quads = np.stack([corner, corner + across + 1, corner + across + 2, corner + 1], axis=1)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    # corners in any order: which of two triangles computes an edge first must not matter
    rolled = np.stack([np.roll(t, rng.integers(3)) for t in triangles])
    return points.astype(np.float32), rng.permutation(rolled).astype(np.int32)


def numbered(triangles: np.ndarray) -> np.ndarray:
    return np.arange(len(triangles), dtype=np.uint8)


def test_one_triangle_right_in_perspective() -> None:
    points = np.array([[2, 2, 10], [2, 22, 30], [30, 12, 80]], dtype=np.float32)
    values = np.eye(3, 4, dtype=np.float32)
    triangles = np.array([[0, 1, 2]], dtype=np.int32)
    found = rasterise(points, triangles, np.array([7], np.uint8), values, SIZE)
    expected, clear = slow_raster(points, triangles, np.array([7]), values)
    np.testing.assert_array_equal(found.label[clear], expected.label[clear])
    hit = (found.label == 7) & (expected.label == 7)
    assert hit.sum() > 200
    np.testing.assert_allclose(found.values[hit], expected.values[hit], atol=1e-5)
    np.testing.assert_allclose(found.values[hit].sum(-1), 1, atol=1e-5)
    # half way to a far corner on the screen is much less than half way to it on the surface
    assert found.values[12, 16, 2] < 0.25


@pytest.mark.parametrize("both_sides", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_heap_of_triangles(seed: int, both_sides: bool) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform((-8, -8, 40), (SIZE[1] + 8, SIZE[0] + 8, 44), (36, 3)).astype(np.float32)
    triangles = rng.permutation(36).reshape(12, 3).astype(np.int32)
    values = rng.normal(size=(36, 4)).astype(np.float32)
    found = rasterise(points, triangles, numbered(triangles), values, SIZE, both_sides=both_sides)
    expected, clear = slow_raster(points, triangles, numbered(triangles), values, both_sides)
    # Which surface is in front is decided by a depth that is linear on the screen: 4 cm at 40 cm bend it by under 1 mm.
    differs = (found.label != expected.label) & clear
    assert differs.mean() < 0.02
    same = clear & ~differs
    np.testing.assert_allclose(found.values[same], expected.values[same], atol=2e-3)


def test_the_nearer_is_in_front_whatever_the_order() -> None:
    square = np.array([[4, 4], [4, 20], [28, 20], [28, 4]], dtype=np.float32)
    points = np.concatenate([np.c_[square, np.full(4, 50)], np.c_[square, np.full(4, 30)]]).astype(np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], dtype=np.int32)
    values = np.repeat(points[:, 2:], 4, axis=1)
    for order in ([0, 1, 2, 3], [2, 3, 0, 1], [3, 0, 1, 2]):
        found = rasterise(points, triangles[order], np.array([1, 1, 2, 2], np.uint8)[order], values, SIZE)
        assert (found.label[4:20, 4:28] == 2).all()
        np.testing.assert_allclose(found.values[4:20, 4:28], 30, rtol=1e-5)
        assert (found.label != NO_LABEL).sum() == 16 * 24


def test_surfaces_that_cut_through_each_other_meet_in_a_line() -> None:
    points = np.array(
        [[0, 0, 20], [0, 24, 20], [32, 24, 60], [32, 0, 60], [0, 0, 40], [0, 24, 40], [32, 24, 40], [32, 0, 40]],
        dtype=np.float32,
    )
    points[:4, 2] = 20 + 40 * points[:4, 0] / 32
    triangles = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], dtype=np.int32)
    found = rasterise(points, triangles, np.array([1, 1, 2, 2], np.uint8), np.zeros((8, 4), np.float32), SIZE)
    assert (found.label[:, :16] == 1).all()
    assert (found.label[:, 16:] == 2).all()


def test_the_back_of_a_triangle_is_drawn_only_when_asked_for() -> None:
    points = np.array([[2, 2, 10], [30, 12, 10], [2, 22, 10]], dtype=np.float32)
    front, back = np.array([[0, 2, 1]], dtype=np.int32), np.array([[0, 1, 2]], dtype=np.int32)
    label, values = np.array([3], np.uint8), np.arange(12, dtype=np.float32).reshape(3, 4)
    seen = rasterise(points, front, label, values, SIZE)
    assert (seen.label == 3).any()
    assert (rasterise(points, back, label, values, SIZE).label == NO_LABEL).all()
    turned = rasterise(points, back, label, values, SIZE, both_sides=True)
    np.testing.assert_array_equal(turned.label, seen.label)
    np.testing.assert_allclose(turned.values, seen.values, atol=1e-5)


def test_counter_clockwise_from_outside_is_the_front() -> None:
    # convention of the model: on the screen, where y counts down, it has a negative area
    points = np.array([[4, 20, 10], [28, 20, 10], [16, 4, 10]], dtype=np.float32)  # left, right, top: as y goes up
    found = rasterise(
        points, np.array([[0, 1, 2]], np.int32), np.zeros(1, np.uint8), np.zeros((3, 4), np.float32), SIZE
    )
    assert found.label[16, 16] == 0


@pytest.mark.parametrize("seed", range(8))
def test_triangles_side_by_side_leave_no_gap(seed: int) -> None:
    points, triangles = grid(np.random.default_rng(seed))
    found = rasterise(points, triangles, numbered(triangles), np.zeros((len(points), 4), np.float32), SIZE)
    assert (found.label != NO_LABEL).all()


@pytest.mark.parametrize("seed", range(4))
def test_triangles_side_by_side_do_not_overlap(seed: int) -> None:
    points, triangles = grid(np.random.default_rng(seed))
    nothing = np.zeros((len(points), 4), np.float32)
    covered = np.zeros(SIZE, dtype=int)
    for triangle in triangles:
        alone = rasterise(points, triangle[None], np.zeros(1, np.uint8), nothing, SIZE)
        covered += alone.label != NO_LABEL
    np.testing.assert_array_equal(covered, 1)


def test_a_centre_on_a_shared_edge_goes_to_the_smaller_index() -> None:
    points = np.array([[0, 0, 10], [0, 24, 10], [24, 24, 10], [24, 0, 10]], dtype=np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)  # the diagonal runs through pixel centres
    for order in ([0, 1], [1, 0]):
        found = rasterise(points, triangles[order], numbered(triangles), np.zeros((4, 4), np.float32), SIZE)
        assert (np.diag(found.label[:, :24]) == 0).all()
        assert (found.label[:, :24] != NO_LABEL).all()
        assert (found.label[:, 24:] == NO_LABEL).all()


@pytest.mark.parametrize("seed", range(3))
def test_of_equal_depths_the_smaller_index_is_in_front(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform((0, 0, 20), (SIZE[1], SIZE[0], 60), (3, 3)).astype(np.float32)
    triangles = as_seen(points, np.array([[0, 1, 2]])).repeat(5, axis=0)
    found = rasterise(points, triangles, np.arange(5, 10).astype(np.uint8), np.zeros((3, 4), np.float32), SIZE)
    assert set(np.unique(found.label)) == {5, NO_LABEL}


def test_what_does_not_touch_the_picture_draws_nothing() -> None:
    base = np.array([[2, 2, 10], [2, 22, 10], [30, 12, 10]], dtype=np.float32)
    for shift in ((-40, 0, 0), (40, 0, 0), (0, -40, 0), (0, 40, 0)):
        found = rasterise(
            base + np.float32(shift), np.array([[0, 1, 2]], np.int32), np.zeros(1, np.uint8), np.ones((3, 4)), SIZE
        )
        assert (found.label == NO_LABEL).all()
        assert not found.values.any()


def test_a_triangle_larger_than_the_picture_fills_it() -> None:
    points = np.array([[-300, -200, 10], [-300, 900, 20], [900, -200, 20]], dtype=np.float32)
    found = rasterise(points, np.array([[0, 1, 2]], np.int32), np.zeros(1, np.uint8), np.ones((3, 4), np.float32), SIZE)
    assert (found.label == 0).all()
    np.testing.assert_allclose(found.values, 1, atol=1e-5)


def test_triangles_without_an_area_draw_nothing() -> None:
    points = np.array([[2, 2, 10], [10, 10, 10], [20, 20, 10]], dtype=np.float32)
    for triangle in ([0, 1, 2], [0, 0, 1], [2, 2, 2]):
        found = rasterise(
            points, np.array([triangle], np.int32), np.zeros(1, np.uint8), np.ones((3, 4)), SIZE, both_sides=True
        )
        assert (found.label == NO_LABEL).all()


def test_no_triangles_and_no_pixels() -> None:
    points, values = np.zeros((3, 3), np.float32), np.zeros((3, 4), np.float32)
    nothing = rasterise(points, np.zeros((0, 3), np.int32), np.zeros(0, np.uint8), values, SIZE)
    assert nothing.label.shape == SIZE
    assert nothing.values.shape == (*SIZE, 4)
    assert (nothing.label == NO_LABEL).all()
    assert not nothing.values.any()
    empty = rasterise(points, np.array([[0, 1, 2]], np.int32), np.zeros(1, np.uint8), values, (0, 5))
    assert empty.label.shape == (0, 5)
    assert empty.values.shape == (0, 5, 4)


def test_the_same_twice_is_the_same_bytes_and_nothing_is_written_to() -> None:
    points, triangles = grid(np.random.default_rng(3))
    values = np.random.default_rng(4).normal(size=(len(points), 4)).astype(np.float32)
    for array in (points, triangles, values):
        array.flags.writeable = False
    first = rasterise(points, triangles, numbered(triangles), values, SIZE)
    second = rasterise(points, triangles, numbered(triangles), values, SIZE)
    np.testing.assert_array_equal(first.label, second.label)
    np.testing.assert_array_equal(first.values, second.values)
