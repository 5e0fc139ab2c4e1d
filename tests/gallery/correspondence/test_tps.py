from __future__ import annotations

import numpy as np
import pytest

from affectface.errors import GalleryError
from affectface.gallery.correspondence.tps import above_the_lips, pixel_centres, tps_warp


def test_an_affine_motion_is_followed_exactly() -> None:
    rng = np.random.default_rng(0)
    source = rng.uniform(0, 100, (20, 2))
    matrix, shift = np.array([[1.1, 0.1], [-0.05, 0.9]]), np.array([3.0, -4.0])
    warp = tps_warp(source, source @ matrix.T + shift, (90, 110), 5.0)
    assert np.abs(warp - (pixel_centres((90, 110)) @ matrix.T + shift)).max() < 1e-3


def test_landmarks_go_where_they_should_and_smoothing_levels_noise() -> None:
    rng = np.random.default_rng(1)
    source = np.stack(np.meshgrid(np.arange(10, 100, 20.0), np.arange(10, 100, 20.0)), axis=-1).reshape(-1, 2)
    noise = rng.normal(0, 2, source.shape)
    exact, smooth = (tps_warp(source, source + noise, (100, 100), amount) for amount in (0.0, 1e3))
    rows, columns = np.floor(source[:, 1]).astype(int), np.floor(source[:, 0]).astype(int)
    moved = [warp[rows, columns] - pixel_centres((100, 100))[rows, columns] for warp in (exact, smooth)]
    assert np.abs(moved[0] - noise).mean() < 0.5  # bilinear between points eight pixels apart
    assert np.abs(moved[1]).mean() < 0.5 * np.abs(noise).mean()


def test_too_few_landmarks_are_refused() -> None:
    with pytest.raises(GalleryError, match="3 landmarks are seen in both frame and reference; 8 are needed"):
        tps_warp(np.zeros((3, 2)), np.zeros((3, 2)), (10, 10), 0.0)


def test_lips_are_told_apart_by_their_seam() -> None:
    landmarks = np.full((478, 3), np.nan)
    landmarks[[78, 308], :] = [[-3, 1, 0], [3, 1, 0]]
    for upper, lower in ((13, 14), (81, 178), (311, 402)):
        landmarks[[upper, lower]] = [[0, 0.1, 0], [0, -0.1, 0]]
    found = above_the_lips(np.array([[0, 0.2, 0], [0, -0.2, 0], [9, 1.1, 0], [9, 0.9, 0]]), landmarks)
    assert found.tolist() == [True, False, True, False]
    assert above_the_lips(np.zeros((2, 3)), np.full((478, 3), np.nan)).all()
