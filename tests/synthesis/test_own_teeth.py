from __future__ import annotations

import numpy as np
import pytest

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.synthesis.own_teeth import OwnTeeth, find_own_teeth, place_own_teeth

EYES = 200.0
LIP, ENAMEL, DARK = (170, 90, 95), (225, 220, 205), (40, 18, 16)
LEFT, RIGHT, UPPER, LOWER, EDGE = 60, 180, 70, 100, 92
"""Corners of the drawn mouth, the lips' edges in its middle, and the last row of teeth."""
NO_MESH = np.zeros((0, 2), dtype=np.float32)


def lip(middle: float, corners: float = 82.0, left: float = LEFT, right: float = RIGHT) -> FloatArray:
    """A lip's edge (11, 2): a parabola through both corners."""
    t = np.linspace(-1, 1, 11)
    return np.stack(
        [(left + right) / 2 + t * (right - left) / 2, corners + (middle - corners) * (1 - t**2)], -1
    ).astype(np.float32)


def between(upper: FloatArray, lower: FloatArray) -> BoolArray:
    x = np.arange(240)
    top, low = (np.interp(x, points[:, 0], points[:, 1]) for points in (upper, lower))
    rows = np.arange(160)[:, None]
    return np.asarray((rows > top) & (rows < low) & (x > LEFT) & (x < RIGHT))


def smile(*, teeth: bool = True) -> Image:
    """Lips with teeth of different greys between them, and the dark below and beside them."""
    image = np.full((160, 240, 3), LIP, dtype=np.uint8)
    inside = between(lip(UPPER), lip(LOWER))
    image[inside] = DARK
    if teeth:
        rows, columns = np.mgrid[:160, :240]
        shown = inside & (rows <= EDGE) & (np.abs(columns - 120) <= 42)
        image[shown] = np.array(ENAMEL) - 12 * (columns[shown] // 14 % 2)[:, None]
    return image


def found(image: Image) -> OwnTeeth:
    teeth = find_own_teeth(image, lip(UPPER), lip(LOWER), NO_MESH, EYES)
    assert teeth is not None
    return teeth


def mouth() -> tuple[FloatArray, FloatArray]:
    y, x = np.mgrid[40:130, 50:190].astype(np.float32)
    return x, y


def drawn(own: OwnTeeth, image: Image, upper: FloatArray) -> tuple[Image, FloatArray]:
    """What is looked up, (90, 140, 3), and how much of it is seen."""
    x, y, share = place_own_teeth(own, upper, *mouth())
    return image[np.clip(np.rint(y), 0, 159).astype(int), np.clip(np.rint(x), 0, 239).astype(int)], share


def test_teeth_are_found_between_lips() -> None:
    own = found(smile())
    middle = len(own.top) // 2
    assert own.frame.origin[1] + own.top[middle] == pytest.approx(UPPER, abs=2)
    assert own.frame.origin[1] + own.bottom[middle] == pytest.approx(EDGE + 0.5, abs=1)


def test_lips_that_stay_show_the_photo() -> None:
    image = smile()
    x, y, share = place_own_teeth(found(image), lip(UPPER), *mouth())
    here_x, here_y = mouth()
    white = share > 0.5
    white &= (here_y < EDGE) & (np.abs(here_x - 120) < 40) & (here_y > UPPER + 4)
    assert white.sum() > 1000
    assert np.abs(x - here_x)[white].max() < 0.01
    assert np.abs(y - here_y)[white].max() < 0.01


def test_lips_that_rise_uncover_longer_teeth_with_their_edge_where_it_was() -> None:
    image = smile()
    pixels, share = drawn(found(image), image, lip(UPPER - 12))
    column, rows = 120 - 50, slice(UPPER - 12 - 40 + 3, EDGE - 40 - 1)
    assert (share[rows, column] > 0.99).all()
    assert (pixels[rows, column, 0] > 200).all()  # no lip, no dark: teeth from the lip to their edge
    assert share[EDGE - 40 + 3, column] == 0


def test_lips_that_rise_far_take_the_row_along() -> None:
    own = found(smile())
    height = own.bottom[len(own.top) // 2] - own.top[len(own.top) // 2]
    _, share = drawn(own, smile(), lip(UPPER - 60, corners=22))
    shown = np.flatnonzero(share[:, 120 - 50] > 0.5) + 40
    assert shown[-1] == pytest.approx(UPPER - 60 + 1.7 * height, abs=2.5)


def test_lips_that_sink_cover_teeth_and_do_not_squeeze_them() -> None:
    image = smile()
    x, y, share = place_own_teeth(found(image), lip(UPPER + 10), *mouth())
    _, here_y = mouth()
    shown = (share > 0.5) & (np.abs(x - 120) < 40) & (here_y > UPPER + 11)
    assert np.abs(y - here_y)[shown].max() < 0.01


def test_a_wide_mouth_has_the_dark_of_the_photo_at_its_corners() -> None:
    image = smile()
    pixels, share = drawn(found(image), image, lip(UPPER, left=LEFT - 8, right=RIGHT + 8))
    row = 80 - 40
    corner = pixels[row, [3, 136]][share[row, [3, 136]] > 0.5]
    assert (corner[:, 0] < 200).all()


@pytest.mark.parametrize("turn", [0, 25, -40])
def test_a_turned_head_has_its_teeth_turned(turn: float) -> None:
    import cv2

    matrix = cv2.getRotationMatrix2D((120, 80), turn, 1.0)
    image = np.asarray(cv2.warpAffine(smile(), matrix, (240, 160), borderValue=LIP), dtype=np.uint8)

    def turned(points: FloatArray) -> FloatArray:
        return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], dtype=np.float32)

    own = find_own_teeth(image, turned(lip(UPPER)), turned(lip(LOWER)), NO_MESH, EYES)
    straight = found(smile())
    assert own is not None
    assert own.bottom[len(own.top) // 2] == pytest.approx(straight.bottom[len(straight.top) // 2], abs=1.5)
    assert np.median(np.abs(own.top - straight.top[: len(own.top)])) < 1.5


@pytest.mark.parametrize(
    "image", [smile(teeth=False), np.full((160, 240, 3), LIP, dtype=np.uint8)], ids=["dark", "lips alone"]
)
def test_a_mouth_without_teeth_has_none(image: Image) -> None:
    assert find_own_teeth(image, lip(UPPER), lip(LOWER), NO_MESH, EYES) is None


def test_closed_lips_have_none() -> None:
    assert find_own_teeth(smile(), lip(82), lip(83), NO_MESH, EYES) is None


def test_too_small_teeth_are_not_drawn_from() -> None:
    assert find_own_teeth(smile(), lip(UPPER), lip(LOWER), NO_MESH, 6 * EYES) is None


def test_a_highlight_on_the_lip_is_no_tooth() -> None:
    image = smile()
    image[EDGE + 1 : LOWER - 1, 119:122] = ENAMEL
    plain, shining = found(smile()), found(image)
    assert np.abs(plain.bottom - shining.bottom).max() < 1


def test_lower_teeth_end_where_the_face_model_has_the_upper_ones_end() -> None:
    image = smile()
    mesh = np.array([[100, 78], [140, 80]], dtype=np.float32)
    own = find_own_teeth(image, lip(UPPER), lip(LOWER), mesh, EYES / 10)
    assert own is not None
    assert own.frame.origin[1] + own.bottom[len(own.bottom) // 2] < 81.5


def test_a_grey_photo_is_told_by_light() -> None:
    image = np.repeat(smile().mean(axis=-1, keepdims=True), 3, axis=-1).astype(np.uint8)
    own = found(image)
    assert own.frame.origin[1] + own.bottom[len(own.top) // 2] == pytest.approx(EDGE + 0.5, abs=1.5)
