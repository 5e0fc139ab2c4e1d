"""Monochrome photographs keep their one colour."""

import numpy as np
import pytest

from affectface.arrays import FloatArray, Image
from affectface.assets.example import example_photo
from affectface.images import read_image
from affectface.rendering.toning import _medians, toned, toning_of


@pytest.fixture(scope="module")
def photo() -> Image:
    return read_image(example_photo())


def monochrome(photo: Image, tint: FloatArray) -> Image:
    grey = photo.astype(np.float32).mean(axis=-1, keepdims=True)
    darkness = 1 - grey / 255  # the darks take more of the colour, as in a toned print
    return np.clip(grey + tint * darkness, 0, 255).astype(np.uint8)


def test_a_colour_photo_has_no_toning(photo: Image) -> None:
    assert toning_of(photo) is None
    assert toning_of((photo * 0.4).astype(np.uint8)) is None


def test_black_and_white_adds_nothing(photo: Image) -> None:
    toning = toning_of(monochrome(photo, np.zeros(3, np.float32)))
    assert toning is not None
    np.testing.assert_array_equal(toning, 0)


@pytest.mark.parametrize("tint", [(30, 5, -20), (-25, 0, 20)], ids=["sepia", "cyanotype"])
def test_what_is_drawn_takes_the_photos_colour(photo: Image, tint: tuple[int, int, int]) -> None:
    image = monochrome(photo, np.array(tint, np.float32))
    toning = toning_of(image)
    assert toning is not None
    again = toned(image.astype(np.float32), toning)
    assert np.percentile(np.abs(again - image).max(axis=-1), 95) < 4
    red_mouth = toned(np.full((2, 2, 3), (110, 30, 28), np.float32), toning)[0, 0]
    assert np.sign(red_mouth[0] - red_mouth[2]) == np.sign(tint[0] - tint[2])
    assert abs((red_mouth[0] - red_mouth[2]) - (tint[0] - tint[2]) * (1 - 45 / 255)) < 12


def test_a_plain_picture_has_one_colour() -> None:
    toning = toning_of(np.full((9, 7, 3), (90, 60, 40), np.uint8))
    assert toning is not None
    np.testing.assert_allclose(toned(np.array([90, 60, 40], np.float32), toning), (90, 60, 40), atol=6)


def test_medians_of_counted_numbers_are_those_of_the_numbers() -> None:
    rng = np.random.default_rng(0)
    numbers = [rng.integers(0, 256, count) for count in (1, 2, 3, 100, 101)]
    counts = np.stack([np.bincount(some, minlength=256) for some in numbers])
    np.testing.assert_array_equal(_medians(counts), [np.median(some) for some in numbers])
