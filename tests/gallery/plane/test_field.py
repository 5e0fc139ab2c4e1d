"""Values over the plane: through the classes, or as near as they can be believed."""

import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator

from affectface.gallery.plane.field import SMOOTHINGS, PlaneField, choose_smoothing

RNG = np.random.default_rng(0)
POINTS = RNG.uniform(-0.7, 0.7, (60, 2)).astype(np.float32)
TRUE = np.stack([np.sin(2 * POINTS[:, 0]), POINTS[:, 1] ** 2, POINTS.sum(axis=1)], axis=1).astype(np.float32)
ALIKE = np.full(60, 20, dtype=np.int32)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_it_is_scipys_spline(smoothing: float) -> None:
    plain = RBFInterpolator(POINTS, TRUE, kernel="thin_plate_spline", degree=1, smoothing=smoothing)
    field = PlaneField(POINTS, TRUE, ALIKE, smoothing)
    for where in ((0.1, 0.2), (-0.4, 0.3), (0.0, -0.5)):
        np.testing.assert_allclose(field.smooth(np.array(where)), plain(np.array([where]))[0], atol=2e-4)


def test_noise_is_smoothed_away_and_signal_is_not() -> None:
    noisy = TRUE + RNG.normal(0, 0.15, TRUE.shape).astype(np.float32)
    chosen = choose_smoothing(POINTS, noisy, ALIKE)
    assert chosen > choose_smoothing(POINTS, TRUE, ALIKE)
    grid = np.array([(x, y) for x in np.linspace(-0.5, 0.5, 9) for y in np.linspace(-0.5, 0.5, 9)])
    wanted = np.stack([np.sin(2 * grid[:, 0]), grid[:, 1] ** 2, grid.sum(axis=1)], axis=1)
    through, smooth = (
        np.array([PlaneField(POINTS, noisy, ALIKE, s).smooth(where) for where in grid]) for s in (0.0, chosen)
    )
    assert np.abs(smooth - wanted).mean() < 0.7 * np.abs(through - wanted).mean()


def test_the_left_out_error_is_that_of_leaving_out() -> None:
    """The closed form against one spline for each class, at each smoothing."""
    noisy = TRUE[:25] + RNG.normal(0, 0.1, (25, 3)).astype(np.float32)
    points, support = POINTS[:25], RNG.integers(5, 50, 25).astype(np.int32)
    doubt = np.median(support) / support
    wrong = []
    for smoothing in SMOOTHINGS[1:]:
        total = 0.0
        for k in range(25):
            rest = np.arange(25) != k
            spline = RBFInterpolator(
                points[rest], noisy[rest], kernel="thin_plate_spline", smoothing=smoothing * doubt[rest]
            )
            total += float(((spline(points[k : k + 1])[0] - noisy[k]) ** 2).sum() / doubt[k])
        wrong.append(total)
    assert choose_smoothing(points, noisy, support) == SMOOTHINGS[1 + int(np.argmin(wrong))]


def test_classes_of_many_frames_are_believed_more() -> None:
    support = ALIKE.copy()
    support[7] = 10_000
    odd = TRUE.copy()
    odd[7] += 1
    field = PlaneField(POINTS, odd, support, 0.3)
    assert np.abs(field.smooth(POINTS[7].astype(float)) - odd[7]).max() < 0.1
    alike = PlaneField(POINTS, odd, ALIKE, 0.3)
    assert np.abs(alike.smooth(POINTS[7].astype(float)) - odd[7]).max() > 0.3


def test_points_on_one_line_have_a_hull_too() -> None:
    line = np.array([[0, 0], [0.2, 0.2], [0.4, 0.4]], dtype=np.float32)
    field = PlaneField(line, np.array([[0.0], [0.5], [1.0]], dtype=np.float32), ALIKE[:3])
    near, far = (field.smooth(np.array(where)) for where in ((0.4, 0.4), (0.9, 0.9)))
    assert near[0] == pytest.approx(1.0, abs=1e-3)
    assert far[0] == pytest.approx(1.1, abs=0.05)
