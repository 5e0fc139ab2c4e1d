"""Tests for two models: scipy's and pingouin's answers, exact counts, and how often they cry wolf."""

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
    mcnemar_test,
    mean_absolute_error,
    paired_bootstrap,
    pearson,
    permutation_test,
    wilcoxon_test,
)

BETTER = 0.5 * (LABELS + PREDICTIONS)
FEW = BootstrapConfig(resamples=200)


def test_permutations_are_all_tried_where_they_are_few() -> None:
    truth, first, second = np.zeros(3), np.array([1.0, 1, 1]), np.array([0.5, 0.5, 0.5])
    found = permutation_test(mean_absolute_error, truth, (first, second))
    assert found.difference == -0.5
    assert found.p_value == 2 / 8  # as it is, and all three exchanged
    assert found.units == 3


def test_permutation_of_means_as_scipy_has_it() -> None:
    ours = permutation_test(mean_absolute_error, LABELS, (PREDICTIONS, BETTER), config=BootstrapConfig(resamples=5000))
    errors = np.abs(LABELS - PREDICTIONS), np.abs(LABELS - BETTER)
    theirs = stats.permutation_test(
        errors, lambda x, y: x.mean() - y.mean(), permutation_type="samples", vectorized=False, n_resamples=5000
    )
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-12)


def test_subjects_are_exchanged_as_a_whole() -> None:
    truth, first, second = np.zeros(400), np.full(400, 0.3), np.full(400, 0.2)
    rows = permutation_test(mean_absolute_error, truth, (first, second), config=FEW)
    subjects = permutation_test(
        mean_absolute_error, truth, (first, second), groups=np.repeat(range(4), 100), config=FEW
    )
    assert rows.p_value == pytest.approx(1 / 201)
    assert subjects.p_value == 2 / 16
    assert subjects.units == 4


@pytest.mark.parametrize("test", [paired_bootstrap, permutation_test])
def test_a_model_against_itself(test: object) -> None:
    found = test(concordance, LABELS, (PREDICTIONS, PREDICTIONS), config=FEW)  # type: ignore[operator]
    assert found.difference == 0
    assert found.p_value == 1


@pytest.mark.parametrize("test", [paired_bootstrap, permutation_test])
def test_turned_round(test: object) -> None:
    one = test(concordance, LABELS, (PREDICTIONS, BETTER), config=FEW)  # type: ignore[operator]
    other = test(concordance, LABELS, (BETTER, PREDICTIONS), config=FEW)  # type: ignore[operator]
    assert one.difference == -other.difference > 0
    assert one.p_value == pytest.approx(other.p_value, abs=1e-12)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), nan_ok=True)


def test_bootstrap_and_its_interval() -> None:
    found = paired_bootstrap(mean_absolute_error, LABELS, (PREDICTIONS, BETTER), config=BootstrapConfig(resamples=4000))
    errors = np.abs(LABELS - BETTER) - np.abs(LABELS - PREDICTIONS)
    theirs = stats.bootstrap(
        (errors,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)
    assert found.p_value == pytest.approx(2 / 4001)  # never the other way round


def test_how_often_equal_models_seem_different() -> None:
    rng = np.random.default_rng(11)
    wolves = {paired_bootstrap: 0, permutation_test: 0, wilcoxon_test: 0}
    for _ in range(60):
        truth = rng.normal(0, 1, 40)
        first, second = truth + rng.normal(0, 0.5, (2, 40))
        for test in (paired_bootstrap, permutation_test):
            wolves[test] += test(mean_absolute_error, truth, (first, second), config=FEW).p_value < 0.1
        wolves[wilcoxon_test] += wilcoxon_test(np.abs(truth - first), np.abs(truth - second)).p_value < 0.1
    assert all(1 <= count <= 13 for count in wolves.values()), wolves  # 6 expected, within three standard errors


def test_wilcoxon() -> None:
    found = wilcoxon_test(LABELS, PREDICTIONS)
    assert found.p_value == pytest.approx(0.8056640625)  # pingouin 0.7.0, wilcoxon
    assert found.difference == pytest.approx((PREDICTIONS - LABELS).mean())
    assert wilcoxon_test([0.1, 0.2], [0.1, 0.2]).p_value == 1
    groups = np.repeat(range(6), 2)
    means = [values.reshape(6, 2).mean(axis=1) for values in (LABELS, PREDICTIONS)]
    assert wilcoxon_test(LABELS, PREDICTIONS, groups=groups).p_value == stats.wilcoxon(*means).pvalue
    assert wilcoxon_test(LABELS, PREDICTIONS, groups=groups).units == 6


def test_mcnemar() -> None:
    # 10 right by both, 9 by the first only, 5 by the second only, 3 by none
    truth = np.zeros(27, dtype=int)
    first = np.array([0] * 10 + [1] * 3 + [0] * 9 + [1] * 5)
    second = np.array([0] * 10 + [1] * 3 + [1] * 9 + [0] * 5)
    found = mcnemar_test(truth, (first, second))
    assert found.difference == pytest.approx(-4 / 27)
    assert found.p_value == pytest.approx(0.4239501953125)  # pingouin 0.7.0, chi2_mcnemar, exact
    assert found.p_value == pytest.approx(2 * sum(math.comb(14, k) for k in range(6)) / 2**14)
    assert mcnemar_test(["joy"], (["joy"], ["joy"])).p_value == 1
    # that is the permutation test of the accuracy
    permuted = permutation_test(accuracy, truth, (first, second), config=BootstrapConfig(resamples=4000))
    assert permuted.p_value == pytest.approx(found.p_value, abs=0.03)


def test_nothing_to_compare() -> None:
    alone = paired_bootstrap(concordance, LABELS, (PREDICTIONS, BETTER), groups=["me"] * 12)
    assert alone.units == 1
    assert math.isnan(alone.p_value)
    for test in (paired_bootstrap, permutation_test):
        undefined = test(pearson, np.zeros(12), (PREDICTIONS, BETTER), config=FEW)
        assert math.isnan(undefined.difference)
        assert math.isnan(undefined.p_value)


def test_senseless_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="second has 11 rows and y_true 12"):
        paired_bootstrap(concordance, LABELS, (PREDICTIONS, BETTER[1:]))
    with pytest.raises(ValueError, match="one shape is needed"):
        permutation_test(concordance, LABELS, (PREDICTIONS, BETTER[:, None]))
    with pytest.raises(ValueError, match="y_pred has NaN"):
        wilcoxon_test([0.1], [np.nan])
