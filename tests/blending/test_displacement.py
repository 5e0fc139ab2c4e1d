"""The continued field: itself inside, nothing far away, no seam between; and pixels looked up by it."""

import cv2
import numpy as np
import pytest

from affectface.blending.displacement import continue_field, look_up

SIZE = (150, 130)
REACH = 24.0


def disc(radius: float, *, hole: float = 0.0) -> np.ndarray:
    """Pixels between two radii around the picture's middle."""
    return (distance() <= radius) & (distance() >= hole)


def distance() -> np.ndarray:
    yy, xx = np.mgrid[: SIZE[0], : SIZE[1]]
    return np.hypot(yy - SIZE[0] / 2, xx - SIZE[1] / 2)


def constant(*values: float) -> np.ndarray:
    return np.broadcast_to(np.array([*values, 0], dtype=np.float32), (*SIZE, 4)).copy()


def photo(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 1.5)


def test_well_inside_the_displacement_is_kept() -> None:
    field = np.random.default_rng(1).normal(0, 3, (*SIZE, 4)).astype(np.float32)
    inside = disc(40)
    result = continue_field(field, inside, REACH)
    well = cv2.erode(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    np.testing.assert_allclose(result[well][:, :2], field[well][:, :2], atol=1e-5)


def test_beyond_the_reach_nothing_moves() -> None:
    result = continue_field(constant(5, -3, 0.3), disc(35), REACH)
    assert not result[distance() > 35 + REACH + 5].any()


def test_the_displacement_fades_without_a_step() -> None:
    result = continue_field(constant(5, -3, 0), disc(35), REACH)[..., :2]
    assert max(np.abs(np.diff(result, axis=axis)).max() for axis in (0, 1)) < 4 * 5 / REACH
    row = result[SIZE[0] // 2, SIZE[1] // 2 :, 0]
    assert np.all(np.diff(row) < 1e-3)
    assert row[0] == pytest.approx(5, abs=1e-4)


def test_a_hole_follows_its_rim() -> None:
    result = continue_field(constant(2, 1, 0), disc(45, hole=10), REACH)
    np.testing.assert_allclose(result[distance() < 9][:, :2], [[2, 1]] * int((distance() < 9).sum()), atol=1e-3)


def test_light_stays_inside_the_outer_border_and_is_full_in_the_middle() -> None:
    result = continue_field(constant(0, 0, 0.2), disc(50), REACH)[..., 2]
    assert np.abs(result[distance() > 54]).max() == 0
    assert result[SIZE[0] // 2, SIZE[1] // 2] == pytest.approx(0.2, abs=1e-3)
    assert result.min() > -1e-6


def test_values_outside_do_not_matter() -> None:
    inside = disc(40)
    field = constant(1, 2, 0.1)
    other = np.where(inside[..., None], field, np.float32(1e6))
    np.testing.assert_array_equal(continue_field(other, inside, REACH), continue_field(field, inside, REACH))


def test_the_arguments_are_not_written_to() -> None:
    field, inside = constant(1, 2, 0.1), disc(40)
    field.flags.writeable = inside.flags.writeable = False
    first = continue_field(field, inside, REACH)
    np.testing.assert_array_equal(continue_field(field, inside, REACH), first)


def test_a_field_of_nothing_returns_the_pixels_bit_for_bit() -> None:
    image = photo()
    result = look_up(image, np.zeros((*SIZE, 3), np.float32))
    np.testing.assert_array_equal(result, image)
    assert not np.shares_memory(result, image)


def test_a_whole_pixel_is_looked_up_exactly_and_the_edge_is_repeated() -> None:
    image = photo()
    field = np.zeros((*SIZE, 3), np.float32)
    field[..., 0] = 1
    expected = np.concatenate([image[:, 1:], image[:, -1:]], axis=1)
    np.testing.assert_array_equal(look_up(image, field), expected)


@pytest.mark.parametrize("far", [1e3, -1e3])
def test_far_outside_the_picture_its_edge_is_seen(far: float) -> None:
    image = np.full((*SIZE, 3), 90, np.uint8)
    field = np.full((*SIZE, 3), far, np.float32)
    field[..., 2] = 0
    np.testing.assert_array_equal(look_up(image, field), image)


def test_between_pixels_it_is_the_cubic_of_opencv() -> None:
    image = photo(2)
    field = np.random.default_rng(3).normal(0, 2, (*SIZE, 3)).astype(np.float32)
    field[..., 2] = 0
    yy, xx = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    # OpenCV rounds the place to a 32nd of a pixel
    field[..., 0], field[..., 1] = np.round(field[..., 0] * 32) / 32, np.round(field[..., 1] * 32) / 32
    oracle = cv2.remap(
        image.astype(np.float32),
        xx + field[..., 0],
        yy + field[..., 1],
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    assert np.abs(look_up(image, field) - np.clip(oracle, 0, 255)).max() < 0.51


def test_light_multiplies_and_is_bounded_by_white() -> None:
    image = photo()
    field = np.zeros((*SIZE, 3), np.float32)
    field[..., 2] = np.log(2)
    expected = np.minimum(image.astype(int) * 2, 255)
    np.testing.assert_allclose(look_up(image, field), expected, atol=1)
