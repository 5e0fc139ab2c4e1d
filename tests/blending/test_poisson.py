"""Poisson blending: what must hold whatever is blended."""

import cv2
import numpy as np
import pytest

from affectface.arrays import Image
from affectface.blending.poisson import blend_poisson

SIDE = 80


def smooth(seed: int) -> Image:
    """Return an image without hard edges."""
    noise = np.random.default_rng(seed).uniform(0, 255, (SIDE, SIDE, 3)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 5)
    return np.clip((blurred - blurred.mean()) * 6 + 128, 0, 255).astype(np.uint8)


def disc(radius: float = 24, x: float = SIDE / 2, y: float = SIDE / 2) -> np.ndarray:
    yy, xx = np.mgrid[:SIDE, :SIDE] + 0.5
    return np.hypot(xx - x, yy - y) < radius


@pytest.mark.parametrize(("x", "y", "radius"), [(40, 40, 24), (33, 47, 15), (41, 38, 7.5), (20, 60, 30), (40, 40, 100)])
def test_an_image_into_itself_is_the_image(x: float, y: float, radius: float) -> None:
    photo = smooth(0)
    blended = blend_poisson(photo, photo, disc(radius, x, y)).astype(int)
    assert np.abs(blended - photo).max() <= 1


@pytest.mark.parametrize(("x", "y", "radius"), [(40, 40, 24), (20, 60, 30), (35, 42, 11)])
def test_outside_the_mask_the_photo_stays_bit_for_bit(x: float, y: float, radius: float) -> None:
    face, photo, inside = smooth(1), smooth(2), disc(radius, x, y)
    blended = blend_poisson(face, photo, inside)
    assert blended.dtype == np.uint8
    np.testing.assert_array_equal(blended[~inside], photo[~inside])
    assert (blended[inside] != photo[inside]).any()


def test_a_face_of_another_brightness_meets_the_photo() -> None:
    photo = (smooth(3) // 2 + 40).astype(np.uint8)
    face = photo + np.uint8(50)  # the same gradients
    blended = blend_poisson(face, photo, disc()).astype(int)
    assert np.abs(blended - photo).max() <= 2


def test_holes_of_the_mask_are_blended_too() -> None:
    face, photo = smooth(4), smooth(5)
    whole = blend_poisson(face, photo, disc())
    np.testing.assert_array_equal(blend_poisson(face, photo, disc() & ~disc(8)), whole)


def test_without_a_mask_there_is_nothing_to_do() -> None:
    face, photo = smooth(6), smooth(7)
    for inside in (np.zeros((SIDE, SIDE), bool), disc(0.9)):
        np.testing.assert_array_equal(blend_poisson(face, photo, inside), photo)


def test_a_mask_along_the_edge_of_the_photo() -> None:
    face, photo = smooth(8), smooth(9)
    edge = np.zeros((SIDE, SIDE), bool)
    edge[:, :2] = edge[-2:] = True
    np.testing.assert_array_equal(blend_poisson(face, photo, edge), photo)


def test_nothing_is_written_to() -> None:
    face, photo, inside = smooth(1), smooth(2), disc()
    for array in (face, photo, inside):
        array.flags.writeable = False
    blend_poisson(face, photo, inside)
