"""A field that is kept inside, fades to nothing outside, and pixels found where it points."""

import numpy as np
import pytest

from affectface.arrays import Image
from affectface.blending.displacement import continue_field, look_up, twice_as_fine

HEIGHT, WIDTH, REACH = 150, 200, 30.0
BLOCK = 2  # a cell of the coarse grid: the longer side has at most 112


def continued(field: np.ndarray, inside: np.ndarray, reach: float) -> np.ndarray:
    """Return displacement and light of the continued field as one array (H, W, 3)."""
    return np.dstack(continue_field(field, inside, reach))


def found_at(image: Image, field: np.ndarray) -> Image:
    """Return what is found in an image where a field (H, W, 3) of displacement and light points."""
    return look_up(twice_as_fine(image), field[..., :2], np.ascontiguousarray(field[..., 2]))


def disc(radius: float = 40.0) -> tuple[np.ndarray, np.ndarray]:
    """Return where a disc in the middle is, and how far each pixel lies outside of it."""
    yy, xx = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    away = np.hypot(xx - WIDTH / 2, yy - HEIGHT / 2) - radius
    return away < 0, away


def wavy(amplitude: float = 4.0) -> np.ndarray:
    """Return a smooth field (H, W, 4), with what must not be looked at in the fourth place."""
    yy, xx = np.mgrid[:HEIGHT, :WIDTH] / 25
    field = np.stack([np.sin(xx) + 0.5, np.cos(yy + xx / 2), 0.1 * np.sin(yy), 0 * xx + 1e6], axis=-1)
    field[..., :2] *= amplitude
    return field.astype(np.float32)


@pytest.fixture
def image() -> Image:
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def test_the_displacement_is_exact_well_inside() -> None:
    inside, away = disc()
    field = wavy()
    found = continued(field, inside, REACH)
    assert found.shape == (HEIGHT, WIDTH, 3)
    assert found.dtype == np.float32
    well = away < -4
    np.testing.assert_allclose(found[well][:, :2], field[well][:, :2], atol=1e-5)


def test_nothing_is_displaced_beyond_reach() -> None:
    inside, away = disc()
    found = continued(wavy(), inside, REACH)
    beyond = away > REACH + 3 * BLOCK
    assert beyond.sum() > 5000
    np.testing.assert_array_equal(found[beyond], 0)
    assert np.abs(found[(away > 2) & (away < REACH / 2)]).max() > 1  # but it is before


def test_the_field_is_continuous() -> None:
    inside, _ = disc()
    field = wavy()
    found = continued(field, inside, REACH)
    steepest = max(np.abs(np.diff(field[..., :3], axis=axis)).max() for axis in (0, 1))
    # across the border it falls from its largest value within the reach, at 1.5 times the mean slope at most
    allowed = steepest + 1.5 * np.abs(field[..., :2]).max() / REACH + 0.1
    for axis in (0, 1):
        assert np.abs(np.diff(found, axis=axis)).max() < allowed


def test_a_hole_is_filled_by_its_surroundings() -> None:
    inside, away = disc()
    hole = away < -32
    field = np.zeros((HEIGHT, WIDTH, 4), dtype=np.float32)
    field[..., 0], field[..., 1] = 5, -2
    field[hole] = 1000  # not known there: it must not be looked at
    found = continued(field, inside & ~hole, REACH)
    np.testing.assert_allclose(found[hole][:, :2], np.tile((5, -2), (hole.sum(), 1)), atol=1e-3)


def test_what_is_not_inside_is_not_looked_at() -> None:
    inside, _ = disc()
    field = wavy()
    poisoned = np.where(inside[..., None], field, np.float32(np.nan))
    np.testing.assert_array_equal(continued(poisoned, inside, REACH), continued(field, inside, REACH))


def test_an_even_displacement_fades_without_growing() -> None:
    inside, away = disc()
    field = np.zeros((HEIGHT, WIDTH, 4), dtype=np.float32)
    field[..., 0] = 6
    found = continued(field, inside, REACH)[..., 0]
    assert found.min() >= 0
    assert found.max() <= 6 + 1e-4
    rings = [found[(away >= start) & (away < start + 3)].mean() for start in np.arange(-6, REACH + 6, 3)]
    assert (np.diff(rings) <= 1e-4).all()


def test_light_fades_to_nothing_at_the_border() -> None:
    inside, away = disc()
    field = np.zeros((HEIGHT, WIDTH, 4), dtype=np.float32)
    field[..., 2] = 0.3
    light = continued(field, inside, REACH)[..., 2]
    np.testing.assert_array_equal(light[away > 2 * BLOCK], 0)
    np.testing.assert_allclose(light[away < -0.6 * REACH - 3 * BLOCK], 0.3, atol=1e-3)
    assert light.min() >= 0
    assert light.max() <= 0.3 + 1e-5


def test_a_zero_field_stays_zero() -> None:
    inside, _ = disc()
    np.testing.assert_array_equal(continued(np.zeros((HEIGHT, WIDTH, 4), np.float32), inside, REACH), 0)


def test_no_face_moves_nothing() -> None:
    nowhere = np.zeros((HEIGHT, WIDTH), dtype=bool)
    np.testing.assert_array_equal(continued(wavy(), nowhere, REACH), 0)


def test_a_face_that_fills_the_picture() -> None:
    everywhere = np.ones((HEIGHT, WIDTH), dtype=bool)
    found = continued(wavy(), everywhere, REACH)
    np.testing.assert_allclose(found[..., :2], wavy()[..., :2], atol=1e-5)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 1), (113, 7), (300, 451)])
def test_pictures_of_any_size(size: tuple[int, int]) -> None:
    inside = np.zeros(size, dtype=bool)
    inside[size[0] // 3 :, size[1] // 3 :] = True
    field = np.ones((*size, 4), dtype=np.float32)
    found = continued(field, inside, 3.0)
    assert found.shape == (*size, 3)
    assert np.isfinite(found).all()


def test_continue_field_does_not_write_into_its_arguments() -> None:
    inside, _ = disc()
    field = wavy()
    field.flags.writeable = inside.flags.writeable = False
    continued(field, inside, REACH)


def constant(x: float, y: float, light: float = 0.0) -> np.ndarray:
    return np.broadcast_to(np.float32([x, y, light]), (HEIGHT, WIDTH, 3)).copy()


def test_a_zero_field_leaves_the_image_bit_for_bit(image: Image) -> None:
    found = found_at(image, constant(0, 0))
    np.testing.assert_array_equal(found, image)
    assert not np.shares_memory(found, image)


def test_movement_too_small_to_see_is_not_seen(image: Image) -> None:
    found = found_at(image, constant(9e-4, -9e-4, 9e-4))
    assert np.abs(found.astype(int) - image).max() <= 1


@pytest.mark.parametrize(("dx", "dy"), [(1, 0), (0, 1), (-3, 2), (7, -5)])
def test_whole_pixels_are_a_roll(image: Image, dx: int, dy: int) -> None:
    found = found_at(image, constant(dx, dy))
    rolled = np.roll(image, (-dy, -dx), axis=(0, 1))
    room = 8
    np.testing.assert_array_equal(found[room:-room, room:-room], rolled[room:-room, room:-room])


@pytest.mark.parametrize(("dx", "dy"), [(500, 0), (-500, 0), (0, 500), (0, -500), (1e6, -1e6)])
def test_beyond_the_edge_its_pixels_are_repeated(image: Image, dx: float, dy: float) -> None:
    found = found_at(image, constant(dx, dy)).astype(int)
    rows = np.clip(np.arange(HEIGHT) + dy, 0, HEIGHT - 1).astype(int)
    columns = np.clip(np.arange(WIDTH) + dx, 0, WIDTH - 1).astype(int)
    assert np.abs(found - image[np.ix_(rows, columns)]).max() <= 1


def test_half_a_pixel_along_a_ramp_is_half_a_step() -> None:
    ramp = np.broadcast_to((4 * np.arange(50, dtype=np.uint8))[None, :, None], (20, 50, 3)).copy()
    field = np.broadcast_to(np.float32([0.5, 0, 0]), (20, 50, 3)).copy()
    np.testing.assert_array_equal(found_at(ramp, field)[:, 5:-5], ramp[:, 5:-5] + 2)


def test_a_flat_image_stays_flat_wherever_it_is_looked_up() -> None:
    flat = np.full((HEIGHT, WIDTH, 3), (10, 128, 250), dtype=np.uint8)
    field = np.random.default_rng(1).normal(0, 30, (HEIGHT, WIDTH, 3)).astype(np.float32)
    field[..., 2] = 0
    np.testing.assert_array_equal(found_at(flat, field), flat)


def test_light_multiplies_and_is_clipped() -> None:
    flat = np.full((HEIGHT, WIDTH, 3), (0, 60, 200), dtype=np.uint8)
    np.testing.assert_array_equal(found_at(flat, constant(0, 0, float(np.log(2))))[0, 0], [0, 120, 255])
    np.testing.assert_array_equal(found_at(flat, constant(0, 0, float(np.log(0.5))))[0, 0], [0, 30, 100])


def test_the_image_and_the_field_are_not_written_to(image: Image) -> None:
    field = constant(2, 1, 0.1)
    image.flags.writeable = field.flags.writeable = False
    before = image.copy()
    found_at(image, field)
    np.testing.assert_array_equal(image, before)
