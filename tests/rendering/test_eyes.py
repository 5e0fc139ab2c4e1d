"""A drawn eye, taken apart and put together again."""

import cv2
import numpy as np
import pytest

from affectface.rendering.eyes import EyeLayers, separate_eye

HEIGHT, WIDTH = 70, 120
IRIS = (60.0, 35.0, 13.0)
SKIN, SCLERA, BLUE = (196, 150, 128), (225, 215, 208), (70, 95, 120)


def draw_eye(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a noisy photo, the eyeball alone and the opening between the lids, with a shadow under the upper lid."""
    yy, xx = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    opening = (np.abs(yy - 35) < 15 * (1 - ((xx - 60) / 38) ** 2)) & (np.abs(xx - 60) < 38)
    radius = np.hypot(xx - IRIS[0], yy - IRIS[1])[..., None]
    ball = np.where(radius < 5, (18, 16, 15), np.where(radius < IRIS[2], BLUE, SCLERA)).astype(np.float32)
    upper = 35 - 15 * (1 - ((xx - 60) / 38) ** 2)
    shade = np.clip(0.45 + (yy - upper) / 8, 0.45, 1)[..., None]
    photo = np.where(opening[..., None], ball * shade, SKIN)
    photo = photo + np.random.default_rng(seed).normal(0, 1.5, photo.shape)
    return np.clip(photo, 0, 255).astype(np.uint8), ball, opening


def crop(layers: EyeLayers, array: np.ndarray) -> np.ndarray:
    height, width = layers.eyeball.shape[:2]
    return array[layers.y : layers.y + height, layers.x : layers.x + width]


@pytest.fixture
def layers() -> EyeLayers:
    photo, _, opening = draw_eye()
    found = separate_eye(photo, opening, IRIS)
    assert found is not None
    return found


def test_eyeball_times_shadow_is_the_photo_within_the_opening(layers: EyeLayers) -> None:
    photo, _, opening = draw_eye()
    seen, before = crop(layers, opening), crop(layers, photo).astype(np.float32)
    # the ratio is bounded, and has an offset that keeps black from being divided by black
    free = (layers.shadow > 0.101) & (layers.shadow < 1.599) & seen[..., None]
    assert free.sum() > 0.97 * 3 * seen.sum()
    with_offset = (layers.eyeball + 2) * layers.shadow - 2
    np.testing.assert_allclose(with_offset[free], before[free], atol=0.01)
    again = layers.eyeball * layers.shadow
    assert np.abs(again - before)[free].max() < 2.0


def test_the_layers_reach_around_the_opening(layers: EyeLayers) -> None:
    _, _, opening = draw_eye()
    assert crop(layers, opening).sum() == opening.sum()
    assert layers.eyeball.shape == layers.shadow.shape
    assert layers.eyeball.dtype == layers.shadow.dtype == np.float32
    assert np.isfinite(layers.eyeball).all()
    assert layers.eyeball.min() >= 0
    assert layers.eyeball.max() <= 255
    assert layers.shadow.min() >= 0.1 - 1e-6
    assert layers.shadow.max() <= 1.6 + 1e-6


def test_the_shadow_under_the_upper_lid_is_found_there(layers: EyeLayers) -> None:
    _, _, opening = draw_eye()
    seen = crop(layers, opening)
    inward = cv2.distanceTransform(np.pad(seen, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    border = seen & (inward < 3)
    upper = border & (np.arange(len(seen))[:, None] + layers.y < 32)
    lower = border & (np.arange(len(seen))[:, None] + layers.y > 38)
    assert layers.shadow[upper].mean() < 0.75
    assert layers.shadow[lower].mean() > 0.9
    np.testing.assert_array_equal(layers.shadow[inward > 10], 1)


def test_the_eyeball_is_completed_under_the_lids(layers: EyeLayers) -> None:
    _, ball, opening = draw_eye()
    seen, truth = crop(layers, opening), crop(layers, ball)
    yy, xx = np.mgrid[: len(seen), : seen.shape[1]] + 0.5
    radius = np.hypot(xx + layers.x - IRIS[0], yy + layers.y - IRIS[1])
    hidden = ~seen & ((radius > 1.2 * IRIS[2]) & (np.abs(xx + layers.x - 60) < 38))
    assert np.abs(layers.eyeball[hidden] - truth[hidden]).mean() < 25  # sclera, not skin and not shadow
    assert layers.eyeball[hidden][:, 2].mean() > 180  # skin is yellower than this


def test_the_iris_stays_where_it_is(layers: EyeLayers) -> None:
    column, row = int(IRIS[0]) - layers.x, int(IRIS[1]) - layers.y
    assert layers.eyeball[row, column].max() < 40
    np.testing.assert_allclose(layers.eyeball[row, column + 9], BLUE, atol=8)


def test_a_closed_eye_has_no_layers() -> None:
    photo, _, opening = draw_eye()
    assert separate_eye(photo, np.zeros_like(opening), IRIS) is None
    slit = np.zeros_like(opening)
    slit[35, 30:90] = True
    assert separate_eye(photo, slit, IRIS) is None
    dot = np.zeros_like(opening)
    dot[30:40, 60:63] = True
    assert separate_eye(photo, dot, IRIS) is None


@pytest.mark.parametrize("opened", [2, 3, 4, 6])
def test_nearly_closed_eyes_have_finite_layers(opened: int) -> None:
    photo, _, opening = draw_eye()
    opening &= (np.abs(np.arange(HEIGHT) + 0.5 - 35) < opened / 2)[:, None]
    found = separate_eye(photo, opening, IRIS)
    assert found is not None
    assert np.isfinite(found.eyeball).all()
    assert np.isfinite(found.shadow).all()


@pytest.mark.parametrize(("dx", "dy"), [(-22, 0), (22, 0), (0, -20), (0, 20)])
def test_an_eye_at_the_edge_of_the_photo(dx: int, dy: int) -> None:
    photo, _, opening = draw_eye()
    y0, x0 = max(dy, 0), max(dx, 0)
    part = np.s_[y0 : HEIGHT + min(dy, 0), x0 : WIDTH + min(dx, 0)]
    cut = separate_eye(photo[part], opening[part], (IRIS[0] - x0, IRIS[1] - y0, IRIS[2]))
    assert cut is not None
    height, width = opening[part].shape
    assert min(cut.x, cut.y) >= 0
    assert cut.x + cut.eyeball.shape[1] <= width
    assert cut.y + cut.eyeball.shape[0] <= height


def test_an_iris_that_looks_away_is_not_missed() -> None:
    photo, _, opening = draw_eye()
    found = separate_eye(photo, opening, (400.0, 400.0, 13.0))
    assert found is not None
    assert np.isfinite(found.eyeball).all()


def test_the_photo_is_not_written_to() -> None:
    photo, _, opening = draw_eye()
    photo.flags.writeable = opening.flags.writeable = False
    separate_eye(photo, opening, IRIS)
