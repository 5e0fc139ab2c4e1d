"""Known answers."""

import numpy as np
import pytest

from affectface.evaluation.statistics import (
    angle_between,
    area_under_curve,
    circular_mean,
    harmonic_mean,
    slope,
    spearman,
)


def test_area_under_curve() -> None:
    yes = np.array([True, True, False, False])
    assert area_under_curve(np.array([3.0, 2, 1, 0]), yes) == 1
    assert area_under_curve(np.array([0.0, 1, 2, 3]), yes) == 0
    assert area_under_curve(np.array([1.0, 1, 1, 1]), yes) == 0.5
    assert area_under_curve(np.array([3.0, 1, 2, 0]), yes) == 0.75
    assert np.isnan(area_under_curve(np.ones(4), np.zeros(4, dtype=bool)))


def test_slope_and_spearman() -> None:
    x = np.array([0.25, 0.5, 0.75, 1.0])
    assert slope(x, 2 * x + 1) == pytest.approx(2)
    assert spearman(x, x**3) == pytest.approx(1)
    assert spearman(x, -x) == pytest.approx(-1)
    assert np.isnan(slope(np.ones(4), x))
    assert spearman(x, np.ones(4)) == 0


def test_angles() -> None:
    np.testing.assert_allclose(angle_between(np.array([350.0, 0, 90]), np.array([10.0, 180, 90])), [20, 180, 0])
    assert circular_mean(np.array([350.0, 10])) == pytest.approx(0, abs=1e-9)
    assert circular_mean(np.array([170.0, -170])) == pytest.approx(180)
    assert np.isnan(circular_mean(np.array([])))


def test_harmonic_mean() -> None:
    assert harmonic_mean(0.5, 1.0) == pytest.approx(2 / 3)
    assert harmonic_mean(0, 1) == 0
