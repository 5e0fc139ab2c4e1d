from __future__ import annotations

import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.synthesis.layers import draw_seam

EYES = 160.0
LIPS = np.s_[10:50, 5:75]


def lips() -> Image:
    image = np.full((60, 80, 3), (170, 90, 95), dtype=np.uint8)
    image[30:] = (200, 120, 125)
    return image


def looking(jump: float) -> FloatArray:
    """The lower half of 60 rows looks `jump` pixels further down than the upper one."""
    displacement = np.zeros((60, 80, 2), dtype=np.float32)
    displacement[30:, :, 1] = jump
    return displacement


def drawn(jump: float, eye_distance: float = EYES) -> Image:
    pixels = lips()
    draw_seam(pixels, LIPS, looking(jump), eye_distance)
    return pixels


def test_skin_that_stretches_has_no_seam() -> None:
    np.testing.assert_array_equal(drawn(0.9), lips())


def test_lips_that_were_apart_meet_in_shadow() -> None:
    middle = drawn(8)[:, 40].astype(int)
    assert middle[29:31].sum() < 0.8 * lips()[29:31, 40].sum()
    np.testing.assert_array_equal(middle[:25], lips()[:25, 40])
    np.testing.assert_array_equal(middle[36:], lips()[36:, 40])
    shares = middle[29] / lips()[29, 40]
    assert shares[0] > shares[1], "a shadow between lips is red"


def test_the_shadow_grows_with_how_far_they_were_apart() -> None:
    rows = [int(drawn(jump)[29:31, 40].sum()) for jump in (1.5, 3, 5, 9)]
    assert rows == sorted(rows, reverse=True)
    assert len(set(rows)) == 4


def test_in_a_small_face_the_line_is_fainter_not_wider() -> None:
    assert drawn(8, 40.0)[29:31, 40].sum() > drawn(8)[29:31, 40].sum()
    changed = (drawn(8, 40.0)[:, 40] != lips()[:, 40]).any(axis=-1)
    assert changed.sum() <= 8


def test_nothing_but_the_lips_is_drawn_on() -> None:
    outside = np.ones((60, 80), dtype=bool)
    outside[LIPS] = False
    np.testing.assert_array_equal(drawn(8)[outside], lips()[outside])
