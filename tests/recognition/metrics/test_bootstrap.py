"""Confidence intervals: what scipy says, how often they hold the truth, and what subjects change."""

from __future__ import annotations

import math

import numpy as np
import pytest
from known_pairs import LABELS, PREDICTIONS
from scipy import stats

from affectface.recognition.metrics import (
    BootstrapConfig,
    accuracy,
    concordance,
    confidence_interval,
    mean_absolute_error,
    mean_squared_error,
    pearson,
)

ZERO = np.zeros(12)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_scipy_says_the_same(method: str) -> None:
    config = BootstrapConfig(resamples=8000, method=method)  # type: ignore[arg-type]
    ours = confidence_interval(concordance, LABELS, PREDICTIONS, config=config)
    theirs = stats.bootstrap(
        (LABELS, PREDICTIONS),
        concordance,
        paired=True,
        vectorized=False,
        n_resamples=8000,
        method={"percentile": "percentile", "bca": "BCa"}[method],
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert ours.value == concordance(LABELS, PREDICTIONS)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.015)


def test_the_mean_by_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(0, 1, 400)
    found = confidence_interval(lambda x, y: float(x.mean()), values, values)
    half = 1.96 * values.std() / 20
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.01)


def test_rows_of_one_subject_are_drawn_together() -> None:
    # ten subjects, each of whose errors are all alike: a hundred rows say no more than ten
    errors = np.repeat(np.arange(10.0), 10)
    subjects = np.repeat([f"s{n}" for n in range(10)], 10)
    narrow = confidence_interval(mean_absolute_error, np.zeros(100), errors)
    wide = confidence_interval(mean_absolute_error, np.zeros(100), errors, groups=subjects)
    alone = confidence_interval(mean_absolute_error, np.zeros(10), np.arange(10.0))
    assert (narrow.units, wide.units) == (100, 10)
    assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(math.sqrt(10), rel=0.1)
    assert (wide.low, wide.high) == (alone.low, alone.high)


def test_how_often_the_interval_holds_the_truth() -> None:
    rng, held = np.random.default_rng(3), 0
    config = BootstrapConfig(resamples=200, level=0.9)
    for _ in range(200):
        values = rng.normal(0.3, 1, 40)
        found = confidence_interval(lambda x, y: float(x.mean()), values, values, config=config)
        held += found.low <= 0.3 <= found.high
    assert 0.82 <= held / 200 <= 0.96  # 0.9 within three standard errors, less what percentiles lose at 40 rows


def test_order_of_subjects_and_seed() -> None:
    subjects = np.repeat(np.arange(4), 3)
    turned = np.random.default_rng(5).permutation(12)
    one = confidence_interval(mean_squared_error, LABELS, PREDICTIONS, groups=subjects)
    other = confidence_interval(mean_squared_error, LABELS[turned], PREDICTIONS[turned], groups=subjects[turned])
    assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=1e-12)
    assert one == confidence_interval(mean_squared_error, LABELS, PREDICTIONS, groups=subjects)
    rows = [
        confidence_interval(mean_squared_error, LABELS, PREDICTIONS, config=BootstrapConfig(seed=n)) for n in (0, 1)
    ]
    assert rows[0].low != rows[1].low


def test_names_work_too() -> None:
    found = confidence_interval(accuracy, ["joy", "fear"] * 20, ["joy", "joy"] * 20)
    assert found.value == 0.5
    assert 0.3 < found.low < 0.5 < found.high < 0.7


def test_resamples_without_a_figure_are_counted() -> None:
    found = confidence_interval(pearson, [0.0, 0, 1], [0.1, 0, 1])
    # a resample of the first two rows only has labels that do not vary: (2/3)³ + (1/3)³ of all
    assert found.undefined == pytest.approx(2000 / 3, rel=0.1)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_nothing_to_draw_from(method: str) -> None:
    config = BootstrapConfig(method=method)  # type: ignore[arg-type]
    found = confidence_interval(mean_squared_error, LABELS, PREDICTIONS, groups=["me"] * 12, config=config)
    assert found.units == 1
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    constant = confidence_interval(pearson, ZERO, PREDICTIONS, config=config)
    assert math.isnan(constant.value)
    assert math.isnan(constant.low)
    assert constant.undefined == 2000


def test_bca_of_what_never_differs() -> None:
    found = confidence_interval(mean_squared_error, LABELS, LABELS, config=BootstrapConfig(method="bca"))
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_senseless_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"groups has shape \(2,\); \(12,\) is needed"):
        confidence_interval(pearson, LABELS, PREDICTIONS, groups=[1, 2])
    with pytest.raises(ValueError, match="y_pred has 11 rows and y_true 12"):
        confidence_interval(pearson, LABELS, PREDICTIONS[1:])
    with pytest.raises(ValueError, match="y_true has nan; classes are"):
        confidence_interval(accuracy, ["joy", float("nan")], ["joy", "joy"])
    with pytest.raises(ValueError, match="level is 95"):
        BootstrapConfig(level=95)
    with pytest.raises(ValueError, match="resamples is 0"):
        BootstrapConfig(resamples=0)
    with pytest.raises(ValueError, match="method is 'basic'"):
        BootstrapConfig(method="basic")  # type: ignore[arg-type]
