"""Ways through unrolled pictures."""

import numpy as np
import pytest

from affectface.occlusion.lines import best_way, standing_out, unroll, without_spikes


def test_a_ring_is_found_all_around() -> None:
    angles = np.arange(64)
    radius = np.rint(20 + 6 * np.cos(2 * np.pi * angles / 64)).astype(int)
    scores = np.random.default_rng(0).uniform(0, 3, (1, 64, 40)).astype(np.float32)
    scores[0, angles, radius] = 10
    np.testing.assert_array_equal(best_way(scores, 2, closed=True)[0], radius)
    np.testing.assert_array_equal(best_way(np.roll(scores, 11, axis=1), 2, closed=True)[0], np.roll(radius, 11))


def test_a_way_is_as_good_as_the_best_of_all() -> None:
    scores = np.random.default_rng(1).uniform(0, 5, (2, 4, 3)).astype(np.float32)
    found = best_way(scores, 1)
    for picture, way in zip(scores, found, strict=True):
        worth = {
            ways: sum(picture[row, column] for row, column in enumerate(ways)) - 0.5 * np.abs(np.diff(ways)).sum()
            for ways in np.ndindex(3, 3, 3, 3)
            if np.abs(np.diff(ways)).max() <= 1
        }
        assert worth[tuple(way.tolist())] == pytest.approx(max(worth.values()), abs=1e-5)


def test_thin_lines_stand_out_and_wide_ones_do_not() -> None:
    row = np.full((1, 60, 3), 150, np.uint8)
    row[:, 10:14] = 50
    row[:, 30:33, 2] = 220
    row[:, 45:] = 20
    darker, brighter = standing_out(row, 9)
    assert darker[0, 11] == 100
    assert brighter[0, 31] == 70
    assert darker[0, 55] == brighter[0, 55] == 0


def test_pixels_along_a_line_are_those_of_the_picture() -> None:
    picture = np.random.default_rng(2).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    points, down = np.array([[7.5, 4.5], [9.5, 4.5]], np.float32), np.array([[0, 1], [0, 1]], np.float32)
    rows = unroll(picture, points, down, np.arange(6, dtype=np.float32))
    np.testing.assert_array_equal(rows, picture[4:10, [7, 9]].transpose(1, 0, 2))


def test_spikes_go_and_corners_stay() -> None:
    values = np.array([1, 1, 1, 9, 1, 1, 5, 5, 5, 5, 5, 5], dtype=float)
    np.testing.assert_array_equal(without_spikes(values, 3, closed=False), [1, 1, 1, 1, 1, 1, 5, 5, 5, 5, 5, 5])
    assert without_spikes(np.array([9.0, 1, 1, 1, 9]), 3, closed=True)[0] == 9
