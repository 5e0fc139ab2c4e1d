"""Crops: the drawn picture and the way back to the image."""

from math import pi

import numpy as np
import pytest

from affectface.landmarks.crop import SHRINK_LIMIT, Crop, cut, shrink, shrink_factor


def ramp(height: int, width: int) -> np.ndarray:
    """Return an image whose red is the column and whose green is the row."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns, rows, 0 * rows], axis=-1).astype(np.uint8)


def test_whole_square_at_its_own_size_is_the_image() -> None:
    image = ramp(64, 64)
    np.testing.assert_array_equal(cut(image, Crop(32, 32, 64), 64), image)


@pytest.mark.parametrize("roll", [0.0, 0.3, -pi / 2, 2.5])
@pytest.mark.parametrize("side", [20.0, 60.0])
def test_drawn_pixel_shows_the_place_it_maps_to(roll: float, side: float) -> None:
    image, crop = ramp(200, 200), Crop(90, 110, side, roll)
    picture = cut(image, crop, 40)
    rows, columns = np.mgrid[:40, :40]
    places = crop.place(np.stack([columns, rows], axis=-1).astype(np.float32), 40)
    np.testing.assert_allclose(picture[..., :2], places, atol=1.0)


def test_strong_shrinking_averages_and_keeps_the_place() -> None:
    image = np.repeat(np.repeat(ramp(200, 200), 16, axis=0), 16, axis=1)
    crop = Crop(1600, 1600, 2400)
    assert shrink_factor(crop.side / 32) > 1
    rows, columns = np.mgrid[:32, :32]
    places = crop.place(np.stack([columns, rows], axis=-1).astype(np.float32), 32)
    picture = cut(image, crop, 32)
    np.testing.assert_allclose(picture[..., :2], (places + 0.5) / 16 - 0.5, atol=1.0)


def test_outside_of_the_image_repeats_its_edge() -> None:
    image = np.full((10, 10, 3), 77, dtype=np.uint8)
    assert (cut(image, Crop(-30, 40, 16), 8) == 77).all()
    assert (cut(image, Crop(-30, 40, 1600), 8) == 77).all()


def test_shrink_factor_is_the_least_power_of_two_that_suffices() -> None:
    assert [shrink_factor(SHRINK_LIMIT * ratio) for ratio in (0.1, 1.0, 1.01, 2.0, 2.01, 9.0)] == [1, 1, 2, 2, 4, 16]


def test_shrink_averages_and_keeps_at_least_a_pixel() -> None:
    image = ramp(9, 1)
    assert shrink(image, 1) is image
    assert shrink(image, 4).shape == (2, 1, 3)
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    np.testing.assert_allclose(shrink(noise, 8)[0, 0], noise.mean(axis=(0, 1)), atol=2)
