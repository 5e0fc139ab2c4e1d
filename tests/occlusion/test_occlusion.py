"""Several things in front of a face, and the skin behind them."""

import numpy as np

from affectface.occlusion.occlusion import Occlusion, together, without_occlusion


def square(x: int, y: int, side: int) -> Occlusion:
    return Occlusion(x, y, np.ones((side, side), np.float32), np.ones((side, side), np.float32))


def with_room(x: int, y: int, side: int) -> Occlusion:
    mask = np.zeros((60, 60), np.float32)
    mask[y : y + side, x : x + side] = 1
    return Occlusion(0, 0, mask, mask)


def test_together_is_each_of_them() -> None:
    one, other = square(2, 3, 4), square(5, 1, 3)
    both = together(one, None, other)
    assert both is not None
    np.testing.assert_array_equal(both.hides((12, 12)), one.hides((12, 12)) | other.hides((12, 12)))
    assert together(None, one) is one
    assert together(None, None) is None


def test_behind_it_the_skin_goes_on() -> None:
    picture = np.full((60, 60, 3), 180, np.uint8)
    picture[20:30, 20:30] = 10
    np.testing.assert_array_equal(without_occlusion(picture, with_room(20, 20, 10)), 180)


def test_what_is_not_skin_is_not_continued() -> None:
    picture = np.full((60, 60, 3), 180, np.uint8)
    picture[20:30, 20:30] = 10
    picture[30:40, 15:35] = 40  # lashes below it
    lashes = picture[..., 0] == 40
    among, without = (without_occlusion(picture, with_room(20, 20, 10), other)[29, 25, 0] for other in (None, lashes))
    assert among < 100 < without
