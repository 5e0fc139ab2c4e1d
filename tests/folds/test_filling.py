"""A photo's fold is found near its line, and filled in its own colours; what is no fold stays."""

import cv2
import numpy as np
import pytest

from affectface.arrays import FloatArray, Image
from affectface.folds.filling import fill, find_filling
from affectface.folds.lines import SAMPLES

SKIN, SHADOW = np.array([200.0, 150.0, 120.0]), np.array([130.0, 70.0, 45.0])
WIDTH = 6.0
PATH = np.stack([np.full(SAMPLES, 60.0), np.linspace(20, 110, SAMPLES)], axis=1).astype(np.float32)


def skin() -> FloatArray:
    """Return a patch of skin with its pores."""
    rng = np.random.default_rng(1)
    return np.asarray(SKIN + rng.normal(0, 4, (160, 120, 1)), dtype=np.float32)


def painted(patch: FloatArray, shadow: FloatArray) -> Image:
    """Return the skin with shadow where it is said to be."""
    return np.asarray(np.clip(patch + shadow[..., None] * (SHADOW - SKIN), 0, 255), dtype=np.uint8)


def filled(picture: Image) -> Image:
    """Return the picture without its fold."""
    filling = find_filling(picture, PATH, WIDTH)
    assert filling is not None
    height, width = filling.lacks.shape[:2]
    box = np.s_[filling.y : filling.y + height, filling.x : filling.x + width]
    without = picture.copy()
    without[box] = fill(picture[box], filling.lacks, 1.0)
    return without


@pytest.mark.parametrize("aside", [0.0, 9.0, -12.0])
@pytest.mark.parametrize("half", [1.5, 4.0])
def test_a_fold_is_filled_wherever_it_is_near_its_line(aside: float, half: float) -> None:
    rows, columns = np.mgrid[:160, :120].astype(np.float32)
    way = 60 + aside + 5 * np.sin(rows / 30)
    shadow = np.exp(-(((columns - way) / half) ** 2)) * ((rows > 20) & (rows < 110))
    picture = painted(skin(), shadow)
    without = filled(picture)
    core = (shadow > 0.8) & (rows > 45) & (rows < 95)
    assert np.abs(picture[core].mean(axis=0) - SKIN).min() > 45
    np.testing.assert_allclose(without[core].mean(axis=0), SKIN, atol=20)
    ratio = without[core].mean(axis=0) / SKIN
    assert ratio.max() / ratio.min() < 1.12  # as red as the skin beside it
    pores = [np.std(one[core, 1] - cv2.GaussianBlur(one[..., 1], (0, 0), 2)[core]) for one in (picture, without)]
    assert pores[1] > 0.6 * pores[0]


def test_the_border_of_a_beard_is_no_fold() -> None:
    picture = painted(skin(), (np.mgrid[:160, :120][1] > 63).astype(np.float32))
    assert np.abs(filled(picture).astype(int) - picture).mean() < 1


def test_a_mole_stays() -> None:
    rows, columns = np.mgrid[:160, :120]
    mole = (np.hypot(rows - 65, columns - 61) < 3).astype(np.float32)
    picture = painted(skin(), mole)
    assert filled(picture)[mole > 0].mean() < picture[mole > 0].mean() + 0.4 * (SKIN - SHADOW).mean()


def test_lips_are_no_fold() -> None:
    rows, columns = np.mgrid[:160, :120].astype(np.float32)
    picture = painted(skin(), np.exp(-(((columns - 66) / 3) ** 2)) * (rows > 60))
    lips = np.zeros(picture.shape[:2], dtype=np.uint8)
    lips[60:, 50:90] = 1
    bare, spared = find_filling(picture, PATH, WIDTH), find_filling(picture, PATH, WIDTH, lips)
    assert bare is not None
    assert spared is not None
    assert bare.lacks.max() > 0.3 > 5 * spared.lacks.max()


def test_the_border_of_a_picture_is_no_fold() -> None:
    picture = painted(skin(), (np.mgrid[:160, :120][1] < 2).astype(np.float32))
    filling = find_filling(picture, PATH - np.float32([62, 0]), WIDTH)
    assert filling is None or filling.lacks.max() < 0.2


def test_where_there_is_no_fold_the_line_is_that_of_anatomy() -> None:
    filling = find_filling(np.full((160, 120, 3), 150, dtype=np.uint8), PATH, WIDTH)
    assert filling is not None
    assert abs(filling.x + filling.lacks.shape[1] / 2 - 60) < WIDTH / 2
    assert not filling.lacks.any()


def test_a_line_outside_the_picture_has_no_filling() -> None:
    assert find_filling(np.zeros((40, 40, 3), dtype=np.uint8), PATH + 500, WIDTH) is None
