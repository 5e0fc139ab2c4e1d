"""Colour and light inside the mouth."""

import numpy as np
import pytest

from affectface.regions import REGIONS
from affectface.rendering.mouth import INTERIOR, light_in_mouth, mouth_albedo, white_of_photo, white_of_teeth
from affectface.rendering.shade import luminance, to_linear, to_srgb

SIDE = 40
WHITER = 1.3  # a white surface over a sclera


def photo_of(sclera: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return a photo whose right half shows the white of an eye of a linear colour, and where that is."""
    linear = np.zeros((SIDE, SIDE, 3), dtype=np.float32)
    linear[:, SIDE // 2 :] = sclera
    where = np.zeros((SIDE, SIDE), dtype=bool)
    where[:, SIDE // 2 :] = True
    return np.rint(to_srgb(linear)).astype(np.uint8), where


def test_a_grey_photo_has_a_grey_white() -> None:
    photo, sclera = photo_of((0.5, 0.5, 0.5))
    white = white_of_photo(photo, sclera, np.float32([0.2, 0.2, 0.2]))
    assert white.dtype == np.float32
    assert np.ptp(white) < 1e-4
    assert white[0] == pytest.approx(0.5 * WHITER, abs=0.01)


@pytest.mark.parametrize("exposure", [0.3, 0.5, 1.0])
def test_white_scales_with_the_exposure(exposure: float) -> None:
    colour, skin = np.float32([0.72, 0.6, 0.55]), np.float32([0.3, 0.2, 0.15])
    full = white_of_photo(*photo_of(tuple(colour)), skin)
    less = white_of_photo(*photo_of(tuple(colour * exposure)), skin * np.float32(exposure))
    np.testing.assert_allclose(less, full * exposure, rtol=0.03)


def test_half_of_the_tint_of_the_sclera_is_the_lights() -> None:
    photo, sclera = photo_of((0.6, 0.5, 0.4))
    white = white_of_photo(photo, sclera, np.zeros(3, np.float32))
    seen = to_linear(photo[0, -1])
    assert luminance(white) == pytest.approx(WHITER * float(luminance(seen)), rel=1e-3)
    assert white[0] > white[1] > white[2]
    assert white[0] - white[2] == pytest.approx(WHITER * 0.5 * (seen[0] - seen[2]), rel=0.02)


def test_a_sclera_in_the_shade_is_not_believed() -> None:
    skin = np.float32([0.3, 0.3, 0.3])
    white = white_of_photo(*photo_of((0.1, 0.1, 0.1)), skin)
    assert luminance(white) == pytest.approx(1.6 * 0.3, rel=0.02)


def test_without_a_sclera_white_is_told_by_the_skin() -> None:
    photo, sclera = photo_of((0.5, 0.5, 0.5))
    white = white_of_photo(photo, np.zeros_like(sclera), np.float32([0.4, 0.4, 0.4]))
    np.testing.assert_allclose(white, 1.3 * 0.4, rtol=1e-5)
    for skin, bound in ((0.0, 0.12), (1.0, 0.9)):
        np.testing.assert_allclose(white_of_photo(photo, ~sclera & False, np.full(3, skin, np.float32)), bound)


def test_white_is_a_colour_even_in_black_and_in_glare() -> None:
    for level in (0.0, 1.0):
        white = white_of_photo(*photo_of((level, level, level)), np.full(3, level, np.float32))
        assert np.isfinite(white).all()
        assert white.min() >= 0
        assert white.max() <= 1


def test_lashes_in_the_sclera_do_not_darken_white() -> None:
    photo, sclera = photo_of((0.5, 0.5, 0.5))
    photo[:10, SIDE // 2 :] = 15
    white = white_of_photo(photo, sclera, np.zeros(3, np.float32))
    np.testing.assert_allclose(white, 0.5 * WHITER, rtol=0.02)


def region_map() -> np.ndarray:
    return np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_teeth_are_lighter_than_gums_than_the_dark_behind() -> None:
    light = luminance(mouth_albedo(region_map())).ravel()
    teeth, gums, socket = (light[REGIONS.index(name)] for name in ("teeth_upper", "gums", "mouth_socket"))
    assert teeth > gums > socket > 0


def test_without_teeth_they_have_the_colour_of_the_mouth_behind_them() -> None:
    with_teeth, without = (mouth_albedo(region_map(), teeth=teeth).reshape(-1, 3) for teeth in (True, False))
    socket = with_teeth[REGIONS.index("mouth_socket")]
    for name in ("teeth_upper", "teeth_lower"):
        np.testing.assert_array_equal(without[REGIONS.index(name)], socket)
    others = [i for i in range(256) if i not in (REGIONS.index("teeth_upper"), REGIONS.index("teeth_lower"))]
    np.testing.assert_array_equal(without[others], with_teeth[others])


def test_only_the_inside_of_the_mouth_has_a_colour() -> None:
    albedo = mouth_albedo(region_map()).reshape(-1, 3)
    inside = np.isin(np.arange(256), [REGIONS.index(name) for name in INTERIOR])
    np.testing.assert_array_equal(albedo.any(axis=1), inside)
    assert albedo.min() >= 0
    assert albedo.max() <= 1


def mouth(height: int = 12) -> np.ndarray:
    """Return an open mouth in the middle of a picture."""
    yy, xx = np.mgrid[:SIDE, : 2 * SIDE] + 0.5
    return (((xx - SIDE) / 30) ** 2 + ((yy - SIDE / 2) / (height / 2)) ** 2) < 1


@pytest.mark.parametrize("scale", [0.5, 3.0, 10.0, 60.0])
@pytest.mark.parametrize("height", [0, 2, 12, 100])
def test_light_is_a_share(height: int, scale: float) -> None:
    rng = np.random.default_rng(0)
    opening = mouth(max(height, 1)) if height else np.zeros((SIDE, 2 * SIDE), dtype=bool)
    facing = rng.uniform(0, 1, opening.shape).astype(np.float32)
    depth = rng.uniform(-1, 9, opening.shape).astype(np.float32)
    light = light_in_mouth(facing, depth, opening, scale)
    assert light.shape == (*opening.shape, 3)
    assert light.dtype == np.float32
    assert light.min() >= 0
    assert light.max() <= 1


def test_a_closed_mouth_is_dark() -> None:
    nothing = np.zeros((SIDE, SIDE), dtype=bool)
    ones = np.ones(nothing.shape, dtype=np.float32)
    assert not light_in_mouth(ones, 0 * ones, nothing, 10.0).any()


def test_deeper_is_darker_and_redder() -> None:
    opening = np.ones((SIDE, SIDE), dtype=bool)
    ones = np.ones(opening.shape, dtype=np.float32)
    middle = [light_in_mouth(ones, depth * ones, opening, 5.0)[30, 20] for depth in (0.0, 0.9, 2.0, 4.0)]
    np.testing.assert_allclose(middle[0], middle[1])  # light falls freely as far as here
    assert (np.diff(middle[1:], axis=0) < 0).all()
    red_share = [colour[0] / colour[2] for colour in middle[1:]]
    assert red_share[0] < red_share[1] < red_share[2]


def test_what_faces_the_viewer_is_lighter() -> None:
    opening = np.ones((SIDE, SIDE), dtype=bool)
    zero = np.zeros(opening.shape, dtype=np.float32)
    assert (light_in_mouth(zero + 1, zero, opening, 5.0)[30] > light_in_mouth(zero, zero, opening, 5.0)[30]).all()


def test_the_upper_lip_casts_the_longer_shadow() -> None:
    opening = mouth(24)
    ones = np.ones(opening.shape, dtype=np.float32)
    column = light_in_mouth(ones, 0 * ones, opening, 40.0)[:, SIDE, 0]
    upper, lower = column[8:20], column[20:32][::-1]
    assert (lower >= upper - 1e-6).all()
    assert lower.sum() > upper.sum()


def test_teeth_in_the_photo_tell_white() -> None:
    white = np.float32([0.4, 0.4, 0.4])
    bright, dark = (np.full((100, 3), level, dtype=np.uint8) for level in (190, 60))
    found = white_of_teeth(white, bright)
    assert luminance(found) == pytest.approx(float(luminance(to_linear(bright[0]))) / 0.75, rel=0.01)
    np.testing.assert_array_equal(white_of_teeth(white, dark), white)  # in the shade of the lips
    np.testing.assert_array_equal(white_of_teeth(white, bright[:5]), white)
    assert white_of_teeth(white, np.full((100, 3), 255, dtype=np.uint8)).max() <= 1
